"""
A faculty of science that does not exist: its units, its sources, its payees, its titles.

Every tax id has a valid check digit and belongs to nobody: no firm's begins with seven zeros, and
no citizen id has the district 0000.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from tidtam.generating.house import House, Unit

FACULTY = "faculty-of-science"
FINANCE = "finance"
ERP, BANK, OFFICER = "erp", "bank", "officer"

UNITS = (
    Unit("sci-chem", "CHEM", "วท.คม.", "ภาควิชาเคมี คณะวิทยาศาสตร์", "Chemistry, Science", 40),
    Unit("sci-bio", "BIO", "วท.ชว.", "ภาควิชาชีววิทยา คณะวิทยาศาสตร์", "Biology, Science", 35),
    Unit("sci-office", "SCI", "วท.สนง.", "สำนักงานคณบดี คณะวิทยาศาสตร์", "Dean's office, Science", 25),
)
HOUSE = House(UNITS, ERP, BANK, OFFICER, FINANCE)

TITLES: Mapping[str, tuple[str, ...]] = {
    "purchase": (
        "ค่าสารเคมีสำหรับปฏิบัติการเคมีอินทรีย์",
        "ค่าวัสดุวิทยาศาสตร์",
        "ค่าเครื่องแก้วสำหรับห้องปฏิบัติการ",
        "ค่าซ่อมเครื่องปั่นเหวี่ยง",
        "ค่าบำรุงรักษากล้องจุลทรรศน์",
        "ค่าอาหารเลี้ยงเชื้อจุลินทรีย์",
        "ค่าไนโตรเจนเหลว",
        "ค่าวัสดุสำนักงาน",
        "ค่าจ้างเหมาบริการทำความสะอาด",
    ),
    "reimbursement": (
        "ค่าวัสดุที่สำรองจ่าย",
        "ค่าไปรษณีย์และค่าขนส่งตัวอย่าง",
        "ค่าน้ำมันเชื้อเพลิงรถตู้ของคณะ",
        "ค่าถ่ายเอกสารประกอบการเรียนการสอน",
    ),
    "travel": (
        "ค่าใช้จ่ายเดินทางไปประชุมวิชาการ จังหวัดเชียงใหม่",
        "ค่าใช้จ่ายเดินทางไปเก็บตัวอย่างภาคสนาม จังหวัดระนอง",
        "ค่าใช้จ่ายนำนักศึกษาไปศึกษาดูงาน จังหวัดระยอง",
    ),
    "compensation": (
        "ค่าตอบแทนวิทยากรบรรยายพิเศษ",
        "ค่าตอบแทนกรรมการสอบวิทยานิพนธ์",
        "ค่าตอบแทนผู้ช่วยสอนปฏิบัติการ",
        "ค่าตอบแทนการปฏิบัติงานนอกเวลาราชการ",
    ),
    "scholarship": ("ทุนการศึกษาประจำภาคการศึกษา", "ทุนผู้ช่วยวิจัยระดับบัณฑิตศึกษา"),
    "research": ("เงินอุดหนุนการวิจัย งวดที่ 1", "เงินอุดหนุนการวิจัย งวดที่ 2"),
    "utilities": ("ค่าโทรศัพท์ประจำเดือน", "ค่าบริการอินเทอร์เน็ตประจำเดือน"),
    "welfare": ("เงินช่วยเหลือค่ารักษาพยาบาล", "เงินช่วยเหลือการศึกษาบุตร"),
}
WEIGHTS = {
    "purchase": 38, "reimbursement": 16, "travel": 12, "compensation": 14, "scholarship": 6,
    "research": 6, "utilities": 4, "welfare": 4,
}  # fmt: skip
PAID_TO_FIRMS = ("purchase", "utilities")
FUNDS = ("government-budget", "faculty-income", "research-fund")

_FIRMS = (
    "บริษัท สมมติเคมีภัณฑ์ จำกัด",
    "บริษัท ตัวอย่างวิทยาศาสตร์ จำกัด",
    "ห้างหุ้นส่วนจำกัด สมมติเครื่องแก้ว",
    "บริษัท นามสมมติการพิมพ์ จำกัด",
    "บริษัท ตัวอย่างสื่อสาร จำกัด",
    "ร้านสมมติเครื่องเขียน",
    "บริษัท ตัวอย่างชีวภัณฑ์ จำกัด",
    "ห้างหุ้นส่วนจำกัด ตัวอย่างบริการสะอาด",
)
TITLES_OF_PERSONS = ("นาย", "นาง", "นางสาว")
PERSONS = 24


def with_check_digit(twelve: str) -> str:
    """Return a Thai tax or citizen id: twelve digits and their check digit."""
    weighed = sum(
        int(digit) * weight for digit, weight in zip(twelve, range(13, 1, -1), strict=True)
    )
    return twelve + str((11 - weighed % 11) % 10)


def firms() -> list[dict[str, Any]]:
    """Return the firms, each by its tax id and a vendor code."""
    return [
        {
            "identities": [
                {"scheme": "tax-id", "value": with_check_digit(f"0000000{place:05d}")},
                {"scheme": "vendor", "value": f"V{place:04d}", "issuer": FINANCE},
            ],
            "name": name,
            "kind": "firm",
            "contact": {"email": f"firm{place:02d}@payee.example"},
            "account": {"bank": "ธนาคารตัวอย่าง", "number": f"0000{place:06d}"},
        }
        for place, name in enumerate(_FIRMS, 1)
    ]


def persons(random: Random) -> list[dict[str, Any]]:
    """Return the persons, each by a citizen id and a staff number."""
    return [
        {
            "identities": [
                {"scheme": "citizen-id", "value": with_check_digit(f"10000{place:07d}")},
                {"scheme": "staff", "value": f"S{place:04d}", "issuer": FACULTY},
            ],
            "name": f"{random.choice(TITLES_OF_PERSONS)}สมมติ ตัวอย่าง {place}",
            "kind": "person",
            "contact": {"email": f"person{place:02d}@payee.example"},
            "account": {"bank": "ธนาคารตัวอย่าง", "number": f"1000{place:06d}"},
        }
        for place in range(1, PERSONS + 1)
    ]


def sources(first: datetime) -> list[dict[str, Any]]:
    """Return the sources as the registry takes them; *first* is the month's first instant."""
    return HOUSE.sources(first)
