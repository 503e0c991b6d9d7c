"""Whom machines are told for: sources with a part in a case, and only what came after them."""

from __future__ import annotations

from dataclasses import replace

from contracts.notice import Channel, RecipientKind
from hypothesis import given
from hypothesis import strategies as st
from notify.case import Effect, Entry
from notify.decide import wanted
from notify.model import Key, Notice, Preference, Reason, Recipient

from tests.unit.notify.telling import NOW_US, at_us, book, breach, entry, line, picture

CHEM, ERP, BANK = (Recipient(RecipientKind.SOURCE, one) for one in ("chem", "erp", "bank"))
HOOK = Preference(reachable=frozenset({Channel.WEBHOOK}))
SOURCES = st.sampled_from(["chem", "erp", "bank"])


def said(source: str, fact: str, days: float, effect: Effect = Effect.MOVED) -> Entry:
    """A fact that a source said."""
    return entry(fact, days, effect, key=Key(source, f"{fact}-{days:g}"))


def told(*entries: Entry, people: dict[Recipient, Preference]) -> list[Notice]:
    """What machines are told of a case with this timeline."""
    found = wanted(picture(*entries, lines=[line("1", "anna")]), book(), people, NOW_US)
    return [one for one in found if one.recipient.kind is RecipientKind.SOURCE]


def test_a_source_is_told_what_another_said_of_its_case() -> None:
    """Who said it is not told, nor who has no part; over webhook alone."""
    people = dict.fromkeys((CHEM, ERP, BANK), HOOK)
    (notice,) = told(said("chem", "submitted", 0), said("erp", "received", 1), people=people)
    assert ("system-received", CHEM, Channel.WEBHOOK, None) == (
        notice.rule,
        notice.recipient,
        notice.channel,
        notice.reason,
    )


def test_a_word_that_does_not_stand_gives_no_part() -> None:
    """Whose only word was taken back, or contradicts, hears nothing of the case."""
    people = {CHEM: HOOK}
    for effect in (Effect.RETRACTED, Effect.CONTRADICTS):
        own = said("chem", "submitted", 0, effect)
        assert [] == told(own, said("erp", "received", 1), people=people)


def test_what_was_before_the_webhook_is_recorded_only() -> None:
    """News from before a machine was registered is no news for it."""
    people = {CHEM: replace(HOOK, webhook_since_us=at_us(1) + 1)}
    (notice,) = told(said("chem", "submitted", 0), said("erp", "received", 1), people=people)
    assert Reason.TOO_OLD is notice.reason


def test_an_ended_webhook_is_missed_and_none_at_all_is_not() -> None:
    """A source whose endpoint is gone is listed; one that never had any asked for nothing."""
    entries = (said("chem", "submitted", 0), said("erp", "received", 1))
    (notice,) = told(*entries, people={CHEM: Preference()})
    assert Reason.NO_ADDRESS is notice.reason
    assert [] == told(*entries, people={})


def test_a_deadline_is_told_to_no_source_by_the_committed_rules() -> None:
    """Deadlines are people's; the committed rules tell machines of facts alone."""
    entries = (said("chem", "submitted", 0), said("erp", "received", 1))
    late = picture(*entries, lines=[line("1", "anna")], sla=(breach(),))
    found = wanted(late, book(), {CHEM: HOOK}, NOW_US)
    machines = {one.rule for one in found if one.recipient.kind is RecipientKind.SOURCE}
    assert {"system-received"} == machines


@given(
    st.lists(st.tuples(SOURCES, st.sampled_from(["submitted", "received", "returned"])), max_size=8)
)
def test_nobody_hears_its_own_word(words: list[tuple[str, str]]) -> None:
    """Whatever is said by whom, each word reaches only others that have a part, each once."""
    entries = [said(source, fact, day) for day, (source, fact) in enumerate(words)]
    found = told(*entries, people=dict.fromkeys((CHEM, ERP, BANK), HOOK))
    parts = {source for source, _ in words}
    assert len(found) == len({one.id for one in found})
    for notice in found:
        assert notice.recipient.id in parts
        assert notice.recipient.id != notice.anchor[0]
