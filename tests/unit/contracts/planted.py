"""Mistakes to plant in the process file: how, and the pointer and rule they must be found by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import yaml

from tests.unit.contracts.saying import HOME

FILE = HOME / "processes" / "disbursement.yaml"
Change = Callable[[dict[str, Any]], object]


def fresh() -> dict[str, Any]:
    """The committed file as values that may be changed, each part on its own."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(yaml.safe_load(FILE.read_text("utf-8"))))
    return document


def setting(*path: str, to: Any) -> Change:
    """Plant: set the value at *path*."""

    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def without(*path: str) -> Change:
    """Plant: take the value at *path* out."""

    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


WORDS = {"th": "ทดสอบ", "en": "Test"}
DEAD, OVERLAP, UNKNOWN = "nothing-runs-this", "rules-overlap", "name-unknown"
MISTAKES: dict[str, tuple[Change, str, str]] = {
    "a stage nobody asserts": (
        setting("facts", "in-process", "asserts", to="received"),
        "/stages/in_process",
        "stage-unreachable",
    ),
    "a stage without a contact": (
        without("stages", "paid", "contact"),
        "/stages/paid/contact",
        "contact-missing",
    ),
    "a contact nobody wrote": (
        setting("stages", "paid", "contact", to="nowhere"),
        "/stages/paid/contact",
        "contact-missing",
    ),
    "a title without Thai": (
        without("stages", "paid", "title", "th"),
        "/stages/paid/title/th",
        "title-missing",
    ),
    "a title without English": (
        without("facts", "drafted", "title", "en"),
        "/facts/drafted/title/en",
        "title-missing",
    ),
    "no title": (without("schemes", "claim", "title"), "/schemes/claim/title", "title-missing"),
    "English for Thai": (
        setting("stages", "paid", "title", "th", to="Paid"),
        "/stages/paid/title/th",
        "title-not-thai",
    ),
    "Thai for English": (
        setting("papers", "invoice", "en", to="ใบแจ้งหนี้"),
        "/papers/invoice/en",
        "title-not-english",
    ),
    "a knob nothing runs": (
        setting("stages", "paid", "colour", to="green"),
        "/stages/paid/colour",
        DEAD,
    ),
    "a section nothing runs": (setting("notices", to={}), "/notices", DEAD),
    "a missing key": (without("stages", "paid", "counts"), "/stages/paid/counts", "key-missing"),
    "a wrong holder": (
        setting("stages", "paid", "holder", to="somebody"),
        "/stages/paid/holder",
        "value-malformed",
    ),
    "an unused contact": (
        setting("contacts", "spare", to={"desk": WORDS}),
        "/contacts/spare",
        DEAD,
    ),
    "left_by on a stage that does not end": (
        setting("stages", "draft", "left_by", to=["submitted"]),
        "/stages/draft/left_by",
        DEAD,
    ),
    "left by a fact that leads nowhere": (
        setting("stages", "paid", "left_by", to=["bounced", "credited"]),
        "/stages/paid/left_by",
        DEAD,
    ),
    "left by an unknown fact": (
        setting("stages", "paid", "left_by", to=["exploded"]),
        "/stages/paid/left_by",
        UNKNOWN,
    ),
    "a flag for a fact that does not leave": (
        setting("stages", "paid", "flags", to={"received": "odd"}),
        "/stages/paid/flags/received",
        DEAD,
    ),
    "a holder for a reason nobody gives": (
        setting("stages", "bounced", "holder_by_reason", to={"full-moon": "payee"}),
        "/stages/bounced/holder_by_reason/full-moon",
        DEAD,
    ),
    "a stage on the path without rank": (
        without("stages", "draft", "rank"),
        "/stages/draft",
        "rank-missing",
    ),
    "a way back that is none": (
        setting("facts", "in-process", "back_from", to=["received"]),
        "/facts/in-process/back_from",
        DEAD,
    ),
    "a way back from everywhere and somewhere": (
        setting("facts", "returned", "back_from", to=["*", "received"]),
        "/facts/returned/back_from",
        OVERLAP,
    ),
    "a way back from an end": (
        setting("facts", "returned", "back_from", to=["in_process", "paid"]),
        "/facts/returned/back_from",
        OVERLAP,
    ),
    "a fact that does two things": (
        setting("facts", "reopened", "asserts", to="received"),
        "/facts/reopened",
        OVERLAP,
    ),
    "a field common and special": (
        setting("data", "common", "step", to={"type": "string"}),
        "/data/special/step",
        OVERLAP,
    ),
    "an unknown stage": (
        setting("facts", "approved", "asserts", to="heaven"),
        "/facts/approved",
        UNKNOWN,
    ),
    "an unknown field": (
        setting("facts", "approved", "data", to=["stepp"]),
        "/facts/approved/data",
        UNKNOWN,
    ),
    "an unknown required field": (
        setting("facts", "approved", "requires", to=["stepp"]),
        "/facts/approved/requires",
        UNKNOWN,
    ),
    "an opening fact without stage": (
        setting("facts", "approved", "opens", to=True),
        "/facts/approved/opens",
        DEAD,
    ),
    "an effect on lines without lines": (
        setting("facts", "approved", "lines", to="describes"),
        "/facts/approved/lines",
        DEAD,
    ),
    "reasons of a fact that gives none": (
        setting("reasons", "approved", to={"why": WORDS}),
        "/facts/approved/data",
        DEAD,
    ),
    "reasons of no fact": (
        setting("reasons", "exploded", to={"why": WORDS}),
        "/reasons/exploded",
        DEAD,
    ),
    "a retraction without target": (
        setting("facts", "retracted", "requires", to=[]),
        "/facts/retracted/requires",
        DEAD,
    ),
    "codes of a field nobody checks": (
        setting("codes", "mood", to={"good": WORDS}),
        "/codes/mood",
        DEAD,
    ),
    "a field of no fact": (
        setting("data", "special", "mood", to={"type": "string"}),
        "/data/special/mood",
        DEAD,
    ),
    "a shape of no field": (
        setting("data", "shapes", "mood", to={"type": "string"}),
        "/data/shapes/mood",
        DEAD,
    ),
    "an unknown shape": (
        setting("data", "special", "step", to={"$ref": "#/$defs/mood"}),
        "/data",
        UNKNOWN,
    ),
    "a schema that is none": (
        setting("data", "special", "step", to={"type": "strong"}),
        "/data/special/step",
        "schema-malformed",
    ),
    "a pattern that is none": (
        setting("schemes", "memo", "pattern", to="("),
        "/schemes/memo/pattern",
        "pattern-malformed",
    ),
    "a scope that is no field": (
        setting("schemes", "claim", "scope", to="weather"),
        "/schemes/claim/scope",
        DEAD,
    ),
    "a joining scheme that relates": (
        setting("schemes", "claim", "related_process", to="advance"),
        "/schemes/claim/related_process",
        DEAD,
    ),
    "an identity kept under none": (
        setting("identities", "citizen-id", "same_as", to="soul"),
        "/identities/citizen-id/same_as",
        DEAD,
    ),
    "a home currency that is none": (
        setting("currency", to="BAT"),
        "/currency",
        UNKNOWN,
    ),
    "a currency of seven decimals": (
        setting("currencies", "THB", to=7),
        "/currencies/THB",
        "value-malformed",
    ),
}
