"""
A second telling of the rule of lines, slow and plain, that shares no code with the first.

It looks at the whole story again for every question, and knows nothing of stages: it is given the
facts that were taken, in their order. Reopening, which needs stages, it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from status.model import Event

DESCRIBING = ("drafted", "submitted", "received", "in-process")


@dataclass(frozen=True)
class Step:
    """What one fact did: `lines` it reached, by which reference; None = every line."""

    fact: str
    lines: tuple[str, ...] | None
    reference: str | None
    told: tuple[dict[str, Any], ...] = ()


def tell(taken: list[Event]) -> list[Step]:
    """The story of the facts that were taken."""
    story: list[Step] = []
    for event in taken:
        story += steps_of(event, story)
    return story


def steps_of(event: Event, story: list[Step]) -> list[Step]:
    """What *event* adds to the *story* so far."""
    told = tuple(event.said.get("lines") or ())
    ids = names_of(event.fact, told, event.said, story) if told else None
    reference = event.said.get("transfer", {}).get("reference")
    if event.fact in DESCRIBING:
        return [Step("described", ids, None, told)] if ids else []
    if event.fact == "transferred":
        own = reference or f"{event.key.source} {event.key.id}"
        return [Step("transferred", ids or everything_to_pay(story), own, told)]
    if event.fact == "cancelled":
        return [Step("cancelled", ids or waiting(story), None)]
    if event.fact == "bounced" and reference:
        return [Step("bounced", ids, reference)]
    if event.fact == "bounced":
        return unnamed_bounce(ids, story)
    return []


def unnamed_bounce(ids: tuple[str, ...] | None, story: list[Step]) -> list[Step]:
    """The last transfer of each named line came back; of the case, where none is named."""
    sent = [step for step in since_first_line(story) if step.fact == "transferred"]
    if ids is None:
        last = sent[-1].reference if sent else None
        lines = {i for step in sent if step.reference == last for i in step.lines or ()}
        return [Step("bounced", tuple(lines), last)] if sent else []
    found = []
    for one in ids:
        of_line = [step for step in sent if one in (step.lines or ())]
        found += [Step("bounced", (one,), of_line[-1].reference)] if of_line else []
    return found


def since_first_line(story: list[Step]) -> list[Step]:
    """The story without what was sent while the case had only its implied line."""
    named = [place for place, step in enumerate(story) if step.told]
    first = named[0] if named else 0
    return [s for place, s in enumerate(story) if place >= first or s.fact != "transferred"]


def known(story: list[Step]) -> dict[str, dict[str, Any]]:
    """The lines and what was said last of each; the implied one when none was named."""
    found: dict[str, dict[str, Any]] = {}
    for step in story:
        for one, words in zip(step.lines or (), step.told, strict=False):
            found[one] = {**found.get(one, {}), **words}
    return found or {"": {}}


def state(line: str, story: list[Step]) -> str:
    """How *line* stands at the end of the *story*."""
    story = since_first_line(story)
    sent = [p for p, s in enumerate(story) if s.fact == "transferred" and line in (s.lines or ())]
    if any(not came_back(str(story[place].reference), line, story) for place in sent):
        return "transferred"
    named = [p for p, s in enumerate(story) if s.fact == "cancelled" and line in (s.lines or ())]
    if named and (not sent or named[-1] > sent[-1]):
        return "cancelled"
    return "bounced" if sent else "open"


def came_back(reference: str, line: str, story: list[Step]) -> bool:
    """Does any bounce, wherever it stands, return this transfer of this line?"""
    return any(
        step.fact == "bounced"
        and step.reference == reference
        and (step.lines is None or line in step.lines)
        for step in story
    )


def waiting(story: list[Step]) -> tuple[str, ...]:
    """The lines that are open or bounced."""
    return tuple(one for one in known(story) if state(one, story) in ("open", "bounced"))


def everything_to_pay(story: list[Step]) -> tuple[str, ...]:
    """What a transfer without lines reaches."""
    paid = tuple(one for one in known(story) if state(one, story) == "transferred")
    return waiting(story) or paid or tuple(known(story))


def names_of(
    fact: str, told: tuple[dict[str, Any], ...], said: Any, story: list[Step]
) -> tuple[str, ...]:
    """The ids of the lines a taken fact names; it was taken, so each has exactly one."""
    lines = known(story)
    if fact in DESCRIBING and lines == {"": {}}:
        return tuple(one.get("id", f"#{place}") for place, one in enumerate(told, 1))
    given = [one["id"] for one in told if "id" in one]
    ids: list[str] = []
    for one in told:
        free = [i for i in lines if i not in given and i not in ids and alike(lines[i], one)]
        ids.append(one["id"] if "id" in one else the_one(fact, free, said, story))
    return tuple(ids)


def the_one(fact: str, free: list[str], said: Any, story: list[Step]) -> str:
    """The one line meant among those alike: what came back or arrived was sent before."""
    reference = said.get("transfer", {}).get("reference")
    open_ones = [i for i in free if i in waiting(story)]
    if fact not in ("bounced", "credited"):
        (only,) = open_ones
        return only
    steps = [s for s in since_first_line(story) if s.fact == "transferred"]
    spoken = [s for s in steps if s.reference == reference]
    sent = [i for i in free if any(i in (s.lines or ()) for s in spoken)]
    paid = [i for i in free if state(i, story) == "transferred"]
    (only,) = sent or paid or open_ones
    return only


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Same payee, same invoice, same gross as numbers."""
    if one.get("payee") != other.get("payee") or one.get("invoice") != other.get("invoice"):
        return False
    grosses = [Decimal(words["gross"]) if "gross" in words else None for words in (one, other)]
    return grosses[0] == grosses[1]
