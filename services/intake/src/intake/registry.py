"""
Who may say what: the sources, their tokens and the rules in force, as this process knows them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import orjson
from chassis.database import Connection
from contracts.events import Inbound, Rejected, SourceRules
from contracts.inbound import Judge, parse
from contracts.process import Process, Role
from contracts.process_file import from_json
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from contracts.topics import source_topics
from intake import registry_store

if TYPE_CHECKING:
    from intake.acceptance import Input

_COLUMNS = (
    "source",
    "slug",
    "name_th",
    "name_en",
    "contact",
    "role",
    "zone",
    "unit",
    "issuers",
    "facts",
    "units",
    "promise",
    "starts_at",
    "test",
)
TOKEN_BYTES = 32
GIVEN_TOKEN = re.compile(r"tdt_[A-Za-z0-9_-]{43,200}")
"""As long as those we make: 32 random bytes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NewSource(BaseModel):
    """A source as it is registered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1, max_length=200)
    slug: str
    name_th: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    contact: str = Field(min_length=1)
    role: Role
    zone: str = "Asia/Bangkok"
    unit: str | None = None
    units: list[str] = []
    issuers: list[str] = []
    facts: dict[str, list[str]]
    promise: str = Field(default="live", pattern=r"^(live|daily by ([01][0-9]|2[0-3]):[0-5][0-9])$")
    starts_at: AwareDatetime
    test: bool = False

    @field_validator("slug")
    @classmethod
    def _names_topics(cls, slug: str) -> str:
        source_topics(slug)
        return slug

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("Name an IANA time zone such as Asia/Bangkok.")
        return zone

    def values(self) -> list[Any]:
        """The values of the table's columns, in their order."""
        said = self.model_dump()
        return [orjson.dumps(said[n]).decode() if n == "facts" else said[n] for n in _COLUMNS]


@dataclass(frozen=True, slots=True)
class Source:
    """A registered source, as everybody may know it."""

    source: str
    slug: str
    name_th: str
    name_en: str
    contact: str
    role: str
    zone: str
    promise: str
    units: tuple[str, ...]
    facts: Mapping[str, frozenset[str]]
    test: bool
    rules: SourceRules


class Registry:
    """A copy of the registry; `revision` says how old it is."""

    def __init__(self) -> None:
        self.revision = -1
        self.sources: dict[str, Source] = {}
        self.processes: dict[str, Process] = {}
        self.judge = Judge({})
        self._by_slug: dict[str, Source] = {}
        self._tokens: dict[bytes, str] = {}

    async def refresh(self, connection: Connection) -> None:
        """Read everything again when the revision moved."""
        revision = await registry_store.read_revision(connection)
        if revision == self.revision:
            return
        rows = await registry_store.read_sources(connection)
        tokens = await registry_store.read_tokens(connection)
        processes = await registry_store.read_newest_processes(connection)
        if revision <= self.revision:
            return
        # All at once, and never an older copy over a newer: several refresh at the same time.
        self.sources = {row["source"]: source_of_row(row) for row in rows}
        self._by_slug = {source.slug: source for source in self.sources.values()}
        self._tokens = tokens
        self.processes = {
            name: replace(from_json(orjson.loads(body)), version=version)
            for name, version, body in processes
        }
        self.judge = Judge(self.processes)
        self.revision = revision

    def read(
        self,
        raw: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        rules: SourceRules | None,
        now_us: int,
    ) -> Inbound | Rejected:
        """
        Read and judge one input of the source with these *rules*; None is a sender nobody knows.
        """
        parsed = parse(raw, headers)
        if isinstance(parsed, Rejected):
            return parsed
        judged = self.judge.judge(parsed, b"", rules, now_us)
        if isinstance(judged, Rejected):
            return replace(judged, sha256=hashlib.sha256(raw or b"").digest())
        return judged

    def judge_item(
        self, item: dict[str, Any] | Rejected, rules: SourceRules, now_us: int
    ) -> tuple[Inbound | Rejected, bytes]:
        """Judge one item of a batch; the SHA-256 of a refused one is over its own JSON."""
        if isinstance(item, Rejected):
            return item, b""
        raw = orjson.dumps(item)
        return self.judge.judge(item, hashlib.sha256(raw).digest(), rules, now_us), raw

    def by_slug(self, slug: str) -> Source | None:
        """The source whose topics bear this name."""
        return self._by_slug.get(slug)

    def has_slug(self, slug: str) -> bool:
        """Is there a source, and so a rejects topic, of this name?"""
        return slug in self._by_slug

    def by_token(self, token: str) -> Source | None:
        """The source a bearer token speaks for."""
        name = self._tokens.get(hashlib.sha256(token.encode()).digest())
        return None if name is None else self.sources.get(name)

    def role_of(self, source: str) -> str:
        """The role a source speaks in."""
        return self.sources[source].role

    def source_of(self, item: Input) -> str | None:
        """The source an input counts for: the sender its topic or token names."""
        source = self._by_slug.get(item.slug) if item.slug is not None else None
        return None if source is None else source.source


def source_of_row(row: Mapping[str, Any]) -> Source:
    """A row of the table `source` as a value."""
    facts = {name: frozenset(said) for name, said in orjson.loads(row["facts"]).items()}
    starts_us = (row["starts_at"] - _EPOCH) // timedelta(microseconds=1)
    rules = SourceRules(
        row["source"],
        row["role"],
        row["zone"],
        frozenset(row["issuers"]),
        facts,
        starts_us,
        row["unit"],
        row["test"],
    )
    return Source(
        row["source"],
        row["slug"],
        row["name_th"],
        row["name_en"],
        row["contact"],
        row["role"],
        row["zone"],
        row["promise"],
        tuple(row["units"]),
        facts,
        row["test"],
        rules,
    )


def token_of(body: bytes) -> str:
    """The token that is given, or a new one. Raises `ValueError` for one too easily guessed."""
    if body.strip() in (b"", b"null"):
        return "tdt_" + secrets.token_urlsafe(TOKEN_BYTES)
    told = orjson.loads(body)
    token = told.get("token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not GIVEN_TOKEN.fullmatch(token):
        raise ValueError('token: "tdt_" and 43 to 200 letters, digits, "-" or "_"')
    return token
