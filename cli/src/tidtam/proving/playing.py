"""
A play: the services are started, everything is delivered, and nothing is in flight any more.

What comes in the order of time is followed by the clock of sla, what comes in any order is not:
then all clocks stand at the end from the start.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from contracts.plan import Plan
from contracts.process import Process
from ground.throwaway import Servers
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from tidtam.proving.abreast import Watch
from tidtam.proving.chain import Chain, await_heard, await_topics, register_sources, start_chain
from tidtam.proving.disturb import Delivery, Disturbances, clocks_us, deliveries
from tidtam.proving.flight import Look, settle
from tidtam.proving.following import Following, Steered
from tidtam.proving.heartbeats import heartbeat, speakers
from tidtam.proving.killing import kill_on_the_way
from tidtam.proving.publishing import Outgoing, publishing
from tidtam.proving.rules import Rules
from tidtam.proving.schedule import Scheduler, Step, promise_of


@dataclass(frozen=True, slots=True)
class Question:
    """What is played: a plan, how it is disturbed, how often each service is killed."""

    plan: Plan
    process: Process
    how: Disturbances
    kill: Mapping[str, int]
    log: str

    def sent(self) -> list[Delivery]:
        """What is published, in this order."""
        return deliveries(self.plan, self.how)


@dataclass(frozen=True, slots=True)
class Played:
    """
    What is known after a play: when it began, the last look, and what was killed.

    `beats` are the heartbeats among the inputs; `begun` is in seconds since 1970.
    """

    begun: float
    look: Look
    beats: int
    kills: list[dict[str, Any]]


async def play(
    servers: Servers,
    question: Question,
    rules: Rules,
    sent: Sequence[Delivery],
    console: Console,
) -> Played:
    """Start the services, deliver *sent*, kill on the way, and wait until nothing is in flight."""
    plan, how = question.plan, question.how
    scheduler = Scheduler(plan, how, speakers(plan, question.process))
    steps = scheduler.steps(sent) if how.in_time else []
    first_us = steps[0].now_us if steps else None
    chain = await start_chain(servers, rules, clocks_us(plan, sent), sla_from_us=first_us)
    await register_sources(chain, plan, question.process, partial(promise_of, how=how))
    await await_topics(chain, len(plan.sources))
    await await_heard(chain, len(plan.sources))
    begun = time.time()
    with _progress(console) as progress:
        bar = progress.add_task("following", total=len(sent))

        def reached(count: int) -> None:
            progress.update(bar, completed=min(count, len(sent)))

        killing = kill_on_the_way(chain, question.kill, len(sent), how.seed)
        killer = asyncio.create_task(killing)
        if how.in_time:
            inputs = await _day_by_day(chain, question, scheduler, steps, reached)
        else:
            inputs = await _at_once(chain, question, scheduler, sent, reached)
        kills = await killer
        return Played(begun, await settle(chain, inputs, _unseen), inputs - len(sent), kills)


async def _day_by_day(
    chain: Chain,
    question: Question,
    scheduler: Scheduler,
    steps: Sequence[Step],
    reached: Callable[[int], object],
) -> int:
    """Deliver step by step, the clock of sla following; how many inputs that were."""
    ends_us = chain.clocks_us["intake"]
    async with (
        publishing(chain.servers.kafka) as publisher,
        Watch(chain.database_url) as watch,
        chain.http("sla") as http,
    ):
        following = Following(Steered(http), publisher, watch, question.process)
        await following.settle(scheduler.first_words(ends_us), steps[0].now_us)
        await following.play(steps, reached)
        await following.settle(scheduler.last_words(ends_us), question.plan.ends_us)
        return following.inputs


async def _at_once(
    chain: Chain,
    question: Question,
    scheduler: Scheduler,
    sent: Sequence[Delivery],
    reached: Callable[[int], object],
) -> int:
    """Deliver all as fast as it goes, every clock standing at the end; how many inputs."""
    ends_us = chain.clocks_us["intake"]
    before = [heartbeat(one, question.process) for one in scheduler.first_words(ends_us)]
    told = [Outgoing(one.planned.event, one.planned.case) for one in sent]
    async with publishing(chain.servers.kafka) as publisher:
        await publisher.publish(before)
        await settle(chain, len(before), _unseen)
        await publisher.publish(told)
        inputs = len(before) + len(told)
        await settle(chain, inputs, lambda look: reached(look.answered() - len(before)))
        scheduler.sent(sent)
        after = [heartbeat(one, question.process) for one in scheduler.last_words(ends_us)]
        await publisher.publish(after)
        return inputs + len(after)


def _unseen(_: Look) -> None:
    """For a wait whose progress nobody watches."""


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)
