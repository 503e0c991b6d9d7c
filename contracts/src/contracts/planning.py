"""
From an event log and its mapping to the events its unit systems and ERP would have sent.

References are as real systems give them: every fact carries the newest number its case has, and
finance gives new ones. `tidtam replay` and `tidtam prove` publish what is planned here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from contracts.instants import end_of_day_us, microseconds, zone_of
from contracts.mapping import Activity, LogMapping, Spoken
from contracts.plan import Plan, PlannedEvent, PlannedSource, log_slug, source_name
from contracts.process import Process, Role
from contracts.xes import Trace, read_traces

CASE_NAME = "concept:name"
ACTIVITY = "concept:name"
TIMESTAMP = "time:timestamp"
EVENT_ID = "id"
FINANCE = Role.FINANCE.value
UNIT = Role.UNIT.value
START_SLACK_DAYS = 7
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?")


def plan_log(path: Path, mapping: LogMapping, process: Process) -> Plan:
    """Plan the replay of the log at *path*. Raises `xes.XesFault` and OSError."""
    return events_of(read_traces(path), mapping, process, log_slug(path))


def events_of(
    traces: Iterable[Trace], mapping: LogMapping, process: Process, slug: str = "log"
) -> Plan:
    """Plan the replay of *traces*, whose sources are named after *slug*."""
    desk = _Desk(mapping, process, slug)
    planned: list[PlannedEvent] = []
    cases = 0
    for cases, trace in enumerate(traces, 1):
        planned.extend(desk.events_of(trace, cases))
    planned.sort(key=lambda one: one.instant_us)
    return Plan(
        log=slug,
        process=process.name,
        zone=mapping.zone,
        calendar=mapping.calendar,
        events=tuple(planned),
        sources=_sources(mapping, slug, planned),
        cases=cases,
        ignored=desk.ignored,
        ends_us=_end(planned, mapping.zone, process),
    )


@dataclass(slots=True)
class _Numbers:
    """The reference numbers a case has, as its systems gave them."""

    claim: dict[str, str]
    receipt: dict[str, str] | None = None
    document: dict[str, str] | None = None
    newest: dict[str, str] = field(init=False)
    given: int = 0

    def __post_init__(self) -> None:
        self.newest = self.claim

    def give(self, scheme: str, issuer: str) -> dict[str, str]:
        """A new number of finance, the newest from now on."""
        self.given += 1
        value = f"{self.claim['value']}-{scheme[0].upper()}{self.given}"
        self.newest = {"scheme": scheme, "value": value, "issuer": issuer}
        return self.newest


@dataclass(slots=True)
class _Desk:
    """Turns traces into events; counts what it ignores and sees that no id comes twice."""

    mapping: LogMapping
    process: Process
    slug: str
    ignored: int = 0
    spoken: Spoken = field(init=False)
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.spoken = Spoken(self.mapping.activities)

    def events_of(self, trace: Trace, place: int) -> Iterator[PlannedEvent]:
        """Yield the events of one case, which is the *place*-th of the log."""
        case = trace.attributes.get(CASE_NAME) or f"case-{place}"
        issuer = source_name(self.slug, UNIT)
        numbers = _Numbers({"scheme": "claim", "value": case, "issuer": issuer})
        about = self._about_case(trace)
        for position, event in enumerate(trace.events, 1):
            meaning = self.spoken.meaning(event.get(ACTIVITY, ""))
            at = _instant(event.get(TIMESTAMP), self.mapping.zone)
            if meaning is None or at is None:
                self.ignored += 1
                continue
            entry, step = meaning
            id_ = self._id(case, event, position)
            data = self._data((entry.fact, entry.role.value), step, numbers, about, at)
            yield self._planned(entry, case, (id_, str(position)), at, data)

    def _planned(
        self,
        entry: Activity,
        case: str,
        identity: tuple[str, str],
        at: datetime,
        data: dict[str, Any],
    ) -> PlannedEvent:
        event = {
            "specversion": "1.0",
            "id": identity[0],
            "source": source_name(self.slug, entry.role.value),
            "type": f"tidtam.{self.process.name}.{entry.fact}",
            "time": at.isoformat(timespec="milliseconds" if at.microsecond % 1000 == 0 else "auto"),
            "sequence": identity[1],
            "datacontenttype": "application/json",
            "data": data,
        }
        return PlannedEvent(case, entry.role.value, event, microseconds(at))

    def _id(self, case: str, event: dict[str, str], position: int) -> str:
        id_ = f"{case}/{event.get(EVENT_ID) or position}"
        if id_ in self.seen:  # a log that repeats an id within a case: else the second is altered
            id_ = f"{id_}#{position}"
        self.seen.add(id_)
        return id_

    def _about_case(self, trace: Trace) -> dict[str, Any]:
        """The unit and the amount of the case, from the trace or the first event that has them."""
        keys, about = self.mapping.case, dict[str, Any]()
        unit = _first(trace, keys.unit)
        about["unit"] = unit or self.slug
        amount = _rounded(_first(trace, keys.amount), self._units())
        if amount is not None:
            about["amount"] = {"value": amount, "currency": self.mapping.currency}
        return about

    def _units(self) -> int:
        return self.process.minor_units[self.mapping.currency]

    def _data(
        self,
        saying: tuple[str, str],
        step: str | None,
        numbers: _Numbers,
        about: dict[str, Any],
        at: datetime,
    ) -> dict[str, Any]:
        fact, role = saying
        refs = [numbers.claim] if role == UNIT else self._references(fact, numbers, at)
        data: dict[str, Any] = {"refs": refs}
        if self.process.facts[fact].opens:
            data.update(about)
        elif fact == "transferred" and "amount" in about:
            data["amount"] = about["amount"]
        if step is not None:
            data["step"] = step
        return data

    def _references(self, fact: str, numbers: _Numbers, at: datetime) -> list[dict[str, str]]:
        issuer = source_name(self.slug, FINANCE)
        if fact == "received":
            numbers.receipt = numbers.give("receipt", issuer)
            return [numbers.claim, numbers.receipt]
        if fact == "in-process":
            known = numbers.receipt or numbers.claim
            numbers.document = numbers.give("erp-document", issuer)
            return [known, numbers.document]
        if fact == "transferred":
            known = numbers.document or numbers.receipt or numbers.claim
            local = at.astimezone(zone_of(self.mapping.zone)).date()
            batch = f"{self.slug}-{local.isoformat()}"
            return [known, {"scheme": "bank-batch", "value": batch, "issuer": issuer}]
        return [numbers.newest]


def _first(trace: Trace, key: str | None) -> str | None:
    if key is None:
        return None
    for attributes in (trace.attributes, *trace.events):
        if attributes.get(key):
            return attributes[key]
    return None


def _rounded(text: str | None, units: int) -> str | None:
    """*text* rounded half-even to *units* decimals; None where it is no number."""
    if text is None or not _AMOUNT.fullmatch(text.strip()):
        return None
    try:
        value = Decimal(text.strip()).quantize(Decimal(1).scaleb(-units), ROUND_HALF_EVEN)
    except InvalidOperation:
        return None
    return f"{value:f}"


def _instant(text: str | None, zone: str) -> datetime | None:
    """The time of an event; one without offset is local to *zone*."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone_of(zone))


def _sources(
    mapping: LogMapping, slug: str, planned: list[PlannedEvent]
) -> tuple[PlannedSource, ...]:
    roles = dict.fromkeys(activity.role.value for activity in mapping.activities)
    first_us = min((one.instant_us for one in planned), default=0)
    unit, finance = source_name(slug, UNIT), source_name(slug, FINANCE)
    sources = []
    for role in roles:
        facts = dict.fromkeys(a.fact for a in mapping.activities if a.role.value == role)
        name = source_name(slug, role)
        issuers = (unit,) if role == UNIT else tuple(dict.fromkeys((unit, finance, name)))
        starts_us = first_us - START_SLACK_DAYS * 86_400_000_000
        sources.append(PlannedSource(name, role, mapping.zone, issuers, tuple(facts), starts_us))
    return tuple(sources)


def _end(planned: list[PlannedEvent], zone: str, process: Process) -> int:
    asserting = (
        one.instant_us
        for one in planned
        if process.facts[one.event["type"].rpartition(".")[2]].asserts is not None
    )
    last_us = max(asserting, default=None)
    if last_us is None:
        return 0
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=last_us)
    local: date = at.astimezone(zone_of(zone)).date()
    return end_of_day_us(zone, local.isoformat())
