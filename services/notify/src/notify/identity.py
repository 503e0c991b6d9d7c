"""
The identity of a notice: what makes two of them one, whatever happened in between.

Neither the case nor the template is in it, so a replay, a rebuild, a regrouping or a redrive makes
the same identity again and tells nothing twice. A second `returned` has an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from contracts.canonical import canonical_sha256
from contracts.notice import Channel

from notify.model import Anchor, FactAnchor, Recipient


@lru_cache(maxsize=65_536)
def notice_id(rule: str, anchor: Anchor, recipient: Recipient, channel: Channel) -> str:
    """
    The identity of news, as 64 hex digits: SHA-256 over the canonical JSON of its four parts.

    Remembered, since every message about a case asks for those of its earlier news again.
    """
    return _hash(
        {
            "rule": rule,
            "anchor": _plain(anchor),
            "recipient": {"kind": str(recipient.kind), "id": recipient.id},
            "channel": str(channel),
        }
    )


def correction_id(corrected: str) -> str:
    """
    The identity of the correction of the notice *corrected*.

    The values are not in it: a correction not yet sent may still change, and each notice has one
    correction at most. A later change corrects the correction.
    """
    return _hash({"corrects": corrected})


def bundle_id(notices: Iterable[str]) -> str:
    """The identity of a message: that of its one notice, or a hash of all of them in any order."""
    ids = sorted(set(notices))
    return ids[0] if len(ids) == 1 else _hash({"bundle": ids})


def _hash(value: object) -> str:
    return canonical_sha256(value).hex()


def _plain(anchor: Anchor) -> dict[str, object]:
    if isinstance(anchor, FactAnchor):
        return {"source": anchor.source, "id": anchor.id}
    return {
        "agreement": anchor.agreement,
        "clause": anchor.clause,
        "start": {"source": anchor.start.source, "id": anchor.start.id},
        "kind": anchor.kind,
        "offset": anchor.offset,
        "due": anchor.due,
    }
