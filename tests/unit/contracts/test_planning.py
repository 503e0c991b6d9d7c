"""A log becomes the events its unit systems and ERP would have sent."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from contracts.events import Inbound, SourceRules
from contracts.inbound import parse
from contracts.instants import end_of_day_us
from contracts.mapping import load_mapping
from contracts.plan import Plan, log_slug
from contracts.planning import plan_log
from contracts.xes import XesFault, read_traces

from tests.unit.contracts.saying import HOME, process, the_judge

SAVED, SUBMITTED = "Request For Payment SAVED by EMPLOYEE", "Request For Payment SUBMITTED by X"
APPROVED, TAKEN = (
    "Request For Payment FINAL_APPROVED by Y",
    "Request For Payment REJECTED by EMPLOYEE",
)
STEP, DOCUMENT, PAID = (
    "Request For Payment APPROVED by BUDGET OWNER",
    "Request Payment",
    "Payment Handled",
)
HEAD = '<?xml version="1.0"?><log xmlns="http://www.xes-standard.org"><global scope="event">'
HEAD += '<string key="concept:name" value="x"/></global>'


def attribute(kind: str, key: str, value: str) -> str:
    """One XES attribute."""
    return f'<{kind} key="{key}" value="{value}"/>'


def trace(name: str, *events: tuple[str, str, str | None], **attributes: str) -> str:
    """One trace of (activity, time, id) with its unit and amount on its events."""
    case = "".join(attribute("string", f"(case)_{key}", v) for key, v in attributes.items())
    written = [
        "<event>"
        + attribute("string", "concept:name", activity)
        + (attribute("date", "time:timestamp", at) if at else "")
        + (attribute("string", "id", id_) if id_ else "")
        + case
        + "</event>"
        for activity, at, id_ in events
    ]
    named = attribute("string", "concept:name", name) if name else ""
    return f"<trace>{named}{''.join(written)}</trace>"


def planned(folder: Path, *traces: str, packed: bool = False) -> Plan:
    """The plan of a log of these traces."""
    path = folder / "TestLog.xes"
    content = f"{HEAD}{''.join(traces)}</log>".encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    mapping = load_mapping(HOME / "mappings" / "RequestForPayment.yaml", process())
    return plan_log(path, mapping, process())


def references(plan: Plan) -> list[list[str]]:
    """The reference values of each planned event."""
    return [[ref["value"] for ref in one.event["data"]["refs"]] for one in plan.events]


WHOLE = trace(
    "c 1",
    (SAVED, "2017-01-09T09:00:00.000+01:00", "e1"),
    (SUBMITTED, "2017-01-09T09:01:00.000+01:00", "e2"),
    (STEP, "2017-01-09T09:02:00.000+01:00", "e3"),
    ("Something else", "2017-01-09T09:03:00.000+01:00", "e4"),
    (APPROVED, "2017-01-09T09:04:00.000+01:00", "e5"),
    (DOCUMENT, "2017-01-09T23:30:00.000+01:00", "e6"),
    (PAID, "2017-01-10T00:30:00.000+01:00", "e7"),
    OrganizationalEntity="unit 7",
    RequestedAmount="34.345000001",
)


@pytest.mark.parametrize("packed", [False, True])
def test_a_whole_case(tmp_path: Path, packed: bool) -> None:
    """A case's events come in order, each with its fact, its source and its place in the trace."""
    plan = planned(tmp_path, WHOLE, packed=packed)
    told = [
        (e.event["id"], e.event["type"].rpartition(".")[2], e.event["source"], e.event["sequence"])
        for e in plan.events
    ]
    unit, finance = "test-log-unit", "test-log-finance"
    assert told == [
        ("c 1/e1", "drafted", unit, "1"),
        ("c 1/e2", "submitted", unit, "2"),
        ("c 1/e3", "approved", unit, "3"),
        ("c 1/e5", "received", finance, "5"),
        ("c 1/e6", "in-process", finance, "6"),
        ("c 1/e7", "transferred", finance, "7"),
    ]
    assert (plan.cases, plan.ignored) == (1, 1)
    assert {e.case for e in plan.events} == {"c 1"}


def test_references_are_the_newest_a_case_has(tmp_path: Path) -> None:
    """Units know the claim number; finance gives receipt and document, and pays by the newest."""
    assert references(planned(tmp_path, WHOLE)) == [
        ["c 1"],
        ["c 1"],
        ["c 1"],
        ["c 1", "c 1-R1"],
        ["c 1-R1", "c 1-E2"],
        ["c 1-E2", "test-log-2017-01-10"],
    ]


def test_references_where_steps_are_missing(tmp_path: Path) -> None:
    """Without a receipt the document knows the claim; without either the transfer does."""
    no_receipt = trace(
        "a",
        (SUBMITTED, "2017-01-09T09:00:00+01:00", "1"),
        (DOCUMENT, "2017-01-09T10:00:00+01:00", "2"),
        (SUBMITTED, "2017-01-09T11:00:00+01:00", "3"),
    )
    nothing = trace("b", (PAID, "2017-01-09T12:00:00+01:00", "1"))
    assert references(planned(tmp_path, no_receipt, nothing)) == [
        ["a"],
        ["a", "a-E1"],
        ["a"],
        ["b", "test-log-2017-01-09"],
    ]


def test_each_receipt_is_a_new_one(tmp_path: Path) -> None:
    """A case received twice has two receipt numbers, and goes on with the second."""
    twice = trace(
        "a",
        (APPROVED, "2017-01-09T09:00:00+01:00", "1"),
        (APPROVED, "2017-01-09T10:00:00+01:00", "2"),
        (PAID, "2017-01-09T11:00:00+01:00", "3"),
    )
    assert references(planned(tmp_path, twice)) == [
        ["a", "a-R1"],
        ["a", "a-R2"],
        ["a-R2", "test-log-2017-01-09"],
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("34.345000001", "34.35"),
        ("34.345", "34.34"),
        ("34.355", "34.36"),
        ("0", "0.00"),
        ("1e3", "1000.00"),
        ("UNKNOWN", None),
        ("nan", None),
    ],
)
def test_amounts_are_rounded_half_even(tmp_path: Path, written: str, value: str | None) -> None:
    """Noise decimals are rounded half-even to the currency's; what is no number is no amount."""
    one = (SUBMITTED, "2017-01-09T09:00:00+01:00", "1")
    data: dict[str, Any] = (
        planned(tmp_path, trace("a", one, RequestedAmount=written)).events[0].event["data"]
    )
    assert data.get("amount") == (None if value is None else {"value": value, "currency": "EUR"})


def test_a_log_without_units_has_one(tmp_path: Path) -> None:
    """Where a log names no unit, all its cases are of one unit."""
    events = planned(tmp_path, trace("a", (SUBMITTED, "2017-01-09T09:00:00+01:00", "1"))).events
    assert events[0].event["data"]["unit"] == "test-log"


def test_names_a_log_lacks(tmp_path: Path) -> None:
    """A trace without name is named by its place, an event without id by its position."""
    plan = planned(tmp_path, trace("", (SUBMITTED, "2017-01-09T09:00:00+01:00", None)))
    assert [one.event["id"] for one in plan.events] == ["case-1/1"]


def test_an_id_that_comes_twice(tmp_path: Path) -> None:
    """A log that repeats an id within a case has its later events told apart by their position."""
    same = trace(
        "a",
        (SUBMITTED, "2017-01-09T09:00:00+01:00", "x"),
        (TAKEN, "2017-01-09T10:00:00+01:00", "x"),
    )
    assert [one.event["id"] for one in planned(tmp_path, same).events] == ["a/x", "a/x#2"]


def test_times_without_offset_or_without_sense(tmp_path: Path) -> None:
    """A time without offset is local to the mapping's zone; an event without time is ignored."""
    plan = planned(
        tmp_path,
        trace("a", (SUBMITTED, "2017-07-09T09:00:00", "1"), (PAID, "", "2"), (PAID, "soon", "3")),
    )
    assert [one.event["time"] for one in plan.events] == ["2017-07-09T09:00:00.000+02:00"]
    assert plan.ignored == 2


def test_delivery_is_by_time_across_cases(tmp_path: Path) -> None:
    """Events of all cases are delivered by time, and at one time in the order of the log."""
    plan = planned(
        tmp_path,
        trace("b", (SUBMITTED, "2017-01-09T09:00:00+01:00", "1")),
        trace("a", (SUBMITTED, "2017-01-09T08:00:00Z", "1"), (TAKEN, "2017-01-09T07:00:00Z", "2")),
    )
    assert [one.event["id"] for one in plan.events] == ["a/2", "b/1", "a/1"]


def test_the_end_of_a_run(tmp_path: Path) -> None:
    """A run ends with the local date of the last fact that asserts a stage, not the last event."""
    plan = planned(
        tmp_path,
        trace(
            "a",
            (SUBMITTED, "2017-01-09T23:30:00+00:00", "1"),
            (STEP, "2017-01-20T09:00:00+01:00", "2"),
        ),
    )
    assert plan.ends_us == end_of_day_us("Europe/Amsterdam", "2017-01-10")
    assert planned(tmp_path).ends_us == 0


def test_what_is_planned_is_accepted(tmp_path: Path) -> None:
    """The judge accepts every planned event of the sources as the plan registers them."""
    plan = planned(tmp_path, WHOLE)
    for one in plan.events:
        (source,) = [s for s in plan.sources if s.name == one.event["source"]]
        facts = {plan.process: frozenset(source.facts)}
        rules = SourceRules(
            source.name,
            source.role,
            source.zone,
            frozenset(source.issuers),
            facts,
            source.starts_us,
        )
        raw = orjson.dumps(one.event)
        said = parse(raw)
        assert isinstance(said, dict)
        answer = the_judge().judge(said, hashlib.sha256(raw).digest(), rules, plan.ends_us)
        assert isinstance(answer, Inbound), answer
        assert (answer.instant_us, answer.warnings) == (one.instant_us, ())


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("RequestForPayment.xes.gz", "request-for-payment"),
        ("BPI_2020 log.xes", "bpi-2020-log"),
        (".xes", "log"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    """A log's name becomes words that a topic may bear."""
    assert log_slug(Path(name)) == slug


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<log><trace>", "not well-formed"),
        (b"<html></html>", "begins with <log>"),
        (b"", "not well-formed"),
        (gzip.compress(b"<log></log>" * 500)[:40], "broken gzip"),
    ],
)
def test_what_is_no_log(tmp_path: Path, content: bytes, told: str) -> None:
    """A file that is no XES log is told so by its name."""
    path = tmp_path / "x.xes"
    path.write_bytes(content)
    with pytest.raises(XesFault, match=f"{told}"):
        list(read_traces(path))
