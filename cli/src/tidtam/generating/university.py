"""
A university that does not exist: its units, its payees, and what they are paid for.

No tax id, citizen id, number or source in it is one of the faculty's, so a month and a year may be
played into one installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from tidtam.generating import faculty
from tidtam.generating.faculty import with_check_digit
from tidtam.generating.house import House, Unit

UNIVERSITY = "example-university"
FINANCE = "uni-finance"
CLAIMS_PER_FIRM = 30
CLAIMS_PER_PERSON = 8
FIRMS_MIN, PERSONS_MIN = 12, 60
"""Few enough to meet again and again; the persons are more than one claim has lines."""
FIRST_FIRM, FIRST_PERSON = 10_001, 1_000_001

HOUSE = House(
    units=(
        Unit("uni-med", "MED", "พ.", "คณะแพทยศาสตร์", "Faculty of Medicine", 17),
        Unit("uni-eng", "ENG", "วศ.", "คณะวิศวกรรมศาสตร์", "Faculty of Engineering", 13),
        Unit("uni-sci", "USC", "วท.", "คณะวิทยาศาสตร์", "Faculty of Science", 12),
        Unit("uni-agr", "AGR", "กษ.", "คณะเกษตรศาสตร์", "Faculty of Agriculture", 9),
        Unit("uni-edu", "EDU", "ศษ.", "คณะศึกษาศาสตร์", "Faculty of Education", 8),
        Unit("uni-hum", "HUM", "มส.", "คณะมนุษยศาสตร์และสังคมศาสตร์", "Faculty of Humanities", 7),
        Unit("uni-bus", "BUS", "บธ.", "คณะบริหารธุรกิจ", "Faculty of Business", 6),
        Unit("uni-nur", "NUR", "พย.", "คณะพยาบาลศาสตร์", "Faculty of Nursing", 6),
        Unit("uni-res", "RES", "วจ.", "สถาบันวิจัยและพัฒนา", "Research Institute", 6),
        Unit("uni-stu", "STU", "กน.", "กองกิจการนักศึกษา", "Student Affairs", 6),
        Unit("uni-est", "EST", "อค.", "กองอาคารสถานที่", "Buildings and Grounds", 4),
        Unit("uni-lib", "LIB", "หส.", "สำนักหอสมุด", "Library", 3),
        Unit("uni-net", "NET", "ทส.", "สำนักเทคโนโลยีสารสนเทศ", "Information Technology", 3),
    ),
    erp="uni-erp",
    bank="uni-bank",
    officer="uni-officer",
    finance=FINANCE,
)

TITLES: Mapping[str, tuple[str, ...]] = {
    "purchase": (
        "ค่าวัสดุสำนักงาน",
        "ค่าวัสดุวิทยาศาสตร์และการแพทย์",
        "ค่าวัสดุคอมพิวเตอร์",
        "ค่าจ้างเหมาบริการทำความสะอาด",
        "ค่าซ่อมแซมครุภัณฑ์",
        "ค่าจ้างพิมพ์เอกสารประกอบการสอน",
    ),
    "reimbursement": (
        "เบิกคืนเงินสำรองจ่าย ค่าอาหารว่างการประชุม",
        "เบิกคืนเงินสำรองจ่าย ค่าวัสดุการศึกษา",
        "เบิกคืนเงินสำรองจ่าย ค่าลงทะเบียนอบรม",
    ),
    "travel": (
        "ค่าใช้จ่ายในการเดินทางไปราชการ",
        "ค่าใช้จ่ายเดินทางไปประชุมวิชาการ",
        "ค่าใช้จ่ายเดินทางไปนิเทศนักศึกษา",
    ),
    "compensation": (
        "ค่าสอนเกินภาระงาน",
        "ค่าตอบแทนกรรมการสอบ",
        "ค่าตอบแทนวิทยากร",
        "ค่าตอบแทนการปฏิบัติงานนอกเวลาราชการ",
    ),
    "scholarship": ("ทุนการศึกษาประจำภาคการศึกษา", "ทุนผู้ช่วยสอน", "ทุนส่งเสริมการศึกษา"),
    "research": ("เงินอุดหนุนการวิจัย งวดที่ 1", "เงินอุดหนุนการวิจัย งวดที่ 2"),
    "utilities": ("ค่าไฟฟ้าประจำเดือน", "ค่าน้ำประปาประจำเดือน", "ค่าบริการอินเทอร์เน็ตประจำเดือน"),
    "welfare": ("เงินช่วยเหลือค่ารักษาพยาบาล", "เงินช่วยเหลือการศึกษาบุตร"),
}
_FIRM_KINDS = ("บริษัท {} จำกัด", "ห้างหุ้นส่วนจำกัด {}", "ร้าน{}")
_FIRM_TRADES = (
    "สมมติพาณิชย์",
    "ตัวอย่างการค้า",
    "สมมติเคมีภัณฑ์",
    "ตัวอย่างการแพทย์",
    "สมมติการพิมพ์",
    "ตัวอย่างวิศวกรรม",
    "สมมติคอมพิวเตอร์",
    "ตัวอย่างบริการ",
)


class People:
    """The payees of so many claims, and a hand that picks among them."""

    def __init__(self, random: Random, claims: int) -> None:
        self.firms = [_firm(n) for n in range(max(FIRMS_MIN, claims // CLAIMS_PER_FIRM))]
        count = max(PERSONS_MIN, claims // CLAIMS_PER_PERSON)
        self.persons = [_person(n, random) for n in range(count)]

    def pick(self, random: Random, kind: str, count: int) -> list[dict[str, Any]]:
        """Return *count* payees such as claims of this *kind* have; a few firms sell the most."""
        if kind in faculty.PAID_TO_FIRMS:
            return [self.firms[int(len(self.firms) * random.random() ** 2)]]
        return random.sample(self.persons, count)


def named(payee: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payee as a unit names one: where to write and to pay, the ERP knows."""
    return {
        "identities": payee["identities"][:1],
        "name": payee["name"],
        "kind": payee["kind"],
    }


def _firm(place: int) -> dict[str, Any]:
    number = FIRST_FIRM + place
    kind = _FIRM_KINDS[place % len(_FIRM_KINDS)]
    trade = _FIRM_TRADES[place // len(_FIRM_KINDS) % len(_FIRM_TRADES)]
    return {
        "identities": [
            {"scheme": "tax-id", "value": with_check_digit(f"0000000{number:05d}")},
            {"scheme": "vendor", "value": f"U{number:05d}", "issuer": FINANCE},
        ],
        "name": kind.format(f"{trade} {number}"),
        "kind": "firm",
        "contact": {"email": f"firm{number}@payee.example"},
        "account": {"bank": "ธนาคารตัวอย่าง", "number": f"{number:010d}"},
    }


def _person(place: int, random: Random) -> dict[str, Any]:
    number = FIRST_PERSON + place
    title = random.choice(faculty.TITLES_OF_PERSONS)
    return {
        "identities": [
            {"scheme": "citizen-id", "value": with_check_digit(f"10000{number:07d}")},
            {"scheme": "staff", "value": f"U{number}", "issuer": UNIVERSITY},
        ],
        "name": f"{title}สมมติ ตัวอย่าง {number}",
        "kind": "person",
        "contact": {"email": f"person{number}@payee.example"},
        "account": {"bank": "ธนาคารตัวอย่าง", "number": f"{number:010d}"},
    }
