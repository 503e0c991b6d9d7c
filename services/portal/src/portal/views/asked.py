"""Questions of payees as officers see them in a list, and what their stages are called. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from contracts.process import Process, Words

from portal.questions import Asked, Waiting


class Row(NamedTuple):
    """A question that waits: `stage` where the case stood when it was asked, `days` since then."""

    place: int
    number: str
    unit: str | None
    stage: Words | None
    holder: str | None
    at: datetime
    days: int


class Stages(NamedTuple):
    """Where the case stood when the question was asked, and where it stands."""

    then: Words | None
    now: Words | None


def rows_of(
    found: Sequence[Waiting],
    processes: Mapping[str, Process],
    titles: Mapping[str, str],
    now: datetime,
) -> Sequence[Row]:
    """The list; *titles* are the names of units by code."""
    return [
        Row(
            one.place,
            one.number,
            titles.get(one.unit or "", one.unit),
            _title(processes.get(one.process), one.stage),
            one.holder,
            one.at,
            max((now - one.at).days, 0),
        )
        for one in found
    ]


def titles_of(asked: Asked, processes: Mapping[str, Process]) -> Stages:
    """The stages of a question by their titles."""
    process = processes.get(asked.process)
    return Stages(_title(process, asked.stage), _title(process, asked.stage_now))


def _title(process: Process | None, code: str | None) -> Words | None:
    stage = None if process is None or code is None else process.stages.get(code)
    return None if stage is None else stage.title
