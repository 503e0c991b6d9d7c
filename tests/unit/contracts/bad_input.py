"""Inputs that each break one rule: the event, and the pointer and rule its sender is told."""

from __future__ import annotations

from typing import Any

from tests.unit.contracts.saying import TAX_ID, event

CLAIM = {"scheme": "claim", "value": "69/00123"}


def lines(*items: dict[str, Any]) -> dict[str, Any]:
    """An event with these lines."""
    return event(data={"lines": list(items)})


def payee(scheme: str, value: str, **more: str) -> dict[str, Any]:
    """An event with one line for this payee."""
    identity = {"scheme": scheme, "value": value, **more}
    return lines({"id": "1", "payee": {"identities": [identity]}})


BYTES = {
    "broken JSON": (b'{"id": ', "", "json-malformed"),
    "not UTF-8": (b'{"id": "\xff"}', "", "json-malformed"),
    "NaN": (b'{"data": NaN}', "", "json-malformed"),
    "endless nesting": (b"[" * 5000, "", "json-malformed"),
    "a list": (b"[]", "", "not-an-object"),
    "null": (b"null", "", "body-empty"),
    "no body": (b"", "", "body-empty"),
    "5 MB": (b'"' + b"x" * 5_000_000 + b'"', "", "body-too-large"),
}

ENVELOPE = {
    "no specversion": (event(specversion=None), "/specversion", "specversion-unknown"),
    "old specversion": (event(specversion="0.3"), "/specversion", "specversion-unknown"),
    "no id": (event(id=None), "/id", "id-missing"),
    "an empty id": (event(id=""), "/id", "id-missing"),
    "an id of 301 letters": (event(id="x" * 301), "/id", "id-malformed"),
    "an id with a line break": (event(id="a\nb"), "/id", "id-malformed"),
    "an id that is a number": (event(id=5), "/id", "id-malformed"),
    "a replay that is a number": (event(replay=1), "/replay", "replay-malformed"),
    "a replay that is a word": (event(replay="yes"), "/replay", "replay-malformed"),
    "no source": (event(source=None), "/source", "source-missing"),
    "another's source": (event(source="finance-erp"), "/source", "source-not-yours"),
    "no type": (event(type=None), "/type", "type-missing"),
    "a type in two parts": (event(type="tidtam.submitted"), "/type", "type-malformed"),
    "a type that is a list": (event(type=["x"]), "/type", "type-malformed"),
    "an unknown process": (event(type="tidtam.petition.filed"), "/type", "process-unknown"),
    "an unknown type": (event("submited"), "/type", "fact-unknown"),
    "another's fact": (event("received"), "/type", "fact-not-yours"),
    "base64": (event(data_base64="AA=="), "/data", "data-not-json"),
    "XML": (event(datacontenttype="text/xml"), "/data", "data-not-json"),
    "data that is a text": (event(data="x"), "/data", "data-not-an-object"),
    "no data": ({k: v for k, v in event().items() if k != "data"}, "/data", "data-missing"),
}

TIME = {
    "no time": (event(time=None), "/time", "time-missing"),
    "no offset": (event(time="2026-01-12T10:15:00"), "/time", "time-without-offset"),
    "a date": (event(time="2026-01-12"), "/time", "time-malformed"),
    "a number": (event(time=1768187700), "/time", "time-malformed"),
    "the 30th of February": (event(time="2026-02-30T10:15:00Z"), "/time", "time-malformed"),
    "the Buddhist era": (event(time="2569-01-12T10:15:00+07:00"), "/time", "time-buddhist-era"),
    "the future": (event(time="2026-01-31T12:05:01+07:00"), "/time", "time-in-future"),
    "tomorrow's date": (
        event(time="2026-02-01T00:00:00+07:00", timeprecision="day", sequence="1"),
        "/time",
        "time-in-future",
    ),
    "before the start": (event(time="2024-12-31T23:59:59Z"), "/time", "time-before-start"),
    "an unknown precision": (
        event(timeprecision="hour"),
        "/timeprecision",
        "timeprecision-unknown",
    ),
    "a date without sequence": (event(timeprecision="day"), "/sequence", "sequence-missing"),
    "a sequence that is a number": (event(sequence=7), "/sequence", "sequence-malformed"),
    "a sequence of 2^63": (event(sequence=str(2**63)), "/sequence", "sequence-malformed"),
    "a negative sequence": (event(sequence="-1"), "/sequence", "sequence-malformed"),
}

DATA = {
    "a text where a list belongs": (event(data={"refs": "x"}), "/data/refs", "field-wrong-type"),
    "an empty list": (event(data={"refs": []}), "/data/refs", "field-malformed"),
    "a reference without value": (
        event(data={"refs": [{"scheme": "claim"}]}),
        "/data/refs/0/value",
        "field-missing",
    ),
    "2^53": (event(data={"x": 2**53}), "/data/x", "number-out-of-range"),
    "1e300": (event(data={"x": {"y": [1e300]}}), "/data/x/y/0", "number-out-of-range"),
    "NUL": (event(data={"title": "a\0b"}), "/data/title", "text-with-nul"),
    "NUL in a name": (event(data={"a\0": 1}), "/data", "text-with-nul"),
    "an unknown kind": (event(data={"kind": "traval"}), "/data/kind", "code-unknown"),
    "an unknown priority": (event(data={"priority": "asap"}), "/data/priority", "code-unknown"),
    "the 31st of April": (event(data={"due_on": "2026-04-31"}), "/data/due_on", "date-malformed"),
    "a date of the Buddhist era": (
        event(data={"due_on": "2569-04-30"}),
        "/data/due_on",
        "date-buddhist-era",
    ),
}

REFERENCES = {
    "no reference that joins": (
        event(data={"refs": [{"scheme": "invoice", "value": "1"}]}),
        "/data/refs",
        "reference-missing",
    ),
    "one reference twice": (
        event(data={"refs": [CLAIM, {"scheme": "claim", "value": " ๖๙/๐๐๑๒๓"}]}),
        "/data/refs/1",
        "reference-twice",
    ),
    "an unknown scheme": (
        event(data={"refs": [{"scheme": "clam", "value": "1"}]}),
        "/data/refs/0/scheme",
        "scheme-unknown",
    ),
    "a blank number": (
        event(data={"refs": [{"scheme": "claim", "value": "   "}]}),
        "/data/refs/0/value",
        "reference-malformed",
    ),
    "another's issuer": (
        event(data={"refs": [{**CLAIM, "issuer": "finance-erp"}]}),
        "/data/refs/0/issuer",
        "issuer-not-yours",
    ),
}

AMOUNTS = {
    "too many decimals": ({"value": "1.005", "currency": "THB"}, "value", "amount-decimals"),
    "decimals of yen": ({"value": "1.5", "currency": "JPY"}, "value", "amount-decimals"),
    "below zero": ({"value": "-0.01", "currency": "THB"}, "value", "amount-negative"),
    "an unknown currency": ({"value": "1", "currency": "BAT"}, "currency", "currency-unknown"),
    "a float": ({"value": 12480.5, "currency": "THB"}, "value", "amount-malformed"),
    "separators": ({"value": "12,480.00", "currency": "THB"}, "value", "amount-malformed"),
    "an exponent": ({"value": "1e3", "currency": "THB"}, "value", "amount-malformed"),
    "no currency": ({"value": "1.00"}, "currency", "field-missing"),
}

LINES = {
    "201 lines": (
        lines(*({"id": str(n)} for n in range(201))),
        "/data/lines",
        "lines-too-many",
    ),
    "a line twice": (lines({"id": "1"}, {"id": "1"}), "/data/lines/1/id", "line-twice"),
    "a line without name": (lines({"gross": "1.00"}), "/data/lines/0", "line-unnamed"),
    "a gross below zero": (
        lines({"id": "1", "gross": "-1.00"}),
        "/data/lines/0/gross",
        "amount-negative",
    ),
    "a net with three decimals": (
        lines({"id": "1", "net": "1.001"}),
        "/data/lines/0/net",
        "amount-decimals",
    ),
    "a wrong check digit": (
        payee("tax-id", "0994000000170"),
        "/data/lines/0/payee/identities/0/value",
        "identity-check-digit",
    ),
    "twelve digits": (
        payee("citizen-id", "110000000017"),
        "/data/lines/0/payee/identities/0/value",
        "identity-malformed",
    ),
    "an unknown identity": (
        payee("tax_id", TAX_ID),
        "/data/lines/0/payee/identities/0/scheme",
        "identity-scheme-unknown",
    ),
    "a passport of no country": (
        payee("passport", "AA1234567"),
        "/data/lines/0/payee/identities/0/issuer",
        "issuer-missing",
    ),
}
