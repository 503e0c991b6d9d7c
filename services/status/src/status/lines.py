"""
The lines of one case during its fold: who is named, what was transferred, what came back.

A line's state is a set rule over the transfers and bounces seen so far, so that a bounce that names
its transfer holds even when it sorts before it. Pure; rule: docs/architecture/lines.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.process import LineEffect

from status.model import Event, Key, LineState, LineTransfer, LineView, Refusal

IMPLIED = ""
DETAILS = ("payee", "invoice", "gross", "deductions", "net")
WAITING = (LineState.OPEN, LineState.BOUNCED)


@dataclass(frozen=True, slots=True)
class _Transfer:
    reference: str
    event: Event
    lines: frozenset[str]


@dataclass(slots=True)
class LineBook:
    """All lines of a case while it is folded."""

    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    transfers: list[_Transfer] = field(default_factory=list)
    by_line: dict[str, list[_Transfer]] = field(default_factory=lambda: defaultdict(list))
    returned_everywhere: dict[str, list[Key]] = field(default_factory=dict)
    returned: dict[tuple[str, str], list[Key]] = field(default_factory=dict)
    touched: dict[str, list[Key]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    credited: set[str] = field(default_factory=set)

    def ids(self) -> list[str]:
        """The lines there are: the named ones, else the implied one."""
        return list(self.details) or [IMPLIED]

    def state(self, line: str) -> LineState:
        """How *line* stands by what was seen so far: money that is out outweighs every word."""
        transfers = self.by_line.get(line, ())
        if any(not self._is_returned(transfer.reference, line) for transfer in transfers):
            return LineState.TRANSFERRED
        if line in self.cancelled:
            return LineState.CANCELLED
        return LineState.BOUNCED if transfers else LineState.OPEN

    def _is_returned(self, reference: str, line: str) -> bool:
        return reference in self.returned_everywhere or (reference, line) in self.returned

    def payable(self) -> list[str]:
        """The lines money may still go to: open or bounced."""
        return [line for line in self.ids() if self.state(line) in WAITING]

    def reached(self, named: Sequence[str] | None) -> list[str]:
        """
        The lines a transfer goes to: those it names, else all that wait.

        Where none waits, money that is told of went to the lines already paid, or took the
        cancellation of all of them back.
        """
        if named is not None:
            return list(named)
        paid = [line for line in self.ids() if self.state(line) is LineState.TRANSFERRED]
        return self.payable() or paid or self.ids()

    def would_complete(self, event: Event, named: Sequence[str] | None) -> bool:
        """Would the transfer *event* leave no line open or bounced, and one transferred?"""
        reached, reference = self.reached(named), transfer_reference(event)
        states = {
            line: self.state(line)
            for line in (self.ids() if named is None else [*self.details, *named])
        }
        for line in reached:
            if not self._is_returned(reference, line):
                states[line] = LineState.TRANSFERRED
            elif states[line] is not LineState.TRANSFERRED:
                states[line] = LineState.BOUNCED
        return is_complete(states.values())

    def states_without(self, named: Sequence[str]) -> list[LineState]:
        """How the lines stand once those of *named* that wait are cancelled."""
        states = [(line, self.state(line)) for line in self.ids()]
        return [
            LineState.CANCELLED if line in named and state in WAITING else state
            for line, state in states
        ]

    def resolve(self, event: Event, effect: LineEffect) -> list[str] | Refusal | None:
        """
        The ids of the lines an event names; None when it names none; a refusal when it cannot be
        said.
        """
        named = event.said.get("lines")
        if not named:
            return None
        if effect is LineEffect.DESCRIBES and not self.details:
            return first_ids(named)
        reference = (event.said.get("transfer") or {}).get("reference")
        taken = {line["id"] for line in named if line.get("id")}
        ids: list[str] = []
        for line in named:
            found = line.get("id") or self._match(line, self._pools(effect, reference), taken)
            if isinstance(found, Refusal):
                return found
            taken.add(found)
            ids.append(found)
        return ids

    def _pools(self, effect: LineEffect, reference: str | None) -> list[set[str]]:
        """
        Where a line without an id is looked for; the first pool that has it decides.

        What comes back or arrives was sent before, unless its transfer is still to be told.
        """
        payable = set(self.payable())
        if effect not in (LineEffect.BOUNCES, LineEffect.CREDITS):
            return [payable]
        sent = {line for t in self.transfers if t.reference == reference for line in t.lines}
        paid = {line for line in self.ids() if self.state(line) is LineState.TRANSFERRED}
        return [sent, paid, payable]

    def _match(
        self, line: Mapping[str, Any], pools: Iterable[set[str]], taken: set[str]
    ) -> str | Refusal:
        wanted = identity_of(line)
        alike = {
            known
            for known, details in self.details.items()
            if known not in taken and identity_of(details) == wanted
        }
        for pool in pools:
            found = sorted(alike & pool)
            if found:
                return found[0] if len(found) == 1 else Refusal.LINE_AMBIGUOUS
        return Refusal.LINE_NOT_FOUND

    def describe(self, ids: Sequence[str], said: Mapping[str, Any]) -> None:
        """
        Write what an event says of the lines it names; lines it does not name stay as they are.
        """
        for line, words in zip(ids, said["lines"], strict=True):
            self._replace_implied()
            known = self.details.setdefault(line, {})
            known.update({name: words[name] for name in DETAILS if words.get(name) is not None})

    def _replace_implied(self) -> None:
        # The first named line takes the implied line's place, with all that was said of that one.
        if not self.details:
            self.transfers.clear()
            self.by_line.clear()
            self.touched.pop(IMPLIED, None)
            self.cancelled.discard(IMPLIED)
            self.credited.discard(IMPLIED)

    def transfer(self, ids: Sequence[str], event: Event) -> None:
        """Record one transfer of *ids*; a line that money goes to is no longer cancelled."""
        transfer = _Transfer(transfer_reference(event), event, frozenset(ids))
        self.transfers.append(transfer)
        self.cancelled -= transfer.lines
        for line in transfer.lines:
            self.by_line[line].append(transfer)

    def bounce(self, ids: Sequence[str] | None, event: Event) -> None:
        """
        Record that a transfer came back.

        With a transfer reference it holds for that transfer, seen or yet to come.
        Without one it means the last transfer of each named line; of the case, when it names none.
        """
        reference = (event.said.get("transfer") or {}).get("reference")
        if reference is not None and ids is None:
            self.returned_everywhere.setdefault(str(reference), []).append(event.key)
        elif reference is not None:
            self._return([(str(reference), line) for line in ids or ()], event.key)
        elif ids is not None:
            sent = [line for line in ids if self.by_line.get(line)]
            self._return([(self.by_line[line][-1].reference, line) for line in sent], event.key)
        elif self.transfers:
            last = self.transfers[-1].reference
            lines = {line for t in self.transfers if t.reference == last for line in t.lines}
            self._return([(last, line) for line in lines], event.key)
        self.credited = {i for i in self.credited if self.state(i) is not LineState.BOUNCED}

    def _return(self, transfers: Iterable[tuple[str, str]], by: Key) -> None:
        for transfer in transfers:
            self.returned.setdefault(transfer, []).append(by)

    def touch(self, ids: Iterable[str], by: Key) -> None:
        """Record that the event *by* reached *ids* otherwise than with money out or back."""
        for line in ids:
            self.touched.setdefault(line, []).append(by)

    def _reached_by(self, line: str) -> tuple[Key, ...]:
        """The events that reached *line*: what sent it, what took that back, and the rest."""
        keys = dict.fromkeys(self.touched.get(line, ()))
        for transfer in self.by_line.get(line, ()):
            keys[transfer.event.key] = None
            keys.update(dict.fromkeys(self.returned_everywhere.get(transfer.reference, ())))
            keys.update(dict.fromkeys(self.returned.get((transfer.reference, line), ())))
        return tuple(keys)

    def views(self) -> tuple[LineView, ...]:
        """All lines as they stand now, by id."""
        return tuple(self._view(line) for line in sorted(self.ids()))

    def _view(self, line: str) -> LineView:
        return LineView(
            id=line,
            state=self.state(line),
            credited=line in self.credited,
            details=self.details.get(line, {}),
            transfers=tuple(
                self._transfer_view(line, transfer) for transfer in self.by_line.get(line, ())
            ),
            reached_by=self._reached_by(line),
        )

    def _transfer_view(self, line: str, transfer: _Transfer) -> LineTransfer:
        told = transfer.event.said.get("transfer") or {}
        return LineTransfer(
            anchor=transfer.event.key,
            reference=transfer.reference,
            at_us=transfer.event.instant_us,
            returned=self._is_returned(transfer.reference, line),
            method=told.get("method"),
            date=told.get("date"),
        )


def is_complete(states: Iterable[LineState]) -> bool:
    """No line is open or bounced, and at least one is transferred."""
    found = set(states)
    return LineState.TRANSFERRED in found and found.isdisjoint(WAITING)


def first_ids(named: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids for the first lines a case names; a source without ids gets them by position."""
    given = {line["id"] for line in named if line.get("id")}
    ids = []
    for place, line in enumerate(named, 1):
        own = f"#{place}"
        while own in given:
            own = f"#{own}"
        ids.append(str(line.get("id") or own))
    return ids


def transfer_reference(event: Event) -> str:
    """
    The bank reference of a transfer, else the event's own identity: two of them are never confused.
    """
    reference = (event.said.get("transfer") or {}).get("reference")
    return str(reference) if reference else f"{event.key.source} {event.key.id}"


def identity_of(line: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """What tells a line without an id from its sisters: payee, invoice and gross."""
    return (line.get("payee"), line.get("invoice"), _number(line.get("gross")))


def _number(text: Any) -> Decimal | None:
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        return None
