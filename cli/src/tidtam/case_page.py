"""A case as lines of text: the three answers first, then the detail behind them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from contracts.contradictions import MEANINGS

from tidtam.answers import days_of, parts_paid
from tidtam.sla_page import place_in_queue, promises
from tidtam.words import Words

INDENT = "  "
Line = tuple[str, str | None]
"""a line, and its style"""


def page(
    case: Mapping[str, Any], words: Words, now: datetime, merged: Sequence[str], trace: str | None
) -> Iterator[Line]:
    """Yield the lines of a case's page."""
    yield from head(case, words, merged)
    yield from _step(case, words)
    yield from _days(case, words, now)
    yield from _contact(case, words)
    yield from _timeline(case, words)
    yield from _contradictions(case, words)
    yield from _lines(case, words)
    yield from _references(case, words)
    if trace:
        yield "", None
        yield f"{words.say('trace')}: {trace}", None


def trace_link(zipkin_url: str, case_id: str) -> str | None:
    """Return the page on which the trace viewer shows all traces of a case."""
    if not zipkin_url:
        return None
    query = quote(f"tidtam.case={case_id}", safe="")
    return f"{zipkin_url.rstrip('/')}/zipkin/?annotationQuery={query}&lookback=7d&limit=50"


def summary(case: Mapping[str, Any], words: Words) -> tuple[str, ...]:
    """Return one row about a case: number, stage, title, amount, numbers."""
    numbers = ", ".join(ref[3] for ref in case["joining"])
    stage = words.both("stages", case["stage"])
    return case["number"], stage, case.get("title") or "–", _amount(case), numbers


def head(case: Mapping[str, Any], words: Words, merged: Sequence[str]) -> Iterator[Line]:
    """Yield what says which case it is: title, number, amount, unit, and what was joined to it."""
    if case.get("title"):
        yield case["title"], "bold"
    parts = [f"{words.say('number')} {case['number']}", _amount(case), case.get("unit") or ""]
    yield " · ".join(part for part in parts if part), None
    if merged:
        yield words.say("merged", numbers=", ".join(merged)), "yellow"


def _step(case: Mapping[str, Any], words: Words) -> Iterator[Line]:
    yield "", None
    yield words.say("step"), "bold"
    title = case.get("stage_title")
    if title is None:
        yield INDENT + words.say("none"), None
        return
    yield f"{INDENT}{title['th']} · {title['en']}", "green"
    since = words.say("since", day=words.moment(case["since"], _precision(case)))
    holder = words.say("holder", holder=words.say(case["holder"]))
    yield f"{INDENT}{since} · {holder}", None
    paid = parts_paid(case)
    if paid is not None:
        yield INDENT + words.say("parts", paid=paid[0], total=paid[1]), None
    for flag in case["flags"]:
        yield INDENT + flag, "yellow"


def _precision(case: Mapping[str, Any]) -> str:
    """Whether the present stage began at a known time, or on a day of which no more is known."""
    anchor = case["spans"][-1]["anchor"] if case["spans"] else None
    for entry in case["timeline"]:
        if anchor is not None and [entry["source"], entry["id"]] == list(anchor):
            return str(entry["precision"])
    return "instant"


def _days(case: Mapping[str, Any], words: Words, now: datetime) -> Iterator[Line]:
    yield "", None
    yield words.say("days"), "bold"
    told = _promises(case, words)
    if told:
        yield from ((INDENT + text, style) for text, style in told)
        return
    # Without sla, or before any promise counts: plain working days, by weekends only.
    days = days_of(case, now, words.zone)
    if days is None:
        yield INDENT + words.say("none"), None
    elif days.received_on is not None:
        key = "ended" if days.ended_on else "running"
        yield INDENT + words.say(key, n=days.count, day=words.day(days.received_on)), None
    else:
        key = "unreceived" if days.ended_on else "waiting"
        yield INDENT + words.say(key, n=days.count), None


def _promises(case: Mapping[str, Any], words: Words) -> list[Line]:
    """
    What is promised for the whole and by finance, counted in the zone of its calendar, and how many
    wait before it.
    """
    sla = case.get("sla")
    if sla is None:
        return []
    local = Words(words.language, case["process"], ZoneInfo(sla["zone"]))
    return promises(sla, local) + place_in_queue(sla, local)[:1]


def _contact(case: Mapping[str, Any], words: Words) -> Iterator[Line]:
    yield "", None
    yield words.say("contact"), "bold"
    contact = case["contact"]
    if contact is None:
        yield INDENT + words.say("none"), None
        return
    yield f"{INDENT}{contact['desk']['th']} · {contact['desk']['en']}", None
    hours = (contact.get("hours") or {}).get(words.language)
    reach = [part for part in (contact.get("telephone"), contact.get("email"), hours) if part]
    if reach:
        yield INDENT + " · ".join(reach), None


def _timeline(case: Mapping[str, Any], words: Words) -> Iterator[Line]:
    yield "", None
    yield words.say("timeline"), "bold"
    for entry in reversed(case["timeline"]):
        told = [words.moment(entry["at"], entry["precision"]), words.title("facts", entry["fact"])]
        told += [words.title("reasons", entry["reason"])] if entry["reason"] else []
        told += [words.title("steps", entry["step"])] if entry["step"] else []
        told.append(entry["source"])
        if entry["effect"] in ("retracted", "contradicts"):
            told.append(words.say(entry["effect"]))
        yield INDENT + " · ".join(told), "dim" if entry["effect"] == "retracted" else None
        if entry.get("papers"):
            papers = ", ".join(words.title("papers", one) for one in entry["papers"])
            yield INDENT * 2 + words.say("papers", papers=papers), None
        if entry["not_reported"]:
            stages = ", ".join(words.title("stages", one) for one in entry["not_reported"])
            yield INDENT * 2 + words.say("skipped", stages=stages), "dim"


def _contradictions(case: Mapping[str, Any], words: Words) -> Iterator[Line]:
    if not case["contradictions"]:
        return
    yield "", None
    yield words.say("contradictions"), "bold"
    for one in case["contradictions"]:
        fact = words.title("facts", one["fact"])
        meaning = MEANINGS.get(one["code"])
        said = one["code"] if meaning is None else words.of(meaning.title)
        yield f"{INDENT}{fact} ({one['source']} {one['id']}): {said}", "yellow"
        if meaning is not None:
            yield f"{INDENT * 2}→ {words.of(meaning.remedy)}", "dim"


def _lines(case: Mapping[str, Any], words: Words) -> Iterator[Line]:
    lines = [line for line in case.get("line_details", ()) if line["id"] or line["transfers"]]
    if not lines:
        return
    yield "", None
    yield words.say("lines"), "bold"
    for line in lines:
        state = words.say("credited" if line["credited"] else line["state"])
        net = f"{words.say('net')} {line['net']}" if line.get("net") else line.get("gross") or ""
        told = [line["id"] or "–", state, net, line.get("invoice") or ""]
        told += [one["reference"] for one in line["transfers"] if not one["returned"]]
        yield INDENT + " · ".join(part for part in told if part), None


def _references(case: Mapping[str, Any], words: Words) -> Iterator[Line]:
    yield "", None
    yield words.say("references"), "bold"
    for scheme, issuer, scope, value in [*case["joining"], *case["about"]]:
        of = " ".join(part for part in (issuer, scope) if part)
        yield f"{INDENT}{words.title('schemes', scheme)} {value}" + (f" ({of})" if of else ""), None


def _amount(case: Mapping[str, Any]) -> str:
    amount = case.get("amount")
    if not amount:
        return ""
    whole, dot, rest = amount["value"].partition(".")
    return f"{int(whole):,}{dot}{rest} {amount['currency']}"
