"""Which case an event belongs to, as both services see it."""

from __future__ import annotations

from typing import Any

import orjson

from tests.integration.intake.bed import Chain, Sender
from tests.integration.intake.words import ref, until


async def waiting(chain: Chain, sender: Sender) -> list[str]:
    """The ids of a source's unmatched facts."""
    rows = (await chain.ask("/ops/unmatched", source=sender.slug))["unmatched"]
    return [row["id"] for row in rows]


async def held(chain: Chain, sender: Sender) -> list[tuple[str, str]]:
    """The joins a source's events ask for that wait for an officer: (event, reason)."""
    rows = (await chain.ask("/ops/held-joins"))["held_joins"]
    return [(row["id"], row["reason"]) for row in rows if row["source"] == sender.slug]


async def test_a_fact_without_case_waits_and_joins_when_its_number_comes(chain: Chain) -> None:
    """A transfer is in no case until the chain of numbers leads to a claim."""
    unit, erp = await chain.register(), await chain.register("finance", issuers=["*"])
    mine = {"issuer": unit.slug}
    receipt, document = ref("R-1", "receipt", **mine), ref("D-1", "erp-document", **mine)
    await erp.publish(erp.event("transferred", document, id="paid"))
    await erp.publish(erp.event("in-process", receipt, document, id="made"))
    await erp.ended(accepted=2)
    assert ["paid", "made"] == await waiting(chain, erp)
    assert [] == await chain.cases_of("D-1")
    await unit.publish(unit.event("submitted", "C-1"))
    await erp.publish(erp.event("received", ref("C-1", **mine), receipt, id="got"))
    case = await chain.stage(await chain.case_of("C-1"), "paid")
    assert [] == await waiting(chain, erp)
    assert {"C-1", "R-1", "D-1"} == {number for *_, number in case["joining"]}
    assert 4 == len(case["timeline"])


async def test_a_retraction_may_come_before_its_target(chain: Chain) -> None:
    """The retraction waits alone; when its target comes, it is taken back at once."""
    unit = await chain.register()
    await unit.publish(unit.event("submitted", "C-2", id="first"))
    case = await chain.case_of("C-2")
    sorry = unit.event("retracted", data={"retracts": {"id": "wrong"}})
    await unit.publish({**sorry, "id": "sorry"})
    await unit.ended(accepted=2)
    assert ["sorry"] == await waiting(chain, unit)
    await unit.publish(unit.event("withdrawn", "C-2", id="wrong"))
    await unit.ended(accepted=3)
    assert [] == await waiting(chain, unit)

    async def three() -> dict[str, Any] | None:
        found = await chain.case(case)
        return found if found is not None and len(found["timeline"]) == 3 else None

    assert "at_unit" == (await until(three))["stage"]


async def test_a_join_of_two_units_waits_for_an_officer(chain: Chain) -> None:
    """Held, linked by an officer, unlinked again: status follows, and the old number comes back."""
    first = await chain.register(unit="u1")
    second = await chain.register(unit="u2")
    erp = await chain.register("finance", issuers=["*"])
    officer = await chain.register("officer", issuers=["*"])
    a, b = ref("A-3", issuer=first.slug), ref("B-3", issuer=second.slug)
    await first.publish(first.event("submitted", "A-3", id="a"))
    await first.ended(accepted=1)
    await second.publish(second.event("submitted", "B-3", id="b"))
    await second.ended(accepted=1)
    one, two = await chain.case_of("A-3"), await chain.case_of("B-3")
    await erp.publish(erp.event("received", a, b, id="both"))
    await erp.ended(accepted=1)
    assert [("both", "two units")] == await held(chain, erp)
    assert {one, two} == set(await chain.cases_of("A-3"))

    await officer.publish(officer.event("linked", data={"link": [a, b]}, id="yes"))
    await redirected(chain, two, one)
    assert [] == await held(chain, erp)
    assert [one] == await chain.cases_of("B-3")
    assert {"a", "b", "both", "yes"} == await timeline(chain, one)

    part = officer.event("unlinked", data={"link": [a, b]}, id="no")
    await officer.publish({**part, "time": "2026-01-13T10:15:00+07:00"})
    await redirected(chain, two, None)
    assert {"b"} == await timeline(chain, two)
    assert "b" not in await timeline(chain, one)


async def test_a_merge_tells_both_cases_and_its_undoing_too(chain: Chain) -> None:
    """`regrouped` says what went where; taking the joining fact back gives both their own again."""
    unit, erp = await chain.register(), await chain.register("finance", issuers=["*"])
    a, b = ref("A-4", issuer=unit.slug), ref("B-4", issuer=unit.slug)
    await unit.publish(
        unit.event("submitted", "A-4", id="a"), unit.event("submitted", "B-4", id="b")
    )
    one, two = await chain.case_of("A-4"), await chain.case_of("B-4")
    one, two = min(one, two), max(one, two)
    moved = "b" if two == await chain.case_of("B-4") else "a"
    await erp.publish(erp.event("received", a, b, id="both"))
    await redirected(chain, two, one)
    told = {case: data for case, data in await regroupings(chain) if case in (one, two)}
    assert [[unit.slug, moved]] == told[one]["events_in"]
    assert [[unit.slug, moved, str(one)]] == told[two]["events_out"]
    assert (None, str(one)) == (told[one]["redirect_to"], told[two]["redirect_to"])

    await erp.publish(erp.event("retracted", data={"retracts": {"id": "both"}}))
    await redirected(chain, two, None)
    assert {moved} == await timeline(chain, two)


async def test_republishing_changes_nothing_and_refills_a_status_that_lost_all(
    chain: Chain,
) -> None:
    """Said again, marked replay, nothing moves; an emptied status comes out the same."""
    unit, erp = await chain.register(), await chain.register("finance", issuers=["*"])
    a, b = ref("A-5", issuer=unit.slug), ref("B-5", issuer=unit.slug)
    await unit.publish(unit.event("submitted", "A-5"), unit.event("submitted", "B-5"))
    cases = sorted([await chain.case_of("A-5"), await chain.case_of("B-5")])
    await erp.publish(erp.event("received", a, b))
    await redirected(chain, cases[1], cases[0])
    before = [await chain.case(case) for case in cases]
    answer = await chain.tell("/ops/republish")
    assert answer.json()["republished"] >= 3
    await replayed(chain)
    assert before == [await chain.case(case) for case in cases]

    tables = "status.event, status.event_text, status.followed_case"
    await chain.rows(f"truncate {tables}")
    await chain.tell("/ops/republish")
    await redirected(chain, cases[1], cases[0])
    await chain.stage(cases[0], "received")
    again = [await chain.case(case) for case in cases]
    assert [_state(case) for case in before] == [_state(case) for case in again]


def _state(case: dict[str, Any] | None) -> dict[str, Any]:
    assert case is not None
    return {name: value for name, value in case.items() if name != "version"}


async def replayed(chain: Chain) -> None:
    """Wait until status has read all of `case-event` as it is now."""
    records = await chain.records("case-event")
    assert any(b'"replay":true' in record.value for record in records)

    async def quiet() -> bool:
        state = await chain.ask("/readyz", "status")
        outbox = await chain.rows("select count(*) as n from intake.outbox")
        lag = [one.get("lag", 0) for one in state["consumptions"].values()]
        return outbox[0]["n"] == 0 and not any(lag)

    await until(quiet)


async def redirected(chain: Chain, case_id: int, to: int | None) -> None:
    """Wait until status says that a case leads to another, or to none."""
    wanted = None if to is None else str(to)

    async def leads() -> bool:
        case = await chain.case(case_id)
        return case is not None and case["redirect_to"] == wanted

    await until(leads)


async def timeline(chain: Chain, case_id: int) -> set[str]:
    """The ids of the events status holds for a case."""
    case = await chain.case(case_id)
    assert case is not None
    return {entry["id"] for entry in case["timeline"]}


async def regroupings(chain: Chain) -> list[tuple[int, dict[str, Any]]]:
    """All `regrouped` messages: case and data."""
    events = [orjson.loads(record.value) for record in await chain.records("case-event")]
    return [
        (int(event["correlationid"]), event["data"])
        for event in events
        if event["data"]["kind"] == "regrouped"
    ]
