"""Of the month that runs: whether its target can still be held."""

from __future__ import annotations

from tests.integration.sla.bed import Bed, ask, source, status

RECEIVED = ("received", "finance", "2026-01-05T03")
SLOW = ("paid", "nobody", "2026-01-09T03")
QUICK = ("paid", "nobody", "2026-01-06T03")


async def test_the_running_month_says_how_many_more_may_be_late(bed: Bed) -> None:
    """
    On Friday the 9th, working day 7 of 22, forty have counted and two of them were late: 125 are
    expected, 18 may be late, so sixteen more. A month that is over has no outlook.
    """
    await bed.hear(source("finance", "2026-01-31T00:00:00Z"))
    bed.clock.at = bed.clock.at.replace(day=9)
    await bed.say(
        *[status([RECEIVED, QUICK], case=case) for case in range(1, 39)],
        *[status([RECEIVED, SLOW], case=case) for case in (50, 51)],
    )
    (row,) = (await ask(bed, "GET", "/ops/attainment"))["rows"]
    assert (40, 38, 2) == (row["n"], row["met"], row["missed_or_breached"])
    outlook = {"state": "held", "expected": 125, "misses_left": 16, "exhausted_on": None}
    assert outlook == row["outlook"]
    bed.clock.at = bed.clock.at.replace(month=2)
    (row,) = (await ask(bed, "GET", "/ops/attainment"))["rows"]
    assert row["outlook"] is None


async def test_open_clocks_are_counted_with_their_group(bed: Bed) -> None:
    """Those that run stand in no month, told apart like the others; a breached one counts once."""
    await bed.hear(source("finance", "2026-01-31T00:00:00Z"))
    bed.clock.at = bed.clock.at.replace(day=9)
    await bed.say(
        status([RECEIVED], case=1, kind="travel"),
        status([("received", "finance", "2026-01-08T03")], case=2, kind="travel"),
        status([("received", "finance", "2026-01-08T03")], case=3),
        status([RECEIVED, QUICK], case=4, kind="travel"),
    )
    rows = (await ask(bed, "GET", "/ops/attainment?by=kind"))["rows"]
    assert [
        ("2026-01", "travel", 2, 1, 1, 0),
        (None, "travel", 0, 0, 0, 1),
        (None, None, 0, 0, 0, 1),
    ] == [
        tuple(row[k] for k in ("month", "key", "n", "met", "missed_or_breached", "open"))
        for row in rows
    ]
