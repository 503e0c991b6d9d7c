"""The AsyncAPI 3 document of our topics, made from the topic files; `generate.py` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contracts.topics import PER_SOURCE, Topic


def document_of(topics: Iterable[Topic]) -> dict[str, Any]:
    """Return the AsyncAPI document of *topics*."""
    known = list(topics)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidtam",
            "version": "0.1.0",
            "description": "The topics on which Tidtam follows each payment from claim to account.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.slug: _channel(topic) for topic in known},
        "operations": {name: one for topic in known for name, one in _operations(topic)},
        "components": {"messages": {topic.message: _message(topic) for topic in known}},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name.replace("<source>", "{source}"),
        "description": topic.purpose,
        "messages": {topic.message: {"$ref": f"#/components/messages/{topic.message}"}},
    }
    if topic.name.endswith(PER_SOURCE):
        channel["parameters"] = {"source": {"description": "The name of a registered source."}}
    kafka = {"partitions": topic.partitions, "topicConfiguration": _configuration(topic)}
    return {**channel, "bindings": {"kafka": {**kafka, "bindingVersion": "0.5.0"}}}


def _configuration(topic: Topic) -> dict[str, Any]:
    """The part of the configuration the Kafka binding knows; its policy is a list there."""
    known = ("cleanup.policy", "retention.ms", "delete.retention.ms", "max.message.bytes")
    config: dict[str, Any] = {key: topic.config[key] for key in known if key in topic.config}
    return {**config, "cleanup.policy": str(config["cleanup.policy"]).split(",")}


def _operations(topic: Topic) -> Iterable[tuple[str, dict[str, Any]]]:
    channel = {"$ref": f"#/channels/{topic.slug}"}
    for verb, action, who in (
        ("sends", "send", topic.producers),
        ("reads", "receive", topic.consumers),
    ):
        for name in who:
            if name in ("intake", "status"):
                yield f"{name}-{verb}-{topic.slug}", {"action": action, "channel": channel}


def _message(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.message,
        "title": topic.slug,
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": f"schemas/{topic.slug}.json"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": topic.key},
                "bindingVersion": "0.5.0",
            }
        },
    }
