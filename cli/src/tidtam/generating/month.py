"""
One month of the faculty: its sources, its events in the order of their delivery, and a manifest.

A pure function of seed, end and number of claims. The manifest names a claim for each thing worth
seeing, and the stage in which it must be found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tidtam.generating import faculty
from tidtam.generating.claim import Claim, Clerk, Said, baht
from tidtam.generating.courses import SHOWCASE, ordinary, swapped, weighted
from tidtam.generating.days import Days
from tidtam.generating.faculty import ERP, UNITS

SHOWCASE_FIRST_DAY = 1
WITHHOLDING_PERCENT = 1
WITHHOLDING = "ภาษีเงินได้หัก ณ ที่จ่าย"
URGENT = 0.05
HEARTBEAT_BEFORE_END = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Month:
    """`sent`: (slug of the sender, event) in the order of delivery; `manifest`: by kind."""

    sources: list[dict[str, Any]]
    sent: list[tuple[str, dict[str, Any]]]
    manifest: dict[str, dict[str, str]]


def generate_month(seed: int, until: datetime, claims: int) -> Month:
    """Invent the month before the local midnight *until*."""
    random, days = Random(seed), Days(until)
    people = _People(random)
    clerks = dict[str, Clerk]()
    said = list(_registrations(people, days))
    for place in range(1, claims + 1):
        kind = list(SHOWCASE)[place - 1] if place <= len(SHOWCASE) else ""
        clerk = Clerk(_claim(place, kind, days, people), days, random)
        _run(clerk, kind)
        said += clerk.said
        if kind:
            clerks[kind] = clerk
    said = [one for one in said if one.at < until]
    _number(said)
    said += _heartbeats(days)
    said.sort(key=lambda one: one.delivered)
    sent = [(one.slug, one.event) for one in said]
    return Month(faculty.sources(days.first), sent, _manifest(clerks))


class _People:
    """The payees, and a hand that picks among them."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.firms = faculty.firms()
        self.persons = faculty.persons(random)

    def pick(self, kind: str, count: int) -> list[dict[str, Any]]:
        """Return *count* payees such as claims of this *kind* have."""
        pool = self.firms if kind in faculty.PAID_TO_FIRMS else self.persons
        return self.random.sample(pool, count)


def _run(clerk: Clerk, kind: str) -> None:
    workdays = clerk.days.workdays()
    if kind:
        SHOWCASE[kind].course(clerk, workdays[SHOWCASE_FIRST_DAY])
    else:
        ordinary(clerk, clerk.claim.first_day)


def _claim(place: int, shown: str, days: Days, people: _People) -> Claim:
    random, workdays = people.random, days.workdays()
    payees = SHOWCASE[shown].payees if shown else 1
    kind = "compensation" if payees > 1 else weighted(random, faculty.WEIGHTS)
    unit = random.choices(UNITS, [one.weight for one in UNITS])[0]
    day = workdays[SHOWCASE_FIRST_DAY] if shown else random.choice(workdays)
    paid_to = people.pick(kind, payees)
    return Claim(
        place=place,
        unit=unit,
        kind=kind,
        title=random.choice(faculty.TITLES[kind]),
        fund="research-fund" if kind == "research" else random.choice(faculty.FUNDS[:2]),
        priority="urgent" if random.random() < URGENT else "normal",
        lines=[line_of(random, str(n), payee, place) for n, payee in enumerate(paid_to, 1)],
        first_day=day,
    )


def line_of(random: Random, number: str, payee: dict[str, Any], place: int) -> dict[str, Any]:
    """One payment; a firm sends an invoice and has tax withheld."""
    satang = random.randint(4, 900) * 5_000 if payee["kind"] == "person" else _price(random)
    line: dict[str, Any] = {"id": number, "payee": payee, "gross": baht(satang)}
    if payee["kind"] != "firm":
        return {**line, "net": baht(satang)}
    withheld = (satang * WITHHOLDING_PERCENT + 50) // 100
    deduction = {"code": "withholding-tax", "title": WITHHOLDING, "amount": baht(withheld)}
    line |= {"invoice": f"INV{place:05d}", "deductions": [deduction]}
    return {**line, "net": baht(satang - withheld)}


def _price(random: Random) -> int:
    """A firm's price in satang: many small ones, few large ones."""
    return int(random.lognormvariate(9.2, 1.0) * 100) // 25 * 25 + 50_000


def _registrations(people: _People, days: Days) -> Iterable[Said]:
    """The ERP tells of each payee, so that there is somewhere to write to."""
    for place, payee in enumerate([*people.firms, *people.persons], 1):
        at = days.first + timedelta(hours=1, seconds=place)
        event = event_of(f"payee-{place:03d}", ERP, "payee-registered", at, {"payee": payee})
        yield Said(ERP, at, at, False, event)


def _heartbeats(days: Days) -> Iterable[Said]:
    """
    Every source says that it has told everything, the officer too: no breach may be told before.

    A source that promises days says so with a closing heartbeat.
    """
    at = days.until - HEARTBEAT_BEFORE_END
    for source in faculty.sources(days.first):
        data = {} if source["promise"] == "live" else {"closing": True}
        event = event_of(
            f"heartbeat-{at.date().isoformat()}", source["slug"], "heartbeat", at, data
        )
        # Last of all, or it would promise what the night batch still brings.
        yield Said(source["slug"], at, days.until + timedelta(days=1), False, event)


def event_of(id_: str, slug: str, fact: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """Return the event by which the source *slug* says *fact*."""
    return {
        "specversion": "1.0",
        "id": id_,
        "source": slug,
        "type": f"tidtam.disbursement.{fact}",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }


def _number(said: list[Said]) -> None:
    """The ERP numbers what it says in the order in which it happened; a day's batch comes last."""
    own = [one for one in said if one.slug == ERP]
    own.sort(key=lambda one: (one.at.date(), one.day, one.at))
    for place, one in enumerate(own, 1):
        one.event["sequence"] = str(place)


def _manifest(clerks: dict[str, Clerk]) -> dict[str, dict[str, str]]:
    manifest = {}
    for kind, clerk in clerks.items():
        shown, claim = SHOWCASE[kind], clerk.claim
        manifest[kind] = {
            "claim": claim.number,
            "source": claim.unit.slug,
            "stage": shown.stage,
            "shows": shown.shows,
            "payee": claim.lines[0]["payee"]["identities"][0]["value"],
        }
        if kind == "unmatched":
            manifest[kind] |= {"wrong": swapped(claim.document), "right": claim.document}
    return manifest
