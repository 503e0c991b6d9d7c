"""
Where a mistake stands in a rule file: its line, its JSON pointer, and the words around it.

Shared by the files of processes, which JSON Schema and speed make a case of their own, and by all
others (`rule_file.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from contracts.process_rules import Mistake
from contracts.rules import pointer_to

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


def read_lines(node: Any, path: tuple[Any, ...], lines: dict[str, int]) -> Iterator[Mistake]:
    """Write the line of every place below *node* into *lines*; yield the keys that stand twice."""
    if node is None:
        return
    lines.setdefault(pointer_to(*path), node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from read_lines(item, (*path, place), lines)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        inner = (*path, key.value)
        if pointer_to(*inner) in lines:
            yield Mistake(pointer_to(*inner), "rules-overlap", "Write each key once.")
        lines[pointer_to(*inner)] = key.start_mark.line + 1
        yield from read_lines(value, inner, lines)


def line_of(lines: Mapping[str, int], pointer: str) -> int:
    """Return the line of *pointer*, or of the nearest place above it that the file has."""
    while pointer not in lines and pointer:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def names_beside(model: Any, path: Sequence[Any]) -> list[str]:
    """Return the keys of *model* that were possible where an unknown one stood at *path*."""
    for step in path[:-1]:
        known = getattr(model, "model_fields", {})
        if step in known:
            model = _model_in(known[step].annotation)
    return list(getattr(model, "model_fields", ()))


def _model_in(annotation: Any) -> Any:
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return annotation if hasattr(annotation, "model_fields") else None


def in_both_languages(words: Iterable[tuple[tuple[Any, ...], str, str]]) -> Iterator[Mistake]:
    """Yield the texts that are not in their language; *words*: their place, the Thai, the rest."""
    for path, thai, english in words:
        if not _THAI.search(thai):
            yield Mistake(pointer_to(*path, "th"), "title-not-thai", "Write this text in Thai.")
        if _THAI.search(english) or not english.strip():
            remedy = "Write this text in English."
            yield Mistake(pointer_to(*path, "en"), "title-not-english", remedy)
