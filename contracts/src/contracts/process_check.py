"""
What is wrong with a process file: each mistake with its line, its rule and what to do about it.

`tidtam config preview` and `load_process` call this before anything else believes the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs
import yaml
from pydantic import ValidationError

from contracts.process_model import ProcessPart, WordsPart
from contracts.process_rules import CHECKS, Mistake
from contracts.rules import did_you_mean, pointer_to

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's safe loader where there is one: a tenth of the time."""

_THAI = re.compile("[\u0e01-\u0e5b]")


class Problem(NamedTuple):
    """A mistake in a rule file. `line` is 0 where the file was not read from text."""

    file: str
    line: int
    pointer: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.pointer or '/'}: {self.rule}: {self.remedy}"


def validate_process(text: str, file: str = "process.yaml") -> list[Problem]:
    """Return all that is wrong with the process file *text*; nothing when it may be applied."""
    try:
        node = yaml.compose(text, Loader=LOADER)
        document = yaml.load(text, Loader=LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        return [Problem(file, line, "", "yaml-malformed", "Correct the YAML at this line.")]
    lines: dict[str, int] = {}
    twice = list(_read_lines(node, (), lines))
    told = [*twice, *_mistakes(document)]
    return [Problem(file, _line(lines, m.pointer), m.pointer, m.rule, m.remedy) for m in told]


def problems_in(document: Mapping[str, Any], file: str = "process") -> list[Problem]:
    """As `validate_process`, for a document that has no lines."""
    return [Problem(file, 0, m.pointer, m.rule, m.remedy) for m in _mistakes(document)]


def _mistakes(document: Any) -> list[Mistake]:
    if not isinstance(document, Mapping):
        return [Mistake("", "not-a-process", "Write a mapping that begins with `name:`.")]
    try:
        part = ProcessPart.model_validate(document)
    except ValidationError as error:
        return [_from_pydantic(dict(one)) for one in error.errors()]
    return [
        m for check in (_words_in_both_languages, _schemas_are_valid, *CHECKS) for m in check(part)
    ]


def _from_pydantic(error: dict[str, Any]) -> Mistake:
    path = [part for part in error["loc"] if part != "[key]"]
    pointer, last = pointer_to(*path), str(path[-1]) if path else ""
    if error["type"] == "extra_forbidden":
        near = did_you_mean(last, _names_beside(path))
        return Mistake(pointer, "nothing-runs-this", f"Nothing runs {last!r}; take it out.{near}")
    if error["type"] == "missing" and last in ("th", "en", "title", "desk"):
        return Mistake(pointer, "title-missing", "Give the words in Thai (th) and English (en).")
    if error["type"] == "missing" and last == "contact":
        return Mistake(pointer, "contact-missing", "Name the desk a person turns to at this stage.")
    if error["type"] == "missing":
        return Mistake(pointer, "key-missing", f"Add {last!r}.")
    return Mistake(pointer, "value-malformed", error["msg"] + ".")


def _names_beside(path: list[Any]) -> list[str]:
    """The keys that were possible where an unknown one stood."""
    model: Any = ProcessPart
    for part in path[:-1]:
        fields = getattr(model, "model_fields", None)
        if fields and part in fields:
            model = _model_in(fields[part].annotation)
    return list(getattr(model, "model_fields", ()))


def _model_in(annotation: Any) -> Any:
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return annotation if hasattr(annotation, "model_fields") else None


def _words_in_both_languages(part: ProcessPart) -> Iterator[Mistake]:
    for path, words in _all_words(part.model_dump(), ()):
        if not _THAI.search(words["th"]):
            yield Mistake(pointer_to(*path, "th"), "title-not-thai", "Write this text in Thai.")
        if _THAI.search(words["en"]) or not words["en"].strip():
            remedy = "Write this text in English."
            yield Mistake(pointer_to(*path, "en"), "title-not-english", remedy)


def _all_words(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, dict) or path[:1] == ("data",):
        return
    if set(value) == set(WordsPart.model_fields):
        yield path, value
        return
    for key, part in value.items():
        yield from _all_words(part, (*path, key))


def _schemas_are_valid(part: ProcessPart) -> Iterator[Mistake]:
    data = part.data
    sections = (("common", data.common), ("special", data.special), ("shapes", data.shapes))
    for section, schemas in sections:
        for name, schema in schemas.items():
            try:
                jsonschema_rs.validator_for({**schema, "$defs": part.data.shapes})
            except (ValueError, jsonschema_rs.ValidationError):
                remedy = "Correct this JSON Schema; it cannot be compiled."
                yield Mistake(pointer_to("data", section, name), "schema-malformed", remedy)


def _read_lines(node: Any, path: tuple[Any, ...], lines: dict[str, int]) -> Iterator[Mistake]:
    """Write the line of every place into *lines*; yield the keys that stand there twice."""
    if node is None:
        return
    lines.setdefault(pointer_to(*path), node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _read_lines(item, (*path, place), lines)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        inner = (*path, key.value)
        if pointer_to(*inner) in lines:
            yield Mistake(pointer_to(*inner), "rules-overlap", "Write each key once.")
        lines[pointer_to(*inner)] = key.start_mark.line + 1
        yield from _read_lines(value, inner, lines)


def _line(lines: Mapping[str, int], pointer: str) -> int:
    """The line of *pointer*, or of the nearest place above it that the file has."""
    while pointer not in lines and pointer:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)
