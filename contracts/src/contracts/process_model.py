"""
The shape of a process file, as pydantic reads it: a key nobody knows is refused.

`process_file.py` turns it into a `Process`, `process_check.py` says what is wrong with one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.process import LineEffect, Role

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """What all parts share: no key but the known ones, and no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class WordsPart(Part):
    """One text in both languages."""

    th: Text
    en: Text


class ContactPart(Part):
    """A desk a person can turn to."""

    desk: WordsPart
    telephone: str | None = None
    email: str | None = None
    hours: WordsPart | None = None


class StagePart(Part):
    """A stage; `contact` names one of the file's contacts."""

    title: WordsPart
    rank: int | None = None
    group: int | None = None
    counts: bool
    ends: bool
    holder: Literal["unit", "finance", "bank", "payee", "nobody"]
    contact: Name
    holder_by_reason: dict[Name, Literal["unit", "finance", "bank", "payee"]] = {}
    left_by: list[Name] = []
    flags: dict[Name, Text] = {}


class FactPart(Part):
    """A fact; `data` and `requires` name fields of the file's `data` section."""

    title: WordsPart
    roles: Annotated[list[Annotated[Role, Field(strict=False)]], Field(min_length=1)]
    asserts: Name | None = None
    opens: bool = False
    restores: bool = False
    retracts: bool = False
    links: bool = False
    unlinks: bool = False
    about_case: bool = True
    back_from: list[Literal["*"] | Name] = []
    lines: Annotated[LineEffect, Field(strict=False)] | None = None
    data: list[Name] = []
    requires: list[Name] = []


class SchemePart(Part):
    """A kind of reference number."""

    title: WordsPart
    joins: bool
    pattern: str = r"[^\s\x00-\x1f]{1,100}"
    scope: Name | None = None
    upper: bool = True
    related_process: Name | None = None


class IdentityPart(Part):
    """A kind of payee identity."""

    title: WordsPart
    identifies: bool
    pattern: str
    check: Literal["thai-13"] | None = None
    issuer: str | None = None
    same_as: Name | None = None


class DataPart(Part):
    """JSON Schema of the data: fields of every fact about a case, fields of some, shared shapes."""

    common: dict[Name, dict[str, Any]]
    special: dict[Name, dict[str, Any]] = {}
    shapes: dict[Name, dict[str, Any]] = {}


class ProcessPart(Part):
    """A whole process file."""

    name: Name
    title: WordsPart
    currency: str
    currencies: Annotated[
        dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[int, Field(ge=0, le=4)]],
        Field(min_length=1),
    ]
    contacts: dict[Name, ContactPart]
    stages: dict[Name, StagePart]
    facts: dict[Name, FactPart]
    schemes: dict[Name, SchemePart]
    identities: dict[Name, IdentityPart] = {}
    reasons: dict[Name, dict[Name, WordsPart]] = {}
    papers: dict[Name, WordsPart] = {}
    codes: dict[Name, dict[Name, WordsPart]] = {}
    data: DataPart
