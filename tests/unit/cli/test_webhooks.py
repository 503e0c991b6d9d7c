"""`tidtam webhook` and `tidtam offices` against small real HTTP servers that stand for services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from tests.unit.cli.loopback import Told, serving

SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
OPEN: dict[str, Any] = {
    "endpoint": "ep_0f3a6c2b9d1e4f58",
    "recipient": {"kind": "source", "id": "urn:sci:chem"},
    "url": "https://chem.example.org/hook",
    "created_at": "2026-11-20T02:00:00+00:00",
    "rotated_at": None,
    "both_sign_until": None,
    "ended_at": None,
    "ended_reason": None,
}
OFFICE: dict[str, Any] = {
    "kind": "unit-office",
    "id": "sci-chem",
    "email": "chem@science.example",
    "line": None,
    "title": {"th": "งานธุรการ ภาควิชาเคมี", "en": "Chemistry"},
    "contact": None,
    "telephone": "02 000 2101",
    "valid_from": "2026-01-01",
}


class Chain(NamedTuple):
    """The services as far as the commands ask them."""

    intake: Told
    notify: Told


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """One registered source, and a notify that takes endpoints."""
    with ExitStack() as stack:
        told = Chain(*(stack.enter_context(serving()) for _ in Chain._fields))
        for name, one in zip(Chain._fields, told, strict=True):
            monkeypatch.setenv(f"TIDTAM_{name.upper()}_URL", one.url)
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        source = {"slug": "sci-chem", "source": "urn:sci:chem"}
        told.intake.answers["GET /ops/sources"] = 200, {"sources": [source]}
        told.notify.answers["POST /ops/webhooks"] = 201, {**OPEN, "secret": SECRET}
        told.notify.answers["GET /ops/webhooks"] = 200, {"webhooks": [OPEN]}
        yield told


def test_a_source_is_named_as_on_its_events(chain: Chain, call: Any) -> None:
    """The slug becomes the source's name; the secret is printed alone on its line."""
    done = call("webhook", "add", "https://chem.example.org/hook", "--source", "sci-chem")
    assert SECRET in done.stdout.splitlines()
    assert "not shown again" in done.stderr
    recipient = {"kind": "source", "id": "urn:sci:chem"}
    body = {"recipient": recipient, "url": "https://chem.example.org/hook"}
    assert [("POST /ops/webhooks", body)] == chain.notify.asked


@pytest.mark.parametrize(
    ("option", "kind"),
    [("unit", "unit-office"), ("desk", "desk"), ("officer", "officer"), ("payee", "payee")],
)
def test_offices_and_payees_have_webhooks_too(
    chain: Chain, told: Any, option: str, kind: str
) -> None:
    """Each option names one kind of recipient; for programs the secret is in the JSON."""
    answer = told("webhook", "add", "https://x.example", f"--{option}", "a")
    assert SECRET == answer["secret"]
    ((_, body),) = chain.notify.asked
    assert {"kind": kind, "id": "a"} == body["recipient"]
    assert [] == chain.intake.asked


@pytest.mark.parametrize("options", [(), ("--unit", "a", "--desk", "b")])
def test_an_endpoint_is_for_one(chain: Chain, call: Any, options: tuple[str, ...]) -> None:
    """Nobody, or two at once, is refused before anybody is asked."""
    call("webhook", "add", "https://x.example", *options, code=2)
    assert [] == chain.notify.asked


def test_a_refusal_is_told(chain: Chain, call: Any) -> None:
    """What notify has against an endpoint is printed as it says it."""
    chain.notify.answers["POST /ops/webhooks"] = 422, {"error": "the endpoint is not https"}
    done = call("webhook", "add", "http://x.example", "--unit", "a", code=1)
    assert "the endpoint is not https" in done.stderr


def test_endpoints_are_listed_with_their_state(chain: Chain, call: Any, told: Any) -> None:
    """Open, with two secrets for a while, removed or gone."""
    rotated = {**OPEN, "both_sign_until": "2026-11-22T02:00:00.000000Z"}
    gone = {**OPEN, "ended_at": "2026-11-21T02:00:00+00:00", "ended_reason": "gone"}
    rows = [OPEN, rotated, gone]
    chain.notify.answers["GET /ops/webhooks"] = 200, {"webhooks": rows}
    lines = call("webhook", "list").stdout.splitlines()[1:]
    ends = ["open", "open, two secrets until 2026-11-22 02:00", "gone"]
    assert [True] * 3 == [
        line.rstrip().endswith(end) for line, end in zip(lines, ends, strict=True)
    ]
    assert rows == told("webhook", "list")["webhooks"]
    chain.notify.answers["GET /ops/webhooks"] = 200, {"webhooks": []}
    assert "There are no webhooks.\n" == call("webhook", "list").stdout


def test_a_secret_is_changed_and_an_endpoint_removed(chain: Chain, call: Any) -> None:
    """The new secret and until when both sign; a removal says so."""
    path = f"POST /ops/webhooks/{OPEN['endpoint']}"
    until = {"both_sign_until": "2026-11-22T02:00:00.000000Z"}
    chain.notify.answers[f"{path}/rotate"] = 200, {**OPEN, **until, "secret": SECRET}
    chain.notify.answers[f"{path}/remove"] = 200, {**OPEN, "ended_reason": "removed"}
    done = call("webhook", "rotate", OPEN["endpoint"])
    assert SECRET in done.stdout
    assert "Until 2026-11-22 02:00 UTC the old one signs too." in done.stderr
    assert "is removed" in call("webhook", "remove", OPEN["endpoint"]).stdout


def test_offices_are_listed(chain: Chain, call: Any, told: Any) -> None:
    """Each with its title, telephone and address; without a list it says what to write."""
    chain.notify.answers["GET /ops/offices"] = 200, {"offices": [OFFICE]}
    printed = call("offices").stdout
    for word in (
        "unit-office sci-chem",
        "งานธุรการ ภาควิชาเคมี",
        "02 000 2101",
        "chem@science.example",
    ):
        assert word in printed
    assert [OFFICE] == told("offices")["offices"]
    chain.notify.answers["GET /ops/offices"] = 200, {"offices": []}
    assert "contracts/offices" in call("offices").stdout


def test_letters_to_old_addresses_are_listed(chain: Chain, call: Any, told: Any) -> None:
    """Whose contact was changed, and whether the old address was told; no address stands there."""
    row = {
        "payee": "p-7f3a", "channel": "email", "state": "sent", "reason": None, "failure": None,
        "said_at": "2026-11-20T02:00:00+00:00", "told_at": "2026-11-20T02:00:05+00:00",
    }  # fmt: skip
    chain.notify.answers["GET /ops/contact-changes"] = 200, {"contact_changes": [row]}
    assert "p-7f3a" in call("notices", "contact-changes").stdout
    assert [row] == told("notices", "contact-changes")["contact_changes"]
    chain.notify.answers["GET /ops/contact-changes"] = 200, {"contact_changes": []}
    assert "No payee has left an address.\n" == call("notices", "contact-changes").stdout
