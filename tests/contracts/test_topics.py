"""Every topic has an owner, a reader and a schema; what is generated is what is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from contracts.messages import InboundEvent
from pydantic import BaseModel

from contracts import generate
from contracts.topics import (
    FOLDER,
    Topic,
    envelope_fields,
    load_topics,
    own_topics,
    source_topics,
)

HOME = FOLDER.parent
TOPICS = {topic.slug: topic for topic in load_topics()}
WEEK_MS = 7 * 24 * 3600 * 1000


def data_fields(topic: Topic) -> set[str]:
    """The fields of a topic's data, by its model."""
    annotation = generate.message_model(topic).model_fields["data"].annotation
    models = [one for one in (annotation, *get_args(annotation)) if is_model(one)]
    return {f"data.{name}" for model in models for name in model.model_fields}


def is_model(one: Any) -> bool:
    """Is this a pydantic model?"""
    return isinstance(one, type) and issubclass(one, BaseModel)


def sources() -> Iterator[str]:
    """The names of the files topics are read from."""
    return (path.stem for path in FOLDER.glob("*.yaml") if not path.name.startswith("_"))


def test_file_names() -> None:
    """A topic stands in the file of its name."""
    assert sorted(sources()) == sorted(TOPICS)


def test_the_topics_there_are() -> None:
    """These are all the topics, and who may make each of them."""
    assert [topic.name for topic in own_topics()] == [
        "case-event",
        "case-sla",
        "case-status",
        "line-status",
        "notification",
        "payee",
        "sla-event",
        "source-status",
    ]
    assert [topic.name for topic in source_topics("science-unit", "t1.")] == [
        "t1.inbound.science-unit",
        "t1.inbound-rejected.science-unit",
    ]


@pytest.mark.parametrize("name", ["", "Science", "a.b", "a_b", "-a", "a--b", "x" * 61, "คณะ"])
def test_source_names_that_are_no_part_of_a_topic(name: str) -> None:
    """A source whose name a topic cannot bear is refused."""
    with pytest.raises(ValueError, match="small letters"):
        source_topics(name)


@pytest.mark.parametrize("slug", TOPICS)
def test_every_field_has_its_secrecy(slug: str) -> None:
    """Each field of a topic's data has a secrecy class, and each class has its field."""
    topic = TOPICS[slug]
    expected = {"data"} if topic.message == "InboundEvent" else data_fields(topic)
    assert set(topic.fields) == expected


def test_the_envelope_has_its_secrecy() -> None:
    """Each CloudEvents attribute has a secrecy class."""
    assert set(envelope_fields()) == set(InboundEvent.model_fields) - {"data"}


def test_identities_are_in_the_clear_on_inbound_topics_only() -> None:
    """Only what sources send holds identities in the clear, and only intake reads it."""
    with_identities = {s: t.consumers for s, t in TOPICS.items() if "identity" in t.fields.values()}
    assert with_identities == {"inbound": ["intake"]}
    sealed = [slug for slug, topic in TOPICS.items() if "sealed" in topic.fields.values()]
    assert sealed == ["payee"]


def test_states_are_compacted_and_the_rest_expires() -> None:
    """Whoever reads a state topic from its start has everything; all others forget in time."""
    policies = {slug: topic.config["cleanup.policy"] for slug, topic in TOPICS.items()}
    states = {"case-sla", "case-status", "line-status", "payee", "source-status"}
    assert {slug for slug, policy in policies.items() if policy == "compact"} == states
    retention = {s: t.config.get("retention.ms") for s, t in TOPICS.items() if s not in states}
    assert retention["inbound"] == WEEK_MS
    assert all(isinstance(ms, int) and ms >= WEEK_MS for ms in retention.values())


@pytest.mark.parametrize("slug", TOPICS)
def test_owners_make_what_is_theirs(slug: str) -> None:
    """A topic's owner makes or reads it, and somebody reads it."""
    topic = TOPICS[slug]
    assert topic.owner in {*topic.producers, *topic.consumers}


def test_generated_files_are_as_written() -> None:
    """The schemas and the AsyncAPI document are what `python -m contracts.generate` writes."""
    assert generate.differences(generate.generated_files()) == []


def test_the_check_sees_what_differs(tmp_path: Path) -> None:
    """A stale, a missing and an orphan file are each told."""
    files = {tmp_path / "schemas" / "a.json": "1", tmp_path / "schemas" / "b.json": "2"}
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "b.json").write_text("3")
    (tmp_path / "schemas" / "c.json").write_text("4")
    assert generate.differences(files, tmp_path) == [
        "schemas/a.json is missing",
        "schemas/b.json is stale",
        "schemas/c.json is nobody's",
    ]


def test_the_check_runs_as_a_command() -> None:
    """`python -m contracts.generate --check` answers by its exit code."""
    command = [sys.executable, "-m", "contracts.generate", "--check"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_schemas_name_their_topics() -> None:
    """Each topic has the schema of its name."""
    titles = {p.stem: json.loads(p.read_text())["title"] for p in (HOME / "schemas").glob("*.json")}
    assert titles == {slug: topic.name for slug, topic in TOPICS.items()}
