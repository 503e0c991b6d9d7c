"""
Reading XES event logs (IEEE 1849), gzip or plain, one trace at a time.

Only what a replay needs: each trace's and event's flat attributes as text.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

_GZIP = b"\x1f\x8b"
_FLAT = frozenset(("string", "date", "int", "float", "boolean", "id"))


class XesFault(ValueError):
    """A log that cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One case of a log: its own attributes and those of its events, in the order of the log."""

    attributes: dict[str, str]
    events: tuple[dict[str, str], ...]


def read_traces(path: Path) -> Iterator[Trace]:
    """
    Yield the traces of the log at *path*, holding one at a time.

    Raises `XesFault` for what is no XES, and OSError.
    """
    with _open(path) as stream:
        try:
            yield from _traces(stream)
        except ElementTree.ParseError as error:
            raise XesFault(f"{path.name} is not well-formed XML: {error}.") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise XesFault(f"{path.name} is a broken gzip file: {error}.") from error


def _open(path: Path) -> gzip.GzipFile | IO[bytes]:
    with path.open("rb") as plain:
        packed = plain.read(2) == _GZIP
    return gzip.open(path, "rb") if packed else path.open("rb")


def _traces(stream: gzip.GzipFile | IO[bytes]) -> Iterator[Trace]:
    root: ElementTree.Element | None = None
    for moment, element in ElementTree.iterparse(stream, events=("start", "end")):
        if root is None:
            root = element
            if _name(root) != "log":
                raise XesFault(f"The root is <{_name(root)}>; an XES log begins with <log>.")
        elif moment == "end" and _name(element) == "trace":
            events = tuple(_flat(part) for part in element if _name(part) == "event")
            yield Trace(_flat(element), events)
            root.clear()  # else the whole log stays in memory


def _flat(element: ElementTree.Element) -> dict[str, str]:
    return {
        part.attrib["key"]: part.attrib.get("value", "")
        for part in element
        if "key" in part.attrib and _name(part) in _FLAT
    }


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
