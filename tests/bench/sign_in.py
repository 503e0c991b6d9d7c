"""
Whether the time of an answer tells who is known: a payee's number against a number of nobody.

A portal on real servers, with letters that really leave. In each pair one number is known and one
is not, in an order of chance, each from a browser and an address of its own; timed are the answer
to the number and, right after it, the answer to a wrong code. Limits are left as they are, so there
are 1,500 numbers at most in one run.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from contracts.normalise import has_thai_check_digit
from ground.databases import Database
from ground.ports import LOOPBACK, free_ports
from ground.throwaway import Servers

from contracts import process_file
from tests.bench.outcome import Figure
from tests.bench.workload import shipped_process
from tests.integration.portal import said
from tests.integration.portal.entrance import hidden
from tests.integration.portal.live import LivePortal, live_portal

PAIRS = 600
WARM_UP_PAIRS = 25
APART_AT_MOST = 1.05
"""The medians of both, the larger to the smaller: nearer than one network ever is to another."""
RESAMPLES = 1_000
STEPS = ("number", "wrong code")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Alike:
    """Seconds of one kind of answer, pair by pair: of known numbers and of nobody's."""

    step: str
    known: Sequence[float]
    unknown: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median of known to that of unknown."""
        return statistics.median(self.known) / statistics.median(self.unknown)

    def between(self) -> tuple[float, float]:
        """Where the ratio lies with 95 % confidence, by resampling the pairs."""
        dice, pairs = random.Random(1), list(zip(self.known, self.unknown, strict=True))
        found = []
        for _ in range(RESAMPLES):
            known, unknown = zip(*dice.choices(pairs, k=len(pairs)), strict=True)
            found.append(statistics.median(known) / statistics.median(unknown))
        found.sort()
        return found[round(RESAMPLES * 0.025)], found[round(RESAMPLES * 0.975) - 1]

    def slower_share(self) -> float:
        """In how many of the pairs the known one was slower; by chance it is half of them."""
        slower = [a > b for a, b in zip(self.known, self.unknown, strict=True)]
        return sum(slower) / len(slower)

    def line(self) -> str:
        """All of it in one line."""
        low, high = self.between()
        margin = 0.98 / len(self.known) ** 0.5
        known, unknown = (statistics.median(one) * 1000 for one in (self.known, self.unknown))
        return (
            f"{self.step}: known {known:.2f} ms, nobody's {unknown:.2f} ms, ratio {self.ratio:.3f}"
            f" (95 %: {low:.3f} to {high:.3f}); the known one is slower in"
            f" {self.slower_share():.0%} of {len(self.known)} pairs (by chance 50 % ± {margin:.0%})"
        )

    def figure(self) -> Figure:
        """What is asked for."""
        name = f"sign-in, answer to a {self.step}: known and nobody's, medians apart"
        return Figure(name, max(self.ratio, 1 / self.ratio), APART_AT_MOST, False, "×")

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        low, high = self.between()
        return {
            "pairs": len(self.known),
            "known_ms": round(statistics.median(self.known) * 1000, 3),
            "unknown_ms": round(statistics.median(self.unknown) * 1000, 3),
            "ratio": round(self.ratio, 4),
            "ratio_95_percent": [round(low, 4), round(high, 4)],
            "known_slower_share": round(self.slower_share(), 3),
        }


async def measure_sign_in(servers: Servers, say: Say, pairs: int = PAIRS) -> list[Alike]:
    """Measure both steps over so many *pairs*."""
    await asyncio.to_thread(servers.postgres.create_database, "sign-in")
    database = Database(servers.postgres, "sign-in")
    numbers = [number_of(n) for n in range(2 * (pairs + WARM_UP_PAIRS))]
    async with _mail() as smtp_url:
        more = {"TIDTAM_SMTP_URL": smtp_url, "TIDTAM_MAIL_FROM": "Tidtam <sign-in@tidtam.example>"}
        async with live_portal(servers, database, "sign-in.", more) as portal:
            await _know(portal, numbers[::2])
            say(f"{pairs} pairs of numbers, one of each known, each asked once")
            found = await _pairs(portal.url, numbers)
    alike = [
        Alike(step, [one[place] for one in found[0]], [one[place] for one in found[1]])
        for place, step in enumerate(STEPS)
    ]
    for one in alike:
        say(f"  {one.line()}")
    return alike


def number_of(place: int) -> str:
    """A number with a right check digit, of nobody who lives."""
    first = f"0{place * 7_919 + 1_000_003:011d}"
    return next(one for digit in range(10) if has_thai_check_digit(one := f"{first}{digit}"))


@asynccontextmanager
async def _mail() -> AsyncIterator[str]:
    """The mail sink as a process of its own: what it costs must not be ours, nor the portal's."""
    smtp, page = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["-m", "ground.mail", str(smtp), str(page), str(Path(folder) / "box")]
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
        try:
            yield f"smtp://{LOOPBACK}:{smtp}"
        finally:
            process.terminate()
            await process.wait()


async def _know(portal: LivePortal, numbers: Sequence[str]) -> None:
    """Tell the portal its rules, and who has these numbers."""
    async with portal.http(operator=True) as operator:
        rules = {"processes": [process_file.to_json(shipped_process())]}
        (await operator.put("/ops/config", json=rules)).raise_for_status()
    for place, number in enumerate(numbers):
        email = f"payee{place}@payee.example"
        await portal.publish(said.payee(f"p{place}", tax_id=number, email=email))

    async def all_there() -> bool:
        return await portal.count("select count(*) from payee_row") == len(numbers)

    await portal.until(all_there)


async def _pairs(url: str, numbers: Sequence[str]) -> list[list[tuple[float, ...]]]:
    """Of known and of unknown numbers, the seconds of both steps, pair by pair."""
    dice, found = random.Random(7), [list[tuple[float, ...]](), list[tuple[float, ...]]()]
    for place in range(len(numbers) // 2):
        order = [0, 1]
        dice.shuffle(order)
        for which in order:
            index = 2 * place + which
            taken = await _one(url, numbers[index], index)
            if place >= WARM_UP_PAIRS:
                found[which].append(taken)
    return found


async def _one(url: str, number: str, place: int) -> tuple[float, float]:
    """Sign in with *number* and a wrong code, from an address of its own."""
    headers = {"x-forwarded-for": f"198.18.{place // 250}.{place % 250 + 1}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as browser:
        shown = await browser.get("/sign-in")
        asked, first = await _timed(browser, "/sign-in", {**hidden(shown), "number": number})
        if asked.status_code != 303:
            raise RuntimeError(f"a number was answered {asked.status_code}")
        shown = await browser.get("/sign-in/code")
        # A code nobody was mailed but by a chance of one in a million.
        fields = {**hidden(shown), "code": "000000"}
        tried, second = await _timed(browser, "/sign-in/code", fields)
        if tried.status_code not in (303, 422):
            raise RuntimeError(f"a code was answered {tried.status_code}")
    return first, second


async def _timed(
    browser: httpx.AsyncClient, path: str, fields: dict[str, str]
) -> tuple[httpx.Response, float]:
    begun = time.perf_counter()
    answer = await browser.post(path, data=fields)
    return answer, time.perf_counter() - begun
