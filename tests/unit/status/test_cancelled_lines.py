"""Cancelled lines and cases, by hand, and what reopening takes back."""

from __future__ import annotations

from tests.unit.status.cases import (
    case,
    event,
    line,
    line_states,
    refusals,
    sent,
    stages,
)

A, B, C = line("a", payee="p1"), line("b", payee="p2"), line("c", payee="p3")
ABC = event("in-process", 0, "made", lines=[A, B, C])


def test_cancelling_one_line_keeps_the_stage() -> None:
    """While another line waits, a cancelled line moves nothing."""
    told = (ABC, event("cancelled", 1, lines=[A]))
    assert ("in_process", {"a": "cancelled", "b": "open", "c": "open"}) == (
        case(*told).stage,
        line_states(*told),
    )


def test_cancelling_the_rest_of_a_part_payment_is_paid() -> None:
    """Nothing waits any more and one line is paid: the case is paid."""
    told = (ABC, event("transferred", 1, **sent("T1", A)), event("cancelled", 2))
    assert ["in_process", "paid"] == stages(*told)
    assert {"a": "transferred", "b": "cancelled", "c": "cancelled"} == line_states(*told)


def test_cancelling_a_paid_line_takes_no_money_back() -> None:
    """A line that is transferred stays so; naming it with the rest still leaves the case paid."""
    told = (ABC, event("transferred", 1, **sent("T1", A)), event("cancelled", 2, lines=[A, B, C]))
    assert ("paid", "transferred") == (case(*told).stage, line_states(*told)["a"])


def test_cancelling_a_paid_case_is_refused_as_ended() -> None:
    """Cancelling does not leave `paid`."""
    assert [("cancelled-2", "case has ended")] == refusals(
        event("transferred", 1), event("cancelled", 2)
    )


def test_money_sent_to_a_cancelled_line_is_seen() -> None:
    """A transfer of a cancelled line is a transfer: what is out outweighs what was said."""
    told = (ABC, event("cancelled", 1, lines=[A]), event("transferred", 2, **sent("T1", A)))
    assert {"a": "transferred", "b": "open", "c": "open"} == line_states(*told)
    late = (
        event("transferred", 1, **sent("T1", A)),
        event("in-process", 0, lines=[A, B]),
        event("cancelled", 2, lines=[B]),
        event("transferred", 3, **sent("T2", B)),
    )
    assert ([], {"a": "transferred", "b": "transferred"}) == (refusals(*late), line_states(*late))


def test_reopening_takes_the_last_cancelling_back_and_no_other() -> None:
    """A line cancelled before the whole case was stays cancelled when the case is reopened."""
    told = (
        ABC,
        event("cancelled", 1, lines=[A]),
        event("cancelled", 2),
        event("reopened", 3),
    )
    assert ["in_process", "cancelled", "in_process"] == stages(*told)
    assert {"a": "cancelled", "b": "open", "c": "open"} == line_states(*told)


def test_reopening_a_standing_case_restores_no_line() -> None:
    """An officer who moves an open case by `reopened` does not bring a cancelled line back."""
    told = (
        event("received", 0, lines=[A, B]),
        event("cancelled", 1, lines=[A]),
        event("reopened", 2, stage="in_process"),
    )
    assert {"a": "cancelled", "b": "open"} == line_states(*told)


def test_paid_although_cancelled_then_bounced_can_be_paid_again() -> None:
    """The line of a cancelled case that was paid, came back, and is paid again."""
    told = (
        event("in-process", 0, lines=[A]),
        event("cancelled", 1),
        event("transferred", 2, **sent("T1")),
        event("bounced", 3, **sent("T1")),
        event("transferred", 4, **sent("T2")),
    )
    assert ["in_process", "cancelled", "paid", "bounced", "paid"] == stages(*told)
    assert {"a": "transferred"} == line_states(*told)
