"""
The rules the portal shows and checks by: processes, calendars, agreements and lists of offices, as
applied. Read from its own table, never from a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

import orjson
from chassis.database import Connection
from contracts.agreement import Agreement
from contracts.calendar import CalendarRules
from contracts.instants import zone_of
from contracts.office import Office, Offices
from contracts.process import IdentityScheme, Process

from contracts import agreement_file, calendar_file, office, process_file
from portal import rules_store

UNIT_OFFICE = "unit-office"
HOME_ZONE = "Asia/Bangkok"

_Rule = TypeVar("_Rule")


class Rules:
    """
    A cache of rules; `app` refreshes it every few seconds and when rules are applied.

    Before the first `tidtam config apply` everything is empty, and pages say so.
    """

    def __init__(self) -> None:
        self._seen = -1
        self._empty()

    def _empty(self) -> None:
        self._processes: dict[str, dict[int, Process]] = {}
        self._calendars: dict[str, CalendarRules] = {}
        self._agreements: dict[str, dict[int, Agreement]] = {}
        self._offices: dict[str, Offices] = {}
        self._on: tuple[date | None, Mapping[tuple[str, str], Office]] = (None, {})

    async def refresh(self, connection: Connection) -> None:
        """Read again what has changed since the last time."""
        seen = await rules_store.count_versions(connection)
        if seen != self._seen:
            self.read(await rules_store.read_versions(connection))
            self._seen = seen

    def process(self, name: str, version: int | None = None) -> Process | None:
        """A process: the *version* a case has pinned, or the newest where that is not known."""
        return _version(self._processes.get(name), version)

    def processes(self) -> Sequence[Process]:
        """The newest version of each process, by name."""
        return [versions[max(versions)] for _, versions in sorted(self._processes.items())]

    def identities(self) -> Sequence[IdentityScheme]:
        """The identity schemes of all processes."""
        return [scheme for one in self.processes() for scheme in one.identities.values()]

    def calendar(self, name: str) -> CalendarRules | None:
        """The newest version of a calendar."""
        return self._calendars.get(name)

    def agreement(self, name: str, version: int | None = None) -> Agreement | None:
        """An agreement: that *version*, or the newest."""
        return _version(self._agreements.get(name), version)

    def agreements(self) -> Sequence[Agreement]:
        """The newest version of each agreement, by name."""
        return [versions[max(versions)] for _, versions in sorted(self._agreements.items())]

    def zone(self) -> str:
        """The IANA zone of the house: of the calendar its first agreement counts by."""
        for one in self.agreements():
            calendar = self._calendars.get(one.calendar)
            if calendar is not None:
                return calendar.zone
        return HOME_ZONE

    def today(self, now: datetime) -> date:
        """The local date of the house."""
        return now.astimezone(zone_of(self.zone())).date()

    def offices_on(self, day: date) -> Mapping[tuple[str, str], Office]:
        """The offices on *day*, by kind (`unit-office`, `officer`, `desk`) and id."""
        if self._on[0] != day:
            listed = (one for known in self._offices.values() for one in known.offices)
            self._on = (day, {(str(o.kind), o.id): o for o in listed if o.holds_on(day)})
        return self._on[1]

    def desk_of_unit(self, unit: str | None, day: date) -> Office | None:
        """The office of *unit* where the lists have it: whom a payee may ring there."""
        return self.offices_on(day).get((UNIT_OFFICE, unit or ""))

    def unit_title(self, unit: str | None, day: date, language: str = "th") -> str | None:
        """The name of *unit* in *language* where the lists have it, else its code."""
        found = self.desk_of_unit(unit, day)
        if found is None or found.title is None:
            return unit
        return found.title.en if language == "en" else found.title.th

    def read(self, rows: Sequence[tuple[str, str, int, str]]) -> None:
        """Take over all versions: kind, name, version and JSON of each."""
        self._empty()
        for kind, name, version, body in rows:
            told = orjson.loads(body)
            if kind == "process":
                found = replace(process_file.from_json(told), version=version)
                self._processes.setdefault(name, {})[version] = found
            elif kind == "calendar":
                self._calendars[name] = calendar_file.from_json(told)
            elif kind == "agreement":
                agreement = replace(agreement_file.from_json(told), version=version)
                self._agreements.setdefault(name, {})[version] = agreement
            else:
                self._offices[name] = office.from_json(told)


def _version(versions: Mapping[int, _Rule] | None, wanted: int | None) -> _Rule | None:
    if not versions:
        return None
    known = wanted if wanted is not None and wanted in versions else max(versions)
    return versions[known]
