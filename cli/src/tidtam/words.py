"""The words of the command in both languages; titles of stages and facts come from the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from tidtam.whereabouts import find_upwards

if TYPE_CHECKING:
    from contracts.message_parts import Words as Bilingual

BUDDHIST_ERA_YEARS = 543
_DAYS_TH = ("จ.", "อ.", "พ.", "พฤ.", "ศ.", "ส.", "อา.")
_MONTHS_TH = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.",
    "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip

WORDS: Mapping[str, Mapping[str, str]] = {
    "th": {
        "number": "เลขติดตาม",
        "step": "อยู่ขั้นตอนไหน",
        "days": "กี่วันแล้ว",
        "contact": "ติดต่อใคร",
        "since": "ตั้งแต่ {day}",
        "running": "{n} วันทำการนับจากวันที่คลังรับเรื่อง ({day})",
        "ended": "ใช้ {n} วันทำการนับจากวันที่คลังรับเรื่อง ({day})",
        "waiting": "คลังยังไม่ได้รับเรื่อง อยู่ขั้นตอนนี้มาแล้ว {n} วันทำการ",
        "unreceived": "ไม่มีการแจ้งวันที่คลังรับเรื่อง",
        "none": "ยังไม่อยู่ในขั้นตอนใด",
        "parts": "จ่ายแล้ว {paid} จาก {total} รายการ",
        "timeline": "ความเป็นมา",
        "contradictions": "ข้อมูลที่ขัดกัน",
        "lines": "รายการจ่าย",
        "references": "เลขที่อ้างอิง",
        "trace": "เส้นทางข้อมูล",
        "skipped": "ไม่ได้แจ้ง: {stages}",
        "papers": "เอกสารที่ต้องแก้ไขหรือส่งเพิ่ม: {papers}",
        "merged": "เลข {numbers} รวมเข้ากับเรื่องนี้แล้ว",
        "holder": "ผู้ถือเรื่อง: {holder}",
        "unit": "หน่วยงานผู้ขอเบิก",
        "finance": "คลัง",
        "bank": "ธนาคาร",
        "payee": "ผู้รับเงิน",
        "officer": "เจ้าหน้าที่",
        "nobody": "ไม่มี",
        "open": "ยังไม่จ่าย",
        "transferred": "โอนแล้ว",
        "bounced": "ธนาคารส่งคืน",
        "cancelled": "ยกเลิก",
        "credited": "เงินเข้าบัญชีแล้ว",
        "retracted": "เพิกถอนแล้ว",
        "contradicts": "ไม่มีผล",
        "net": "สุทธิ",
    },
    "en": {
        "number": "Case",
        "step": "Which step",
        "days": "How many days",
        "contact": "Whom to contact",
        "since": "since {day}",
        "running": "{n} working days since received ({day})",
        "ended": "took {n} working days since received ({day})",
        "waiting": "not received by finance yet; {n} working days in this step",
        "unreceived": "finance's receipt was not reported",
        "none": "in no step yet",
        "parts": "{paid} of {total} paid",
        "timeline": "Timeline",
        "contradictions": "Contradictions",
        "lines": "Lines",
        "references": "References",
        "trace": "Trace",
        "skipped": "not reported: {stages}",
        "papers": "papers to add or correct: {papers}",
        "merged": "{numbers} is part of this case now",
        "holder": "held by {holder}",
        "unit": "the unit",
        "finance": "finance",
        "bank": "the bank",
        "payee": "the payee",
        "officer": "an officer",
        "nobody": "nobody",
        "open": "open",
        "transferred": "transferred",
        "bounced": "sent back",
        "cancelled": "cancelled",
        "credited": "credited",
        "retracted": "taken back",
        "contradicts": "no effect",
        "net": "net",
    },
}


class Words:
    """One language, and the titles of one process as this checkout's rules have them."""

    def __init__(self, language: str, process: str, zone: ZoneInfo) -> None:
        self.language = language
        self.zone = zone
        self._titles = _titles(process)

    def say(self, key: str, **values: object) -> str:
        """Return the words of *key*."""
        return WORDS[self.language].get(key, key).format(**values)

    def title(self, kind: str, code: str | None) -> str:
        """Return the title of a stage or fact; its code where the rules are not at hand."""
        known = self._titles.get(kind, {}).get(code or "", {})
        return str(known.get(self.language, code or "–"))

    def of(self, said: Bilingual) -> str:
        """Return the one of two texts that is in this language."""
        return said.th if self.language == "th" else said.en

    def both(self, kind: str, code: str | None) -> str:
        """Return a title in both languages, Thai first."""
        known = self._titles.get(kind, {}).get(code or "", {})
        return f"{known['th']} · {known['en']}" if known else (code or "–")

    def day(self, on: date) -> str:
        """Return a date as people write it: weekday, Buddhist year in Thai, ISO-like in English."""
        if self.language == "th":
            month, year = _MONTHS_TH[on.month - 1], on.year + BUDDHIST_ERA_YEARS
            return f"{_DAYS_TH[on.weekday()]} {on.day} {month} {year}"
        return f"{on:%a %Y-%m-%d}"

    def moment(self, instant: str, precision: str) -> str:
        """Return an instant in the local zone; one of which only the day is known has no time."""
        at = datetime.fromisoformat(instant).astimezone(self.zone)
        if precision == "day":
            return self.day(at.date())
        hour = f"{at:%H.%M} น." if self.language == "th" else f"{at:%H:%M}"
        return f"{self.day(at.date())} {hour}"


@cache
def _titles(process: str) -> dict[str, dict[str, dict[str, str]]]:
    """The titles of a process by kind and code; empty outside a checkout."""
    contracts = find_upwards("contracts")
    files = [contracts / "processes"] if contracts else []
    files.append(Path(__file__).parents[3] / "contracts" / "processes")
    for folder in files:
        file = folder / f"{process}.yaml"
        if file.exists():
            return _read_titles(file)
    return {}


def _read_titles(file: Path) -> dict[str, dict[str, dict[str, str]]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    titles = {
        kind: {code: one["title"] for code, one in said.get(kind, {}).items()}
        for kind in ("stages", "facts", "schemes")
    }
    titles["steps"] = said.get("codes", {}).get("step", {})
    titles["papers"] = said.get("papers", {})
    titles["reasons"] = {
        code: words for codes in said.get("reasons", {}).values() for code, words in codes.items()
    }
    return titles
