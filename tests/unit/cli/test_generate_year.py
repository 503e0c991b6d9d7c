"""`tidtam generate year`: an invented year of a university, as plausible as it is exact."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.workdays import Calendar
from tidtam.checking import Checker
from tidtam.events_file import read_items
from tidtam.generating import seasons
from tidtam.generating.claim import Claim, Clerk
from tidtam.generating.days import Days
from tidtam.generating.figures import Figures, fact_of, outcome_of
from tidtam.generating.month import generate_month
from tidtam.generating.university import HOUSE
from tidtam.generating.year import Sent, Year
from tidtam.proving.rules import shipped_calendar
from tidtam.rules_files import processes

UNTIL = datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Bangkok"))
RULES = shipped_calendar("thai-government")
CALENDAR = Calendar(RULES.dates_off, RULES.weekend)
CLAIMS = 450


def year(seed: int = 1, claims: int = CLAIMS, until: datetime = UNTIL) -> Year:
    """A year by the government's calendar."""
    return Year(seed, until, claims, CALENDAR)


@cache
def sent() -> tuple[Sent, ...]:
    """All events of a small year."""
    return tuple(year().events())


@cache
def figures(claims: int) -> Figures:
    """What a year of so many claims comes to."""
    made = year(claims=claims)
    for _ in made.events():
        pass
    return made.figures


def at(event: dict[str, Any]) -> datetime:
    """When it happened."""
    return datetime.fromisoformat(event["time"])


def test_a_seed_gives_one_year_and_another_seed_another() -> None:
    """The year is a function of seed, end, number of claims and calendar."""
    assert sent() == tuple(year().events())
    assert sent() != tuple(year(seed=2).events())


@pytest.mark.parametrize("day", ["2026-11-21", "2026-10-01", "2027-03-01"])
def test_intake_takes_all_of_it(tmp_path: Path, call: Any, day: str) -> None:
    """Whenever the year ends, no event of it is refused, and none is odd."""
    out = tmp_path / "year.ndjson"
    call("generate", "year", "--claims", "100", "--until", day, "--out", str(out))
    until = datetime.combine(date.fromisoformat(day), datetime.min.time(), UNTIL.tzinfo)
    checker = Checker(processes(), until, HOUSE.sources(until - timedelta(days=365)))
    assert [] == [one for item in read_items(str(out)) for one in checker.check(item)]


def test_so_many_claims_have_so_many_lines() -> None:
    """45 claims have 62 lines, as in the year of the university it stands for."""
    found = figures(CLAIMS)
    assert (450, 620) == (found.claims, found.lines)


def test_finance_pays_about_85_of_100_in_time() -> None:
    """Of the paid claims 85 of 100 took finance nine of its working days or fewer, or nearly so."""
    assert 83.0 < figures(3000).in_time_percent < 87.0


def test_what_goes_wrong_in_a_year() -> None:
    """Returns, withdrawals, bounces, delays, cancellations, and transfers of single lines."""
    counts = figures(3000).facts
    assert {"returned", "withdrawn", "bounced", "delayed", "cancelled"} < counts.keys()
    assert 0.08 < figures(3000).returned / 3000 < 0.12
    parts = [e for _, e in sent() if fact_of(e) == "transferred" and "lines" in e["data"]]
    assert len(parts) > 0


def test_what_bounced_is_paid_again() -> None:
    """Each bounced line is transferred once more, unless the year ends before."""
    bounced, again = Counter[str](), Counter[str]()
    for _, event in year(claims=1000).events():
        claim = event["id"].partition("/")[0]
        if fact_of(event) == "bounced":
            bounced[claim] += 1
        elif fact_of(event) == "transferred" and bounced[claim]:
            again[claim] += 1
    assert sum(bounced.values()) > 3
    assert [c for c, n in bounced.items() if again[c] < n and at_end(c)] == []


def at_end(claim: str) -> bool:
    """Whether a claim is none of the last two months, which may not be mended yet."""
    return int(claim.partition("-")[2]) < 800


def test_events_come_in_the_order_of_their_delivery() -> None:
    """A night batch comes after its day; all else at once; nothing lies outside of the year."""
    good = [(slug, event) for slug, event in sent() if fact_of(event) != "heartbeat"]
    told = [at(e) + timedelta(hours=26) if "timeprecision" in e else at(e) for _, e in good]
    assert all(one < other + timedelta(hours=1) for one, other in pairwise(told))
    assert UNTIL - timedelta(days=365) <= min(at(e) for _, e in good)
    assert max(at(e) for _, e in good) < UNTIL


def test_ids_are_used_once_and_the_erp_numbers_what_it_says() -> None:
    """No source uses an id twice; the ERP's numbers follow its days, a night's batch last."""
    names = [(slug, event["id"]) for slug, event in sent()]
    assert len(names) == len(set(names))
    own = [e for slug, e in sent() if slug == HOUSE.erp and "sequence" in e]
    own.sort(key=lambda event: int(event["sequence"]))
    assert [str(n) for n in range(1, len(own) + 1)] == [e["sequence"] for e in own]
    happened = [(at(e).date(), "timeprecision" in e) for e in own]
    assert sorted(happened) == happened


def test_offices_keep_the_calendar() -> None:
    """No unit, desk or bank says anything on a weekend or on a holiday."""
    office = [e for _, e in sent() if fact_of(e) not in ("heartbeat", "payee-registered")]
    assert [e["id"] for e in office if not CALENDAR.is_workday(at(e).date())] == []


def test_the_erp_closes_each_night() -> None:
    """A closing heartbeat tells number and hash of what the ERP sent since the last one."""
    since = list[str]()
    closings = 0
    for slug, event in sent():
        if slug != HOUSE.erp:
            continue
        if fact_of(event) != "heartbeat":
            since.append(event["id"])
            continue
        joined = "\n".join(sorted(since, key=str.encode)).encode()
        told = {"closing": True, "count": len(since)}
        assert {**told, "ids_sha256": hashlib.sha256(joined).hexdigest()} == event["data"]
        closings, since = closings + 1, []
    assert (200 < closings, []) == (True, since)


def test_every_source_ends_with_a_heartbeat() -> None:
    """Last of all each source says that it has told everything."""
    slugs = [source["slug"] for source in year().sources()]
    last = sent()[-len(slugs) :]
    assert [(slug, "heartbeat") for slug in slugs] == [(s, fact_of(e)) for s, e in last]


def test_september_is_full_and_october_is_thin() -> None:
    """The budget year ends in September: then three times as much is handed in as in October."""
    begun = Counter[int]()
    known = set[str]()
    for _, event in year(claims=3000).events():
        claim = event["id"].partition("/")[0]
        if fact_of(event) == "submitted" and claim not in known:
            known.add(claim)
            begun[at(event).month] += 1
    assert max(begun, key=lambda month: begun[month]) == 9
    assert begun[9] > 2.5 * begun[10]


def test_semesters_and_month_ends_have_their_kinds() -> None:
    """Scholarships come with a semester, pay and bills at a month's end."""
    ordinary = seasons.kinds(date(2026, 6, 10))
    assert seasons.kinds(date(2026, 8, 10))["scholarship"] == 4 * ordinary["scholarship"]
    assert seasons.kinds(date(2026, 6, 29))["utilities"] == 3 * ordinary["utilities"]
    assert seasons.weight(date(2026, 6, 29)) == 1.5 * seasons.weight(date(2026, 6, 10))


def test_a_year_is_made_as_it_is_read() -> None:
    """Only claims that have begun are made: a file of any size needs little memory."""
    made = year()
    list(islice(made.events(), 300))
    assert made.figures.claims < 40


def test_a_year_and_a_month_share_no_source_and_no_number() -> None:
    """Both may be played into one installation: none is an altered duplicate or joins the other."""
    month = generate_month(1, UNTIL, 60)
    assert {one["slug"] for one in month.sources}.isdisjoint(
        one["slug"] for one in year().sources()
    )
    numbers = [_joining(events) for events in (month.sent, sent())]
    assert numbers[0].isdisjoint(numbers[1])


def _joining(events: Any) -> set[tuple[str, str, str]]:
    """The references that join, with those who issued them, and the payees' identities."""
    found = set()
    for _, event in events:
        for ref in event["data"].get("refs", ()):
            if ref["scheme"] in ("claim", "receipt", "erp-document"):
                found.add((ref["scheme"], ref["issuer"], ref["value"]))
        for identity in event["data"].get("payee", {}).get("identities", ()):
            found.add((identity["scheme"], identity.get("issuer", ""), identity["value"]))
    return found


def test_the_file_its_sources_and_its_summary(tmp_path: Path, told: Any) -> None:
    """--json tells the summary; the file has all events, and the sources lie beside it."""
    out = tmp_path / "year.ndjson"
    answer = told("generate", "year", "--claims", "45", "--until", "2026-11-21", "--out", str(out))
    assert (45, 62) == (answer["claims"], answer["lines"])
    assert answer["events"] == sum(answer["facts"].values()) == len(out.read_text().splitlines())
    beside = {"year.ndjson", "year.sources.yaml"}
    assert beside == {file.name for file in tmp_path.iterdir() if file.is_file()}


def test_without_a_file_stdout_is_ndjson_alone(call: Any) -> None:
    """Every line on stdout is one event with its sender; the summary is on stderr."""
    result = call("generate", "year", "--claims", "20", "--until", "2026-11-21")
    assert all({"slug", "event"} == json.loads(line).keys() for line in result.stdout.splitlines())
    assert "20 claims with 28 lines" in result.stderr


def test_a_calendar_that_ends_too_early_is_told(call: Any, tmp_path: Path) -> None:
    """Where the calendar knows no holidays, it says so and goes on."""
    options = ("--claims", "20", "--out", str(tmp_path / "year.ndjson"))
    assert (
        "outside, only weekends"
        in call("generate", "year", "--until", "2031-01-01", *options).stderr
    )
    assert (
        "No calendar is called"
        in call("generate", "year", "--calendar", "moon", *options, code=2).stderr
    )


def test_a_month_is_the_default(call: Any) -> None:
    """`generate` and `generate month` are one; options before `year` are refused, not ignored."""
    options = ("--seed", "3", "--claims", "20", "--until", "2026-11-21")
    assert call("generate", *options).stdout == call("generate", "month", *options).stdout
    refused = call("generate", "--seed", "3", "year", code=2)
    assert "behind `year`" in refused.stderr


def test_days_of_finance_are_counted_as_the_promise_counts_them() -> None:
    """The day of a receipt is free, that of a return or of the last payment counts."""
    monday = date(2026, 6, 8)
    lines = [{"id": "1", "gross": "1.00"}, {"id": "2", "gross": "1.00"}]
    claim = Claim(1, HOUSE.units[0], "travel", "t", "f", "normal", lines, monday)
    clerk = Clerk(claim, Days(UNTIL, calendar=CALENDAR), Random(1), HOUSE)
    clerk.receive(monday)
    clerk.desk("returned", date(2026, 6, 10))
    clerk.receive(date(2026, 6, 15))
    clerk.transfer(date(2026, 6, 16), ("1",))
    assert (False, None) == outcome_of(claim, clerk.said, CALENDAR)[:2]
    clerk.transfer(date(2026, 6, 22), ("2",))
    clerk.bank("bounced", date(2026, 6, 23), date(2026, 6, 22), lines=[{"id": "2"}])
    assert (True, 2 + 5) == outcome_of(claim, clerk.said, CALENDAR)[:2]
