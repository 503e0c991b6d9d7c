"""
A correction between its form, its preview and its sending: what is said to intake, and what it
would change. Every correction has a reason, and who made it stands in the access log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chassis.instants import microseconds, rfc3339
from contracts.normalise import ascii_digits
from contracts.process import Process

from portal import read_store, search, watch_store
from portal.boarding import may_see
from portal.model import Case
from portal.people import Visitor
from portal.showing import canonical, find
from portal.views.correcting import (
    FACT_OF,
    Effect,
    after_retracting,
    effect_of,
    entries_of,
    facts_of,
    takes_reason,
)

if TYPE_CHECKING:
    from chassis.database import Connection

NOTE_LETTERS_MAX = 500
BUDDHIST_FROM = 2400
BUDDHIST_ERA_YEARS = 543


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A correction ready to be looked at. `faults` are fields with the word of what is wrong; nothing
    can be sent while there are any. `other`: the case it would be joined with.
    """

    fact: str
    data: Mapping[str, Any] = field(default_factory=dict)
    time: str = ""
    effect: Effect = field(default_factory=Effect)
    faults: Sequence[tuple[str, str]] = ()
    other: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a correction is drafted: the case, its process, who drafts, and the present."""

    connection: Connection
    case: Case
    process: Process
    visitor: Visitor
    now: datetime
    zone: str

    @property
    def refs(self) -> list[dict[str, str]]:
        """The number the case is known by best, as an event names it."""
        return [ref_of(row) for row in self.case.said.joining[:1]]


async def draft(desk: Desk, action: str, said: Mapping[str, str]) -> Draft:
    """The correction *action* as the form *said* it."""
    fact = FACT_OF.get(action, said.get("fact", ""))
    faults = _reason_faults(desk.process, fact, said)
    data: dict[str, Any] = {"refs": desk.refs} if desk.refs else {}
    if takes_reason(desk.process, fact) and said.get("code"):
        note = said.get("note", "")
        data["reason"] = {"code": said["code"], **({"text": note} if note else {})}
    make = {"fact": _fact, "retract": _retract, "link": _link, "unlink": _unlink}.get(action)
    if make is None:
        return Draft(fact, data, rfc3339(microseconds(desk.now)), faults=faults)
    made = await make(desk, said, data)
    if not desk.refs and action != "retract":
        faults.append(("code", "no_number"))
    return Draft(
        fact, made.data, made.time or rfc3339(microseconds(desk.now)), made.effect,
        [*made.faults, *faults], made.other, made.target,
    )  # fmt: skip


async def _fact(desk: Desk, said: Mapping[str, str], data: dict[str, Any]) -> Draft:
    name = said.get("fact", "")
    known = {one.name: one for one in facts_of(desk.process, desk.visitor.roles)}
    if name not in known:
        return Draft(name, faults=[("fact", "fact")])
    at = happened(said.get("on", ""), desk.now, desk.zone)
    if at is None:
        return Draft(name, faults=[("on", "date")])
    told = {key: said.get(key, "") for key in ("reference", "method") if said.get(key)}
    if told and known[name].lines is not None:
        data["transfer"] = told
    return Draft(name, data, at, effect_of(desk.process, desk.case.said, known[name]))


async def _retract(desk: Desk, said: Mapping[str, str], data: dict[str, Any]) -> Draft:
    entries = entries_of(desk.case.said, desk.visitor.roles)
    place = said.get("event", "")
    if not (place.isascii() and place.isdigit() and int(place[:4]) < len(entries)):
        return Draft("retracted", faults=[("event", "event")])
    entry = entries[int(place)]
    key = (entry.source, entry.id)
    data["retracts"] = {"source": key[0], "id": key[1]}
    effect = after_retracting(desk.process, desk.case.said, key)
    return Draft("retracted", data, effect=effect, target=entry.fact)


async def _link(desk: Desk, said: Mapping[str, str], data: dict[str, Any]) -> Draft:
    """Join the case to another, or to a number that waits unmatched."""
    text = said.get("other", "")
    found, ref = await _other(desk, text)
    if ref is None or not desk.refs:
        return Draft("linked", faults=[("other", "other")])
    if found is not None and found.brief.case_id == desk.case.brief.case_id:
        return Draft("linked", faults=[("other", "same")])
    data = {"reason": data["reason"]} if "reason" in data else {}
    data["link"] = [*desk.refs, ref]
    return Draft("linked", data, other="" if found is None else found.brief.number)


async def _unlink(desk: Desk, said: Mapping[str, str], data: dict[str, Any]) -> Draft:
    rows, places = desk.case.said.joining, (said.get("one", ""), said.get("two", ""))
    if not all(p.isascii() and p.isdigit() and int(p[:4]) < len(rows) for p in places):
        return Draft("unlinked", faults=[("one", "two_numbers")])
    if places[0] == places[1]:
        return Draft("unlinked", faults=[("two", "two_numbers")])
    data = {"reason": data["reason"]} if "reason" in data else {}
    data["link"] = [ref_of(rows[int(place)]) for place in places]
    return Draft("unlinked", data)


async def _other(desk: Desk, text: str) -> tuple[Case | None, dict[str, str] | None]:
    """The case and the joining number *text* leads to: a case's, else one that waits unmatched."""
    number = canonical(text)
    case = None if number is None else await find(desk.connection, number)
    if case is None:
        hits = await read_store.search(desk.connection, search.asked(text), limit=2)
        only = [hit for hit in hits if hit.by == "number"]
        if len(only) == 1:
            case = await read_store.case_by_id(desk.connection, only[0].brief.case_id)
    if case is not None and may_see(desk.visitor, case.brief.unit) and case.said.joining:
        return case, ref_of(case.said.joining[0])
    told = await watch_store.read_report(desk.connection, "intake", "unmatched") or {}
    wanted = search.comparable(text)
    for event in told.get("unmatched", ()):
        for row in event["references"]:
            if wanted and search.comparable(row[3]) == wanted:
                return None, ref_of(row)
    return None, None


def ref_of(row: Sequence[str]) -> dict[str, str]:
    """A reference of a message as an event names it."""
    scheme, issuer, scope, value = row
    told = {"scheme": scheme, "issuer": issuer, "scope": scope, "value": value}
    return {name: one for name, one in told.items() if one}


def happened(text: str, now: datetime, zone: str) -> str | None:
    """
    The instant a fact is said to have happened: now where *text* is empty or today's date, the last
    second of an earlier day; None for what is no date, or one to come. Thai digits and Buddhist-era
    years are understood; a date is `2026-01-31` or `31/1/2569`.
    """
    if not text.strip():
        return rfc3339(microseconds(now))
    on, today = day_of(text), now.astimezone(ZoneInfo(zone)).date()
    if on is None or on > today:
        return None
    if on == today:
        return rfc3339(microseconds(now))
    at = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(seconds=1)
    return rfc3339(microseconds(at))


def day_of(text: str) -> date | None:
    """The date *text* names; None for none."""
    parts = ascii_digits(text.strip()[:40]).replace("/", "-").replace(".", "-").split("-")
    if len(parts) != 3 or not all(one.isascii() and one.isdigit() for one in parts):
        return None
    numbers = [int(one) for one in parts]
    year, month, day = numbers if len(parts[0]) == 4 else numbers[::-1]
    if year >= BUDDHIST_FROM:
        year -= BUDDHIST_ERA_YEARS
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def _reason_faults(process: Process, fact: str, said: Mapping[str, str]) -> list[tuple[str, str]]:
    """A reason is always asked for: a code where the process has some, else words."""
    codes = process.reasons.get(fact, {})
    if len(said.get("note", "")) > NOTE_LETTERS_MAX:
        return [("note", "note_long")]
    if codes and said.get("code", "") not in codes:
        return [("code", "code")]
    return [("note", "note")] if not codes and len(said.get("note", "").strip()) < 3 else []
