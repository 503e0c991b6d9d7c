"""
The fold: what a case's accepted events together say of it.

Pure: a state is a function of the *set* of events, whatever order they came in.
A fact asserts a stage and does not need the stage before it. Rule: docs/architecture/fold.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contracts.process import Fact, LineEffect, Process, Role, Stage

from status.lines import LineBook, is_complete
from status.model import (
    CaseState,
    Contradiction,
    Effect,
    Entry,
    Event,
    LineState,
    Refusal,
    Span,
)
from status.order import in_fold_order, retracted_keys

FIELDS = frozenset(
    ("amount", "unit", "kind", "fund", "priority", "fiscal_year", "due_on", "released_on")
)
EVERYWHERE = "*"
Reference = tuple[str, str, str, str]


def fold(process: Process, events: Iterable[Event]) -> CaseState:
    """
    Fold the accepted *events* of one case into its state.

    Retracted events stay on the timeline, marked, and have no other effect.
    """
    ordered = in_fold_order(process, events)
    dropped = retracted_keys(ordered)
    work = _Fold(process)
    for event in ordered:
        if event.key in dropped:
            work.timeline.append(Entry(event, Effect.RETRACTED, work.stage))
        else:
            work.take(event)
    return work.result()


@dataclass(slots=True)
class _Fold:
    """The state in the making. It lives for one call of `fold`."""

    process: Process
    stage: str | None = None
    before_end: str | None = None
    spans: list[Span] = field(default_factory=list)
    timeline: list[Entry] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    joining: set[Reference] = field(default_factory=set)
    linked: set[tuple[Reference, ...]] = field(default_factory=set)
    about: set[Reference] = field(default_factory=set)
    fields: dict[str, Any] = field(default_factory=dict)
    lines: LineBook = field(default_factory=LineBook)
    cancelled_before: set[str] | None = None

    def take(self, event: Event) -> None:
        """Let one event have its effect, or write down why it has none."""
        fact = self.process.facts.get(event.fact)
        self.refer(event, fact)
        if fact is None:
            self.refuse(event, Refusal.UNKNOWN_FACT)
            return
        named = None if fact.lines is None else self.lines.resolve(event, fact.lines)
        if isinstance(named, Refusal):
            self.refuse(event, named)
            return
        target = self.asserted(event, fact, named)
        verdict = self.judge(fact, target, named)
        if verdict is not None:
            self.refuse(event, verdict)
            return
        self.apply_lines(event, fact, named)
        self.settle(event, fact, target)

    def refuse(self, event: Event, code: Refusal) -> None:
        """Keep the fact and say why it moved nothing."""
        self.contradictions.append(Contradiction(event, code, self.stage))
        self.timeline.append(Entry(event, Effect.CONTRADICTS, self.stage))

    def refer(self, event: Event, fact: Fact | None) -> None:
        """Keep the numbers an event names; those of a link only while nobody parted them again."""
        self.about.update(event.about)
        if fact is not None and fact.links:
            self.linked.add(tuple(sorted(event.joining)))
        elif fact is not None and fact.unlinks:
            self.linked.discard(tuple(sorted(event.joining)))
        else:
            self.joining.update(event.joining)

    def asserted(self, event: Event, fact: Fact, named: list[str] | None) -> str | Refusal | None:
        """The stage *event* asserts; None when it moves none."""
        if fact.restores:
            target = event.said.get("stage") or self.before_end
            if target is None:
                return Refusal.NOTHING_TO_REOPEN
            return target if target in self.process.stages else Refusal.UNKNOWN_STAGE
        if fact.lines is LineEffect.CANCELS:
            return self.after_cancelling(fact, self.lines.payable() if named is None else named)
        if fact.lines is LineEffect.TRANSFERS:
            return fact.asserts if self.lines.would_complete(event, named) else None
        return fact.asserts

    def after_cancelling(self, fact: Fact, named: list[str]) -> str | None:
        """Cancelling some lines ends the case only when no other line waits."""
        states = self.lines.states_without(named)
        if is_complete(states):
            return self.paid_stage()
        return None if set(states) - {LineState.CANCELLED} else fact.asserts

    def paid_stage(self) -> str | None:
        """The stage that transfers lead to."""
        for fact in self.process.facts.values():
            if fact.lines is LineEffect.TRANSFERS:
                return fact.asserts
        return None

    def judge(
        self, fact: Fact, target: str | Refusal | None, named: list[str] | None
    ) -> Refusal | None:
        """May the case go to *target* from where it stands? None when it may."""
        if isinstance(target, Refusal):
            return target
        here = self.process.stages[self.stage] if self.stage is not None else None
        if here is not None and here.ends and fact.lines is LineEffect.TRANSFERS:
            return self.judge_transfer_after_end(here, fact, named)
        if target is None or here is None:
            return None
        if target == here.code and here.ends:
            return Refusal.ALREADY_ENDED if fact.asserts in (None, target) else Refusal.ENDED
        if target == here.code:
            return None
        if here.ends:
            return None if fact.name in here.left_by else Refusal.ENDED
        return None if may_move(here, self.process.stages[target], fact) else Refusal.WOULD_GO_BACK

    def judge_transfer_after_end(
        self, here: Stage, fact: Fact, named: list[str] | None
    ) -> Refusal | None:
        """On a case that has ended, money is news only where it reaches a line not yet paid."""
        if fact.asserts == here.code:
            unpaid = [line for line in named or () if self.is_unpaid(line)]
            return None if unpaid else Refusal.ALREADY_ENDED
        return None if fact.name in here.left_by else Refusal.ENDED

    def is_unpaid(self, line: str) -> bool:
        """Is *line* new, or is no money out for it?"""
        known = line in self.lines.details
        return not known or self.lines.state(line) is not LineState.TRANSFERRED

    def apply_lines(self, event: Event, fact: Fact, named: list[str] | None) -> None:
        """Let a fact that is taken have its effect on the lines."""
        effect = fact.lines
        if effect is None:
            return
        if named is not None and effect in (LineEffect.DESCRIBES, LineEffect.TRANSFERS):
            self.lines.describe(named, event.said)
        if effect is LineEffect.TRANSFERS:
            self.lines.transfer(self.lines.reached(named), event)
        elif effect is LineEffect.BOUNCES:
            self.lines.bounce(named, event)
        elif effect is LineEffect.CREDITS:
            credited = self.lines.ids() if named is None else named
            self.lines.credited.update(credited)
            self.lines.touch(credited, event.key)
        elif effect is LineEffect.CANCELS:
            self.cancelled_before = set(self.lines.cancelled)
            cancelled = self.lines.payable() if named is None else named
            self.lines.cancelled.update(cancelled)
            self.lines.touch(cancelled, event.key)
        elif effect is LineEffect.DELAYS:
            self.lines.touch(self.lines.payable() if named is None else named, event.key)

    def settle(self, event: Event, fact: Fact, target: str | Refusal | None) -> None:
        """Write the span, the timeline and the fields of a fact that is taken."""
        here = self.process.stages[self.stage] if self.stage is not None else None
        if here is not None and fact.name in here.flags:
            self.flags.append(here.flags[fact.name])
        if not isinstance(target, str):
            self.timeline.append(Entry(event, Effect.NOTED, self.stage))
        elif target == self.stage:
            self.timeline.append(Entry(event, Effect.HELD, self.stage))
        else:
            self.enter(event, fact, self.process.stages[target])
        self.set_fields(event)

    def enter(self, event: Event, fact: Fact, stage: Stage) -> None:
        """Open a new span in *stage*."""
        skipped = self.skipped(stage)
        here = self.process.stages[self.stage] if self.stage is not None else None
        if stage.ends and not (here is not None and here.ends):
            self.before_end = self.stage
            if fact.lines is not LineEffect.CANCELS:
                self.cancelled_before = None
        if fact.restores and here is not None and here.ends:
            self.restore_lines()
        self.stage = stage.code
        code = str((event.said.get("reason") or {}).get("code"))
        holder = stage.holder_by_reason.get(code, stage.holder)
        self.spans.append(Span(stage.code, holder, event.instant_us, event.key))
        self.timeline.append(Entry(event, Effect.MOVED, stage.code, skipped))

    def restore_lines(self) -> None:
        """Where cancelling ended the case, reopening takes that cancelling back, and no other."""
        if self.cancelled_before is not None:
            self.lines.cancelled = self.cancelled_before
            self.cancelled_before = None

    def skipped(self, stage: Stage) -> tuple[str, ...]:
        """The counted stages on the path that nobody reported between here and *stage*."""
        here = self.process.stages[self.stage] if self.stage is not None else None
        start = -1 if here is None else here.rank
        if start is None or stage.rank is None:
            return ()
        by_rank: dict[int, str] = {}
        for other in self.process.stages.values():
            if other.counts and other.rank is not None and start < other.rank < stage.rank:
                by_rank.setdefault(other.rank, other.code)
        return tuple(by_rank[rank] for rank in sorted(by_rank))

    def set_fields(self, event: Event) -> None:
        """
        Keep what the source with authority said last: the unit until finance has the case, finance
        after.

        A case that came back to the unit is the unit's again. A field nobody has said yet anybody
        may say.
        """
        with_unit = self.stage is None or self.process.stages[self.stage].holder == Role.UNIT
        by_office = event.role in (Role.FINANCE, Role.OFFICER)
        authority = by_office or (event.role == Role.UNIT and with_unit)
        for name, value in event.said.items():
            if name in FIELDS and value is not None and (authority or name not in self.fields):
                self.fields[name] = value

    def result(self) -> CaseState:
        """The finished state."""
        return CaseState(
            stage=self.stage,
            ended=self.stage is not None and self.process.stages[self.stage].ends,
            spans=tuple(self.spans),
            timeline=tuple(self.timeline),
            contradictions=tuple(self.contradictions),
            flags=tuple(dict.fromkeys(self.flags)),
            joining=tuple(sorted(self.joining.union(*self.linked))),
            about=tuple(sorted(self.about)),
            fields=self.fields,
            lines=self.lines.views(),
        )


def may_move(here: Stage, there: Stage, fact: Fact) -> bool:
    """
    From a stage that does not end: forward always, back only where the process file lists the way.
    """
    if there.rank is None or here.rank is None or there.rank >= here.rank:
        return True
    return here.code in fact.back_from or EVERYWHERE in fact.back_from
