"""What pages and files tell the browser beside their content: what it may load, and from whom."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # With `no-referrer` browsers send forms with the origin `null`, and every one would be refused.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
HSTS = "max-age=31536000; includeSubDomains"


def dress(response: Response, secure: bool) -> None:
    """Give *response* each header it has not; *secure*: the pages are reached by https alone."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if secure:
        response.headers["strict-transport-security"] = HSTS
