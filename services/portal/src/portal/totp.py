"""
The second factor of staff whose identity provider asks for none: a code from an authenticator app.

Six digits of RFC 6238, half a minute each; the one before and the one after are taken too, since
clocks differ, and none is taken twice. Pure but for the making of a secret.
"""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP_SECONDS = 30
ISSUER = "Tidtam"


def new_secret() -> str:
    """A secret of 160 bits, in base32 as apps want it."""
    return pyotp.random_base32(32)


def address(secret: str, name: str) -> str:
    """What the QR code says to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=name or "staff", issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step of time *code* is right for; None where it is wrong, or was taken before."""
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    app, step_now = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in (step_now - 1, step_now, step_now + 1):
        same = hmac.compare_digest(app.generate_otp(step), code)
        if same and step > last_step:
            found = step
    return found
