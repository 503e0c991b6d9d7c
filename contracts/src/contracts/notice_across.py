"""
What is wrong with notice rules beside processes, agreements, calendars and their templates.

`tidtam config preview` calls this when each file is right by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from contracts.agreement import HOLDERS, Agreement, Clause
from contracts.calendar import CalendarRules
from contracts.notice import (
    PEOPLE,
    REMINDER,
    SLA_FACTS,
    SPECIAL,
    TELLS_OF_LINES,
    TELLS_OF_TRANSFERS,
    NoticeRule,
    NoticeRules,
    Tell,
)
from contracts.process import Fact, LineEffect, Process
from contracts.process_rules import Mistake
from contracts.rule_file import Written, names_taken
from contracts.rule_text import Problem
from contracts.rules import did_you_mean, pointer_to

MOVES_MONEY = frozenset({LineEffect.TRANSFERS, LineEffect.BOUNCES, LineEffect.CANCELS})


def validate_notices_across(
    processes: Iterable[Process],
    agreements: Iterable[Agreement],
    calendars: Iterable[CalendarRules],
    notices: Iterable[Written[NoticeRules]],
    templates: Mapping[str, str] | None = None,
    desks: Collection[str] = (),
) -> list[Problem]:
    """
    Return all that is wrong with *notices* beside the other rules.

    *templates* are all texts of the folder: one that nobody uses is told too. *desks* are those of
    the lists of offices; where there is no list none is asked for.
    """
    by_process = {process.name: process for process in processes}
    clauses = {
        f"{agreement.name}#{clause.id}": clause
        for agreement in agreements
        for clause in agreement.clauses
    }
    calendar_names = {calendar.name for calendar in calendars}
    written = list(notices)
    problems = [*names_taken(written)]
    for one in written:
        told = chain(
            _calendar_mistakes(one.value, calendar_names),
            _promise_mistakes(one.value, clauses),
            _rule_mistakes(one.value, by_process, clauses),
            _desk_mistakes(one.value, desks),
        )
        problems += [one.problem(mistake) for mistake in told]
    return [*problems, *_unused(written, templates or {})]


def _calendar_mistakes(rules: NoticeRules, known: set[str]) -> Iterator[Mistake]:
    for kind, sending in rules.sending.items():
        if sending.calendar not in known:
            at = pointer_to("sending", kind.value, "calendar")
            yield _unknown(at, "calendar", sending.calendar, known)


def _desk_mistakes(rules: NoticeRules, desks: Collection[str]) -> Iterator[Mistake]:
    for rule in rules.rules:
        if desks and rule.desk is not None and rule.desk not in desks:
            yield _unknown(pointer_to("rules", rule.name, "desk"), "desk", rule.desk, desks)


def _promise_mistakes(rules: NoticeRules, clauses: Mapping[str, Clause]) -> Iterator[Mistake]:
    for place, clause in enumerate(rules.promises):
        if clause not in clauses:
            yield _unknown(pointer_to("promises", place), "clause", clause, clauses)


def _rule_mistakes(
    rules: NoticeRules, processes: Mapping[str, Process], clauses: Mapping[str, Clause]
) -> Iterator[Mistake]:
    process = processes.get(rules.process)
    if process is None:
        yield _unknown("/process", "process", rules.process, processes)
        return
    for rule in rules.rules:
        if rule.news in SLA_FACTS:
            yield from _clause_mistakes(rule, clauses)
        else:
            yield from _fact_mistakes(rule, process)


def _clause_mistakes(rule: NoticeRule, clauses: Mapping[str, Clause]) -> Iterator[Mistake]:
    """The clauses are there, and one of them reminds at each offset."""
    at = ("rules", rule.name, "when")
    for clause in sorted(rule.when.clauses - clauses.keys()):
        yield _unknown(pointer_to(*at, "clauses"), "clause", clause, clauses)
    named = [clauses[name] for name in rule.when.clauses or clauses if name in clauses]
    offsets = {offset for clause in named for offset in clause.reminders}
    for offset in sorted(rule.when.offsets - offsets):
        known = ", ".join(map(str, sorted(offsets))) or "nothing"
        remedy = f"No clause reminds {offset} working days past the breach; there is {known}."
        yield Mistake(pointer_to(*at, "offsets"), "offset-unknown", remedy)
    if rule.news == REMINDER and not offsets:
        remedy = "No clause named here has reminders."
        yield Mistake(pointer_to("rules", rule.name, "news"), "nothing-runs-this", remedy)


def _fact_mistakes(rule: NoticeRule, process: Process) -> Iterator[Mistake]:
    """The fact is one about cases, and has the reasons, holders and values that the rule names."""
    at = ("rules", rule.name)
    fact = process.facts.get(rule.news)
    if fact is None or not fact.about_case:
        known = sorted(name for name, one in process.facts.items() if one.about_case)
        yield _unknown(pointer_to(*at, "news"), "fact", rule.news, [*known, *SLA_FACTS])
        return
    reasons = process.reasons.get(rule.news, {})
    papers = bool(reasons and process.papers)
    for code in sorted(rule.when.reasons - reasons.keys()):
        yield _unknown(pointer_to(*at, "when", "reasons"), "reason", code, reasons)
    for holder in sorted(rule.when.holders - holders_after(fact, process)):
        remedy = f"After {rule.news} a case is never held by {holder}; take it out."
        yield Mistake(pointer_to(*at, "when", "holders"), "holder-unknown", remedy)
    if rule.held_too and fact.asserts is None:
        remedy = f"{rule.news} asserts no stage; take it out."
        yield Mistake(pointer_to(*at, "held_too"), "nothing-runs-this", remedy)
    for place, tell in enumerate(rule.tells):
        if not _has(fact, tell, {Tell.REASON: bool(reasons), Tell.PAPERS: papers}):
            remedy = f"{rule.news} has no {tell.value}; take it out."
            yield Mistake(pointer_to(*at, "tells", place), "nothing-runs-this", remedy)


def holders_after(fact: Fact, process: Process) -> set[str]:
    """Who may have to act after *fact*: any holder where it does not say at which stage it ends."""
    stage = process.stages.get(fact.asserts or "")
    if stage is None:
        return set(HOLDERS)
    return {stage.holder, *stage.holder_by_reason.values()}


def _has(fact: Fact, tell: Tell, codes: Mapping[Tell, bool]) -> bool:
    """Can news of *fact* have this value? *codes* are those that a process need not have."""
    if tell in codes:
        return codes[tell]
    if tell in TELLS_OF_LINES:
        return fact.lines in MOVES_MONEY
    return tell is Tell.DATE or (tell in TELLS_OF_TRANSFERS and fact.lines is LineEffect.TRANSFERS)


def _unused(
    notices: Sequence[Written[NoticeRules]], templates: Mapping[str, str]
) -> Iterator[Problem]:
    """A template nobody uses would be edited in vain."""
    rules = (rule for one in notices for rule in one.value.rules)
    names = {rule.name for rule in rules if rule.to in PEOPLE} | set(SPECIAL)
    folder = notices[0].file.rpartition("/")[0] if notices else ""
    for path in sorted(templates):
        name = path.rpartition("/")[2].rpartition(".")[0]
        if name not in names and not name.startswith("_"):
            file = "/".join(filter(None, (folder, "templates", path)))
            remedy = (
                f"No rule is called {name!r}; take the template out.{did_you_mean(name, names)}"
            )
            yield Problem(file, 1, "", "nothing-runs-this", remedy)


def _unknown(pointer: str, kind: str, said: str, known: Iterable[str]) -> Mistake:
    names = sorted(known)
    remedy = f"There is no {kind} {said!r}; name one of: {', '.join(names)}."
    return Mistake(pointer, f"{kind}-unknown", remedy + did_you_mean(said, names))
