"""Killed without warning while letters go out: notify, the mail server, or both at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from ground.mail import Box
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers, throwaway
from tidtam.proving.chain import Chain

from tests.system.chains import UNIT, publish, start_chain, until
from tests.system.test_letters import LINE, apply_rules, received, start_notify

BURST = 10
BACK_SECONDS_MAX = 90.0
HASTEN = """
update notify.notice set due_at = now()
where due_at > now() and state in ('failed-temporary', 'unknown')
"""
BUSY = """
insert into notify.hour_count
select date_trunc('hour', now()) - hours * interval '1 hour', 10000
from generate_series(1, 48) as hours
"""
MAILS = """
select recipient_id, state, reason, failure, due_at, maybe_told, attempt, message_id
from notify.notice where channel = 'email'
"""


@dataclass(frozen=True, slots=True)
class House:
    """A chain with notify at its end, and the mail server as a process of its own."""

    chain: Chain
    box: Box

    def arrived(self) -> Counter[str]:
        """By address, how many letters the mail server has taken for it."""
        return Counter(one for mail in self.box.all() for one in mail.recipients)

    async def be_busy(self) -> None:
        """So many letters were usual yesterday that the guard against a flood holds none back."""
        async with self._database() as connection:
            await connection.execute(BUSY)

    async def mails(self) -> list[dict[str, Any]]:
        """All e-mail notices as they are kept."""
        async with self._database() as connection:
            return [dict(row) for row in await connection.fetch(MAILS)]

    async def hasten(self) -> None:
        """
        Cut short every wait before another attempt, for ever: a minute is long for a test.

        Only while the mail server is up, or all attempts would be used up within seconds.
        """
        async with self._database() as connection:
            while True:
                if await asyncio.to_thread(self.chain.servers.is_up, "mail"):
                    await connection.execute(HASTEN)
                await asyncio.sleep(0.5)

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.chain.database_url)
        try:
            yield connection
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Servers]:
    """Kafka and PostgreSQL of this module alone."""
    with throwaway() as own:
        yield own


@pytest_asyncio.fixture(scope="module")
async def house(own_servers: Servers) -> AsyncIterator[House]:
    """All services and the mail sink, each in a process that may be killed."""
    smtp, page, notify = free_ports(3)
    folder = own_servers.folder / "box"
    sink = [sys.executable, "-m", "ground.mail", str(smtp), str(page), str(folder)]
    own_servers.run("mail", sink, http_port=page, path="/health")
    made = await start_chain(own_servers)
    made.urls["notify"] = f"http://{LOOPBACK}:{notify}"
    start_notify(made, smtp)
    for name in ("mail", "notify"):
        await asyncio.to_thread(own_servers.await_up, name, 120.0)
    await apply_rules(made)
    built = House(made, Box(folder))
    await built.be_busy()
    yield built


async def ask_for_letters(house: House, addresses: list[str]) -> None:
    """A claim of a payee of its own for each address, received by finance."""
    claims = []
    for address in addresses:
        name = address.partition("@")[0]
        who = {"scheme": "staff", "value": name, "issuer": UNIT}
        payee = {"identities": [who], "contact": {"email": address}}
        claims += received(name, {**LINE, "payee": payee})
    await publish(house.chain, claims)


async def kill_while_sending(house: House, chance: random.Random, addresses: list[str]) -> None:
    """Kill one or both somewhere between the first and the last letter of a burst."""
    seen, some = sum(house.arrived().values()), chance.randrange(BURST)
    victims = chance.choice([["notify"], ["mail"], ["notify", "mail"]])
    await ask_for_letters(house, addresses)

    async def count() -> int:
        return sum(house.arrived().values())

    await until(count, lambda taken: taken >= seen + some, BACK_SECONDS_MAX)
    await asyncio.sleep(chance.uniform(0, 0.05))
    for name in victims:
        await asyncio.to_thread(house.chain.servers.kill, name, chance.uniform(0, 1))


async def kill_and_look(house: House, name: str, seed: int, bursts: int) -> None:
    """Bursts of letters, each with a kill; then every letter is there, and each repeat known."""
    chance = random.Random(seed)
    everybody = [f"{name}{n:03}@payee.example" for n in range(bursts * BURST)]
    hastening = asyncio.create_task(house.hasten())
    for start in range(0, len(everybody), BURST):
        await kill_while_sending(house, chance, everybody[start : start + BURST])

    async def unfinished() -> tuple[set[str], list[dict[str, Any]]]:
        missing = set(everybody) - house.arrived().keys()
        return missing, [one for one in await house.mails() if one["state"] != "sent"]

    await until(unfinished, lambda left: left == (set(), []), BACK_SECONDS_MAX)
    mails = await house.mails()
    hastening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await hastening
    taken = Counter(str(mail.message["Message-ID"]) for mail in house.box.all())
    kept = {one["message_id"]: one for one in mails}
    assert len(mails) == len(kept) == len(taken)
    for identity, times in taken.items():
        one = kept[identity.strip("<>").partition("@")[0]]
        assert times <= one["attempt"]
        assert times == 1 or one["maybe_told"]


async def test_killed_at_random_no_letter_is_lost(house: House) -> None:
    """
    Every letter arrives; one that arrives twice bears one Message-ID and is known as perhaps told.
    """
    await kill_and_look(house, "seed", seed=20261121, bursts=4)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
async def test_killed_at_any_moment_no_letter_is_lost(house: House, seed: int) -> None:
    """The same with many more kills, each seed at other moments."""
    await kill_and_look(house, f"soak{seed}-", seed, bursts=6)
