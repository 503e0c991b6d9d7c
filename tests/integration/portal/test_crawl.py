"""A thousand crafted requests of one payee: nothing of another is shown, nothing is done to it."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from portal.outgoing import Outcome, Outgoing, Said
from portal.sealed_words import SealedWords

from tests.integration.portal.bed import Bed
from tests.integration.portal.entrance import HIDDEN
from tests.integration.portal.two_payees import (
    ANNA,
    BOB,
    MINE,
    SECRETS,
    SHARED,
    THEIRS,
    signed_in,
    told,
)

REQUESTS = 1_000
PLAIN = THEIRS.replace("-", "")
THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
NUMBERS = (MINE, SHARED, THEIRS, PLAIN, PLAIN.translate(THAI), f"{SHARED}%2F..%2F{THEIRS}",
           "9" * 40, "%00", "' or 1=1 --", "../me", "\u202e" + THEIRS)  # fmt: skip
TAILS = ("", "/sheet", "/ask", "/rate", f"?was={THEIRS}", "?said=asked", "?lang=en", "?payee=bob",
         "?payee=2", "?person=bob", "/sheet?payee=bob", "/sheet.json")  # fmt: skip
ODD = ("0", "1", "2", "4", "-1", "1e9", "bob", "<script>", "๑", "\u202e", "👛", "x" * 2_000,
       "1&payee=bob", "1;group=2", "%00", "../../bob")  # fmt: skip
LISTS = ("/me?person={}", "/me/cases?group={}", "/me/cases?page={}", "/me/cases?group=2&payee={}",
         "/me/looks?payee={}", "/me/settings?person={}", "/me/search?q={}", "/look-up/{}",
         "/work/{}", "/board?unit={}", "/source/{}", "/operator/case?number={}",
         "/confirm/{}")  # fmt: skip
SOUGHT = ("INV-BOB", "TR-BOB", "31337", "31,337.00", "บ็อบ", "ความลับ", THEIRS, BOB, "999999",
          "bob@example.org", "%", "_", "'; select 1 --", "๓๑๓๓๗")  # fmt: skip
KINDS = ("case", "list", "found", "search", "ask", "rate", "settings", "sessions", "sign-in")


@dataclass(frozen=True, slots=True)
class Crawler:
    """Anna's browser, what a thief could have of Bob, and dice that fall the same each time."""

    browser: httpx.AsyncClient
    csrf: str
    tokens: tuple[str, ...]
    dice: random.Random

    async def request(self, kind: str) -> httpx.Response:
        """One crafted request of a kind; what it leads to is opened too."""
        pick: Callable[[Any], Any] = self.dice.choice
        get, number = self.browser.get, pick(NUMBERS)
        if kind == "case":
            return await get(f"/case/{number}{pick(TAILS)}")
        if kind == "list":
            return await get(pick(LISTS).format(pick((*ODD, THEIRS))))
        if kind == "found":
            return await get(f"/me/search?found={pick(self.tokens)}")
        if kind == "search":
            return await self.follow("/me/search", q=pick(SOUGHT))
        if kind == "ask":
            return await self.follow(f"/case/{number}/ask", words=pick(ODD), payee="bob")
        if kind == "rate":
            return await self.follow(f"/case/{number}/rate", stars=pick("0156"), payee="bob")
        if kind == "settings":
            person = {"payee": "bob", "person": "bob", "identities": BOB}
            return await self.follow("/me/settings", language=pick(("th", "en", "bob")), **person)
        if kind == "sessions":
            return await self.follow("/me/sessions", session=pick(self.tokens), person="bob")
        return await self.follow(
            "/sign-in", number=pick((BOB, ANNA, "bob")), next=f"/case/{THEIRS}"
        )

    async def follow(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of ours and open where it leads."""
        answer = await self.browser.post(path, data={"csrf": self.csrf, **fields})
        to = answer.headers.get("location")
        return answer if to is None else await self.browser.get(to)


@contextmanager
def heard() -> Iterator[list[Any]]:
    """What would be said to intake."""
    said: list[Any] = []

    async def say(_: Outgoing, *facts: Any, **__: Any) -> Said:
        said.append(facts)
        return Said(Outcome.ACCEPTED)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Outgoing, "say", say)
        yield said


async def test_a_thousand_crafted_requests_show_and_do_nothing_of_another(bed: Bed) -> None:
    """Own, shared and foreign cases, lists, searches, forms and tokens of the other payee."""
    await told(bed)
    counted: dict[tuple[str, int], int] = {}
    async with signed_in(bed, BOB) as bob, signed_in(bed) as anna:
        crawler = await crawler_of(bed, anna)
        with heard() as facts:
            for place in range(REQUESTS):
                kind = KINDS[place % len(KINDS)]
                answer = await crawler.request(kind)
                assert answer.status_code < 500, (place, kind, str(answer.url))
                shown = answer.text
                assert [] == [one for one in SECRETS if one in unsaid(shown)], (kind, answer.url)
                counted[kind, answer.status_code] = counted.get((kind, answer.status_code), 0) + 1
        assert 200 == (await bob.get(f"/case/{THEIRS}")).status_code
    reached = {kind for kind, status in counted if status == 200}
    assert {"case", "list", "found", "search", "ask", "rate", "settings"} <= reached
    await nothing_done(bed, facts)


async def nothing_done(bed: Bed, facts: list[Any]) -> None:
    """No row and no fact speaks for Bob, and none of Anna's speaks of his case."""
    about = "select count(*) from {} where payee_id = 'bob' or case_id = 3"
    for table in ("question", "rating"):
        assert 0 == await bed.pool.fetchval(about.format(table))
        assert 0 < await bed.pool.fetchval(f"select count(*) from {table}")
    asked = "select count(*) from access_log where kind = 'payee' and person = 'anna' and {}"
    assert 0 == await bed.pool.fetchval(asked.format("(payee_id <> 'anna' or case_id = 3)"))
    assert 0 < len(facts)
    named = [one["value"] for fact in facts for one in fact[3]["payee"]["identities"]]
    assert {ANNA} == set(named)


async def test_the_crawl_sees_a_planted_leak(bed: Bed) -> None:
    """With every case taken for the own one, it ends at the first page that shows another's."""
    await told(bed)
    seen = 0

    async def everybody(_: Any, payee_id: str) -> list[str]:
        return [payee_id, "bob"]

    async with signed_in(bed) as anna:
        crawler = await crawler_of(bed, anna)
        with heard(), pytest.MonkeyPatch.context() as patch:
            patch.setattr("portal.read_store.family_of", everybody)
            for place in range(200):
                answer = await crawler.request(KINDS[place % len(KINDS)])
                seen += any(one in unsaid(answer.text) for one in SECRETS)
    assert seen > 0


async def crawler_of(bed: Bed, anna: httpx.AsyncClient) -> Crawler:
    """Anna's crawler, with tokens made for her, for Bob, and for nobody."""
    page = await anna.get("/me/settings")
    sealing = SealedWords(bed.house.settings.session_secret)
    tokens = [sealing.seal(who, text) for who in ("anna", "bob", "") for text in SOUGHT]
    hashes = await bed.pool.fetch("select hash from session where person = 'bob'")
    tokens += [base64.urlsafe_b64encode(row[0]).decode() for row in hashes]
    csrf = dict(HIDDEN.findall(page.text))["csrf"]
    return Crawler(anna, csrf, (*tokens, "", "x" * 300), random.Random(5))


def unsaid(page: str) -> str:
    """A page without what the visitor typed, which is said back in the field it was typed into."""
    for field in ('name="q"', 'name="words"', 'name="number"'):
        while (at := page.find(field)) >= 0:
            begin = page.rfind("<", 0, at)
            page = page[:begin] + page[page.find(">", at) + 1 :]
    return page
