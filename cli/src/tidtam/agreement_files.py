"""The agreement and calendar files of this checkout: judged each and together, and as bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from contracts.agreement_file import read_agreement, validate_across, validate_agreement
from contracts.agreement_file import to_json as agreement_json
from contracts.calendar_file import read_calendar, validate_calendar
from contracts.calendar_file import to_json as calendar_json
from contracts.process import Process
from contracts.process_check import Problem
from contracts.rule_file import RuleFileFault, Written

from tidtam.trouble import Trouble

Texts = Sequence[tuple[Path, str]]
"""Files with what they say."""


class Kind(Enum):
    """What a rule file is about; the value is its folder in `contracts` and its key in a body."""

    PROCESS = "processes"
    AGREEMENT = "agreements"
    CALENDAR = "calendars"


def kind_of(text: str) -> Kind:
    """Return what the rule file *text* is about, by the one key that only its kind has."""
    if re.search(r"^clauses\s*:", text, re.MULTILINE):
        return Kind.AGREEMENT
    if re.search(r"^weekend\s*:", text, re.MULTILINE):
        return Kind.CALENDAR
    return Kind.PROCESS


def judge_alone(file: Path, text: str) -> list[Problem]:
    """Return what is wrong with one agreement or calendar file as it stands alone."""
    agrees = kind_of(text) is Kind.AGREEMENT
    return (validate_agreement if agrees else validate_calendar)(text, str(file))


def body_of(file: Path, text: str) -> dict[str, Any]:
    """Return an agreement or calendar that is right alone as the plain JSON services keep."""
    if kind_of(text) is Kind.AGREEMENT:
        return agreement_json(read_agreement(text, str(file)).value)
    return calendar_json(read_calendar(text, str(file)).value)


def judge_together(processes: Iterable[Process], given: Texts, beside: Texts) -> list[Problem]:
    """
    Return what is wrong between files that are right alone.

    *beside* are this checkout's own files: one that bears the name of a *given* one is replaced by
    it. Mistakes in them alone are not told here. Raises `Trouble` when one cannot be read.
    """
    try:
        agreements = _beside(read_agreement, given, beside, Kind.AGREEMENT)
        calendars = _beside(read_calendar, given, beside, Kind.CALENDAR)
    except RuleFileFault as fault:
        raise Trouble("A rule file of this checkout cannot be used.", str(fault)) from None
    return validate_across(processes, agreements, calendars)


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
