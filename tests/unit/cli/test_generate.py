"""`tidtam generate`: an invented month, the same for the same seed, and one intake takes."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from contracts.normalise import has_thai_check_digit
from tidtam.checking import Checker
from tidtam.events_file import read_items
from tidtam.generating.days import fiscal_year
from tidtam.generating.month import Month, generate_month
from tidtam.rules_files import processes

UNTIL = datetime(2026, 11, 21, tzinfo=ZoneInfo("Asia/Bangkok"))


def facts(month: Month) -> Counter[str]:
    """How often each fact is said."""
    return Counter(event["type"].rpartition(".")[2] for _, event in month.sent)


def test_a_seed_gives_one_month_and_another_seed_another() -> None:
    """The month is a function of seed, end and number of claims."""
    assert generate_month(1, UNTIL, 60) == generate_month(1, UNTIL, 60)
    assert generate_month(1, UNTIL, 60) != generate_month(2, UNTIL, 60)


@pytest.mark.parametrize("day", ["2026-11-21", "2026-10-10", "2026-03-01", "2027-01-01"])
def test_intake_takes_all_of_it_but_the_one_mistake(tmp_path: Path, call: Any, day: str) -> None:
    """Whenever the month ends, only the event with the Buddhist-era year is refused."""
    out = tmp_path / "month.ndjson"
    call("generate", "--until", day, "--out", str(out))
    until = datetime.combine(datetime.fromisoformat(day), datetime.min.time(), UNTIL.tzinfo)
    sources = generate_month(1, until, 300).sources
    checker = Checker(processes(), until, sources)
    found = [one for item in read_items(str(out)) for one in checker.check(item)]
    assert ["time-buddhist-era"] == [one.rule for one in found]


def test_everything_happens_before_the_end_and_ids_are_unique() -> None:
    """No event lies after the end; no source uses an id twice."""
    month = generate_month(1, UNTIL, 300)
    good = [event for _, event in month.sent if event["time"] < "2500"]
    assert max(datetime.fromisoformat(event["time"]) for event in good) < UNTIL
    names = [(slug, event["id"]) for slug, event in month.sent]
    assert len(names) == len(set(names))


def test_a_month_has_what_is_worth_seeing() -> None:
    """Returns and new submissions, dates with sequence, two part payments, one bounce."""
    month = generate_month(1, UNTIL, 300)
    counts = facts(month)
    assert 1 == counts["bounced"]
    assert counts["returned"] > 10
    assert counts["submitted"] > 300
    part_paid = [e for _, e in month.sent if "lines" in e["data"] and _fact(e) == "transferred"]
    assert 2 == len(part_paid)
    by_date = [event for _, event in month.sent if event.get("timeprecision") == "day"]
    assert all("sequence" in event for event in by_date)
    assert counts["in-process"] + counts["transferred"] == len(by_date)


def test_the_night_batch_comes_out_of_order() -> None:
    """The transfer of the night-batch claim is delivered before the document it pays."""
    month = generate_month(1, UNTIL, 60)
    claim = month.manifest["night-batch"]["claim"]
    told = [_fact(event) for _, event in month.sent if event["id"].startswith(claim)]
    assert told.index("transferred") < told.index("in-process")


def test_invented_tax_ids_have_a_check_digit_and_no_owner() -> None:
    """Each id is well formed, of a range that is given to nobody."""
    month = generate_month(1, UNTIL, 20)
    ids = {
        identity["value"]
        for _, event in month.sent
        if _fact(event) == "payee-registered"
        for identity in event["data"]["payee"]["identities"]
        if identity["scheme"] in ("tax-id", "citizen-id")
    }
    assert all(has_thai_check_digit(one) for one in ids)
    assert all(one.startswith(("0000000", "10000")) for one in ids)


def test_the_fiscal_year_turns_in_october() -> None:
    """From 1 October on it is the next Buddhist-era year."""
    days = [datetime(2026, 9, 30), datetime(2026, 10, 1), datetime(2027, 1, 1)]
    assert ["2569", "2570", "2570"] == [fiscal_year(day.date()) for day in days]


def test_what_is_written_beside_it(tmp_path: Path, told: Any) -> None:
    """Sources and manifest are written beside the events; --json repeats the manifest."""
    out = tmp_path / "demo.ndjson"
    answer = told("generate", "--seed", "7", "--claims", "20", "--out", str(out))
    assert answer["manifest"] == json.loads((tmp_path / "demo.manifest.json").read_text())
    assert (tmp_path / "demo.sources.yaml").exists()
    assert answer["events"] == len(out.read_text().splitlines())


def test_without_a_file_stdout_is_ndjson_alone(call: Any) -> None:
    """Every line on stdout is one event with its sender."""
    lines = call("generate", "--claims", "20").stdout.splitlines()
    assert all({"slug", "event"} == json.loads(line).keys() for line in lines)


def _fact(event: dict[str, Any]) -> str:
    return str(event["type"].rpartition(".")[2])
