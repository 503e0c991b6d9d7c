"""
What LINE says a push request is, written down by hand as JSON Schema from its published
description of the Messaging API (`PushMessageRequest` and `TextMessage`, and the limits that its
reference states in words). Closed, so that a field we invent is refused too.
"""

from __future__ import annotations

from typing import Any

PUSH_REQUEST: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["to", "messages"],
    "additionalProperties": False,
    "properties": {
        "to": {"type": "string", "minLength": 1},
        "messages": {
            "type": "array",
            "minItems": 1,
            "maxItems": 5,
            "items": {
                "type": "object",
                "required": ["type", "text"],
                "additionalProperties": False,
                "properties": {
                    "type": {"const": "text"},
                    "text": {"type": "string", "minLength": 1, "maxLength": 5000},
                    "quickReply": {"type": "object"},
                    "sender": {"type": "object"},
                    "emojis": {"type": "array"},
                    "quoteToken": {"type": "string"},
                },
            },
        },
        "notificationDisabled": {"type": "boolean"},
        "customAggregationUnits": {"type": "array", "items": {"type": "string"}},
    },
}
