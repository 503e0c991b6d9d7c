"""Lines, by hand: part payments and bounces, with and without a reference."""

from __future__ import annotations

from status.model import Effect

from tests.unit.status.cases import (
    by_date,
    case,
    effects,
    event,
    line,
    line_states,
    refusals,
    sent,
    stages,
)

A, B, C = line("a", payee="p1"), line("b", payee="p2"), line("c", payee="p3")
ABC = event("in-process", 0, "made", lines=[A, B, C])


def test_a_case_without_named_lines_has_one_implied_line() -> None:
    """The whole amount is one line without id, and is paid by one transfer."""
    assert {"": "open"} == line_states(event("received"))
    assert {"": "transferred"} == line_states(event("received"), event("transferred", 1))


def test_the_first_named_line_replaces_the_implied_one() -> None:
    """Once lines are named, the line of the whole amount is gone."""
    assert {"a": "open", "b": "open"} == line_states(
        event("submitted", 0), event("received", 1, lines=[A, B])
    )


def test_facts_upsert_lines_and_never_replace_the_list() -> None:
    """A later fact adds a line and changes what it says of another; the rest stays as it was."""
    told = case(
        event("submitted", 0, lines=[line("a", invoice="i1"), B]),
        event("received", 1, lines=[line("a", net="97.00"), C]),
    )
    assert [
        ("a", {"gross": "100.00", "invoice": "i1", "net": "97.00"}),
        ("b", {"gross": "100.00", "payee": "p2"}),
        ("c", {"gross": "100.00", "payee": "p3"}),
    ] == [(view.id, view.details) for view in told.lines]


def test_k_of_n_paid_keeps_the_stage() -> None:
    """Two of three lines are paid: the case stays in process until the third is."""
    two = (ABC, event("transferred", 1, **sent("T1", A)), event("transferred", 2, **sent("T2", B)))
    assert "in_process" == case(*two).stage
    assert {"a": "transferred", "b": "transferred", "c": "open"} == line_states(*two)
    assert ["in_process", "paid"] == stages(*two, event("transferred", 3, **sent("T3", C)))


def test_a_transfer_without_lines_means_all_that_wait() -> None:
    """After a part payment one transfer without lines pays the rest, and only the rest."""
    told = case(
        ABC, event("transferred", 1, **sent("T1", A)), event("transferred", 2, **sent("T2"))
    )
    assert "paid" == told.stage
    assert [["T1"], ["T2"], ["T2"]] == [[t.reference for t in v.transfers] for v in told.lines]


def test_a_bounce_puts_the_case_into_bounced_though_other_lines_are_paid() -> None:
    """One of three payees has a wrong account; the transfer that completes the case leads out."""
    told = (
        ABC,
        event("transferred", 1, **sent("T1", A, B, C)),
        event("bounced", 2, **sent("T1", B), reason={"code": "wrong-account"}),
    )
    assert ("bounced", "payee") == case(*told).spans[-1][:2]
    assert {"a": "transferred", "b": "bounced", "c": "transferred"} == line_states(*told)
    again = (*told, event("transferred", 3, **sent("T2", B)))
    assert ["in_process", "paid", "bounced", "paid"] == stages(*again)
    assert [("T1", True), ("T2", False)] == [
        (t.reference, t.returned) for t in case(*again).lines[1].transfers
    ]


def test_a_bounced_case_is_not_left_by_a_part_payment() -> None:
    """While one line is bounced, paying another leaves the case in bounced."""
    told = (
        ABC,
        event("transferred", 1, **sent("T1", A)),
        event("bounced", 2, **sent("T1", A)),
        event("transferred", 3, **sent("T2", B, C)),
    )
    assert "bounced" == case(*told).stage
    assert "paid" == case(*told, event("transferred", 4, **sent("T3", A))).stage


def test_a_bounce_that_sorts_before_its_date_only_transfer() -> None:
    """The bank's bounce of 15:00 names the transfer that the ERP tells of at the day's end."""
    told = (
        event("in-process", 1),
        event("bounced", 15, role="bank", **sent("T1")),
        by_date("transferred", 0, 7, **sent("T1")),
    )
    assert ["in_process", "bounced"] == stages(*told)
    assert {"": "bounced"} == line_states(*told)
    assert "paid" == case(*told, event("transferred", 30, **sent("T2"))).stage


def test_an_early_bounce_of_one_line_lets_the_others_be_paid() -> None:
    """A bounce names transfer and line before the transfer is told of: only that line bounced."""
    told = (
        event("in-process", 1, lines=[A, B]),
        event("bounced", 15, **sent("T1", A)),
        by_date("transferred", 0, 7, **sent("T1", A, B)),
    )
    assert {"a": "bounced", "b": "transferred"} == line_states(*told)
    assert "bounced" == case(*told).stage


def test_a_bounce_without_reference_means_the_last_transfer() -> None:
    """Without reference and lines only the case's last transfer came back."""
    told = (
        ABC,
        event("transferred", 1, **sent("T1", A, B)),
        event("transferred", 2, **sent("T2", C)),
        event("bounced", 3),
    )
    assert {"a": "transferred", "b": "transferred", "c": "bounced"} == line_states(*told)


def test_a_bounce_without_reference_means_the_last_transfer_of_each_named_line() -> None:
    """Two lines sent by two transfers are named: the last transfer of each came back."""
    told = (
        ABC,
        event("transferred", 1, **sent("T1", A)),
        event("transferred", 2, **sent("T2", B)),
        event("bounced", 3, lines=[A, B]),
    )
    assert {"a": "bounced", "b": "bounced", "c": "open"} == line_states(*told)


def test_a_second_report_of_a_bounce_takes_nothing_more_back() -> None:
    """Bank and finance tell of one bounce, neither with a reference: one transfer came back."""
    told = (
        ABC,
        event("transferred", 1, **sent("T1", A)),
        event("transferred", 2, **sent("T2", A)),
        event("bounced", 3, lines=[A]),
        event("bounced", 4, role="bank", lines=[A]),
    )
    assert "transferred" == line_states(*told)["a"]


def test_a_bounce_with_nothing_sent_moves_the_case_only() -> None:
    """A bounce whose transfer nobody told of: the case is bounced, its line still open."""
    told = (event("in-process"), event("bounced", 1))
    assert ("bounced", {"": "open"}) == (case(*told).stage, line_states(*told))


def test_one_of_two_transfers_of_a_line_came_back() -> None:
    """A line sent twice is transferred while one of the two is not bounced."""
    told = (
        event("transferred", 1, **sent("T1", A)),
        event("bounced", 2, **sent("T1", A)),
        event("transferred", 3, **sent("T2", A)),
        event("bounced", 4, **sent("T1", A)),
        event("transferred", 5, **sent("T3", A)),
    )
    assert {"a": "transferred"} == line_states(*told)
    assert ["paid", "bounced", "paid", "bounced", "paid"] == stages(*told)


def test_a_line_whose_money_stayed_out_completes_the_case() -> None:
    """A transfer known to have come back still completes a case whose lines are all paid."""
    told = (
        event("transferred", 1, **sent("T1", A)),
        event("bounced", 2, **sent("T2", A)),
        event("transferred", 3, **sent("T2", A)),
    )
    assert ["paid", "bounced", "paid"] == stages(*told)


def test_a_transfer_told_by_two_sources_came_back_once() -> None:
    """Finance and bank tell of one transfer; the bounce that names it returns both tellings."""
    told = (
        event("in-process", 0, lines=[A, B]),
        event("transferred", 1, **sent("T1", A)),
        event("transferred", 2, role="bank", **sent("T1", A)),
        event("bounced", 3, **sent("T1", A)),
    )
    assert {"a": "bounced", "b": "open"} == line_states(*told)


def test_already_ended_unless_it_names_another_line() -> None:
    """On a paid case a transfer is news only for a line not yet paid."""
    paid = event("transferred", 1, **sent("T1", A))
    again = event("transferred", 2, "again", **sent("T1", A))
    whole = event("transferred", 3, "whole", **sent("T1"))
    other = event("transferred", 4, "other", **sent("T2", B))
    told = (paid, again, whole, other)
    assert [("again", "already ended"), ("whole", "already ended")] == refusals(*told)
    assert {"a": "transferred", "b": "transferred"} == line_states(*told)
    assert Effect.HELD == effects(*told)[-1][1]


def test_credited_marks_lines_and_a_bounce_takes_it_back() -> None:
    """Money that arrived is marked; when the line bounces the mark goes."""
    told = (
        ABC,
        event("transferred", 1, **sent("T1", A, B)),
        event("credited", 2, lines=[A]),
    )
    assert [True, False, False] == [view.credited for view in case(*told).lines]
    bounced = event("bounced", 3, **sent("T1", A))
    assert [False, False, False] == [view.credited for view in case(*told, bounced).lines]


def test_a_line_added_while_others_are_paid_keeps_the_case_open() -> None:
    """A line that a later fact adds has to be paid too."""
    told = (
        event("in-process", 0, lines=[A, B]),
        event("transferred", 1, **sent("T1", A)),
        event("in-process", 2, lines=[C]),
        event("transferred", 3, **sent("T2", B)),
    )
    assert "in_process" == case(*told).stage
    assert {"a": "transferred", "b": "transferred", "c": "open"} == line_states(*told)


def test_a_reopened_case_is_paid_again() -> None:
    """A paid case that was reopened is paid by the next transfer, and shows both."""
    told = (
        event("in-process", 0),
        event("transferred", 1, **sent("T1")),
        event("reopened", 2),
        event("transferred", 3, **sent("T2")),
    )
    assert ["in_process", "paid", "in_process", "paid"] == stages(*told)
    assert ["T1", "T2"] == [t.reference for t in case(*told).lines[0].transfers]
