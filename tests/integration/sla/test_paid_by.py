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
    """The samples of a case are those of its present history, each once."""
    paid, bounced = ("paid", "nobody", "2026-01-08T03"), ("bounced", "finance", "2026-01-09T03")
    counts = []
    for version, spans in enumerate(
        ([RECEIVED, paid], [RECEIVED, paid, bounced], [RECEIVED, paid, bounced, paid]), 1
    ):
        await bed.say(status(spans, version))
        counts.append(await bed.base.pool.fetchval("select count(*) from sample"))
    assert [1, 0, 2] == counts
