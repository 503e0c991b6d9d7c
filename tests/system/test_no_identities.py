"""
Where identities must not be: every table but the vault, every topic but two, every log.

Payees are sent through the whole chain in every way that names one, good and refused; then all that
was stored, published and logged is searched for their numbers, names and plain hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from ground.throwaway import Servers

from contracts import agreement_file, calendar_file
from tests.integration.intake.bed import Chain, Sender, make_chain
from tests.integration.intake.words import ref, until
from tests.integration.portal.entrance import hidden
from tests.system.identities import PAYEES, leaks, payee, seen

SEALED = {
    ("intake", "payee"): {"nonce", "sealed"},
    ("intake", "journal_text"): {"unread"},
    ("portal", "payee_row"): {"nonce", "sealed"},
}
OPEN_TOPICS = ("inbound.",)
SERVICES = ("intake", "status", "sla", "portal")
PORTAL = {
    "TIDTAM_SESSION_KEY": base64.b64encode(bytes(32)).decode(),
    "TIDTAM_PUBLIC_URL": "http://127.0.0.1:9",
    "TIDTAM_INTAKE_URL": "http://127.0.0.1:9",
    "TIDTAM_INTAKE_TOKEN": "tdt_test",
}
"""What the portal needs beside the others; nothing of it is asked for here."""
OURS = {"payee", "case-event", "case-status", "line-status", "source-status"} | {
    "case-sla",
    "sla-event",
}
CONTRACTS = Path(__file__).parents[2] / "contracts"


async def leaks_in_tables(url: str) -> list[str]:
    """Search every column of every row of every table of ours but the sealed ones."""
    connection = await asyncpg.connect(url)
    found = []
    try:
        tables = await connection.fetch(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema')"
        )
        assert len(tables) > 20
        for schema, table in tables:
            skipped = SEALED.get((schema, table), set())
            for row in await connection.fetch(f'select * from "{schema}"."{table}"'):
                parts = [seen(v) for name, v in row.items() if name not in skipped]
                found += leaks(f"{schema}.{table}", b"\n".join(parts))
    finally:
        await connection.close()
    return found


async def leaks_in_topics(chain: Chain) -> list[str]:
    """Search keys, values and headers of every topic but the senders' own."""
    found, searched = [], set()
    for name in await names_of_topics(chain):
        if name.startswith(OPEN_TOPICS):
            continue
        searched.add(name)
        for record in await chain.records(name):
            headers = [part for k, v in record.headers for part in (k.encode(), v or b"")]
            parts = [record.key or b"", record.value or b"", *headers]
            found += leaks(name, b"\n".join(parts))
    assert searched >= OURS
    return found


async def names_of_topics(chain: Chain) -> list[str]:
    """All topics of this chain, without its prefix."""
    reader = AIOKafkaConsumer(bootstrap_servers=chain.servers.kafka)
    await reader.start()
    try:
        topics = await reader.topics()
    finally:
        await reader.stop()
    prefix = chain.prefix
    return sorted(topic.removeprefix(prefix) for topic in topics if topic.startswith(prefix))


def leaks_in_logs(chain: Chain) -> list[str]:
    """Search all that the services wrote."""
    found = []
    for service in SERVICES:
        written = chain.servers.log(f"{chain.prefix}{service}-0").read_bytes()
        assert written
        found += leaks(f"log of {service}", written)
    return found


@pytest.fixture(scope="module")
async def chain(servers: Servers) -> AsyncIterator[Chain]:
    """A chain through which every payee has gone in every way."""
    made = await make_chain(servers, SERVICES, {"TIDTAM_LOG_LEVEL": "DEBUG", **PORTAL})
    try:
        await made.apply(rules_of_sla(), "sla")
        unit = await made.register("unit")
        erp = await made.register("finance", issuers=["*"])
        for number in range(PAYEES):
            await speak_of(unit, erp, number)
        case = await made.case_of(f"ID-{PAYEES - 1}")
        await made.stage(case, "paid")
        await until(lambda: judged(made, case))
        await until(lambda: shown(made))
        for number in range(3):
            await knock(made, number)
        yield made
    finally:
        await made.close()


def rules_of_sla() -> dict[str, Any]:
    """The shipped calendars and agreements, so that there are clocks to search."""
    calendars, agreements = ((CONTRACTS / n).glob("*.yaml") for n in ("calendars", "agreements"))
    return {
        "calendars": [calendar_file.to_json(calendar_file.load_calendar(f)) for f in calendars],
        "agreements": [
            agreement_file.to_json(agreement_file.load_agreement(f)) for f in agreements
        ],
    }


async def judged(chain: Chain, case: int) -> bool:
    """Whether sla has told the clocks of a case."""
    told = await chain.rows("select told from sla.followed_case where case_id = $1", case)
    return bool(told) and told[0]["told"] != "[]"


async def shown(chain: Chain) -> bool:
    """Whether the portal has every payee, and lines, words and clocks of a case."""
    asked = ["payee_row", "case_payee", "search_row", "clock_row", "line_chunk", "source_row"]
    counts = [
        (await chain.rows(f"select count(*) as n from portal.{one}"))[0]["n"] for one in asked
    ]
    return bool(counts[0] == PAYEES and all(counts))


async def knock(chain: Chain, number: int) -> None:
    """Sign in as far as one gets without the letter, by number, and try a code that is wrong."""
    tax_id = payee(number)["identities"][0]["value"]
    async with chain.http("portal") as browser:
        page = await browser.get("/sign-in")
        asked = await browser.post("/sign-in", data={**hidden(page), "number": tax_id})
        assert (303, "/sign-in/code") == (asked.status_code, asked.headers["location"])
        page = await browser.get("/sign-in/code")
        assert tax_id not in page.text
        tried = await browser.post("/sign-in/code", data={**hidden(page), "code": "000000"})
        assert tried.status_code == 422


async def speak_of(unit: Sender, erp: Sender, number: int) -> None:
    """Name a payee by Kafka and HTTP, in lines, registrations, refusals, and late emissions."""
    someone = payee(number)
    claim = ref(f"ID-{number}", issuer=unit.slug)
    line = {"id": "1", "payee": someone, "invoice": f"I{number}", "gross": "9.00"}
    paid = {"lines": [line], "transfer": {"reference": f"TR{number}", "method": "promptpay"}}
    await erp.publish(erp.event("transferred", claim, data=paid))
    await erp.publish(erp.event("payee-registered", data={"payee": someone}))
    changed = erp.event("contact-changed", data={"payee": someone})
    assert (await erp.post(changed)).status_code == 202
    good = unit.event("submitted", f"ID-{number}", data={"lines": [line]})
    await unit.publish(good, good, {**good, "sequence": "1"})
    for wrong in ({"kind": someone["name"]}, {"lines": [{**line, "gross": someone["name"]}]}):
        bad = unit.event("submitted", f"ID-{number}", data={"lines": [line], **wrong})
        await unit.publish(bad, orjson.dumps(bad)[:-3])
        assert (await unit.post(bad)).status_code == 422
    await until(lambda: _sent(unit, number))


async def _sent(unit: Sender, number: int) -> bool:
    return (await unit.counts())["accepted"] == number + 1


async def test_no_table_but_the_vault_holds_an_identity(chain: Chain) -> None:
    """Nothing a source said of a payee is in any column but the sealed ones."""
    url = chain.servers.postgres.url(database=chain.database)
    assert [] == await leaks_in_tables(url)


async def test_no_topic_but_the_senders_own_holds_an_identity(chain: Chain) -> None:
    """Neither keys nor values nor headers; the topic `payee` holds no plain text either."""
    assert [] == await leaks_in_topics(chain)


async def test_no_log_holds_an_identity(chain: Chain) -> None:
    """Not even at the level that says most."""
    assert [] == leaks_in_logs(chain)


async def test_the_portal_has_what_it_needs_to_find_them_and_no_more(chain: Chain) -> None:
    """Each payee is there: sealed, with keyed hashes of numbers and of pieces of the name."""
    rows = await chain.rows("select sealed, blinds, name_grams from portal.payee_row")
    assert PAYEES == len(rows)
    assert all(row["sealed"] and row["blinds"] and row["name_grams"] for row in rows)
    tables = ("signin_code", "attempt")
    for table in tables:
        assert await chain.rows(f"select from portal.{table} limit 1")


async def test_the_vault_does_hold_them(chain: Chain) -> None:
    """The search has something to find: each payee is in the vault, sealed."""
    rows = await chain.rows("select count(*) as n from intake.payee")
    assert [{"n": PAYEES}] == rows


async def test_a_planted_leak_is_found_everywhere(chain: Chain) -> None:
    """The same search finds a number in a table, a hash in bytes, and a name on a topic."""
    tax_id = payee(3)["identities"][0]["value"]
    await chain.rows("create table status.planted (text text, bytes bytea)")
    digest = hashlib.sha256(tax_id.encode()).digest()
    await chain.rows("insert into status.planted values ($1, $2)", f"x{tax_id}x", digest)
    name = orjson.dumps({"who": [payee(5)["name"]]}).decode()
    await chain.rows("create table portal.planted (text text[], bytes bytea[], json jsonb)")
    await chain.rows("insert into portal.planted values ($1, null, null)", ["", f"-{tax_id}"])
    await chain.rows("insert into portal.planted values (null, $1, null)", [b"", digest])
    await chain.rows("insert into portal.planted values (null, null, $1)", name)
    try:
        url = chain.servers.postgres.url(database=chain.database)
        in_tables = await leaks_in_tables(url)
        number = {"('identities', 'value')", "sha256 of ('identities', 'value')"}
        found = {tuple(leak.split(": ")) for leak in in_tables}
        assert {("status.planted", what) for what in number} | {
            ("portal.planted", what) for what in {*number, "('name',)"}
        } == found
        # Last: a reader keeps what it cannot read, and the search of tables would find that too.
        await chain.producer.send_and_wait(
            f"{chain.prefix}line-status", payee(4)["name"].encode(), key=b"planted"
        )
        assert "line-status: ('name',)" in await leaks_in_topics(chain)
    finally:
        await chain.rows("drop table status.planted, portal.planted")
