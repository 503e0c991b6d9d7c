"""How a case's days and clocks are told: the `case-sla` and `sla-event` messages. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import orjson
from chassis.instants import rfc3339
from contracts.agreement import HOLDERS, Agreement, Clause

from sla.model import NOBODY, Clock, History, Judgement, Ledger, LocalCalendar, local_ordinal
from sla.paid_by import PaidBy
from sla.queues import Overtaking, Place, Stand
from sla.verdicts import Saying

SOURCE = "urn:tidtam:sla"
RUNS_MAX = 1000
PARTIES = (*HOLDERS, NOBODY)
"""Each has a column of its own, so that the database can add them up."""


@dataclass(frozen=True, slots=True)
class Promise:
    """
    A clause in the version of its agreement that a clock runs by; `words` is what a message says
    of each of its clocks.
    """

    agreement: Agreement
    clause: Clause
    words: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = {
            "title": _words(self.clause.title),
            "agreement_title": _words(self.agreement.title),
            "party": self.clause.party,
            "unit": self.clause.unit,
        }
        object.__setattr__(self, "words", words)


def promises_of(agreements: Sequence[Agreement]) -> dict[str, Promise]:
    """The clauses by the name that verdicts carry."""
    return {
        f"{one.name}@{one.version}#{clause.id}": Promise(one, clause)
        for one in agreements
        for clause in one.clauses
    }


class Sight(NamedTuple):
    """What a case's numbers were seen by: the calendar of the ledger, its version, and the time."""

    calendar_name: str
    calendar_version: int
    calendar: LocalCalendar
    now_us: int

    @property
    def today(self) -> date:
        """The local date."""
        return date.fromordinal(local_ordinal(self.calendar.zone, self.now_us))


class Beside(NamedTuple):
    """What is told of a case beside its judgement: what its days say next to those of others."""

    paid_by: PaidBy | None = None
    stand: Stand | None = None


def describe(
    history: History,
    found: Judgement,
    beside: Beside,
    promises: Mapping[str, Promise],
    sight: Sight,
) -> dict[str, Any]:
    """The body of `case-sla` that makes a version visible: all but versions and the time of day."""
    return {
        "process": history.process,
        "calendar": f"{sight.calendar_name}@{sight.calendar_version}",
        "zone": sight.calendar.zone,
        "as_of_date": _as_of(found, sight).isoformat(),
        "ledger": _ledger(found.ledger),
        "clocks": [_clock(clock, promises[clock.clause]) for clock in found.clocks],
        "not_reported": found.not_reported,
        "paid_by": None if beside.paid_by is None else _paid_by(beside.paid_by),
        "queue": None if beside.stand is None else _stand(beside.stand),
    }


def sha_of(body: bytes) -> bytes:
    """What tells whether anything visible changed."""
    return hashlib.sha256(body).digest()


def case_sla(
    case: str, process: str, version: int, now_us: int, seen: Mapping[str, Any], body: bytes
) -> tuple[bytes, bytes]:
    """
    Key and value of the state's message. *body* is the JSON of what `describe` says; *seen* says
    by which state of the case.
    """
    told = rfc3339(now_us)
    event = _event(f"case-sla/{case}/{version}", process, "case-sla", told, case)
    event["data"] = {"case": case, "epoch": 0, "version": version, "as_of": told, **seen}
    # Both objects are open at their end, and the body is written once, not twice.
    return case.encode(), orjson.dumps(event)[:-2] + b"," + body[1:] + b"}"


def sla_event(
    case: str,
    process: str,
    version: int,
    saying: Saying,
    now_us: int,
    more: Mapping[str, Any],
) -> tuple[bytes, bytes]:
    """
    Key and value of one moment's message. *version* is that of the state it was said with: what was
    taken back and is said again is another message.
    """
    at_us = now_us if saying.at_us is None else saying.at_us
    at, now = rfc3339(at_us), rfc3339(now_us)
    of = saying.of or saying.offset
    start = f"{saying.start.source}/{saying.start.id}"
    name = f"{saying.kind}/{case}/{version}/{saying.clause}/{start}/{at}/{of}"
    identity = hashlib.sha256(name.encode()).hexdigest()[:32]
    event = _event(f"sla-event/{identity}", process, "sla-event", at, case)
    event["recordedtime"] = now
    event["causationid"] = start
    event["data"] = {
        "case": case,
        "kind": saying.kind,
        "clause": saying.clause,
        "start": tuple(saying.start),
        "at": at,
        "detected_at": now,
        "detection_lag_seconds": round((now_us - at_us) / 1e6, 6),
        "offset": saying.offset,
        "charged": saying.charged,
        "of": saying.of,
        **more,
    }
    return case.encode(), orjson.dumps(event)


def days_of(ledger: Ledger) -> tuple[tuple[int, ...], int]:
    """The working days by party in the order of `PARTIES`, and their total, counted apart."""
    by_party = ledger.by_party
    return tuple([by_party.get(party, 0) for party in PARTIES]), ledger.total


def _event(id_: str, process: str, kind: str, at: str, case: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": f"tidtam.{process}.{kind}",
        "time": at,
        "datacontenttype": "application/json",
        "recordedtime": at,
        "correlationid": case,
    }


def _as_of(found: Judgement, sight: Sight) -> date:
    """The last date charged: today, or the end of a ledger that has ended."""
    runs = found.ledger.runs
    if found.next_check_us is None and runs:
        return date.fromordinal(runs[-1].until)
    return sight.today


def _ledger(ledger: Ledger) -> dict[str, Any]:
    runs = _runs(ledger)
    return {
        "first": None if ledger.first is None else ledger.first.isoformat(),
        "total": ledger.total,
        "by_party": ledger.by_party,
        "runs": runs[-RUNS_MAX:],
        "omitted": max(0, len(runs) - RUNS_MAX),
    }


def _runs(ledger: Ledger) -> Sequence[dict[str, Any]]:
    until = ledger.calendar.workdays_until
    return [
        {
            "party": run.party,
            "from_day": date.fromordinal(run.after + 1).isoformat(),
            "until_day": date.fromordinal(run.until).isoformat(),
            "days": until(run.until) - until(run.after),
        }
        for run in ledger.runs
        if run.until > run.after
    ]


def _clock(clock: Clock, promise: Promise) -> dict[str, Any]:
    return {
        "clause": clock.clause,
        **promise.words,
        "state": clock.state,
        "started_at": rfc3339(clock.started_us),
        "start": tuple(clock.start),
        "stopped_at": _instant(clock.stopped_us),
        "charged": clock.charged,
        "budget": clock.budget,
        "remaining": clock.remaining,
        "first_due": _day(clock.first_due),
        "due": _day(clock.due),
        "breached_at": _instant(clock.breached_us),
        "left_stop": clock.left_stop,
        "undetermined": [(s.source, _instant(s.since_us)) for s in clock.undetermined],
    }


def _paid_by(paid_by: PaidBy) -> dict[str, Any]:
    return {
        "half_on": paid_by.half_on.isoformat(),
        "most_on": paid_by.most_on.isoformat(),
        "later_than_most": paid_by.later_than_most,
        "conditional": paid_by.conditional,
        "like": paid_by.basis.like,
        "cases": paid_by.basis.cases,
    }


def _stand(stand: Stand) -> dict[str, Any]:
    return {
        "party": stand.party,
        "since": rfc3339(stand.entered_us),
        "as_of_date": date.fromordinal(stand.on).isoformat(),
        "places": [_place(place) for place in stand.places],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "agreement": place.agreement,
        "position": place.position,
        "waiting": place.waiting,
        "overtaken": [_overtaking(one) for one in place.overtaken],
    }


def _overtaking(one: Overtaking) -> dict[str, Any]:
    return {"reason": one.reason, "value": one.value, "cases": one.cases}


def _words(words: Any) -> dict[str, str]:
    return {"th": words.th, "en": words.en}


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else rfc3339(at_us)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
