"""Mistakes to plant in notice rules and templates, and the pointer and rule they are found by."""

from __future__ import annotations

from typing import Any

import orjson
import yaml
from contracts.notice_file import read_templates

from tests.unit.contracts.planted import Change, setting, without
from tests.unit.contracts.saying import HOME

FILE = HOME / "notices" / "disbursement.yaml"
DEAD = "nothing-runs-this"


def fresh() -> dict[str, Any]:
    """The committed file as values that may be changed, each part on its own."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(yaml.safe_load(FILE.read_text("utf-8"))))
    return document


def templates() -> dict[str, str]:
    """The committed templates."""
    return read_templates(FILE.parent / "templates")


def only(document: dict[str, Any], name: str) -> dict[str, Any]:
    """*document* with one of its rules: the templates of all take their time."""
    kept = document["rules"][name]
    document["rules"] = {name: kept}
    document["sending"] = {kept["to"]: document["sending"][kept["to"]]}
    return document


def rule(name: str, *path: str, to: Any) -> Change:
    """Plant: set the value at *path* of a rule."""
    return setting("rules", name, *path, to=to)


ALONE: dict[str, tuple[Change, str, str]] = {
    "no news": (without("rules", "paid", "news"), "/rules/paid/news", "news-missing"),
    "nobody to tell": (without("rules", "paid", "to"), "/rules/paid/to", "recipient-missing"),
    "an unknown kind of recipient": (
        rule("paid", "to", to="everybody"),
        "/rules/paid/to",
        "value-malformed",
    ),
    "no channel": (rule("paid", "channels", to=[]), "/rules/paid/channels", "value-malformed"),
    "an unknown channel": (
        rule("paid", "channels", to=["fax"]),
        "/rules/paid/channels/0",
        "value-malformed",
    ),
    "a channel twice": (
        rule("paid", "channels", to=["email", "email"]),
        "/rules/paid/channels/1",
        "listed-twice",
    ),
    "no age": (without("rules", "paid", "age_days_max"), "/rules/paid/age_days_max", "age-missing"),
    "an age of no days": (
        rule("paid", "age_days_max", to=0),
        "/rules/paid/age_days_max",
        "value-malformed",
    ),
    "an unknown value": (
        rule("paid", "tells", to=["iban"]),
        "/rules/paid/tells/0",
        "value-malformed",
    ),
    "a knob nothing runs": (rule("paid", "colour", to="red"), "/rules/paid/colour", DEAD),
    "a title without Thai": (
        without("rules", "paid", "title", "th"),
        "/rules/paid/title/th",
        "title-missing",
    ),
    "English for Thai": (
        rule("paid", "title", "th", to="Paid"),
        "/rules/paid/title/th",
        "title-not-thai",
    ),
    "no rules": (setting("rules", to={}), "/rules", "value-malformed"),
    "a name that is taken": (
        lambda document: document["rules"].update(digest=document["rules"].pop("paid")),
        "/rules/digest",
        "name-reserved",
    ),
    "a desk without a name": (
        without("rules", "overdue-head", "desk"),
        "/rules/overdue-head/desk",
        "desk-missing",
    ),
    "a desk for a payee": (rule("paid", "desk", to="x"), "/rules/paid/desk", "desk-missing"),
    "no times for a recipient": (
        without("sending", "payee"),
        "/rules/received/to",
        "sending-missing",
    ),
    "times for nobody": (without("rules", "returned"), "/sending/unit-office", DEAD),
    "window and digest": (
        setting("sending", "payee", "digest_at", to="08:30"),
        "/sending/payee",
        "one-sending",
    ),
    "neither window nor digest": (
        setting("sending", "desk", to={"calendar": "thai-government", "days": "all"}),
        "/sending/desk",
        "one-sending",
    ),
    "half a window beside a digest": (
        without("sending", "desk", "closes"),
        "/sending/desk",
        "one-sending",
    ),
    "a machine told by letter": (
        rule("system-paid", "channels", to=["email", "webhook"]),
        "/rules/system-paid/channels/0",
        DEAD,
    ),
    "half a window": (without("sending", "payee", "closes"), "/sending/payee", "one-sending"),
    "a window that closes first": (
        setting("sending", "payee", "closes", to="07:59"),
        "/sending/payee/closes",
        "times-reversed",
    ),
    "a time that is none": (
        setting("sending", "payee", "opens", to="25:00"),
        "/sending/payee/opens",
        "value-malformed",
    ),
    "a window that opens at midnight's end": (
        setting("sending", "desk", "digest_at", to="24:00"),
        "/sending/desk/digest_at",
        "value-malformed",
    ),
    "an unknown fact of the SLA": (
        rule("late", "news", to="sla.breach"),
        "/rules/late/news",
        "fact-unknown",
    ),
    "a fact of the SLA that is not told": (
        rule("late", "news", to="sla.started"),
        "/rules/late/news",
        "fact-unknown",
    ),
    "a clause for a fact": (
        rule("paid", "when", to={"clauses": ["finance-9-days#finance"]}),
        "/rules/paid/when/clauses",
        DEAD,
    ),
    "an offset for a breach": (
        rule("overdue", "when", to={"offsets": [3]}),
        "/rules/overdue/when/offsets",
        DEAD,
    ),
    "a reason for a deadline": (
        rule("overdue", "when", to={"reasons": ["other"]}),
        "/rules/overdue/when/reasons",
        DEAD,
    ),
    "a stage for a deadline": (
        rule("overdue", "held_too", to=True),
        "/rules/overdue/held_too",
        DEAD,
    ),
    "an office that waits for money": (
        rule("returned", "when", to={"waiting": True}),
        "/rules/returned/when/waiting",
        DEAD,
    ),
    "an unknown holder": (
        rule("bounced", "when", to={"holders": ["payer"]}),
        "/rules/bounced/when/holders/0",
        "holder-unknown",
    ),
    "a due date of a fact": (rule("paid", "tells", to=["due"]), "/rules/paid/tells/0", DEAD),
    "a sum of a deadline": (rule("late", "tells", to=["amount"]), "/rules/late/tells/0", DEAD),
    "two rules for one thing": (
        rule("bounced-at-bank", "when", to={}),
        "/rules/bounced-at-bank",
        "rules-overlap",
    ),
}

ACROSS: dict[str, tuple[Change, str, str]] = {
    "an unknown process": (setting("process", to="loan"), "/process", "process-unknown"),
    "an unknown calendar": (
        setting("sending", "payee", "calendar", to="lunar"),
        "/sending/payee/calendar",
        "calendar-unknown",
    ),
    "an unknown fact": (rule("paid", "news", to="transfered"), "/rules/paid/news", "fact-unknown"),
    "a fact about no case": (
        rule("paid", "news", to="heartbeat"),
        "/rules/paid/news",
        "fact-unknown",
    ),
    "an unknown reason": (
        rule("bounced", "when", "reasons", to=["rain"]),
        "/rules/bounced/when/reasons",
        "reason-unknown",
    ),
    "a holder that fact never leads to": (
        rule("bounced", "when", to={"holders": ["unit"]}),
        "/rules/bounced/when/holders",
        "holder-unknown",
    ),
    "a repetition of what holds nothing": (
        rule("delayed", "held_too", to=True),
        "/rules/delayed/held_too",
        DEAD,
    ),
    "a sum of a receipt": (
        rule("received", "tells", to=["amount"]),
        "/rules/received/tells/0",
        DEAD,
    ),
    "a reference of a bounce": (
        rule("bounced", "tells", to=["reference"]),
        "/rules/bounced/tells/0",
        DEAD,
    ),
    "a reason where there is none": (
        rule("received", "tells", to=["reason"]),
        "/rules/received/tells/0",
        DEAD,
    ),
    "an unknown clause": (
        rule("late", "when", to={"clauses": ["finance-9-days#everyone"]}),
        "/rules/late/when/clauses",
        "clause-unknown",
    ),
    "an offset nothing reminds at": (
        rule("overdue-director", "when", "offsets", to=[4]),
        "/rules/overdue-director/when/offsets",
        "offset-unknown",
    ),
    "an unknown promise": (
        setting("promises", to=["finance-9-days#all"]),
        "/promises/0",
        "clause-unknown",
    ),
}
