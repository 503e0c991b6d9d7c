"""
A `case-status` message, as far as sla reads it.

Every message passes here, so only what days are counted from is parsed; the rest of a state is the
longer part of it. Pure. The whole message: `contracts.messages.CaseStatus`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import orjson
from chassis.instants import microseconds
from contracts.message_parts import Amount, EventKey
from pydantic import BaseModel, Field

from sla.model import History, Key, Span

DELAYED = "delayed"
SAYS_DELAYED = b'"delayed"'
NULL = "\\u0000"
INSTANTS_REMEMBERED = 65_536
WHOLE_MAX = 2**63 - 1

Small = Annotated[int, Field(ge=0, lt=2**31)]
Large = Annotated[int, Field(ge=0, le=WHOLE_MAX)]
"""What a column of our tables can hold."""


class _Span(BaseModel):
    stage: str
    holder: str
    since: str
    anchor: EventKey


class _Entry(BaseModel):
    fact: str
    at: str
    effect: str
    reason: str | None = None


class _Data(BaseModel):
    case: str
    epoch: Small
    version: Large
    process: str
    process_version: Small
    redirect_to: str | None = None
    spans: list[_Span] = []
    amount: Amount | None = None
    unit: str | None = None
    kind: str | None = None
    fund: str | None = None
    priority: str | None = None
    due_on: str | None = None
    released_on: str | None = None
    omitted: dict[str, int] = {}
    replay: bool = False
    rebuilt: bool = False


class _Message(BaseModel):
    data: _Data


class _Timeline(BaseModel):
    timeline: list[_Entry] = []


class _Told(BaseModel):
    data: _Timeline


class Arrival(NamedTuple):
    """
    A case as `case-status` tells it: its spans as rows, its fields, and both as they are kept.

    `replay`: nobody is to be told of this state; `long_ago`: because its facts were played again.
    """

    case_id: int
    epoch: int
    version: int
    process: str
    process_version: int
    redirect_to: int | None
    rows: Sequence[Sequence[Any]]
    fields: Mapping[str, Any]
    text: str
    replay: bool
    long_ago: bool

    @property
    def history(self) -> History:
        """The history as the decision sees it; made when it is judged by, not for each message."""
        return History(str(self.case_id), self.process, _spans(self.rows), self.fields)


def arrival_of(value: bytes) -> Arrival:
    """
    What sla keeps of a case's state. Raises ValueError where a number or an instant is none, and
    where spans were left out: days counted from half a history would be wrong.
    """
    data = _Message.model_validate_json(value).data
    if data.omitted.get("spans"):
        raise ValueError("data/spans: some were left out, so the days cannot be counted")
    rows = [(s.stage, s.holder, _instant_us(s.since), s.anchor) for s in data.spans]
    said: dict[str, Any] = {
        "unit": data.unit,
        "kind": data.kind,
        "fund": data.fund,
        "priority": data.priority,
        "due_on": data.due_on,
        "released_on": data.released_on,
    }
    fields = {name: value for name, value in said.items() if value is not None}
    if data.amount is not None:
        fields["amount"] = data.amount.value
        fields["currency"] = data.amount.currency
    if SAYS_DELAYED in value and (delayed := _delay_of(value)):
        fields[DELAYED] = delayed
    text = orjson.dumps([rows, fields]).decode()
    if NULL in text:
        raise ValueError("data: a null character, which no table can hold")
    return Arrival(
        _case_id(data.case),
        data.epoch,
        data.version,
        data.process,
        data.process_version,
        None if data.redirect_to is None else _case_id(data.redirect_to),
        rows,
        fields,
        text,
        data.replay or data.rebuilt,
        data.replay,
    )


def history_of(case_id: int, process: str, text: str) -> History:
    """The history that was kept as *text*."""
    rows, fields = orjson.loads(text)
    return History(str(case_id), process, _spans(rows), fields)


def _spans(rows: Iterable[Sequence[Any]]) -> tuple[Span, ...]:
    return tuple([Span(stage, holder, at_us, Key(*key)) for stage, holder, at_us, key in rows])


def _case_id(text: str) -> int:
    """The number of a case. Raises ValueError."""
    number = int(text)
    if not 0 <= number <= WHOLE_MAX:
        raise ValueError(f"data/case: not from 0 to {WHOLE_MAX}")
    return number


def _delay_of(value: bytes) -> tuple[int, str] | None:
    """The last `delayed` that holds: when it was said, and the code of its reason."""
    for entry in reversed(_Told.model_validate_json(value).data.timeline):
        if entry.fact == DELAYED and entry.effect == "noted" and entry.reason is not None:
            return _instant_us(entry.at), entry.reason
    return None


@lru_cache(maxsize=INSTANTS_REMEMBERED)
def _instant_us(text: str) -> int:
    """An instant by RFC 3339. A case tells the same ones again and again. Raises ValueError."""
    return microseconds(datetime.fromisoformat(text))
