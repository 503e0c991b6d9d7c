"""What one batch brings of a case is decided on once, and what nobody is told is only kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from notify.deadlines import PASSED
from notify.telling import Telling

from tests.integration.notify.bed import Bed, topic_of
from tests.integration.notify.said import (
    case_sla,
    case_status,
    clock,
    event,
    line,
    line_status,
    payee,
    sla_event,
)

STARTED = event("received", "2026-11-09T01:00")
ANNA = payee(email="anna@example.org")
BREACHED = sla_event("breached", STARTED, "2026-11-22T17:00")
MET = sla_event("met", STARTED, "2026-11-23T01:00")
DAYS = case_sla(1, 1, clock(STARTED, state="breached", remaining=0))


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cases each decision was about."""
    counts: list[int] = []
    decide = Telling.decide

    async def counted(self: Telling, connection: Any, dossiers: Any, *more: Any) -> Any:
        counts.append(len(dossiers))
        return await decide(self, connection, dossiers, *more)

    monkeypatch.setattr(Telling, "decide", counted)
    return counts


async def test_what_comes_at_once_is_decided_on_once(bed: Bed, decided: list[int]) -> None:
    """State, lines, days and a breach of two cases in one batch, in no order: one letter."""
    other = [line_status(1, line(), case=2), case_status(1, {**STARTED, "id": "r-2"}, case=2)]
    await bed.say(ANNA)
    await bed.say_at_once(BREACHED, line_status(1, line()), *other, DAYS, case_status(1, STARTED))
    assert [2] == decided
    mails = [one for case in (1, 2) for one in await bed.mails(case) if one[1] == "requested"]
    assert [("late", "requested", None)] == mails


async def test_a_word_that_nobody_is_told_is_only_kept(bed: Bed, decided: list[int]) -> None:
    """That a clock was met in time changes no notice: no decision, and the word is there."""
    await bed.say(ANNA, line_status(1, line()), case_status(1, STARTED))
    before = list(decided)
    await bed.say(MET, MET)
    assert before == decided
    assert ["met"] == [
        row["kind"] for row in await bed.base.pool.fetch("select kind from sla_word")
    ]


async def test_a_word_that_was_only_kept_counts_when_it_matters(bed: Bed) -> None:
    """The end of a clock comes before its breach: nobody is written to about what is over."""
    await bed.say(ANNA, line_status(1, line()), case_status(1, STARTED), DAYS, MET)
    await bed.say(BREACHED)
    assert ("late", "suppressed", "superseded-before-sending") in await bed.mails()
    assert [] == await bed.sent()


async def test_an_end_after_its_breach_stops_the_letter(bed: Bed) -> None:
    """The breach was asked for and not yet sent when the clock ended."""
    await bed.say(ANNA, line_status(1, line()), case_status(1, STARTED), DAYS, BREACHED)
    assert ("late", "requested", None) in await bed.mails()
    await bed.say(MET)
    assert ("late", "suppressed", "superseded-before-sending") in await bed.mails()
    assert [] == await bed.sent()


@pytest.mark.parametrize("kind", sorted(PASSED))
async def test_each_word_that_may_be_told_has_what_follows_it_decided(
    bed: Bed, decided: list[int], kind: str
) -> None:
    """
    The database finds the cases of just these words: left out there, the end of a clock would not
    stop a letter that was asked for.
    """
    said = sla_event(kind, STARTED, "2026-11-22T17:00")
    await bed.say(ANNA, line_status(1, line()), case_status(1, STARTED), DAYS, said)
    before = len(decided)
    await bed.say(MET)
    assert before + 1 == len(decided)
    index = await bed.base.pool.fetchval("select pg_get_indexdef('sla_word_passed'::regclass)")
    assert set(re.findall(r"'([a-z-]+)'", index)) == PASSED


async def test_nothing_of_a_forgotten_case_comes_back(bed: Bed) -> None:
    """Its tombstone beside its last days, lines and words in one batch: nothing is kept."""
    await bed.say(ANNA, line_status(1, line()), case_status(1, STARTED))
    gone = bed.record("case-status", None)
    rest = [bed.record(topic_of(one), one) for one in (line_status(2, line()), DAYS, BREACHED)]
    await bed.handlers.on_cases(bed.handlers.read([*rest[:1], gone, *rest[1:]]))
    for table in ("followed_case", "line_chunk", "sla_word"):
        assert 0 == await bed.base.pool.fetchval(f"select count(*) from {table}"), table


async def test_an_address_is_looked_at_again_after_a_crash(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between keeping a payee and telling what waited for her: the batch comes again."""
    came = event("received", "2026-11-23T00:30")
    await bed.say(line_status(1, line()), case_status(1, came))
    with monkeypatch.context() as broken:
        broken.setattr("notify.store.waiting_for_address", _crash)
        with pytest.raises(ConnectionError):
            await bed.say(ANNA)
    assert [("received", "suppressed", "no-address")] == await bed.mails()
    await bed.say(ANNA)
    assert ("received", "requested", None) in await bed.mails()


async def _crash(*_: object) -> None:
    raise ConnectionError("killed")


async def test_old_news_beside_new_news_in_one_batch(bed: Bed) -> None:
    """A state that is known already comes again with lines that are new: they are decided on."""
    await bed.say(ANNA, line_status(1, line(net="5.00")), case_status(2, STARTED))
    await bed.say_at_once(case_status(1, STARTED), line_status(2, line(), line(id="2")))
    row = await bed.base.pool.fetchrow("select version, body from line_chunk")
    assert (2, 2) == (row["version"], row["body"].count('"id"'))
