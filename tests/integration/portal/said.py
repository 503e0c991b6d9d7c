"""Messages as the other services put them on our topics, with what the portal reads beside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from tests.integration.notify.said import (
    KEYS,
    NUMBER,
    UNIT,
    case_sla,
    case_status,
    clock,
    contact_of,
    envelope,
    event,
    key,
    line,
    line_status,
    paid_line,
)

__all__ = [
    "KEYS",
    "NUMBER",
    "UNIT",
    "case_sla",
    "case_status",
    "clock",
    "contact_of",
    "envelope",
    "event",
    "key",
    "line",
    "line_status",
    "notification",
    "paid_line",
    "payee",
    "source_status",
]
TAX_ID = "0994000158378"
"""A number with a right check digit, of nobody."""


def payee(
    payee_id: str = "anna",
    version: int = 1,
    *,
    to: str | None = None,
    name: str = "บริษัท อันนา จำกัด",
    tax_id: str | None = TAX_ID,
    said_at: str | None = None,
    **contact: Any,
) -> bytes:
    """A payee as intake seals one, with the number it signs in with."""
    identities = [] if tax_id is None else [["tax-id", "TH", tax_id]]
    content = {"name": name, "contact": contact, "identities": identities}
    sealed = KEYS.seal(payee_id, content)
    data = {
        "payee": payee_id,
        "version": version,
        "key_id": sealed.key_id,
        "nonce": base64.b64encode(sealed.nonce).decode(),
        "sealed": base64.b64encode(sealed.sealed).decode(),
        "redirect_to": to,
        "said_at": said_at,
    }
    return envelope("payee", f"{payee_id}/{version}", data)


def notification(notice: str = "n1", version: int = 1, case: int | None = 1, **more: Any) -> bytes:
    """A notice in one of its states."""
    data = {
        "notice": notice,
        "version": version,
        "case": None if case is None else str(case),
        "process": "disbursement",
        "rule": "paid",
        "title": {"th": "จ่ายเงินแล้ว", "en": "Paid"},
        "anchor": ["erp", "transferred-1"],
        "recipient": {"kind": "payee", "id": "anna"},
        "channel": "email",
        "language": "th",
        "state": "sent",
        "state_at": "2026-11-23T02:30:00.000000Z",
        "at": "2026-11-23T02:00:00.000000Z",
        **more,
    }
    return envelope("notification", f"{notice}/{version}", data)


def source_status(
    source: str = "erp", version: int = 1, units: Sequence[str] = (), **more: Any
) -> bytes:
    """What intake says of a source."""
    data = {
        "source": source,
        "epoch": 0,
        "version": version,
        "name": {"th": "ระบบบัญชี", "en": "ERP"},
        "contact": "erp@finance.example",
        "role": "finance",
        "zone": "Asia/Bangkok",
        "units": list(units),
        "facts": {"disbursement": ["transferred"]},
        "promise": "live",
        "complete_until": "2026-11-23T02:15:00.000000Z",
        "last_event_at": "2026-11-23T02:29:00.000000Z",
        **more,
    }
    return envelope("source-status", f"{source}/{version}", data)
