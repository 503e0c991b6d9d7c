"""What a payee sees of real rows: own cases and nothing else, and every look written down."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from portal.outgoing import Outcome, Outgoing, Said

from chassis import shortnumber
from tests.integration.portal import said
from tests.integration.portal.bed import Bed
from tests.integration.portal.entrance import hidden, post
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


async def test_the_dashboard_counts_the_own_money(bed: Bed) -> None:
    """Four counters, the own sums in them, and the newest cases."""
    await told(bed)
    async with signed_in(bed) as browser:
        page = await browser.get("/me")
    assert 200 == page.status_code
    counts = re.findall(r'class="counter-n">(\d+)<', page.text)
    assert ["0", "1", "0", "1"] == counts
    assert MINE in page.text
    assert SHARED in page.text
    assert THEIRS not in page.text
    assert [] == [secret for secret in SECRETS if secret in page.text]


async def test_a_paid_case_says_when_how_and_how_much(bed: Bed) -> None:
    """Date, bank reference and net are on the page, with the notice that told of them."""
    await told(bed)
    async with signed_in(bed) as browser:
        page = await browser.get(f"/case/{MINE}")
    for words in ("TR-77", "12,480.00", "ศ.\u00a020\u00a0พ.ย.\u00a02569", "ค่าวัสดุวิทยาศาสตร์"):
        assert words in page.text
    assert "no-store" == page.headers["cache-control"]


async def test_a_shared_case_shows_the_own_share_alone(bed: Bed) -> None:
    """No other payee, no total, no title of a case that has several payees."""
    await told(bed)
    async with signed_in(bed) as browser:
        page = await browser.get(f"/case/{SHARED}")
    assert 200 == page.status_code
    assert "500.00" in page.text
    assert [] == [secret for secret in SECRETS if secret in page.text]


async def test_somebody_elses_case_is_as_absent_as_none(bed: Bed) -> None:
    """The answers to a case of another and to a number nobody has are the same."""
    await told(bed)
    nobody = shortnumber.number_of(4_242)
    async with signed_in(bed) as browser:
        pages = [await browser.get(f"/case/{one}") for one in (THEIRS, nobody, "none")]
        sheets = [await browser.get(f"/case/{one}/sheet") for one in (THEIRS, nobody)]
    answers = {(one.status_code, plain(one)) for one in (*pages, *sheets)}
    assert {404} == {status for status, _ in answers}
    assert 1 == len(answers)


async def test_each_look_is_written_down_before_the_page(bed: Bed) -> None:
    """The access log names what was seen, of which case; nobody can change it afterwards."""
    await told(bed)
    async with signed_in(bed) as browser:
        await browser.get(f"/case/{MINE}")
    rows = await bed.pool.fetch("select kind, person, what, case_id, payee_id from access_log")
    assert ("payee", "anna", "case", 1, "anna") in [tuple(row) for row in rows]
    with pytest.raises(Exception, match="append-only"):
        await bed.pool.execute("delete from access_log")


async def test_nothing_is_shown_when_the_look_cannot_be_written(bed: Bed) -> None:
    """Without its row in the access log a page of personal data is not sent."""
    await told(bed)
    async with signed_in(bed) as browser:
        await bed.pool.execute(
            "alter table access_log add constraint full_up check (at is null) not valid"
        )
        page = await browser.get(f"/case/{MINE}")
    assert page.status_code >= 500
    assert "12,480.00" not in page.text


async def test_questions_are_counted(bed: Bed) -> None:
    """Each press of the button is a question, with where the case stood and who had it."""
    await told(bed)
    async with signed_in(bed) as browser:
        answer = await post(
            browser, f"/case/{SHARED}/ask", f"/case/{SHARED}/ask", words="เมื่อไร <b>👛</b>"
        )
        assert f"/case/{SHARED}?said=asked" == answer.headers["location"]
        long = await post(browser, f"/case/{SHARED}/ask", f"/case/{SHARED}/ask", words="x" * 1_001)
        assert 422 == long.status_code
        huge = await post(browser, f"/case/{SHARED}/ask", f"/case/{SHARED}/ask", words="x" * 10_001)
        assert 413 == huge.status_code
        theirs = await post(browser, f"/case/{SHARED}/ask", f"/case/{THEIRS}/ask", words="?")
        assert 404 == theirs.status_code
    rows = await bed.pool.fetch("select case_id, payee_id, stage, holder, words from question")
    assert [(2, "anna", "received", "finance", "เมื่อไร <b>👛</b>")] == [tuple(r) for r in rows]


async def test_a_rating_is_one_tap_after_the_end(bed: Bed) -> None:
    """One rating per payee and case; before the end there is none, and the last tap counts."""
    await told(bed)
    async with signed_in(bed) as browser:
        for stars in ("4", "5"):
            answer = await post(browser, f"/case/{MINE}", f"/case/{MINE}/rate", stars=stars)
            assert 303 == answer.status_code
        early = await post(browser, f"/case/{SHARED}", f"/case/{SHARED}/rate", stars="5")
        wrong = await post(browser, f"/case/{MINE}", f"/case/{MINE}/rate", stars="6")
    assert (400, 400) == (early.status_code, wrong.status_code)
    assert [5] == [row[0] for row in await bed.pool.fetch("select stars from rating")]


async def test_a_sheet_is_confirmed_without_a_name(bed: Bed) -> None:
    """The code on a sheet leads to what it says; a letter changed in it leads to nothing."""
    await told(bed)
    async with signed_in(bed) as browser:
        sheet = await browser.get(f"/case/{MINE}/sheet")
    found = re.search(r"/confirm/([a-z2-7]+)", sheet.text)
    assert found is not None
    assert "อันนา" in sheet.text
    shown = await bed.get(f"/confirm/{found[1]}")
    assert 200 == shown.status_code
    assert MINE in shown.text
    assert "อันนา" not in shown.text
    assert "12,480" not in shown.text
    other = ("a" if found[1][0] != "a" else "b") + found[1][1:]
    assert 404 == (await bed.get(f"/confirm/{other}")).status_code


async def test_search_finds_the_own_and_hides_what_was_typed(bed: Bed) -> None:
    """An invoice number in Thai digits is found; the address of the result tells nothing."""
    await told(bed)
    async with signed_in(bed) as browser:
        to = await post(browser, "/me/search", "/me/search", q="INV-ANNA")
        assert "ANNA" not in to.headers["location"]
        assert MINE in (await browser.get(to.headers["location"])).text
        number = MINE.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
        to = await post(browser, "/me/search", "/me/search", q=number)
        assert MINE in (await browser.get(to.headers["location"])).text
        to = await post(browser, "/me/search", "/me/search", q="INV-BOB")
        nothing = await browser.get(to.headers["location"])
    assert SHARED not in nothing.text
    assert THEIRS not in nothing.text


async def test_an_old_number_leads_to_the_case_that_stayed(bed: Bed) -> None:
    """A joined case's link lands on the other with one line saying so; for others it is absent."""
    await told(bed)
    old = shortnumber.number_of(9)
    await bed.say(said.case_status(1, case=9, number=old, redirect_to="1", lines="open"))
    async with signed_in(bed) as browser:
        answer = await browser.get(f"/case/{old}")
        assert f"/case/{MINE}?was={old}" == answer.headers["location"]
        assert old in (await browser.get(answer.headers["location"])).text
    async with signed_in(bed, BOB) as browser:
        assert 404 == (await browser.get(f"/case/{old}")).status_code


async def test_a_number_is_known_however_it_is_written(bed: Bed) -> None:
    """Thai digits and no hyphens lead to the page; the letters' old address does too."""
    await told(bed)
    async with signed_in(bed) as browser:
        bare = MINE.replace("-", "")
        answer = await browser.get(f"/case/{bare}")
        assert f"/case/{MINE}" == answer.headers["location"]
        assert f"/case/{MINE}" == (await browser.get(f"/cases/{MINE}")).headers["location"]


async def test_settings_go_out_as_a_fact(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Language and channels are said to intake, with who it is and the whole of the contact."""
    sent: list[dict[str, Any]] = []

    async def say(
        _: Outgoing, event_id: str, process: str, fact: str, data: Any, **__: Any
    ) -> Said:
        sent.append({"fact": fact, "process": process, "data": data, "id": event_id})
        return Said(Outcome.ACCEPTED)

    monkeypatch.setattr(Outgoing, "say", say)
    await told(bed)
    async with signed_in(bed) as browser:
        answer = await post(browser, "/me/settings", "/me/settings", language="en", channel="line")
        assert "/me/settings?said=saved" == answer.headers["location"]
    assert "contact-changed" == sent[0]["fact"]
    payee = sent[0]["data"]["payee"]
    assert [{"scheme": "tax-id", "issuer": "TH", "value": ANNA}] == payee["identities"]
    assert {"email": "anna@example.org", "language": "en", "off": ["email"]} == payee["contact"]


async def test_sessions_are_listed_and_ended(bed: Bed) -> None:
    """A payee sees the sessions that are open and ends another one, never somebody else's."""
    await told(bed)
    async with signed_in(bed) as phone, signed_in(bed) as desk, signed_in(bed, BOB) as bob:
        bed.clock.at += timedelta(minutes=2)
        page = await desk.get("/me/settings")
        assert 1 == page.text.count('name="session"')
        fields = hidden(page)
        csrf = hidden(await bob.get("/me/settings"))["csrf"]
        await bob.post("/me/sessions", data={"csrf": csrf, "session": fields["session"]})
        assert 200 == (await phone.get("/me")).status_code
        await desk.post("/me/sessions", data=fields)
        assert 303 == (await phone.get("/me")).status_code
        assert 200 == (await desk.get("/me")).status_code


async def test_every_page_bears_the_headers(bed: Bed) -> None:
    """No script or style from elsewhere or inline, no frame, no guessing of types."""
    await told(bed)
    async with signed_in(bed) as browser:
        for path in ("/me", f"/case/{MINE}", "/sign-in", "/none", "/me/looks", "/me/settings"):
            page = await browser.get(path)
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "nosniff" == page.headers["x-content-type-options"]
            assert " style=" not in page.text
            assert "<style" not in page.text
            assert not re.search(r"<script(?! src=)|\son\w+=", page.text)


async def test_both_languages(bed: Bed) -> None:
    """Each page reads in English too, and the choice is kept."""
    await told(bed)
    async with signed_in(bed) as browser:
        page = await browser.get(f"/case/{MINE}?lang=en")
        assert "Whom do I contact?" in page.text
        assert 'lang="en"' in page.text
        assert "Fri\u00a02026\u201111\u201120" in page.text
        assert "My payments" in (await browser.get("/me")).text


def plain(page: httpx.Response) -> str:
    """The page without what differs by where it was asked for."""
    return re.sub(r'href="[^"]*\?lang=\w\w"|value="[^"]*"', "", page.text)
