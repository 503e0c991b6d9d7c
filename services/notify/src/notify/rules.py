"""
The rules notify decides by: processes, calendars, notice rules with their templates, and offices,
as applied. Read from its own tables, never from a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson
from chassis.database import Connection
from chassis.errors import TidtamError
from chassis.workdays import Calendar
from contracts.calendar import CalendarRules
from contracts.notice import NoticeRules, RecipientKind, Sending
from contracts.notice_templates import Templates
from contracts.office import Office, Offices
from contracts.process import Process

from contracts import calendar_file, notice_file, office, process_file
from notify import store
from notify.model import Recipient
from notify.rulebook import Rulebook, local_moment
from notify.windows import Clockwork


class RulesMissing(TidtamError):
    """Something came before its rules were applied. The consumer waits; nothing is lost."""


class Rules:
    """A cache; versions are never edited, so only how many there are is watched."""

    def __init__(self) -> None:
        self._seen = -1
        self._empty()

    def _empty(self) -> None:
        self._processes: dict[str, dict[int, Process]] = {}
        self._notices: dict[str, NoticeRules] = {}
        self._books: dict[tuple[str, int], Rulebook] = {}
        self._clockworks: dict[str, Clockwork] = {}
        self._offices: dict[str, Offices] = {}
        self._templates: dict[str, Templates] = {}

    async def refresh(self, connection: Connection) -> None:
        """Read the rules again when there are more of them than before."""
        seen = await store.known_rules(connection)
        if seen != self._seen:
            self._read(await store.read_rule_versions(connection))
            self._seen = seen

    def book(self, process: str, version: int | None) -> Rulebook | None:
        """
        The notice rules of *process* beside the version of it a case has pinned; None where nobody
        is to be told anything of it. Raises `RulesMissing` for a process never applied.
        """
        versions = self._processes.get(process)
        if not versions:
            raise RulesMissing(
                f"process {process!r} was not applied to notify; run `tidtam config apply`"
            )
        notices = self._notices.get(process)
        if notices is None:
            return None
        wanted = version if version in versions else max(versions)
        key = (process, wanted or 0)
        if key not in self._books:
            zones = {name: one.zone for name, one in self._clockworks.items()}
            self._books[key] = Rulebook(notices, versions[wanted or 0], zones)
        return self._books[key]

    def templates(self, process: str) -> Templates:
        """The templates of *process*, which has notice rules."""
        return self._templates[process]

    def sending(self, process: str, kind: RecipientKind) -> tuple[Sending, Clockwork]:
        """When *kind* may be disturbed with news of *process*, which has notice rules."""
        sending = self._notices[process].sending[kind]
        return sending, self._clockworks[sending.calendar]

    def offices_on(self, now_us: int) -> dict[Recipient, Office]:
        """Where each office is reached at *now_us*."""
        days = ((one, local_moment(now_us, one.zone).date()) for one in self._offices.values())
        return {
            Recipient(one.kind, one.id): one
            for listed, day in days
            for one in listed.offices
            if one.holds_on(day)
        }

    def _read(self, rows: Sequence[tuple[str, str, int, str]]) -> None:
        """Take over all versions."""
        self._empty()
        for kind, name, version, body in rows:
            told = orjson.loads(body)
            if kind == "process":
                self._processes.setdefault(name, {})[version] = process_file.from_json(told)
            elif kind == "calendar":
                self._clockworks[name] = clockwork_of(calendar_file.from_json(told))
            elif kind == "offices":
                self._offices[name] = office.from_json(told)
            else:
                self._add_notices(replace(notice_file.from_json(told), version=version))

    def _add_notices(self, notices: NoticeRules) -> None:
        self._notices[notices.process] = notices
        self._templates[notices.process] = Templates(notices.templates)


def clockwork_of(rules: CalendarRules) -> Clockwork:
    """The days that count by *rules*, and its zone."""
    return Clockwork(Calendar(rules.dates_off, rules.weekend), rules.zone)
