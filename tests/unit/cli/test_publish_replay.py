"""`tidtam publish --replay`: the mark that keeps a load from being told."""

from __future__ import annotations

import json

from tidtam.events_file import Item
from tidtam.publishing import as_replay, traced


def test_an_event_is_marked() -> None:
    """What is published is the event and the mark, whatever else is put on it."""
    event = {"id": "1", "source": "uni-erp", "data": {"title": "ค่าวัสดุ"}}
    marked = as_replay(Item(3, json.dumps(event).encode(), event, "uni-erp"))
    assert (3, "uni-erp", {**event, "replay": True}) == (marked.line, marked.slug, marked.event)
    assert marked.event == json.loads(marked.raw)
    assert json.loads(traced(marked))["replay"] is True


def test_bytes_that_are_no_event_stay_as_they_are() -> None:
    """They are sent unchanged, so that their refusal names what lies in the file."""
    broken = Item(1, b"{", None)
    assert broken is as_replay(broken)
