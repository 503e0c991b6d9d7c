"""A year that is loaded tells nobody anything; what happens after it does. On real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from ground.throwaway import Servers, throwaway
from tidtam.generating.figures import fact_of
from tidtam.generating.university import FINANCE, HOUSE
from tidtam.proving.chain import Chain, undone
from tidtam.proving.flight import totals
from tidtam.proving.verdicts import read_verdicts

from tests.bench.drain import Books
from tests.integration.notify.channels.mail_server import MailServer
from tests.system.chains import publish, until
from tests.system.years import READS, Written, publish_year, start_whole_chain, written_year

CLAIMS, SEED = 150, 8
ENDS_DAYS_AGO = 8
"""Longer ago than deadlines are told late, and not so long as payments are."""

NOTICES = """
select rule, state, coalesce(reason, ''), count(*)::int from notify.notice group by 1, 2, 3
"""
LETTERS = """
select rule, state from notify.notice
where channel = 'email' and state <> 'suppressed' order by rule
"""


@dataclass(slots=True)
class Loaded:
    """The chain after a year was loaded into it, and what the mail server has."""

    chain: Chain
    written: Written
    mail: MailServer

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the chain's database."""
        connection = await asyncpg.connect(self.chain.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    async def still(self) -> None:
        """Wait until nothing is in flight, twice over."""
        inbound = [f"inbound.{source['slug']}" for source in self.written.sources]
        async with Books(self.chain.servers.kafka) as books:

            async def left() -> int:
                count = await undone(self.chain)
                for group, topics in READS.items():
                    ends = await books.ends(inbound if topics.endswith("*") else topics.split())
                    count += sum(ends.values()) - await books.done(group, ends)
                return count

            for _ in range(2):
                await until(left, lambda count: count == 0, 120)


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this module alone."""
    with throwaway() as own:
        yield own


@pytest_asyncio.fixture(scope="module")
async def loaded(
    own_servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Loaded]:
    """All four services, a mail server, and a small year loaded, each event marked as a replay."""
    mail = MailServer()
    await mail.open()
    end = (datetime.now(UTC) - timedelta(days=ENDS_DAYS_AGO)).date()
    written = written_year(tmp_path_factory.mktemp("year"), SEED, CLAIMS, end)
    chain = await start_whole_chain(own_servers, written.sources, mail.port)
    one = Loaded(chain, written, mail)
    await publish_year(own_servers.kafka, written, lambda _: None)
    await one.still()
    yield one
    await mail.close()


async def test_all_of_the_year_is_taken(loaded: Loaded) -> None:
    """No event is refused, and no fact of it is left without its case."""
    counted = await totals(loaded.chain)
    figures = loaded.written.year.figures
    found = [counted[name] for name in ("accepted", "rejected", "unmatched", "cases")]
    assert [figures.events, 0, 0, CLAIMS] == found


async def test_the_promise_is_judged_as_the_year_was_made(loaded: Loaded) -> None:
    """Finance's clocks end as the generator counted its days, by a way of its own."""
    figures = loaded.written.year.figures
    verdicts = (await read_verdicts(loaded.chain.servers.kafka)).told(["finance"])
    found = verdicts["clauses"]["finance"]
    assert (figures.paid - figures.late, figures.late) == (found["met"], found["missed"])
    assert (0, 0) == (verdicts["conservation_violations"], verdicts["breaches_taken_back"])


async def test_the_load_is_recorded_and_sends_nothing(loaded: Loaded) -> None:
    """Each fact has its notice, kept back as a replay however new it is; no letter left."""
    found = await loaded.rows(NOTICES)
    assert {("paid", "suppressed", "replay")} == {row[:3] for row in found if row[0] == "paid"}
    assert {("suppressed", "replay"), ("suppressed", "too-old")} >= {row[1:3] for row in found}
    assert sum(count for *_, count in found) > CLAIMS
    assert [] == loaded.mail.letters


async def test_what_happens_after_it_is_told(loaded: Loaded) -> None:
    """
    A claim of the year that is paid now, and a new one: one letter each, to addresses that the year
    brought; nothing of the year is told beside it.
    """
    unpaid, payee = _unpaid(loaded.written)
    firm = "firm10001@payee.example"
    await publish(loaded.chain, [_paid(unpaid), *_new_claim(loaded.written)])
    told = [("paid", "sent"), ("received", "sent")]
    assert told == await until(lambda: loaded.rows(LETTERS), lambda rows: rows == told, 60)
    await loaded.still()
    await asyncio.sleep(3)
    assert sorted([payee, firm]) == sorted(loaded.mail.recipients)
    assert told == await loaded.rows(LETTERS)


def _unpaid(written: Written) -> tuple[dict[str, Any], str]:
    """The `in-process` event of a one-line claim that was never paid, and its payee's address."""
    waiting = dict[str, dict[str, Any]]()
    lines = dict[str, list[dict[str, Any]]]()
    addresses = dict[str, str]()
    for event in (event for part in written.parts() for _, event in part):
        claim, data = event["id"].partition("/")[0], event["data"]
        if fact_of(event) == "payee-registered":
            addresses[data["payee"]["identities"][0]["value"]] = data["payee"]["contact"]["email"]
        elif fact_of(event) == "submitted":
            lines[claim] = data["lines"]
        elif fact_of(event) == "in-process":
            waiting[claim] = event
        elif fact_of(event) == "transferred":
            waiting.pop(claim, None)
    claim = next(claim for claim in waiting if len(lines[claim]) == 1)
    (line,) = lines[claim]
    return waiting[claim], addresses[line["payee"]["identities"][0]["value"]]


def _paid(document: dict[str, Any]) -> dict[str, Any]:
    """The payment, today, of the claim whose ERP document was made by that event."""
    refs = [one for one in document["data"]["refs"] if one["scheme"] == "erp-document"]
    data = {"refs": refs, "fiscal_year": document["data"]["fiscal_year"]}
    data["transfer"] = {"reference": "T-LIVE", "method": "transfer"}
    return _live("transferred", HOUSE.erp, "live/paid", 1, data)


def _new_claim(written: Written) -> list[dict[str, Any]]:
    """A claim of today, of a firm that the year's ERP registered."""
    registered = next(written.parts())[0][1]["data"]["payee"]
    unit = HOUSE.units[0].slug
    refs = [{"scheme": "claim", "value": "LIVE-1", "issuer": unit}]
    payee = {"identities": registered["identities"][:1]}
    line = {"id": "1", "payee": payee, "invoice": "I-1", "gross": "1070.00", "net": "1070.00"}
    receipt = {"scheme": "receipt", "value": "LIVE-R1", "issuer": FINANCE}
    submitted = {"refs": refs, "fiscal_year": "2570", "kind": "purchase", "lines": [line]}
    received = {"refs": [*refs, receipt], "fiscal_year": "2570", "unit": unit}
    return [
        _live("submitted", unit, "live/1", 9, submitted),
        _live("received", HOUSE.erp, "live/2", 6, received),
    ]


def _live(
    fact: str, source: str, id_: str, minutes_ago: int, data: dict[str, Any]
) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": f"tidtam.disbursement.{fact}",
        "time": at.isoformat(),
        "data": data,
    }
