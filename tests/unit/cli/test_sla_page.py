"""A case's days and promises as they are shown: the ledger, the clauses, the verdicts told."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from tidtam.attainment_table import columns, rows_of, warnings_of
from tidtam.sla_page import page, place_in_queue, promises
from tidtam.sla_words import SLA_WORDS, both, breach, due, moment, silences, state_of, used
from tidtam.words import Words

from tests.unit.cli.sla_told import clock, sla, verdict

ENGLISH = Words("en", "disbursement", ZoneInfo("Asia/Bangkok"))
THAI = Words("th", "disbursement", ZoneInfo("Asia/Bangkok"))
SILENT = [["erp", "2026-11-25T17:00:00.000000Z"], ["bank", None]]
MIDNIGHT = "2026-11-26T17:00:00.000000Z"


def lines(told: dict[str, Any], words: Words = ENGLISH, short: bool = False) -> list[str]:
    """The page without styles."""
    return [text for text, _ in page(told, words, short)]


def test_each_working_day_has_a_line_with_weekday_and_party_in_both_languages() -> None:
    """Day 0 is nobody's; the parties' sums and the total close the ledger."""
    assert [
        "Whose days",
        "  0  Wed 2026-11-11  the first day, charged to nobody",
        "  1  Thu 2026-11-12  หน่วยงานผู้ขอเบิก · the unit",
        "  2  Fri 2026-11-13  หน่วยงานผู้ขอเบิก · the unit",
        "  3  Mon 2026-11-16  คลัง · finance",
        "  4  Tue 2026-11-17  คลัง · finance",
        "  5  Wed 2026-11-18  หน่วยงานผู้ขอเบิก · the unit",
        "  sum: 3 หน่วยงานผู้ขอเบิก · the unit + 2 คลัง · finance = 5 working days",
    ] == lines(sla())[2:10]


def test_short_folds_days_in_a_row_of_one_party() -> None:
    """Days of one party in a row are one line with their count; a party that comes back another."""
    assert [
        "    0  Wed 2026-11-11                   the first day, charged to nobody",
        "  1–2  Thu 2026-11-12 – Fri 2026-11-13  หน่วยงานผู้ขอเบิก · the unit (2 working days)",
        "  3–4  Mon 2026-11-16 – Tue 2026-11-17  คลัง · finance (2 working days)",
        "    5  Wed 2026-11-18                   หน่วยงานผู้ขอเบิก · the unit (1 working day)",
    ] == lines(sla(), short=True)[3:7]


def test_thai_columns_stand_under_each_other() -> None:
    """Thai marks take no room: the party begins in one column of the screen on every line."""
    told = lines(sla(), THAI)[4:9]
    assert {23} == {cell_len(line.partition("หน่วย")[0].partition("คลัง")[0]) for line in told}


def test_a_case_that_never_counted_has_no_ledger_and_says_so() -> None:
    """Empty is said in words, for days and for promises."""
    told = lines(sla(ledger={"first": None, "total": 0, "by_party": {}, "days": []}))
    assert "  no day is counted yet: it has not been in a step that counts" in told
    assert "  no agreement counts for this case yet" in told


@given(st.lists(st.sampled_from(["unit", "finance", "nobody"]), max_size=30))
def test_short_and_long_tell_the_same_days(parties: list[str]) -> None:
    """Folding loses no day: the last number of the short ledger is that of the long one."""
    days = [[f"2026-03-{day:02}", party] for day, party in enumerate(parties, 1)]
    by_party = {party: parties.count(party) for party in set(parties)}
    ledger = {"first": "2026-02-28", "total": len(days), "by_party": by_party, "days": days}
    long, short = lines(sla(ledger=ledger)), lines(sla(ledger=ledger), short=True)
    assert len(days) == len(long) - 8
    assert str(len(days)) == short[-5].split()[0].rpartition("–")[2]


def test_a_clause_tells_title_state_days_and_due_date() -> None:
    """Title and state in both languages; of a date that moved, also what was told at the start."""
    assert [
        "  คลังจ่ายภายใน 9 วัน · Finance pays within 9 days",
        "    กำลังนับวัน · running",
        "    4 of 9 working days used · 5 working days left · due Fri 2026-11-27"
        " · at the start it was due Thu 2026-11-26",
        "    started Fri 2026-11-13 10:00",
        "    คลัง · finance · finance-9-days@1#finance",
    ] == lines(sla(clock()))[-5:]


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({"due": None}, "open", "5 working days after it comes back"),
        ({"due": None, "remaining": 1}, "open", "1 working day after it comes back"),
        ({"due": None, "remaining": None, "budget": None}, "open", "no due date can be said yet"),
        ({"unit": "calendar_days", "due": None}, "open", "5 calendar days after it comes back"),
        ({"state": "breached", "breached_at": MIDNIGHT}, "breached", "was due Fri 2026-11-27"),
        ({"breached_at": MIDNIGHT}, "undetermined", "was due Fri 2026-11-27"),
        ({"state": "met"}, "met", None),
        ({"state": "missed", "breached_at": MIDNIGHT}, "missed", None),
        ({"state": "void", "due": None}, "void", None),
    ],
)
def test_when_a_clock_is_due(changes: dict[str, Any], state: str, said: str | None) -> None:
    """A date while the party holds the case, days while another does, nothing once it stopped."""
    assert (state, said) == (state_of(clock(**changes)), due(clock(**changes), ENGLISH))


def test_a_breach_says_since_when_and_an_unsure_one_that_it_is_unsure() -> None:
    """The true instant is local midnight; while a source is silent, nothing is claimed."""
    late = clock(state="breached", breached_at=MIDNIGHT)
    unsure = clock(breached_at=MIDNIGHT, undetermined=SILENT)
    assert "breached since Fri 2026-11-27 00:00" == breach(late, ENGLISH)
    assert (
        "breached since Fri 2026-11-27 00:00, unless a word still missing says otherwise"
        == breach(unsure, ENGLISH)
    )
    assert ["no word from erp since Thu 2026-11-26 00:00", "no word from bank ever"] == silences(
        unsure, ENGLISH
    )
    assert breach(clock(), ENGLISH) is None


def test_an_instant_of_which_only_the_day_is_known_is_shown_as_that_day() -> None:
    """A date-only fact is dated at the last instant of its day; nobody is shown that as a time."""
    assert "Thu 2026-11-26" == moment(ENGLISH, "2026-11-26T16:59:59.999999Z")
    assert "Fri 2026-11-27 00:00" == moment(ENGLISH, MIDNIGHT)
    assert "ศ. 27 พ.ย. 2569 00.00 น." == moment(THAI, MIDNIGHT)


def test_a_clause_without_a_budget_tells_only_the_days_used() -> None:
    """A clause until a date has no number of days to compare with."""
    assert "4 working days used" == used(clock(budget=None, remaining=None), ENGLISH)
    assert "ใช้ไป 4 จาก 9 วันทำการ" == used(clock(), THAI)


def test_verdicts_stay_when_they_are_taken_back() -> None:
    """A superseded verdict is shown with when and why, before what replaced it."""
    taken = verdict("breached", superseded_at="2026-11-27T02:00:00.000000Z", reason="facts")
    told = sla(clock(state="met"), verdicts=[taken, verdict("met", told_at="2026-11-27T02:00:01Z")])
    assert [
        "    Verdicts told:",
        "      เกินกำหนดแล้ว ยังไม่แล้วเสร็จ · breached: late, and not done · Fri 2026-11-27 00:00"
        " · 10 charged · told Fri 2026-11-27 08:00 · taken back Fri 2026-11-27 09:00:"
        " ได้รับข้อมูลล่าช้าหรือมีการแก้ไขข้อมูล · facts came late or were corrected",
        "      ทันกำหนด · met · Fri 2026-11-27 00:00 · 10 charged · told Fri 2026-11-27 09:00",
    ] == lines(told)[-3:]


def test_a_verdict_whose_clock_never_was_is_still_shown() -> None:
    """Where the clock itself was taken back, its clause stands with what had been said."""
    told = sla(verdicts=[verdict("met", superseded_at=MIDNIGHT, reason=None)])
    assert "  finance-9-days@1#finance" == lines(told)[-3]
    assert "ไม่ได้ระบุเหตุผล · no reason given" in lines(told)[-1]


def test_a_start_nobody_reported_is_said() -> None:
    """A clause without a start is named with that."""
    told = lines(sla(not_reported=["finance-9-days@1#finance"]))
    assert "  finance-9-days@1#finance: ไม่มีการแจ้งวันเริ่มนับ · start not reported" == told[-1]


def test_a_case_says_its_joint_and_finance_promises() -> None:
    """Those that run; where none runs, those kept or missed; never a void one or the unit's."""
    joint = clock(party="everyone", title={"th": "ร่วมกัน", "en": "Together"}, charged=6, budget=12)
    unit, met = clock(party="unit"), clock(state="met")
    assert [
        ("Together: 6 of 12 working days used · due Fri 2026-11-27", None),
        ("Finance pays within 9 days: 4 of 9 working days used · due Fri 2026-11-27", None),
    ] == promises(sla(clock(), joint, unit), ENGLISH)
    assert [("Finance pays within 9 days: 4 of 9 working days used · met", "green")] == promises(
        sla(met, clock(state="void")), ENGLISH
    )
    assert [] == promises(sla(unit), ENGLISH)
    assert [] == promises(None, ENGLISH)


def test_a_late_promise_is_late_and_an_unsure_one_blames_nobody() -> None:
    """Breached says so with the date it was due; undetermined says whose word is missing."""
    late = clock(state="breached", breached_at=MIDNIGHT, charged=10, remaining=0)
    unsure = clock(breached_at=MIDNIGHT, charged=10, undetermined=SILENT[:1])
    (told,), (waits,) = promises(sla(late), ENGLISH), promises(sla(unsure), ENGLISH)
    assert told[0].endswith("used · breached: late, and not done · was due Fri 2026-11-27")
    assert waits[0].endswith("cannot be said yet · no word from erp since Thu 2026-11-26 00:00")


def test_both_languages_have_the_same_words() -> None:
    """No word is missing in one of the languages; a word nobody knows stands as it is."""
    assert SLA_WORDS["th"].keys() == SLA_WORDS["en"].keys()
    assert "new-kind" == both("new-kind")


def test_attainment_rows_show_a_dash_for_what_is_not_known() -> None:
    """Clocks without a verdict stand in no month; what nobody set or counted is no 0."""
    counted = {
        "month": "2026-10", "key": "sci", "clause": "f@1#finance", "n": 20, "met": 17,
        "met_percent": 85.0, "missed_or_breached": 3, "open": 0, "void": 1, "p50": 4, "p85": 9,
        "p95": 12, "target_percent": 85,
    }  # fmt: skip
    nothing = {"month": None, "n": 0, "met_percent": None, "p50": None, "p85": None, "p95": None}
    waiting = counted | nothing | {"key": None, "target_percent": None, "met": 0}
    first, second = rows_of([counted, waiting], "unit")
    assert "2026-10 sci f@1#finance 20 17 85.00 85 3 – 0 1 4 9 12" == " ".join(first)
    assert "no verdict – f@1#finance 0 0 – – 3 – 0 1 – – –" == " ".join(second)
    assert len(columns("unit")) == len(first)
    assert len(columns("month")) == len(next(rows_of([counted], "month")))


QUEUE = {
    "party": "finance",
    "since": "2026-11-13T03:00:00.000000Z",
    "as_of_date": "2026-11-18",
    "places": [
        {"agreement": "finance-9-days", "position": 3, "waiting": 12, "overtaken": [
            {"reason": "priority", "value": "urgent", "cases": 2},
            {"reason": "not-stated", "value": None, "cases": 1},
        ]},
        {"agreement": "joint-end-to-end", "position": 3, "waiting": 12, "overtaken": []},
        {"agreement": "other", "position": 4, "waiting": 20, "overtaken": []},
    ],
}  # fmt: skip


def test_the_place_in_the_queue_is_said_with_who_went_before() -> None:
    """Agreements that count the same are one line; who overtook follows with the reason."""
    assert [
        "number 3 of 12 that wait for finance (finance-9-days, joint-end-to-end)",
        "  2 came later and left first: their priority is urgent",
        "  1 came later and left first: no reason stated",
        "number 4 of 20 that wait for finance (other)",
        "with finance since Fri 2026-11-13 10:00",
    ] == [text for text, _ in place_in_queue(sla(queue=QUEUE), ENGLISH)]
    assert "Place in the queue" in lines(sla(queue=QUEUE))
    assert [] == place_in_queue(sla(), ENGLISH)
    assert [] == place_in_queue(None, ENGLISH)


def test_the_place_in_the_queue_in_thai() -> None:
    """The same in Thai, with a delay of the case itself as the reason."""
    delayed = {"reason": "delayed", "value": "awaiting-papers", "cases": 4}
    place = {**QUEUE["places"][0], "overtaken": [delayed]}  # type: ignore[index]
    assert [
        "ลำดับที่ 3 จาก 12 เรื่องที่รอคลัง (finance-9-days)",
        "  มี 4 เรื่องเข้าคิวทีหลังแต่ผ่านไปก่อน: เรื่องนี้มีเหตุล่าช้า (รอเอกสารเพิ่มเติม)",
    ] == [text for text, _ in place_in_queue(sla(queue={**QUEUE, "places": [place]}), THAI)][:2]


def test_a_target_that_cannot_be_held_is_warned_of() -> None:
    """At risk with the date and what is left, lost with what was late; a held one says nothing."""
    row = {
        "month": "2026-11", "key": "sci", "clause": "f@1#finance", "target_percent": 85,
        "missed_or_breached": 31,
    }  # fmt: skip
    outlooks = [
        {"state": "held", "misses_left": 9, "exhausted_on": None},
        {"state": "at-risk", "misses_left": 3, "exhausted_on": "2026-11-24"},
        {"state": "lost", "misses_left": 0, "exhausted_on": None},
        None,
    ]
    rows = [{**row, "outlook": outlook} for outlook in outlooks]
    which = "2026-11 f@1#finance (sci)"
    assert [
        f"{which}: at this pace the target of 85 % is lost on 2026-11-24; 3 more may be late.",
        f"{which}: the target of 85 % can no longer be held, 31 were late.",
    ] == list(warnings_of(rows))
