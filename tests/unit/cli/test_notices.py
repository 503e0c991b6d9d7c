"""`tidtam notices` and `tidtam notice` against small real HTTP servers that stand for services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.unit.cli.loopback import Told, serving
from tests.unit.cli.test_answers import case, span

SENT: dict[str, Any] = {
    "at": "2026-11-23T02:00:00.000000Z",
    "rule": "paid",
    "recipient": {"kind": "payee", "id": "p-7f3a"},
    "channel": "email",
    "state": "sent",
    "reason": None,
    "failure": None,
    "told_at": "2026-11-23T02:00:03.000000Z",
    "corrects": None,
}


class Chain(NamedTuple):
    """The services as far as the command asks them."""

    intake: Told
    status: Told
    notify: Told


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """One case, and a notify that has told of it."""
    with ExitStack() as stack:
        told = Chain(*(stack.enter_context(serving()) for _ in Chain._fields))
        for name, one in zip(Chain._fields, told, strict=True):
            monkeypatch.setenv(f"TIDTAM_{name.upper()}_URL", one.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        told.intake.answers["GET /ops/references"] = 200, {"cases": ["1"], "references": []}
        told.intake.answers["GET /ops/unmatched"] = 200, {"unmatched": []}
        standing = case(span("paid", "nobody", "2026-11-23"), process="disbursement", version=2)
        told.status.answers["GET /ops/cases/1"] = 200, standing
        told.notify.answers["GET /ops/cases/1/notices"] = 200, {"case": "1", "notices": [SENT]}
        yield told


def test_a_number_shows_who_was_told(chain: Chain, call: Any) -> None:
    """`tidtam notices REF` is the case's notices; a refused one says why."""
    refused = {**SENT, "channel": "line", "state": "suppressed", "reason": "no-address"}
    chain.notify.answers["GET /ops/cases/1/notices"] = 200, {"notices": [SENT, refused]}
    printed = call("notices", "CHEM-1").stdout
    assert "payee p-7f3a" in printed
    assert "no-address" in printed
    assert [SENT, refused] == json.loads(call("notices", "CHEM-1", "--json").stdout)["notices"]


def test_a_case_nobody_was_told_of(chain: Chain, call: Any) -> None:
    """Nothing told is said in words."""
    chain.notify.answers["GET /ops/cases/1/notices"] = 200, {"notices": []}
    assert "Nobody was told anything of this case.\n" == call("notices", "CHEM-1").stdout


def test_what_is_held_and_how_to_go_on(chain: Chain, call: Any) -> None:
    """Held notices are shown by hour and rule, with the commands that end it."""
    row = {"hour": "2026-11-23T02:00:00+00:00", "rule": "paid", "channel": "email", "notices": 7}
    chain.notify.answers["GET /ops/held"] = 200, {"held": [row]}
    done = call("notices", "held")
    assert "2026-11-23T02:00  paid  email    7" in done.stdout
    assert "tidtam notices release" in done.stderr


@pytest.mark.parametrize(("what", "done"), [("release", "released"), ("drop", "dropped")])
def test_what_is_held_is_ended_by_name(chain: Chain, call: Any, what: str, done: str) -> None:
    """A rule, notices, or all; nothing named is refused before anybody is asked."""
    chain.notify.answers[f"POST /ops/held/{what}"] = 200, {done: 3}
    assert f"3 notices {done}.\n" == call("notices", what, "--rule", "paid").stdout
    call("notices", what, "--notice", "ab", "--notice", "cd")
    call("notices", what, "--all")
    bodies = [body for _, body in chain.notify.asked]
    assert [{"rule": "paid"}, {"notices": ["ab", "cd"]}, {"all": True}] == bodies
    call("notices", what, code=1)
    assert 3 == len(chain.notify.asked)


def test_who_cannot_be_reached(chain: Chain, call: Any) -> None:
    """One line for each, with the server's word where it refused."""
    row = {"recipient_kind": "payee", "recipient_id": "p-7f3a", "rule": "paid", "case": "1"}
    rows = [{**row, "channel": "email", "failure": None}]
    rows += [{**row, "channel": "email", "failure": "550 5.1.1 at RCPT"}]
    chain.notify.answers["GET /ops/unreachable"] = 200, {"unreachable": rows}
    printed = call("notices", "unreachable").stdout
    assert "no address" in printed
    assert "550 5.1.1 at RCPT" in printed


def test_words_before_they_go(chain: Chain, call: Any, tmp_path: Path) -> None:
    """Subject and text are shown, the HTML is written where asked, and what would not be sent."""
    made = {"subject": "จ่ายเงินแล้ว", "text": "เรียน\n", "html": "<p>", "reason": "too-old"}
    chain.notify.answers["GET /ops/preview"] = 200, made
    page = tmp_path / "a.html"
    done = call("notice", "preview", "paid", "--case", "CHEM-1", "--html", str(page))
    assert "จ่ายเงินแล้ว\n\nเรียน\n" == done.stdout
    assert "too-old" in done.stderr
    assert "<p>" == page.read_text()
    assert "GET /ops/preview?rule=paid&case=1&language=th" == chain.notify.asked[-1][0]
