"""
Has everything that was delivered been judged? Asked between two days of a play, so asked cheaply.

The throw-away database holds all services' tables, so one look sees how far each has come. It is
exact for the events asked about: those of one day, and earlier ones that wait for a reference.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import asyncpg

from tidtam.proving.flight import AWAY, STALLED_SECONDS

POLL_SECONDS_MIN = 0.005
AWAY_SECONDS = 0.2

BY_KEY = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
"""The tables grow while the plan stays: it must be the one that is right for many rows."""

LOOK = """
with told as (select * from unnest($1::text[], $2::text[]) as one (source, id)),
     known as (select source, id, case_id, membership
               from told join intake.journal using (source, id)),
     folded as (select known.source, known.id, event.case_id, event.prior_case_id
                from known join status.event using (source, id)
                where event.body is not null and event.membership >= known.membership),
     touched as (select case_id from folded union select prior_case_id from folded)
select (select sum(accepted + resent + rejected) from intake.source)::bigint as answered,
       (select count(*) from known where case_id is not null)
       - (select count(*) from folded join known using (source, id)
          where known.case_id is not null) as unfolded,
       (select count(*) from touched join status.followed_case as folded_case using (case_id)
        left join sla.followed_case as judged using (case_id)
        where folded_case.version > 0
          and ((judged.epoch, judged.version) < (folded_case.epoch, folded_case.version)
               or judged.version is null)) as unjudged,
       (select count(*)
        from intake.source as said left join sla.source_state as heard using (source)
        where heard.heard_version is distinct from said.version) as unheard,
       array(select row (source, id) from known where case_id is null) as unmatched
"""


class Seen(NamedTuple):
    """How far the chain is; `unmatched` are events that wait for a reference, as (source, id)."""

    answered: int
    unfolded: int
    unjudged: int
    unheard: int
    unmatched: list[tuple[str, str]]


class Watch:
    """Looks at one chain, over a connection that is made anew whenever it breaks."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: asyncpg.Connection[Any] | None = None
        self._waiting: list[tuple[str, str]] = []
        self._usual_seconds = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def abreast(self, events: Sequence[tuple[str, str]], inputs: int) -> None:
        """
        Wait until *inputs* were answered in all, and *events* and every word of a source have come
        as far as sla. Raises `RuntimeError` when nothing moves for three minutes.
        """
        # A resend of the same day is the same event: asked about twice it would count twice.
        asked = sorted({*self._waiting, *events})
        last, begun = None, time.monotonic()
        moved_at = begun
        # Each look costs what the chain could use: so none is taken long before it can succeed.
        await asyncio.sleep(0.7 * self._usual_seconds)
        while True:
            seen = await self._look(asked)
            now = time.monotonic()
            if seen is not None and seen.answered >= inputs and not any(seen[1:4]):
                self._waiting = seen.unmatched
                self._usual_seconds += (min(now - begun, 1.0) - self._usual_seconds) / 8
                return
            if seen is not None and seen != last:
                last, moved_at = seen, now
            if now - moved_at > STALLED_SECONDS:
                raise RuntimeError(f"the chain stands still: {last}; see the services' logs")
            pause = max(POLL_SECONDS_MIN, 0.1 * self._usual_seconds)
            await asyncio.sleep(AWAY_SECONDS if seen is None else pause)

    async def _look(self, events: Sequence[tuple[str, str]]) -> Seen | None:
        """One look; None while the database is away."""
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self._url, server_settings=BY_KEY)
            sources, ids = [source for source, _ in events], [id_ for _, id_ in events]
            row = await self._connection.fetchrow(LOOK, sources, ids)
        except AWAY:
            return None
        assert row is not None, "an aggregate without a row"
        answered, unfolded, unjudged, unheard, unmatched = row
        return Seen(answered, unfolded, unjudged, unheard, [tuple(one) for one in unmatched])
