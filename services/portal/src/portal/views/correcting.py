"""
What an officer may do about a case, and what would change by it. Pure.

What changes is said by the rules of the process, for a fact that happens last; the status service
decides by the whole story, so a fact dated before others may come out otherwise. The page says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from contracts.messages import CaseStatusData, TimelineEntry
from contracts.process import Fact, Process, Role, Stage

ACTIONS = ("delay", "fact", "retract", "link", "unlink")
OF_UNITS = ("delay", "fact", "retract")
"""Joining and parting touch other units' cases: finance decides these."""
FACT_OF = {"delay": "delayed", "retract": "retracted", "link": "linked", "unlink": "unlinked"}
UNIT_SAYS = frozenset({Role.UNIT.value})
FINANCE_SAYS = frozenset({Role.UNIT.value, Role.FINANCE.value, Role.BANK.value})


class Effect(NamedTuple):
    """
    What a fact would do: the stage after it (None: the present one stays), or the code of the
    contradiction it would be.
    """

    stage: Stage | None = None
    contradiction: str | None = None


def actions_of(roles: Collection[str]) -> Sequence[str]:
    """The actions open to officers with these *roles*."""
    if "finance-officer" in roles:
        return ACTIONS
    return OF_UNITS if "unit-officer" in roles else ()


def facts_of(process: Process, roles: Collection[str]) -> Sequence[Fact]:
    """The facts officers with these *roles* may enter by hand, as the process file has them."""
    speaks_for = FINANCE_SAYS if "finance-officer" in roles else UNIT_SAYS
    return [
        fact
        for fact in process.facts.values()
        if fact.about_case
        and Role.OFFICER.value in fact.roles
        and fact.roles & speaks_for
        and fact.name not in FACT_OF.values()
    ]


def entries_of(said: CaseStatusData, roles: Collection[str]) -> Sequence[TimelineEntry]:
    """
    What may be taken back, newest first: for a unit officer what units and officers said, for
    finance all of it. What was taken back already is not there.
    """
    finance = "finance-officer" in roles
    special = set(FACT_OF.values()) - {"delayed"}
    return [
        one
        for one in reversed(said.timeline)
        if one.effect != "retracted"
        and one.fact not in special
        and (finance or one.role in (Role.UNIT.value, Role.OFFICER.value))
    ]


def reasons_of(process: Process, fact: str) -> Sequence[str]:
    """The codes of the reasons *fact* may carry."""
    return list(process.reasons.get(fact, {}))


def takes_reason(process: Process, fact: str) -> bool:
    """May `data` of this fact carry a reason?"""
    schema = process.data_schema.get(fact)
    known = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return "reason" in known or bool(process.reasons.get(fact))


def effect_of(process: Process, said: CaseStatusData, fact: Fact) -> Effect:
    """What *fact* would do to the case as it stands, if it is the last thing that happens."""
    here = process.stages.get(said.stage or "")
    if fact.restores:
        return _restored(process, said, here)
    to = process.stages.get(fact.asserts or "")
    if to is None or here is None:
        return Effect(to)
    if here.ends:
        if fact.name in here.left_by:
            return Effect(to)
        return Effect(None, "already ended" if to.code == here.code else "case has ended")
    if to.code == here.code:
        return Effect()
    back = to.rank is not None and here.rank is not None and to.rank < here.rank
    if back and not fact.back_from & {"*", here.code}:
        return Effect(None, "would go back")
    return Effect(to)


def _restored(process: Process, said: CaseStatusData, here: Stage | None) -> Effect:
    """The stage held before the end."""
    if here is None or not here.ends:
        return Effect(None, "nothing to reopen")
    before = [process.stages.get(span.stage) for span in said.spans]
    return Effect(next((one for one in reversed(before) if one and not one.ends), None))


def after_retracting(process: Process, said: CaseStatusData, event: tuple[str, str]) -> Effect:
    """What stands when the event (source, id) is taken back: the holding before its own."""
    spans = [span for span in said.spans if tuple(span.anchor) != event]
    if len(spans) == len(said.spans) or not spans:
        return Effect()
    to = process.stages.get(spans[-1].stage)
    return Effect() if to is None or to.code == said.stage else Effect(to)
