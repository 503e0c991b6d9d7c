"""
What is wrong with a process file: each mistake with its line, its rule and what to do about it.

`tidtam config preview` and `load_process` call this before anything else believes the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import yaml
from pydantic import ValidationError

from contracts.process_model import ProcessPart, WordsPart
from contracts.process_rules import CHECKS, Mistake
from contracts.rule_text import Problem, in_both_languages, line_of, names_beside, read_lines
from contracts.rules import did_you_mean, pointer_to

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's safe loader where there is one: a tenth of the time."""


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
    twice = list(read_lines(node, (), lines))
    told = [*twice, *_mistakes(document)]
    return [Problem(file, line_of(lines, m.pointer), m.pointer, m.rule, m.remedy) for m in told]


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
        near = did_you_mean(last, names_beside(ProcessPart, path))
        return Mistake(pointer, "nothing-runs-this", f"Nothing runs {last!r}; take it out.{near}")
    if error["type"] == "missing" and last in ("th", "en", "title", "desk"):
        return Mistake(pointer, "title-missing", "Give the words in Thai (th) and English (en).")
    if error["type"] == "missing" and last == "contact":
        return Mistake(pointer, "contact-missing", "Name the desk a person turns to at this stage.")
    if error["type"] == "missing":
        return Mistake(pointer, "key-missing", f"Add {last!r}.")
    return Mistake(pointer, "value-malformed", error["msg"] + ".")


def _words_in_both_languages(part: ProcessPart) -> Iterator[Mistake]:
    found = _all_words(part.model_dump(), ())
    return in_both_languages((path, words["th"], words["en"]) for path, words in found)


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
