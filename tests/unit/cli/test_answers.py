"""The three answers, and the page they stand on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tidtam.answers import answers, days_of, parts_paid
from tidtam.case_page import page, trace_link
from tidtam.words import WORDS, Words

ZONE = ZoneInfo("Asia/Bangkok")
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)  # a Friday
LINES = {"total": 1, "open": 1, "transferred": 0, "bounced": 0, "cancelled": 0}


def span(stage: str, holder: str, since: str) -> dict[str, Any]:
    """One holding, begun at noon UTC of a date."""
    return {
        "stage": stage,
        "holder": holder,
        "since": f"{since}T12:00:00.000000Z",
        "anchor": ["s", since],
    }


def case(*spans: dict[str, Any], ended: bool = False, **more: Any) -> dict[str, Any]:
    """A case as status tells it."""
    last = spans[-1] if spans else {"stage": None, "holder": None, "since": None}
    told = {
        "case": "1", "number": "1234-5678-9", "unit": "sci-chem", "title": None, "amount": None,
        "stage": last["stage"], "holder": last["holder"], "since": last["since"], "ended": ended,
        "stage_title": {"th": "ขั้นตอน", "en": "A stage"}, "spans": list(spans), "timeline": [],
        "contradictions": [], "flags": [], "joining": [], "about": [], "lines": LINES,
        "contact": {"desk": {"th": "งานเบิกจ่าย", "en": "Payment desk"}, "telephone": "02 000 1202",
                    "email": None, "hours": None},
    }  # fmt: skip
    return told | more


def test_days_are_counted_from_the_first_receipt() -> None:
    """The day of the receipt is day 0; weekends and a return in between change nothing about it."""
    told = case(
        span("at_unit", "unit", "2026-11-10"),
        span("received", "finance", "2026-11-12"),
        span("returned", "unit", "2026-11-13"),
    )
    days = days_of(told, NOW, ZONE)
    assert days is not None
    assert (6, date(2026, 11, 12), None) == (days.count, days.received_on, days.ended_on)


def test_days_stop_where_the_case_ended() -> None:
    """A paid case took as many days as it took, however long ago."""
    told = case(
        span("received", "finance", "2026-11-12"), span("paid", "nobody", "2026-11-16"), ended=True
    )
    assert 2 == answers(told, NOW, ZONE)["days"]["working_days"]


def test_before_finance_has_it_the_step_is_counted() -> None:
    """Without a receipt, the days are those of the present step, and that is said."""
    days = answers(case(span("at_unit", "unit", "2026-11-18")), NOW, ZONE)["days"]
    assert (2, "stage") == (days["working_days"], days["counted_from"])


def test_a_date_is_the_local_one() -> None:
    """An instant late in the evening of UTC is the next day in Bangkok."""
    late = span("received", "finance", "2026-11-18") | {"since": "2026-11-18T20:00:00.000000Z"}
    days = days_of(case(late), NOW, ZONE)
    assert days is not None
    assert date(2026, 11, 19) == days.received_on


def test_part_payments_are_said_where_they_say_more_than_the_stage() -> None:
    """k of n for several lines; nothing for a single line that is open."""
    three = LINES | {"total": 4, "transferred": 1, "cancelled": 1}
    assert (1, 3) == parts_paid(case(lines=three))
    assert parts_paid(case()) is None


def test_the_page_begins_with_the_three_answers() -> None:
    """Both languages show step, days and contact before anything else."""
    told = case(span("received", "finance", "2026-11-12"))
    for language in ("th", "en"):
        words = Words(language, "disbursement", ZONE)
        lines = [text for text, _ in page(told, words, NOW, (), None)]
        headings = [lines.index(words.say(key)) for key in ("step", "days", "contact", "timeline")]
        assert sorted(headings) == headings
        assert "  ขั้นตอน · A stage" in lines


def test_thai_dates_have_a_weekday_and_a_buddhist_year() -> None:
    """Dates read as people write them; an instant has its time, a date none."""
    words = Words("th", "disbursement", ZONE)
    assert "ศ. 20 พ.ย. 2569" == words.day(NOW.date())
    assert "ศ. 20 พ.ย. 2569 12.00 น." == words.moment(NOW.isoformat(), "instant")
    assert "ศ. 20 พ.ย. 2569" == words.moment(NOW.isoformat(), "day")


def test_a_return_names_the_papers_that_are_missing() -> None:
    """Under the return stands what has to be added, by title."""
    back = {
        "source": "erp", "id": "1", "fact": "returned", "at": NOW.isoformat(), "effect": "moved",
        "precision": "instant", "reason": "incomplete-papers", "step": None, "not_reported": [],
        "papers": ["receipt"],
    }  # fmt: skip
    told = case(span("returned", "unit", "2026-11-20"), timeline=[back])
    for language, said in (("th", "ใบเสร็จรับเงิน"), ("en", "Receipt")):
        words = Words(language, "disbursement", ZONE)
        lines = [text.strip() for text, _ in page(told, words, NOW, (), None)]
        assert words.say("papers", papers=said) in lines


def test_both_languages_have_the_same_words() -> None:
    """No word is missing in one of the languages."""
    assert WORDS["th"].keys() == WORDS["en"].keys()


def test_titles_come_from_the_rules() -> None:
    """A stage or fact is shown by its title, an unknown one by its code."""
    words = Words("th", "disbursement", ZONE)
    assert "จ่ายเงินแล้ว · Paid" == words.both("stages", "paid")
    assert "new-fact" == words.title("facts", "new-fact")


def test_the_trace_link_asks_for_the_case() -> None:
    """The link searches the trace viewer by case; without a viewer there is none."""
    link = trace_link("http://zipkin.example/", "17")
    assert link is not None
    assert link.startswith("http://zipkin.example/zipkin/?annotationQuery=tidtam.case%3D17&")
    assert trace_link("", "17") is None


def test_a_contradiction_says_what_to_do_about_it() -> None:
    """Its code becomes words with a remedy; a code nobody knows yet is shown as it is."""
    found = [
        {
            "source": "erp",
            "id": "1",
            "fact": "transferred",
            "code": "line not found",
            "stage": None,
        },
        {"source": "erp", "id": "2", "fact": "transferred", "code": "brand new", "stage": None},
    ]
    told = case(span("received", "finance", "2026-11-10"), contradictions=found)
    words = Words("en", "disbursement", ZONE)
    lines = [text.strip() for text, _ in page(told, words, NOW, (), None)]
    at = next(place for place, text in enumerate(lines) if "The line it names is not there" in text)
    assert lines[at + 1].startswith("→ Check the line's id")
    assert lines[at + 2].endswith("(erp 2): brand new")
