"""
What is wrong with a list of offices: each mistake with its line, its rule and what to do about it.

`tidtam config preview` and `load_offices` call this before anything else believes the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from contracts.notice import Channel, RecipientKind
from contracts.notice_model import Code
from contracts.office import LINE, MAIL
from contracts.process_model import Name, Part, WordsPart
from contracts.process_rules import Mistake
from contracts.rule_file import RealDate, Written, listed_twice, read_text, shape
from contracts.rule_text import Problem
from contracts.rules import did_you_mean, pointer_to

PLACES = ("finance", "bank")
"""Where an officer works, beside `unit:<unit>`."""

TELEPHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,30}(( ext\.? | ต่อ )[0-9]{1,6})?")
ADDRESSES = {Channel.EMAIL: ("email", MAIL), Channel.LINE: ("line", LINE)}
"""The channels whose address stands in the list, with its key. Webhooks are registered."""

_MISSING = {
    "offices": ("office-missing", "List at least one office."),
    "valid_from": ("date-missing", "Say from which date on it is reached here."),
    "zone": ("zone-unknown", "Name an IANA zone such as Asia/Bangkok."),
}


class OfficePart(Part):
    """One office from one date to another: for whom it stands, and how it is reached."""

    name: Name
    title: WordsPart
    units: list[Code] = Field(default_factory=list)
    officers: list[Code] = Field(default_factory=list)
    desks: list[Name] = Field(default_factory=list)
    contact: WordsPart | None = None
    telephone: str | None = None
    hours: WordsPart | None = None
    email: str | None = None
    line: str | None = None
    language: Literal["th", "en"] = "th"
    channels: list[Annotated[Channel, Field(strict=False)]] | None = None
    digest: bool | None = None
    valid_from: RealDate
    valid_until: RealDate | None = None

    @property
    def roles(self) -> Iterator[tuple[tuple[str, int], RecipientKind, str]]:
        """For whom it stands: where that is written, the kind of recipient, and its id."""
        for key, kind in ROLES.items():
            for place, one in enumerate(getattr(self, key)):
                yield (key, place), kind, one

    def wants(self, channel: Channel) -> bool:
        """Is it told over *channel*, as far as the list says?"""
        return self.channels is None or channel in self.channels


class OfficesPart(Part):
    """A whole list of offices."""

    name: Name
    zone: str
    offices: Annotated[list[OfficePart], Field(min_length=1)]


ROLES: Mapping[str, RecipientKind] = {
    "units": RecipientKind.UNIT_OFFICE,
    "officers": RecipientKind.OFFICER,
    "desks": RecipientKind.DESK,
}
Check = Callable[[OfficesPart], Iterator[Mistake]]


def validate_offices(text: str, file: str = "offices.yaml") -> list[Problem]:
    """Return all that is wrong with the list *text*; nothing when it may be applied."""
    return read_text(text, file, mistakes_in)[1]


def problems_in(document: Mapping[str, Any], file: str = "offices") -> list[Problem]:
    """As `validate_offices`, for a document that has no lines."""
    return [Written(document, file).problem(mistake) for mistake in mistakes_in(document)]


def mistakes_in(document: Any) -> list[Mistake]:
    """Return all that is wrong with what a list holds, without file and line."""
    part, mistakes = shape(OfficesPart, document, _MISSING)
    if part is None:
        return mistakes
    return [*mistakes, *(mistake for check in CHECKS for mistake in check(part))]


def zone_is_known(part: OfficesPart) -> Iterator[Mistake]:
    """The zone says at which instant an address begins to hold."""
    try:
        ZoneInfo(part.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Mistake("/zone", "zone-unknown", _MISSING["zone"][1])


def each_stands_for_somebody(part: OfficesPart) -> Iterator[Mistake]:
    """An office is that of a unit, a desk, or officers; it names each once."""
    for place, office in enumerate(part.offices):
        at = ("offices", place)
        if not any(office.roles):
            remedy = "Name the units, officers or desks whose office this is."
            yield Mistake(pointer_to(*at), "role-missing", remedy)
        for key in ROLES:
            yield from listed_twice(getattr(office, key), *at, key)
        yield from listed_twice(office.channels or (), *at, "channels")
        for number, where in enumerate(office.officers):
            unit = where.startswith("unit:") and len(where) > len("unit:")
            if where not in PLACES and not unit:
                remedy = f"Officers work at {', '.join(PLACES)} or unit:<unit>."
                near = did_you_mean(where, PLACES)
                yield Mistake(pointer_to(*at, "officers", number), "place-unknown", remedy + near)


def dates_are_in_order(part: OfficesPart) -> Iterator[Mistake]:
    """What holds from a date on ends no earlier."""
    for place, office in enumerate(part.offices):
        if office.valid_until is not None and office.valid_until < office.valid_from:
            remedy = f"Take a date from {office.valid_from} on."
            yield Mistake(pointer_to("offices", place, "valid_until"), "dates-reversed", remedy)


def each_is_reached_one_way(part: OfficesPart) -> Iterator[Mistake]:
    """
    On no day two offices have one name, or stand for one unit, desk or place.

    It would be chance who is told.
    """
    seen: dict[tuple[RecipientKind | None, str], list[OfficePart]] = {}
    for place, office in enumerate(part.offices):
        for where, kind, one in (*office.roles, (("name",), None, office.name)):
            before = (other for other in seen.get((kind, one), ()) if other is not office)
            met = next((other for other in before if _meet(office, other)), None)
            if met is not None:
                remedy = (
                    f"{one!r} is {met.name!r} from {met.valid_from} on already; "
                    "end that with valid_until, or take it out here."
                )
                yield Mistake(pointer_to("offices", place, *where), "office-twice", remedy)
            seen.setdefault((kind, one), []).append(office)


def addresses_are_right(part: OfficesPart) -> Iterator[Mistake]:
    """A channel that is wanted has its address, and an address its channel."""
    for place, office in enumerate(part.offices):
        for channel, (key, pattern) in ADDRESSES.items():
            at, address = pointer_to("offices", place, key), getattr(office, key)
            if address is not None and not pattern.fullmatch(address):
                yield Mistake(at, "address-malformed", f"Write the address as {key} wants it.")
            if address is not None and not office.wants(channel):
                remedy = f"{channel.value!r} is not among its channels; take one of the two out."
                yield Mistake(at, "nothing-runs-this", remedy)
            if address is None and office.channels is not None and office.wants(channel):
                remedy = f"Give the address for {channel.value!r}, or take the channel out."
                yield Mistake(at, "address-missing", remedy)
        if office.telephone is not None and not TELEPHONE.fullmatch(office.telephone):
            at = pointer_to("offices", place, "telephone")
            yield Mistake(at, "telephone-malformed", "Write digits and spaces: 02 000 1202.")


def _meet(one: OfficePart, other: OfficePart) -> bool:
    """Is there a day on which both hold?"""
    last = min(one.valid_until or date.max, other.valid_until or date.max)
    return max(one.valid_from, other.valid_from) <= last


CHECKS: tuple[Check, ...] = (
    zone_is_known,
    each_stands_for_somebody,
    dates_are_in_order,
    each_is_reached_one_way,
    addresses_are_right,
)
