"""
The one generic event, as intake has judged it, and what intake says when it refuses one.

`inbound.py` makes these from bytes; intake's handlers, the CLI's `check` and the tests read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Reference(NamedTuple):
    """A normalised reference number. Equal tuples are the same number."""

    scheme: str
    issuer: str
    scope: str
    value: str


class Identity(NamedTuple):
    """
    A payee's identity as the source wrote it, normalised.

    Never logged, never on a topic but `payee`.
    """

    scheme: str
    issuer: str
    value: str


class Finding(NamedTuple):
    """One thing wrong (or, as a warning, odd) with an event: where, which rule, what to do."""

    pointer: str
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Mention:
    """
    One payee named by an event.

    `path` leads to the place in `data` where intake writes the payee id; until then it is empty.
    `vault` is all the source said of the payee, with its identities normalised.
    """

    path: tuple[str | int, ...]
    identities: tuple[Identity, ...]
    vault: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inbound:
    """
    An event its source may say, judged and normalised.

    `instant_us` is microseconds since 1970-01-01T00:00Z; with day precision the last one of the
    date in the source's zone.
    `digest` is the SHA-256 of sameness: two events of one (source, id) with equal digests are one
    event sent twice.
    `data` holds no identity and no personal text; `text` is the class-P text by field.
    `target` is the (source, id) a `retracted` fact names.
    `replay`: its source says that it is told long after, and nobody shall be told of it.
    `unread` holds, by JSON pointer, the fields nobody reads: kept, but never on a topic, since
    nobody knows what is in them.
    """

    source: str
    id: str
    process: str
    fact: str
    time: str
    instant_us: int
    day_precision: bool
    sequence: int | None
    traceparent: str | None
    joining: tuple[Reference, ...]
    about: tuple[Reference, ...]
    data: dict[str, Any]
    text: dict[str, Any]
    mentions: tuple[Mention, ...]
    digest: bytes
    target: tuple[str, str] | None = None
    warnings: tuple[Finding, ...] = ()
    unread: dict[str, Any] = field(default_factory=dict)
    replay: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input that cannot be accepted. It never carries the payload, only where and why."""

    source: str | None
    id: str | None
    sha256: bytes
    findings: tuple[Finding, ...]
    altered: bool = field(default=False)


@dataclass(frozen=True, slots=True)
class SourceRules:
    """
    What intake knows of a registered source when it judges its events.

    `issuers` are those whose joining references it may use ("*" = any).
    `facts` are the facts it may say, by process.
    `starts_us` is its registered start; `zone` the IANA zone its day-precision dates are read in.
    """

    source: str
    role: str
    zone: str
    issuers: frozenset[str]
    facts: Mapping[str, frozenset[str]]
    starts_us: int
    unit: str | None = None
    test: bool = False
