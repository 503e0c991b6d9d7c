"""From records of our topics to what notify keeps of them. Pure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.deadletters import DeadLetter
from chassis.errors import where
from chassis.instants import microseconds
from chassis.trails import TRAILS_MAX, Trail, trails_of
from contracts.messages import CaseStatusData, LineStatus, PayeeMessage, SlaEvent
from contracts.sla_messages import CaseSlaData

from notify.model import Key

_Parsed = TypeVar("_Parsed")
UNTOLD = "started"
"""That a clock started is nobody's news and ends none."""


class Arrival(NamedTuple):
    """A state of a case as `case-status` tells it, parsed and as it came."""

    said: CaseStatusData
    body: str

    @property
    def version(self) -> tuple[int, int]:
        """Epoch and version."""
        return self.said.epoch, self.said.version

    @property
    def keys(self) -> set[Key]:
        """The events of its timeline."""
        return {Key(entry.source, entry.id) for entry in self.said.timeline}


@dataclass(slots=True)
class Cases:
    """A batch of `case-status`: by case its states in their order, and the tombstones."""

    arrivals: dict[int, list[Arrival]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    letters: list[DeadLetter] = field(default_factory=list)
    trails: dict[int, list[Trail]] = field(default_factory=dict)


@dataclass(slots=True)
class Lines:
    """A batch of `line-status`: rows by case and chunk, and the chunks there no longer are."""

    rows: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)
    gone: set[tuple[int, int]] = field(default_factory=set)
    letters: list[DeadLetter] = field(default_factory=list)


def read_cases(records: Sequence[ConsumerRecord]) -> Cases:
    """Parse `case-status`; what can never be valid becomes a dead letter."""
    batch = Cases(trails=trails_by_case(records))
    for record in records:
        if not record.value:
            case_id = int(record.key)
            batch.arrivals.pop(case_id, None)
            batch.gone.add(case_id)
            continue
        arrival = _tried(record, batch.letters, _arrival)
        if arrival is not None:
            states = batch.arrivals.setdefault(int(arrival.said.case), [])
            states.append(arrival)
            states.sort(key=lambda one: one.version)
    return batch


def _arrival(value: bytes) -> Arrival:
    data = orjson.loads(value)["data"]
    said = CaseStatusData.model_validate(data)
    int(said.case)
    return Arrival(said, orjson.dumps(data).decode())


def trails_by_case(records: Sequence[ConsumerRecord]) -> dict[int, list[Trail]]:
    """The traces that messages keyed by case carry, the newest first."""
    found: dict[int, list[Trail]] = {}
    for record in records:
        if record.headers and record.key is not None and record.key.isdigit():
            case_id = int(record.key)
            trails = [*trails_of(record.headers), *found.get(case_id, ())]
            found[case_id] = trails[:TRAILS_MAX]
    return found


def read_lines(records: Sequence[ConsumerRecord]) -> Lines:
    """Parse `line-status`; the newest of each chunk counts."""
    batch = Lines()
    for record in records:
        if not record.value:
            case, _, chunk = record.key.decode().partition("/")
            place = (int(case), int(chunk))
            batch.rows.pop(place, None)
            batch.gone.add(place)
            continue
        row = _tried(record, batch.letters, _chunk)
        if row is None:
            continue
        place = (row[0], row[1])
        batch.gone.discard(place)
        if place not in batch.rows or batch.rows[place][2:4] < row[2:4]:
            batch.rows[place] = row
    return batch


def _chunk(value: bytes) -> tuple[Any, ...]:
    data = LineStatus.model_validate_json(value).data
    lines = orjson.loads(value)["data"]["lines"]
    body = orjson.dumps(lines).decode()
    return int(data.case), data.chunk, data.epoch, data.version, data.chunks, body


def read_days(
    records: Sequence[ConsumerRecord], letters: list[DeadLetter]
) -> dict[int, tuple[Any, ...]]:
    """Parse `case-sla`: of each case the newest, without its ledger."""
    rows: dict[int, tuple[Any, ...]] = {}
    for record in records:
        row = _tried(record, letters, _days) if record.value else None
        if row is not None and (row[0] not in rows or rows[row[0]][1:3] < row[1:3]):
            rows[row[0]] = row
    return rows


def _days(value: bytes) -> tuple[Any, ...]:
    told = orjson.loads(value)["data"]
    # The days one by one are nobody's news, and most of the message.
    told.pop("ledger", None)
    data = CaseSlaData.model_validate(told)
    judged = (data.status_epoch, data.status_version)
    return int(data.case), data.epoch, data.version, *judged, orjson.dumps(told).decode()


def read_words(
    records: Sequence[ConsumerRecord], letters: list[DeadLetter]
) -> dict[tuple[int, str], tuple[Any, ...]]:
    """Parse `sla-event`: by case and id, said last."""
    rows: dict[tuple[int, str], tuple[Any, ...]] = {}
    for record in records:
        row = _tried(record, letters, _word) if record.value else None
        if row is None:
            continue
        of = (row[0], row[1])
        if of not in rows or rows[of][2] < row[2]:
            rows[of] = row
    return rows


def _word(value: bytes) -> tuple[Any, ...] | None:
    event = SlaEvent.model_validate_json(value)
    said = event.data
    if said.kind == UNTOLD:
        return None
    datetime.fromisoformat(said.at)
    detected_us = microseconds(datetime.fromisoformat(said.detected_at))
    return int(said.case), event.id, detected_us, said.model_dump_json()


def read_payees(
    records: Sequence[ConsumerRecord], letters: list[DeadLetter]
) -> tuple[dict[str, tuple[Any, ...]], set[str]]:
    """Parse `payee`: of each the newest row, still sealed, and those whose keeping is over."""
    rows: dict[str, tuple[Any, ...]] = {}
    gone: set[str] = set()
    for record in records:
        if not record.value:
            rows.pop(record.key.decode(), None)
            gone.add(record.key.decode())
            continue
        row = _tried(record, letters, _payee)
        if row is not None and (row[0] not in rows or rows[row[0]][1] < row[1]):
            rows[row[0]] = row
    return rows, gone


def _payee(value: bytes) -> tuple[Any, ...]:
    data = PayeeMessage.model_validate_json(value).data
    nonce, sealed = base64.b64decode(data.nonce), base64.b64decode(data.sealed)
    return data.payee, data.version, data.key_id, nonce, sealed, data.redirect_to


def payees_said(
    records: Sequence[ConsumerRecord], news: Collection[str]
) -> dict[str, tuple[int, int]]:
    """
    Of the payees *news* the version of the newest state among *records*, and when it was said.

    A state that came of joining two payees was said when it was told.
    """
    said: dict[str, tuple[int, int]] = {}
    for record in records if news else ():
        try:
            message = PayeeMessage.model_validate_json(record.value or b"")
            at = datetime.fromisoformat(message.data.said_at or message.time)
        except ValueError:
            # A tombstone, or it has become a dead letter already.
            continue
        payee, one = message.data.payee, (message.data.version, microseconds(at))
        if payee in news:
            said[payee] = max(one, said.get(payee, one))
    return said


def _tried(
    record: ConsumerRecord, letters: list[DeadLetter], parse: Callable[[bytes], _Parsed]
) -> _Parsed | None:
    try:
        return parse(record.value)
    except (ValueError, KeyError, TypeError) as error:
        letters.append(DeadLetter(record, "invalid-message", where(error, repeats=False), None))
        return None
