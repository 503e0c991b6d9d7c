"""What sla reads of a `case-status`, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from contracts.messages import CaseStatus
from sla.model import Key, Span
from sla.reading import arrival_of, history_of

EXAMPLES = Path(__file__).parents[3] / "contracts/examples/case-status"


def message(**changes: Any) -> bytes:
    """The example of a case at finance, with these fields changed."""
    told = orjson.loads((EXAMPLES / "at-finance.json").read_bytes())
    told["data"] |= changes
    return orjson.dumps(told)


def entry(fact: str, at: str, effect: str = "noted", reason: str | None = None) -> dict[str, Any]:
    """An event of a timeline."""
    return {
        "source": "erp", "id": at, "fact": fact, "role": "finance", "at": at,
        "precision": "instant", "effect": effect, "reason": reason,
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_it_reads_what_the_whole_message_says(path: Path) -> None:
    """Field by field the same as by the model of the topic."""
    whole, told = (
        CaseStatus.model_validate_json(path.read_bytes()).data,
        arrival_of(path.read_bytes()),
    )
    assert (int(whole.case), whole.epoch, whole.version) == told[:3]
    assert (whole.process, whole.process_version) == told[3:5]
    assert whole.redirect_to == (None if told.redirect_to is None else str(told.redirect_to))
    assert [(s.stage, s.holder, s.anchor) for s in whole.spans] == [
        (s.stage, s.holder, tuple(s.anchor)) for s in told.history.spans
    ]
    assert whole.unit == told.history.fields.get("unit")


def test_what_is_kept_reads_back_as_it_came() -> None:
    """The history of a case on its row is the history that arrived."""
    told = arrival_of(message())
    assert told.history == history_of(told.case_id, told.process, told.text)
    first = Span("at_unit", "unit", 1_768_187_700_000_000, Key("science-unit", "c-123/2"))
    assert first == told.history.spans[0]
    assert {
        "unit": "คณะวิทยาศาสตร์", "kind": "purchase", "amount": "12480.00", "currency": "THB",
    } == told.history.fields  # fmt: skip


def test_the_last_delay_that_holds_is_kept() -> None:
    """An earlier one and one that was taken back are not."""
    timeline = [
        entry("delayed", "2026-01-14T00:00:00Z", reason="year-end"),
        entry("delayed", "2026-01-15T00:00:00Z", reason="awaiting-papers"),
        entry("delayed", "2026-01-16T00:00:00Z", "retracted", "system-down"),
    ]
    told = arrival_of(message(timeline=timeline)).history.fields["delayed"]
    assert (1_768_435_200_000_000, "awaiting-papers") == tuple(told)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"case": "x"}, "invalid literal"),
        ({"case": str(2**63)}, "data/case"),
        ({"version": 2**63}, "less than or equal"),
        ({"epoch": -1}, "greater than or equal"),
        ({"spans": [{"stage": "paid"}]}, "holder"),
        ({"omitted": {"spans": 3}}, "left out"),
        ({"unit": "a\0b"}, "null character"),
    ],
)
def test_what_no_table_can_hold_is_refused(changes: dict[str, Any], said: str) -> None:
    """A message that would fail its batch for ever is refused before."""
    with pytest.raises(ValueError, match=said):
        arrival_of(message(**changes))


def test_an_instant_that_is_none_is_refused() -> None:
    """A date nobody can read counts no days."""
    span = {"stage": "paid", "holder": "nobody", "since": "soon", "anchor": ["a", "b"]}
    with pytest.raises(ValueError, match="soon"):
        arrival_of(message(spans=[span]))
