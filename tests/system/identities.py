"""Invented payees with everything a source can say of one, and the search for what was said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

PAYEES = 12


def check_digit(first_twelve: str) -> str:
    """The 13 digits of a Thai tax id."""
    weighed = sum(int(d) * w for d, w in zip(first_twelve, range(13, 1, -1), strict=True))
    return first_twelve + str((11 - weighed % 11) % 10)


def payee(number: int) -> dict[str, Any]:
    """An invented payee with everything a source can say of one."""
    return {
        "identities": [
            {"scheme": "tax-id", "value": check_digit(f"0993{number:08d}"[:12])},
            {"scheme": "passport", "value": f"AA 77{number:05d}", "issuer": "TH"},
            {"scheme": "staff", "value": f"STF-{number:05d}", "issuer": "hr"},
            {"scheme": "vendor", "value": f"VND{number:06d}", "issuer": "erp"},
        ],
        "name": f"นางสาวสมมุติ ลำดับที่{number:03d}",
        "account": {"bank": "006", "number": f"98-7{number:06d}-1"},
        "contact": {"email": f"payee{number:04d}@mail.example", "phone": f"+66 81 00{number:05d}"},
        "unknown_field": f"UNREAD{number:06d}",
    }


def needles() -> dict[bytes, str]:
    """Each value as sent, normalised, and as SHA-256 and MD5 of both, with what it is."""
    found: dict[bytes, str] = {}
    for number in range(PAYEES):
        for path, value in leaves(payee(number)):
            if path[-1] in ("scheme", "issuer", "bank"):
                continue
            plain = value.replace(" ", "").replace("-", "").replace("+", "")
            for form in {value, plain, value.lower(), plain.lower()}:
                for written in (form.encode(), orjson.dumps(form)[1:-1], ascii_json(form)):
                    found[written] = f"{path}"
                for name in ("sha256", "md5", "sha1"):
                    digest = hashlib.new(name, form.encode())
                    found[digest.hexdigest().encode()] = f"{name} of {path}"
                    found[digest.digest()] = f"{name} of {path}"
    return found


def ascii_json(text: str) -> bytes:
    """Text as a writer of ASCII-only JSON writes it."""
    return text.encode("ascii", "backslashreplace")


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], str]]:
    """All texts in nested JSON, with their places."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    else:
        yield path, value


NEEDLES = needles()


def leaks(where: str, haystack: bytes) -> list[str]:
    """What of the payees stands in these bytes."""
    return [f"{where}: {what}" for needle, what in NEEDLES.items() if needle in haystack]


def seen(value: Any) -> bytes:
    """A column as bytes; bytes both as they are and in hex."""
    if isinstance(value, list):
        return b"\n".join(map(seen, value))
    if isinstance(value, bytes):
        return value + b"\n" + value.hex().encode()
    return str(value).encode()
