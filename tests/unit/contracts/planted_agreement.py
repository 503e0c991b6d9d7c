"""A small agreement, and mistakes to plant in it: how, and where and by which rule they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from tests.unit.contracts.planted import setting, without

SMALL = """\
name: small
title: {th: ข้อตกลงทดสอบ, en: Test agreement}
process: disbursement
calendar: weekends-only
parties: [unit, finance]
valid_from: 2026-01-01
clauses:
  pay:
    title: {th: จ่ายเงิน, en: Pay}
    party: finance
    starts_on: [received]
    stops_on: [paid]
    budget: 9
    warn_at: 7
    reminders: [0, 3]
  clear:
    title: {th: ส่งใช้เงินยืม, en: Clear}
    party: unit
    starts_on_date: released_on
    stops_on: [received]
    until: due_on
    unit: calendar_days
sign_offs:
  - {party: unit, name: Head of the unit, signed_on: 2025-12-01}
  - {party: finance, name: Director, signed_on: 2025-12-02}
"""


def fresh() -> dict[str, Any]:
    """The small agreement as values that may be changed, each part on its own."""
    document: dict[str, Any] = yaml.safe_load(SMALL)
    return document


Change = Callable[[dict[str, Any]], object]


def pay(key: str, to: Any) -> Change:
    """Plant: set *key* of the clause `pay`."""
    return setting("clauses", "pay", key, to=to)


def clear(key: str, to: Any) -> Change:
    """Plant: set *key* of the clause `clear`."""
    return setting("clauses", "clear", key, to=to)


def again(**changed: Any) -> Change:
    """Plant: the clause `pay` a second time under the id `twin`, changed so."""

    def change(document: dict[str, Any]) -> None:
        document["clauses"]["twin"] = {**document["clauses"]["pay"], **changed}

    return change


def unsigned(document: dict[str, Any]) -> None:
    """Plant: the second party has not signed."""
    del document["sign_offs"][1]


def signed(**sign_off: Any) -> Change:
    """Plant: one more sign-off."""

    def change(document: dict[str, Any]) -> None:
        document["sign_offs"].append({"name": "x", "signed_on": "2025-12-03", **sign_off})

    return change


PAY, CLEAR = "/clauses/pay", "/clauses/clear"
BOUNDS = {"amount_min": "5.00", "amount_max": "4.99", "currency": "THB"}
MISTAKES: dict[str, tuple[Change, str, str]] = {
    "the same clause twice": (again(), "/clauses/twin", "clauses-overlap"),
    "the same clause with another budget": (again(budget=5), "/clauses/twin", "clauses-overlap"),
    "the same clause for some": (
        again(when={"kinds": ["travel"]}),
        "/clauses/twin",
        "clauses-overlap",
    ),
    "both budget and until": (pay("until", "due_on"), PAY, "one-budget"),
    "neither budget nor until": (without("clauses", "clear", "until"), CLEAR, "one-budget"),
    "both kinds of start": (pay("starts_on_date", "released_on"), PAY, "one-start"),
    "no start": (without("clauses", "pay", "starts_on"), PAY, "one-start"),
    "a stop that is the start": (
        pay("stops_on", ["received"]),
        f"{PAY}/stops_on/0",
        "stop-is-start",
    ),
    "a stage both start and stop": (
        pay("stops_on", ["paid", "received"]),
        f"{PAY}/stops_on/1",
        "stop-is-start",
    ),
    "a date both start and end": (clear("until", "released_on"), f"{CLEAR}/until", "stop-is-start"),
    "no stop": (without("clauses", "pay", "stops_on"), f"{PAY}/stops_on", "stop-missing"),
    "a stop named twice": (
        pay("stops_on", ["paid", "paid"]),
        f"{PAY}/stops_on/1",
        "listed-twice",
    ),
    "a warning with the last day": (pay("warn_at", 9), f"{PAY}/warn_at", "warning-too-late"),
    "reminders out of order": (
        pay("reminders", [0, 5, 3]),
        f"{PAY}/reminders/2",
        "reminders-unordered",
    ),
    "one reminder twice": (
        pay("reminders", [0, 0]),
        f"{PAY}/reminders/1",
        "reminders-unordered",
    ),
    "a reminder before the breach": (
        pay("reminders", [-1]),
        f"{PAY}/reminders/0",
        "value-malformed",
    ),
    "a party nobody knows": (pay("party", "finanse"), f"{PAY}/party", "party-unknown"),
    "a clause for one who is no party": (pay("party", "bank"), f"{PAY}/party", "party-unknown"),
    "a party that holds nothing": (
        setting("parties", to=["unit", "finance", "officer"]),
        "/parties/2",
        "party-unknown",
    ),
    "everyone for a party": (
        setting("parties", to=["unit", "finance", "everyone"]),
        "/parties/2",
        "party-unknown",
    ),
    "a party twice": (
        setting("parties", to=["unit", "finance", "unit"]),
        "/parties/2",
        "listed-twice",
    ),
    "no party": (setting("parties", to=[]), "/parties", "value-malformed"),
    "one who has not signed": (unsigned, "/parties/1", "sign-off-missing"),
    "nobody has signed": (without("sign_offs"), "/parties/0", "sign-off-missing"),
    "a stranger has signed": (signed(party="bank"), "/sign_offs/2/party", "party-unknown"),
    "one has signed twice": (signed(party="unit"), "/sign_offs/2", "listed-twice"),
    "an end before the beginning": (
        setting("valid_until", to="2025-12-31"),
        "/valid_until",
        "dates-reversed",
    ),
    "a Buddhist-era year": (
        setting("valid_from", to="2569-01-01"),
        "/valid_from",
        "date-buddhist-era",
    ),
    "no such date": (setting("valid_from", to="2026-02-30"), "/valid_from", "date-malformed"),
    "amounts that no case can have": (
        pay("when", BOUNDS),
        f"{PAY}/when/amount_max",
        "amounts-reversed",
    ),
    "an amount without currency": (
        pay("when", {"amount_min": "5.00"}),
        f"{PAY}/when",
        "currency-missing",
    ),
    "a currency without amount": (
        pay("when", {"currency": "THB"}),
        f"{PAY}/when/currency",
        "nothing-runs-this",
    ),
    "an amount that is a number": (
        pay("when", {"amount_min": 5.5, "currency": "THB"}),
        f"{PAY}/when/amount_min",
        "value-malformed",
    ),
    "a budget that is no whole number": (pay("budget", 1.5), f"{PAY}/budget", "value-malformed"),
    "a unit nobody counts in": (pay("unit", "office_hours"), f"{PAY}/unit", "value-malformed"),
    "a share above all": (pay("target_percent", 101), f"{PAY}/target_percent", "value-malformed"),
    "a title without Thai": (pay("title", {"en": "Pay"}), f"{PAY}/title/th", "title-missing"),
    "an empty title": (pay("title", {"th": "", "en": "Pay"}), f"{PAY}/title/th", "title-missing"),
    "a title in one language twice": (
        pay("title", {"th": "Pay", "en": "Pay"}),
        f"{PAY}/title/th",
        "title-not-thai",
    ),
    "no title": (without("title"), "/title", "title-missing"),
    "no clause": (without("clauses"), "/clauses", "clause-missing"),
    "an unknown key": (setting("owner", to="x"), "/owner", "nothing-runs-this"),
    "an unknown key of a clause": (pay("budgets", 9), f"{PAY}/budgets", "nothing-runs-this"),
    "an unknown key of a condition": (
        pay("when", {"kind": ["x"]}),
        f"{PAY}/when/kind",
        "nothing-runs-this",
    ),
}
