"""What intake speaks of when it decides which case an event belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from contracts.events import Reference


class Key(NamedTuple):
    """An event's identity for ever."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Member:
    """
    An accepted event, as membership sees it.

    `order` is a total order that no arrival changes: (instant, role, source, sequence, id).
    `joining` are its joining references in the order the source wrote them.
    `unit` is set for facts of units alone; `settles` for facts that pay.
    `case_id` is where it stands now, `home_id` the first case it was ever given; both None while
    unmatched.
    """

    key: Key
    order: tuple[int, int, str, int, str]
    joining: tuple[Reference, ...]
    opens: bool = False
    settles: bool = False
    links: bool = False
    unlinks: bool = False
    unit: str | None = None
    retracts: Key | None = None
    case_id: int | None = None
    home_id: int | None = None


class HeldJoin(NamedTuple):
    """A join intake would not make by itself: an officer decides by `link` or `unlink`."""

    event: Key
    kept: Reference
    other: Reference
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """Events that belong together. Without an opening fact they wait as unmatched."""

    members: tuple[Member, ...]
    opened: bool


@dataclass(frozen=True, slots=True)
class Partition:
    """How the events of one cluster fall into groups, and which joins wait for an officer."""

    groups: tuple[Group, ...]
    held: tuple[HeldJoin, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a cluster without reading its events."""

    events: int = 0
    openers: int = 0
    settlers: int = 0
    units: frozenset[str] = frozenset()
    special: bool = False

    def plus(self, other: Summary) -> Summary:
        """The summary of both together."""
        return Summary(
            self.events + other.events,
            self.openers + other.openers,
            self.settlers + other.settlers,
            self.units | other.units,
            self.special or other.special,
        )

    def of_one_case(self) -> bool:
        """
        Can no guard of a join ever fire among these events?

        Then the cluster is one group, and nobody needs to read its events to know it.
        """
        return (
            not self.special
            and len(self.units) <= 1
            and self.settlers <= 1
            and self.openers <= CASES_JOINED_MAX
        )


CASES_JOINED_MAX = 3
"""A join that would bring together more cases than this is an officer's to make."""
