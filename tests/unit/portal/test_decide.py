"""What a payee's own lines of a case say together, whatever the others' lines do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from portal.decide import by_payee, net_of, standing_of, words_of
from portal.model import Standing

STATES = ("open", "transferred", "bounced", "cancelled")


def line(payee: str | None = "anna", state: str = "open", **more: Any) -> dict[str, Any]:
    """A line of 10 baht."""
    return {"id": "1", "payee": payee, "state": state, "net": "10.00", "transfers": [], **more}


def sent(day: str, returned: bool = False) -> dict[str, Any]:
    """A transfer."""
    return {"reference": f"T-{day}", "returned": returned, "at": f"{day}T01:00:00Z", "date": day}


def test_what_came_back_counts_before_what_waits_and_what_was_paid() -> None:
    """One state for all lines: bounced, then waiting, then paid, then cancelled."""
    assert Standing.BOUNCED == standing_of(["transferred", "open", "bounced", "cancelled"])
    assert Standing.WAITS == standing_of(["transferred", "open", "cancelled"])
    assert Standing.PAID == standing_of(["transferred", "cancelled"])
    assert Standing.CANCELLED == standing_of(["cancelled"])


def test_the_net_of_a_line_without_one_is_gross_less_deductions() -> None:
    """What is not said is not invented."""
    deducted = [{"code": "tax", "amount": "1.50"}, {"code": "fine", "amount": "0.25"}]
    assert Decimal("10.00") == net_of(line())
    assert Decimal("8.25") == net_of(line(net=None, gross="10.00", deductions=deducted))
    assert net_of(line(net=None)) is None


def test_a_payee_sees_the_last_transfer_that_arrived() -> None:
    """A returned transfer paid nothing; a line that came back has no date."""
    transfers = [sent("2026-11-20"), sent("2026-11-23"), sent("2026-11-24", returned=True)]
    (row,) = by_payee(1, [line(state="transferred", transfers=transfers)])
    (back,) = by_payee(1, [line(state="bounced", transfers=[sent("2026-11-20", returned=True)])])
    assert (date(2026, 11, 23), None) == (row.paid_on, back.paid_on)


def test_a_line_without_payee_is_nobodys_and_hides_the_title() -> None:
    """Who is not alone in a case may not see what is said of the whole."""
    assert [] == by_payee(1, [line(None)])
    assert [False] == [row.alone for row in by_payee(1, [line(), line(None)])]
    assert [True] == [row.alone for row in by_payee(1, [line(), line()])]


def test_lines_are_found_by_their_own_numbers_only() -> None:
    """Nobody finds a case by the invoice of another."""
    lines = [line("anna", invoice="A-1"), line("bert", invoice="B-2", transfers=[sent("x")])]
    assert "a1 1" == words_of(lines, "anna")[0]
    assert "b2 1 tx" == words_of(lines, "bert")[0]


@given(st.lists(st.tuples(st.sampled_from(["anna", "bert", None]), st.sampled_from(STATES))))
def test_others_lines_change_nothing_but_whether_one_is_alone(
    told: list[tuple[str | None, str]],
) -> None:
    """The status of a payee is a function of the payee's own lines."""
    lines = [line(payee, state) for payee, state in told]
    own = [one for one in lines if one["payee"] == "anna"]
    together = [row for row in by_payee(7, lines) if row.payee_id == "anna"]
    apart = by_payee(7, own)
    assert [row._replace(alone=True) for row in together] == apart
    assert all(row.alone == (len(own) == len(lines)) for row in together)
