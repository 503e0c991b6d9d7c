"""Anna and Bob: two payees with a case each and one they share, and a browser signed in as one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from contracts.normalise import has_thai_check_digit

from chassis import shortnumber
from tests.integration.portal import said
from tests.integration.portal.bed import Bed
from tests.integration.portal.entrance import caught, sign_in

ANNA = said.TAX_ID
BOB = next(n for i in range(10) if has_thai_check_digit(n := f"012345678901{i}"))
MINE, SHARED, THEIRS = (shortnumber.number_of(n) for n in (1, 2, 3))
RECEIVED = said.event("received", "2026-11-18T03:00")
PAID = said.event("transferred", "2026-11-20T03:00")
SECRETS = ("บ็อบ", "INV-BOB", "31,337", "31337", "TR-BOB", "ความลับ", "999,999")
"""Bob's name, invoice, sum and transfer, the title of his case, and the total of the shared one."""


async def told(bed: Bed) -> None:
    """Anna has a paid case, Bob an own one, and they share a third."""
    bob = said.line("bob", "31337.00", id="b", invoice="INV-BOB")
    sent = said.event("transferred", "2026-11-20T04:00", "held", id="TR-BOB")
    theirs = said.paid_line(sent, "bob", id="b", net="31337.00", gross="31337.00")
    both = {
        "number": SHARED,
        "title": "ความลับ",
        "group": 2,
        "amount": {"value": "999999", "currency": "THB"},
    }
    await bed.say(
        said.payee(email="anna@example.org"),
        said.payee("bob", name="บ็อบ", tax_id=BOB, email="bob@example.org"),
        said.source_status(),
        said.case_status(1, RECEIVED, PAID, lines="transferred", number=MINE),
        said.line_status(1, said.paid_line(PAID, invoice="INV-ANNA")),
        said.case_status(1, RECEIVED, sent, case=2, lines="open", **both),
        said.line_status(1, said.line("anna", "500.00"), {**theirs, "invoice": "INV-BOB"}, case=2),
        said.case_status(1, RECEIVED, case=3, number=THEIRS, title="ความลับ"),
        said.line_status(1, bob, case=3),
        said.case_sla(1, 1, said.clock(RECEIVED), case=2),
        said.notification("n1", case=1),
        said.notification(
            "n2", case=2, recipient={"kind": "payee", "id": "bob"}, told={"amount": "31337.00"}
        ),
    )


@asynccontextmanager
async def signed_in(bed: Bed, number: str = ANNA) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which a payee is signed in."""
    with caught() as letters:
        async with bed.client(**{"accept-language": "th"}) as browser:
            assert "/me" == (await sign_in(browser, letters, number)).headers["location"]
            yield browser
