"""
Mapping files: how the activities of an event log speak of a process.

The format is fixed; a log of the same family needs no more than a mapping file of its own.
`case` names the keys of unit and amount, either of which a log may lack. Of `activities` the first
match wins and * is any text; what matches nothing is ignored and counted, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contracts.process import Process, Role
from contracts.rules import did_you_mean, pointer_to

ANY_TEXT = "*"


class MappingFault(ValueError):
    """A mapping file that cannot be taken; the message names each place and what to do."""


class Part(BaseModel):
    """What all parts share: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseKeys(Part):
    """The keys of a trace, or of its events, that hold a case's unit and amount."""

    unit: str | None = None
    amount: str | None = None


class Activity(Part):
    """What one kind of activity means. `step: "*"` is the text the * of `match` stood for."""

    match: Annotated[str, Field(min_length=1)]
    fact: Annotated[str, Field(min_length=1)]
    role: Role
    step: str | None = None


class LogMapping(Part):
    """A whole mapping file."""

    process: str
    zone: str
    calendar: str
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    case: CaseKeys = CaseKeys()
    activities: Annotated[list[Activity], Field(min_length=1)]

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("name a zone such as Asia/Bangkok") from None
        return zone


class Spoken:
    """Finds what an activity of the log means; the first match wins."""

    __slots__ = ("_known", "_patterns")

    def __init__(self, activities: list[Activity]) -> None:
        self._patterns = [(_pattern(activity.match), activity) for activity in activities]
        self._known: dict[str, tuple[Activity, str | None] | None] = {}

    def meaning(self, activity: str) -> tuple[Activity, str | None] | None:
        """Return the matching entry and its step code; None where nothing matches."""
        if activity not in self._known:
            self._known[activity] = self._find(activity)
        return self._known[activity]

    def _find(self, activity: str) -> tuple[Activity, str | None] | None:
        for pattern, entry in self._patterns:
            match = pattern.fullmatch(activity)
            if match is not None:
                text = match[1] if match.groups() else activity
                return entry, step_code(text) if entry.step == ANY_TEXT else entry.step
        return None


def step_code(text: str) -> str | None:
    """Return the code of a step the log names in words: `BUDGET OWNER` is `budget-owner`."""
    code = re.sub(r"[\W_]+", "-", text.lower()).strip("-")
    return code[:100] or None


def load_mapping(source: str | Path | AnyMapping[str, Any], process: Process) -> LogMapping:
    """
    Read a mapping file, or the mapping such a file holds, for the *process* it names.

    Raises `MappingFault` naming every mistake, and OSError.
    """
    name, document = "mapping", source
    if not isinstance(source, AnyMapping):
        name = Path(source).name
        try:
            document = yaml.safe_load(Path(source).read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise MappingFault(f"{name}: not YAML: {error}") from error
    try:
        mapping = LogMapping.model_validate(document)
    except ValidationError as error:
        told = [_from_pydantic(dict(one)) for one in error.errors()]
        raise MappingFault("\n".join(f"{name}: {line}" for line in told)) from None
    told = list(_against(mapping, process))
    if told:
        raise MappingFault("\n".join(f"{name}: {line}" for line in told))
    return mapping


def _from_pydantic(error: dict[str, Any]) -> str:
    pointer = pointer_to(*error["loc"]) or "/"
    if error["type"] == "extra_forbidden":
        names = [*LogMapping.model_fields, *CaseKeys.model_fields, *Activity.model_fields]
        return f"{pointer}: nothing reads this key.{did_you_mean(error['loc'][-1], names)}"
    return f"{pointer}: {error['msg']}."


def _against(mapping: LogMapping, process: Process) -> list[str]:
    """What the mapping says that *process* does not know."""
    if mapping.process != process.name:
        return [f"/process: this mapping is for {mapping.process}, not for {process.name}."]
    told = []
    if mapping.currency not in process.minor_units:
        told.append(f"/currency: the process does not know {mapping.currency}.")
    for place, activity in enumerate(mapping.activities):
        fact = process.facts.get(activity.fact)
        if fact is None:
            near = did_you_mean(activity.fact, process.facts)
            told.append(f"/activities/{place}/fact: no fact {activity.fact!r}.{near}")
        elif activity.role not in fact.roles:
            allowed = ", ".join(sorted(fact.roles))
            told.append(f"/activities/{place}/role: {activity.fact} is said by {allowed}.")
    return told


def _pattern(match: str) -> re.Pattern[str]:
    return re.compile("(.*)".join(map(re.escape, match.split(ANY_TEXT))), re.DOTALL)
