"""From messages to a `Picture`: what `case-status` and `line-status` say to notify. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from chassis.instants import microseconds

from notify.case import Case, Effect, Entry, Line, Span, Transfer
from notify.model import Key
from notify.said import CaseSaid, EntrySaid

EFFECTS = {one.value: one for one in Effect}


@lru_cache(maxsize=65_536)
def instant_us(written: str) -> int:
    """The instant of an RFC 3339 time with offset. Raises `ValueError`."""
    return microseconds(datetime.fromisoformat(written))


def case_of(said: CaseSaid) -> Case:
    """The case *said* describes. Raises `ValueError` for a time that is none."""
    return Case(
        id=said.case,
        number=said.number,
        process=said.process,
        stage=said.stage,
        holder=said.holder,
        ended=said.ended,
        contact=said.contact,
        spans=tuple(
            Span(span.stage, span.holder, instant_us(span.since), Key(*span.anchor))
            for span in said.spans
        ),
        timeline=tuple(_entry(entry, said.replay) for entry in said.timeline),
        omitted="timeline" in said.omitted,
        unit=said.unit,
        title=said.title,
        amount=None if said.amount is None else said.amount.value,
        currency=None if said.amount is None else said.amount.currency,
        redirect_to=said.redirect_to,
        replay=said.replay,
    )


def _entry(entry: EntrySaid, replay: bool) -> Entry:
    return Entry(
        key=Key(entry.source, entry.id),
        fact=entry.fact,
        at_us=instant_us(entry.at),
        day_precision=entry.precision == "day",
        effect=EFFECTS[entry.effect],
        stage=entry.stage,
        reason=entry.reason,
        replay=replay,
        papers=tuple(entry.papers),
    )


def lines_of(rows: Iterable[Mapping[str, Any]], same_payee: Mapping[str, str]) -> tuple[Line, ...]:
    """
    The lines of all chunks' *rows* (plain JSON), each with the payee id that stayed.

    `reached_by` are the row's events and those of its transfers; a row that names none was reached
    by none, and none of its payees is told of money.
    """
    return tuple(_line(row, same_payee) for row in rows)


def _line(row: Mapping[str, Any], same_payee: Mapping[str, str]) -> Line:
    payee = row.get("payee")
    transfers = tuple(_transfer(one) for one in row.get("transfers", ()))
    reached = {Key(*key) for key in row.get("reached_by", ())}
    reached |= {transfer.anchor for transfer in transfers if transfer.anchor is not None}
    return Line(
        id=row["id"],
        state=row["state"],
        payee=None if payee is None else same_payee.get(payee, payee),
        invoice=row.get("invoice"),
        gross=row.get("gross"),
        net=row.get("net"),
        deductions=tuple(row.get("deductions", ())),
        transfers=transfers,
        reached_by=frozenset(reached),
        whole=not row.get("transfers_omitted") and not row.get("reached_omitted"),
    )


def _transfer(row: Mapping[str, Any]) -> Transfer:
    anchor = row.get("anchor")
    return Transfer(
        anchor=None if anchor is None else Key(*anchor),
        reference=row["reference"],
        returned=row["returned"],
        at_us=instant_us(row["at"]),
        method=row.get("method"),
        date=row.get("date"),
    )


def lines_are_settled(
    chunks: Sequence[tuple[int, int, int]], counted: Mapping[str, int], rows: Sequence[Line]
) -> bool:
    """
    Are the lines at hand those of the case's version?

    *chunks* are (version, chunk, chunks) of each message held, *counted* the case's own counts of
    lines by state with their `total`. A case and its lines travel on two topics, so one may be
    ahead; deciding then would tell, or take back, what the next message settles.
    """
    if len({(version, count) for version, _, count in chunks}) > 1:
        return False
    if chunks and len(chunks) != chunks[0][2]:
        return False
    states: dict[str, int] = {}
    for line in rows:
        states[line.state] = states.get(line.state, 0) + 1
    told = {state: count for state, count in counted.items() if count and state != "total"}
    return counted.get("total", 0) == len(rows) and told == states
