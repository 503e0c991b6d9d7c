"""
Logs without personal data, the gate of dead letters, backoff, the watchdog and the shape of
settings.
"""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import Any

import asyncpg
import orjson
import pytest
from chassis.consuming import Consumer, Consumption, Progress
from chassis.database import backoff_seconds, is_transient
from chassis.deadletters import FloodGate
from chassis.errors import DeadLetterFlood
from chassis.logs import Repeats, told, told_error, withhold_personal
from chassis.subscription import offsets_after, offsets_of
from chassis.watchdog import Watchdog

from chassis import logs


def test_personal_values_are_withheld_at_any_depth() -> None:
    """A value under a personal key never reaches a line, however deep it stands."""
    event = {"tax_id": "1101700230708", "items": [{"email": "a@example.org", "n": 1}], "ok": 2}
    assert withhold_personal(None, "info", event) == {
        "tax_id": "[withheld]",
        "items": [{"email": "[withheld]", "n": 1}],
        "ok": 2,
    }


def test_an_error_is_told_without_the_values_it_quotes() -> None:
    """
    Drivers put rows into later lines and validators inputs: only a scrubbed first line is kept.
    """
    text = "duplicate key for 1101700230708 of a@example.org\nDETAIL: Key (name)=(Somchai)"
    assert told(ValueError(text)) == "ValueError: duplicate key for [number] of [address]"


def test_an_error_keeps_its_place() -> None:
    """The frames of an error are told without their variables."""
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        event = told_error(None, "error", {"event": "x", "exc_info": error})
    assert (event["error"], len(event["at"]), "exc_info" in event) == (
        "ZeroDivisionError",
        1,
        False,
    )


def test_a_library_that_repeats_itself_is_cut() -> None:
    """
    Of 100 equal lines in ten seconds five pass; afterwards the number of those dropped is told.
    """
    repeats = Repeats()
    passed = [repeats.admit("aiokafka", "no broker", 1.0 + n / 20) for n in range(100)]
    assert [found for found in passed if found is not None] == [0] * 5
    assert repeats.admit("aiokafka", "another", 2.0) == 0
    assert repeats.admit("aiokafka", "no broker", 12.0) == 95


def test_library_lines_come_out_as_ours(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A line of the standard library is one JSON object on stdout, with its logger's name."""
    kept = logging.root.handlers, logging.root.level
    try:
        logs.setup("shoe", "7")
        logging.getLogger("aiokafka").error("Unable to connect to %s", "x:1")
        logging.getLogger("aiokafka").info("chatter")
        lines = capfdbinary.readouterr().out.splitlines()
    finally:
        logging.root.handlers, level = kept
        logging.root.setLevel(level)
    (line,) = [orjson.loads(line) for line in lines]
    assert (line["event"], line["logger"], line["service"], line["instance"]) == (
        "Unable to connect to x:1",
        "aiokafka",
        "shoe",
        "7",
    )


def test_the_gate_counts_only_what_was_committed() -> None:
    """A batch that is retried counts its letters once; the 101st within the window is a flood."""
    gate = FloodGate()
    for _ in range(3):
        gate.begin(100)
        gate.admit(["x"] * 60)
    gate.commit()
    gate.begin(100)
    gate.admit(["x"] * 40)
    with pytest.raises(DeadLetterFlood, match="101 of 200 records in 60 s"):
        gate.admit(["x"])


def test_many_letters_among_many_records_are_no_flood() -> None:
    """A hundred and fifty letters are no flood when they are a small share of what came."""
    gate = FloodGate()
    gate.begin(10_000)
    gate.commit()
    gate.begin(500)
    gate.admit(["x"] * 150)
    gate.commit()


def test_old_letters_are_forgotten_and_a_lifted_gate_lets_all_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    What is older than the window no longer counts; after `lift` nothing is refused for one window.
    """
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    gate = FloodGate()
    gate.begin(100)
    gate.admit(["x"] * 100)
    gate.commit()
    now += 61
    gate.begin(100)
    gate.admit(["x"] * 100)
    gate.lift()
    gate.admit(["x"] * 1000)
    now += 61
    gate.begin(10)
    with pytest.raises(DeadLetterFlood):
        gate.admit(["x"] * 101)


def test_what_passes_by_itself_is_known() -> None:
    """
    Lost connections, deadlocks and stopping servers are transient; wrong SQL and wrong calls are
    not.
    """
    passing = [
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.SerializationError("again"),
        asyncpg.AdminShutdownError("stopping"),
        asyncpg.InterfaceError("connection is closed"),
        ConnectionRefusedError(),
        TimeoutError(),
    ]
    staying = [
        asyncpg.UndefinedTableError("no table"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.InterfaceError("the server expects 2 arguments"),
        asyncpg.DataError("not a number"),
        ZeroDivisionError(),
    ]
    assert [is_transient(error) for error in passing] == [True] * len(passing)
    assert [is_transient(error) for error in staying] == [False] * len(staying)


def test_pauses_grow_to_a_cap() -> None:
    """Each pause is about twice the one before, jittered, and never longer than the cap."""
    pauses = [backoff_seconds(attempt, start=0.2, cap=10) for attempt in range(40)]
    assert all(0.1 * 2**n <= pause <= 0.2 * 2**n for n, pause in enumerate(pauses[:5]))
    assert min(pauses[10:]) >= 5
    assert max(pauses) <= 10


async def _nothing(records: Any) -> None:
    """Handle nothing."""


@pytest.mark.parametrize(
    ("wrong", "told_as"),
    [
        ({}, "give either topics or a pattern"),
        ({"topics": ("a",), "pattern": "b"}, "give either topics or a pattern"),
        ({"topics": ("a",), "rebalance_seconds": 10}, "a rebalance must outlast the retries"),
    ],
)
def test_an_impossible_consumption_is_refused(wrong: dict[str, Any], told_as: str) -> None:
    """A consumption that could not work is refused where it is written down."""
    with pytest.raises(ValueError, match=told_as):
        Consumption(name="orders", group="shoe", handle=_nothing, **wrong)


def _record(partition: int, offset: int) -> Any:
    """A record as far as offsets go."""
    return SimpleNamespace(topic="order", partition=partition, offset=offset)


def test_offsets_name_what_is_done_and_what_is_not() -> None:
    """Behind the last record of each partition is done; before the first of any batch is not."""
    one = [_record(0, 5), _record(0, 6), _record(1, 9)]
    two = [_record(0, 3), _record(2, 1)]
    after = {tuple(place): offset for place, offset in offsets_after(one).items()}
    first = {tuple(place): offset for place, offset in offsets_of([one, two]).items()}
    assert after == {("order", 0): 7, ("order", 1): 10}
    assert first == {("order", 0): 3, ("order", 1): 9, ("order", 2): 1}


class _Subscription:
    """A subscription whose state a test sets."""

    def __init__(self) -> None:
        self.is_alive = self.is_joined = True

    def alive(self) -> bool:
        """Return what the test set."""
        return self.is_alive

    def joined(self) -> bool:
        """Return what the test set."""
        return self.is_joined


def _watched() -> Any:
    """A consumer as the watchdog sees it."""
    consumption = Consumption(name="orders", group="shoe", topics=("order",), handle=_nothing)
    return SimpleNamespace(
        consumption=consumption, progress=Progress(), subscription=_Subscription()
    )


def test_the_watchdog_waits_two_sessions() -> None:
    """
    A consumer outside its group is lost after 60 s, not before, and not if it came back between.
    """
    consumer, watchdog = _watched(), Watchdog([], _yes)
    consumer.subscription.is_joined = False
    early = [watchdog.look(consumer, now) for now in (100.0, 159.0)]
    consumer.subscription.is_joined = True
    back = watchdog.look(consumer, 161.0)
    consumer.subscription.is_joined = False
    again = [watchdog.look(consumer, now) for now in (170.0, 229.0, 231.0)]
    assert (early, back) == ([None, None], None)
    assert again == [None, None, "not a member of its group for 60 s"]


def test_the_watchdog_sees_what_gets_nothing_done() -> None:
    """
    A dead task, commits that fail for ever and endless rebalances each end the process with a
    reason.
    """
    watchdog = Watchdog([], _yes)
    dead, failing, torn = _watched(), _watched(), _watched()
    dead.subscription.is_alive = False
    failing.progress.commit_failing_since = 100.0
    torn.progress.assigned_at.extend(float(n) for n in range(150, 180))
    assert [watchdog.look(one, 180.0) for one in (dead, failing, torn)] == [
        "its task has ended",
        "commits fail for 60 s",
        "30 rebalances in 60 s: does another process use this instance id?",
    ]


async def test_the_watchdog_spares_everybody_during_an_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While no broker answers a lost consumer ends nothing; when one answers, it does."""
    monkeypatch.setattr("chassis.watchdog.LOOK_SECONDS", 0.001)
    answers = iter([False, False, True])
    consumer: Consumer = _watched()
    consumer.subscription.is_alive = False  # type: ignore[attr-defined]

    async def answering() -> bool:
        return next(answers)

    reason = await asyncio.wait_for(Watchdog([consumer], answering).run(), 5)
    assert (reason, list(answers)) == ("consumption orders: its task has ended", [])


async def _yes() -> bool:
    """A broker that answers."""
    return True
