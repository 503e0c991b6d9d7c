"""What a source told as a replay stays one, whenever intake says it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from contracts.events import Inbound
from intake.model import Key
from intake.publish import Entry, case_event, envelope_of

EVENT: dict[str, Any] = {
    "source": "uni-erp",
    "id": "1",
    "process": "disbursement",
    "fact": "received",
    "time": "2026-01-12T10:15:00+07:00",
    "instant_us": 1,
    "day_precision": False,
    "sequence": None,
    "traceparent": None,
    "joining": (),
    "about": (),
    "data": {},
    "text": {},
    "mentions": (),
    "digest": b"",
}


@pytest.mark.parametrize(
    ("told", "again", "said"),
    [(True, False, True), (False, False, False), (False, True, True), (True, True, True)],
)
def test_the_mark_goes_with_the_event(told: bool, again: bool, said: bool) -> None:
    """Marked by its source, or said again by intake: on `case-event` both are a replay."""
    envelope = envelope_of(Inbound(**EVENT, replay=told), {}, None)
    entry = Entry(Key("uni-erp", "1"), "disbursement", "received", "finance", 1, None, 1, envelope)
    assert orjson.loads(case_event(entry, 7, 1, again))["data"]["replay"] is said


def test_an_unmarked_event_is_kept_as_before() -> None:
    """The journal of events that are none does not grow by a word."""
    assert "replay" not in envelope_of(Inbound(**EVENT), {}, None)
