"""Which of the notices that are due go out as one message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from contracts.notice import Channel, RecipientKind

from notify.bundle import ALONE, bundles
from notify.model import Recipient
from notify.notice_store import Due
from notify.rows import Row

PARCELS_MAX = 32
Hosts = Callable[[str, Recipient], Recipient]
"""In whose message a recipient is told news of a process."""


def first_messages(due: Sequence[Due], hosts: Hosts, rows_max: int) -> list[Due]:
    """
    Of what is due, in its order, all the notices of the first messages; none is cut short.

    *due* were asked for up to *rows_max*: where there are as many, the last message may lack some.
    """
    groups: dict[tuple[str | None, ...], list[Due]] = {}
    for one in due:
        alone = one.notice_id if Channel(one.channel) in ALONE else None
        whose = hosts(one.process, Recipient(RecipientKind(one.recipient_kind), one.recipient_id))
        new = (alone, one.process, *whose, one.channel, one.language)
        of = new if one.message_id is None else (one.message_id,)
        groups.setdefault(of, []).append(one)
    if len(due) == rows_max and len(groups) > 1:
        groups.popitem()
    first = list(groups.values())[:PARCELS_MAX]
    return [one for group in first for one in group]


def messages_of(rows: Iterable[Row], hosts: Hosts) -> list[tuple[str, list[Row]]]:
    """
    The messages by identity and the notices of each. What was handed out once stays together.
    """
    again: dict[str, list[Row]] = defaultdict(list)
    new: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.message_id is None:
            new[row.process].append(row)
        else:
            again[row.message_id].append(row)
    made = list(again.items())
    for process, of_process in new.items():
        by_id = {row.notice.id: row for row in of_process}
        for bundle in bundles((row.notice for row in of_process), partial(hosts, process)):
            made.append((bundle.id, [by_id[notice.id] for notice in bundle.notices]))
    return made
