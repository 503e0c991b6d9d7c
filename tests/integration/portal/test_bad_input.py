"""What people type by mistake or in bad faith, in every field: told, never believed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from html import unescape
from html.parser import HTMLParser
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import quote, urlsplit

import httpx
import pytest
from chassis.shortnumber import number_of
from ground.databases import Database
from portal import watch_store
from portal.correcting import day_of, happened

from tests.integration.portal import said
from tests.integration.portal.bed import MONDAY, Bed
from tests.integration.portal.counted import answering, count, keep, staff
from tests.integration.portal.entrance import hidden
from tests.integration.portal.staffed import csrf_of, staffed
from tests.integration.portal.test_operator import LETTER
from tests.integration.portal.two_payees import MINE, SHARED, THEIRS, signed_in, told

SCRIPT = "<script>alert(1)</script>"
BAD = {
    "script": SCRIPT,
    "attribute": '" onmouseover="alert(1)',
    "sql": "'; drop table case_row; -- ",
    "template": "{{ 7919 * 7907 }}{% raw %}",
    "format": "{0.__class__}{n.__class__}{w}%(n)s%n",
    "10 kB": "ก" * 10_000,
    "more": "x" * 10_001,
    "emoji": "👛" * 40,
    "turned": "\u202e0737\u202c\u200f\u200b",
    "digits": "9" * 5_000,
    "twenty digits": "9" * 20,
    "other digits": "٣٤²₅",
    "below zero": "-1",
    "no number": "1e308",
    "nothing": "\0",
    "marks": "ิ่้๊๋์" * 9,
    "lines": "a\r\nset-cookie: b=c\r\n\r\n",
    "path": "../../../../../../../../etc/passwd",
    "zero": "../../../etc/passwd%00",
}
ROLES = ("unit-officer", "finance-officer", "executive", "operator", "auditor")
LISTS = "/work"
PAGES = {
    "nobody": ("/", "/sign-in", "/sign-in/code", "/figures", "/open-data", "/source/erp", "/staff"),
    "payee": ("/me", "/me/search", "/me/cases", "/me/settings", f"/case/{MINE}",
              f"/case/{SHARED}/ask", f"/case/{MINE}/sheet"),
    "staff": ("/staff", "/board", "/board/list", "/look-up",
              *(f"{LISTS}/{one}" for one in ("unmatched", "held", "questions")),
              "/executive", "/executive/counts", "/executive/waiting",
              "/operator", "/operator/case", "/operator/rejects", f"/look-up/{MINE}",
              *(f"/correct/{MINE}/{one}" for one in ("delay", "fact", "retract", "link", "unlink")),
              f"/correct/{MINE}/fact?fact=transferred"),
}  # fmt: skip
BOARD = ("whose", "stage", "unit", "kind", "pressing", "page")
ASKED = {
    "/": ("lang",), "/sign-in": ("next", "lang"), "/staff": ("next", "failed"),
    "/figures": ("promise", "month", "kind"), "/open-data/api/on-time": ("page", "per_page"),
    "/me": ("said",), "/me/cases": ("group", "page"), "/me/search": ("found", "page"),
    "/me/settings": ("said",), f"/case/{MINE}": ("was", "said", "payee"),
    "/board": BOARD, "/board/list": BOARD, f"{LISTS}/held": ("said", "said_n"),
    "/look-up": ("found",), f"/look-up/{MINE}": ("found", "payee", "was", "said"),
    f"/correct/{MINE}/fact": ("fact",), "/executive": ("promise", "month"),
    "/executive/counts": ("promise", "month", "unit", "kind", "fund"),
    "/executive/waiting": ("party", "stage"), "/operator": ("sent",),
    "/operator/case": ("number",), "/operator/rejects": ("source",),
}  # fmt: skip
"""What each page reads of its address."""
PLACES = ("/case/", "/look-up/", "/correct/", "/confirm/", "/source/", "/work/",
          "/executive/export/", "/open-data/", "/open-data/api/", "/static/")  # fmt: skip
TOLD_LETTERS_MAX = 2_000
"""Longer addresses no server takes."""


class Form(NamedTuple):
    """A form as a page shows it: how and where it goes, its fields with what stands in them."""

    method: str
    action: str
    fields: dict[str, str]


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, and a field of the newest one."""
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(told.get("method", "get"), told.get("action", ""), {}))
        elif tag in ("input", "select", "textarea", "button") and "name" in told and self.found:
            self.found[-1].fields.setdefault(told["name"], told.get("value", ""))


@contextlib.asynccontextmanager
async def browser_of(bed: Bed, who: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser: nobody's, Anna's, or that of one who has every role."""
    if who == "nobody":
        async with bed.client() as browser:
            yield browser
    elif who == "payee":
        async with signed_in(bed) as browser:
            yield browser
    else:
        async with staff(bed, *ROLES) as browser:
            yield browser


async def filled(bed: Bed) -> None:
    """Two payees' cases, figures of a month, an intake that takes facts and knows no token."""
    await told(bed)
    await keep(bed, "2026-10", ["met"] * 9)
    await count(bed)
    letters = {"open": {"invalid-message": 1}, "dead_letters": [LETTER]}
    async with bed.pool.acquire() as connection:
        await watch_store.save_report(connection, "intake", "dead-letters", letters, MONDAY)
    again = ("POST", "/ops/dead-letters/7/redrive"), (200, {"id": 7, "redriven": True})
    listed = ("GET", "/ops/dead-letters"), (200, letters)
    answering(bed, dict([again, listed, (("GET", "/v1/source"), (401, {}))]))
    takes = httpx.MockTransport(lambda _: httpx.Response(202, json={"findings": []}))
    outgoing: Any = bed.house.outgoing
    outgoing._client = httpx.AsyncClient(transport=takes, base_url="http://intake")


def check(answer: httpx.Response, where: str) -> None:
    """It was answered in our own words, and what was sent stands nowhere as it was sent."""
    assert answer.status_code < 500, where
    assert SCRIPT not in answer.text, where
    assert 'onmouseover="alert' not in answer.text, where
    for worked in (str(7919 * 7907), "class &#39;", "<class", "&lt;class", "root:x:"):
        assert worked not in answer.text, where
    assert "set-cookie: b=c" not in str(answer.headers).lower(), where
    if answer.is_redirect:
        assert not urlsplit(answer.headers["location"]).netloc, where


@pytest.mark.parametrize("who", list(PAGES))
async def test_no_field_of_any_form_breaks_a_page(bed: Bed, who: str) -> None:
    """Script, SQL, 10 kB, emoji, turned writing, endless digits: taken or refused, no fault."""
    await filled(bed)
    tried, shown = 0, set()
    async with browser_of(bed, who) as browser:
        for path in PAGES[who]:
            for one in Forms((await browser.get(path)).text).found:
                if one.action == "/sign-out":
                    continue
                for name in set(one.fields) - {"csrf"}:
                    for kind, value in BAD.items():
                        answer = await sent(browser, one, {**one.fields, name: value})
                        check(answer, f"{path} {one.action} {name}: {kind}")
                        tried += 1
                        shown |= {kind} if value in unescape(answer.text) else set()
    assert tried >= 3 * len(BAD)
    # A preview says back what was typed; there it stands as text, neither run nor filled in.
    assert {"script", "attribute", "template", "format"} <= shown or who != "staff"
    assert 3 == await bed.pool.fetchval("select count(*) from case_row")


async def sent(browser: httpx.AsyncClient, one: Form, fields: dict[str, str]) -> httpx.Response:
    """The form sent with *fields*."""
    if one.method == "get":
        cut = {name: value[:TOLD_LETTERS_MAX] for name, value in fields.items()}
        return await browser.get(one.action, params=cut)
    return await browser.post(one.action, data=fields)


async def test_nothing_in_an_address_breaks_a_page(bed: Bed) -> None:
    """The same in every name a page asks its address for, and in the place of a number."""
    await filled(bed)
    async with browser_of(bed, "payee") as payee, browser_of(bed, "staff") as office:
        for kind, value in BAD.items():
            written = quote(value[:TOLD_LETTERS_MAX], safe="")
            for path, names in ASKED.items():
                browser = payee if path.startswith(("/me", "/case")) else office
                for name in names:
                    answer = await browser.get(f"{path}?{name}={written}")
                    check(answer, f"{path} {name}: {kind}")
            for start in PLACES:
                browser = payee if start == "/case/" else office
                check(await browser.get(start + written), f"{start} {kind}")


async def test_a_form_that_is_none_is_refused(bed: Bed) -> None:
    """Letters that are no letters, a file, and two hundred and one fields change nothing."""
    await told(bed)
    async with signed_in(bed) as browser:
        fields = hidden(await browser.get(f"/case/{SHARED}/ask"))
        kind = {"content-type": "application/x-www-form-urlencoded"}
        body = f"csrf={fields['csrf']}&words="
        answers = [
            await browser.post(f"/case/{SHARED}/ask", content=body + "%ed%a0%80", headers=kind),
            await browser.post(f"/case/{SHARED}/ask", content=body + "%ff%fe", headers=kind),
            await browser.post(f"/case/{SHARED}/ask", files={"words": b"x"}, data=fields),
            await browser.post(f"/case/{SHARED}/ask", data={**fields, **dict.fromkeys(
                [f"f{n}" for n in range(201)], "")}),
            await browser.post(f"/case/{SHARED}/ask", content="x" * 70_000, headers=kind),
        ]  # fmt: skip
    assert [400, 400, 415, 400, 413] == [one.status_code for one in answers]
    assert 0 == await bed.pool.fetchval("select count(*) from question")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("16/11/2569", "2026-11-16"),
        ("๑๖/๑๑/๒๕๖๙", "2026-11-16"),
        ("2569-11-16", "2026-11-16"),
        ("16.11.2026", "2026-11-16"),
        ("2026-11-16", "2026-11-16"),
        ("31/2/2569", None),
        ("16/11", None),
        ("9" * 20 + "-1-1", None),
        ("1-1-" + "9" * 20, None),
        ("0/0/0", None),
        (SCRIPT, None),
        ("16/11/٢٠٢٦", None),
    ],
)
def test_a_date_is_understood_as_thai_people_write_it(text: str, day: str | None) -> None:
    """Day first or year first, Buddhist era or common, Thai digits; what is no date is none."""
    assert day == (None if (found := day_of(text)) is None else found.isoformat())


@pytest.mark.parametrize("text", ["1/1/2570", "31/12/9999", "9" * 20 + "-1-1", "no"])
def test_what_is_still_to_come_has_not_happened(text: str) -> None:
    """A fact cannot be entered for a day that is not over, nor for one there never is."""
    assert happened(text, MONDAY, "Asia/Bangkok") is None


async def test_an_old_link_of_a_regrouped_case_leads_on_for_an_officer_too(bed: Bed) -> None:
    """The number of before lands on the case that stayed, and says so; the log names that one."""
    await told(bed)
    old = number_of(9)
    await bed.say(said.case_status(1, case=9, number=old, redirect_to="1", lines="open"))
    async with staff(bed, "finance-officer") as browser:
        answer = await browser.get(f"/look-up/{old}")
        assert f"/look-up/{MINE}?was={old}" == answer.headers["location"]
        assert old in (await browser.get(answer.headers["location"])).text
        gone = await browser.get(f"/correct/{old}/delay")
    assert gone.status_code in (200, 303)
    assert 1 == await bed.pool.fetchval("select min(case_id) from access_log where what='look-up'")


async def test_a_role_taken_away_closes_the_form_that_was_open(database: Database) -> None:
    """What was filled in before is not taken after: the session has ended, and the page says so."""
    async with staffed(database) as house:
        await told(house.bed)
        async with house.signed_in("finance-officer") as browser:
            token = csrf_of(await browser.get(f"/correct/{MINE}/delay"))
            claims = {"sub": "demo-finance-officer", "roles": ["auditor"], "amr": ["otp"]}
            with patch("ground.oidc_people.Person.claims", lambda _: claims):
                async with house.signed_in("finance-officer"):
                    pass
            sent_late = await browser.post(
                f"/correct/{MINE}/delay", data={"csrf": token, "code": "year-end"}
            )
            after = await browser.get("/board")
    assert sent_late.status_code in (401, 403)
    assert after.headers["location"].startswith("/staff/sign-in")


async def test_a_payee_is_no_member_of_staff_and_staff_no_payee(bed: Bed) -> None:
    """Each is refused the other's pages, and another's case stays as absent as none."""
    await told(bed)
    async with signed_in(bed) as browser:
        for path in ("/board", "/look-up", "/executive", "/operator", f"/correct/{MINE}/delay"):
            assert 403 == (await browser.get(path)).status_code
        assert 404 == (await browser.get(f"/case/{THEIRS}")).status_code
    async with staff(bed, *ROLES) as browser:
        for path in ("/me", "/me/search", f"/case/{MINE}"):
            assert 403 == (await browser.get(path)).status_code
