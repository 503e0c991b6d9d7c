"""The date by which cases like it were paid, learnt from what this database has seen end."""

from __future__ import annotations

from sla.paid_by import CASES_MIN

from tests.integration.sla.bed import Bed, status

RECEIVED = ("received", "finance", "2026-01-06T03")


async def test_the_date_is_learnt_the_day_after(bed: Bed) -> None:
    """
    Thirty cases paid on Thursday, two working days after the receipt, are learnt from on Friday: a
    case received that day is told Tuesday. On the day they ended nothing is said yet.
    """
    bed.clock.at = bed.clock.at.replace(day=8)
    paid = ("paid", "nobody", "2026-01-08T03")
    ended = [status([RECEIVED, paid], case=n) for n in range(10, 10 + CASES_MIN)]
    await bed.say(*ended)
    told = await bed.say(status([("received", "finance", "2026-01-08T05")]))
    assert told.states["1"]["paid_by"] is None
    told = await bed.at("2026-01-09T03:00:00")
    expected = {
        "half_on": "2026-01-12",
        "most_on": "2026-01-12",
        "later_than_most": False,
        "conditional": False,
        "like": "stage, kind and unit",
        "cases": CASES_MIN,
    }
    assert expected == told.states["1"]["paid_by"]
    assert expected == (await bed.case())["paid_by"]


async def test_a_case_that_bounces_teaches_nothing_until_it_is_paid_again(bed: Bed) -> None:
    """
    What was learnt is what the cases say today: one of thirty comes back and there are too few; it
    is paid again, and there are thirty.
    """
    bed.clock.at = bed.clock.at.replace(day=8)
    paid, bounced = ("paid", "nobody", "2026-01-08T03"), ("bounced", "finance", "2026-01-09T03")
    await bed.say(*[status([RECEIVED, paid], case=n) for n in range(10, 10 + CASES_MIN)])
    await bed.say(status([("received", "finance", "2026-01-08T05")]))
    learnt = []
    for day, spans in (
        (9, [RECEIVED, paid, bounced]),
        (12, [RECEIVED, paid, bounced, ("paid", "nobody", "2026-01-12T03")]),
        (13, [RECEIVED, paid, bounced, ("paid", "nobody", "2026-01-12T03")]),
    ):
        told = await bed.at(f"2026-01-{day:02}T04:00:00")
        forecast = told.states["1"]["paid_by"]
        learnt.append(forecast and (forecast["cases"], forecast["like"]))
        await bed.say(status(spans, day, case=10))
    kind = "stage, kind and unit"
    assert [(CASES_MIN, kind), None, (CASES_MIN, kind)] == learnt
