"""
The rules notify decides by: processes, calendars, notice rules with their templates, and offices,
as applied, and the webhook endpoints as registered. Read from its own tables, never from a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import orjson
from chassis.database import Connection
from chassis.errors import TidtamError
from chassis.workdays import Calendar
from contracts.calendar import CalendarRules
from contracts.notice import NoticeRules, Sending
from contracts.notice_templates import Templates
from contracts.office import Office, Offices
from contracts.process import Process

from contracts import calendar_file, notice_file, office, process_file
from notify import store
from notify.endpoints import Endpoints
from notify.model import Recipient
from notify.rulebook import Rulebook, local_moment
from notify.windows import Clockwork, window_of


class RulesMissing(TidtamError):
    """Something came before its rules were applied. The consumer waits; nothing is lost."""


class Rules:
    """
    A cache of rules and *endpoints*.

    Versions are never edited, so only how many there are is watched, and the endpoints' revision.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        self.endpoints = endpoints
        self._seen = (-1, -1)
        self._empty()

    def _empty(self) -> None:
        self._processes: dict[str, dict[int, Process]] = {}
        self._notices: dict[str, NoticeRules] = {}
        self._books: dict[tuple[str, int], Rulebook] = {}
        self._clockworks: dict[str, Clockwork] = {}
        self._offices: dict[str, Offices] = {}
        self._today: tuple[list[date], dict[Recipient, Office]] = ([], {})
        self._templates: dict[str, Templates] = {}

    async def refresh(self, connection: Connection) -> None:
        """Read again what has changed since the last time."""
        seen = await store.known_rules(connection)
        if seen[0] != self._seen[0]:
            self._read(await store.read_rule_versions(connection))
        if seen[1] != self._seen[1]:
            await self.endpoints.read(connection)
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

    def first_process(self) -> str | None:
        """The process whose rules speak where there is no case; None where there are no rules."""
        return min(self._notices, default=None)

    def templates(self, process: str) -> Templates:
        """The templates of *process*, which has notice rules."""
        return self._templates[process]

    def sending(self, process: str, recipient: Recipient, at_us: int) -> tuple[Sending, Clockwork]:
        """
        When *recipient* may be disturbed with news of *process*, which has notice rules.

        An office that wants no digest at *at_us* has the window of its kind.
        """
        sending = self._notices[process].sending[recipient.kind]
        office = self.offices_on(at_us).get(recipient)
        if office is not None and office.digest is False and sending.opens is not None:
            sending = window_of(sending)
        return sending, self._clockworks[sending.calendar]

    def wants_digest(self, process: str, recipient: Recipient, at_us: int) -> bool:
        """Is *recipient* told once a day?"""
        return self.sending(process, recipient, at_us)[0].digest_at is not None

    def host(self, process: str, recipient: Recipient, at_us: int) -> Recipient:
        """In whose digest *recipient* is told: of all that one office stands for, the first's."""
        office = self.offices_on(at_us).get(recipient)
        if office is None or not office.office or not self.wants_digest(process, recipient, at_us):
            return recipient
        kinds = self._notices[process].sending
        return min(
            one
            for one, other in self.offices_on(at_us).items()
            if other.office == office.office
            and one.kind in kinds
            and self.wants_digest(process, one, at_us)
        )

    def offices_on(self, now_us: int) -> Mapping[Recipient, Office]:
        """Where each office is reached at *now_us*."""
        lists = self._offices.values()
        days = [local_moment(now_us, one.zone).date() for one in lists]
        if days != self._today[0]:
            found = {
                Recipient(one.kind, one.id): one
                for listed, day in zip(lists, days, strict=True)
                for one in listed.offices
                if one.holds_on(day)
            }
            self._today = (days, found)
        return self._today[1]

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
