"""
What is wrong with agreements beside processes, calendars and each other.

`tidtam config preview` calls this when each file is right by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from contracts.agreement import EVERYONE, Agreement, Clause
from contracts.agreement_check import clauses_overlap, overlap
from contracts.calendar import CalendarRules
from contracts.data import DATE_FIELDS
from contracts.process import Process
from contracts.process_rules import Mistake
from contracts.rule_file import Written, names_taken
from contracts.rule_text import Problem
from contracts.rules import did_you_mean, pointer_to


def validate_across(
    processes: Iterable[Process],
    agreements: Iterable[Written[Agreement]],
    calendars: Iterable[Written[CalendarRules]],
) -> list[Problem]:
    """
    Return all that is wrong with *agreements* and *calendars* beside *processes* and each other.

    An agreement that came from no file is given as `Written(agreement, its name)`.
    """
    by_process = {process.name: process for process in processes}
    agreements, calendars = list(agreements), list(calendars)
    by_calendar = {one.value.name: one.value for one in calendars}
    problems = [*names_taken(calendars), *names_taken(agreements)]
    for place, one in enumerate(agreements):
        told = chain(
            _calendar_mistakes(one.value, by_calendar),
            _process_mistakes(one.value, by_process),
            _overlaps(one.value, [other.value for other in agreements[:place]]),
        )
        problems += [one.problem(mistake) for mistake in told]
    return problems


def _calendar_mistakes(
    agreement: Agreement, calendars: Mapping[str, CalendarRules]
) -> Iterator[Mistake]:
    """The calendar is there, and knows its days off when the agreement begins."""
    rules = calendars.get(agreement.calendar)
    if rules is None:
        yield _unknown("/calendar", "calendar", agreement.calendar, calendars)
        return
    starts = agreement.valid_from
    if rules.covers_from is not None and starts < rules.covers_from:
        remedy = f"{rules.name} knows its days off from {rules.covers_from} on; begin then."
        yield Mistake("/valid_from", "calendar-too-short", remedy)
    if rules.covers_until is not None and starts > rules.covers_until:
        remedy = f"{rules.name} knows its days off until {rules.covers_until}; extend it first."
        yield Mistake("/valid_from", "calendar-too-short", remedy)


def _process_mistakes(agreement: Agreement, processes: Mapping[str, Process]) -> Iterator[Mistake]:
    process = processes.get(agreement.process)
    if process is None:
        yield _unknown("/process", "process", agreement.process, processes)
        return
    for clause in agreement.clauses:
        yield from _stage_mistakes(clause, process)
        yield from _date_mistakes(clause, process)
        yield from _when_mistakes(clause, process)
        if clause.party not in {EVERYONE, *_holders(process)}:
            remedy = (
                f"No stage of {process.name} is held by {clause.party}: no day is ever charged."
            )
            yield Mistake(pointer_to("clauses", clause.id, "party"), "party-unknown", remedy)


def _stage_mistakes(clause: Clause, process: Process) -> Iterator[Mistake]:
    """The stages are there, and none that ends starts a clock: its days would be nobody's."""
    for key, stages in (("starts_on", clause.starts_on), ("stops_on", clause.stops_on)):
        for code in sorted(stages):
            at = pointer_to("clauses", clause.id, key)
            if code not in process.stages:
                yield _unknown(at, "stage", code, process.stages)
            elif key == "starts_on" and process.stages[code].ends:
                remedy = f"{code!r} ends a case, and an end starts no clock; name another stage."
                yield Mistake(at, "start-ends", remedy)


def _date_mistakes(clause: Clause, process: Process) -> Iterator[Mistake]:
    """A date field is one that a case carries on."""
    known = [name for name in DATE_FIELDS if name in _fields(process)]
    for key, name in (("starts_on_date", clause.starts_on_date), ("until", clause.until)):
        if name is not None and name not in known:
            at = pointer_to("clauses", clause.id, key)
            yield _unknown(at, "date-field", name, known)


def _when_mistakes(clause: Clause, process: Process) -> Iterator[Mistake]:
    """Codes and currencies are the process's: another would fit no case, for ever unseen."""
    when = clause.when
    for key, field, codes in (
        ("kinds", "kind", when.kinds),
        ("funds", "fund", when.funds),
        ("priorities", "priority", when.priorities),
    ):
        known = process.codes.get(field)
        if known is None:
            continue
        for code in sorted(codes - known.keys()):
            yield _unknown(pointer_to("clauses", clause.id, "when", key), "code", code, known)
    if when.currency is not None and when.currency not in process.minor_units:
        at = pointer_to("clauses", clause.id, "when", "currency")
        yield _unknown(at, "currency", when.currency, process.minor_units)


def _overlaps(later: Agreement, earlier: Iterable[Agreement]) -> Iterator[Mistake]:
    """Two agreements may ask the same only at different times, or of different cases."""
    for other in earlier:
        if other.process != later.process or not _both_in_force(later, other):
            continue
        for clause in later.clauses:
            for same in other.clauses:
                if clauses_overlap(same, clause):
                    yield overlap(f"{other.name}#{same.id}", clause.id)


def _both_in_force(one: Agreement, other: Agreement) -> bool:
    first, second = sorted((one, other), key=lambda agreement: agreement.valid_from)
    return first.valid_until is None or first.valid_until >= second.valid_from


def _holders(process: Process) -> set[str]:
    """Who ever holds a case of *process*."""
    return {
        holder
        for stage in process.stages.values()
        for holder in (stage.holder, *stage.holder_by_reason.values())
    }


def _fields(process: Process) -> set[str]:
    """The data fields that some fact of *process* has."""
    schemas = (schema for schema in process.data_schema.values() if isinstance(schema, Mapping))
    return {name for schema in schemas for name in schema.get("properties", ())}


def _unknown(pointer: str, kind: str, said: str, known: Iterable[str]) -> Mistake:
    names = sorted(known)
    remedy = f"There is no {kind.replace('-', ' ')} {said!r}; name one of: {', '.join(names)}."
    return Mistake(pointer, f"{kind}-unknown", remedy + did_you_mean(said, names))
