"""Two tellings of the rules of days and clauses that share no code agree on generated cases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from contracts.agreement import Agreement, Clause
from contracts.calendar import CalendarRules
from contracts.process_file import load_process
from sla.dates import DAY_US
from sla.decide import judge
from sla.model import History, Judgement, Key, Span, stage_rules

from tests.unit.sla.compared import UNREPORTED, Judge, Saying, judged, plainly
from tests.unit.sla.generated import ASSERTS, GOES_BACK, HOLDERS, LEAVES, STAGES, generated
from tests.unit.sla.generated_rules import PAID, WEEKENDS, WORDS
from tests.unit.sla.naive import Told, tell
from tests.unit.sla.naive_days import Telling

CASES = 10_000
CASES_OF_A_FAULT = 200
SHOWN_MAX = 5
SEEN_MIN = 100
CAUGHT_MIN = 10

KINDS = (
    *("open", "met", "missed", "breached", "void", "void past its budget"),
    *(UNREPORTED, "fell back from its stop", "undetermined"),
    *(f"days of {party}" for party in ("unit", "finance", "bank", "payee", "nobody")),
    *("changed in the middle", "changed without one fact", "changed under another calendar"),
)


@pytest.fixture(scope="module")
def compared() -> tuple[list[str], Counter[str]]:
    """Where the tellings differ, and how often each thing came up that they could differ about."""
    differences: list[str] = []
    seen: Counter[str] = Counter()
    for seed in range(CASES):
        case = generated(seed)
        tellings = [plainly(case, view) for view in case.views]
        for view, said in zip(case.views, tellings, strict=True):
            differences += differing(f"case {seed} {view.what}", said, judged(case, view))
            seen.update(kinds(said))
            seen[f"changed {view.what}"] += said != tellings[0]
    return differences, seen


def differing(what: str, said: Saying, other: Saying) -> list[str]:
    """One line for each thing of which the two say different things."""
    return [
        f"{what}: {name} is {said.get(name)} or {other.get(name)}"
        for name in sorted(said.keys() | other.keys())
        if said.get(name) != other.get(name)
    ]


def kinds(said: Saying) -> list[str]:
    """What is remarkable about what was said."""
    found = [f"days of {party}" for party in said["by party"]]
    found += [UNREPORTED for told in said.values() if told == UNREPORTED]
    for told in (told for told in said.values() if isinstance(told, Told)):
        found.append(told.state)
        found += ["void past its budget"] if told.state == "void" and told.breached_us else []
        found += ["fell back from its stop"] if told.left_stop else []
        found += ["undetermined"] if told.silent else []
    return found


def test_both_tellings_agree(compared: tuple[list[str], Counter[str]]) -> None:
    """Ledger and clauses of 10,000 cases come out alike, whatever of a case is known and when."""
    assert [] == compared[0][:SHOWN_MAX]


@pytest.mark.parametrize("kind", KINDS)
def test_the_cases_hold_what_could_go_wrong(
    kind: str, compared: tuple[list[str], Counter[str]]
) -> None:
    """Each state, party and change comes up at least a hundred times among the cases."""
    assert compared[1][kind] >= SEEN_MIN


def test_the_cases_walk_the_process_as_its_file_tells_it() -> None:
    """Stages, holders, and what enters and leaves a stage are those of the process file."""
    process = load_process(Path(__file__).parents[3] / "contracts/processes/disbursement.yaml")
    stages, facts = process.stages, process.facts
    assert stage_rules(process) == STAGES
    assert {code: stages[code].holder for code in HOLDERS} == HOLDERS
    assert {fact: facts[fact].asserts for fact in ASSERTS} == ASSERTS
    assert {name for name, fact in facts.items() if fact.back_from} == GOES_BACK
    assert {code: s.left_by for code, s in stages.items() if s.ends} == {
        code: frozenset(leaving) for code, leaving in LEAVES.items()
    }


def one_day_later(*given: Any) -> Judgement:
    """The judgement of tomorrow."""
    *rest, now_us, calendar = given
    return judge(*rest, now_us + DAY_US, calendar)


def one_day_more(*given: Any) -> Judgement:
    """The judgement by agreements that promise one day more."""
    history, stages, agreements, *rest = given
    return judge(history, stages, tuple(map(promising_more, agreements)), *rest)


def promising_more(agreement: Agreement) -> Agreement:
    """The same agreement with a day more in each budget."""
    clauses = agreement.clauses
    more = [c if c.budget is None else replace(c, budget=c.budget + 1) for c in clauses]
    return replace(agreement, clauses=tuple(more))


def without_the_first_stage(*given: Any) -> Judgement:
    """The judgement of a history whose first entry was lost, where it has more than one."""
    history, *rest = given
    return judge(replace(history, spans=history.spans[1:] or history.spans), *rest)


def without_waiting(*given: Any) -> Judgement:
    """The judgement that waits for no source."""
    history, stages, agreements, calendars, _, *rest = given
    return judge(history, stages, agreements, calendars, (), *rest)


@pytest.mark.parametrize(
    "fault", [one_day_later, one_day_more, without_the_first_stage, without_waiting]
)
def test_a_planted_fault_is_seen(fault: Judge) -> None:
    """An SLA that is a day late, a day generous, forgetful or hasty does not pass."""
    cases = [generated(seed) for seed in range(CASES_OF_A_FAULT)]
    differences = [
        line
        for case in cases
        for view in case.views
        for line in differing(view.what, plainly(case, view), judged(case, view, fault))
    ]
    assert len(differences) >= CAUGHT_MIN


def test_the_second_telling_is_right_where_the_answer_is_known() -> None:
    """Finance has a case from Monday, gives it back Wednesday to Friday, and pays on Tuesday."""
    entries = (
        ("received", "finance", 2),
        ("returned", "unit", 4),
        ("received", "finance", 6),
        ("paid", "nobody", 10),
    )
    spans = [Span(stage, holder, june(day), Key("erp", stage)) for stage, holder, day in entries]
    calendar = CalendarRules("weekends", WORDS, "Asia/Bangkok", WEEKENDS[0])
    telling = Telling(History("case", "disbursement", tuple(spans)), STAGES, calendar, june(20))
    promise = Clause(
        "finance", WORDS, "finance", frozenset({"received"}), None, PAID, budget=3, until=None
    )
    told = Told("missed", 4, june_midnight(10), date(2025, 6, 5), None, june(10), False, ())
    days = [(3, "finance"), (4, "finance"), (5, "unit"), (6, "unit"), (9, "finance")]
    assert [(date(2025, 6, d), who) for d, who in [*days, (10, "finance")]] == telling.ledger()
    assert (date(2025, 6, 2), told) == tell(telling, promise, ())


def june(day: int, hour: int = 10) -> int:
    """An instant in June 2025, when the second is a Monday; the hour is that of Bangkok."""
    at = datetime(2025, 6, day, hour, tzinfo=UTC).timestamp()
    return int(at * 1_000_000) - 7 * 3_600_000_000


def june_midnight(day: int) -> int:
    """The instant at which a date of June 2025 begins in Bangkok."""
    return june(day, 0)
