"""
Reading event files: NDJSON, a JSON array, or one event; from a file or stdin.

A line of `tidtam generate` is {"slug": …, "event": …}; such a line names its source itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidtam.trouble import USAGE, Trouble

STDIN = "-"
WRAPPING = {"slug", "event"}


@dataclass(frozen=True, slots=True)
class Item:
    """
    One event as it lies in the file.

    `event` is None where the bytes are no JSON object: they are judged and sent as they are.
    """

    line: int
    raw: bytes
    event: dict[str, Any] | None
    slug: str | None = None

    @property
    def name(self) -> str:
        """The event's id, else its line."""
        said = (self.event or {}).get("id")
        return str(said) if said else f"line {self.line}"


def read_items(file: str) -> list[Item]:
    """Return the events of *file*, `-` being stdin. Raises `Trouble`."""
    raw = _bytes(file)
    if b"\n" not in raw.strip():
        return list(_lines(raw))
    whole = _whole(raw)
    return list(_lines(raw)) if whole is None else whole


def _bytes(file: str) -> bytes:
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}.", code=USAGE) from None


def _lines(raw: bytes) -> Iterator[Item]:
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.strip():
            continue
        said = _loaded(line)
        if isinstance(said, list):
            yield from (_item(number, one) for one in said)
        else:
            yield _item(number, said) if isinstance(said, dict) else Item(number, line, None)


def _whole(raw: bytes) -> list[Item] | None:
    """The events of a file that is one JSON value over several lines; None where it is NDJSON."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    if text.lstrip().startswith("["):
        return _array(text)
    said = _loaded(raw)
    if not isinstance(said, dict):
        return None
    return [_item(1 + text[: len(text) - len(text.lstrip())].count("\n"), said)]


def _array(text: str) -> list[Item] | None:
    """Each item of an array with the line it begins on; None where the text is no array."""
    decoder, items = json.JSONDecoder(), list[Item]()
    place = text.index("[") + 1
    while True:
        place = _past(text, place, " \t\r\n,")
        if place >= len(text) or text[place] == "]":
            return items
        try:
            said, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return None
        items.append(_item(text.count("\n", 0, place) + 1, said))
        place = end


def _past(text: str, place: int, letters: str) -> int:
    while place < len(text) and text[place] in letters:
        place += 1
    return place


def _item(line: int, said: Any) -> Item:
    slug = None
    if isinstance(said, dict) and said.keys() == WRAPPING and isinstance(said["event"], dict):
        slug, said = str(said["slug"]), said["event"]
    raw = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Item(line, raw, said if isinstance(said, dict) else None, slug)


def _loaded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
