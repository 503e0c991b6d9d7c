"""What every answer tells the browser, which methods are taken, what an error page keeps back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from ground.databases import Database
from portal.headers import HEADERS

from tests.integration.portal import said
from tests.integration.portal.bed import Bed, close_bed, make_bed
from tests.integration.portal.entrance import caught, hidden, sign_in
from tests.integration.portal.staffed import staffed
from tests.integration.portal.two_payees import MINE, signed_in, told

HTTPS = "https://portal.test"
ALWAYS = set(HEADERS) - {"cache-control", "cross-origin-resource-policy"}
PUBLIC = ("/", "/stages", "/figures", "/open-data", "/open-data/on-time.csv", "/open-data/feed.xml",
          "/open-data/api/on-time", "/static/portal.css", "/static/none.css", "/none", "/sign-in",
          "/staff", "/staff/sign-in", "/staff/second", "/me", "/board", "/confirm/none",
          "/source/erp", "/source/erp.json", "/case/none", "/sign-in/code")  # fmt: skip


@pytest.fixture
async def secure(database: Database) -> AsyncIterator[Bed]:
    """A portal that is reached by https."""
    made = await make_bed(database, public_url=HTTPS)
    yield made
    await close_bed(made)


def browser_of(bed: Bed) -> httpx.AsyncClient:
    """A browser that speaks https."""
    transport = httpx.ASGITransport(app=bed.app, client=("192.0.2.1", 50_000))
    return httpx.AsyncClient(transport=transport, base_url=HTTPS)


async def test_every_answer_bears_every_header(secure: Bed) -> None:
    """Pages, files, data, redirects, errors: each says what may be loaded, and https for a year."""
    async with browser_of(secure) as browser:
        for path in PUBLIC:
            for method in ("GET", "POST", "PUT", "TRACE"):
                answer = await browser.request(method, path)
                assert set() == ALWAYS - set(answer.headers), (method, path)
                assert "cross-origin-resource-policy" in answer.headers
                assert "cache-control" in answer.headers
                hsts = answer.headers["strict-transport-security"]
                assert "max-age=31536000; includeSubDomains" == hsts


async def test_over_http_nothing_promises_https(bed: Bed) -> None:
    """A portal that is tried out on loopback locks no browser into https."""
    assert "strict-transport-security" not in (await bed.get("/")).headers


async def test_open_data_may_be_read_by_anybodys_page_and_nothing_else_may(bed: Bed) -> None:
    """A fixed star, for what holds nobody's data."""
    opened = []
    for path in PUBLIC:
        answer = await bed.get(path, origin="https://evil.example")
        if "access-control-allow-origin" in answer.headers:
            opened.append(path)
            assert "*" == answer.headers["access-control-allow-origin"]
    assert [one for one in PUBLIC if one.startswith("/open-data/")] == opened


async def test_what_is_personal_or_has_a_form_is_kept_by_no_cache(bed: Bed) -> None:
    """Own pages, both steps of signing in, and every redirect on the way."""
    await told(bed)
    async with signed_in(bed) as browser:
        for path in ("/me", "/me/settings", "/me/looks", f"/case/{MINE}", f"/case/{MINE}/sheet",
                     f"/case/{MINE}/ask", "/me/cases", "/me/search"):  # fmt: skip
            assert "no-store" == (await browser.get(path)).headers["cache-control"], path
        left = await browser.post("/sign-out", data=hidden(await browser.get("/me")))
        assert '"cache"' == left.headers["clear-site-data"]
        assert "no-store" == left.headers["cache-control"]
    for path in ("/sign-in", "/sign-in/code", "/me", "/staff/second"):
        assert "no-store" == (await bed.get(path)).headers["cache-control"], path


async def test_cookies_are_for_this_host_over_https_alone(secure: Bed) -> None:
    """Each one: the prefix, Secure, HttpOnly, SameSite, the root path, and no domain."""
    await secure.say(said.payee(email="anna@example.org"))
    sent: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        sent.extend(answer.headers.get_list("set-cookie"))

    with caught() as letters:
        async with browser_of(secure) as browser:
            browser.event_hooks["response"].append(keep)
            await browser.get("/?lang=en")
            await browser.get("/source/erp")
            answer = await sign_in(browser, letters)
            assert "/me" == answer.headers["location"], "a cookie was not brought back"
            assert 200 == (await browser.get("/me")).status_code
    assert {"tidtam-language", "tidtam-form", "tidtam-sign-in", "tidtam-session"} == {
        one.partition("=")[0].removeprefix("__Host-") for one in sent
    }
    for one in sent:
        name, *flags = one.split("; ")
        assert name.startswith("__Host-")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(flags)
        assert not [flag for flag in flags if flag.lower().startswith("domain")]


async def test_cookies_of_staff_are_so_too(database: Database) -> None:
    """The trip to the provider and the step between the two factors."""
    async with staffed(database) as house, house.bed.client() as browser:
        await house.come_from_provider(browser, "one-factor")
        paths = {cookie.path for cookie in browser.cookies.jar}
        names = {cookie.name for cookie in browser.cookies.jar}
    assert {"/"} == paths
    assert {"tidtam-second"} == names


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_no_page_takes_another_method(bed: Bed, method: str) -> None:
    """Nothing is echoed and nothing is done."""
    async with bed.client() as browser:
        for path in ("/", "/me", "/sign-in", "/none", "/source/erp"):
            answer = await browser.request(method, path, headers={"x-told": "back"})
            assert (405, "") == (answer.status_code, answer.text)


async def test_a_get_changes_nothing(bed: Bed) -> None:
    """What a form does is done by POST alone: its address asked for is a page, or absent."""
    await told(bed)
    async with signed_in(bed) as browser:
        for path in ("/sign-out", f"/case/{MINE}/rate", "/me/sessions"):
            assert 404 == (await browser.get(path)).status_code
        assert 200 == (await browser.get("/me")).status_code


async def test_an_error_of_ours_tells_nothing_of_us(bed: Bed, monkeypatch: Any) -> None:
    """Neither the class nor the text nor the place of what went wrong."""
    await told(bed)

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("select secret from payee_row at /srv/portal.py")

    async with signed_in(bed) as browser:
        monkeypatch.setattr("portal.read_store.payee", broken)
        page = await browser.get("/me")
    assert 500 == page.status_code
    for word in ("RuntimeError", "Traceback", "select", "payee_row", ".py", "secret"):
        assert word not in page.text


async def test_a_form_that_is_too_long_or_none_is_refused(bed: Bed) -> None:
    """64 kB, 200 fields, 10,000 letters each; and no other type than a form's."""
    async with bed.client() as browser:
        page = await browser.get("/sign-in")
        fields = hidden(page)
        long = await browser.post("/sign-in", data={**fields, "number": "9" * 70_000})
        wide = await browser.post("/sign-in", data={**fields, "next": "a" * 10_001})
        many = await browser.post("/sign-in", data={f"f{n}": "x" for n in range(300)})
        other = await browser.post("/sign-in", json=fields)
    statuses = [one.status_code for one in (long, wide, many, other)]
    assert [413, 413, 400, 415] == statuses


async def test_nothing_personal_stands_in_an_address(bed: Bed) -> None:
    """No link and no form of a payee's pages carries a number of a person, a name or an id."""
    await told(bed)
    async with signed_in(bed) as browser:
        for path in ("/me", "/me/cases", "/me/settings", f"/case/{MINE}", f"/case/{MINE}/sheet"):
            page = await browser.get(path)
            for link in re.findall(r'(?:href|action|src)="([^"]*)"', page.text):
                for word in (said.TAX_ID, "anna", "INV-", "TR-77"):
                    assert word not in link, path
