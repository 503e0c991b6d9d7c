"""
Sending events as a source does: over Kafka to its own topic, over HTTP with its token.

Over HTTP the answer is the verdict. Over Kafka it is the broker's acknowledgement; what intake
refuses comes back on the source's rejects topic, which `await_verdicts` reads.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tidtam.events_file import Item
from tidtam.registering import token_of
from tidtam.services import Service
from tidtam.trouble import Trouble
from tidtam.whereabouts import Whereabouts

BATCH = "application/cloudevents-batch+json"
SINGLE = "application/cloudevents+json"
EVENTS_PER_REQUEST_MAX = 200

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """One event that was sent, and how that ended. `position` is where it lies on Kafka."""

    item: Item
    slug: str
    verdict: str
    position: str | None = None
    findings: tuple[dict[str, str], ...] = field(default=())

    def told(self) -> dict[str, Any]:
        """Return it for JSON."""
        row: dict[str, Any] = {"line": self.item.line, "id": (self.item.event or {}).get("id")}
        row |= {"source": self.slug, "verdict": self.verdict}
        if self.position is not None:
            row["position"] = self.position
        if self.findings:
            row["findings"] = list(self.findings)
        return row


def traced(item: Item) -> bytes:
    """Return the event's bytes; one without `traceparent` gets one: its trace begins here."""
    if item.event is None or "traceparent" in item.event:
        return item.raw
    parent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return json.dumps({**item.event, "traceparent": parent}, ensure_ascii=False).encode()


def as_replay(item: Item) -> Item:
    """Return the event marked as a replay: it is taken like any other, and nobody is told of it."""
    if item.event is None:
        return item
    event = {**item.event, "replay": True}
    return replace(item, raw=json.dumps(event, ensure_ascii=False).encode(), event=event)


def slug_of(item: Item, given: str | None) -> str:
    """Return the source that sends *item*. Raises `Trouble` where nobody names one."""
    slug = given or item.slug or str((item.event or {}).get("source") or "")
    if not slug:
        raise Trouble(f"Line {item.line} names no source.", "Name the sender: --source SLUG.")
    return slug


def send_http(
    items: Sequence[Item], given: str | None, token: str, at: Whereabouts, advance: Advance
) -> list[Sent]:
    """Send *items* over HTTP in their order, each source's run of events in batches."""
    sent = list[Sent]()
    for slug, run in _runs(items, given):
        client = Service("intake", at.need("INTAKE_URL"), token_of(slug, at, token))
        for start in range(0, len(run), EVENTS_PER_REQUEST_MAX):
            part = run[start : start + EVENTS_PER_REQUEST_MAX]
            sent += _send_part(client, slug, part)
            advance(len(part))
    return sent


def _runs(items: Iterable[Item], given: str | None) -> list[tuple[str, list[Item]]]:
    """Neighbours of one source go together; bytes that are no event go alone."""
    runs = list[tuple[str, list[Item]]]()
    for item in items:
        slug = slug_of(item, given)
        last = runs[-1] if runs else None
        if last is None or last[0] != slug or item.event is None or last[1][-1].event is None:
            runs.append((slug, [item]))
        else:
            last[1].append(item)
    return runs


def _send_part(client: Service, slug: str, part: Sequence[Item]) -> list[Sent]:
    if len(part) == 1:
        answer = client.send(
            "POST", "/v1/events", content=traced(part[0]), headers={"content-type": SINGLE}
        )
        told = _verdict_of(client, answer)
        return [_sent(part[0], slug, told)]
    body = b"[" + b",".join(traced(item) for item in part) + b"]"
    answer = client.send("POST", "/v1/events", content=body, headers={"content-type": BATCH})
    tolds = client.checked(answer)["items"]
    return [_sent(item, slug, told) for item, told in zip(part, tolds, strict=True)]


def _verdict_of(client: Service, answer: Any) -> dict[str, Any]:
    """The verdict in an answer about one event; 409 and 422 are verdicts too."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    if isinstance(told, dict) and "verdict" in told:
        return told
    checked: dict[str, Any] = client.checked(answer)
    return checked


def _sent(item: Item, slug: str, told: dict[str, Any]) -> Sent:
    findings = tuple(told.get("findings", ())) + tuple(told.get("warnings", ()))
    return Sent(item, slug, str(told["verdict"]), None, findings)
