"""
What calendar and agreement files have in common: YAML with its lines, real dates, plain JSON.

`calendar_check.py` and `agreement_check.py` say what is wrong with a file; this says where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from dataclasses import field as field_of
from datetime import date, datetime
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from contracts.normalise import FIRST_BUDDHIST_YEAR
from contracts.process_model import WordsPart
from contracts.process_rules import Mistake
from contracts.rule_text import Problem, in_both_languages, line_of, names_beside, read_lines
from contracts.rules import RULES, did_you_mean, pointer_to

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_Value = TypeVar("_Value")
_Part = TypeVar("_Part", bound=BaseModel)


class RuleFileFault(ValueError):
    """A rule file that cannot be taken; `problems` says where and what to do."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Written(Generic[_Value]):
    """A value and the file it was written in; `lines` holds the line of each JSON pointer."""

    value: _Value
    file: str
    lines: Mapping[str, int] = field_of(default_factory=dict)

    def problem(self, mistake: Mistake) -> Problem:
        """Return *mistake* with its file and line; the line is 0 where there was no text."""
        line = line_of(self.lines, mistake.pointer) if self.lines else 0
        return Problem(self.file, line, mistake.pointer, mistake.rule, mistake.remedy)


class _Loader(yaml.SafeLoader):
    """As the safe loader, but a date stays text: 2026-02-30 is then told with its line."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name and form are PyYAML's
        letter: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class _Reading(NamedTuple):
    document: Any
    lines: Mapping[str, int]
    mistakes: list[Mistake]


def read_text(
    text: str, file: str, mistakes_in: Callable[[Any], Iterable[Mistake]]
) -> tuple[Written[Any], list[Problem]]:
    """Read the YAML *text* and return what it holds with all that *mistakes_in* says about it."""
    reading = _read(text)
    written = Written(reading.document, file, reading.lines)
    malformed = any(mistake.rule == "yaml-malformed" for mistake in reading.mistakes)
    told = [*reading.mistakes, *(() if malformed else mistakes_in(reading.document))]
    return written, [written.problem(mistake) for mistake in told]


def _read(text: str) -> _Reading:
    lines: dict[str, int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        twice = list(read_lines(node, (), lines))
        document = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        remedy = "Correct the YAML at this line."
        at = 1 if mark is None else mark.line + 1
        return _Reading(None, {"": at}, [Mistake("", "yaml-malformed", remedy)])
    return _Reading(document, lines or {"": 1}, twice)


def shape(
    model: type[_Part], document: Any, missing: Mapping[str, tuple[str, str]]
) -> tuple[_Part | None, list[Mistake]]:
    """
    Return *document* in the shape of *model*, or None and what hinders it.

    *missing* gives the rule and the remedy for keys that must not be left out.
    """
    if not isinstance(document, Mapping):
        remedy = "Write a mapping that begins with `name:`."
        return None, [Mistake("", "not-a-mapping", remedy)]
    try:
        part = model.model_validate(document)
    except ValidationError as error:
        return None, [_mistake(model, dict(one), missing) for one in error.errors()]
    return part, list(_words_in_both_languages(part))


def _mistake(
    model: type[BaseModel], error: dict[str, Any], missing: Mapping[str, tuple[str, str]]
) -> Mistake:
    path = [step for step in error["loc"] if step != "[key]"]
    pointer, last = pointer_to(*path), str(path[-1]) if path else ""
    if error["type"] == "extra_forbidden":
        near = did_you_mean(last, names_beside(model, path))
        return Mistake(pointer, "nothing-runs-this", f"Nothing runs {last!r}; take it out.{near}")
    if error["type"] in RULES:
        return Mistake(pointer, error["type"], RULES[error["type"]])
    left_out = error["type"] == "missing" or error["input"] in ("", None)
    if left_out and last in missing:
        return Mistake(pointer, *missing[last])
    if left_out and last in ("th", "en", "title"):
        return Mistake(pointer, "title-missing", "Give the words in Thai (th) and English (en).")
    if error["type"] == "missing":
        return Mistake(pointer, "key-missing", f"Add {last!r}.")
    if error["type"] == "string_type":
        return Mistake(pointer, "value-malformed", "Write this as text, in quotes.")
    return Mistake(pointer, "value-malformed", error["msg"] + ".")


def _words_in_both_languages(part: BaseModel) -> Iterator[Mistake]:
    return in_both_languages((path, words.th, words.en) for path, words in _all_words(part, ()))


def _all_words(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], WordsPart]]:
    if isinstance(value, WordsPart):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _all_words(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _all_words(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _all_words(part, (*path, place))


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        written = value.isoformat()
    else:
        written = value if isinstance(value, str) else ""
    if _DATE.fullmatch(written) is None:
        raise PydanticCustomError("date-malformed", "no date")
    if int(written[:4]) >= FIRST_BUDDHIST_YEAR:
        raise PydanticCustomError("date-buddhist-era", "Buddhist-era year")
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise PydanticCustomError("date-malformed", "no real date") from None


RealDate = Annotated[date, BeforeValidator(_date)]
"""A real date of the common era: a year of the Buddhist era is refused by its own rule."""


def listed_twice(names: Iterable[Any], *path: str | int) -> Iterator[Mistake]:
    """Yield the places under *path* that repeat an earlier one of *names*."""
    seen = set()
    for place, name in enumerate(names):
        if name in seen:
            yield Mistake(pointer_to(*path, place), "listed-twice", f"Name {name!r} once.")
        seen.add(name)


def names_taken(written: Iterable[Written[Any]]) -> Iterator[Problem]:
    """Yield the values of one kind that bear the name of an earlier one."""
    first: dict[str, str] = {}
    for one in written:
        name = one.value.name
        if name in first:
            remedy = f"{first[name]} has this name already; give each file a name of its own."
            yield one.problem(Mistake("/name", "name-taken", remedy))
        first.setdefault(name, one.file)


def to_plain(value: Any) -> Any:
    """Return a frozen value as plain JSON values; equal values give equal JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: to_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, frozenset):
        return sorted(to_plain(part) for part in value)
    if isinstance(value, tuple):
        return [to_plain(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
