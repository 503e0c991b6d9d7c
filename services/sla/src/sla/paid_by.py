"""
By when a case like this one was paid: learnt from this body's own ended cases, never promised.

A case that enters a stage is told the dates by which half, and 85 of 100, of the cases like it were
paid. Like it: the same stage, kind and unit; where those are too few the same stage, then any case
of the process. Learnt each day anew, from cases that ended in the 120 days before: what was learnt
once from an old half year is wrong about the next. Pure.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from chassis.workdays import add_workdays

from sla.model import History, LocalCalendar, StageRule, local_ordinal

WINDOW_DAYS = 120
CASES_MIN = 30
HALF, MOST = 50, 85
WAITS_FOR_OTHERS = frozenset({"unit", "payee"})
"""While one of these holds the case the date holds only if they act as others did."""


class Sample(NamedTuple):
    """
    A case that was paid: working days from entering *stage* to the payment.

    `ended_on` is the ordinal of the local date of the payment.
    """

    stage: str
    kind: str | None
    unit: str | None
    ended_on: int
    days: int


class Basis(NamedTuple):
    """What a forecast rests on: `like` says how near the cases are, `cases` how many there were."""

    like: str
    cases: int
    half_days: int
    most_days: int


class PaidBy(NamedTuple):
    """
    The dates by which half and 85 of 100 like it were paid.

    `later_than_most`: that date has passed. `conditional`: unit or payee must act first.
    """

    half_on: date
    most_on: date
    later_than_most: bool
    conditional: bool
    basis: Basis


def samples_of(
    history: History, stages: Mapping[str, StageRule], calendar: LocalCalendar
) -> list[Sample]:
    """What a case teaches once it is paid: a sample for each entry into a stage that counts."""
    if not history.spans or not _is_paid(stages, history.spans[-1].stage):
        return []
    ended_on = local_ordinal(calendar.zone, history.spans[-1].since_us)
    until = calendar.workdays_until
    kind, unit = history.fields.get("kind"), history.fields.get("unit")
    return [
        Sample(
            span.stage,
            kind,
            unit,
            ended_on,
            until(ended_on) - until(local_ordinal(calendar.zone, span.since_us)),
        )
        for span in history.spans[:-1]
        if stages[span.stage].counts
    ]


def _is_paid(stages: Mapping[str, StageRule], stage: str) -> bool:
    """Only an end on the path is a payment: withdrawn and cancelled cases teach nothing."""
    rule = stages[stage]
    return rule.ends and rule.rank is not None


class Learnt:
    """What the samples that ended in the 120 days before `on` (an ordinal) teach."""

    def __init__(self, samples: Iterable[Sample], on: int) -> None:
        self.on = on
        self._days: dict[tuple[str | None, ...], list[int]] = {}
        for sample in samples:
            if on - WINDOW_DAYS <= sample.ended_on < on:
                self.add(sample)

    def add(self, sample: Sample) -> None:
        """Take a sample in."""
        for key in _keys(sample.stage, sample.kind, sample.unit):
            insort(self._days.setdefault(key, []), sample.days)

    def forget(self, sample: Sample) -> None:
        """Let a sample go that has become too old."""
        for key in _keys(sample.stage, sample.kind, sample.unit):
            days = self._days[key]
            del days[bisect_right(days, sample.days) - 1]

    def of(self, stage: str, kind: str | None, unit: str | None) -> Basis | None:
        """The nearest cases of which there are enough; None where there are not."""
        for like, key in zip(LIKE, _keys(stage, kind, unit), strict=True):
            days = self._days.get(key, ())
            if len(days) >= CASES_MIN:
                return Basis(like, len(days), nearest_rank(days, HALF), nearest_rank(days, MOST))
        return None


LIKE = ("stage, kind and unit", "stage", "process")
"""How near a forecast's cases are, the nearest first."""


def _keys(stage: str, kind: str | None, unit: str | None) -> tuple[tuple[str | None, ...], ...]:
    return (stage, kind, unit), (stage,), ()


def nearest_rank(days: Sequence[int], share: int) -> int:
    """The smallest of the sorted *days* that at least *share* percent do not exceed."""
    return days[-(-len(days) * share // 100) - 1]


def expect(
    learnt: Learnt,
    history: History,
    stages: Mapping[str, StageRule],
    calendar: LocalCalendar,
    today: int,
) -> PaidBy | None:
    """
    By when the case will be paid, if it goes as it went with others; None where nobody can say.

    *today* is an ordinal. Counted from the date it entered the stage it stands in.
    """
    if not history.spans or not stages[history.spans[-1].stage].counts:
        return None
    last = history.spans[-1]
    basis = learnt.of(last.stage, history.fields.get("kind"), history.fields.get("unit"))
    if basis is None:
        return None
    entered = date.fromordinal(local_ordinal(calendar.zone, last.since_us))
    half_on = add_workdays(calendar.calendar, entered, basis.half_days)
    most_on = add_workdays(calendar.calendar, entered, basis.most_days)
    return PaidBy(
        half_on,
        most_on,
        later_than_most=today > most_on.toordinal(),
        conditional=last.holder in WAITS_FOR_OTHERS,
        basis=basis,
    )
