"""What every answer tells the browser, which methods are taken, what an error page keeps back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from chassis.health import Health
from chassis.web import make_app, open_routes
from ground.databases import Database
from portal.app import routes
from portal.headers import HEADERS
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.integration.portal import said
from tests.integration.portal.bed import OPERATOR, Bed, close_bed, make_bed
from tests.integration.portal.counted import staff
from tests.integration.portal.entrance import caught, hidden, sign_in
from tests.integration.portal.staffed import HERE, staffed
from tests.integration.portal.two_payees import MINE, signed_in, told

HTTPS = "https://portal.test"
ALWAYS = set(HEADERS) - {"cache-control", "cross-origin-resource-policy"}
PUBLIC = ("/", "/stages", "/figures", "/open-data", "/open-data/on-time.csv", "/open-data/feed.xml",
          "/open-data/api/on-time", "/static/portal.css", "/static/none.css", "/none", "/sign-in",
          "/staff", "/staff/sign-in", "/staff/second", "/me", "/board", "/confirm/none",
          "/source/erp", "/source/erp.json", "/case/none", "/sign-in/code")  # fmt: skip
WAYS_OUT = ("../frame.py", "..%2fframe.py", "../../../../etc/passwd", "%2e%2e/frame.py",
            "..%2f..%2f..%2f..%2fetc%2fpasswd", "/etc/passwd", "%2fetc%2fpasswd", "", ".", "..",
            "./", "portal.css/", "templates/base.html")  # fmt: skip


@pytest.fixture
async def secure(database: Database) -> AsyncIterator[Bed]:
    """A portal that is reached by https."""
    made = await make_bed(database, public_url=HTTPS)
    yield made
    await close_bed(made)


def browser_of(bed: Bed, here: str = HTTPS) -> httpx.AsyncClient:
    """A browser that speaks https."""
    transport = httpx.ASGITransport(app=bed.app, client=("192.0.2.1", 50_000))
    return httpx.AsyncClient(transport=transport, base_url=here)


async def raw(bed: Bed, path: str) -> tuple[int, bytes]:
    """Status and body for a path as it stands: browsers and clients would tidy it up."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": unquote(path), "raw_path": path.encode(), "query_string": b"", "root_path": "",
             "headers": [(b"host", b"portal.test")], "client": ("192.0.2.1", 50_000),
             "server": ("portal.test", 80)}  # fmt: skip
    await bed.app(scope, receive, send)
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent)


async def test_whatever_answers_tells_no_browser_to_guess(bed: Bed) -> None:
    """Orders, refusals, health, unknown methods, faults; of these is told only whose they are."""

    async def broken(_: Request) -> Response:
        raise RuntimeError("select secret from payee_row")

    whole = make_app(Health(bed.base.metrics), bed.base.settings)
    transport = httpx.ASGITransport(app=whole, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HTTPS) as browser:
        starting = await browser.get("/me")
        open_routes(whole, [Route("/broken", broken), *routes(bed.works)])
        operator = {"authorization": f"Bearer {OPERATOR}"}
        answers = [
            starting,
            await browser.get("/livez"),
            await browser.get("/metrics"),
            await browser.get("/ops/config"),
            await browser.get("/ops/config", headers=operator),
            await browser.post("/ops/sessions/end", content=b"{}", headers=operator),
            await browser.request("PROPFIND", "/me"),
            await browser.get("/broken"),
        ]
    statuses = [503, 200, 200, 401, 200, 422, 405, 500]
    assert statuses == [one.status_code for one in answers]
    assert {"nosniff"} == {one.headers["x-content-type-options"] for one in answers}
    assert {"error": "our fault"} == answers[-1].json()


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
        assert is_for_this_host_alone(one), one


async def test_cookies_of_staff_are_so_too(database: Database) -> None:
    """The trip to the provider, the step between the two factors, and the session."""
    here = HERE.replace("http:", "https:")
    sent: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        sent.extend(answer.headers.get_list("set-cookie"))

    async with staffed(database, here) as house:
        for person in ("one-factor", "operator"):
            async with browser_of(house.bed, here) as browser:
                browser.event_hooks["response"].append(keep)
                await house.come_from_provider(browser, person)
    names = {one.partition("=")[0].removeprefix("__Host-") for one in sent}
    assert 2 == len([one for one in names if one.startswith("tidtam-trip-")])
    assert {"tidtam-second", "tidtam-session"} <= names
    for one in sent:
        assert is_for_this_host_alone(one), one


def is_for_this_host_alone(cookie: str) -> bool:
    """The prefix and each flag, and no domain."""
    name, *flags = cookie.split("; ")
    told = {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(flags)
    domain = [flag for flag in flags if flag.lower().startswith("domain")]
    return name.startswith("__Host-") and told and not domain


async def test_no_path_leads_out_and_no_folder_is_listed(bed: Bed) -> None:
    """Files and tables are found by their whole name, or not at all."""
    assert 200 == (await raw(bed, "/static/portal.css"))[0]
    for way in WAYS_OUT:
        for start in ("/static/", "/open-data/", "/open-data/api/"):
            status, body = await raw(bed, start + way)
            assert 404 == status, start + way
            for word in (b"root:", b"def ", b"{%", b"Index of"):
                assert word not in body, start + way


async def test_files_are_named_by_us(bed: Bed) -> None:
    """Every download is a file of a fixed name in plain letters, whatever was asked for."""
    more = 'filename=a"b%0d%0aset-cookie:x&name=evil.exe'
    for kind in ("csv", "json", "xlsx"):
        answer = await bed.get(f"/open-data/on-time.{kind}?{more}")
        expected = f'attachment; filename="on-time.{kind}"'
        assert (200, expected) == (answer.status_code, answer.headers["content-disposition"])
    async with staff(bed, "executive") as browser:
        for kind in ("csv", "json", "xlsx"):
            answer = await browser.get(f"/executive/export/months.{kind}?{more}")
            expected = f'attachment; filename="months.{kind}"'
            assert (200, expected) == (answer.status_code, answer.headers["content-disposition"])
    for name in ('on-time"%0d%0aset-cookie:x.csv', "%E0%B8%81.csv", "on-time.csv%22.exe"):
        answer = await bed.get(f"/open-data/{name}")
        assert 404 == answer.status_code
        assert "content-disposition" not in answer.headers


async def test_of_a_name_said_twice_the_last_one_counts(bed: Bed) -> None:
    """In an address and in a form; what stands in the address is no field of the form."""
    assert '<html lang="en">' in (await bed.get("/?lang=th&lang=en")).text
    assert '<html lang="th">' in (await bed.get("/?lang=en&lang=th")).text
    await told(bed)
    async with signed_in(bed) as browser:
        token = hidden(await browser.get("/me"))["csrf"]
        kind = {"content-type": "application/x-www-form-urlencoded"}
        statuses = [
            (await browser.post(to, content=body, headers=kind)).status_code
            for to, body in (
                (f"/sign-out?csrf={token}", ""),
                (f"/sign-out?csrf={token}", "csrf=x"),
                ("/sign-out", f"csrf={token}&csrf=x"),
                ("/sign-out", f"csrf=x&csrf={token}"),
            )
        ]
    assert [403, 403, 403, 303] == statuses


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
