"""
The citizen's manual, from the process file: which steps there are, who has a claim in each, whom to
ask, which papers belong to it, and why it may come back. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts.process import Contact, Process, Stage, Words

from portal.views.promises import Promise

OUTSIDE = 0
"""The group of stages outside the four: taken back, cancelled."""
TOLD_REASONS = ("returned", "bounced", "delayed", "withdrawn")


class Desk(NamedTuple):
    """A desk in one language."""

    name: str
    telephone: str | None
    email: str | None
    hours: str | None


class Step(NamedTuple):
    """One stage in one language; `counts`: its days count towards the promise."""

    code: str
    title: str
    holder: str
    counts: bool
    desk: Desk


class Group(NamedTuple):
    """One of the four steps a payee sees, or those outside them (0), with its stages."""

    group: int
    steps: Sequence[Step]


class ReasonList(NamedTuple):
    """Why something may happen: the title of the fact, and the reasons."""

    fact: str
    title: str
    reasons: Sequence[str]


class Manual(NamedTuple):
    """One process as its manual tells it, in one language."""

    name: str
    title: str
    groups: Sequence[Group]
    papers: Sequence[str]
    numbers: Sequence[str]
    reasons: Sequence[ReasonList]
    promises: Sequence[tuple[str, int | None]]
    """title and target in hundredths"""


def said(words: Words, language: str) -> str:
    """*words* in *language*."""
    return words.th if language == "th" else words.en


def desk_of(contact: Contact, language: str) -> Desk:
    """*contact* in one language."""
    hours = None if contact.hours is None else said(contact.hours, language)
    return Desk(said(contact.desk, language), contact.telephone, contact.email, hours)


def manual_of(process: Process, promises: Iterable[Promise], language: str) -> Manual:
    """The manual of *process*; *promises* are those made about it."""
    groups: dict[int, list[Step]] = {}
    for stage in sorted(process.stages.values(), key=_on_the_path):
        groups.setdefault(stage.group or OUTSIDE, []).append(_step(stage, language))
    return Manual(
        name=process.name,
        title=said(process.title, language),
        groups=[Group(group, groups[group]) for group in sorted(groups, key=_last_if_outside)],
        papers=[said(words, language) for words in process.papers.values()],
        numbers=[said(scheme.title, language) for scheme in process.schemes.values()],
        reasons=_reasons(process, language),
        promises=[(said(one.title, language), one.target_percent) for one in promises],
    )


def front_desk(processes: Sequence[Process], language: str) -> Desk | None:
    """Whom to call about anything: the desk that takes claims in; None before rules are applied."""
    for process in processes:
        for stage in sorted(process.stages.values(), key=_on_the_path):
            if stage.holder == "finance":
                return desk_of(stage.contact, language)
    return None


def names_of(processes: Iterable[Process], field: str, language: str) -> dict[str, str]:
    """The titles of the codes of a data field (`kind`), over all processes."""
    return {
        code: said(words, language)
        for process in processes
        for code, words in process.codes.get(field, {}).items()
    }


def stage_names(processes: Iterable[Process], language: str) -> dict[str, str]:
    """The titles of all stages by code."""
    return {
        code: said(stage.title, language)
        for process in processes
        for code, stage in process.stages.items()
    }


def _on_the_path(stage: Stage) -> tuple[bool, int]:
    return stage.rank is None, stage.rank or 0


def _last_if_outside(group: int) -> tuple[bool, int]:
    return group == OUTSIDE, group


def _step(stage: Stage, language: str) -> Step:
    return Step(
        code=stage.code,
        title=said(stage.title, language),
        holder=stage.holder,
        counts=stage.counts,
        desk=desk_of(stage.contact, language),
    )


def _reasons(process: Process, language: str) -> list[ReasonList]:
    return [
        ReasonList(
            fact,
            said(process.facts[fact].title, language),
            [said(reason.title, language) for reason in process.reasons[fact].values()],
        )
        for fact in TOLD_REASONS
        if process.reasons.get(fact) and fact in process.facts
    ]
