"""What operators ask of notify: rules in force, words looked at before they go, lists."""

from __future__ import annotations

import copy

import pytest
from ground.databases import Database
from notify.rules import RulesMissing

from tests.integration.notify.bed import Bed, close_bed, make_bed, rules
from tests.integration.notify.channels.mail_server import MailServer
from tests.integration.notify.said import (
    NUMBER,
    case_status,
    event,
    line,
    line_status,
    paid_line,
    payee,
)

RECEIVED = event("received", "2026-11-23T01:00")
PAID = event("transferred", "2026-11-23T02:00")


async def test_the_same_rules_again_are_no_new_version(bed: Bed) -> None:
    """Applied twice, each rule has one version; its hash is told for comparison."""
    again = (await bed.ask("PUT", "/ops/config", rules()))["applied"]
    assert {"disbursement": None} == again["notices"]
    shown = await bed.ask("GET", "/ops/config")
    assert [("disbursement", 1)] == [(one["name"], one["version"]) for one in shown["notices"]]
    assert 64 == len(shown["notices"][0]["sha256"])
    assert ["thai-government"] == [one["name"] for one in shown["calendars"]]


async def test_a_template_with_an_unknown_field_is_refused(bed: Bed) -> None:
    """A letter that would fail when it is due never comes into force."""
    wrong = copy.deepcopy(rules())
    wrong["notices"][0]["templates"]["th/paid.txt"] += "{{ total }}{{ nmuber }}"
    answer = await bed.request("PUT", "/ops/config", wrong)
    assert 422 == answer.status_code
    assert "th/paid.txt" in answer.json()["error"]
    assert "nmuber" in answer.json()["error"]
    shown = await bed.ask("GET", "/ops/config")
    assert [1] == [one["version"] for one in shown["notices"]]


@pytest.mark.parametrize("body", [[], {"notices": [{}]}, {"processes": 7}])
async def test_what_is_no_set_of_rules_is_refused(bed: Bed, body: object) -> None:
    """A body that cannot be read changes nothing."""
    assert 422 == (await bed.request("PUT", "/ops/config", body)).status_code


async def test_without_rules_the_consumer_waits(database: Database) -> None:
    """Cases that came before their rules are tried again, and told once the rules are there."""
    server = MailServer()
    bed = await make_bed(database, server, applied=False)
    said = (line_status(1, paid_line(PAID)), case_status(1, PAID, lines="transferred"))
    await bed.say(payee(email="anna@example.org"), said[0])
    with pytest.raises(RulesMissing):
        await bed.say(said[1])
    await bed.ask("PUT", "/ops/config", rules())
    await bed.say(said[1])
    assert 1 == len(await bed.sent())
    await close_bed(bed)
    await server.close()


async def test_what_can_never_be_read_is_a_dead_letter(bed: Bed) -> None:
    """Each topic keeps what it cannot read aside, and goes on with the rest."""
    junk = b'{"type":"tidtam.x.case-status","data":{"case":"1"}}'
    await bed.say(junk, case_status(1, RECEIVED))
    for topic in ("line-status", "sla-event", "case-sla", "payee"):
        await bed.say(junk.replace(b"case-status", topic.encode()))
    rows = await bed.base.pool.fetch("select topic, reason from dead_letter order by id")
    expected = ["case-status", "line-status", "sla-event", "case-sla", "payee"]
    assert expected == [row["topic"] for row in rows]
    assert {"invalid-message"} == {row["reason"] for row in rows}


async def test_words_are_looked_at_before_they_go(bed: Bed) -> None:
    """A preview has subject, text and HTML in either language, and sends nothing."""
    await bed.say(line_status(1, paid_line(PAID)), case_status(1, PAID, lines="transferred"))
    thai = await bed.ask("GET", "/ops/preview?rule=paid&case=1")
    english = await bed.ask("GET", "/ops/preview?rule=paid&case=1&language=en")
    assert NUMBER in f"{thai['subject']}{thai['text']}"
    assert "12,480.00 บาท" in thai["text"]
    assert "THB 12,480.00" in english["text"]
    assert english["html"].startswith("<!")
    assert [] == await bed.sent()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("rule=paid&case=7", 404),
        ("rule=paid&case=1", 404),
        ("rule=nothing&case=1", 404),
        ("rule=paid&case=one", 422),
        ("rule=paid&case=1&language=fr", 422),
    ],
)
async def test_a_preview_of_nothing_says_so(bed: Bed, asked: str, status: int) -> None:
    """No such case, no such news of it, no such language."""
    await bed.say(line_status(1, line()), case_status(1, RECEIVED))
    assert status == (await bed.request("GET", f"/ops/preview?{asked}")).status_code


async def test_cases_that_are_joined_take_along_what_was_told(bed: Bed) -> None:
    """The survivor has the notices of the absorbed case, and nobody is told anything."""
    await bed.say(payee(email="anna@example.org"), line_status(1, line()))
    await bed.say(case_status(1, RECEIVED))
    assert 1 == len(await bed.sent())
    survivor = (line_status(2, line(), case=2), case_status(2, RECEIVED, case=2))
    await bed.say(case_status(2, redirect_to="2", lines="open"), *survivor)
    assert [] == await bed.sent()
    assert ([], [("received", "sent", None)]) == (await bed.mails(1), await bed.mails(2))


async def test_a_forgotten_case_leaves_no_text_behind(bed: Bed) -> None:
    """When a case's time of keeping is over its title goes; what was told stays on record."""
    await bed.say(payee(email="anna@example.org"), line_status(1, line()))
    await bed.say(case_status(1, RECEIVED))
    gone = [bed.record("case-status", None)]
    await bed.handlers.on_cases(bed.handlers.read(gone))
    assert 0 == await bed.base.pool.fetchval("select count(*) from followed_case")
    assert 0 == await bed.base.pool.fetchval("select count(*) from line_chunk")
    assert [] == await bed.sent()
    assert [("received", "suppressed", "superseded-before-sending")] == await bed.mails()
