"""Kill -9 at random moments of a play, and how long what was killed took to come back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from typing import Any

from tidtam.proving.chain import Chain
from tidtam.proving.flight import AWAY, totals

POLL_SECONDS = 0.05
AWAY_SECONDS_MAX = 1.0


async def kill_on_the_way(
    chain: Chain, kill: Mapping[str, int], published: int, seed: int
) -> list[dict[str, Any]]:
    """Kill each as often as *kill* says, each time when so many inputs have been answered."""
    chance = random.Random(seed)
    due = sorted(
        (chance.uniform(0.02, 0.9) * published, name, chance.uniform(0, AWAY_SECONDS_MAX))
        for name, count in kill.items()
        for _ in range(count)
    )
    done: list[dict[str, Any]] = []
    for at, name, away in due:
        while await _answered(chain) < at:
            await asyncio.sleep(POLL_SECONDS)
        begun = time.monotonic()
        await asyncio.to_thread(chain.servers.kill, name, away)
        await asyncio.to_thread(chain.servers.await_up, name, 120.0)
        back = round(time.monotonic() - begun, 2)
        done.append({"killed": name, "at_input": round(at), "back_after_seconds": back})
    return done


async def _answered(chain: Chain) -> int:
    try:
        now = await totals(chain)
    except AWAY:
        return -1
    return now["accepted"] + now["resent"] + now["rejected"]
