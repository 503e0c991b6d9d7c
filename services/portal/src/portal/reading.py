"""From records of our topics to rows of the read tables. Pure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import orjson
from aiokafka.structs import ConsumerRecord
from chassis.deadletters import DeadLetter
from chassis.errors import where
from contracts.messages import CaseStatusData, LineStatus, PayeeMessage, SourceStatusData
from contracts.notice_messages import NotificationData
from contracts.sla_messages import CaseSlaData, ClockRow

from portal import search
from portal.decide import by_payee
from portal.rows import (
    CaseRow,
    ChunkRow,
    ClockOf,
    DaysRow,
    NoticeRow,
    PayeeRow,
    SearchRow,
    SourceRow,
)

RETURNED = "returned"
"""The fact by which a case goes back to its unit for correction, in every process that has it."""

RUNNING = ("open", "breached")

_Key = TypeVar("_Key")


@dataclass(slots=True)
class Batch:
    """
    A batch of one topic: by key the newest row, the keys whose record is a tombstone, the letters.

    `more`: what goes with a row into other tables.
    """

    rows: dict[Any, Any] = field(default_factory=dict)
    more: dict[Any, Any] = field(default_factory=dict)
    gone: set[Any] = field(default_factory=set)
    letters: list[DeadLetter] = field(default_factory=list)


def read_cases(records: Sequence[ConsumerRecord]) -> Batch:
    """Parse `case-status`. `more`: the search rows of each case."""
    return _read(records, _id, _case)


def _case(value: bytes) -> tuple[int, tuple[int, int], CaseRow, list[SearchRow]]:
    told = orjson.loads(value)
    data = told["data"]
    said = CaseStatusData.model_validate(data)
    case_id, since = _id(said.case), _moment(said.since)
    row = CaseRow(
        case_id=case_id,
        epoch=said.epoch,
        version=said.version,
        body=orjson.dumps(data).decode(),
        number=said.number,
        title=_clean(said.title),
        process=said.process,
        stage=said.stage,
        stage_group=said.group,
        holder=said.holder,
        unit=_clean(said.unit),
        kind=_clean(said.kind),
        fund=_clean(said.fund),
        since=since,
        opened_at=_moment(said.spans[0].since) if said.spans else since,
        ended=said.ended,
        ended_at=since if said.ended else None,
        amount=None if said.amount is None else Decimal(said.amount.value),
        currency=None if said.amount is None else said.amount.currency,
        redirect_to=None if said.redirect_to is None else _id(said.redirect_to),
        contradictions=len(said.contradictions) + said.omitted.get("contradictions", 0),
        returned=sum(one.fact == RETURNED and one.effect == "moved" for one in said.timeline),
        bounced_lines=said.lines.bounced,
        changed_at=_told_at(told),
    )
    return case_id, (said.epoch, said.version), row, _searched(case_id, said)


def _searched(case_id: int, said: CaseStatusData) -> list[SearchRow]:
    """Under what a case is found; one that was joined to another only under its number."""
    whole = said.redirect_to is None
    joining = [reference[3] for reference in said.joining] if whole else []
    about = [said.title, *(reference[3] for reference in said.about)] if whole else []
    return [
        SearchRow(case_id, "number", None, *search.index([said.number, *joining])),
        SearchRow(case_id, "about", None, *search.index(about)),
    ]


def read_days(records: Sequence[ConsumerRecord]) -> Batch:
    """Parse `case-sla`. `more`: the clocks of each case."""
    return _read(records, _id, _days)


def _days(value: bytes) -> tuple[int, tuple[int, int], DaysRow, list[ClockOf]]:
    data = orjson.loads(value)["data"]
    said = CaseSlaData.model_validate(data)
    case_id, zone = _id(said.case), ZoneInfo(said.zone)
    clocks = {clock.clause: _clock(case_id, clock, zone) for clock in said.clocks}
    pressing = min(filter(_runs, said.clocks), key=_pressing, default=None)
    found = None if pressing is None else clocks[pressing.clause]
    row = DaysRow(
        case_id=case_id,
        sla_epoch=said.epoch,
        sla_version=said.version,
        sla_status_epoch=said.status_epoch,
        sla_status_version=said.status_version,
        sla_body=orjson.dumps(data).decode(),
        waits_for=None if found is None else found.party,
        charged=None if found is None else found.charged,
        budget=None if found is None else found.budget,
        due_on=None if found is None else found.due_on,
        breached_on=None if found is None else found.breached_on,
        undetermined=any(clock.undetermined for clock in said.clocks if _runs(clock)),
    )
    return case_id, (said.epoch, said.version), row, list(clocks.values())


def _runs(clock: ClockRow) -> bool:
    return clock.state in RUNNING


def _pressing(clock: ClockRow) -> tuple[bool, str, int, str]:
    """The clock of whoever holds the case comes first, and of several the one that is due first."""
    left = clock.remaining if clock.remaining is not None else 10**9
    return clock.due is None, clock.due or "", left, clock.clause


def _clock(case_id: int, clock: ClockRow, zone: ZoneInfo) -> ClockOf:
    stopped, breached = _local(clock.stopped_at, zone), _local(clock.breached_at, zone)
    final = None
    if clock.state != "void":
        final = breached or (stopped if clock.state == "met" else None)
    return ClockOf(
        case_id=case_id,
        clause=clock.clause,
        party=clock.party,
        state=clock.state,
        charged=clock.charged,
        budget=clock.budget,
        due_on=None if clock.due is None else date.fromisoformat(clock.due[:10]),
        breached_on=breached,
        stopped_on=stopped,
        month=None if final is None else f"{final:%Y-%m}",
    )


def read_lines(records: Sequence[ConsumerRecord]) -> Batch:
    """Parse `line-status`; the key is case and chunk."""
    return _read(records, _chunk_key, _chunk)


def _chunk_key(key: bytes) -> tuple[int, int]:
    case, _, chunk = key.decode().partition("/")
    return _id(case), int(chunk)


def _chunk(value: bytes) -> tuple[tuple[int, int], tuple[int, int], ChunkRow, None]:
    data = LineStatus.model_validate_json(value).data
    lines = orjson.loads(value)["data"]["lines"]
    # What cannot be added up is refused here, where it becomes a letter, not later.
    by_payee(_id(data.case), lines)
    body = orjson.dumps(lines).decode()
    row = ChunkRow(_id(data.case), data.chunk, data.epoch, data.version, data.chunks, body)
    return (row.case_id, row.chunk), (row.epoch, row.version), row, None


def read_payees(records: Sequence[ConsumerRecord]) -> Batch:
    """Parse `payee`, still sealed."""
    return _read(records, bytes.decode, _payee)


def _payee(value: bytes) -> tuple[str, int, PayeeRow, None]:
    message = PayeeMessage.model_validate_json(value)
    data = message.data
    row = PayeeRow(
        payee_id=data.payee,
        version=data.version,
        key_id=data.key_id,
        nonce=base64.b64decode(data.nonce),
        sealed=base64.b64decode(data.sealed),
        redirect_to=data.redirect_to,
        said_at=_moment(data.said_at or message.time),
    )
    return data.payee, data.version, row, None


def read_notices(records: Sequence[ConsumerRecord]) -> Batch:
    """Parse `notification`. The key of a record is its case, so nothing here is a tombstone."""
    return _read([one for one in records if one.value], bytes.decode, _notice)


def _notice(value: bytes) -> tuple[str, int, NoticeRow, None]:
    data = orjson.loads(value)["data"]
    said = NotificationData.model_validate(data)
    row = NoticeRow(
        notice_id=said.notice,
        case_id=None if said.case is None else _id(said.case),
        recipient_kind=said.recipient.kind,
        recipient_id=said.recipient.id,
        state=said.state,
        reason=said.reason,
        at=datetime.fromisoformat(said.at),
        version=said.version,
        body=orjson.dumps(data).decode(),
    )
    return said.notice, said.version, row, None


def read_sources(records: Sequence[ConsumerRecord]) -> Batch:
    """Parse `source-status`."""
    return _read(records, bytes.decode, _source)


def _source(value: bytes) -> tuple[str, tuple[int, int], SourceRow, None]:
    told = orjson.loads(value)
    data = told["data"]
    said = SourceStatusData.model_validate(data)
    body = orjson.dumps(data).decode()
    row = SourceRow(said.source, said.epoch, said.version, _told_at(told), body)
    return said.source, (said.epoch, said.version), row, None


def _read(
    records: Iterable[ConsumerRecord],
    key_of: Callable[[bytes], _Key],
    parse: Callable[[bytes], tuple[_Key, Any, Any, Any]],
) -> Batch:
    """Of each key the newest row, and the tombstones that nothing followed."""
    batch, versions = Batch(), dict[Any, Any]()
    for record in records:
        try:
            if not record.value:
                key: Any = key_of(record.key)
                batch.rows.pop(key, None)
                batch.more.pop(key, None)
                batch.gone.add(key)
                continue
            key, version, row, more = parse(record.value)
        except (ValueError, KeyError, TypeError, ArithmeticError, AttributeError) as error:
            batch.letters.append(
                DeadLetter(record, "invalid-message", where(error, repeats=False), None)
            )
            continue
        if key in batch.rows and versions[key] >= version:
            continue
        batch.rows[key], batch.more[key], versions[key] = row, more, version
    return batch


def _id(written: str | bytes) -> int:
    """A case id as a column holds it. Raises `ValueError`."""
    case_id = int(written)
    if not 0 <= case_id < 1 << 63:
        raise ValueError("no case id")
    return case_id


def _told_at(told: Mapping[str, Any]) -> datetime:
    written = told.get("recordedtime") or told["time"]
    return datetime.fromisoformat(written).astimezone(UTC)


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written).astimezone(UTC)


def _local(written: str | None, zone: ZoneInfo) -> date | None:
    return None if written is None else datetime.fromisoformat(written).astimezone(zone).date()


def _clean(text: str | None) -> str | None:
    """PostgreSQL keeps every letter but this one."""
    return None if text is None else text.replace("\0", "")
