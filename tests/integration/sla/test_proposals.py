"""What a calendar or an agreement would change, said before it is in force."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.integration.sla.bed import Bed, ask, source, status
from tests.integration.sla.rules import agreement_json, calendar_json, clause

RECEIVED = ("received", "finance", "2026-01-06T03")
COMPLETE = "2026-01-31T00:00:00Z"


async def three_cases(bed: Bed) -> None:
    """Case 1 missed by a day, case 2 was breached and stands, case 3 is open; all were told."""
    await bed.hear(source("finance", COMPLETE))
    bed.clock.at = bed.clock.at.replace(day=12)
    await bed.say(
        status([RECEIVED, ("paid", "nobody", "2026-01-09T03")], case=1),
        status([RECEIVED], case=2),
        status([("received", "finance", "2026-01-12T03")], case=3),
    )


async def test_apply_does_what_the_preview_said(bed: Bed) -> None:
    """
    A day off on the 7th: the missed case would be met, and its verdict is the one correction. What
    is told when it is applied is exactly that.
    """
    await three_cases(bed)
    proposed = calendar_json(date(2026, 1, 7))
    said = await ask(bed, "POST", "/ops/calendar-preview", {"calendar": proposed})
    assert {"deadlines": 2, "verdicts": 1, "corrections": 2} == said["counts"]
    assert [("1", "missed", "met")] == [(v["case"], v["from"], v["to"]) for v in said["verdicts"]]
    assert [("1", "missed"), ("2", "breached")] == [
        (c["case"], c["of"]) for c in said["corrections"]
    ]
    assert ({}, []) == ((told := await bed.told()).states, told.moments)
    await bed.apply(calendars=[proposed])
    told = await bed.at("2026-01-12T12:00:00")
    corrected = sorted((m["case"], m["of"]) for m in told.moments if m["kind"] == "superseded")
    assert [(c["case"], c["of"]) for c in said["corrections"]] == corrected
    dues = {case: state["clocks"][0]["due"] for case, state in told.states.items()}
    assert {d["case"]: d["to"] for d in said["deadlines"]}.items() <= dues.items()


async def test_a_proposal_runs_over_the_past_and_publishes_nothing(bed: Bed) -> None:
    """Three days would have been kept in case 1; clocks that began before `since` are left out."""
    await three_cases(bed)
    await bed.told()
    proposal = agreement_json(clause("three-days", budget=3, warn_at=None, reminders=()))
    since_january: dict[str, Any] = {"agreement": proposal, "since": "2026-01-01"}
    said = await ask(bed, "POST", "/ops/shadow", since_january)
    (row,) = said["clauses"]
    assert (3, 1, 0, 1, 1, 3) == (
        said["cases"],
        row["met"],
        row["missed"],
        row["breached"],
        row["open"],
        row["p50"],
    )
    later = await ask(bed, "POST", "/ops/shadow", {**since_january, "since": "2026-01-10"})
    assert [(0, 1)] == [(row["met"], row["open"]) for row in later["clauses"]]
    told = await bed.told()
    assert ({}, []) == (told.states, told.moments)
