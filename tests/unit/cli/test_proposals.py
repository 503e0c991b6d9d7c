"""`tidtam shadow`, `calendar preview` and `sla close`: what is sent to sla, and what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tidtam.commands import proposals
from tidtam.trouble import Trouble

CONTRACTS = Path(__file__).parents[3] / "contracts"
AGREEMENT = CONTRACTS / "agreements/finance-9-days.yaml"
CALENDAR = CONTRACTS / "calendars/thai-government.yaml"


class Sla:
    """Stands for sla: answers one thing and remembers what it was asked."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Any]] = []

    def post(self, path: str, body: Any = None, **_: Any) -> dict[str, Any]:
        """Answer."""
        self.asked.append((path, body))
        return self.answer


def answering(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> Sla:
    """Put a stand-in where sla is looked for."""
    sla = Sla(answer)
    monkeypatch.setattr(proposals, "_sla", lambda: sla)
    return sla


def test_a_proposal_is_sent_whole_and_shown_by_clause(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file becomes plain JSON with its date; each clause has a row."""
    row = dict.fromkeys(proposals._SHADOW, 1) | {"clause": "finance-9-days@0#finance"}
    sla = answering(monkeypatch, {"cases": 7, "clauses": [row]})
    proposals.shadow(AGREEMENT, "2026-01-01")
    (path, body) = sla.asked[0]
    assert ("/ops/shadow", "2026-01-01", "finance-9-days") == (
        path,
        body["since"],
        body["agreement"]["name"],
    )
    assert "finance-9-days@0#finance" in capsys.readouterr().out


def test_a_preview_names_what_moves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each list has its count and its cases; nothing moving is said in one line."""
    moved = {"case": "7", "clause": "a@1#c", "from": "2026-01-08", "to": "2026-01-09"}
    answer = {
        "cases": 9,
        "counts": {"deadlines": 30, "verdicts": 0, "corrections": 0},
        "deadlines": [moved] * 30,
        "verdicts": [],
        "corrections": [],
    }
    answering(monkeypatch, answer)
    proposals.preview(CALENDAR)
    said = capsys.readouterr()
    assert ("30 due dates move" in said.out, "and 10 more" in said.err) == (True, True)
    answering(monkeypatch, {**answer, "counts": dict.fromkeys(answer["counts"], 0)})
    proposals.preview(CALENDAR)
    assert "Nothing moves: 9 cases judged." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: proposals.shadow(AGREEMENT, "1/1/2026"), "--since"),
        (lambda: proposals.shadow(CALENDAR, "2026-01-01"), "no agreement file"),
        (lambda: proposals.preview(AGREEMENT), "no calendar file"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_asking(call: Any, words: str) -> None:
    """A wrong date and a file of another kind are named."""
    with pytest.raises(Trouble) as refused:
        call()
    assert words in " ".join(refused.value.lines)


def test_a_month_is_closed_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was published is shown; the second time there is nothing new."""
    published = [{"clause": "a@1#c", "n": 3, "met": 2}]
    sla = answering(monkeypatch, {"month": "2026-01", "published": published})
    proposals.close("2026-01")
    answering(monkeypatch, {"month": "2026-01", "published": []})
    proposals.close("2026-01")
    assert [("/ops/months/2026-01", None)] == sla.asked
    assert "2026-01: nothing new to publish." in capsys.readouterr().out
