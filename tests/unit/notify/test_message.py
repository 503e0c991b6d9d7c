"""The words that go out: the three answers in both languages, and only what the reader may know."""

from __future__ import annotations

import re
from typing import Any

import pytest
from contracts.notice import PEOPLE
from contracts.notice_fields import Fields, fields_for
from notify.case import Forecast
from notify.message import Item, fields_of

from tests.unit.notify.mails import (
    BOUNCED,
    EVERY_RULE,
    LANGUAGES,
    OWN,
    PAID,
    RECEIVED,
    SOON,
    WITHHELD,
    mail,
    news,
    speech,
)
from tests.unit.notify.telling import (
    book,
    line,
    paid_line,
    picture,
)


def test_every_rule_is_tried() -> None:
    """No committed rule that speaks to people stands without its words being made here."""
    spoken = {name for name, rule in book().rules.items() if rule.to in PEOPLE}
    assert spoken == EVERY_RULE.keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(EVERY_RULE))
def test_every_rule_speaks(rule: str, language: str) -> None:
    """Subject, text and HTML name the case and lead to it, in one language, with nothing undone."""
    made = mail(rule, EVERY_RULE[rule], language)
    assert "4821-7735-6" in made.subject
    for body in (made.text, made.html):
        assert "https://tidtam.example/cases/4821-7735-6" in body
        assert re.search(r"\{[{%]|None|True|False", body) is None
    thai = re.search("[ก-๛]", made.subject + made.text.replace("ค่าวัสดุวิทยาศาสตร์", ""))
    assert (thai is not None) == (language == "th")


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("en", "Invoice", "Inspection report"), ("th", "ใบแจ้งหนี้", "ใบตรวจรับพัสดุ")],
)
def test_a_returned_claim_names_the_papers(language: str, first: str, second: str) -> None:
    """What is missing stands there by its title, one below the other; never a code nobody named."""
    made = mail("returned", EVERY_RULE["returned"], language)
    assert f"- {first}\n- {second}\n" in made.text
    assert f"<li>{first}</li>" in made.html
    assert "no-such-paper" not in made.text + made.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(EVERY_RULE))
def test_the_fields_given_are_the_fields_promised(rule: str, language: str) -> None:
    """A template may name exactly what the words give: neither less nor more."""
    given = EVERY_RULE[rule]
    fields = fields_of(Item(news(rule, given), given), speech(language))
    assert shape_of(fields) == wanted_shape(fields_for(book().rules[rule].to), fields)


def shape_of(said: dict[str, Any]) -> dict[str, Any]:
    """The names in a context, those of its rows beneath."""
    return {
        name: [shape_of(row) for row in value] if isinstance(value, list) else None
        for name, value in said.items()
    }


def wanted_shape(fields: Fields, said: dict[str, Any]) -> dict[str, Any]:
    """The names *fields* promise, for as many rows as *said* has."""
    return {
        name: None if rows is None else [wanted_shape(rows, row) for row in said[name]]
        for name, rows in fields.items()
    }


def test_the_three_answers_in_thai() -> None:
    """Which step, how many more days and by when, whom to contact; Buddhist years, no codes."""
    given = picture(RECEIVED, lines=[line("1", "anna")], forecast=SOON)
    made = mail("received", given, "th")
    assert "กองคลังรับเรื่องของท่านแล้ว เลขติดตาม 4821-7735-6" == made.subject
    assert (
        """เลขติดตาม 4821-7735-6 · ค่าวัสดุวิทยาศาสตร์

กองคลังรับเรื่องของท่านเมื่อ จ. 16 พ.ย. 2569
ท่านไม่ต้องดำเนินการใด ๆ ระบบจะแจ้งท่านเมื่อจ่ายเงินแล้ว

อยู่ขั้นตอนไหน
กองคลังรับเรื่องแล้ว ตั้งแต่ จ. 16 พ.ย. 2569

อีกกี่วัน
เหลืออีก 5 วันทำการ จากข้อตกลง 9 วันทำการ ครบกำหนด ศ. 27 พ.ย. 2569
คาดว่าจะได้รับเงินภายใน พฤ. 26 พ.ย. 2569

ติดต่อใคร
งานเบิกจ่าย กองคลัง
โทร. 02 000 1202
payment@finance.example
วันทำการ 08.30–16.30 น.

ดูรายละเอียดทั้งหมด
https://tidtam.example/cases/4821-7735-6

ข้อมูล ณ ศ. 20 พ.ย. 2569 09.00 น.
ระบบติดตามการเบิกจ่ายส่งข้อความนี้โดยอัตโนมัติ โปรดอย่าตอบกลับ
"""
        == made.text
    )


def test_a_payment_in_english() -> None:
    """Date, way, net sum, reference and what was deducted; nothing more to wait for."""
    own = paid_line("1", "anna", PAID, gross="1070.00", invoice="INV-9", deductions=(WITHHELD,))
    made = mail("paid", picture(RECEIVED, PAID, lines=[own], forecast=SOON))
    assert (
        """Case 4821-7735-6 · ค่าวัสดุวิทยาศาสตร์

Finance sent your money on Thu 2026-11-19 (Bank transfer). It is usually in the account on the next working day.
Net amount: THB 1,000.00
Transfer reference: T1
Invoice INV-9
  gross THB 1,070.00
  less ภาษีหัก ณ ที่จ่าย THB 70.00
  net THB 1,000.00

Which step
Paid, since Thu 2026-11-19

Whom to contact
"""  # noqa: E501 - a line of a letter
        in made.text
    )
    assert "How many more days" not in made.text


@pytest.mark.parametrize(
    ("forecast", "line_en"),
    [
        (None, "The link below says by when the money should be there."),
        (Forecast(undetermined=True), "We cannot name a day at the moment."),
        (Forecast(9, 9, 0, overdue=True), "Past the agreed 9 working days."),
        (Forecast(9, 4, 5), "Working days left: 5, counted on when the claim leaves finance."),
    ],
)
def test_the_second_answer_in_all_its_forms(forecast: Forecast | None, line_en: str) -> None:
    """Not known, not to be said, past, and waiting for another party: each has its own words."""
    given = picture(RECEIVED, lines=[line("1", "anna")], forecast=forecast)
    assert line_en in mail("received", given).text


def test_who_must_act_is_told_what_to_do() -> None:
    """A bounce the payee must mend says why, what to do and where; no date is promised."""
    text = mail("bounced", picture(RECEIVED, BOUNCED, lines=[OWN], forecast=SOON)).text
    assert "Reason: The account is closed" in text
    assert "What you need to do\nBring or send a copy of the bank book" in text
    assert "The money should be there by" not in text


@pytest.mark.parametrize(
    ("method", "words"), [("cheque", "Your cheque is"), ("counter", "Your money is")]
)
def test_money_to_be_collected_says_where_and_what_to_bring(method: str, words: str) -> None:
    """A cheque and cash at the counter are collected with an identity card."""
    own = paid_line("1", "anna", PAID)
    own = paid_line("1", "anna", PAID, transfers=(own.transfers[0]._replace(method=method),))
    text = mail("paid", picture(RECEIVED, PAID, lines=[own])).text
    assert f"{words} ready since Thu 2026-11-19 at the desk named below" in text
    assert "identity card" in text


def test_nothing_of_another_payee_is_in_a_payees_mail() -> None:
    """Boon's sum, reference, bounce, the total and the title are in no word of Anna's mail."""
    lines = [
        paid_line("1", "anna", PAID),
        line("2", "boon", "bounced", net="777.00", invoice="B-77", reached_by={BOUNCED.key}),
    ]
    given = picture(RECEIVED, BOUNCED, PAID, lines=lines)
    for language in LANGUAGES:
        made = mail("paid", given, language)
        for secret in ("777", "B-77", "2,000.00", "ค่าวัสดุวิทยาศาสตร์", "account is closed", "boon"):
            assert secret not in made.subject + made.text + made.html


def test_free_text_of_a_source_stays_in_its_line_and_is_no_markup() -> None:
    """A title with line ends and tags can neither add a line nor become HTML."""
    odd = "A\r\nSubject: x\u2028<script>"
    given = picture(RECEIVED, lines=[line("1", "anna")], case_={"title": odd})
    made = mail("received", given)
    assert "Case 4821-7735-6 · A Subject: x <script>\n" in made.text
    assert "A Subject: x &lt;script&gt;" in made.html
    assert "<script>" not in made.html
