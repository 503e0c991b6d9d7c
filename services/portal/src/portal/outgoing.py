"""
What people do here, said to intake as events of the source `portal`.

Never inside a transaction. The same event sent again is the same event: its id is given by whoever
asks, made once when the page with the form was shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx
import orjson
from chassis.clock import Clock
from chassis.instants import microseconds, rfc3339
from contracts.events import Finding

SOURCE = "portal"
SECONDS_MAX = 10.0
EVENT = "application/cloudevents+json"


class Outcome(StrEnum):
    """
    What became of an event: `accepted`, or known already (`resent`); `refused` with findings;
    `away` when intake did not answer, so that the same may be sent again.
    """

    ACCEPTED = "accepted"
    RESENT = "resent"
    REFUSED = "refused"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to one event; `findings` say what was wrong, or, where it stands, odd."""

    outcome: Outcome
    findings: Sequence[Finding] = ()

    @property
    def ok(self) -> bool:
        """Does it stand?"""
        return self.outcome in (Outcome.ACCEPTED, Outcome.RESENT)


class Outgoing:
    """The way to intake; one per process. *token* is that of the source `portal`."""

    def __init__(self, url: str, token: str, clock: Clock) -> None:
        self._clock = clock
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=SECONDS_MAX,
            trust_env=False,
            headers={"authorization": f"Bearer {token}", "content-type": EVENT},
        )

    async def say(
        self,
        event_id: str,
        process: str,
        fact: str,
        data: Mapping[str, Any],
        *,
        time: str | None = None,
        traceparent: str | None = None,
    ) -> Said:
        """
        Say that *fact* of *process* happened, now or at *time* (RFC 3339 with offset). `data` as
        the process file has it: `refs`, `reason`, `retracts`, `link`, `payee`, …

        *event_id*: `new_id()` of when the form was shown; unchanged on a second try, as is *time*:
        `now()` of that moment, else a second try is refused as an altered duplicate.
        """
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": SOURCE,
            "type": f"tidtam.{process}.{fact}",
            "time": self.now() if time is None else time,
            "data": dict(data),
        }
        if traceparent is not None:
            event["traceparent"] = traceparent
        try:
            answer = await self._client.post("/v1/events", content=orjson.dumps(event))
        except httpx.HTTPError:
            return Said(Outcome.AWAY)
        return said_of(answer.status_code, answer.content)

    def now(self) -> str:
        """The moment to show with a form and to send with its event."""
        return rfc3339(microseconds(self._clock.now()))

    async def close(self) -> None:
        """End the connections."""
        await self._client.aclose()


def said_of(status: int, body: bytes) -> Said:
    """What an answer of intake means; one that nobody can read is as none."""
    try:
        told = orjson.loads(body)
        rows = [*told.get("findings", ()), *told.get("warnings", ())]
        findings = [Finding(row["pointer"], row["rule"], row["remedy"]) for row in rows]
    except (ValueError, AttributeError, KeyError, TypeError):
        return Said(Outcome.AWAY)
    if status in (200, 202):
        return Said(Outcome.RESENT if status == 200 else Outcome.ACCEPTED, findings)
    return Said(Outcome.REFUSED if status in (409, 413, 422) else Outcome.AWAY, findings)


def new_id() -> str:
    """An event id that nobody else has."""
    return uuid.uuid4().hex
