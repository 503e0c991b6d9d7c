"""Example messages parse for ever: an example is never deleted, and never changed to fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from contracts.events import Inbound
from contracts.generate import message_model

from contracts.topics import FOLDER, load_topics
from tests.unit.contracts.saying import process, source, the_judge

HOME = FOLDER.parent
TOPICS = {topic.slug: topic for topic in load_topics()}
EXAMPLES = sorted((HOME / "examples").rglob("*.json"))
IN_2027_US = 1_800_000_000_000_000
ROLES = {"science-unit": "unit", "finance-erp": "finance", "officer": "officer"}


def name_of(path: Path) -> str:
    """The name of an example: its topic and its case."""
    return f"{path.parent.name}/{path.stem}"


def read(path: Path) -> Any:
    """The message of an example."""
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_examples_parse(path: Path) -> None:
    """Each example is a message of the topic whose folder it stands in."""
    message_model(TOPICS[path.parent.name]).model_validate_json(path.read_bytes())


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_examples_keep_the_schema(path: Path) -> None:
    """Each example is valid by the generated JSON Schema of its topic."""
    schema = read(HOME / "schemas" / f"{path.parent.name}.json")
    assert list(jsonschema_rs.iter_errors(schema, read(path))) == []


@pytest.mark.parametrize("path", sorted((HOME / "examples" / "inbound").glob("*")), ids=name_of)
def test_inbound_examples_are_accepted(path: Path) -> None:
    """Each example of what a source sends is accepted, and keeps the schema of its fact."""
    event = read(path)
    role = ROLES[event["source"]]
    issuers = {"finance": {"science-unit", "finance-erp"}, "officer": {"*"}}.get(role)
    rules = source(
        role,
        source=event["source"],
        issuers=frozenset(issuers or {"science-unit"}),
        unit="finance-erp" if role == "finance" else None,
    )
    answer = the_judge().judge(event, b"", rules, IN_2027_US)
    assert isinstance(answer, Inbound), answer
    schema = read(HOME / "schemas" / "facts" / f"{event['type'].removeprefix('tidtam.')}.json")
    assert list(jsonschema_rs.iter_errors(schema, event)) == []


def test_every_topic_and_fact_has_an_example() -> None:
    """No topic and no fact of the process is without an example."""
    assert {path.parent.name for path in EXAMPLES} == set(TOPICS)
    shown = {
        read(path)["type"].rpartition(".")[2] for path in EXAMPLES if path.parent.name == "inbound"
    }
    assert shown == set(process().facts)


def test_examples_fail_when_they_should() -> None:
    """An example that lost a field its topic needs is seen: the schemas are not empty promises."""
    for slug, topic in TOPICS.items():
        broken = read(next((HOME / "examples" / slug).glob("*.json")))
        del broken["source"]
        schema = read(HOME / "schemas" / f"{slug}.json")
        assert list(jsonschema_rs.iter_errors(schema, broken)) != []
        with pytest.raises(ValueError, match="source"):
            message_model(topic).model_validate(broken)
