"""
The trace from a case's event to the message that tells it, kept in between.

A notice may be asked for long after its event came, when its lines follow or an address, and it
leaves later still, from another process. So the trace lies in the database meanwhile. Spans name
case, event, notice and message, never a person. Rule: docs/architecture/traces.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from chassis.database import Connection
from chassis.service import Base
from chassis.telemetry import Hop
from chassis.trails import Steps, Trail

from notify import trace_store
from notify.channels.outcome import Failed, Outcome, Sent
from notify.gateway import Parcel
from notify.kept import Followed
from notify.model import Notice, State, TimeAnchor
from notify.rows import Row, event_of
from notify.scene import Scene

KEPT_MAX = 16
"""Traces kept of one case: its last events; older ones tell nobody anything new."""

Trails = Mapping[int, Sequence[Trail]]
"""Case → the traces that lead to what is being decided."""
NO_TRAILS: Trails = MappingProxyType({})


class Step(NamedTuple):
    """A trace that led to a case, by an event, when it had come to this version."""

    source: str
    id: str
    epoch: int
    version: int
    traceparent: str


class Traces:
    """One per process and task; it does nothing where nothing is sampled."""

    def __init__(self, base: Base) -> None:
        self._tracing = base.tracing
        self._pool = base.pool
        self._log = base.log

    def steps(self) -> Steps:
        """The spans of one batch."""
        return Steps(self._tracing)

    async def follow(
        self, connection: Connection, cases: Sequence[Followed], scene: Scene, trails: Trails
    ) -> None:
        """Keep what led to locked *cases*, and with each notice asked for the trace it goes on in.

        Called last in the transaction that decided; nobody locks these rows but under a case.
        """
        if not self._tracing.enabled:
            return
        kept = await trace_store.load_cases(connection, [case.case_id for case in cases])
        asked = [scene.rows[one] for one in sorted(scene.asked)]
        going: dict[str, str] = {}
        changed: dict[int, list[Step]] = {}
        for case in cases:
            before = [Step(*one) for one in kept.get(case.case_id, ())]
            steps = after(before, case, trails.get(case.case_id, ()))
            if steps != before:
                changed[case.case_id] = steps
            going |= ways_on(asked, case, steps)
        await trace_store.save_cases(connection, changed)
        await trace_store.save_notices(connection, going)

    async def sending(self, parcels: Sequence[Parcel]) -> dict[str, list[Hop]]:
        """Begin the spans of messages that are about to leave; by message."""
        if not self._tracing.enabled or not parcels:
            return {}
        ids = [row.notice.id for parcel in parcels for row in parcel.rows]
        try:
            async with self._pool.acquire() as connection:
                kept = await trace_store.read_notices(connection, ids)
        except Exception as error:
            # A trace never holds up a message.
            self._log.warning("messages leave without their traces", exc_info=error)
            return {}
        return {parcel.id: self._spans(parcel, kept) for parcel in parcels}

    def _spans(self, parcel: Parcel, kept: Mapping[str, str]) -> list[Hop]:
        """
        A span in the trace of each notice the message tells; the later ones link to the first.
        """
        hops: list[Hop] = []
        for row in parcel.rows:
            links = [hop.traceparent for hop in hops[:1]]
            names = names_of_sending(parcel, row)
            hop = self._tracing.hop("notify: send", kept.get(row.notice.id), names, links)
            if hop is not None:
                hops.append(hop)
        return hops

    async def ended(
        self, outcomes: Iterable[tuple[Parcel, Outcome]], hops: Mapping[str, Sequence[Hop]]
    ) -> None:
        """End the spans of messages whose outcome is known; of what has gone nothing is kept."""
        gone = []
        for parcel, outcome in outcomes:
            for hop in hops.get(parcel.id, ()):
                hop.span.set_attribute("tidtam.outcome", type(outcome).__name__.lower())
                hop.end()
            if hops.get(parcel.id) and isinstance(outcome, Sent | Failed):
                gone += [row.notice.id for row in parcel.rows]
        if not gone:
            return
        try:
            async with self._pool.acquire() as connection:
                await trace_store.forget_notices(connection, gone)
        except Exception as error:
            self._log.warning("traces of messages that have gone stay", exc_info=error)


def after(before: Sequence[Step], case: Followed, trails: Iterable[Trail]) -> list[Step]:
    """The traces of a case with those that lead to it now, newest first, of each event the last."""
    now = [
        Step(
            one.names.get("tidtam.source", ""),
            one.names.get("tidtam.event", ""),
            case.epoch,
            case.version,
            one.traceparent,
        )
        for one in trails
    ]
    steps: dict[tuple[str, str], Step] = {}
    for step in (*now, *before):
        steps.setdefault((step.source, step.id), step)
    return list(steps.values())[:KEPT_MAX]


def ways_on(asked: Iterable[Row], case: Followed, steps: Sequence[Step]) -> dict[str, str]:
    """Notice → trace, of those *asked* for on this case that still have to leave."""
    found = {}
    for row in asked:
        if row.notice.case == str(case.case_id) and row.state is not State.DELIVERED:
            step = leading_to(row.notice, steps, case)
            if step is not None:
                found[row.notice.id] = step.traceparent
    return found


def leading_to(notice: Notice, steps: Sequence[Step], case: Followed) -> Step | None:
    """
    The trace a notice goes on in: that of the event it tells, else what led to the case as it is.

    A deadline is told because of what led here now; that its clock was started is long known.
    """
    key = event_of(notice)
    own = next((step for step in steps if (step.source, step.id) == tuple(key)), None)
    here = (case.epoch, case.version)
    last = next((step for step in steps if (step.epoch, step.version) == here), None)
    return (last or own) if isinstance(notice.anchor, TimeAnchor) else (own or last)


def names_of_sending(parcel: Parcel, row: Row) -> dict[str, str]:
    """What the span of a sending is about."""
    key = event_of(row.notice)
    return {
        "tidtam.case": row.notice.case,
        "tidtam.event": key.id,
        "tidtam.source": key.source,
        "tidtam.notice": row.notice.id,
        "tidtam.message": parcel.id,
        "tidtam.channel": parcel.channel,
        "tidtam.attempt": str(row.attempt),
    }
