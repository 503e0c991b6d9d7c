"""
The whole way of a correction: the portal's pages, a real intake and a real status beside them, and
what these tell read back into the portal.

    office = Office(house, chain, unit, erp)
    case_id, number = await office.claim()
    await office.correct(browser, number, "delay", code="year-end")
"""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson
from ground.throwaway import Servers
from tidtam.registering import portal_source

from tests.integration.intake.bed import Chain, Sender, make_chain
from tests.integration.intake.words import ref, until
from tests.integration.notify.said import SECRET
from tests.integration.portal.bed import MONDAY
from tests.integration.portal.staffed import StaffedBed, csrf_of
from tests.unit.contracts.saying import process

READ = ("payee", "case-status", "line-status")
_names = itertools.count(1)


async def a_chain(servers: Servers) -> Chain:
    """Intake and status whose clock stands at the portal's, under the same key of payees."""
    told = {
        "TIDTAM_CLOCK_AT": MONDAY.isoformat(),
        "TIDTAM_PAYEE_KEY": base64.b64encode(SECRET).decode(),
    }
    return await make_chain(servers, environment=told)


async def portal_token(chain: Chain) -> str:
    """Register the source `portal` as `tidtam source portal` does; returns its token."""
    source = {"source": "portal", **portal_source([process()])}
    answer = await chain.tell("/ops/sources", source)
    assert answer.status_code == 200, answer.text
    return str((await chain.tell("/ops/sources/portal/tokens")).json()["token"])


@dataclass(frozen=True, slots=True)
class Office:
    """Officers at the portal's pages, the chain behind them, a unit's system and finance's."""

    house: StaffedBed
    chain: Chain
    unit: Sender
    erp: Sender

    async def claim(self, unit: str = "sci-chem", received: bool = True) -> tuple[int, str]:
        """A claim that a unit submitted and finance received: its case id and its short number."""
        name = f"c-{next(_names)}"
        sender = self.unit if unit == "sci-chem" else await self.chain.register(unit=unit)
        mine = ref(name, issuer=sender.slug)
        sent = sender.event("submitted", mine, time=_ago(days=5), data={
            "lines": [{"id": "1", "gross": "7.00", "net": "7.00", "payee": ANNA}]})  # fmt: skip
        assert 202 == (await sender.post(sent)).status_code
        if received:
            receipt = ref(f"R-{name}", "receipt", issuer=sender.slug)
            came = self.erp.event("received", mine, receipt, time=_ago(days=4))
            assert 202 == (await self.erp.post(came)).status_code
        case_id = await self.chain.case_of(name)
        case = await self.chain.stage(case_id, "received" if received else "at_unit")
        await self.hear()
        return case_id, str(case["number"])

    async def hear(self) -> None:
        """Let the portal read all that its topics hold."""
        for topic in READ:
            await self.house.bed.handle(topic, await self.chain.records(topic))

    async def correct(
        self, browser: httpx.AsyncClient, number: str, action: str, **fields: str
    ) -> httpx.Response:
        """Fill a correction in, look at its preview, and send it."""
        path = f"/correct/{number}/{action}"
        form = await browser.get(path)
        shown = await browser.post(path, data={"csrf": csrf_of(form), **fields})
        assert shown.status_code == 200, shown.text
        return await self.send(browser, number, action, shown)

    async def send(
        self, browser: httpx.AsyncClient, number: str, action: str, page: httpx.Response
    ) -> httpx.Response:
        """Send what *page*, a preview or one that could not be sent, has ready."""
        draft = re.search(r'name="draft" value="([\w-]+)"', page.text)
        assert draft is not None, page.text
        told = {"csrf": csrf_of(page), "draft": draft[1]}
        return await browser.post(f"/correct/{number}/{action}", data=told)

    async def said_by_officers(self, case_id: int) -> list[dict[str, Any]]:
        """The facts of a case on `case-event` that came from the pages."""
        events = [orjson.loads(one.value) for one in await self.chain.records("case-event")]
        return [
            event["data"]
            for event in events
            if event["source"] == "portal"
            and event["correlationid"] == str(case_id)
            and event["data"]["kind"] == "fact"
        ]

    async def shows(self, browser: httpx.AsyncClient, path: str, words: str) -> None:
        """Wait until a page shows *words*, its portal reading on."""

        async def there() -> bool:
            await self.hear()
            return words in (await browser.get(path)).text

        await until(there)

    async def answers(self, browser: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
        """Wait until a page answers *status*, and return it."""

        async def there() -> httpx.Response | None:
            await self.hear()
            page = await browser.get(path)
            return page if page.status_code == status else None

        found: httpx.Response = await until(there)
        return found


ANNA = {"identities": [{"scheme": "tax-id", "value": "0994000158378"}], "name": "บริษัท อันนา จำกัด"}


def _ago(**span: int) -> str:
    return (MONDAY - timedelta(**span)).isoformat()
