"""What the tests of notify speak of: the committed rules, small cases, and a store in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from chassis.instants import microseconds
from contracts.messages import Contact, Words
from contracts.notice import Channel, RecipientKind
from contracts.notice_file import load_notices
from notify.case import Case, Effect, Entry, Line, Picture, SlaFact, Span, Transfer
from notify.corrections import Changes, changes
from notify.decide import wanted
from notify.model import Key, Notice, People, Preference, Reason, Recipient, Record, State
from notify.rulebook import Rulebook

from tests.unit.contracts.saying import HOME, process

DAY_US = 86_400_000_000
ZONE = "Asia/Bangkok"
START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
NOW_US = microseconds(START + timedelta(days=4))
ALL_CHANNELS = frozenset(Channel) - {Channel.INBOX}
ANNA, BOON = Recipient(RecipientKind.PAYEE, "anna"), Recipient(RecipientKind.PAYEE, "boon")
SCIENCE = Recipient(RecipientKind.UNIT_OFFICE, "science")
FINANCE = Recipient(RecipientKind.OFFICER, "finance")
DESK = Contact(
    desk=Words(th="งานเบิกจ่าย กองคลัง", en="Finance Division, payment desk"),
    telephone="02 000 1202",
    email="payment@finance.example",
    hours=Words(th="วันทำการ 08.30–16.30 น.", en="Working days 08:30–16:30"),
)
MAIL_ONLY = Preference(reachable=frozenset({Channel.EMAIL}))
PEOPLE: People = dict.fromkeys(
    (ANNA, BOON, SCIENCE, FINANCE, Recipient(RecipientKind.DESK, "finance-head")), MAIL_ONLY
)


@cache
def book() -> Rulebook:
    """The committed notice rules beside the committed process."""
    rules = load_notices(HOME / "notices" / "disbursement.yaml", version=1)
    return Rulebook(rules, process(), {"thai-government": ZONE})


def at_us(days: float) -> int:
    """The instant so many days after the cases of these tests begin."""
    return microseconds(START + timedelta(days=days))


def entry(fact: str, days: float, effect: Effect = Effect.MOVED, **more: Any) -> Entry:
    """An event *fact-days* of the source `erp` on the timeline, with the stage it asserts."""
    known = process().facts[fact]
    said: dict[str, Any] = {
        "key": Key("erp", f"{fact}-{days:g}"),
        "fact": fact,
        "at_us": at_us(days),
        "day_precision": False,
        "effect": effect,
        "stage": known.asserts,
        "reason": None,
    }
    return Entry(**(said | more))


def line(id: str, payee: str | None, state: str = "open", **more: Any) -> Line:
    """A line of 1000 baht."""
    return Line(id=id, state=state, payee=payee, **({"net": "1000.00"} | more))


def paid_line(id: str, payee: str, by: Entry, reference: str = "T1", **more: Any) -> Line:
    """A line that the event *by* paid."""
    transfer = Transfer(by.key, reference, False, by.at_us, "transfer", None)
    said: dict[str, Any] = {"transfers": (transfer,), "reached_by": frozenset({by.key})}
    return line(id, payee, "transferred", **(said | more))


def case(*timeline: Entry, **more: Any) -> Case:
    """Case 7 with this timeline; its spans are those its moves make."""
    spans = []
    for one in timeline:
        if one.effect is Effect.MOVED and one.stage is not None:
            stage = process().stages[one.stage]
            holder = stage.holder_by_reason.get(one.reason or "", stage.holder)
            spans.append(Span(one.stage, holder, one.at_us, one.key))
    last = spans[-1] if spans else None
    said: dict[str, Any] = {
        "id": "7",
        "number": "4821-7735-6",
        "process": "disbursement",
        "stage": None if last is None else last.stage,
        "holder": None if last is None else last.holder,
        "ended": last is not None and process().stages[last.stage].ends,
        "contact": DESK,
        "spans": tuple(spans),
        "timeline": timeline,
        "unit": "science",
        "title": "ค่าวัสดุวิทยาศาสตร์",
        "amount": "2000.00",
        "currency": "THB",
    }
    return Case(**(said | more))


def picture(*timeline: Entry, lines: Sequence[Line] = (), **more: Any) -> Picture:
    """A picture of `case(*timeline)`; `case_` changes the case, the rest the picture."""
    changed = more.pop("case_", {})
    return Picture(case=case(*timeline, **changed), lines=tuple(lines), **more)


def breach(version: int = 1, **more: Any) -> SlaFact:
    """Finance passed its 9 days on day 3; due on the 27th."""
    said: dict[str, Any] = {
        "kind": "sla.breached",
        "agreement": "finance-9-days",
        "clause": "finance",
        "start": Key("erp", "received-0"),
        "version": version,
        "at_us": at_us(3),
        "party": "finance",
        "due": "2026-11-27",
        "charged": 10,
        "budget": 9,
        "title": Words(th="กองคลังจ่ายเงินภายใน 9 วันทำการ", en="Finance pays within 9 working days"),
    }
    return SlaFact(**(said | more))


def tell(given: Picture, people: People = PEOPLE, now_us: int = NOW_US) -> tuple[Notice, ...]:
    """What is wanted of *given*."""
    return wanted(given, book(), people, now_us)


def sent(notices: Iterable[Notice]) -> list[tuple[str, str, str]]:
    """Rule, recipient and channel of the notices that go out, the inbox left out."""
    return [
        (notice.rule, notice.recipient.id, str(notice.channel))
        for notice in notices
        if notice.reason is None and notice.channel is not Channel.INBOX
    ]


@dataclass(slots=True)
class Store:
    """
    A store as the service keeps one: an identity is written once, and all that is due is sent.

    `mail` lists the notices in the order in which they went out; `rules` are those it decides by.
    """

    records: dict[str, Record] = field(default_factory=dict)
    mail: list[Notice] = field(default_factory=list)
    rules: Rulebook = field(default_factory=lambda: book())

    def see(self, given: Picture, people: People = PEOPLE, now_us: int = NOW_US) -> Changes:
        """Decide on *given* and write what was decided."""
        asked = wanted(given, self.rules, people, now_us)
        made = changes(given, asked, self.mine(given), self.rules, people)
        for notice in (*made.new, *made.corrections):
            assert notice.id not in self.records, "an identity is never written twice"
            state = State.REQUESTED if notice.reason is None else State.SUPPRESSED
            self.records[notice.id] = Record(notice, state, len(self.records), notice.reason)
        for notice in (*made.refreshed, *made.revived):
            record = self.records[notice.id]
            assert not record.is_told, "what was told is never changed"
            self.records[notice.id] = replace(
                record, notice=notice, state=State.REQUESTED, reason=None
            )
        for id, state, reason in made.ended:
            assert not self.records[id].is_told, "what was told is never ended"
            self.records[id] = replace(self.records[id], state=state, reason=reason)
        for id in made.moved:
            record = self.records[id]
            notice = replace(record.notice, case=made.case)
            self.records[id] = replace(record, notice=notice)
        return made

    def mine(self, given: Picture) -> list[Record]:
        """The records of the case, and those that hang on what it is made of."""
        keys = {tuple(one.key) for one in given.case.timeline}
        keys |= {tuple(fact.start) for fact in given.sla}
        return [
            record
            for record in self.records.values()
            if record.notice.case == given.case.id
            or tuple(record.notice.anchor[:2]) in keys
            or tuple(getattr(record.notice.anchor, "start", ())) in keys
        ]

    def deliver(self) -> list[Notice]:
        """Send all that is asked for."""
        due = [one for one in self.records.values() if one.state is State.REQUESTED]
        for record in due:
            self.records[record.notice.id] = replace(record, state=State.SENT)
            self.mail.append(record.notice)
        return [record.notice for record in due]

    def reasons(self) -> Mapping[str, Reason | None]:
        """Why each notice was not sent, by rule, recipient and channel."""
        return {
            f"{one.notice.rule} {one.notice.recipient.id} {one.notice.channel}": one.reason
            for one in self.records.values()
        }


def letters(notices: Iterable[Notice]) -> list[tuple[str, str, bool, bool]]:
    """Rule, recipient, whether it corrects and whether it holds, of the e-mails among *notices*."""
    return [
        (notice.rule, notice.recipient.id, notice.corrects is not None, notice.holds)
        for notice in notices
        if notice.channel is Channel.EMAIL
    ]
