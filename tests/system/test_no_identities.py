"""
Where identities must not be: every table but the vault, every topic but two, every log.

Payees are sent through the whole chain in every way that names one, good and refused; then all that
was stored, published and logged is searched for their numbers, names and plain hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
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

PAYEES = 12
SEALED = {("intake", "payee"): {"nonce", "sealed"}, ("intake", "journal_text"): {"unread"}}
OPEN_TOPICS = ("inbound.",)
SERVICES = ("intake", "status", "sla")
OURS = {"payee", "case-event", "case-status", "line-status", "source-status"} | {
    "case-sla",
    "sla-event",
}
CONTRACTS = Path(__file__).parents[2] / "contracts"


def check_digit(first_twelve: str) -> str:
    """The 13 digits of a Thai tax id."""
    weighed = sum(int(d) * w for d, w in zip(first_twelve, range(13, 1, -1), strict=True))
    return first_twelve + str((11 - weighed % 11) % 10)


def payee(number: int) -> dict[str, Any]:
    """An invented payee with everything a source can say of one."""
    return {
        "identities": [
            {"scheme": "tax-id", "value": check_digit(f"0993{number:08d}"[:12])},
            {"scheme": "passport", "value": f"AA 77{number:05d}", "issuer": "TH"},
            {"scheme": "staff", "value": f"STF-{number:05d}", "issuer": "hr"},
            {"scheme": "vendor", "value": f"VND{number:06d}", "issuer": "erp"},
        ],
        "name": f"นางสาวสมมุติ ลำดับที่{number:03d}",
        "account": {"bank": "006", "number": f"98-7{number:06d}-1"},
        "contact": {"email": f"payee{number:04d}@mail.example", "phone": f"+66 81 00{number:05d}"},
        "unknown_field": f"UNREAD{number:06d}",
    }


def needles() -> dict[bytes, str]:
    """Each value as sent, normalised, and as SHA-256 and MD5 of both, with what it is."""
    found: dict[bytes, str] = {}
    for number in range(PAYEES):
        for path, value in leaves(payee(number)):
            if path[-1] in ("scheme", "issuer", "bank"):
                continue
            plain = value.replace(" ", "").replace("-", "").replace("+", "")
            for form in {value, plain, value.lower(), plain.lower()}:
                for written in (form.encode(), orjson.dumps(form)[1:-1], ascii_json(form)):
                    found[written] = f"{path}"
                for name in ("sha256", "md5", "sha1"):
                    digest = hashlib.new(name, form.encode())
                    found[digest.hexdigest().encode()] = f"{name} of {path}"
                    found[digest.digest()] = f"{name} of {path}"
    return found


def ascii_json(text: str) -> bytes:
    """Text as a writer of ASCII-only JSON writes it."""
    return text.encode("ascii", "backslashreplace")


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], str]]:
    """All texts in nested JSON, with their places."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    else:
        yield path, value


NEEDLES = needles()


def leaks(where: str, haystack: bytes) -> list[str]:
    """What of the payees stands in these bytes."""
    return [f"{where}: {what}" for needle, what in NEEDLES.items() if needle in haystack]


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


def seen(value: Any) -> bytes:
    """A column as bytes; bytes both as they are and in hex."""
    if isinstance(value, list):
        return b"\n".join(map(seen, value))
    if isinstance(value, bytes):
        return value + b"\n" + value.hex().encode()
    return str(value).encode()


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
    made = await make_chain(servers, SERVICES, {"TIDTAM_LOG_LEVEL": "DEBUG"})
    try:
        await made.apply(rules_of_sla(), "sla")
        unit = await made.register("unit")
        erp = await made.register("finance", issuers=["*"])
        for number in range(PAYEES):
            await speak_of(unit, erp, number)
        case = await made.case_of(f"ID-{PAYEES - 1}")
        await made.stage(case, "paid")
        await until(lambda: judged(made, case))
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
    await chain.producer.send_and_wait(
        f"{chain.prefix}line-status", payee(4)["name"].encode(), key=b"planted"
    )
    try:
        url = chain.servers.postgres.url(database=chain.database)
        in_tables = await leaks_in_tables(url)
        assert {"status.planted"} == {leak.partition(":")[0] for leak in in_tables}
        assert {"('identities', 'value')", "sha256 of ('identities', 'value')"} == {
            leak.partition(": ")[2] for leak in in_tables
        }
        assert "line-status: ('name',)" in await leaks_in_topics(chain)
    finally:
        await chain.rows("drop table status.planted")
