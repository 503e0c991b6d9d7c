"""
Trails: the traces that led to a message, read from its headers and carried on to what it causes.

A message may stand for several events, each with a trace of its own: every step has a span in each.
A trace that is not sampled leaves no trail, and costs nothing here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from chassis.telemetry import BAGGAGE, TRACEPARENT, Hop, Tracing, carrying, names_of

TRAILS_MAX = 32
"""So many traces a message carries on; the newest stand first."""

Headers = Sequence[tuple[str, bytes | None]]
_Subject = TypeVar("_Subject", bound=Hashable)


class Trail(NamedTuple):
    """One trace that leads on: the `traceparent` of its last span, and what it is about."""

    traceparent: str
    names: Mapping[str, str]


def trails_of(headers: Headers) -> list[Trail]:
    """The traces a message carries, at most `TRAILS_MAX`; what names one stands right behind it."""
    found = []
    for place, (name, value) in enumerate(headers):
        if name == TRACEPARENT and value is not None:
            after, baggage = headers[place + 1] if place + 1 < len(headers) else ("", None)
            names = names_of(baggage) if after == BAGGAGE and baggage is not None else {}
            found.append(Trail(value.decode("ascii", "replace"), names))
    return found[:TRAILS_MAX]


def headers_of(trails: Iterable[Trail]) -> tuple[tuple[str, bytes], ...]:
    """The headers by which a message carries these traces on."""
    return tuple(header for one in trails for header in carrying(one.traceparent, one.names))


class Steps:
    """
    The spans of one batch: `with Steps(tracing) as steps`. They end with it, however it ends.
    """

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing
        self._hops: list[Hop] = []

    def __enter__(self) -> Steps:
        """Begin; no span is made yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all spans."""
        for hop in self._hops:
            hop.end()

    def onward(self, name: str, trails: Iterable[Trail]) -> list[Trail]:
        """Make the span *name* in each trace that is sampled; returns the trails from there on."""
        going = []
        for trail in trails:
            hop = self._tracing.hop(name, trail.traceparent, trail.names)
            if hop is not None:
                self._hops.append(hop)
                going.append(Trail(hop.traceparent, trail.names))
        return going

    def onward_each(
        self, name: str, trails: Mapping[_Subject, Iterable[Trail]]
    ) -> dict[_Subject, list[Trail]]:
        """The same for several subjects at once; those without a sampled trace are left out."""
        going = {subject: self.onward(name, some) for subject, some in trails.items()}
        return {subject: some for subject, some in going.items() if some}

    def begin(self, name: str, names: Mapping[str, str]) -> list[Trail]:
        """Begin a trace for what no message caused, such as the time; none where not sampled."""
        hop = self._tracing.origin(name, None, names)
        if hop is None:
            return []
        self._hops.append(hop)
        return [Trail(hop.traceparent, names)]
