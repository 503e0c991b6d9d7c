"""What a measurement comes to: values, medians, and the figures that are asked for."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.meter import Mark


@dataclass(frozen=True, slots=True)
class Run:
    """So many events in so many seconds, and what each process used for one of them."""

    what: str
    events: int
    seconds: float
    cpu_us_per_event: Mapping[str, float]
    rss_megabytes: float = 0.0

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds

    def cpu_us(self) -> float:
        """Processor microseconds per event, all processes together."""
        return sum(self.cpu_us_per_event.values())


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and what it is to reach. `at_least` says on which side of the target is good."""

    name: str
    value: float
    target: float
    at_least: bool
    unit: str = ""

    def reached(self) -> bool:
        """Is it good enough?"""
        return self.value >= self.target if self.at_least else self.value <= self.target


def run_between(what: str, events: int, begin: Mark, end: Mark, rss: float = 0.0) -> Run:
    """The run between two moments."""
    used = {name: (end.cpu[name] - begin.cpu[name]) * 1e6 / events for name in begin.cpu}
    return Run(what, events, end.at - begin.at, used, rss)


def median_of(runs: Sequence[Run]) -> Run:
    """The run of medians: each number by itself."""
    names = runs[0].cpu_us_per_event
    return Run(
        runs[0].what,
        round(statistics.median(run.events for run in runs)),
        statistics.median(run.seconds for run in runs),
        {n: statistics.median(run.cpu_us_per_event[n] for run in runs) for n in names},
        max(run.rss_megabytes for run in runs),
    )


def ratio_of_rates(ours: Sequence[Run], floor: Sequence[Run]) -> float:
    """The median of the rounds' own ratios: what disturbs one round disturbs both its parts."""
    return statistics.median(a.rate / b.rate for a, b in zip(ours, floor, strict=True))


def ratio_of_costs(one: Sequence[Run], other: Sequence[Run]) -> float:
    """The same of processor time, all processes together; other load disturbs it less."""
    return statistics.median(a.cpu_us() / b.cpu_us() for a, b in zip(one, other, strict=True))


def told(run: Run) -> dict[str, Any]:
    """A run as JSON."""
    return {**asdict(run), "events_per_second": round(run.rate, 1)}


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank of sorted values; *share* between 0 and 1."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
