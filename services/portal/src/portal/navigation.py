"""Where a visitor can go from every page: the few links under the name of the service. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portal.people import Visitor
from portal.words import Words


class Place(NamedTuple):
    """A link of the navigation; `here`: the page lies at or under it."""

    path: str
    title: str
    here: bool


OPEN = (
    ("/", "start"),
    ("/stages", "stages"),
    ("/figures", "figures"),
    ("/open-data", "open_data"),
)
OF_PAYEES = (("/me", "dashboard"), ("/me/search", "search"), ("/me/settings", "settings"))
OF_STAFF = (
    ("/board", "board"),
    ("/work", "work"),
    ("/look-up", "look_up"),
    ("/executive", "executive"),
    ("/operator", "operator"),
    ("/staff", "account"),
)
OFFICERS = frozenset({"unit-officer", "finance-officer"})
ANY_STAFF = OFFICERS | {"executive", "operator", "auditor"}
MAY_SEE: Mapping[str, frozenset[str]] = {
    "/board": OFFICERS,
    "/work": OFFICERS,
    "/look-up": OFFICERS | {"auditor"},
    "/executive": frozenset({"executive", "finance-officer", "auditor"}),
    "/operator": frozenset({"operator"}),
    "/staff": ANY_STAFF,
}
"""Which roles find a place in their navigation; what they may open is decided by the page."""


def places(person: Visitor | None, path: str, words: Words) -> Sequence[Place]:
    """The links of *person* on the page at *path*."""
    if person is None:
        shown: Sequence[tuple[str, str]] = OPEN
    elif person.kind == "payee":
        shown = OF_PAYEES
    else:
        shown = [one for one in OF_STAFF if MAY_SEE[one[0]] & person.roles]
    of = max((one for one, _ in shown if _lies_under(path, one)), key=len, default="")
    return [Place(to, words.text("places", name), to == of) for to, name in shown]


def _lies_under(path: str, place: str) -> bool:
    return path == place or (place != "/" and path.startswith(f"{place}/"))


def home_of(roles: frozenset[str]) -> str:
    """Where staff with these *roles* begin: the first place they find."""
    return next((path for path, _ in OF_STAFF if MAY_SEE[path] & roles), "/staff")
