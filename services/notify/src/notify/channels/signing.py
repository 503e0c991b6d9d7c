"""
Signatures after Standard Webhooks, by which a receiver knows that a message is ours and is new.

While a secret is being changed, both sign: the receiver needs only one that fits.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64


def signed_headers(
    secrets: Sequence[str], notice_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """
    The headers for *body*, sent at the aware instant *at*, signed with each of the *secrets*.

    Raises `ValueError` where there is no secret, or one is not `whsec_` and base64 of 24 to 64
    bytes; its text never repeats a secret.
    """
    if not secrets:
        raise ValueError("no signing secret")
    # In UTC, or the library signs another instant than the header says.
    moment = at.astimezone(UTC)
    text = body.decode("utf-8")
    signatures = [Webhook(secret_bytes(one)).sign(notice_id, moment, text) for one in secrets]
    return {
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def secret_bytes(secret: str) -> bytes:
    """The key in a *secret* as receivers are given it. Raises `ValueError` as `signed_headers`."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ValueError(f"a signing secret is {PREFIX} and base64 of 24 to 64 bytes")
    return key
