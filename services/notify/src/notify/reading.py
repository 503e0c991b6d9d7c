"""From records of our topics to what notify keeps of them. Pure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.deadletters import DeadLetter
from chassis.errors import where
from chassis.instants import microseconds
from chassis.trails import TRAILS_MAX, Trail, trails_of
from contracts.messages import LineStatusData, PayeeMessage

from notify.kept import Arrival, Chunk, Days, Word
from notify.picture import instant_us
from notify.said import CaseSaid, DaysSaid, WordSaid

_Parsed = TypeVar("_Parsed")
UNTOLD = "started"
"""That a clock started is nobody's news and ends none: such a word is not kept."""

SAYS_UNTOLD = b'"kind":"started"'
"""As sla writes it. No text can hold these bytes: a quote within one stands behind a backslash."""

UNREAD_OF_CASE = (
    *("contradictions", "flags", "established", "withdrawn", "joining", "about", "kind", "fund"),
    *("priority", "fiscal_year", "due_on", "released_on", "since", "group", "rebuilt"),
)
UNREAD_OF_DAYS = ("ledger", "queue", "not_reported")
"""What nobody is told of a case and of its days, and much of their messages: it is not kept."""

Topics = Mapping[str, str]
"""The topics of an installation → the house's names of them."""


@dataclass(slots=True)
class Batch:
    """
    Messages about cases, of each thing as far as it may be new.

    `states` are by case in their order, `lines` by case and chunk, `days` by case, `words` by case
    and id. `gone` and `lines_gone` are tombstones.
    """

    states: dict[int, list[Arrival]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    lines: dict[tuple[int, int], Chunk] = field(default_factory=dict)
    lines_gone: set[tuple[int, int]] = field(default_factory=set)
    days: dict[int, Days] = field(default_factory=dict)
    words: dict[tuple[int, str], Word] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    trails: dict[int, list[Trail]] = field(default_factory=dict)
    day_trails: dict[int, list[Trail]] = field(default_factory=dict)

    @property
    def cases(self) -> set[int]:
        """The cases of which something is kept; of one that is forgotten here nothing is."""
        came = {*self.states, *self.days, *self.lined, *self.worded}
        return came - (self.gone - self.states.keys())

    @property
    def lined(self) -> set[int]:
        """The cases of whose lines something came."""
        return {case_id for case_id, _ in (*self.lines, *self.lines_gone)}

    @property
    def worded(self) -> set[int]:
        """The cases of which the SLA said a word."""
        return {case_id for case_id, _ in self.words}


def read(records: Iterable[ConsumerRecord], topics: Topics) -> Batch:
    """Parse messages about cases; what can never be valid becomes a dead letter."""
    batch = Batch()
    for record in records:
        _READERS[topics[record.topic]](batch, record)
    return batch


def _read_case(batch: Batch, record: ConsumerRecord) -> None:
    _follow(batch.trails, record)
    if not record.value:
        case_id = int(record.key)
        batch.states.pop(case_id, None)
        batch.gone.add(case_id)
        return
    arrival = _tried(record, batch.letters, _arrival)
    if arrival is not None:
        states = batch.states.setdefault(int(arrival.said.case), [])
        states.append(arrival)
        states.sort(key=lambda one: one.version)


def _arrival(value: bytes) -> Arrival:
    data = orjson.loads(value)["data"]
    said = CaseSaid.model_validate(data)
    int(said.case)
    return Arrival(said, _text(data, UNREAD_OF_CASE))


def _text(data: dict[str, Any], unread: Iterable[str]) -> str:
    """*data* without what is not read, as JSON."""
    for name in unread:
        data.pop(name, None)
    return orjson.dumps(data).decode()


def _follow(trails: dict[int, list[Trail]], record: ConsumerRecord) -> None:
    """Note the traces that a message keyed by case carries, the newest first."""
    if record.headers and record.key is not None and record.key.isdigit():
        case_id = int(record.key)
        found = [*trails_of(record.headers), *trails.get(case_id, ())]
        if found:
            trails[case_id] = found[:TRAILS_MAX]


def _read_lines(batch: Batch, record: ConsumerRecord) -> None:
    """The newest of each chunk counts."""
    if not record.value:
        case, _, number = record.key.decode().partition("/")
        place = (int(case), int(number))
        batch.lines.pop(place, None)
        batch.lines_gone.add(place)
        return
    chunk = _tried(record, batch.letters, _chunk)
    if chunk is None:
        return
    place = (chunk.case_id, chunk.chunk)
    batch.lines_gone.discard(place)
    if place not in batch.lines or _is_older(batch.lines[place], chunk):
        batch.lines[place] = chunk


def _is_older(one: Chunk | Days, other: Chunk | Days) -> bool:
    return (one.epoch, one.version) < (other.epoch, other.version)


def _chunk(value: bytes) -> Chunk:
    told = orjson.loads(value)["data"]
    data = LineStatusData.model_validate(told)
    lines = told["lines"]
    body = orjson.dumps(lines).decode()
    return Chunk(int(data.case), data.chunk, data.epoch, data.version, data.chunks, body, lines)


def _read_days(batch: Batch, record: ConsumerRecord) -> None:
    """Of each case the newest counts."""
    _follow(batch.day_trails, record)
    days = _tried(record, batch.letters, _days) if record.value else None
    if days is not None:
        known = batch.days.get(days.case_id)
        if known is None or _is_older(known, days):
            batch.days[days.case_id] = days


def _days(value: bytes) -> Days:
    told = orjson.loads(value)["data"]
    data = DaysSaid.model_validate(told)
    judged = (data.status_epoch, data.status_version)
    body = _text(told, UNREAD_OF_DAYS)
    return Days(int(data.case), data.epoch, data.version, *judged, body)


def _read_word(batch: Batch, record: ConsumerRecord) -> None:
    """Of a moment that is said again the last word counts."""
    _follow(batch.trails, record)
    if not record.value or SAYS_UNTOLD in record.value:
        return
    word = _tried(record, batch.letters, _word)
    if word is not None and word.said.kind != UNTOLD:
        place = (word.case_id, word.word_id)
        if place not in batch.words or batch.words[place].detected_us < word.detected_us:
            batch.words[place] = word


def _word(value: bytes) -> Word:
    event = orjson.loads(value)
    said, identity = WordSaid.model_validate(event["data"]), event["id"]
    if not isinstance(identity, str) or not identity:
        raise ValueError("id: not a text")
    instant_us(said.at)
    body = orjson.dumps(event["data"]).decode()
    return Word(int(said.case), identity, instant_us(said.detected_at), body, said)


_READERS: Mapping[str, Callable[[Batch, ConsumerRecord], None]] = {
    "case-status": _read_case,
    "line-status": _read_lines,
    "case-sla": _read_days,
    "sla-event": _read_word,
}
ABOUT_CASES = tuple(_READERS)
"""The topics whose messages are about cases."""


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
    records: Sequence[ConsumerRecord],
) -> dict[str, tuple[int, int]]:
    """
    Of each payee the version of the newest state among *records*, and when it was said.

    A state that came of joining two payees was said when it was told.
    """
    said: dict[str, tuple[int, int]] = {}
    for record in records:
        try:
            message = PayeeMessage.model_validate_json(record.value or b"")
            at = datetime.fromisoformat(message.data.said_at or message.time)
        except ValueError:
            # A tombstone, or it has become a dead letter already.
            continue
        payee, one = message.data.payee, (message.data.version, microseconds(at))
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
