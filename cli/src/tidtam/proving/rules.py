"""The rules a proof runs by: the process, the calendar of the log, and an agreement of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts.agreement import EVERYONE, Agreement, Clause
from contracts.calendar import CalendarRules
from contracts.plan import Plan
from contracts.process import Process, Role, Words

from contracts import agreement_file, calendar_file, process_file

CALENDARS = Path(__file__).parents[4] / "contracts/calendars"
FINANCE = Role.FINANCE.value
AGREEMENT = "prove"
BUDGET_DAYS = 9
RECEIVED, PAID = "received", "paid"
VALID_FROM = date(1970, 1, 1)
"""Before any log: a case that starts before its agreement has no clock."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is applied before the first event; a chain without agreements judges no clock."""

    processes: tuple[Process, ...]
    calendars: tuple[CalendarRules, ...] = ()
    agreements: tuple[Agreement, ...] = ()

    def body(self, service: str) -> dict[str, Any]:
        """What *service* is given: sla all of it, the others the processes."""
        processes = {"processes": [process_file.to_json(one) for one in self.processes]}
        if service != "sla":
            return processes
        return {
            **processes,
            "calendars": [calendar_file.to_json(one) for one in self.calendars],
            "agreements": [agreement_file.to_json(one) for one in self.agreements],
        }


def rules_of(process: Process, plan: Plan) -> Rules:
    """
    The rules of one log: its calendar in its own zone, and the two clauses it is judged by.

    Raises `RuleFileFault` and OSError where the calendar it names is not there.
    """
    calendar = shipped_calendar(plan.calendar).in_zone(plan.zone)
    return Rules((process,), (calendar,), (_agreement(process, calendar.name),))


def shipped_calendar(name: str) -> CalendarRules:
    """The calendar *name* of this checkout. Raises `RuleFileFault` and OSError."""
    return calendar_file.load_calendar(CALENDARS / f"{name}.yaml")


def _agreement(process: Process, calendar: str) -> Agreement:
    counting = [one.code for one in process.stages.values() if one.counts and not one.ends]
    return Agreement(
        name=AGREEMENT,
        title=Words("ข้อตกลงสำหรับตรวจสอบระบบ", "Agreement of a proof"),
        process=process.name,
        parties=(FINANCE,),
        valid_from=VALID_FROM,
        valid_until=None,
        calendar=calendar,
        clauses=(
            _clause(FINANCE, Words("กองคลัง", "Finance"), FINANCE, frozenset({RECEIVED})),
            _clause(EVERYONE, Words("ทุกฝ่าย", "Everyone"), EVERYONE, frozenset(counting)),
        ),
    )


def _clause(id_: str, title: Words, party: str, starts_on: frozenset[str]) -> Clause:
    return Clause(
        id=id_,
        title=title,
        party=party,
        starts_on=starts_on,
        starts_on_date=None,
        stops_on=frozenset({PAID}),
        budget=BUDGET_DAYS,
        until=None,
    )
