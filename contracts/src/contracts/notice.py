"""
What a notice rule is: which news is told to whom, over which channels and when, as values.

notify decides by it. Rules are data: these values are read from `contracts/notices/<name>.yaml`
and the templates beside it (see `notice_file.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.process import Words

LANGUAGES = ("th", "en")
"""Every template is there in each of them; the first is used where nobody asked for another."""

FORMATS = ("txt", "html")
"""Each template is there as plain text, whose first line is the subject, and as HTML."""

CORRECTION, BUNDLE, DIGEST = "correction", "bundle", "digest"
CONTACT_CHANGED = "contact-changed"
SPECIAL = (CORRECTION, BUNDLE, DIGEST, CONTACT_CHANGED)
"""
Templates that belong to no rule: a correction, several news in one message, an office's day, and
the last word to an address that is no longer a payee's.
"""

REMINDER = "sla.reminder-due"
SLA_FACTS = ("sla.warned", "sla.breached", REMINDER)
"""What the SLA says that may be told; the rest of what it says only ends what was told."""


class RecipientKind(StrEnum):
    """
    Whom a rule tells.

    A source is a machine: it is told what others said of its cases, over webhooks alone.
    """

    PAYEE = "payee"
    UNIT_OFFICE = "unit-office"
    OFFICER = "officer"
    DESK = "desk"
    SOURCE = "source"


PEOPLE = frozenset(RecipientKind) - {RecipientKind.SOURCE}
"""Recipients that read: only for them there are templates."""

OFFICE_KINDS = PEOPLE - {RecipientKind.PAYEE}
"""Recipients that stand in the lists of offices."""


class Channel(StrEnum):
    """How a notice leaves the house."""

    EMAIL = "email"
    LINE = "line"
    WEBHOOK = "webhook"
    INBOX = "inbox"


class Tell(StrEnum):
    """
    A value a notice tells. Another value of the same news later is a correction.

    `date` the local date it happened, `reason` its code, `papers` the codes of what is missing,
    `amount` the recipient's own net sum, `reference`, `paid_on` and `method` of the own transfer;
    of a deadline `due` and `offset` (working days past the breach). A forecast is none of them: it
    changes every day.
    """

    DATE = "date"
    REASON = "reason"
    PAPERS = "papers"
    AMOUNT = "amount"
    REFERENCE = "reference"
    PAID_ON = "paid_on"
    METHOD = "method"
    DUE = "due"
    OFFSET = "offset"


TELLS_OF_SLA = frozenset({Tell.DATE, Tell.DUE, Tell.OFFSET})
TELLS_OF_LINES = frozenset({Tell.AMOUNT})
TELLS_OF_TRANSFERS = frozenset({Tell.REFERENCE, Tell.PAID_ON, Tell.METHOD})


class SendingDays(StrEnum):
    """On which days a recipient may be disturbed."""

    ALL = "all"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class Sending:
    """
    When a kind of recipient may be disturbed, in the zone and by the days of `calendar`.

    All are minutes after local midnight: `opens` and `closes` (not included), or `digest_at`: all
    the news of a day in one message at that time. Where both are given it is a digest, but for
    offices that want none.
    """

    calendar: str
    days: SendingDays
    opens: int | None = None
    closes: int | None = None
    digest_at: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeWhen:
    """
    Which news of its kind a rule is about: all parts must hold, an empty set means any.

    `holders`: who has to act after the fact. `reasons`: codes. `clauses`: `agreement#clause`.
    `offsets`: working days past the breach. `waiting`: only payees some line of whom still waits.
    """

    holders: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    clauses: frozenset[str] = frozenset()
    offsets: frozenset[int] = frozenset()
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """
    One rule: of this *news* tell *to*, over each of *channels* that reaches them.

    `news` is a fact of the process or one of `SLA_FACTS`. `desk` names the desk where `to` is one.
    News older than `age_days_max` days is recorded and never sent. `held_too`: a fact asserting
    the stage the case stands in already is news as well.
    """

    name: str
    title: Words
    news: str
    to: RecipientKind
    channels: tuple[Channel, ...]
    tells: tuple[Tell, ...]
    age_days_max: int
    desk: str | None = None
    held_too: bool = False
    when: NoticeWhen = NoticeWhen()


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """
    All notice rules of a process. `version` is the number `config apply` gave them; 0 before.

    `promises` are the clauses (`agreement#clause`) whose days people are told: of those that run
    the first.
    `templates` holds text by `<language>/<name>.<format>`; names that begin with `_` are parts of
    others. They travel with the rules, since a service reads no rule file at run time.
    """

    name: str
    title: Words
    process: str
    rules: tuple[NoticeRule, ...]
    sending: Mapping[RecipientKind, Sending]
    promises: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: int = 0
