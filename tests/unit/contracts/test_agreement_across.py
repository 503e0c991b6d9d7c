"""Agreements beside processes, calendars and each other: what only shows when all lie together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml
from contracts.agreement import Agreement
from contracts.agreement_file import load_agreement, read_agreement, validate_across
from contracts.calendar import CalendarRules
from contracts.calendar_file import load_calendar, read_calendar
from contracts.rule_file import Written
from contracts.rule_text import Problem

from tests.unit.contracts.planted import setting
from tests.unit.contracts.planted_agreement import Change, fresh
from tests.unit.contracts.saying import HOME, process

PAY, CLEAR = "/clauses/pay", "/clauses/clear"


def committed() -> tuple[list[Written[Agreement]], list[Written[CalendarRules]]]:
    """The committed agreements and calendars with their lines."""
    agreements = sorted((HOME / "agreements").glob("*.yaml"))
    calendars = sorted((HOME / "calendars").glob("*.yaml"))
    return (
        [read_agreement(file.read_text("utf-8"), file.name) for file in agreements],
        [read_calendar(file.read_text("utf-8"), file.name) for file in calendars],
    )


def judged(*changes: Change, beside: tuple[Agreement, ...] = ()) -> list[Problem]:
    """What is wrong with the small agreement, changed so, among the committed calendars."""
    document = fresh()
    for change in changes:
        change(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    others = [Written(other, f"{other.name}.yaml") for other in beside]
    return validate_across([process()], [*others, read_agreement(text, "a.yaml")], committed()[1])


def test_the_committed_files_hold_together() -> None:
    """The committed agreements and calendars have no mistake beside the committed process."""
    agreements, calendars = committed()
    assert ["finance-9-days", "joint-end-to-end", "unit-step"] == [
        one.value.name for one in agreements
    ]
    assert [] == validate_across([process()], agreements, calendars)


def test_what_is_committed_is_what_was_promised() -> None:
    """Party, start, stop, days and share of each committed clause."""
    found = {
        f"{one.value.name}#{clause.id}": (
            clause.party,
            sorted(clause.starts_on),
            sorted(clause.stops_on),
            clause.budget,
            clause.target_percent,
        )
        for one in committed()[0]
        for clause in one.value.clauses
    }
    counting = sorted(code for code, stage in process().stages.items() if stage.counts)
    assert {
        "finance-9-days#finance": ("finance", ["received"], ["paid"], 9, 85),
        "finance-9-days#repair": ("finance", ["bounced"], ["paid"], 3, None),
        "unit-step#unit": ("unit", ["at_unit", "returned"], ["received"], 5, None),
        "joint-end-to-end#everyone": ("everyone", counting, ["paid"], 12, None),
    } == found


MISTAKES: dict[str, tuple[Change, str, str]] = {
    "a process nobody wrote": (setting("process", to="loan"), "/process", "process-unknown"),
    "a calendar nobody wrote": (setting("calendar", to="lunar"), "/calendar", "calendar-unknown"),
    "a start nobody knows": (
        setting("clauses", "pay", "starts_on", to=["recieved"]),
        f"{PAY}/starts_on",
        "stage-unknown",
    ),
    "a stop nobody knows": (
        setting("clauses", "clear", "stops_on", to=["payed"]),
        f"{CLEAR}/stops_on",
        "stage-unknown",
    ),
    "a start that ends": (
        setting("clauses", "pay", "starts_on", to=["withdrawn"]),
        f"{PAY}/starts_on",
        "start-ends",
    ),
    "a start by an unknown date": (
        setting("clauses", "clear", "starts_on_date", to="born_on"),
        f"{CLEAR}/starts_on_date",
        "date-field-unknown",
    ),
    "an end by a field that is no date": (
        setting("clauses", "clear", "until", to="fiscal_year"),
        f"{CLEAR}/until",
        "date-field-unknown",
    ),
    "a kind nobody knows": (
        setting("clauses", "pay", "when", to={"kinds": ["travell"]}),
        f"{PAY}/when/kinds",
        "code-unknown",
    ),
    "a priority nobody knows": (
        setting("clauses", "pay", "when", to={"priorities": ["soon"]}),
        f"{PAY}/when/priorities",
        "code-unknown",
    ),
    "a currency nobody pays in": (
        setting("clauses", "pay", "when", to={"amount_min": "1", "currency": "XXX"}),
        f"{PAY}/when/currency",
        "currency-unknown",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_planted_mistakes_are_found(case: str) -> None:
    """Each name that nothing answers to is told at its place, with its line and a remedy."""
    change, pointer, rule = MISTAKES[case]
    (problem,) = judged(change)
    assert (pointer, rule, "a.yaml") == (problem.pointer, problem.rule, problem.file)
    assert problem.line > 0
    assert problem.remedy.endswith((".", "?"))


def test_the_small_agreement_is_right() -> None:
    """What the mistakes are planted in has none."""
    assert [] == judged()


def test_a_name_that_is_nearly_right_is_told_with_the_right_one() -> None:
    """The remedy names what there is, and the nearest of it."""
    (problem,) = judged(setting("calendar", to="weekend-only"))
    assert problem == Problem(
        "a.yaml",
        6,
        "/calendar",
        "calendar-unknown",
        "There is no calendar 'weekend-only'; name one of: thai-government, weekends-only."
        ' Did you mean "weekends-only"?',
    )


def test_a_fund_may_be_any() -> None:
    """A process without a list of funds cannot say that one is unknown."""
    assert [] == judged(setting("clauses", "pay", "when", to={"funds": ["revenue"]}))


def bank(document: dict[str, Any]) -> None:
    """Plant: the bank, which holds no stage of this process, promises to pay."""
    document["parties"] = ["unit", "bank"]
    document["sign_offs"][1]["party"] = document["clauses"]["pay"]["party"] = "bank"


def test_a_party_that_never_holds_a_case_is_refused() -> None:
    """Such a clause would be met for ever: no day is ever charged to its party."""
    (problem,) = judged(bank)
    assert (f"{PAY}/party", "party-unknown") == (problem.pointer, problem.rule)


@pytest.mark.parametrize("starts", ["2024-12-31", "2028-01-01"])
def test_an_agreement_begins_where_its_calendar_knows_the_days(starts: str) -> None:
    """Before and after what the calendar covers, holidays would be charged as working days."""
    (problem,) = judged(setting("calendar", to="thai-government"), setting("valid_from", to=starts))
    assert ("/valid_from", "calendar-too-short") == (problem.pointer, problem.rule)


def test_two_agreements_may_not_ask_the_same_at_one_time() -> None:
    """The later file is refused at its clause, with the name of the other."""
    finance = load_agreement(HOME / "agreements" / "finance-9-days.yaml")
    (problem,) = judged(beside=(finance,))
    assert (PAY, "clauses-overlap") == (problem.pointer, problem.rule)
    assert problem.remedy.startswith("'finance-9-days#finance' has the same party, start and stop")


@pytest.mark.parametrize(
    ("valid_until", "rules"),
    [
        (None, ["clauses-overlap"]),
        (date(2026, 1, 1), ["clauses-overlap"]),
        (date(2025, 12, 31), []),
    ],
)
def test_one_agreement_may_follow_another(valid_until: date | None, rules: list[str]) -> None:
    """Both ends of validity are included: the other must end the day before this one begins."""
    finance = load_agreement(HOME / "agreements" / "finance-9-days.yaml")
    earlier = replace(finance, valid_until=valid_until)
    assert rules == [problem.rule for problem in judged(beside=(earlier,))]


def test_agreements_of_different_processes_never_overlap() -> None:
    """The same words in another process are about other cases."""
    other = replace(load_agreement(fresh()), name="other", process="advance")
    found = judged(beside=(other,))
    assert [("other.yaml", 0, "process-unknown")] == [
        (problem.file, problem.line, problem.rule) for problem in found
    ]


def test_one_name_is_given_once() -> None:
    """Two agreements or two calendars of one name are refused at the second file."""
    agreements, calendars = committed()
    weekends = load_calendar(HOME / "calendars" / "weekends-only.yaml")
    step = agreements[2].value
    later = replace(step, valid_from=date(2027, 1, 1))
    ended = Written(replace(step, valid_until=date(2026, 12, 31)), "unit-step.yaml")
    found = validate_across(
        [process()],
        [ended, Written(later, "again.yaml", {"": 1, "/name": 3})],
        [*calendars, Written(weekends, "twin.yaml")],
    )
    assert [("twin.yaml", 0, "/name", "name-taken"), ("again.yaml", 3, "/name", "name-taken")] == [
        problem[:4] for problem in found
    ]
