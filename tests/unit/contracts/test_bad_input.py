"""Every rule an input can break: the pointer and the rule its sender is told."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from contracts.events import Rejected
from contracts.inbound import judge, parse, parse_batch
from contracts.rules import RULES

from tests.unit.contracts.bad_input import (
    AMOUNTS,
    BYTES,
    CLAIM,
    DATA,
    ENVELOPE,
    LINES,
    REFERENCES,
    TIME,
    payee,
)
from tests.unit.contracts.saying import (
    NOW_US,
    event,
    process,
    refusals,
    source,
    the_judge,
    verdict,
)


@pytest.mark.parametrize("case", BYTES)
def test_bytes_that_are_no_event(case: str) -> None:
    """Bytes that are no event are refused with the rule they break and their own SHA-256."""
    raw, pointer, rule = BYTES[case]
    answer = verdict(raw)
    assert isinstance(answer, Rejected)
    assert answer.sha256 == hashlib.sha256(raw).digest()
    assert [(one.pointer, one.rule) for one in answer.findings] == [(pointer, rule)]


@pytest.mark.parametrize(
    "case",
    [*ENVELOPE.items(), *TIME.items(), *DATA.items(), *REFERENCES.items(), *LINES.items()],
    ids=lambda case: case[0],
)
def test_rules_of_an_event(case: tuple[str, tuple[dict[str, Any], str, str]]) -> None:
    """An event that breaks one rule is told its place and its rule, and nothing else."""
    said, pointer, rule = case[1]
    assert refusals(said) == [(pointer, rule)]


@pytest.mark.parametrize("case", AMOUNTS)
def test_rules_of_amounts(case: str) -> None:
    """An amount is decimal text, not below zero, of a known currency and with its decimals."""
    amount, field, rule = AMOUNTS[case]
    assert refusals(event(data={"amount": amount})) == [(f"/data/amount/{field}", rule)]


def test_a_tombstone_is_refused_by_name() -> None:
    """A record without a value deletes nothing and is told so."""
    answer = parse(None, [("traceparent", b"x")])
    assert isinstance(answer, Rejected)
    assert [one.rule for one in answer.findings] == ["tombstone"]


def test_unknown_source() -> None:
    """An event of a source nobody registered is refused by name."""
    answer = the_judge().judge(event(), b"", None, NOW_US)
    assert isinstance(answer, Rejected)
    assert [(one.pointer, one.rule) for one in answer.findings] == [("/source", "source-unknown")]


def test_header_that_is_not_utf8() -> None:
    """A CloudEvents header that is not UTF-8 is refused by its name; other headers are not read."""
    headers: list[tuple[str, bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"\xff"),
        ("other", b"\xff"),
        ("ce_none", None),
    ]
    assert refusals(b"{}", headers=headers) == [("/id", "header-not-utf8")]
    assert refusals(orjson.dumps(event(id=None)), headers=[("x", b"\xff")]) == [
        ("/id", "id-missing")
    ]


def test_binary_mode_with_data_that_is_not_json() -> None:
    """In binary mode the content type and the body are judged too."""
    ours: list[tuple[str, bytes | None]] = [("ce_specversion", b"1.0")]
    assert refusals(b"<x/>", headers=[*ours, ("content-type", b"text/xml")]) == [
        ("/datacontenttype", "data-not-json")
    ]
    assert refusals(b"<x/>", headers=ours) == [("", "json-malformed")]


def test_a_batch_that_is_none() -> None:
    """A batch is a list of events; an item that is none is refused alone."""
    whole = parse_batch(b"{}")
    assert isinstance(whole, Rejected)
    assert [one.rule for one in whole.findings] == ["not-a-batch"]
    items = parse_batch(orjson.dumps([event(), 5]))
    assert isinstance(items, list)
    assert items[0] == event()
    assert isinstance(items[1], Rejected)
    broken = parse_batch(b"[")
    assert isinstance(broken, Rejected)
    assert [one.rule for one in broken.findings] == ["json-malformed"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """A sender learns of every mistake in one answer."""
    said = event(
        id=None, time="2569-01-12T10:15:00+07:00", data={"kind": "x", "due_on": "0000-01-01"}
    )
    assert refusals(said) == [
        ("/id", "id-missing"),
        ("/time", "time-buddhist-era"),
        ("/data/kind", "code-unknown"),
        ("/data/due_on", "date-malformed"),
    ]


def test_reasons_papers_methods_and_stages_are_codes() -> None:
    """Codes inside a reason, a transfer and a reopening come from the process file."""
    papers = {"reason": {"code": "incomplete-papers", "papers": ["invoise"]}}
    assert refusals(event("returned", data=papers)) == [("/data/reason/papers/0", "code-unknown")]
    assert refusals(event("delayed", data={"reason": {"code": "lazy"}})) == [
        ("/data/reason/code", "code-unknown")
    ]
    erp = source("finance")
    assert refusals(event("transferred", data={"transfer": {"method": "gold"}}), erp) == [
        ("/data/transfer/method", "code-unknown")
    ]
    assert refusals(event("reopened", data={"stage": "limbo"}), erp) == [
        ("/data/stage", "code-unknown")
    ]


def test_a_delay_needs_its_reason() -> None:
    """A delay without a reason is refused."""
    assert refusals(event("delayed")) == [("/data/reason", "field-missing")]


def test_retractions() -> None:
    """A source takes back its own earlier facts only, and never the retraction itself."""

    def retraction(**target: str) -> dict[str, Any]:
        return {**event("retracted"), "data": {"retracts": target}}

    assert refusals(retraction(id="c-123/2")) == [("/data/retracts/id", "retracts-itself")]
    assert refusals(retraction(id="1", source="finance-erp")) == [
        ("/data/retracts/source", "retracts-not-yours")
    ]
    assert refusals({**event("retracted"), "data": {}}) == [("/data/retracts", "field-missing")]


def test_links() -> None:
    """A link names two different references that join."""
    officer = source("officer")

    def link(*refs: dict[str, str]) -> dict[str, Any]:
        return {**event("linked"), "data": {"link": list(refs)}}

    memo = {"scheme": "memo", "value": "1"}
    assert refusals(link(CLAIM), officer) == [("/data/link", "field-malformed")]
    assert refusals(link(CLAIM, CLAIM), officer) == [("/data/link/1", "link-with-itself")]
    assert refusals(link(CLAIM, memo), officer) == [("/data/link/1", "reference-not-joining")]


def test_an_issuer_must_be_said_where_there_are_several() -> None:
    """A source with several issuers says which one gave the number out."""
    rules = source(issuers=frozenset({"a", "b"}))
    assert refusals(event(), rules) == [("/data/refs/0/issuer", "issuer-missing")]


def test_remedies_hold_nothing_of_the_payload() -> None:
    """What a sender is told never repeats what was sent."""
    said = payee("tax-id", "1234567890123")
    said["data"]["kind"] = said["data"]["due_on"] = "SECRET"
    said["data"]["amount"] = {"value": "SECRET", "currency": "SECRET"}
    answer = verdict(said)
    assert isinstance(answer, Rejected)
    assert not any("SECRET" in str(one) or "123456" in str(one) for one in answer.findings)


def test_every_rule_has_a_test_here() -> None:
    """No rule is without a test, but those only intake can break and the two kinds of warning."""
    told = {
        rule
        for table in (BYTES, ENVELOPE, TIME, DATA, REFERENCES, AMOUNTS, LINES)
        for *_, rule in table.values()
    }
    others = {
        "tombstone",
        "source-unknown",
        "header-not-utf8",
        "not-a-batch",
        "retracts-itself",
        "retracts-not-yours",
        "reference-not-joining",
        "link-with-itself",
        "issuer-missing",
    }
    by_intake = {"altered-duplicate"}
    warnings = {
        "field-unknown",
        "field-not-read",
        "step-unknown",
        "net-differs",
        "traceparent-malformed",
    }
    by_python_values = {"number-not-finite", "text-not-unicode", "nesting-too-deep"}
    assert told | others | by_intake | warnings | by_python_values == set(RULES)


@pytest.mark.parametrize(
    ("value", "rule"),
    [(float("nan"), "number-not-finite"), ("\ud800", "text-not-unicode")],
)
def test_values_only_python_can_hold(value: object, rule: str) -> None:
    """An event that did not come as JSON is refused where JSON could not hold it."""
    answer = the_judge().judge(event(data={"x": value}), b"", source(), NOW_US)
    assert isinstance(answer, Rejected)
    assert [(one.pointer, one.rule) for one in answer.findings] == [("/data/x", rule)]


def test_nesting_beyond_measure() -> None:
    """Data nested too deep is refused, and breaks no stack."""
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    said = orjson.loads(b'{"x":' + b"[" * 900 + b"]" * 900 + b"}")
    answer = the_judge().judge(event(data=said), b"", source(), NOW_US)
    assert isinstance(answer, Rejected)
    assert [one.rule for one in answer.findings] == ["nesting-too-deep"]


def test_the_process_knows_the_currency_of_its_lines() -> None:
    """Lines of an event without amount are in the process's own currency, also from a database."""
    yen = replace(process(), currency="JPY", minor_units={"JPY": 0, "AUD": 2})
    said = event(data={"lines": [{"id": "1", "gross": "1.5"}]})
    answer = judge(said, b"", source(), yen, NOW_US)
    assert isinstance(answer, Rejected)
    assert [one.rule for one in answer.findings] == ["amount-decimals"]
