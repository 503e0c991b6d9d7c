"""
From bytes to a CloudEvent: structured and binary mode, from Kafka and HTTP, and nothing crashes it.

What comes out is still unjudged; `inbound.py` judges it. Rule: docs/architecture/messages.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import orjson

from contracts.events import Finding, Rejected
from contracts.rules import finding, pointer_to

BYTES_MAX = 512 * 1024
BATCH_EVENTS_MAX = 1000
STRUCTURED = "application/cloudevents+json"

_JSON_TYPE = re.compile(r"(application|text)/([a-z0-9.+-]*\+)?json")

Headers = Sequence[tuple[str, bytes | None]]


def parse(raw: bytes | None, headers: Headers | None = None) -> dict[str, Any] | Rejected:
    """
    Read one CloudEvent; *headers* are a Kafka record's (`ce_…`) or a request's (`ce-…`).

    A `Rejected` says what is wrong with the bytes. Headers that are not ours are never looked at.
    """
    if raw is not None and len(raw) > BYTES_MAX:
        return _refuse(raw, finding("", "body-too-large", limit=BYTES_MAX))
    if headers:
        attributes, trouble = _attributes(headers)
        binary = "specversion" in attributes or any(f.pointer == "/specversion" for f in trouble)
        if binary and not attributes.get("datacontenttype", "").startswith(STRUCTURED):
            return _binary(raw or b"", attributes, trouble)
    if raw is None:
        return _refuse(b"", finding("", "tombstone"))
    return _structured(raw)


def parse_batch(raw: bytes) -> list[dict[str, Any] | Rejected] | Rejected:
    """
    Read an `application/cloudevents-batch+json` body; each item stands for itself.

    The SHA-256 of a refused item is over its own JSON as written anew, its place names it better.
    """
    try:
        items = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _refuse(raw, _malformed(error))
    if not isinstance(items, list) or len(items) > BATCH_EVENTS_MAX:
        return _refuse(raw, finding("", "not-a-batch", limit=BATCH_EVENTS_MAX))
    return [_item(item) for item in items]


def _item(item: Any) -> dict[str, Any] | Rejected:
    if isinstance(item, dict):
        return item
    return _refuse(orjson.dumps(item), finding("", "not-an-object"))


def _structured(raw: bytes) -> dict[str, Any] | Rejected:
    if not raw or raw == b"null":
        return _refuse(raw, finding("", "body-empty"))
    try:
        event = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _refuse(raw, _malformed(error))
    return event if isinstance(event, dict) else _refuse(raw, finding("", "not-an-object"))


def _binary(
    raw: bytes, attributes: Mapping[str, str], trouble: Sequence[Finding]
) -> dict[str, Any] | Rejected:
    source, id_ = attributes.get("source"), attributes.get("id")
    if trouble:
        return _refuse(raw, *trouble, source=source, id_=id_)
    kind = attributes.get("datacontenttype")
    if kind is not None and not _JSON_TYPE.match(kind.lower()):
        return _refuse(raw, finding("/datacontenttype", "data-not-json"), source=source, id_=id_)
    event: dict[str, Any] = dict(attributes)
    if raw:
        try:
            event["data"] = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            return _refuse(raw, _malformed(error), source=source, id_=id_)
    return event


def _attributes(headers: Headers) -> tuple[dict[str, str], list[Finding]]:
    """The CloudEvents attributes among *headers*, and the ones that cannot be read."""
    attributes: dict[str, str] = {}
    trouble: list[Finding] = []
    for name, value in headers:
        lower = name.lower()
        if lower == "content-type":
            attribute = "datacontenttype"
        elif lower[:3] in ("ce_", "ce-"):
            attribute = lower[3:]
        else:
            continue
        if value is None:
            continue
        try:
            text = value.decode()
        except UnicodeDecodeError:
            trouble.append(finding(pointer_to(attribute), "header-not-utf8"))
            continue
        attributes[attribute] = unquote(text) if lower[:3] == "ce-" else text
    return attributes, trouble


def _malformed(error: orjson.JSONDecodeError) -> Finding:
    return finding("", "json-malformed", byte=error.pos)


def _refuse(
    raw: bytes, *findings: Finding, source: str | None = None, id_: str | None = None
) -> Rejected:
    return Rejected(readable(source), readable(id_), hashlib.sha256(raw).digest(), findings)


def readable(text: object) -> str | None:
    """Return *text* where it can be told back as a source or an id: printable, 1 to 300 letters."""
    if isinstance(text, str) and 0 < len(text) <= 300 and text.isprintable():
        return text
    return None


def split_lines(raw: bytes) -> Iterable[tuple[int, bytes]]:
    """Yield (line number, bytes) for each line of *raw* that is not blank."""
    for number, line in enumerate(raw.splitlines(), 1):
        if line.strip():
            yield number, line
