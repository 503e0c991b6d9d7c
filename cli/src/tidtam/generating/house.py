"""
A body that pays: its units, who speaks for it, and its sources as the registry takes them.

The faculty of the month and the university of the year are two of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

START_SLACK = timedelta(days=7)
_UNIT_FACTS = "drafted submitted approved returned withdrawn delayed retracted heartbeat"
_ERP_FACTS = (
    "received returned in-process transferred cancelled reopened delayed retracted"
    " payee-registered contact-changed heartbeat"
)
_BANK_FACTS = "credited bounced retracted heartbeat"
_OFFICER_FACTS = "linked unlinked retracted delayed cancelled reopened heartbeat"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that asks for payments. `weight`: how many of the claims are its, beside others'."""

    slug: str
    prefix: str
    memo: str
    name_th: str
    name_en: str
    weight: int


@dataclass(frozen=True, slots=True)
class House:
    """
    Who speaks in a body that pays.

    `erp`, `bank` and `officer` are slugs of sources; `finance` gives the numbers of receipts and
    documents.
    """

    units: tuple[Unit, ...]
    erp: str
    bank: str
    officer: str
    finance: str

    def sources(self, first: datetime) -> list[dict[str, Any]]:
        """Return the sources as the registry takes them; nothing is told of before *first*."""
        starts = (first - START_SLACK).isoformat()
        issuers = [self.finance, *(unit.slug for unit in self.units)]
        units = [
            _source((one.slug, "unit"), (one.name_th, one.name_en), [one.slug], _UNIT_FACTS, starts)
            | {"unit": one.slug}
            for one in self.units
        ]
        erp = ("ระบบบัญชีและการเงิน (ERP) กองคลัง", "Finance ERP")
        bank = ("ธนาคารตัวอย่าง (รายงานผลการโอน)", "Example bank, transfer reports")
        officer = ("เจ้าหน้าที่กองคลัง", "Finance officer")
        return [
            *units,
            _source((self.erp, "finance"), erp, issuers, _ERP_FACTS, starts)
            | {"promise": "daily by 03:00"},
            _source((self.bank, "bank"), bank, [self.finance], _BANK_FACTS, starts),
            _source((self.officer, "officer"), officer, ["*"], _OFFICER_FACTS, starts),
        ]


def _source(
    who: tuple[str, str], names: tuple[str, str], issuers: list[str], facts: str, starts: str
) -> dict[str, Any]:
    slug, role = who
    return {
        "source": slug,
        "slug": slug,
        "name_th": names[0],
        "name_en": names[1],
        "contact": "02 000 1200 (invented)",
        "role": role,
        "zone": "Asia/Bangkok",
        "issuers": issuers,
        "facts": {"disbursement": facts.split()},
        "promise": "live",
        "starts_at": starts,
        "test": False,
    }
