"""
The events that are measured: generated cases of the shape of a university's payment requests.

Every case's name ends in `B` and seven digits, and it stands in each id and reference: writing
another name over it makes another case of the same shape. Pure; the same numbers give the same
events on every machine.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from contracts.instants import microseconds
from contracts.mapping import load_mapping
from contracts.plan import Plan, PlannedEvent
from contracts.planning import events_of
from contracts.process import Process
from contracts.process_file import load_process
from contracts.xes import Trace

ROOT = Path(__file__).resolve().parents[2]
PROCESS = ROOT / "contracts/processes/disbursement.yaml"
MAPPING = ROOT / "contracts/mappings/RequestForPayment.yaml"
SLUG = "request-for-payment-bench"
EVENTS_PER_CASE = 5.3
SUBMITTED = "Request For Payment SUBMITTED by EMPLOYEE"
FIRST_CASE_AT = datetime(2020, 1, 6, tzinfo=UTC)
LOG_CASES_A_DAY = 9.3
"""As dense as the real log lies in time. A whole university has 120: then hardly two events of a
case stand in one batch, and status folds nearly once for each event."""
NAME = re.compile(rb"B[0-9]{7}")
# What a unit says of a claim; with it an event is as long as those of real units, about 620 bytes.
OPENING: dict[str, Any] = {
    "kind": "purchase",
    "fund": "รายได้",
    "priority": "normal",
    "title": "ค่าวัสดุวิทยาศาสตร์ ไตรมาสที่ 2",
    "contact": "งานพัสดุ คณะวิทยาศาสตร์",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it is published: its source's slug, its case as the key, its bytes."""

    slug: str
    case: bytes
    value: bytes


def shipped_process() -> Process:
    """The disbursement process that is shipped."""
    return load_process(PROCESS)


def plan(cases: int, first: int = 0, seed: int = 1, cases_a_day: float = LOG_CASES_A_DAY) -> Plan:
    """Plan so many cases, the first of them named by *first*; 5.3 events each on average."""
    process = shipped_process()
    mapping = load_mapping(MAPPING, process)
    made = events_of(_traces(cases, first, seed, cases / cases_a_day), mapping, process, SLUG)
    # Else sources registered by one plan would refuse what another plan's earlier cases say.
    starts_us = microseconds(FIRST_CASE_AT)
    return replace(made, sources=tuple(replace(s, starts_us=starts_us) for s in made.sources))


def messages(events: Sequence[PlannedEvent]) -> list[Message]:
    """The events as bytes, in their order."""
    chance = random.Random(len(events))
    return [_message(event, chance) for event in events]


def renamed(message: Message, copy: int) -> Message:
    """The same event of another case: the copy's number behind the case's name."""
    suffix = rb"\g<0>C" + str(copy).encode()
    return Message(message.slug, NAME.sub(suffix, message.case), NAME.sub(suffix, message.value))


def cases_for(events: int) -> int:
    """How many cases give at least so many events."""
    return round(events / EVENTS_PER_CASE * 1.05) + 10


def _message(planned: PlannedEvent, chance: random.Random) -> Message:
    event = dict(planned.event)
    trace, span = chance.getrandbits(128) | 1, chance.getrandbits(64) | 1
    event["traceparent"] = f"00-{trace:032x}-{span:016x}-01"
    if event["type"].endswith(".submitted"):
        event["data"] = {**event["data"], **OPENING}
    return Message(event["source"], planned.case.encode(), orjson.dumps(event))


def _traces(cases: int, first: int, seed: int, days: float) -> Iterator[Trace]:
    for number in range(first, first + cases):
        chance = random.Random(seed * 10_000_000 + number)
        at = FIRST_CASE_AT + timedelta(days=chance.uniform(0, days))
        events = []
        for place, activity in enumerate(_course(chance)):
            at += timedelta(days=chance.expovariate(0.5))
            events.append(
                {
                    "concept:name": activity,
                    "time:timestamp": at.isoformat(timespec="milliseconds"),
                    "id": f"st_step {number:07d}_{place}",
                }
            )
        case = {
            "concept:name": f"REQUESTFORPAYMENT-B{number:07d}",
            "(case)_OrganizationalEntity": f"organizational unit {chance.randrange(40)}",
            "(case)_RequestedAmount": f"{chance.lognormvariate(7, 1.2):.2f}",
        }
        yield Trace(case, tuple(events))


def _course(chance: random.Random) -> list[str]:
    """The steps of one case, in the proportions of the real log."""
    steps = [SUBMITTED, "Request For Payment APPROVED by ADMINISTRATION"]
    if chance.random() < 0.15:
        steps.append("Request For Payment APPROVED by BUDGET OWNER")
    if chance.random() < 0.15:
        steps += ["Request For Payment REJECTED by ADMINISTRATION", SUBMITTED]
        if chance.random() < 0.4:
            return [*steps[:-1], "Request For Payment REJECTED by EMPLOYEE"]
        steps.append("Request For Payment APPROVED by ADMINISTRATION")
    return [
        *steps,
        "Request For Payment FINAL_APPROVED by SUPERVISOR",
        "Request Payment",
        "Payment Handled",
    ]
