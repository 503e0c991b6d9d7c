"""
The topics: their names, partitions and configuration, read from `contracts/topics/*.yaml`.

Whoever makes topics calls `own_topics` and `source_topics`; no name or retention stands elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parents[2] / "topics"
PER_SOURCE = ".<source>"
SOURCE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SOURCE_NAME_LETTERS_MAX = 60

Secrecy = Literal["open", "internal", "personal", "identity", "sealed"]
"""open: anyone; internal: staff; personal: texts that may name a person; identity: numbers of a
person in the clear; sealed: encrypted."""


class Topic(BaseModel):
    """One topic file. `fields` gives the secrecy of `data` or of each field of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    purpose: Annotated[str, Field(min_length=1)]
    owner: Literal["intake", "status", "sla", "notify"]
    message: str
    key: Annotated[str, Field(min_length=1)]
    partitions: Annotated[int, Field(ge=1)]
    config: Mapping[str, str | int]
    producers: Annotated[list[str], Field(min_length=1)]
    consumers: Annotated[list[str], Field(min_length=1)]
    fields: Mapping[str, Secrecy]

    @property
    def slug(self) -> str:
        """The name without the part that names a source; also that of its file and schema."""
        return self.name.removesuffix(PER_SOURCE)


class TopicToMake(NamedTuple):
    """What a broker needs to make a topic."""

    name: str
    partitions: int
    config: Mapping[str, str]


@cache
def load_topics(folder: Path = FOLDER) -> tuple[Topic, ...]:
    """Read the topic files, by name. Raises pydantic's ValidationError and OSError."""
    paths = [path for path in sorted(folder.glob("*.yaml")) if not path.name.startswith("_")]
    return tuple(
        Topic.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths
    )


@cache
def envelope_fields(folder: Path = FOLDER) -> Mapping[str, Secrecy]:
    """Return the secrecy of the CloudEvents attributes."""
    fields: Mapping[str, Secrecy] = yaml.safe_load((folder / "_envelope.yaml").read_text())[
        "fields"
    ]
    return fields


def own_topics(prefix: str = "") -> tuple[TopicToMake, ...]:
    """Return the topics there are once, whoever the sources are; *prefix* goes before each name."""
    return tuple(
        _to_make(topic, prefix + topic.name)
        for topic in load_topics()
        if not topic.name.endswith(PER_SOURCE)
    )


def source_topics(source: str, prefix: str = "") -> tuple[TopicToMake, ...]:
    """
    Return the topics of one source, which speaks on the first and is answered on the second.

    Raises ValueError where *source* cannot be part of a topic's name.
    """
    if not SOURCE_NAME.fullmatch(source) or len(source) > SOURCE_NAME_LETTERS_MAX:
        raise ValueError(
            f"A source's name is 1 to {SOURCE_NAME_LETTERS_MAX} small letters, digits and hyphens."
        )
    ours = [topic for topic in load_topics() if topic.name.endswith(PER_SOURCE)]
    ours.sort(key=lambda topic: topic.slug)
    return tuple(_to_make(topic, f"{prefix}{topic.slug}.{source}") for topic in ours)


def _to_make(topic: Topic, name: str) -> TopicToMake:
    config = {key: str(value) for key, value in topic.config.items()}
    return TopicToMake(name, topic.partitions, config)
