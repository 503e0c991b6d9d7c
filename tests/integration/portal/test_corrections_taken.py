"""Each kind of correction from the page through a real intake to the case, and its refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from ground.databases import Database
from ground.throwaway import Servers

from tests.integration.intake.bed import Chain
from tests.integration.portal.bed import MONDAY
from tests.integration.portal.office import Office, a_chain, portal_token
from tests.integration.portal.staffed import staffed


@pytest.fixture(scope="module")
async def chain(servers: Servers) -> AsyncIterator[Chain]:
    """Intake and status, running."""
    made = await a_chain(servers)
    yield made
    await made.close()


@pytest.fixture
async def office(database: Database, chain: Chain) -> AsyncIterator[Office]:
    """A portal that speaks to this intake, and two sources that tell of claims."""
    token = await portal_token(chain)
    told = {"intake_url": chain.urls["intake"], "intake_token": token}
    unit = await chain.register(unit="sci-chem")
    erp = await chain.register("finance", issuers=["*"])
    async with staffed(database, **told) as house:
        yield Office(house, chain, unit, erp)


async def test_a_fact_entered_by_an_officer_moves_the_case(office: Office) -> None:
    """It is accepted, stands on `case-event` as the portal's, and the page shows the new stage."""
    case_id, number = await office.claim()
    async with office.house.signed_in("finance-officer") as browser:
        sent = await office.correct(browser, number, "fact", fact="in-process", note="ระบบล่ม")
        assert f"/look-up/{number}?said=sent" == sent.headers["location"]
        await office.chain.stage(case_id, "in_process")
        await office.shows(browser, f"/look-up/{number}", "กองคลังกำลังดำเนินการเบิกจ่าย")
    (said,) = await office.said_by_officers(case_id)
    assert ("in-process", "officer") == (said["fact"], said["role"])


async def test_a_reason_for_a_delay_is_kept_and_moves_nothing(office: Office) -> None:
    """The unit's officer gives it; the stage stays, and the payee's history shows the reason."""
    case_id, number = await office.claim()
    async with office.house.signed_in("unit-officer") as browser:
        await office.correct(browser, number, "delay", code="awaiting-papers", note="ใบเสร็จ")
        await office.shows(browser, f"/look-up/{number}", "รอเอกสารเพิ่มเติม")
    (said,) = await office.said_by_officers(case_id)
    assert ("delayed", "awaiting-papers") == (said["fact"], said["said"]["reason"]["code"])
    assert "ใบเสร็จ" == said["text"]["reason"]
    assert "received" == (await office.chain.stage(case_id, "received"))["stage"]


async def test_what_was_said_wrongly_is_taken_back(office: Office) -> None:
    """Finance's receipt goes, and the case stands at the unit again."""
    case_id, number = await office.claim()
    async with office.house.signed_in("finance-officer") as browser:
        await office.correct(browser, number, "retract", event="0", code="entered-wrongly")
        await office.chain.stage(case_id, "at_unit")
        await office.shows(browser, f"/look-up/{number}", "เพิกถอนแล้ว")
    (said,) = await office.said_by_officers(case_id)
    assert office.erp.slug == said["retracts"][0]


async def test_two_claims_are_joined_and_parted_again(office: Office) -> None:
    """Joined, the younger number leads to the older; parted, both stand for themselves."""
    (one, first), (two, second) = await office.claim(), await office.claim("sci-bio")
    clock = office.house.bed.clock
    clock.at = MONDAY - timedelta(minutes=30)
    async with office.house.signed_in("finance-officer") as browser:
        await office.correct(browser, first, "link", other=second, code="wrong-case")
        there = await office.answers(browser, f"/look-up/{second}", 303)
        assert f"/look-up/{first}?was={second}" == there.headers["location"]
        joined = await office.chain.case(one)
        assert joined is not None
        claims = [place for place, row in enumerate(joined["joining"]) if row[0] == "claim"]
        clock.at = MONDAY
        numbers = {"one": str(claims[0]), "two": str(claims[1])}
        await office.correct(browser, first, "unlink", **numbers, code="entered-wrongly")
        await office.answers(browser, f"/look-up/{second}", 200)
    said = [data["fact"] for data in await office.said_by_officers(one)]
    assert ["linked", "unlinked"] == said
    assert "received" == (await office.chain.stage(two, "received"))["stage"]


@pytest.mark.parametrize(
    ("fields", "pointer", "rule", "remedy"),
    [
        (
            {"fact": "transferred", "reference": "9" * 101},
            "/data/transfer/reference",
            "field-malformed",
            "Correct this field. A text of 1 to 100 letters.",
        ),
        (
            {"fact": "in-process", "on": "31/12/2542"},
            "/time",
            "time-before-start",
            "Send events since the registered start of your source only.",
        ),
    ],
)
async def test_what_intake_refuses_is_told_with_field_rule_and_remedy(
    office: Office, fields: dict[str, str], pointer: str, rule: str, remedy: str
) -> None:
    """Nothing of it is on a topic, and the case stands as it stood."""
    case_id, number = await office.claim()
    async with office.house.signed_in("finance-officer") as browser:
        refused = await office.correct(browser, number, "fact", **fields, note="ทดสอบ")
        told = (f"<code>{pointer}</code>", f"<code>{rule}</code>", remedy)
        assert (422, list(told)) == (
            refused.status_code, [one for one in told if one in refused.text],
        )  # fmt: skip
    assert [] == await office.said_by_officers(case_id)
    assert "received" == (await office.chain.stage(case_id, "received"))["stage"]


async def test_a_portal_that_intake_does_not_know_loses_nothing(office: Office) -> None:
    """With a token that is worth nothing the page says that it could not be sent just now."""
    case_id, number = await office.claim()
    async with office.house.signed_in("finance-officer") as browser:
        outgoing = office.house.bed.house.outgoing
        right = outgoing._client.headers["authorization"]
        outgoing._client.headers["authorization"] = "Bearer tdt_nobody"
        away = await office.correct(browser, number, "delay", code="year-end")
        assert 503 == away.status_code
        outgoing._client.headers["authorization"] = right
        again = await office.send(browser, number, "delay", away)
        assert f"/look-up/{number}?said=sent" == again.headers["location"]
    assert ["delayed"] == [data["fact"] for data in await office.said_by_officers(case_id)]
