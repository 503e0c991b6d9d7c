"""
The rules sla judges by: processes, calendars and agreements as applied, and what the sources have
told of themselves. Read from its own tables, never from a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson
from chassis.database import Connection
from chassis.errors import TidtamError
from chassis.instants import microseconds
from contracts.agreement import Agreement
from contracts.calendar import CalendarRules
from contracts.process import Process

from contracts import agreement_file, calendar_file, process_file
from sla import store
from sla.model import (
    LocalCalendar,
    Source,
    StageRule,
    local_calendar,
    local_ordinal,
    stage_rules,
)
from sla.paid_by import WINDOW_DAYS, Learnt
from sla.publish import Promise

SPEAK_AT_ONCE = frozenset({"officer", "payee"})
"""People, not systems: what they say is heard as they say it, so nobody waits for their word."""
NOTHING_LEARNT = Learnt((), 0)


class RulesMissing(TidtamError):
    """Cases came before their rules were applied. The consumer waits; nothing is lost."""


class Rules:
    """A cache; versions are never edited, so only how many there are is watched."""

    def __init__(self) -> None:
        self._seen = (-1, -1)
        self._processes: dict[str, dict[int, Process]] = {}
        self._stages: dict[tuple[str, int], Mapping[str, StageRule]] = {}
        self._sources: list[Mapping[str, Any]] = []
        self._heard: dict[str, list[Source]] = {}
        self._learnt: dict[str, Learnt] = {}
        self._learnt_on = 0
        self.agreements: list[Agreement] = []
        self.calendars: dict[str, LocalCalendar] = {}
        self.calendar_versions: dict[str, int] = {}
        self.promises: dict[str, Promise] = {}

    async def learn(self, connection: Connection, now_us: int) -> None:
        """Learn from ended cases, once for each local date; the earliest zone's date decides."""
        on = min((local_ordinal(c.zone, now_us) for c in self.calendars.values()), default=0)
        if not on or on == self._learnt_on:
            return
        since, until = date.fromordinal(on - WINDOW_DAYS), date.fromordinal(on)
        samples = await store.read_samples(connection, since, until)
        self._learnt = {process: Learnt(rows, on) for process, rows in samples.items()}
        self._learnt_on = on

    def learnt(self, process: str) -> Learnt:
        """What the ended cases of a process teach."""
        return self._learnt.get(process, NOTHING_LEARNT)

    async def refresh(self, connection: Connection) -> None:
        """Read rules and sources again when there is more of them than before."""
        seen = await store.known_state(connection)
        if seen[0] != self._seen[0]:
            self._read(await store.read_rule_versions(connection))
        if seen != self._seen:
            self._sources = [
                orjson.loads(body) | ({} if settled else {"complete_until": None})
                for _, body, settled in await store.read_sources(connection)
            ]
            self._heard.clear()
        self._seen = seen

    def stages_of(self, process: str, version: int | None) -> Mapping[str, StageRule]:
        """The stage rules a case has pinned; the newest where that version never came to sla."""
        versions = self._processes.get(process)
        if not versions or not self.calendars:
            raise RulesMissing(
                f"no calendar, or process {process!r} not applied to sla; run `tidtam config apply`"
            )
        wanted = version if version in versions else max(versions)
        key = (process, wanted or 0)
        if key not in self._stages:
            self._stages[key] = stage_rules(versions[wanted or 0])
        return self._stages[key]

    def sources_of(self, process: str) -> Sequence[Source]:
        """Who could say something of this process that moves a stage, and is heard so far."""
        if process not in self._heard:
            movers = self._movers(process)
            self._heard[process] = [
                _source(told, process, movers)
                for told in self._sources
                if told["role"] not in SPEAK_AT_ONCE
            ]
        return self._heard[process]

    def ledger_calendar(self, process: str) -> str:
        """The calendar a case's ledger is kept in: that of the first agreement of its process."""
        mine = [one for one in self.agreements if one.process == process]
        if not mine:
            return min(self.calendars)
        return min(mine, key=lambda one: (one.name, -one.version)).calendar

    def with_calendar(self, rules: CalendarRules) -> Rules:
        """These rules with another calendar in the place of the one of its name."""
        other = copy(self)
        other.calendars = {**self.calendars, rules.name: local_calendar(rules)}
        other.calendar_versions = {**self.calendar_versions, rules.name: rules.version}
        return other

    def with_agreement(self, agreement: Agreement) -> Rules:
        """These rules with *agreement* as the only one."""
        other = copy(self)
        other.agreements = [agreement]
        other.promises = promises_of([agreement])
        return other

    def _movers(self, process: str) -> frozenset[str]:
        newest = self._processes[process][max(self._processes[process])]
        return frozenset(
            name
            for name, fact in newest.facts.items()
            if fact.asserts is not None or fact.restores or fact.retracts
        )

    def _read(self, rows: Sequence[tuple[str, str, int, str]]) -> None:
        """Take over all versions."""
        processes: dict[str, dict[int, Process]] = {}
        agreements: list[Agreement] = []
        calendars: dict[str, CalendarRules] = {}
        for kind, name, version, body in rows:
            told = orjson.loads(body)
            if kind == "process":
                processes.setdefault(name, {})[version] = process_file.from_json(told)
            elif kind == "calendar":
                calendars[name] = replace(calendar_file.from_json(told), version=version)
            else:
                agreements.append(replace(agreement_file.from_json(told), version=version))
        self._processes, self.agreements = processes, agreements
        self._stages.clear()
        self._heard.clear()
        self.calendars = {name: local_calendar(one) for name, one in calendars.items()}
        self.calendar_versions = {name: one.version for name, one in calendars.items()}
        self.promises = promises_of(agreements)


def promises_of(agreements: Sequence[Agreement]) -> dict[str, Promise]:
    """The clauses by the name that verdicts carry."""
    return {
        f"{one.name}@{one.version}#{clause.id}": Promise(one, clause)
        for one in agreements
        for clause in one.clauses
    }


def _source(told: Mapping[str, Any], process: str, movers: frozenset[str]) -> Source:
    until = told.get("complete_until")
    return Source(
        name=told["source"],
        role=told["role"],
        units=frozenset(told.get("units") or ()),
        facts=frozenset(told.get("facts", {}).get(process, ())) & movers,
        complete_until_us=None if until is None else microseconds(datetime.fromisoformat(until)),
    )
