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
from contracts.process import PEOPLE, Process

from contracts import agreement_file, calendar_file, process_file
from sla import figures_store, store
from sla.dates import DAY_US, EPOCH_ORDINAL
from sla.figures_store import Moved
from sla.model import (
    LocalCalendar,
    Source,
    StageRule,
    local_calendar,
    local_ordinal,
    stage_rules,
)
from sla.paid_by import samples_of
from sla.past import Lesson, Past, told_agreements
from sla.publish import Promise, promises_of
from sla.queues import OVERTAKING_DAYS, Holding, Left, Queues, holdings_of
from sla.reading import history_of
from sla.store import Followed
from sla.terms import Terms, terms_of


class RulesMissing(TidtamError):
    """Cases came before their rules were applied. The consumer waits; nothing is lost."""


class Rules:
    """A cache; versions are never edited, so only how many there are is watched."""

    def __init__(self) -> None:
        self._seen = (-1, -1)
        self._processes: dict[str, dict[int, Process]] = {}
        self._terms: dict[tuple[str, int | None], Terms] = {}
        self._sources: list[Mapping[str, Any]] = []
        self._heard: dict[str, list[Source]] = {}
        self.past = Past()
        self.agreements: list[Agreement] = []
        self.calendars: dict[str, LocalCalendar] = {}
        self.calendar_versions: dict[str, int] = {}
        self.promises: dict[str, Promise] = {}

    async def learn(self, connection: Connection, now_us: int) -> None:
        """Learn of the past, once for each local date; the earliest zone's date decides."""
        on = min((local_ordinal(c.zone, now_us) for c in self.calendars.values()), default=0)
        if on:
            await self.past.look(connection, on, self._lesson)

    def _lesson(self, moved: Moved) -> Lesson:
        """What a case teaches."""
        history = history_of(moved.case_id, moved.process, moved.history)
        terms = self.terms_of(moved.process, moved.process_version)
        fields, agreements = history.fields, told_agreements(moved.told)
        left = [
            Left(moved.process, agreements, one, fields.get("priority"), fields.get("fund"))
            for one in holdings_of(history, terms.stages)
            if one.left_us is not None
        ]
        samples = samples_of(history, terms.stages, terms.calendars[terms.books])
        return Lesson(moved.process, tuple(samples), tuple(left))

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

    async def queues_of(self, connection: Connection, case: Followed, today: date) -> Queues:
        """The queue a case stands in as it is now, with who left it since the case came."""
        queues = Queues(today.toordinal())
        queue, held_us = case.place.queue, case.place.held_us
        if queue is None or held_us is None:
            return queues
        for _, _, entered_us, told in await figures_store.read_queue(
            connection, case.process, queue
        ):
            holding = Holding(queue, entered_us, None)
            queues.stands(case.process, told_agreements(told), holding)
        since_us = max(held_us, (queues.on - EPOCH_ORDINAL - OVERTAKING_DAYS) * DAY_US)
        moved = await figures_store.read_moved(connection, since_us)
        for one in await figures_store.read_histories(connection, sorted(moved)):
            for gone in self._lesson(one).left:
                queues.left(gone)
        return queues.sort()

    def terms_of(self, process: str, version: int | None) -> Terms:
        """
        What cases of a process version are judged by; of the newest version where that one never
        came to sla. Raises `RulesMissing`.
        """
        key = (process, version)
        terms = self._terms.get(key)
        if terms is None:
            stages = self._stages_of(process, version)
            terms = terms_of(process, stages, self.agreements, self.calendars)
            self._terms[key] = terms
        return terms

    def _stages_of(self, process: str, version: int | None) -> Mapping[str, StageRule]:
        versions = self._processes.get(process)
        if not versions or not self.calendars:
            raise RulesMissing(
                f"no calendar, or process {process!r} not applied to sla; run `tidtam config apply`"
            )
        return stage_rules(versions[version if version in versions else max(versions)])

    def sources_of(self, process: str) -> Sequence[Source]:
        """Who could say something of this process that moves a stage, and is heard so far."""
        if process not in self._heard:
            movers = self._movers(process)
            self._heard[process] = [
                _source(told, process, movers)
                for told in self._sources
                if told["role"] not in PEOPLE
            ]
        return self._heard[process]

    def with_calendar(self, rules: CalendarRules) -> Rules:
        """These rules with another calendar in the place of the one of its name."""
        other = copy(self)
        other.calendars = {**self.calendars, rules.name: local_calendar(rules)}
        other.calendar_versions = {**self.calendar_versions, rules.name: rules.version}
        other._terms = {}
        return other

    def with_agreement(self, agreement: Agreement) -> Rules:
        """These rules with *agreement* as the only one; ledgers are kept in its calendar."""
        other = copy(self)
        other.agreements = [agreement]
        other.promises = promises_of([agreement])
        other._terms = {}
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
        self._terms.clear()
        self._heard.clear()
        self.past.forget()
        self.calendars = {name: local_calendar(one) for name, one in calendars.items()}
        self.calendar_versions = {name: one.version for name, one in calendars.items()}
        self.promises = promises_of(agreements)


def _source(told: Mapping[str, Any], process: str, movers: frozenset[str]) -> Source:
    until = told.get("complete_until")
    return Source(
        name=told["source"],
        role=told["role"],
        units=frozenset(told.get("units") or ()),
        facts=frozenset(told.get("facts", {}).get(process, ())) & movers,
        complete_until_us=None if until is None else microseconds(datetime.fromisoformat(until)),
    )
