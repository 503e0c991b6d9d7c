"""What an accepted event means: references, text apart, payees, warnings, sameness."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from contracts.envelope import parse
from contracts.events import Identity, Inbound, Reference

from tests.unit.contracts.saying import CITIZEN_ID, TAX_ID, accepted, event, source, verdict

CLAIM = Reference("claim", "science-unit", "", "69/00123")


def test_an_ordinary_event() -> None:
    """An ordinary event comes out with its references normalised and its data without them."""
    inbound = accepted(event(sequence="007", data={"unit": "ก", "kind": "travel"}))
    assert inbound.joining == (CLAIM,)
    assert (inbound.process, inbound.fact, inbound.sequence) == ("disbursement", "submitted", 7)
    assert inbound.instant_us == 1_768_187_700_000_000
    assert inbound.data == {"unit": "ก", "kind": "travel"}
    assert inbound.warnings == ()


def test_personal_text_stands_apart() -> None:
    """Titles, contacts and plain reasons leave the data: no state may rest on them."""
    reason = {"code": "other", "text": "ขาดลายเซ็น", "papers": ["invoice"]}
    inbound = accepted(event("returned", data={"title": "ก", "contact": "ข", "reason": reason}))
    assert inbound.text == {"title": "ก", "contact": "ข", "reason": "ขาดลายเซ็น"}
    assert inbound.data == {"reason": {"code": "other", "papers": ["invoice"]}}


def test_payees_leave_the_data() -> None:
    """Identities are normalised into mentions, and their place in the data is left empty."""
    written = f"{CITIZEN_ID[0]}-{CITIZEN_ID[1:5]}-{CITIZEN_ID[5:10]}-{CITIZEN_ID[10:12]}-๒"
    payee = {"identities": [{"scheme": "citizen-id", "value": written}], "name": "ก ข"}
    inbound = accepted(event(data={"lines": [{"id": "1"}, {"id": "2", "payee": payee}]}))
    (mention,) = inbound.mentions
    assert mention.path == ("lines", 1, "payee")
    assert mention.identities == (Identity("tax-id", "TH", CITIZEN_ID),)
    assert mention.vault == {"identities": [["tax-id", "TH", CITIZEN_ID]], "name": "ก ข"}
    assert inbound.data["lines"] == [{"id": "1"}, {"id": "2", "payee": None}]


def test_a_payee_of_no_case() -> None:
    """A payee may be registered without a case, and the whole payee goes to the vault."""
    identities = [{"scheme": "tax-id", "value": TAX_ID}, {"scheme": "vendor", "value": "v-1"}]
    payee = {"identities": identities, "contact": {"email": "a@supplier.example"}}
    inbound = accepted({**event("payee-registered"), "data": {"payee": payee}})
    assert inbound.data == {"payee": None}
    assert inbound.mentions[0].vault["contact"] == {"email": "a@supplier.example"}
    assert inbound.mentions[0].identities == (
        Identity("tax-id", "TH", TAX_ID),
        Identity("vendor", "science-unit", "V1"),
    )


def test_a_line_may_be_named_by_payee_invoice_and_gross() -> None:
    """A source without line ids names payee, invoice and gross."""
    payee = {"identities": [{"scheme": "vendor", "value": "7"}]}
    line = {"payee": payee, "invoice": "INV-1", "gross": "0"}
    inbound = accepted(event(data={"lines": [line]}))
    assert inbound.data["lines"] == [{"payee": None, "invoice": "INV-1", "gross": "0"}]


def test_zero_is_an_amount() -> None:
    """An amount of zero is valid, however it is written."""
    for value in ("0", "0.00", "-0.00"):
        amount = {"value": value, "currency": "THB"}
        assert accepted(event(data={"amount": amount})).data == {"amount": amount}


def test_scope_of_a_reference() -> None:
    """A number's fiscal year is its own, else the event's, in the Buddhist era either way."""
    own = {"scheme": "claim", "value": "1", "scope": "2026"}
    other = {"scheme": "claim", "value": "2"}
    memo = {"scheme": "memo", "value": "3", "scope": "x"}
    inbound = accepted(event(data={"refs": [own, other, memo], "fiscal_year": "๒๕๖๘"}))
    assert [one.scope for one in inbound.joining] == ["2569", "2568"]
    assert inbound.about == (Reference("memo", "science-unit", "", "3"),)


def test_issuers() -> None:
    """An issuer is the one given, else the source's only one, else its unit."""
    refs = {"refs": [{"scheme": "claim", "value": "1"}, {"scheme": "receipt", "value": "2"}]}
    given = {"refs": [{"scheme": "claim", "value": "1", "issuer": " b "}]}
    both = source(issuers=frozenset({"a", "b"}))
    assert [one.issuer for one in accepted(event(data=refs)).joining] == ["science-unit"] * 2
    assert accepted(event(data=given), both).joining[0].issuer == "b"
    by_unit = source(issuers=frozenset({"*"}), unit="ก")
    assert accepted(event(), by_unit).joining[0].issuer == "ก"


def test_the_unit_of_a_unit_source() -> None:
    """What a unit's own source does not say of its unit is known from the registry."""
    rules = source(unit="คณะวิทยาศาสตร์")
    assert accepted(event(), rules).data["unit"] == "คณะวิทยาศาสตร์"
    assert accepted(event(data={"unit": "อื่น"}), rules).data["unit"] == "อื่น"
    assert "unit" not in accepted(event("received"), source("finance", unit="ก")).data


def test_unknown_fields_are_kept_apart_and_told() -> None:
    """A field nobody reads is kept aside, and its sender is asked what was meant."""
    line = {"id": "1", "grss": "5.00"}
    inbound = accepted(event(data={"amout": "5.00", "lines": [line], "step": "head"}))
    assert inbound.unread == {
        "/data/amout": "5.00",
        "/data/lines/0/grss": "5.00",
        "/data/step": "head",
    }
    assert inbound.data == {"lines": [{"id": "1"}]}
    assert {(one.pointer, one.rule, one.remedy) for one in inbound.warnings} == {
        ("/data/amout", "field-unknown", 'Nobody reads this field. Did you mean "amount"?'),
        ("/data/lines/0/grss", "field-unknown", 'Nobody reads this field. Did you mean "gross"?'),
        ("/data/step", "field-not-read", "A submitted fact has no such field; nobody reads it."),
    }


def test_odd_but_accepted() -> None:
    """What is odd but harmless is a warning: a step nobody knows, a net that does not add up."""
    step = accepted(event("approved", data={"step": "wizard"}))
    assert [one.rule for one in step.warnings] == ["step-unknown"]
    less = {"code": "tax", "amount": "1.00"}
    line = {"id": "1", "gross": "10.00", "net": "9.50", "deductions": [less]}
    assert [one.rule for one in accepted(event(data={"lines": [line]})).warnings] == ["net-differs"]


def test_a_slip_in_an_attribute_is_told() -> None:
    """An attribute that looks like one of ours is told; other extensions are nobody's business."""
    inbound = accepted(event(timeprecison="day", color="red"))
    assert [(one.pointer, one.rule) for one in inbound.warnings] == [
        ("/timeprecison", "field-unknown")
    ]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("00-" + "a" * 32 + "-" + "b" * 16 + "-01", True),
        ("00-" + "0" * 32 + "-" + "b" * 16 + "-01", False),
        ("ff-" + "a" * 32 + "-" + "b" * 16 + "-01", False),
        ("x" * 4000, False),
    ],
)
def test_traceparents(said: str, kept: bool) -> None:
    """A traceparent that is none is dropped with a warning; the event stands."""
    inbound = accepted(event(traceparent=said))
    assert inbound.traceparent == (said if kept else None)
    assert [one.rule for one in inbound.warnings] == ([] if kept else ["traceparent-malformed"])


@pytest.mark.parametrize(
    ("said", "kept"),
    [(True, True), ("true", True), (False, False), ("false", False), (None, False)],
)
def test_a_replay_is_kept(said: object, kept: bool) -> None:
    """A source may say that an event is a replay; in headers a boolean is a text."""
    assert accepted(event(replay=said)).replay is kept


def test_date_only_events() -> None:
    """A date means the last microsecond of its date in the zone of its source."""
    said = event(time="2026-01-31T00:00:00Z", timeprecision="day", sequence="1")
    inbound = accepted(said)
    assert (inbound.day_precision, inbound.instant_us) == (True, 1_769_878_799_999_999)


def test_retraction_and_link() -> None:
    """A retraction names its target; a link carries exactly its two references."""
    retracted = accepted({**event("retracted"), "data": {"retracts": {"id": "c-1"}}})
    assert (retracted.target, retracted.data) == (("science-unit", "c-1"), {})
    refs = [{"scheme": "claim", "value": "1"}, {"scheme": "receipt", "value": "2"}]
    linked = accepted({**event("linked"), "data": {"link": refs}}, source("officer"))
    assert [one.value for one in linked.joining] == ["1", "2"]
    assert linked.data == {}


def test_an_officer_takes_back_anybodys_fact() -> None:
    """An officer may retract what another source said."""
    said = {**event("retracted"), "data": {"retracts": {"source": "erp", "id": "1"}}}
    assert accepted(said, source("officer")).target == ("erp", "1")


def test_sameness_is_of_what_was_meant_not_of_its_spelling() -> None:
    """Order of keys, white space and other attributes do not make an event another one."""
    said = event(data={"amount": {"value": "1.00", "currency": "THB"}})
    first = accepted(said)
    again = verdict(orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2))
    assert isinstance(again, Inbound)
    assert again.digest == first.digest
    assert accepted({**said, "traceparent": "x", "sequence": None}).digest == first.digest
    assert accepted({**said, "replay": True}).digest == first.digest


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2026-01-12T10:15:00.0+07:00"},
        {"sequence": "1"},
        {"type": "tidtam.disbursement.drafted"},
        {"data": {"unit": "ก"}},
        {"sequence": "1", "timeprecision": "day"},
    ],
)
def test_another_content_is_another_event(change: dict[str, Any]) -> None:
    """A change of type, time, precision, sequence or data alters an event."""
    assert accepted(event(**change)).digest != accepted(event()).digest


def test_structured_and_binary_mode_mean_the_same() -> None:
    """One event sent in structured mode, in binary mode on Kafka and over HTTP is one event."""
    said = event(id="ก-1", sequence="1")
    data = orjson.dumps(said["data"])
    attributes = {name: str(value) for name, value in said.items() if name != "data"}
    kafka = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    http = [(f"ce-{n}", v.replace("ก", "%E0%B8%81").encode()) for n, v in attributes.items()]
    json = ("content-type", b"application/json; charset=utf-8")
    structured = ("Content-Type", b"application/cloudevents+json; charset=utf-8")
    answers = [
        verdict(orjson.dumps(said), headers=[structured]),
        verdict(data, headers=[*kafka, json]),
        verdict(data, headers=[*http, json]),
    ]
    assert all(isinstance(one, Inbound) for one in answers)
    assert len({(one.id, one.digest) for one in answers if isinstance(one, Inbound)}) == 1


def test_a_heartbeat_needs_no_data() -> None:
    """A heartbeat without data is whole, in binary mode also without a body."""
    assert accepted({k: v for k, v in event("heartbeat").items() if k != "data"}).data == {}
    parsed = parse(None, [("ce_specversion", b"1.0"), ("ce_id", b"1")])
    assert parsed == {"specversion": "1.0", "id": "1"}
