"""What a source and an operator may look at in the journal."""

from __future__ import annotations

from tests.integration.intake.bed import Chain


async def test_a_source_sees_what_became_of_its_own_events(chain: Chain) -> None:
    """Accepted, refused and unmatched, with what is missing before it may go live."""
    unit, other = await chain.register(), await chain.register()
    await unit.post(unit.event("submitted", "i-1"))
    await unit.post(unit.event("submitted", "i-2", data={"kind": "traval"}))
    await unit.post(unit.event("approved", "i-3"))
    await other.post(other.event("submitted", "i-4"))
    async with chain.http(token=unit.token) as http:
        answer = await http.get("/v1/source")
    assert 200 == answer.status_code
    said = answer.json()
    assert unit.slug == said["source"]["slug"]
    assert {"submitted", "approved"} == {one["fact"] for one in said["events"]}
    assert ["code-unknown"] == [one["findings"][0]["rule"] for one in said["rejects"]]
    assert ["approved"] == [one["fact"] for one in said["unmatched"]]
    assert {"no-heartbeat", "not-complete"} <= set(said["missing"])
    assert "no-event" not in said["missing"]


async def test_nobody_else_sees_it(chain: Chain) -> None:
    """Without a token of its own nothing is told, and an operator's is needed for the others'."""
    unit = await chain.register()
    for token in ("tdt_wrong", "x"):
        async with chain.http(token=token) as http:
            assert 401 == (await http.get("/v1/source")).status_code
    async with chain.http(token=unit.token) as http:
        assert 401 == (await http.get(f"/ops/sources/{unit.slug}")).status_code
    told = await chain.ask(f"/ops/sources/{unit.slug}")
    assert unit.slug == told["source"]["slug"]
    assert {"no-event", "no-heartbeat", "not-complete"} == set(told["missing"])


async def test_a_case_tells_its_events_in_the_order_they_came(chain: Chain) -> None:
    """Also where they happened the other way round; never what they say."""
    unit = await chain.register()
    await unit.post(unit.event("submitted", "i-5", data={"title": "ค่าวัสดุ"}))
    answer = await unit.post(unit.event("approved", "i-5"))
    assert 202 == answer.status_code
    (case,) = (await chain.ask("/ops/references", value="i-5"))["cases"]
    told = await chain.ask(f"/ops/cases/{case}/events")
    assert ["submitted", "approved"] == [one["fact"] for one in told["events"]]
    assert "ค่าวัสดุ" not in str(told)
    assert [] == (await chain.ask("/ops/cases/999999/events"))["events"]
