"""
The code on a printed status sheet: what the sheet says, signed, and nothing about a person. Pure.

Who holds a sheet can have it confirmed; who does not cannot find one by trying.
"""

from __future__ import annotations

import base64
import hmac
from datetime import date
from typing import NamedTuple

from chassis import shortnumber

SIGNATURE_BYTES = 10
PAYLOAD_BYTES = 8


class Sheet(NamedTuple):
    """What a sheet said: the case's short number, the day it was made, and the group (0: none)."""

    number: str
    made_on: date
    group: int


def code_of(sheet: Sheet, key: bytes) -> str:
    """The code of *sheet*: 29 letters and digits. Raises `NotANumber` for no short number."""
    payload = (
        shortnumber.parse(sheet.number).to_bytes(4, "big")
        + sheet.made_on.toordinal().to_bytes(3, "big")
        + sheet.group.to_bytes(1, "big")
    )
    return base64.b32encode(payload + _signature(payload, key)).decode().rstrip("=").lower()


def read(code: str, key: bytes) -> Sheet | None:
    """What the sheet with *code* said; None where we never made it."""
    text = code.strip().upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return None
    payload, signature = raw[:PAYLOAD_BYTES], raw[PAYLOAD_BYTES:]
    if not hmac.compare_digest(signature, _signature(payload, key)):
        return None
    number = shortnumber.number_of(int.from_bytes(payload[:4], "big"))
    return Sheet(number, date.fromordinal(int.from_bytes(payload[4:7], "big")), payload[7])


def _signature(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"tidtam portal sheet" + payload, "sha256")[:SIGNATURE_BYTES]
