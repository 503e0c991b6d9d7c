"""
The three answers of a case page: which step, how many more days, whom to contact. Pure.

Nothing is computed here that another service has said: days, due dates and forecasts are the SLA's
for this very state of the case. Only the working days until a date are counted, by its calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.workdays import Calendar, workdays_between
from contracts.calendar import CalendarRules
from contracts.messages import Line, TimelineEntry, Transfer
from contracts.process import Process
from contracts.sla_messages import CaseSlaData, ClockRow, PaidByRow, PlaceRow

from portal.model import Standing
from portal.views.share import Seat, Share

COLLECTED = frozenset({"cheque", "counter"})
"""Ways of paying where the money must be fetched."""
OTHERS = frozenset({"unit", "payee"})
"""Holders whose part nobody can foresee: no date for the money is named while they have it."""


class Situation(StrEnum):
    """What a payee needs to hear first. Each has its words in `words/case.yaml`."""

    UNSEEN = "unseen"
    DRAFT = "draft"
    AT_UNIT = "at_unit"
    RETURNED = "returned"
    RECEIVED = "received"
    IN_PROCESS = "in_process"
    BOUNCED_YOURS = "bounced_yours"
    BOUNCED_OURS = "bounced_ours"
    COLLECT = "collect"
    PAID = "paid"
    TAKEN_BACK = "taken_back"
    STOPPED = "stopped"


class Wait(StrEnum):
    """How the second answer is given: one of these, the first that fits."""

    OVER = "over"
    RECOMPUTED = "recomputed"
    UNDETERMINED = "undetermined"
    NEEDS_YOU = "needs_you"
    LATE = "late"
    AT_OTHERS = "at_others"
    FORECAST = "forecast"
    DUE = "due"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Days:
    """
    The second answer. Dates are local ones of the case's calendar.

    `from_days`, `until_days`: working days until half, and 85 of 100, of the cases like this one
    were paid; None without forecast or calendar. `if_as_others`: a forecast that holds only if who
    has it outside acts as others did. `clock` is the promise that is told of. `silent`:
    whose word is missing, and since when (RFC 3339). `late_days`: working days past the promise.
    """

    wait: Wait
    clock: ClockRow | None = None
    forecast: PaidByRow | None = None
    from_days: int | None = None
    until_days: int | None = None
    late_days: int | None = None
    silent: Sequence[tuple[str, str | None]] = ()
    late_reason: TimelineEntry | None = None
    place: PlaceRow | None = None
    if_as_others: PaidByRow | None = None


def situation_of(share: Share, process: Process) -> Situation:
    """What the payee needs to hear first."""
    seat, stage = share.seat, share.seat.stage
    if stage is None:
        return Situation.UNSEEN
    if share.standing is Standing.BOUNCED:
        yours = seat.holder == "payee"
        return Situation.BOUNCED_YOURS if yours else Situation.BOUNCED_OURS
    if stage.ends:
        return _ended(share, seat)
    if seat.holder == "payee":
        return Situation.BOUNCED_YOURS
    if stage.group == 1:
        if not stage.counts:
            return Situation.DRAFT
        return Situation.RETURNED if was_returned(seat, process) else Situation.AT_UNIT
    return Situation.RECEIVED if stage.group == 2 else Situation.IN_PROCESS


def _ended(share: Share, seat: Seat) -> Situation:
    if seat.stage is not None and seat.stage.rank is not None:
        return Situation.COLLECT if to_collect(share.lines) else Situation.PAID
    again = seat.stage is not None and {"submitted", "drafted"} & seat.stage.left_by
    return Situation.TAKEN_BACK if again else Situation.STOPPED


def was_returned(seat: Seat, process: Process) -> bool:
    """Did it come to where it stands by a way back, so that somebody must mend something?"""
    fact = None if seat.entry is None else process.facts.get(seat.entry.fact)
    return fact is not None and bool(fact.back_from) and fact.lines is None


def last_transfer(line: Line) -> Transfer | None:
    """The last transfer of *line* that was not returned."""
    return next((one for one in reversed(line.transfers) if not one.returned), None)


def to_collect(lines: Sequence[Line]) -> Transfer | None:
    """What is ready to be fetched and was not, as far as anybody has told."""
    for line in lines:
        sent = last_transfer(line) if line.state == "transferred" and not line.credited else None
        if sent is not None and sent.method in COLLECTED:
            return sent
    return None


def days_of(
    share: Share,
    sla: CaseSlaData | None,
    recomputed: bool,
    calendar: CalendarRules | None,
    situation: Situation,
) -> Days:
    """How many more days, and by when."""
    if situation in _OVER:
        return Days(Wait.OVER)
    if situation is Situation.UNSEEN:
        return Days(Wait.UNKNOWN)
    if sla is None or recomputed:
        return Days(Wait.RECOMPUTED)
    clock = promise(sla.clocks, share.seat.holder)
    silent = () if clock is None else tuple(clock.undetermined)
    if situation is Situation.BOUNCED_YOURS:
        return Days(Wait.NEEDS_YOU, clock=clock)
    if silent:
        return Days(Wait.UNDETERMINED, clock=clock, silent=silent)
    late = clock is not None and clock.state == "breached"
    at_others = share.seat.holder in OTHERS
    # While somebody outside has it nobody can say by when the money comes.
    forecast = None if at_others or not share.whole_days else sla.paid_by
    known = _until(forecast, sla.as_of_date, calendar)
    return Days(
        wait=_wait(clock, late, at_others, forecast),
        clock=clock,
        forecast=forecast,
        from_days=known[0],
        until_days=known[1],
        late_days=_late_days(clock) if late else None,
        late_reason=_late_reason(share) if late else None,
        place=_place(sla, share.seat.holder),
        if_as_others=sla.paid_by if at_others and share.whole_days else None,
    )


_OVER = frozenset({Situation.PAID, Situation.COLLECT, Situation.TAKEN_BACK, Situation.STOPPED})


def _wait(clock: ClockRow | None, late: bool, at_others: bool, forecast: PaidByRow | None) -> Wait:
    if late and not at_others:
        return Wait.LATE
    if at_others:
        return Wait.AT_OTHERS
    if forecast is not None:
        return Wait.FORECAST
    return Wait.DUE if clock is not None and clock.due else Wait.UNKNOWN


def promise(clocks: Sequence[ClockRow], holder: str | None) -> ClockRow | None:
    """
    The clock a payee is told of: a running one of who has the case now, else any running one, else
    the last that stopped. What everybody promised together comes after what one party did.
    """

    def place(clock: ClockRow) -> tuple[bool, bool, bool, str]:
        running = clock.state in ("open", "breached")
        return not running, clock.party != holder, clock.party == "everyone", clock.clause

    known = [clock for clock in clocks if clock.state != "void"]
    return min(known, key=place, default=None)


def _late_days(clock: ClockRow | None) -> int | None:
    if clock is None or clock.budget is None:
        return None
    return max(clock.charged - clock.budget, 0)


def _late_reason(share: Share) -> TimelineEntry | None:
    said = [entry for entry in share.entries if entry.fact == "delayed" and entry.reason]
    return said[-1] if said else None


def _place(sla: CaseSlaData, holder: str | None) -> PlaceRow | None:
    if sla.queue is None or sla.queue.party != holder or not sla.queue.places:
        return None
    return min(sla.queue.places, key=lambda place: place.position)


def _until(
    forecast: PaidByRow | None, as_of_date: str, calendar: CalendarRules | None
) -> tuple[int | None, int | None]:
    """Working days from the last day charged until half, and most, of such cases were paid."""
    if forecast is None or calendar is None or forecast.later_than_most:
        return None, None
    days, today = days_off(calendar), date.fromisoformat(as_of_date)
    half, most = (date.fromisoformat(on) for on in (forecast.half_on, forecast.most_on))
    return max(workdays_between(days, today, half), 0), max(workdays_between(days, today, most), 0)


def days_off(rules: CalendarRules) -> Calendar:
    """*rules* as working days are counted with."""
    return Calendar(days_off=rules.dates_off, weekend=rules.weekend)
