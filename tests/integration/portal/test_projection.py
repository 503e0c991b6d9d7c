"""What the portal keeps of the messages it reads: the newest, and nothing that is forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from portal import read_store
from portal.model import Standing

from tests.integration.portal import said
from tests.integration.portal.bed import Bed

SUBMITTED = said.event("submitted", "2026-11-16T01:00")
RECEIVED = said.event("received", "2026-11-18T03:00")
PAID = said.event("transferred", "2026-11-23T02:00")
NUMBERS = [["receipt", "finance", "2569", "69-00123"]]


async def test_only_a_higher_version_counts(bed: Bed) -> None:
    """An older state of a case, its lines, its days or its payee changes nothing."""
    newer = (
        said.case_status(3, SUBMITTED, RECEIVED),
        said.line_status(3, said.line()),
        said.case_sla(2, 3, said.clock(RECEIVED)),
        said.payee("anna", 2, said_at="2026-11-20T00:00:00Z", email="new@example.org"),
        said.notification(version=2, state="sent"),
        said.source_status(version=5),
    )
    await bed.say(*newer)
    before = await bed.tables()
    await bed.say(
        said.case_status(2, SUBMITTED, title="old"),
        said.line_status(2, said.line(net="1.00")),
        said.case_sla(1, 2),
        said.payee("anna", 1, email="old@example.org"),
        said.notification(version=1, state="requested"),
        said.source_status(version=4, units=["x"]),
    )
    await bed.say(*newer)
    assert before == await bed.tables()


async def test_a_batch_takes_the_newest_of_each_case_whatever_its_order(bed: Bed) -> None:
    """Within one batch the highest version stands, also where it comes first."""
    await bed.say(said.case_status(3, SUBMITTED, RECEIVED), said.case_status(2, SUBMITTED))
    async with bed.pool.acquire() as connection:
        case = await read_store.case_by_number(connection, said.NUMBER)
    assert case is not None
    assert ("received", 3) == (case.brief.stage, case.said.version)


async def test_a_page_knows_whether_the_sla_has_judged_this_state(bed: Bed) -> None:
    """The days of a case are of its present state, or it says that they are being recomputed."""
    await bed.say(said.case_status(1, RECEIVED), said.case_sla(1, 1, said.clock(RECEIVED)))
    async with bed.pool.acquire() as connection:
        judged = await read_store.case_by_id(connection, 1)
    await bed.say(said.case_status(2, RECEIVED, PAID))
    async with bed.pool.acquire() as connection:
        waiting = await read_store.case_by_id(connection, 1)
    assert judged is not None
    assert waiting is not None
    assert (False, "finance", 2, 9, date(2026, 12, 4)) == (
        judged.brief.recomputed,
        judged.brief.waits_for,
        judged.brief.charged,
        judged.brief.budget,
        judged.brief.due_on,
    )
    assert waiting.brief.recomputed
    assert datetime(2026, 11, 23, 2, 30, tzinfo=UTC) == waiting.brief.as_of


async def test_the_days_may_be_told_before_the_case(bed: Bed) -> None:
    """The two topics are read apart; a case is there once it was told itself."""
    await bed.say(said.case_sla(1, 1, said.clock(RECEIVED)))
    async with bed.pool.acquire() as connection:
        early = await read_store.case_by_id(connection, 1)
    await bed.say(said.case_status(1, RECEIVED))
    async with bed.pool.acquire() as connection:
        case = await read_store.case_by_id(connection, 1)
    clock = await bed.pool.fetchrow("select unit, stage, month from clock_row")
    assert early is None
    assert case is not None
    assert not case.brief.recomputed
    assert (said.UNIT, "received", None) == tuple(clock or ())


async def test_a_tombstone_leaves_nothing(bed: Bed) -> None:
    """What has been kept long enough goes from every table."""
    await bed.say(
        said.case_status(1, RECEIVED, PAID, lines="transferred", joining=NUMBERS),
        said.line_status(1, said.paid_line(PAID)),
        said.case_sla(1, 1, said.clock(RECEIVED, state="met", stopped_at=PAID["at"])),
        said.payee(email="anna@example.org"),
        said.notification(),
        said.source_status(),
    )
    assert all((await bed.tables()).values())
    await bed.bury("case-status", "1")
    await bed.bury("line-status", "1/0")
    await bed.bury("payee", "anna")
    await bed.bury("source-status", "erp")
    assert not any((await bed.tables()).values())


@pytest.mark.parametrize(
    "topic", ["case-status", "line-status", "case-sla", "payee", "notification", "source-status"]
)
async def test_what_cannot_be_read_becomes_a_letter(bed: Bed, topic: str) -> None:
    """A bad message becomes a dead letter that repeats no value; the good one beside it counts."""
    good = {
        "case-status": said.case_status(1, RECEIVED),
        "line-status": said.line_status(1, said.line()),
        "case-sla": said.case_sla(1, 1, said.clock(RECEIVED)),
        "payee": said.payee(),
        "notification": said.notification(),
        "source-status": said.source_status(),
    }[topic]
    bad = [b"{", b"[]", b"null", b'{"data": {"case": "private words"}}', b"\xff\xfe"]
    await bed.handle(topic, [bed.record(topic, value) for value in (*bad, good)])
    letters = await bed.pool.fetch("select topic, reason, detail from dead_letter")
    assert [(topic, "invalid-message")] * len(bad) == [(one[0], one[1]) for one in letters]
    assert not [one for one in letters if "private" in one["detail"]]
    assert any((await bed.tables()).values())


async def test_amounts_that_are_none_become_a_letter(bed: Bed) -> None:
    """Lines that cannot be added up never stop those behind them."""
    await bed.say(
        said.line_status(1, said.line(net="a lot"), case=1),
        said.line_status(1, said.line(), case=2),
    )
    assert 1 == await bed.pool.fetchval("select count(*) from dead_letter")
    assert 1 == await bed.pool.fetchval("select count(*) from case_payee")


async def test_a_payee_has_the_status_of_the_own_lines(bed: Bed) -> None:
    """In a case with several payees one may be paid while another waits; neither is alone in it."""
    await bed.say(
        said.payee("anna"),
        said.payee("bert", tax_id=None, name="นายเบิร์ต"),
        said.case_status(1, RECEIVED, lines="open"),
        said.line_status(
            1,
            said.paid_line(PAID, "anna", id="1", net="100.00"),
            said.line("bert", "50.25", id="2"),
            said.line("bert", "30.00", id="3", state="cancelled"),
        ),
    )
    async with bed.pool.acquire() as connection:
        anna = await read_store.own_case(connection, "anna", 1)
        bert = await read_store.own_case(connection, "bert", 1)
        counts = await read_store.counts_of_payee(
            connection, "anna", "Asia/Bangkok", bed.clock.now()
        )
        nobody = await read_store.own_case(connection, "carl", 1)
        both = await read_store.payees_of(connection, 1)
    assert anna is not None
    assert bert is not None
    assert nobody is None
    assert ["anna", "bert"] == both
    assert (Standing.PAID, 4, Decimal("100.00"), date(2026, 11, 23), False) == (
        anna.standing, anna.group, anna.net, anna.paid_on, anna.alone,
    )  # fmt: skip
    assert (Standing.WAITS, None, Decimal("50.25"), 2) == (
        bert.standing, bert.group, bert.net, bert.lines,
    )  # fmt: skip
    assert (1, {"THB": Decimal("100.00")}) == tuple(counts.groups[4])
    assert [("2026-11", 1, 1)] == [(one.month, one.came, one.paid) for one in counts.months]


async def test_several_chunks_are_one_list_of_lines(bed: Bed) -> None:
    """Lines of two messages count together; a chunk that goes takes its lines along."""
    data = {"case": "1", "epoch": 0, "version": 1, "chunks": 2}
    first = {**data, "chunk": 0, "lines": [said.line("anna", "1.00", id="1")]}
    second = {**data, "chunk": 1, "lines": [said.line("bert", "2.00", id="2")]}
    await bed.say(said.case_status(1, RECEIVED))
    await bed.say(said.envelope("line-status", "1/1/0", first))
    async with bed.pool.acquire() as connection:
        half = await read_store.lines_of(connection, 1)
    await bed.say(said.envelope("line-status", "1/1/1", second))
    async with bed.pool.acquire() as connection:
        whole = await read_store.lines_of(connection, 1)
        alone = (await read_store.cases_of_payee(connection, "anna"))[0].alone
    await bed.bury("line-status", "1/1")
    assert (False, True, False) == (half.settled, whole.settled, alone)
    assert ["1", "2"] == [one.id for one in whole.lines]
    assert [("anna", True)] == [
        tuple(row) for row in await bed.pool.fetch("select payee_id, alone from case_payee")
    ]


async def test_joined_payees_are_one_person(bed: Bed) -> None:
    """Whichever id a person signs in with, the cases of all of them are theirs, in any order."""
    await bed.say(
        said.payee("carl", 2, to="bert", tax_id=None),
        said.payee("bert", 2, to="anna", tax_id="1101700230708"),
        said.payee("anna", 1, email="anna@example.org"),
        said.case_status(1, RECEIVED),
        said.line_status(1, said.line("carl")),
    )
    vault = bed.house.vault
    blinds = vault.blinds("๑-๑๐๑๗-๐๐๒๓๐-๗๐-๘", bed.house.rules.identities())
    async with bed.pool.acquire() as connection:
        who = await read_store.payee_of_identity(connection, blinds)
        mine = await read_store.cases_of_payee(connection, "anna")
        same = await read_store.is_payee_of(connection, "bert", 1)
        person = await read_store.payee(connection, "carl", vault)
    assert "anna" == who
    assert [1] == [one.brief.case_id for one in mine]
    assert same
    assert person is not None
    assert ("anna", ["anna", "bert", "carl"], "anna@example.org") == (
        person.payee_id, person.ids, person.email,
    )  # fmt: skip


async def test_when_the_way_to_a_payee_changed_is_known(bed: Bed) -> None:
    """The first address is no change; another one is, from the moment it was said."""
    await bed.say(said.payee("anna", 1, email="a@example.org"))
    first = await bed.pool.fetchval("select contact_changed_at from payee_row")
    await bed.say(
        said.payee("anna", 2, name="อื่น", email="a@example.org", said_at="2026-11-20T00:00Z")
    )
    renamed = await bed.pool.fetchval("select contact_changed_at from payee_row")
    await bed.say(said.payee("anna", 3, email="b@example.org", said_at="2026-11-21T00:00Z"))
    moved = await bed.pool.fetchval("select contact_changed_at from payee_row")
    assert (None, None, datetime(2026, 11, 21, tzinfo=UTC)) == (first, renamed, moved)


async def test_no_name_and_no_number_of_a_person_lies_readable_in_a_table(bed: Bed) -> None:
    """What a payee is found by are keyed hashes."""
    await bed.say(said.payee("anna", 1, name="Somchai Jaidee", email="somchai@example.org"))
    text = str(await bed.pool.fetchval("select to_jsonb(p)::text from payee_row p")).lower()
    assert not [word for word in ("somchai", "jaidee", said.TAX_ID, "example") if word in text]


async def test_a_case_joined_to_another_is_found_no_more(bed: Bed) -> None:
    """Its number still leads to it, and from it to the one that stayed; no list has it."""
    await bed.say(
        said.payee("anna"),
        said.case_status(1, RECEIVED),
        said.line_status(1, said.line("anna")),
        said.case_status(2, RECEIVED, redirect_to="7"),
    )
    async with bed.pool.acquire() as connection:
        old = await read_store.case_by_number(connection, said.NUMBER)
        mine = await read_store.cases_of_payee(connection, "anna")
    assert old is not None
    assert 7 == old.brief.redirect_to
    assert [] == mine
