"""
The notice rules beside the process they speak of: one version of each, ready to be asked. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from chassis.instants import moment
from contracts.instants import zone_of
from contracts.notice import NoticeRule, NoticeRules, RecipientKind
from contracts.process import Contact, LineEffect, Process, Role, Stage

from notify.case import Entry

OF_LINES = frozenset(
    {LineEffect.TRANSFERS, LineEffect.CREDITS, LineEffect.BOUNCES}
    | {LineEffect.CANCELS, LineEffect.DELAYS}
)
"""What facts do to single lines: only the payees of those lines are told of them."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """
    One version of the notice rules and one of the process. `zones`: IANA zone by calendar name.

    Build it once a version: it keeps the rules by what they wait for.
    """

    notices: NoticeRules
    process: Process
    zones: Mapping[str, str]
    rules: Mapping[str, NoticeRule] = field(init=False, repr=False)
    by_news: Mapping[str, Sequence[NoticeRule]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_news: dict[str, list[NoticeRule]] = defaultdict(list)
        for rule in self.notices.rules:
            by_news[rule.news].append(rule)
        object.__setattr__(self, "rules", {rule.name: rule for rule in self.notices.rules})
        object.__setattr__(self, "by_news", dict(by_news))

    def zone(self, kind: RecipientKind) -> str:
        """The zone in which *kind* reads dates. Raises `KeyError` for a kind no rule tells."""
        return self.zones[self.notices.sending[kind].calendar]

    def effect_on_lines(self, fact: str) -> LineEffect | None:
        """What *fact* does to single lines; None where it is about the whole case."""
        known = self.process.facts.get(fact)
        return known.lines if known is not None and known.lines in OF_LINES else None

    def holder_after(self, entry: Entry) -> str | None:
        """Who has to act after the fact of *entry*, by its reason; None where it does not say."""
        fact = self.process.facts.get(entry.fact)
        stage = None if fact is None else self.process.stages.get(fact.asserts or "")
        if stage is None:
            return None
        return stage.holder_by_reason.get(entry.reason or "", stage.holder)

    def sends_to_the_unit(self, stage: Stage) -> bool:
        """Is the desk of *stage* that of the stages the unit holds?"""
        return any(
            one.holder == Role.UNIT and one.contact == stage.contact
            for one in self.process.stages.values()
        )

    def front_desk(self) -> Contact | None:
        """Where finance is asked first: the desk of its first stage on the path."""
        own = [one for one in self.process.stages.values() if one.holder == Role.FINANCE]
        first = min(own, key=lambda one: (one.rank is None, one.rank or 0), default=None)
        return None if first is None else first.contact

    def stage_by(self, effect: LineEffect) -> str | None:
        """The stage that facts with *effect* lead to: where a line stands that it reached."""
        for fact in self.process.facts.values():
            if fact.lines is effect and fact.asserts is not None:
                return fact.asserts
        return None


@lru_cache(maxsize=65_536)
def local_date(instant_us: int, zone: str) -> str:
    """The date of *instant_us* in the IANA *zone*, as `2026-01-31`."""
    return moment(instant_us).astimezone(zone_of(zone)).date().isoformat()


def local_moment(instant_us: int, zone: str) -> datetime:
    """The instant *instant_us* on the clocks of *zone*."""
    return moment(instant_us).replace(tzinfo=UTC).astimezone(zone_of(zone))
