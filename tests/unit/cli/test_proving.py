"""The parts of `tidtam prove` that touch no server: its rules, its heartbeats, what it counts."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from contracts.agreement import DayUnit
from contracts.agreement_across import validate_across
from contracts.events import Inbound, SourceRules
from contracts.inbound import parse
from contracts.instants import end_of_day_us
from contracts.plan import Plan, PlannedEvent, PlannedSource
from contracts.rule_file import RuleFileFault, Written
from hypothesis import given
from hypothesis import strategies as st
from tidtam.proving.answer import Answer
from tidtam.proving.cases import HEADER, write_cases
from tidtam.proving.disturb import Disturbances, clocks_us, deliveries
from tidtam.proving.flight import READS, reads
from tidtam.proving.heartbeats import facts_of, heartbeat, speakers
from tidtam.proving.rules import Rules, rules_of, shipped_calendar
from tidtam.proving.schedule import Word
from tidtam.proving.verdicts import Verdicts, nearest_rank

from tests.unit.contracts.saying import process, the_judge

AMSTERDAM = "Europe/Amsterdam"
ENDS_US = end_of_day_us(AMSTERDAM, "2018-03-09")
SUBMITTED = {"source": "tiny-unit", "id": "claim 1/1", "time": "2018-03-09T23:59:59.999998+01:00"}
COUNTING = {"at_unit", "returned", "received", "in_process", "bounced"}
PLAN = Plan(
    log="tiny",
    process="disbursement",
    zone=AMSTERDAM,
    calendar="weekends-only",
    events=(PlannedEvent("claim 1", "unit", dict(SUBMITTED), ENDS_US - 1),),
    sources=(
        PlannedSource("tiny-unit", "unit", AMSTERDAM, ("tiny-unit",), ("submitted",), 0),
        PlannedSource("tiny-finance", "finance", AMSTERDAM, ("tiny-unit",), ("received",), 0),
    ),
    cases=1,
    ignored=0,
    ends_us=ENDS_US,
)


def clock(clause: str, state: str, charged: int, **more: Any) -> dict[str, Any]:
    """A clock as sla tells it, so far as a proof reads it."""
    rest = {"first_due": None, "breached_at": None, "undetermined": []}
    return {"clause": f"prove@1#{clause}", "state": state, "charged": charged, **rest, **more}


def told(case: str, *clocks: dict[str, Any], version: int = 1, **more: Any) -> bytes:
    """A `case-sla` message with three days of finance and one of the unit."""
    runs = [{"party": "unit", "days": 1}, {"party": "finance", "days": 3}]
    ledger = {"total": 4, "by_party": {"unit": 1, "finance": 3}, "runs": runs, "omitted": 0}
    data = {"case": case, "epoch": 0, "version": version, "redirect_to": None, "zone": AMSTERDAM}
    return orjson.dumps({"data": {**data, "ledger": ledger, "clocks": clocks, **more}})


def moment(id_: str, kind: str, of: str | None = None) -> bytes:
    """A `sla-event` message."""
    return orjson.dumps({"id": id_, "data": {"kind": kind, "of": of}})


def verdicts(*states: bytes, moments: tuple[bytes, ...] = ()) -> Verdicts:
    """What is known once all of it has been read."""
    known = Verdicts()
    for value in states:
        known.take("case-sla", value)
    for value in moments:
        known.take("sla-event", value)
    return known


def test_the_agreement_of_a_proof_holds_beside_the_process() -> None:
    """Nothing would be refused of it; both clauses give nine working days until paid."""
    rules = rules_of(process(), PLAN)
    (agreement,) = rules.agreements
    (calendar,) = rules.calendars
    given_calendars = [Written(calendar, calendar.name)]
    assert [] == validate_across([process()], [Written(agreement, "prove")], given_calendars)
    assert [
        ("finance", "finance", {"received"}, {"paid"}, 9),
        ("everyone", "everyone", COUNTING, {"paid"}, 9),
    ] == [(c.id, c.party, c.starts_on, c.stops_on, c.budget) for c in agreement.clauses]
    assert {DayUnit.WORKING_DAYS} == {clause.unit for clause in agreement.clauses}


def test_the_calendar_is_the_logs_in_the_logs_zone() -> None:
    """Weekends only, as the mapping says, and dates as they are where the log was written."""
    (calendar,) = rules_of(process(), PLAN).calendars
    assert ("weekends-only", AMSTERDAM) == (calendar.name, calendar.zone)


def test_a_calendar_that_is_not_there_is_said_before_anything_starts() -> None:
    """The file is read first, so its absence is an error of its own."""
    with pytest.raises((OSError, RuleFileFault)):
        shipped_calendar("lunar")


def test_only_sla_is_given_calendars_and_agreements() -> None:
    """The other services know processes alone."""
    rules = rules_of(process(), PLAN)
    assert {"processes"} == rules.body("intake").keys() == rules.body("status").keys()
    assert {"processes", "calendars", "agreements"} == rules.body("sla").keys()
    assert [] == Rules((process(),)).body("sla")["agreements"]


def test_sla_ends_at_the_end_of_the_run() -> None:
    """A source ahead of time moves the clock of who hears it, never the days that are charged."""
    ahead = Disturbances(clock_lead_seconds={"unit": 3600.0})
    clocks = clocks_us(PLAN, deliveries(PLAN, ahead))
    late = ENDS_US - 1 + 3_600_000_000
    assert {"intake": late, "status": late, "sla": ENDS_US} == clocks


@pytest.mark.parametrize("covers", [None, (), (PLAN.events[0].event | {"data": {}},)])
def test_every_source_may_say_its_word_and_is_heard(covers: Any) -> None:
    """Intake accepts each heartbeat at the instant at which its clock stands, closing or not."""
    who = speakers(PLAN, process())
    beats = [heartbeat(Word(source, ENDS_US, covers), process()) for source in who]
    assert ["tiny-unit", "tiny-finance"] == [one.event["source"] for one in beats]
    for beat, source in zip(beats, PLAN.sources, strict=True):
        facts = facts_of(source.facts, source.role, process())
        rules = SourceRules(
            source.name,
            source.role,
            source.zone,
            frozenset(source.issuers),
            {"disbursement": frozenset(facts)},
            source.starts_us,
        )
        raw = orjson.dumps(beat.event)
        judged = the_judge().judge(parse(raw), hashlib.sha256(raw).digest(), rules, ENDS_US)
        assert isinstance(judged, Inbound), judged
        assert ("heartbeat", ENDS_US) == (judged.fact, judged.instant_us)


def test_clauses_are_counted_by_state_with_their_percentiles() -> None:
    """Percentiles are over what stopped; a clause without a clock has zeros and no percentile."""
    known = verdicts(
        told("1", clock("finance", "met", 4)),
        told("2", clock("finance", "missed", 12)),
        told("3", clock("finance", "open", 7, undetermined=[["tiny-finance", None]])),
    )
    said = known.told(["finance", "everyone"])
    none = {"met": 0, "missed": 0, "open": 0, "breached": 0, "void": 0}
    assert {
        "finance": {**none, "met": 1, "missed": 1, "open": 1, "p50": 4, "p85": 12, "p95": 12},
        "everyone": {**none, "p50": None, "p85": None, "p95": None},
    } == said["clauses"]
    assert ({"unit": 3, "finance": 9, "nobody": 0}, 1) == (
        said["ledger_days"],
        said["undetermined"],
    )


def test_only_the_newest_state_of_a_standing_case_counts() -> None:
    """An older version that comes late and a case that leads elsewhere are left out."""
    known = verdicts(
        told("1", clock("finance", "met", 3), version=2),
        told("1", clock("finance", "open", 2), version=1),
        told("2", clock("finance", "open", 2), redirect_to="1"),
    )
    assert {"met": 1, "open": 0} == {
        state: known.told(["finance"])["clauses"]["finance"][state] for state in ("met", "open")
    }


@pytest.mark.parametrize(
    "planted",
    [
        {"by_party": {"unit": 1, "finance": 2}},
        {"runs": [{"party": "finance", "days": 3}]},
        {"total": 5},
    ],
)
def test_a_lost_day_is_seen(planted: dict[str, Any]) -> None:
    """Where sums, runs and total disagree in any way the case is counted as violated."""
    whole = orjson.loads(told("1"))["data"]["ledger"]
    assert 1 == verdicts(told("1", ledger={**whole, **planted})).told([])["conservation_violations"]
    assert 0 == verdicts(told("1")).told([])["conservation_violations"]


def test_a_breach_told_twice_by_a_crash_is_one() -> None:
    """Messages are known by their ids; what takes back something else takes back no breach."""
    known = verdicts(
        moments=(
            moment("a", "breached"),
            moment("a", "breached"),
            moment("b", "breached"),
            moment("c", "superseded", "breached"),
            moment("d", "superseded", "met"),
            moment("e", "met"),
        )
    )
    said = known.told([])
    assert (2, 1) == (said["breaches_emitted"], said["breaches_taken_back"])


@given(st.lists(st.integers(0, 40), min_size=1), st.integers(1, 100))
def test_a_nearest_rank_is_the_smallest_that_reaches_the_share(
    values: list[int], percent: int
) -> None:
    """At least the share lies at or below it, and less than the share below it."""
    found = nearest_rank(sorted(values), percent)
    assert found is not None
    wanted = percent * len(values)
    assert 100 * sum(value <= found for value in values) >= wanted
    assert 100 * sum(value < found for value in values) < wanted


def test_the_cases_file(tmp_path: Path) -> None:
    """Days are never empty, a missing clock is; a breach is the local date of its instant."""
    answer = Answer()
    for case in ("7", "8"):
        data = {"case": case, "epoch": 0, "version": 1, "redirect_to": None, "stage": "received"}
        data["timeline"] = [{"source": "tiny-unit", "id": f"claim {case}/1"}]
        answer.take("case-status", orjson.dumps({"data": data}), 0)
    events = [{**SUBMITTED, "id": f"claim {case}/1"} for case in ("7", "8")]
    names = [PlannedEvent(one["id"].partition("/")[0], "unit", dict(one), 0) for one in events]
    plan = Plan("tiny", "p", AMSTERDAM, "c", tuple(names), (), 2, 0, 0)
    passed = {"breached_at": "2018-03-08T23:00:00Z", "first_due": "2018-03-08"}
    known = verdicts(told("7", clock("finance", "void", 10, **passed)))
    write_cases(tmp_path / "cases.csv", plan, answer, known)
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert list(HEADER) == header
    assert [
        ["claim 7", "received", "1", "3", "0", "void", "10", "2018-03-09", "2018-03-08", "", ""],
        ["claim 8", "received", "0", "0", "0", "", "", "", "", "", ""],
    ] == rows


def test_each_group_is_waited_for_on_its_own_topics() -> None:
    """Intake reads every source's topic; sla has a group for cases and one for sources."""
    topics = ("inbound.erp", "inbound-rejected.erp", "case-status", "case-event", "source-status")
    assert {
        "intake": ["inbound.erp"],
        "intake-case-view": ["case-status"],
        "status": ["case-event"],
        "sla": ["case-status"],
        "sla-sources": ["source-status"],
    } == {group: [topic for topic in topics if reads(group, topic)] for group in READS}
