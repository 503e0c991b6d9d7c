"""
Which cases a member of staff may see, and which of them were asked for.

A unit officer sees the own units and nothing else; finance officers and auditors see every unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from contracts.process import Process
from starlette.requests import Request

from portal.guards import Problem
from portal.house import House
from portal.people import Visitor
from portal.questions import Desk
from portal.staff_store import Narrowed
from portal.views.board import SOON_DAYS, open_stages, stages_of

ALL_UNITS = frozenset({"finance-officer", "auditor"})
OFFICERS = ("unit-officer", "finance-officer")
LOOKERS = (*OFFICERS, "auditor")
CODE_LETTERS_MAX = 100
UNIT_ANSWERS = timedelta(days=3)
"""For so long a question to a unit is the unit's alone; then finance sees it too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What the address of a board says. `whose`: `mine` (stages the own party holds) or `all`.
    """

    unit: str
    kind: str
    stage: str
    whose: str
    pressing: bool

    def query(self, **more: str) -> str:
        """The same as a query, with *more* in it; what is empty is left out."""
        said = {
            "unit": self.unit,
            "kind": self.kind,
            "stage": self.stage,
            "whose": self.whose,
            "pressing": "1" if self.pressing else "",
            **more,
        }
        return urlencode({name: value for name, value in said.items() if value})


def units_of(visitor: Visitor) -> Sequence[str] | None:
    """The units whose cases *visitor* may see; None is all."""
    return None if visitor.roles & ALL_UNITS else list(visitor.units)


def may_see(visitor: Visitor, unit: str | None) -> bool:
    """May *visitor* see a case of *unit*?"""
    units = units_of(visitor)
    return units is None or unit in units


def desk_of(visitor: Visitor, now: datetime) -> Desk:
    """Whose questions *visitor* answers."""
    return Desk(list(visitor.units), "finance-officer" in visitor.roles, now - UNIT_ANSWERS)


def asked(request: Request) -> Asked:
    """What the address asks for. Raises `Problem` for what no form of ours sends."""
    said = request.query_params
    found = {name: said.get(name, "") for name in ("unit", "kind", "stage", "whose")}
    if any(len(one) > CODE_LETTERS_MAX or not one.isprintable() for one in found.values()):
        raise Problem(404, "not_found")
    whose = found["whose"] if found["whose"] in ("mine", "all") else "mine"
    return Asked(found["unit"], found["kind"], found["stage"], whose, said.get("pressing") == "1")


def narrowed(house: House, visitor: Visitor, said: Asked) -> Narrowed:
    """What is read from the tables: never a unit the visitor may not see."""
    units = units_of(visitor)
    if said.unit:
        units = [said.unit] if may_see(visitor, said.unit) else []
    stages = stages_shown(house, visitor, said)
    today = house.rules.today(house.base.clock.now())
    return Narrowed(
        units, stages, said.kind or None, None, said.pressing, today + timedelta(days=SOON_DAYS)
    )


def stages_shown(house: House, visitor: Visitor, said: Asked) -> Sequence[str]:
    """The stages of the columns: those asked for, else of the own party, else all that are open."""
    known = processes(house)
    codes = [stage.code for stage in open_stages(known)]
    if said.stage:
        return [code for code in codes if code == said.stage]
    return stages_of(known, holders_of(visitor)) if said.whose == "mine" else codes


def holders_of(visitor: Visitor) -> Sequence[str]:
    """Whose stages are the visitor's own work."""
    if "finance-officer" in visitor.roles:
        return ["finance", "bank"]
    return ["unit"]


def processes(house: House) -> Mapping[str, Process]:
    """The newest processes by name."""
    return {one.name: one for one in house.rules.processes()}


def unit_titles(house: House, units: Sequence[str], language: str) -> Mapping[str, str]:
    """The names of *units* in *language*, by code."""
    today: date = house.rules.today(house.base.clock.now())
    return {unit: house.rules.unit_title(unit, today, language) or unit for unit in units}
