"""Corrections, several news in one message, an office's day, and what a machine is sent."""

from __future__ import annotations

import pytest
from contracts.notice import Channel
from notify.message import Item, message, webhook_body
from notify.words import HOLDERS, Speech

from tests.unit.notify.mails import (
    EVERY_RULE,
    LANGUAGES,
    PAID,
    RECEIVED,
    TEMPLATES,
    news,
    speech,
)
from tests.unit.notify.telling import (
    NOW_US,
    ZONE,
    Store,
    book,
    line,
    paid_line,
    picture,
    tell,
)


def test_a_correction_says_what_was_told_and_what_is_right() -> None:
    """The earlier telling with its day, and the right sum, in the words of both languages."""
    store = Store()
    store.see(picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)]))
    store.deliver()
    right = picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID, net="900.00")])
    store.see(right)
    (correction,) = (one for one in store.deliver() if one.channel is Channel.EMAIL)
    (earlier,) = (one for one in store.mail if one.id == correction.corrects)
    made = message([Item(correction, right, earlier, NOW_US)], TEMPLATES, speech("en"))
    assert (
        "On Fri 2026-11-20 we told you: “Your money has been sent” (Thu 2026-11-19).\n"
        "This is right:\n"
        "Sent on Thu 2026-11-19 (Bank transfer)\n"
        "Net amount: THB 900.00\n"
    ) in made.text


def test_who_was_told_by_mistake_learns_nothing_but_that() -> None:
    """The correction to a stranger names the number and what was told: no stage, no desk."""
    store = Store()
    store.see(picture(RECEIVED, lines=[line("1", "anna")]))
    store.deliver()
    boons = picture(RECEIVED, lines=[line("1", "boon")])
    store.see(boons)
    (correction,) = (
        one for one in store.deliver() if one.corrects and one.channel is Channel.EMAIL
    )
    made = message([Item(correction, boons)], TEMPLATES, speech("en"))
    assert "This claim does not concern you" in made.text
    for secret in ("Which step", "Received by finance", "Whom to contact", "ค่าวัสดุวิทยาศาสตร์"):
        assert secret not in made.text + made.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_news_are_one_message_with_the_latest_state(language: str) -> None:
    """Receipt and payment in one letter, and the case as it stands now, once."""
    given = picture(RECEIVED, PAID, lines=[paid_line("1", "anna", PAID)])
    told = [one for one in tell(given) if one.channel is Channel.EMAIL]
    made = message([Item(one, given) for one in told], TEMPLATES, speech(language))
    stage = "จ่ายเงินแล้ว ตั้งแต่" if language == "th" else "Now: Paid, since"
    assert 1 == made.text.count(stage)
    assert 2 == made.text.count("\n- ")


def test_an_office_gets_its_day_also_when_there_is_one_piece_of_news() -> None:
    """A digest names the day, and of each case unit and total."""
    given = EVERY_RULE["returned"]
    made = message([Item(news("returned", given), given)], TEMPLATES, speech("en"), digest=True)
    assert "News for your office of Fri 2026-11-20: 1" == made.subject
    assert "Unit: science\nAmount of the whole claim: THB 2,000.00" in made.text


def test_a_message_without_news_is_a_bug() -> None:
    """Nobody is written to for nothing."""
    with pytest.raises(ValueError, match="tells something"):
        message([], TEMPLATES, speech("en"))


def test_the_body_of_a_webhook_is_codes_and_stays_the_same() -> None:
    """Type, time of the fact and the told values: nothing of the moment, so a retry is equal."""
    given = EVERY_RULE["late"]
    notice = news("late", given)
    later = Speech(book(), "en", ZONE, NOW_US + 1, "https://tidtam.example")
    body = webhook_body(Item(notice, given), speech("th"))
    assert body == webhook_body(Item(notice, given), later)
    assert {
        "type": "tidtam.notice.late",
        "timestamp": "2026-11-19T02:00:00.000000Z",
        "data": {
            "notice": notice.id,
            "corrects": None,
            "first": None,
            "holds": True,
            "process": "disbursement",
            "case": "4821-7735-6",
            "told": {"due": "2026-11-27"},
            "agreement": "finance-9-days",
            "clause": "finance",
            "link": "https://tidtam.example/cases/4821-7735-6",
        },
    } == body


def test_every_holder_has_words() -> None:
    """Whoever may hold a case of the committed process is named in both languages."""
    holders = {stage.holder for stage in book().process.stages.values()}
    assert all(holders <= HOLDERS[language].keys() for language in LANGUAGES)
