"""
The rule files of this checkout but processes: judged each and together, and as bodies.

Agreements and calendars go to sla, notice rules and lists of offices to notify.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from contracts.agreement_file import read_agreement, validate_across, validate_agreement
from contracts.agreement_file import to_json as agreement_json
from contracts.calendar_file import read_calendar, validate_calendar
from contracts.calendar_file import to_json as calendar_json
from contracts.notice_file import read_notices, read_templates, validate_notices_across
from contracts.notice_file import to_json as notices_json
from contracts.office import to_json as offices_json
from contracts.office_file import (
    desks_of,
    read_offices,
    validate_offices,
    validate_offices_across,
)
from contracts.process import Process
from contracts.rule_file import RuleFileFault, Written
from contracts.rule_text import Problem

from tidtam.trouble import Trouble

Texts = Sequence[tuple[Path, str]]
"""Files with what they say."""


class Kind(Enum):
    """What a rule file is about; the value is its folder in `contracts` and its key in a body."""

    PROCESS = "processes"
    AGREEMENT = "agreements"
    CALENDAR = "calendars"
    NOTICES = "notices"
    OFFICES = "offices"


KEYS = {
    "clauses": Kind.AGREEMENT,
    "weekend": Kind.CALENDAR,
    "sending": Kind.NOTICES,
    "offices": Kind.OFFICES,
}
"""The one key that only files of a kind have; processes are all else."""

OF_NOTIFY = frozenset({Kind.NOTICES, Kind.OFFICES})


def kind_of(text: str) -> Kind:
    """Return what the rule file *text* is about, by the one key that only its kind has."""
    for key, kind in KEYS.items():
        if re.search(rf"^{key}\s*:", text, re.MULTILINE):
            return kind
    return Kind.PROCESS


def judge_alone(file: Path, text: str) -> list[Problem]:
    """Return what is wrong with one file that is no process, as it stands alone."""
    kind = kind_of(text)
    if kind is Kind.NOTICES:
        return _judged(text, str(file), tuple(templates_of(file).items()))[1]
    judge = {
        Kind.AGREEMENT: validate_agreement,
        Kind.CALENDAR: validate_calendar,
        Kind.OFFICES: validate_offices,
    }
    return judge[kind](text, str(file))


def templates_of(file: Path) -> dict[str, str]:
    """The templates beside the notice rules *file*. Raises `Trouble`."""
    folder = file.parent / "templates"
    try:
        return read_templates(folder)
    except (OSError, ValueError) as error:
        raise Trouble(f"{folder} cannot be read: {error}.") from None


def body_of(file: Path, text: str) -> dict[str, Any]:
    """Return a file that is right alone, and no process, as the plain JSON services keep."""
    kind = kind_of(text)
    if kind is Kind.AGREEMENT:
        return agreement_json(read_agreement(text, str(file)).value)
    if kind is Kind.CALENDAR:
        return calendar_json(read_calendar(text, str(file)).value)
    if kind is Kind.OFFICES:
        return offices_json(read_offices(text, str(file)).value)
    return notices_json(_read_notices(text, str(file)).value)


def _read_notices(text: str, file: str) -> Written[Any]:
    written, problems = _judged(text, file, tuple(templates_of(Path(file)).items()))
    if written is None:
        raise RuleFileFault(problems)
    return written


@lru_cache(maxsize=4)
def _judged(
    text: str, file: str, templates: tuple[tuple[str, str], ...]
) -> tuple[Written[Any] | None, list[Problem]]:
    """Notice rules with their templates, or what is wrong: trying each template takes its time."""
    try:
        return read_notices(text, file, dict(templates)), []
    except RuleFileFault as fault:
        return None, fault.problems


def judge_together(processes: Iterable[Process], given: Texts, beside: Texts) -> list[Problem]:
    """
    Return what is wrong between files that are right alone.

    *beside* are this checkout's own files: one that bears the name of a *given* one is replaced by
    it. Mistakes in them alone are not told here. Raises `Trouble` when one cannot be read.
    """
    known = list(processes)
    try:
        agreements = _beside(read_agreement, given, beside, Kind.AGREEMENT)
        calendars = _beside(read_calendar, given, beside, Kind.CALENDAR)
        problems = validate_across(known, agreements, calendars)
        # Notice rules bring all their templates: they are read only where they are asked about.
        if any(kind_of(text) in OF_NOTIFY for _, text in given):
            notices = _beside(_read_notices, given, beside, Kind.NOTICES)
            lists = _beside(read_offices, given, beside, Kind.OFFICES)
            problems += _judge_notify(known, agreements, calendars, notices, lists)
    except RuleFileFault as fault:
        raise Trouble("A rule file of this checkout cannot be used.", str(fault)) from None
    return problems


def _judge_notify(
    processes: Iterable[Process],
    agreements: Sequence[Written[Any]],
    calendars: Sequence[Written[Any]],
    notices: Sequence[Written[Any]],
    lists: Sequence[Written[Any]],
) -> list[Problem]:
    """What is wrong with notice rules and lists of offices beside each other and all else."""
    texts = templates_of(Path(notices[0].file)) if notices else {}
    told = validate_notices_across(
        processes,
        [one.value for one in agreements],
        [one.value for one in calendars],
        notices,
        texts,
        desks_of(one.value for one in lists),
    )
    return [*told, *validate_offices_across(lists, [one.value for one in notices])]


def _beside(
    read: Callable[[str, str], Written[Any]], given: Texts, beside: Texts, kind: Kind
) -> list[Written[Any]]:
    """The checkout's values that no given one replaces, then the given ones."""
    mine = _read(read, given, kind)
    names = {one.value.name for one in mine}
    others = [one for one in _read(read, beside, kind) if one.value.name not in names]
    return [*others, *mine]


def _read(read: Callable[[str, str], Written[Any]], texts: Texts, kind: Kind) -> list[Written[Any]]:
    return [read(text, str(file)) for file, text in texts if kind_of(text) is kind]
