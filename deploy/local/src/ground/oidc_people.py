"""The invented people of the demo: who they are, and what the provider says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """
    Somebody who does not exist. `second_factor`: whether the provider says it asked for one; of
    who has none the portal asks it itself.
    """

    key: str
    name: str
    duty: str
    roles: tuple[str, ...]
    units: tuple[str, ...] = ()
    second_factor: bool = True

    def claims(self) -> dict[str, Any]:
        """What is said of them in an ID token."""
        methods = ["pwd", "otp", "mfa"] if self.second_factor else ["pwd"]
        return {
            "sub": f"demo-{self.key}",
            "name": self.name,
            "roles": list(self.roles),
            "units": list(self.units),
            "amr": methods,
        }


PEOPLE = (
    Person(
        "unit-officer",
        "สมมติ เคมีตัวอย่าง",
        "เจ้าหน้าที่หน่วยงาน ภาควิชาเคมี · Unit officer, Chemistry",
        ("unit-officer",),
        ("sci-chem",),
    ),
    Person(
        "finance-officer",
        "ตัวอย่าง คลังสมมติ",
        "เจ้าหน้าที่กองคลัง · Finance officer",
        ("finance-officer",),
    ),
    Person("executive", "นามสมมติ บริหารตัวอย่าง", "ผู้บริหาร · Executive", ("executive",)),
    Person("operator", "สมมติ ดูแลระบบ", "ผู้ดูแลระบบ · Operator", ("operator",)),
    Person("auditor", "ตัวอย่าง ตรวจสอบสมมติ", "ผู้ตรวจสอบ · Auditor", ("auditor",)),
    Person(
        "one-factor",
        "สมมติ รหัสเดียว",
        "เจ้าหน้าที่กองคลังที่ไม่มียืนยันตัวขั้นที่สอง · Finance officer without a second factor",
        ("finance-officer",),
        second_factor=False,
    ),
)
