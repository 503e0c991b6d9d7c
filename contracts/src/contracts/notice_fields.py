"""
What a template may say: its fields, and who may know them.

A payee knows the own lines, the stage dates, the holder and the contact; an office knows the whole
case. A template that names anything else is refused before it can come into force.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from contracts.notice import BUNDLE, CONTACT_CHANGED, CORRECTION, DIGEST, RecipientKind

Fields = Mapping[str, "Fields | None"]
"""Field → None for a text (empty where unknown), or the fields of each row of a list."""

NEWS: Fields = dict.fromkeys(("what", "on", "reason", "amount", "corrected", "withdrawn"))
"""One piece of news among several. `corrected` and `withdrawn` flag what was told otherwise."""

STANDING: Fields = dict.fromkeys(
    (
        "number",
        "title",
        "stage",
        "since",
        "holder",
        "must_act",
        "ended",
        "days_used",
        "days_budget",
        "days_left",
        "after_return",
        "due",
        "paid_by",
        "paid_by_half",
        "overdue",
        "undetermined",
        "desk",
        "telephone",
        "email",
        "hours",
        "link",
        "as_of",
    )
)
"""
Where the case stands for the recipient: the three answers, and the link to the whole of it.

`must_act`, `ended`, `after_return`, `overdue`, `undetermined` are flags: empty for no. `days_left`
counts from now, with `after_return` from when the case comes back to who promised the days.
`paid_by` holds for 85 of 100 cases, `paid_by_half` for half of them.
"""

DEDUCTION: Fields = {"title": None, "amount": None}
LINE: Fields = {
    **dict.fromkeys(("invoice", "gross", "net", "paid_on", "method", "reference")),
    "deductions": DEDUCTION,
}

HAPPENED: Fields = {
    **dict.fromkeys(("happened_on", "reason", "reason_code", "amount", "paid_on")),
    **dict.fromkeys(("method", "method_code", "reference", "told_due", "offset")),
    "papers": {"title": None},
    "lines": LINE,
}
"""
What happened, of the recipient's own: the sums and lines are those the news is about.

`told_due` is the date a deadline is told with, `due` that of now.
"""

OFFICE: Fields = dict.fromkeys(("unit", "total", "payees", "party", "clause"))
"""What only an office may know: another payee's share shows in each of them."""

EARLIER: Fields = dict.fromkeys(("earlier_what", "earlier_on", "earlier_told_on", "holds", "mine"))
"""
Of a correction: what was told, of which date, and when. `holds`: the fact stands, otherwise than
told. `mine`: the case still concerns the recipient.
"""

BUNDLED: Fields = {"as_of": None, "link": None, "count": None, "cases": {**STANDING, "news": NEWS}}
DIGESTED: Fields = {
    "as_of": None,
    "link": None,
    "count": None,
    "day": None,
    "cases": {**STANDING, **OFFICE, "news": NEWS},
}

MOVED_AWAY: Fields = dict.fromkeys(
    ("happened_on", "by_line", "desk", "telephone", "email", "hours", "link", "as_of")
)
"""
Of a change of contact: when it was said, and whom to ask. The new address is no field of it.

`by_line` flags that the old one is a LINE account, else it is a mailbox.
"""

OF_PAYEE: Fields = MappingProxyType({**STANDING, **HAPPENED})
OF_OFFICE: Fields = MappingProxyType({**STANDING, **HAPPENED, **OFFICE})
SPECIAL_FIELDS: Mapping[str, Fields] = MappingProxyType(
    {
        CORRECTION: {**STANDING, **HAPPENED, **EARLIER},
        BUNDLE: BUNDLED,
        DIGEST: DIGESTED,
        CONTACT_CHANGED: MOVED_AWAY,
    }
)
EVERYTHING: Fields = MappingProxyType({**OF_OFFICE, **EARLIER, **MOVED_AWAY, **BUNDLED, **DIGESTED})
"""Every field of any template: a name in here is no mistake of spelling."""


def fields_for(to: RecipientKind) -> Fields:
    """The fields of a template whose notices go to *to*."""
    return OF_PAYEE if to is RecipientKind.PAYEE else OF_OFFICE


def sample(fields: Fields, word: str) -> dict[str, Any]:
    """
    A context with *word* in every text and two rows in every list; none where *word* is empty.

    A template is tried with a full and with an empty one before it may come into force.
    """
    return {
        name: word if rows is None else [sample(rows, word)] * (2 if word else 0)
        for name, rows in fields.items()
    }
