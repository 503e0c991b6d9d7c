"""
A year of the university, event by event in the order of their delivery.

A function of seed, end, number of claims and calendar. Only what is on its way is in memory: claims
are made on the day they begin, and an event is given out once no earlier one can come.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from chassis.workdays import Calendar

from tidtam.generating import faculty, seasons, university
from tidtam.generating.claim import Claim, Clerk, Said
from tidtam.generating.courses import weighted
from tidtam.generating.days import Days
from tidtam.generating.figures import Figures, fact_of, outcome_of
from tidtam.generating.month import HEARTBEAT_BEFORE_END, URGENT, event_of, line_of
from tidtam.generating.university import HOUSE
from tidtam.generating.ways import walk

YEAR = timedelta(days=365)
LINES_PER_CLAIM = 62_000 / 45_000
MORE_LINES: tuple[tuple[tuple[int, int], float], ...] = (
    ((1, 1), 60), ((2, 2), 20), ((3, 9), 16), ((10, 39), 4),
)  # fmt: skip
"""How many lines more than one a claim with several has: least and most, and how often."""

NOT_SHARED = ("purchase", "utilities", "welfare", "reimbursement")
"""Kinds that are paid to one payee."""

CLOSING_HOUR = 3
REGISTRATION_HOURS = 1.5
Sent = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Year:
    """
    The year before the local midnight `until`.

    `figures` count what `events` has given out so far. A year is played out once.
    """

    seed: int
    until: datetime
    claims: int
    calendar: Calendar
    figures: Figures = field(default_factory=Figures)
    _days: Days = field(init=False)
    _said: dict[date, list[Said]] = field(init=False)
    _waiting: list[tuple[datetime, int, Said]] = field(default_factory=list)
    _places: Iterator[int] = field(default_factory=count)
    _numbered: int = 0
    _unclosed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._days = Days(self.until, YEAR, self.calendar)
        self._said = defaultdict(list)

    def sources(self) -> list[dict[str, Any]]:
        """Return the sources as the registry takes them."""
        return HOUSE.sources(self._days.first)

    def span(self) -> tuple[date, date]:
        """Return the first and the last date."""
        return self._days.first.date(), self.until.date() - timedelta(days=1)

    def events(self, advance: Callable[[int], object] = lambda _: None) -> Iterator[Sent]:
        """
        Give out (slug of the sender, event) in the order of delivery.

        *advance* is told how many more claims have been made.
        """
        random = Random(self.seed)
        people = university.People(random, self.claims)
        self._register(people)
        begins, sizes = self._begins(random), iter(self._sizes(random))
        place = 0
        for number in range(YEAR.days):
            day = self._days.first.date() + timedelta(days=number)
            for _ in range(begins[day]):
                place += 1
                self._make(place, day, next(sizes), people)
                advance(1)
            self._close_day(day)
            yield from self._due(self._days.at(day + timedelta(days=1), 0))
        yield from self._due(None)
        for source in self.sources():
            yield self._beat(source)

    def _begins(self, random: Random) -> Counter[date]:
        """How many claims begin on each day."""
        workdays = self._days.workdays()
        return Counter(random.choices(workdays, list(map(seasons.weight, workdays)), k=self.claims))

    def _sizes(self, random: Random) -> list[int]:
        """How many lines each claim has; all together as many as a year of so many claims has."""
        more = round(self.claims * LINES_PER_CLAIM) - self.claims
        sizes = list[int]()
        while more:
            least, most = random.choices(*zip(*MORE_LINES, strict=True))[0]
            size = min(more, random.randint(least, most))
            sizes.append(1 + size)
            more -= size
        sizes = [*sizes, *[1] * (self.claims - len(sizes))]
        random.shuffle(sizes)
        return sizes

    def _make(self, place: int, day: date, size: int, people: university.People) -> None:
        """Make the claim that is the *place*-th, and have all said that happens to it."""
        random = Random(f"{self.seed}/{place}")
        clerk = Clerk(_claim(random, place, day, size, people), self._days, random, HOUSE)
        walk(clerk, day)
        said = [one for one in clerk.said if one.at < self.until]
        for one in said:
            self._said[one.at.date()].append(one)
        self.figures.take(clerk.claim, outcome_of(clerk.claim, said, self.calendar))

    def _register(self, people: university.People) -> None:
        """The ERP tells of each payee in the first night, so that there is somewhere to write."""
        payees = [*people.firms, *people.persons]
        step = timedelta(hours=REGISTRATION_HOURS) / len(payees)
        for place, payee in enumerate(payees, 1):
            at = (self._days.first + timedelta(hours=1) + place * step).replace(microsecond=0)
            event = event_of(
                f"payee-{place:05d}", HOUSE.erp, "payee-registered", at, {"payee": payee}
            )
            self._said[at.date()].append(Said(HOUSE.erp, at, at, False, event))

    def _close_day(self, day: date) -> None:
        """
        All that is dated *day* is known: number what the ERP says of it, and let all wait for its
        delivery. After its night batch the ERP says what it has sent.
        """
        said = self._said.pop(day, [])
        own = sorted((one for one in said if one.slug == HOUSE.erp), key=lambda o: (o.day, o.at))
        for one in own:
            self._numbered += 1
            one.event["sequence"] = str(self._numbered)
        for one in said:
            self._wait(one)
        at = datetime.combine(day + timedelta(days=1), time(CLOSING_HOUR), self._days.zone)
        if own and at < self.until:
            id_ = f"closing-{day.isoformat()}"
            event = event_of(id_, HOUSE.erp, "heartbeat", at, {"closing": True})
            self._wait(Said(HOUSE.erp, at, at, False, event))

    def _wait(self, said: Said) -> None:
        heappush(self._waiting, (said.delivered, next(self._places), said))

    def _due(self, before: datetime | None) -> Iterator[Sent]:
        """What is delivered before that instant, in order; all there is for None."""
        while self._waiting and (before is None or self._waiting[0][0] < before):
            said = heappop(self._waiting)[2]
            yield self._out(said.slug, said.event)

    def _out(self, slug: str, event: dict[str, Any]) -> Sent:
        """Give out an event; a closing heartbeat of the ERP says how many it closes, and which."""
        if slug == HOUSE.erp:
            if event["data"].get("closing"):
                ids = sorted(self._unclosed, key=str.encode)
                hashed = hashlib.sha256("\n".join(ids).encode()).hexdigest()
                event["data"] |= {"count": len(ids), "ids_sha256": hashed}
                self._unclosed.clear()
            elif fact_of(event) != "heartbeat":
                self._unclosed.append(event["id"])
        self.figures.events += 1
        self.figures.facts[fact_of(event)] += 1
        return slug, event

    def _beat(self, source: dict[str, Any]) -> Sent:
        """Last of all each source says that it has told everything."""
        at = self.until - HEARTBEAT_BEFORE_END
        data = {} if source["promise"] == "live" else {"closing": True}
        id_ = f"heartbeat-{at.date().isoformat()}"
        return self._out(source["slug"], event_of(id_, source["slug"], "heartbeat", at, data))


def _claim(random: Random, place: int, day: date, size: int, people: university.People) -> Claim:
    kinds = seasons.kinds(day)
    if size > 1:
        kinds = {kind: many for kind, many in kinds.items() if kind not in NOT_SHARED}
    kind = weighted(random, kinds)
    paid_to = people.pick(random, kind, size)
    lines = [line_of(random, str(n), payee, place) for n, payee in enumerate(paid_to, 1)]
    return Claim(
        place=place,
        unit=random.choices(HOUSE.units, [one.weight for one in HOUSE.units])[0],
        kind=kind,
        title=random.choice(university.TITLES[kind]),
        fund="research-fund" if kind == "research" else random.choice(faculty.FUNDS[:2]),
        priority="urgent" if random.random() < URGENT else "normal",
        lines=[{**line, "payee": university.named(line["payee"])} for line in lines],
        first_day=day,
    )
