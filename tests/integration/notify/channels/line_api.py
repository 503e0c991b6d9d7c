"""
What LINE says a push request is, written down by hand as JSON Schema from its published
description of the Messaging API (`PushMessageRequest` and `TextMessage`, and the limits that its
reference states in words). Closed, so that a field we invent is refused too.

Source: https://developers.line.biz/en/reference/messaging-api/#send-push-message and, for the
machine, github.com/line/line-openapi, messaging-api.yml.
"""

from __future__ import annotations

from typing import Any

PUSH_REQUEST: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["to", "messages"],
    "additionalProperties": False,
    "properties": {
        # A user, a group or a room, as LINE's own webhooks name them.
        "to": {"type": "string", "pattern": "^[UCR][0-9a-f]{32}$"},
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

PUSH_HEADERS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["authorization", "content-type", "x-line-retry-key"],
    "properties": {
        "authorization": {"type": "string", "pattern": "^Bearer .+$"},
        "content-type": {"const": "application/json"},
        "x-line-retry-key": {
            "type": "string",
            "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        },
    },
}
"""The headers of the same request; the retry key is a UUID, and the same at every attempt."""
