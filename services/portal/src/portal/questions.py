"""Questions of payees and the answers of officers, as the store keeps them. Frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class Desk(NamedTuple):
    """
    Whose questions are meant: those asked of *units*, and for *finance* all that were asked while
    no unit held the case, with those of units from before *units_until*.
    """

    units: Sequence[str]
    finance: bool
    units_until: datetime


class Waiting(NamedTuple):
    """
    A question without an answer. `stage` and `holder` are those of when it was asked; what was
    asked stands on a page of its own, whose look is written down.
    """

    place: int
    at: datetime
    stage: str | None
    holder: str | None
    number: str
    unit: str | None
    process: str


class Asked(NamedTuple):
    """One question for an officer; `answer` is None until there is one."""

    place: int
    at: datetime
    stage: str | None
    holder: str | None
    number: str
    unit: str | None
    process: str
    case_id: int
    stage_now: str | None
    payee_id: str
    words: str
    answered_at: datetime | None
    party: str | None
    answer: str | None


class OwnQuestion(NamedTuple):
    """A question as its payee sees it."""

    at: datetime
    words: str
    answered_at: datetime | None
    party: str | None
    answer: str | None


class Answered(NamedTuple):
    """An answer a payee was given, and the case it is about."""

    number: str
    at: datetime
    party: str
    answer: str
