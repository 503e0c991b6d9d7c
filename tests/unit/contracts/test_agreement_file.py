"""Agreement files: what is committed, what is refused and where, and the way to JSON and back."""

from __future__ import annotations

from datetime import date
from itertools import product

import orjson
import pytest
import yaml
from contracts.agreement import Agreement, Clause, DayUnit, SignOff, When
from contracts.agreement_check import clauses_overlap
from contracts.agreement_file import from_json, load_agreement, to_json, validate_agreement
from contracts.process import Words
from contracts.rule_file import RuleFileFault
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contracts.planted_agreement import MISTAKES, SMALL, Change, again, fresh


@pytest.mark.parametrize("case", MISTAKES)
def test_planted_mistakes_are_found(case: str) -> None:
    """Each mistake planted in an agreement is told at its place, with its line and a remedy."""
    change, pointer, rule = MISTAKES[case]
    document = fresh()
    change(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    problems = validate_agreement(text, "a.yaml")
    found = [one for one in problems if (one.pointer, one.rule) == (pointer, rule)]
    assert 1 == len(found), problems
    assert found[0].remedy.endswith((".", "?"))
    assert "a.yaml" == found[0].file
    assert found[0].line > 0
    with pytest.raises(RuleFileFault) as caught:
        load_agreement(document)
    assert [(one.pointer, one.rule) for one in problems] == [
        (one.pointer, one.rule) for one in caught.value.problems
    ]


def test_a_mistake_is_told_on_its_line() -> None:
    """File, line, place, rule and remedy stand in one line, as compilers write them."""
    text = SMALL.replace("warn_at: 7", "warn_at: 10")
    (problem,) = validate_agreement(text, "a.yaml")
    assert str(problem) == (
        "a.yaml:14: /clauses/pay/warn_at: warning-too-late:"
        " Warn before the budget of 9 is used up, or leave it out."
    )


def test_a_key_that_is_nearly_right_is_told_with_the_right_one() -> None:
    """A misspelt key is never silently without effect."""
    document = fresh()
    document["clauses"]["pay"]["remiders"] = [1]
    (problem,) = validate_agreement(yaml.safe_dump(document, allow_unicode=True))
    assert "Nothing runs 'remiders'; take it out. Did you mean \"reminders\"?" == problem.remedy


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: [", "yaml-malformed"),
        ("", "not-a-mapping"),
        ("- a", "not-a-mapping"),
        (SMALL + "calendar: other\n", "rules-overlap"),
    ],
)
def test_what_is_no_agreement(text: str, rule: str) -> None:
    """A file that is no YAML, no mapping, or says one thing twice, is told so."""
    assert [rule] == [one.rule for one in validate_agreement(text)]


NO_OVERLAP: dict[str, Change] = {
    "another party": again(party="unit"),
    "everyone": again(party="everyone"),
    "a start inside": again(starts_on=["in_process"]),
    "more starts": again(starts_on=["at_unit", "received"]),
    "another stop": again(stops_on=["in_process"]),
    "a date for a start": again(starts_on=[], starts_on_date="due_on"),
}


@pytest.mark.parametrize("case", NO_OVERLAP)
def test_clauses_may_nest(case: str) -> None:
    """Only the same party, start and stop overlap: a clause inside another is taken."""
    document = fresh()
    NO_OVERLAP[case](document)
    assert [] == validate_agreement(yaml.safe_dump(document, allow_unicode=True))


def test_one_party_alone_need_not_sign() -> None:
    """A promise of one party binds only itself, and may stand without a name."""
    document = fresh()
    document["parties"] = ["finance"]
    del document["sign_offs"], document["clauses"]["clear"]
    assert (("finance",), ()) == (
        load_agreement(document).parties,
        load_agreement(document).sign_offs,
    )


def test_a_file_becomes_an_agreement() -> None:
    """Every key of a file arrives in the value."""
    assert load_agreement(fresh(), version=3) == Agreement(
        name="small",
        title=Words("ข้อตกลงทดสอบ", "Test agreement"),
        process="disbursement",
        parties=("unit", "finance"),
        valid_from=date(2026, 1, 1),
        valid_until=None,
        calendar="weekends-only",
        clauses=(
            Clause(
                id="pay",
                title=Words("จ่ายเงิน", "Pay"),
                party="finance",
                starts_on=frozenset({"received"}),
                starts_on_date=None,
                stops_on=frozenset({"paid"}),
                budget=9,
                until=None,
                warn_at=7,
                reminders=(0, 3),
            ),
            Clause(
                id="clear",
                title=Words("ส่งใช้เงินยืม", "Clear"),
                party="unit",
                starts_on=frozenset(),
                starts_on_date="released_on",
                stops_on=frozenset({"received"}),
                budget=None,
                until="due_on",
                unit=DayUnit.CALENDAR_DAYS,
            ),
        ),
        sign_offs=(
            SignOff("unit", "Head of the unit", date(2025, 12, 1)),
            SignOff("finance", "Director", date(2025, 12, 2)),
        ),
        version=3,
    )


codes = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2)
amounts = st.none() | st.integers(0, 4).map(str)


@st.composite
def whens(draw: st.DrawFn) -> When:
    """Conditions as the checks let them pass: bounds in order, a currency only beside them."""
    low, high = draw(amounts), draw(amounts)
    if low is not None and high is not None and int(low) > int(high):
        low, high = high, low
    bounded = (low, high) != (None, None)
    currency = draw(st.sampled_from(["THB", "EUR"])) if bounded else None
    return When(draw(codes), draw(codes), draw(codes), draw(codes), low, high, currency)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
words = st.builds(Words, texts, texts)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
whole = st.integers(0, 20)
clauses = st.builds(
    Clause,
    id=texts,
    title=words,
    party=st.sampled_from(["unit", "finance", "everyone"]),
    starts_on=codes,
    starts_on_date=st.none() | st.just("due_on"),
    stops_on=codes,
    budget=st.none() | whole,
    until=st.none() | st.just("due_on"),
    unit=st.sampled_from(DayUnit),
    when=whens(),
    target_percent=st.none() | whole,
    warn_at=st.none() | whole,
    reminders=st.lists(whole, max_size=3).map(tuple),
)
agreements = st.builds(
    Agreement,
    name=texts,
    title=words,
    process=texts,
    parties=st.lists(texts, max_size=2).map(tuple),
    valid_from=days,
    valid_until=st.none() | days,
    calendar=texts,
    clauses=st.lists(clauses, max_size=2).map(tuple),
    sign_offs=st.lists(st.builds(SignOff, texts, texts, days), max_size=2).map(tuple),
    version=whole,
)


@given(agreements)
def test_an_agreement_goes_to_the_database_and_back(agreement: Agreement) -> None:
    """The JSON of an agreement is the agreement again, whatever order a database gives its keys."""
    written = orjson.loads(orjson.dumps(to_json(agreement), option=orjson.OPT_SORT_KEYS))
    assert agreement == from_json(written)
    assert to_json(agreement) == to_json(from_json(written))


def fits(when: When, case: tuple[str, str, str, str, int, str]) -> bool:
    """Whether *case* (kind, fund, priority, unit, amount, currency) meets *when*, part by part."""
    *said, amount, currency = case
    wanted = (when.kinds, when.funds, when.priorities, when.units)
    return (
        all(not some or code in some for some, code in zip(wanted, said, strict=True))
        and (when.currency is None or when.currency == currency)
        and (when.amount_min is None or int(when.amount_min) <= amount)
        and (when.amount_max is None or amount <= int(when.amount_max))
    )


CASES = [(*said, n, c) for *said, n, c in product(*["abcd"] * 4, range(6), ["THB", "EUR"])]


@given(whens(), whens())
def test_overlap_is_a_case_that_meets_both(one: When, other: When) -> None:
    """Two clauses alike in party, start and stop overlap exactly when some case meets both."""
    first = load_agreement(fresh()).clauses[0]
    mine, yours = (
        Clause(**{**{key: getattr(first, key) for key in first.__slots__}, "when": when})
        for when in (one, other)
    )
    shared = any(fits(one, case) and fits(other, case) for case in CASES)
    assert shared == clauses_overlap(mine, yours)
    assert clauses_overlap(yours, mine) == clauses_overlap(mine, yours)
