"""
Refold every case from status's own events, beside live traffic.

Only visible changes are published, marked `rebuilt`; more than 50 of them wait for an operator's
word.
"""

from __future__ import annotations

from dataclasses import dataclass

from chassis.instants import microseconds
from chassis.outbox import put_outgoing
from chassis.service import Base

from status import store
from status.handlers import Handlers, messages_of
from status.publish import change_of
from status.rules import Rules

PAGE = 200
CHANGES_UNSEEN_MAX = 50
CHANGES_LISTED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """
    What a rebuild found: cases looked at, numbers of those that change, and whether it published.
    """

    cases: int
    changed: tuple[int, ...]
    published: bool


async def rebuild(base: Base, rules: Rules, handlers: Handlers, approved: bool) -> Rebuilt:
    """
    Refold all cases; publish what changed when there is little of it, or when an operator
    *approved*.

    Looking locks nothing; publishing locks a page of cases at a time, so live events go on
    meanwhile.
    """
    cases, changed = await _look(base, rules)
    if not changed or (len(changed) > CHANGES_UNSEEN_MAX and not approved):
        return Rebuilt(cases, tuple(changed[:CHANGES_LISTED_MAX]), False)
    for start in range(0, len(changed), PAGE):
        async with base.pool.acquire() as connection, connection.transaction():
            page = changed[start : start + PAGE]
            changes = await handlers.refold(connection, connection, page, {"rebuilt": True})
            if changes:
                await put_outgoing(connection, messages_of(changes, {}))
        base.relay.wake()
    return Rebuilt(cases, tuple(changed[:CHANGES_LISTED_MAX]), True)


async def _look(base: Base, rules: Rules) -> tuple[int, list[int]]:
    """Which cases would be told differently today."""
    cases, changed, after = 0, list[int](), -1
    now_us = microseconds(base.clock.now())
    while True:
        # One snapshot: else a case's row and its events could be of two moments, and seem to
        # differ.
        async with (
            base.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await rules.refresh(connection)
            page = await store.next_cases(connection, after, PAGE)
            if not page:
                return cases, changed
            for loaded in await store.load(connection, page, lock=False):
                cases += 1
                process = rules.get(loaded.told.process, loaded.told.process_version)
                if change_of(process, loaded, now_us, {}) is not None:
                    changed.append(loaded.case_id)
        after = page[-1]
