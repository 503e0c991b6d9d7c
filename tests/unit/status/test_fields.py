"""Whose word a field takes, and which numbers are a case's own."""

from __future__ import annotations

from typing import Any

from tests.unit.status.cases import case, event

CLAIM = ("claim", "unit-1", "2569", "69-001")
RECEIPT = ("receipt", "finance", "2569", "R1")


def thb(value: str) -> dict[str, Any]:
    """An amount in baht."""
    return {"value": value, "currency": "THB"}


def test_the_units_last_word_holds_while_the_case_is_with_the_unit() -> None:
    """A claim that is sent again with another amount has that amount."""
    told = case(
        event("submitted", 0, amount=thb("100.00")), event("approved", 1, amount=thb("90.00"))
    )
    assert thb("90.00") == told.fields["amount"]


def test_after_the_receipt_finance_has_the_word() -> None:
    """The unit's later word on the amount changes nothing once finance has the case."""
    told = case(
        event("submitted", 0, amount=thb("100.00")),
        event("received", 1, amount=thb("80.00")),
        event("approved", 2, amount=thb("100.00")),
    )
    assert thb("80.00") == told.fields["amount"]


def test_a_returned_case_is_the_units_again() -> None:
    """What the unit says after a return holds until finance speaks again."""
    told = case(
        event("received", 0, amount=thb("80.00"), kind="travel"),
        event("returned", 1),
        event("submitted", 2, amount=thb("70.00")),
    )
    assert {"amount": thb("70.00"), "kind": "travel"} == told.fields


def test_what_nobody_has_said_anybody_may_say() -> None:
    """The unit may add the fund after the receipt; the bank may not replace it."""
    told = case(
        event("received", 0),
        event("approved", 1, fund="research"),
        event("credited", 2, role="bank", fund="other", priority="urgent"),
    )
    assert {"fund": "research", "priority": "urgent"} == told.fields


def test_the_officer_has_the_word_at_any_time() -> None:
    """An officer's correction holds with the unit and with finance."""
    told = case(
        event("submitted", 0, unit="arts"),
        event("delayed", 1, role="officer", unit="science"),
        event("received", 2),
    )
    assert "science" == told.fields["unit"]


def test_a_contradiction_sets_no_field() -> None:
    """A fact that is not taken changes nothing, its fields too."""
    told = case(event("transferred", 0, kind="travel"), event("received", 1, kind="research"))
    assert {"kind": "travel"} == told.fields


def test_each_field_stands_for_itself() -> None:
    """A fact that leaves a field out does not clear it."""
    told = case(event("submitted", 0, kind="travel", due_on="2026-02-01"), event("received", 1))
    assert {"kind": "travel", "due_on": "2026-02-01"} == told.fields


def test_a_links_numbers_are_the_cases_until_they_are_parted() -> None:
    """A number that only a link brought goes with the link; one that a fact brought stays."""
    received = event("received", 0, joining=(CLAIM,))
    link = event("linked", 1, joining=(CLAIM, RECEIPT))
    parted = event("unlinked", 2, joining=(RECEIPT, CLAIM))
    assert (CLAIM, RECEIPT) == case(received, link).joining
    assert (CLAIM,) == case(received, link, parted).joining


def test_references_are_told_once_and_sorted() -> None:
    """Numbers that several facts bring are told once; those about the case stand apart."""
    batch = ("bank-batch", "bank", "", "B1")
    told = case(
        event("submitted", 0, joining=(CLAIM,)),
        event("received", 1, joining=(RECEIPT, CLAIM)),
        event("transferred", 2, joining=(RECEIPT,), about=(batch,)),
    )
    assert ((CLAIM, RECEIPT), (batch,)) == (told.joining, told.about)
