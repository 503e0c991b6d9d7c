"""The words of days and promises in both languages, and sentences made of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tidtam.words import WORDS, Words

Clock = Mapping[str, Any]
"""One clause's clock on one case, as sla tells it."""

SLA_WORDS: Mapping[str, Mapping[str, str]] = {
    "th": {
        "ledger": "วันทำการเป็นของใคร",
        "clauses": "ข้อตกลง",
        "as_of": "ข้อมูล ณ {moment} · ปฏิทิน {calendar} ({zone})",
        "no_ledger": "ยังไม่เริ่มนับวัน เพราะยังไม่เคยอยู่ในขั้นตอนที่นับ",
        "no_clauses": "ยังไม่มีข้อตกลงใดเริ่มนับสำหรับเรื่องนี้",
        "day_zero": "วันเริ่มต้น ไม่นับเป็นวันของใคร",
        "sum": "รวม",
        "everyone": "ทุกฝ่าย",
        "working_days": "{n} วันทำการ",
        "calendar_days": "{n} วันปฏิทิน",
        "open": "กำลังนับวัน",
        "met": "ทันกำหนด",
        "missed": "แล้วเสร็จเกินกำหนด",
        "breached": "เกินกำหนดแล้ว ยังไม่แล้วเสร็จ",
        "void": "ไม่นับผล เพราะเรื่องสิ้นสุดก่อน",
        "voided": "ไม่นับผล เพราะเรื่องสิ้นสุดก่อน",
        "undetermined": "ยังสรุปไม่ได้",
        "not_reported": "ไม่มีการแจ้งวันเริ่มนับ",
        "used": "ใช้ไป {n} จาก {budget}",
        "used_only": "ใช้ไป {n}",
        "left": "เหลือ {n}",
        "due": "ครบกำหนด {day}",
        "was_due": "ครบกำหนดไปแล้วเมื่อ {day}",
        "first_due": "กำหนดเดิมเมื่อเริ่มนับ {day}",
        "comes_back": "อีก {n} หลังเรื่องกลับมา",
        "no_due": "ยังบอกวันครบกำหนดไม่ได้",
        "started": "เริ่มนับ {moment}",
        "stopped": "หยุดนับ {moment}",
        "breached_since": "เกินกำหนดตั้งแต่ {moment}",
        "would_breach": "เกินกำหนดตั้งแต่ {moment} หากไม่มีข้อมูลอื่นที่ยังมาไม่ถึง",
        "left_stop": "หลังหยุดนับแล้วเรื่องย้อนกลับมาอีก ผลเดิมไม่เปลี่ยน",
        "silent_since": "ไม่มีข้อมูลจาก {source} ตั้งแต่ {moment}",
        "silent": "ยังไม่เคยได้รับข้อมูลจาก {source}",
        "charged": "นับได้ {n} วัน",
        "told": "แจ้งผล {moment}",
        "superseded": "ยกเลิกผลนี้ {moment}: {reason}",
        "unexplained": "ไม่ได้ระบุเหตุผล",
        "facts": "ได้รับข้อมูลล่าช้าหรือมีการแก้ไขข้อมูล",
        "rules": "ข้อตกลงหรือปฏิทินวันหยุดเปลี่ยน",
        "sources": "ระบบต้นทางแจ้งข้อมูลเพิ่ม",
        "redirect": "รวมเข้ากับเรื่องอื่น",
        "history": "ผลที่เคยแจ้ง",
        "queue": "ลำดับในคิว",
        "place": "ลำดับที่ {position} จาก {waiting} เรื่องที่รอ{party} ({agreements})",
        "held_since": "อยู่กับ{party}ตั้งแต่ {moment}",
        "overtaken": "มี {n} เรื่องเข้าคิวทีหลังแต่ผ่านไปก่อน: {why}",
        "by_priority": "มีระดับความเร่งด่วนเป็น {value}",
        "by_fund": "ใช้แหล่งเงิน {value}",
        "by_delayed": "เรื่องนี้มีเหตุล่าช้า ({value})",
        "by_not-stated": "ไม่ได้ระบุเหตุผล",
    },
    "en": {
        "ledger": "Whose days",
        "clauses": "Promises",
        "as_of": "as of {moment} · calendar {calendar} ({zone})",
        "no_ledger": "no day is counted yet: it has not been in a step that counts",
        "no_clauses": "no agreement counts for this case yet",
        "day_zero": "the first day, charged to nobody",
        "sum": "sum",
        "everyone": "everyone",
        "working_days": "{n} working days",
        "calendar_days": "{n} calendar days",
        "open": "running",
        "met": "met",
        "missed": "missed: done, but late",
        "breached": "breached: late, and not done",
        "void": "void: the case ended otherwise",
        "voided": "void: the case ended otherwise",
        "undetermined": "cannot be said yet",
        "not_reported": "start not reported",
        "used": "{n} of {budget} used",
        "used_only": "{n} used",
        "left": "{n} left",
        "due": "due {day}",
        "was_due": "was due {day}",
        "first_due": "at the start it was due {day}",
        "comes_back": "{n} after it comes back",
        "no_due": "no due date can be said yet",
        "started": "started {moment}",
        "stopped": "stopped {moment}",
        "breached_since": "breached since {moment}",
        "would_breach": "breached since {moment}, unless a word still missing says otherwise",
        "left_stop": "it came back after the stop; the verdict stays",
        "silent_since": "no word from {source} since {moment}",
        "silent": "no word from {source} ever",
        "charged": "{n} charged",
        "told": "told {moment}",
        "superseded": "taken back {moment}: {reason}",
        "unexplained": "no reason given",
        "facts": "facts came late or were corrected",
        "rules": "the agreement or the calendar changed",
        "sources": "a source told more",
        "redirect": "the case was joined to another",
        "history": "Verdicts told",
        "queue": "Place in the queue",
        "place": "number {position} of {waiting} that wait for {party} ({agreements})",
        "held_since": "with {party} since {moment}",
        "overtaken": "{n} came later and left first: {why}",
        "by_priority": "their priority is {value}",
        "by_fund": "their fund is {value}",
        "by_delayed": "this one is delayed ({value})",
        "by_not-stated": "no reason stated",
    },
}


def say(words: Words, key: str, **values: object) -> str:
    """Return the words of *key* in the language of *words*; the key itself where there are none."""
    return SLA_WORDS[words.language].get(key, key).format(**values)


def moment(words: Words, instant: str) -> str:
    """
    Return an instant in the zone of *words*; the last one of a day is shown as that day.

    A fact of which only the date is known is dated there: its 23:59 was never anybody's time.
    """
    at = datetime.fromisoformat(instant).astimezone(words.zone)
    last = (at + timedelta(microseconds=1)).date() != at.date()
    return words.moment(instant, "day" if last else "instant")


def both(key: str) -> str:
    """Return the words of a party, state, kind or reason in both languages, Thai first."""
    thai, english = (
        SLA_WORDS[language].get(key, WORDS[language].get(key, key)) for language in ("th", "en")
    )
    return thai if thai == english else f"{thai} · {english}"


def days(words: Words, count: int, unit: str = "working_days") -> str:
    """Return so many days with their *unit*: `1 working day`, `4 calendar days`."""
    told = say(words, unit, n=count)
    return told.removesuffix("s") if count == 1 and words.language == "en" else told


def used(clock: Clock, words: Words) -> str:
    """Return how many days are used, and of how many where the clause has a budget."""
    if clock["budget"] is None:
        return say(words, "used_only", n=days(words, clock["charged"], clock["unit"]))
    budget = days(words, clock["budget"], clock["unit"])
    return say(words, "used", n=clock["charged"], budget=budget)


def due(clock: Clock, words: Words) -> str | None:
    """
    Return when a running clock is due, or how many days stay when the case comes back.

    None for a clock that runs no more: what it was due is no promise any longer.
    """
    if clock["state"] not in ("open", "breached"):
        return None
    if clock["due"] is not None:
        key = "due" if clock["breached_at"] is None else "was_due"
        return say(words, key, day=words.day(date.fromisoformat(clock["due"])))
    if clock["remaining"] is not None:
        left = days(words, clock["remaining"], clock["unit"])
        return say(words, "comes_back", n=left)
    return say(words, "no_due")


def breach(clock: Clock, words: Words) -> str | None:
    """Return since when the clock is past its budget; unsure where a source's word is missing."""
    if clock["breached_at"] is None:
        return None
    key = "would_breach" if clock["state"] == "open" else "breached_since"
    return say(words, key, moment=moment(words, clock["breached_at"]))


def silences(clock: Clock, words: Words) -> list[str]:
    """Return a sentence for each source whose word is missing."""
    told = []
    for source, since in clock["undetermined"]:
        key = "silent_since" if since else "silent"
        at = moment(words, since) if since else ""
        told.append(say(words, key, source=source, moment=at))
    return told


def state_of(clock: Clock) -> str:
    """Return the key of the clock's state in words: an open one past its budget is undetermined."""
    unsure = clock["state"] == "open" and clock["breached_at"] is not None
    return "undetermined" if unsure else str(clock["state"])
