"""What sla published of closed months, from its own answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.views.attainment import Published


def published_in(said: Mapping[str, Any] | None) -> dict[tuple[str, str], Published]:
    """
    Month and `agreement#clause` → what was published, all versions of an agreement together.

    *said* is the newest answer of sla on its months; nothing where it never gave one.
    """
    found: dict[tuple[str, str], Published] = {}
    for row in (said or {}).get("rows", ()):
        told = row.get("published")
        if not row.get("month") or not told:
            continue
        agreement, _, rest = row["clause"].partition("@")
        place = (row["month"], f"{agreement}#{rest.partition('#')[2]}")
        before = found.get(place, Published(0, 0))
        found[place] = Published(before.n + told["n"], before.met + told["met"])
    return found
