"""
What notify keeps of a case, and what a message changes of it. Pure.

Of everything the newest counts, in whatever order and however often it comes. Rule:
docs/architecture/sending.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from notify.deadlines import PASSED
from notify.model import Key
from notify.said import CaseSaid, WordSaid


@dataclass(frozen=True, slots=True)
class Followed:
    """
    A case as it is kept. `version` is -1 before its first state came.

    `body`, its newest state, is None then and where it was not read; so is `days`, what the SLA
    said of its days. `replayed` are the events that came by a replay, as JSON.
    """

    case_id: int
    epoch: int
    version: int
    replayed: str
    sla_epoch: int
    sla_version: int
    body: str | None = None
    days: str | None = None

    @property
    def is_known(self) -> bool:
        """Has a state of it come?"""
        return self.version >= 0


class Arrival(NamedTuple):
    """A state of a case as `case-status` tells it, parsed and as it is kept."""

    said: CaseSaid
    body: str

    @property
    def version(self) -> tuple[int, int]:
        """Epoch and version."""
        return self.said.epoch, self.said.version

    @property
    def keys(self) -> set[Key]:
        """The events of its timeline."""
        return {Key(entry.source, entry.id) for entry in self.said.timeline}


class Chunk(NamedTuple):
    """One message of lines, as it came; `lines` are plain JSON, `body` the same as text."""

    case_id: int
    chunk: int
    epoch: int
    version: int
    chunks: int
    body: str
    lines: Sequence[Mapping[str, Any]]


class Days(NamedTuple):
    """What the SLA says of a case's days, judged by one state of it; `body` is JSON."""

    case_id: int
    epoch: int
    version: int
    status_epoch: int
    status_version: int
    body: str


class Word(NamedTuple):
    """What the SLA said of a moment; said again, it has the same id and a later detection."""

    case_id: int
    word_id: str
    detected_us: int
    body: str
    said: WordSaid

    @property
    def is_passed(self) -> bool:
        """May a rule tell it?"""
        return self.said.kind in PASSED


class Dossier(NamedTuple):
    """
    All that a decision on a case needs of what is kept of it.

    `words` are all the SLA said of it, and none where no rule could tell any of them.
    """

    kept: Followed
    said: CaseSaid
    chunks: Sequence[Chunk] = ()
    words: Sequence[Word] = ()


def dossier_of(kept: Followed, chunks: Sequence[Chunk], words: Sequence[Word]) -> Dossier:
    """The dossier of a case whose newest state was read. Raises `ValueError` where none was."""
    return Dossier(kept, CaseSaid.model_validate_json(kept.body or ""), chunks, words)


def advanced(case: Followed, arrivals: Sequence[Arrival]) -> tuple[Followed, CaseSaid] | None:
    """
    The case with its newest state; None when what is kept is as new.

    Every state on the way is looked at: an event that first came by a replay is remembered as such,
    also where a live event followed in the same batch. Where `is_replayed` the state that is kept
    must have been read.
    """
    news = newest(case, arrivals)
    if not news:
        return None
    last = news[-1]
    replayed = _replayed(case, news)
    kept = orjson.dumps(_plain(replayed & last.keys)).decode() if replayed else "[]"
    epoch, version = last.version
    return replace(case, epoch=epoch, version=version, body=last.body, replayed=kept), last.said


def newest(case: Followed, arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The states among *arrivals* that are newer than what is kept."""
    return [one for one in arrivals if one.version > (case.epoch, case.version)]


def is_replayed(arrivals: Iterable[Arrival]) -> bool:
    """Did one of these states come by a replay?"""
    return any(one.said.replay for one in arrivals)


def _replayed(case: Followed, news: Sequence[Arrival]) -> set[Key]:
    """The events known to have come by a replay first, also those that are on no timeline now."""
    replayed = {Key(*key) for key in orjson.loads(case.replayed)}
    if is_replayed(news):
        known = _keys_of(case)
        for one in news:
            if one.said.replay:
                replayed |= one.keys - known
            known |= one.keys
    return replayed


def _keys_of(case: Followed) -> set[Key]:
    """The events of the timeline that is kept."""
    if case.body is None:
        return set()
    return {
        Key(entry["source"], entry["id"]) for entry in orjson.loads(case.body).get("timeline", ())
    }


def _plain(keys: Iterable[Key]) -> list[list[str]]:
    return [list(key) for key in sorted(keys)]
