"""
A case as one of its payees sees it: everything `payee/_case.html` shows. Pure.

The page of the payee and the look-up of an officer are made of the same value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.calendar import CalendarRules
from contracts.messages import Line, SourceStatusData, Transfer
from contracts.notice_messages import NotificationData
from contracts.office import Office
from contracts.process import Contact, Process, Stage, Words

from portal.dates import HOME_ZONE, Dates
from portal.decide import net_of
from portal.model import Case, Lines, Notice, Standing
from portal.views import answers
from portal.views.answers import Days, Situation
from portal.views.history import Happened, history, next_stage, papers_of, reason_words
from portal.views.ledger_picture import LedgerPicture, ledger_picture
from portal.views.share import Share, share_of

PATH_GROUPS = (1, 2, 3, 4)


class Step(NamedTuple):
    """One of the four steps: `done`, `now`, `stopped` (here, with something to mend), `todo`."""

    group: int
    state: str


class Desk(NamedTuple):
    """Whom to contact, in both languages."""

    name: Words
    telephone: str | None = None
    email: str | None = None
    hours: Words | None = None


class Paid(NamedTuple):
    """One own line: what was asked, what was taken off, what was sent, when and by what."""

    invoice: str | None
    state: str
    credited: bool
    gross: str | None
    deductions: Sequence[tuple[str, str]]
    net: Decimal | None
    transfers: Sequence[Transfer]


class FromSource(NamedTuple):
    """Where the case's facts come from: its name, how it reports, up to when it is complete."""

    name: Words
    promise: str
    complete_until: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """
    For whom the view is made, and what the house knows beside the case.

    `ids` are all ids of the payee. `unit_desk` is the office of the case's unit, `unit_title` its
    name; `calendar` the one the SLA counted with.
    """

    ids: Collection[str]
    unit_desk: Office | None = None
    unit_title: str | None = None
    calendar: CalendarRules | None = None
    sources: Mapping[str, SourceStatusData] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseView:
    """
    A case for its payee. `kind` and `title` say what it is about; `title`, `references` and
    `unit` only where they are theirs to see. `collect`: what is ready to be fetched. `taken_days`:
    working days it took until the own money was sent.
    """

    case_id: int
    number: str
    currency: str
    zone: str
    situation: Situation
    steps: Sequence[Step]
    stage: Stage | None
    since: str | None
    holder: str | None
    days: Days
    desk: Desk | None
    history: Sequence[Happened]
    lines: Sequence[Paid]
    notices: Sequence[NotificationData]
    sources: Sequence[FromSource]
    as_of: str
    settled: bool
    kind: Words | None = None
    title: str | None = None
    unit: str | None = None
    net: Decimal | None = None
    reason: Words | None = None
    papers: Sequence[Words] = ()
    next: Words | None = None
    ledger: LedgerPicture | None = None
    paid: Transfer | None = None
    paid_on: str | None = None
    collect: Transfer | None = None
    references: Sequence[tuple[Words, str]] = ()
    methods: Mapping[str, Words] = field(default_factory=dict)
    late_words: Words | None = None
    days_shared: bool = False
    recomputed: bool = False
    names: Mapping[str, SourceStatusData] = field(default_factory=dict, repr=False)

    @property
    def over(self) -> bool:
        """Is there nothing more to wait for?"""
        return self.days.wait is answers.Wait.OVER

    def source_name(self, source: str, language: str) -> str:
        """The name of a source, else what it is called by."""
        known = self.names.get(source)
        if known is None:
            return source
        return known.name.th if language == "th" else known.name.en


def case_view(
    case: Case, lines: Lines, notices: Sequence[Notice], process: Process, reader: Reader
) -> CaseView | None:
    """The view of *reader*; None where no line of the case is theirs."""
    share = share_of(case.said, lines.lines, reader.ids, process)
    if share is None:
        return None
    said, sla = case.said, case.sla
    situation = answers.situation_of(share, process)
    days = answers.days_of(share, sla, case.brief.recomputed, reader.calendar, situation)
    sent = _sent(share)
    return CaseView(
        case_id=case.brief.case_id,
        number=said.number,
        currency=process.currency if said.amount is None else said.amount.currency,
        zone=HOME_ZONE if sla is None else sla.zone,
        situation=situation,
        steps=_steps(share, situation),
        stage=share.seat.stage,
        since=share.seat.since,
        holder=share.seat.holder,
        days=days,
        desk=_desk(case, share, process, reader),
        history=history(share, process, reader.sources),
        lines=[_paid(line) for line in share.lines],
        notices=[one.said for one in notices if one.said.state in TOLD],
        sources=_sources(share, reader.sources),
        as_of=case.brief.as_of.isoformat(),
        settled=lines.settled,
        kind=process.codes.get("kind", {}).get(said.kind or ""),
        title=said.title if share.alone else None,
        unit=reader.unit_title or said.unit,
        net=share.net,
        reason=reason_words(share.seat.entry, process),
        papers=papers_of(share.seat.entry, process),
        next=next_stage(share, process),
        ledger=_ledger(case, share, reader),
        paid=sent,
        paid_on=None if sent is None else sent.date or sent.at,
        collect=answers.to_collect(share.lines),
        references=_references(case, share, process),
        methods=process.codes.get("method", {}),
        late_words=reason_words(days.late_reason, process),
        days_shared=not share.whole_days,
        recomputed=sla is None or case.brief.recomputed,
        names=reader.sources,
    )


TOLD = frozenset({"sending", "sent", "delivered", "unknown"})
"""States of a notice that may have been read; what waits or never left is ours to look after."""


def _steps(share: Share, situation: Situation) -> Sequence[Step]:
    """Where the own money stands on the four steps; all still to come outside the path."""
    stage = share.seat.stage
    here = 0 if stage is None or stage.group is None else stage.group
    stopped = situation in (Situation.RETURNED, Situation.BOUNCED_OURS, Situation.BOUNCED_YOURS)

    def state(group: int) -> str:
        if group < here or (group == here == PATH_GROUPS[-1]):
            return "done"
        return "todo" if group > here else "stopped" if stopped else "now"

    return [Step(group, state(group)) for group in PATH_GROUPS]


def _desk(case: Case, share: Share, process: Process, reader: Reader) -> Desk | None:
    """The desk of the stage; where people are sent to the unit, the office of this very unit."""
    stage = share.seat.stage
    if stage is None:
        return None
    of_unit = any(
        s.holder == "unit" and s.contact == stage.contact for s in process.stages.values()
    )
    office = reader.unit_desk if of_unit else None
    if office is not None and office.title is not None:
        return _desk_of_office(office, office.title)
    said = case.said.contact
    if said is not None and stage.code == case.said.stage:
        hours = None if said.hours is None else Words(said.hours.th, said.hours.en)
        return Desk(Words(said.desk.th, said.desk.en), said.telephone, said.email, hours)
    return desk_of(stage.contact)


def desk_of(contact: Contact) -> Desk:
    """A desk of the process file."""
    return Desk(contact.desk, contact.telephone, contact.email, contact.hours)


def _desk_of_office(office: Office, title: Words) -> Desk:
    person = office.contact
    if person is not None:
        title = Words(f"{title.th} ({person.th})", f"{title.en} ({person.en})")
    return Desk(title, office.telephone, office.email, office.hours)


def _paid(line: Line) -> Paid:
    return Paid(
        invoice=line.invoice,
        state=line.state,
        credited=line.credited,
        gross=line.gross,
        deductions=[
            (str(one.get("title") or one.get("code") or ""), str(one.get("amount") or ""))
            for one in line.deductions
        ],
        net=net_of(line.model_dump()),
        transfers=line.transfers,
    )


def _sent(share: Share) -> Transfer | None:
    """The last transfer that stands, of all own lines."""
    sent = [one for line in share.lines if (one := answers.last_transfer(line)) is not None]
    return max(sent, key=lambda one: one.date or one.at, default=None)


def _ledger(case: Case, share: Share, reader: Reader) -> LedgerPicture | None:
    sla = case.sla
    if sla is None or case.brief.recomputed or not share.whole_days:
        return None
    calendar = None if reader.calendar is None else answers.days_off(reader.calendar)
    gone_on = share.standing is not Standing.WAITS and not case.said.ended
    until: date | None = None
    if gone_on and share.standing is not Standing.BOUNCED:
        until = Dates("en", sla.zone).local(share.seat.since)
    return ledger_picture(sla.ledger, until, calendar)


def _sources(share: Share, known: Mapping[str, SourceStatusData]) -> Sequence[FromSource]:
    """Who has told of this case, who told last first."""
    names = dict.fromkeys(entry.source for entry in reversed(share.entries))
    return [
        FromSource(Words(one.name.th, one.name.en), one.promise, one.complete_until)
        for name in names
        if (one := known.get(name)) is not None
    ]


def _references(case: Case, share: Share, process: Process) -> Sequence[tuple[Words, str]]:
    """The numbers of a case with one payee; of others only the own lines' are shown, with these."""
    if not share.alone:
        return ()
    rows = [*case.said.joining, *case.said.about]
    return [(process.schemes[row[0]].title, row[3]) for row in rows if row[0] in process.schemes]
