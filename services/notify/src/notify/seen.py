"""
What a recipient may see of a case: the one place where a view is cut to its reader. Pure.

A payee's view is computed from the own lines alone. Another payee's bounce, share or number never
shows in it; the title only where the payee is the only one. Rule: docs/architecture/notices.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.messages import Contact
from contracts.notice import RecipientKind
from contracts.process import LineEffect, Stage

from notify.case import STANDS, Case, Forecast, Line, Picture
from notify.model import Recipient
from notify.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class View:
    """
    A case as one recipient may know it.

    `stage` is None where the case does not concern the recipient at all. `since_us` None: not
    known. `unit`, `total` and `payees` are None for a payee. `lines` are the own ones.
    """

    number: str
    stage: Stage | None = None
    since_us: int | None = None
    holder: str | None = None
    contact: Contact | None = None
    title: str | None = None
    must_act: bool = False
    lines: tuple[Line, ...] = ()
    forecast: Forecast | None = None
    unit: str | None = None
    total: str | None = None
    currency: str | None = None
    payees: int | None = None

    @property
    def ended(self) -> bool:
        """Is there nothing more to wait for?"""
        return self.stage is not None and self.stage.ends


def view_of(picture: Picture, recipient: Recipient, book: Rulebook) -> View:
    """The view of *recipient* on *picture*."""
    if recipient.kind is RecipientKind.PAYEE:
        payee = picture.same_payee.get(recipient.id, recipient.id)
        return _payee_view(picture, payee, book)
    if recipient.kind is RecipientKind.UNIT_OFFICE and recipient.id != picture.case.unit:
        return View(picture.case.number)
    return _office_view(picture, recipient, book)


def _payee_view(picture: Picture, payee: str, book: Rulebook) -> View:
    case = picture.case
    own = tuple(line for line in picture.lines if line.payee == payee)
    if not own:
        return View(case.number)
    stage, since_us, holder = _own_standing(case, own, book)
    is_only_one = all(line.payee == payee for line in picture.lines)
    return View(
        number=case.number,
        stage=stage,
        since_us=since_us,
        holder=holder,
        contact=_contact(picture, stage, book),
        title=case.title if is_only_one else None,
        must_act=holder == RecipientKind.PAYEE,
        lines=own,
        forecast=picture.forecast,
        currency=case.currency,
    )


def _own_standing(
    case: Case, own: Sequence[Line], book: Rulebook
) -> tuple[Stage | None, int | None, str | None]:
    """Where the money of these lines stands, since when, and whose turn it is."""
    effect = _own_effect(own)
    code = None if effect is None else book.stage_by(effect)
    if code is None:
        return _shared_standing(case, book)
    reached = frozenset().union(*(line.reached_by for line in own))
    for entry in reversed(case.timeline):
        of_lines = book.effect_on_lines(entry.fact)
        if entry.key in reached and of_lines is effect and entry.effect in STANDS:
            return book.process.stages[code], entry.at_us, book.holder_after(entry)
    stage = book.process.stages[code]
    return stage, None, stage.holder


def _own_effect(own: Sequence[Line]) -> LineEffect | None:
    """What the own lines show of a stage by themselves; None while they wait with all others."""
    states = {line.state for line in own}
    if "bounced" in states:
        return LineEffect.BOUNCES
    if "open" in states:
        return None
    return LineEffect.TRANSFERS if "transferred" in states else LineEffect.CANCELS


def _shared_standing(case: Case, book: Rulebook) -> tuple[Stage | None, int | None, str | None]:
    """The last holding that is not another line's own affair, such as its bounce."""
    others = {book.stage_by(LineEffect.BOUNCES)}
    for span in reversed(case.spans):
        stage = book.process.stages.get(span.stage)
        if stage is not None and span.stage not in others:
            return stage, span.since_us, span.holder
    return None, None, None


def _office_view(picture: Picture, recipient: Recipient, book: Rulebook) -> View:
    case = picture.case
    stage = book.process.stages.get(case.stage or "")
    mine = {recipient.id.partition(":")[0], "unit" if recipient.id == case.unit else ""}
    return View(
        number=case.number,
        stage=stage,
        since_us=case.spans[-1].since_us if case.spans else None,
        holder=case.holder,
        contact=_contact(picture, stage, book),
        title=case.title,
        must_act=case.holder in mine,
        lines=picture.lines,
        forecast=picture.forecast,
        unit=case.unit,
        total=case.amount,
        currency=case.currency,
        payees=len({line.payee for line in picture.lines if line.payee is not None}),
    )


def _contact(picture: Picture, stage: Stage | None, book: Rulebook) -> Contact | None:
    """
    The desk of *stage*, as status tells it where the whole case stands there.

    Where people are sent to the unit, it is the office of this very unit.
    """
    case = picture.case
    if stage is not None and picture.unit_desk is not None and book.sends_to_the_unit(stage):
        return picture.unit_desk
    if stage is None or stage.code == case.stage:
        return case.contact
    return Contact.model_validate(stage.contact, from_attributes=True)
