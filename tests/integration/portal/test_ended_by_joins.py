"""Who is reached in another way since two payees were found to be one is signed out."""

from __future__ import annotations

from datetime import datetime

from tests.integration.portal import said
from tests.integration.portal.bed import Bed
from tests.integration.portal.test_ended_sessions import begun, is_open

ANNA, BERT = "anna@example.org", "bert@example.org"
JOINED_AT = "2026-11-16T02:00:00Z"


async def rests_since(bed: Bed, payee_id: str) -> datetime | None:
    """When the way to reach this payee changed last, as the row of it says."""
    found: datetime | None = await bed.pool.fetchval(
        "select contact_changed_at from payee_row where payee_id = $1", payee_id
    )
    return found


async def test_a_join_that_brings_another_address_signs_out(bed: Bed) -> None:
    """Bert is Anna now and is reached as she is: his sessions end, hers do not, codes rest."""
    await bed.say(said.payee("anna", email=ANNA), said.payee("bert", email=BERT))
    anna, bert = await begun(bed, "anna"), await begun(bed, "bert")
    await bed.say(said.payee("bert", 2, to="anna", email=BERT, said_at=JOINED_AT))
    async with bed.client(cookie=bert) as browser:
        assert not await is_open(browser)
    assert await rests_since(bed, "bert") == datetime.fromisoformat(JOINED_AT)
    async with bed.client(cookie=anna) as browser:
        assert await is_open(browser)


async def test_a_join_that_fills_a_gap_signs_out(bed: Bed) -> None:
    """Anna had no address and is reached by Bert's from now on."""
    await bed.say(said.payee("anna"), said.payee("bert", email=BERT))
    anna = await begun(bed, "anna")
    await bed.say(said.payee("bert", 2, to="anna", email=BERT))
    async with bed.client(cookie=anna) as browser:
        assert not await is_open(browser)


async def test_a_join_of_the_same_address_signs_nobody_out(bed: Bed) -> None:
    """Nobody is reached in another way."""
    await bed.say(said.payee("anna", email=ANNA), said.payee("bert", email=ANNA))
    anna = await begun(bed, "anna")
    await bed.say(said.payee("bert", 2, to="anna", email=ANNA))
    async with bed.client(cookie=anna) as browser:
        assert await is_open(browser)


async def test_what_another_row_said_may_be_said_again(bed: Bed) -> None:
    """A page saves the contact of all rows of a person in one of them: no way has changed."""
    await bed.say(said.payee("anna", email=ANNA), said.payee("bert", telephone="1"))
    await bed.say(said.payee("bert", 2, to="anna", telephone="1"))
    anna = await begun(bed, "anna")
    await bed.say(said.payee("anna", 2, email=ANNA, telephone="1", language="en"))
    async with bed.client(cookie=anna) as browser:
        assert await is_open(browser)


async def test_a_join_undone_signs_out(bed: Bed) -> None:
    """Anna was reached by what Bert brought, and is so no longer."""
    await bed.say(said.payee("anna"), said.payee("bert", email=BERT))
    await bed.say(said.payee("bert", 2, to="anna", email=BERT))
    anna = await begun(bed, "anna")
    await bed.say(said.payee("bert", 3, email=BERT))
    async with bed.client(cookie=anna) as browser:
        assert not await is_open(browser)
