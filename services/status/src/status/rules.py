"""
The rules status folds by: all applied process versions, read from its own tables, never from a
file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import orjson
from chassis.database import Connection
from chassis.errors import TidtamError
from contracts.process import Process
from contracts.process_file import from_json

from status import store


class RulesMissing(TidtamError):
    """Events came before their process was applied. The consumer waits; nothing is lost."""


class RulesChanged(TidtamError):
    """Rules were applied while a batch was taken: read them and take it again."""


class Rules:
    """
    A cache over `process_version`; versions are never edited, so only their number is watched.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Process] = {}
        self.newest: dict[str, int] = {}
        self.count = -1

    async def refresh(self, connection: Connection) -> None:
        """Read the versions again when there are more than before."""
        count = await store.count_process_versions(connection)
        if count == self.count:
            return
        for name, version, body in await store.read_process_versions(connection):
            self._known[name, version] = replace(from_json(orjson.loads(body)), version=version)
            self.newest[name] = version
        self.count = count

    def know(self, names: Iterable[str]) -> bool:
        """Return whether all of *names* have been read."""
        return self.newest.keys() >= set(names)

    def get(self, name: str, version: int) -> Process:
        """The process a case has pinned."""
        return self._known[name, version]

    def version_of(self, name: str) -> int:
        """The newest version of process *name*."""
        if name not in self.newest:
            raise RulesMissing(
                f"process {name!r} has not been applied to status; run `tidtam config apply`"
            )
        return self.newest[name]
