"""Mapping files: what activities of a log mean, and what is told of a file that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contracts.mapping import MappingFault, Spoken, load_mapping, step_code

from tests.unit.contracts.saying import HOME, process

GOOD: dict[str, Any] = {
    "process": "disbursement",
    "zone": "Europe/Amsterdam",
    "calendar": "weekends-only",
    "currency": "EUR",
    "activities": [
        {"match": "Claim SENT*", "fact": "submitted", "role": "unit"},
        {"match": "Claim OK by *", "fact": "approved", "role": "unit", "step": "*"},
        {"match": "Claim *ED by *", "fact": "returned", "role": "unit"},
        {"match": "Paid (by bank)", "fact": "transferred", "role": "finance"},
    ],
}

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown zone": ({"zone": "Mars/Base"}, "/zone"),
    "an unknown key": ({"zoen": "UTC"}, "/zoen: nothing reads this key. Did you mean"),
    "another process": ({"process": "advance"}, "/process: this mapping is for advance"),
    "an unknown currency": ({"currency": "BAT"}, "/currency: the process does not know BAT."),
    "no activities": ({"activities": []}, "/activities"),
    "an unknown fact": (
        {"activities": [{"match": "x", "fact": "payed", "role": "finance"}]},
        "/activities/0/fact: no fact 'payed'.",
    ),
    "an unknown role": (
        {"activities": [{"match": "x", "fact": "submitted", "role": "boss"}]},
        "/activities/0/role",
    ),
    "a role that may not say it": (
        {"activities": [{"match": "x", "fact": "received", "role": "unit"}]},
        "/activities/0/role: received is said by finance, officer.",
    ),
}


@pytest.mark.parametrize("name", ["RequestForPayment", "PrepaidTravelCost", "Declarations"])
def test_committed_mappings(name: str) -> None:
    """Each committed mapping is for the disbursement process and has no mistake."""
    mapping = load_mapping(HOME / "mappings" / f"{name}.yaml", process())
    assert (mapping.process, mapping.zone, len(mapping.activities)) == (
        "disbursement",
        "Europe/Amsterdam",
        8,
    )


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_told(case: str) -> None:
    """Each mistake in a mapping file is told with its place."""
    change, told = MISTAKES[case]
    with pytest.raises(MappingFault) as caught:
        load_mapping({**GOOD, **change}, process())
    assert told in str(caught.value)


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    """A mapping file that is no YAML is told by its name."""
    path = tmp_path / "broken.yaml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(MappingFault, match=r"broken\.yaml: not YAML"):
        load_mapping(path, process())


@pytest.mark.parametrize(
    ("activity", "fact", "step"),
    [
        ("Claim SENT", "submitted", None),
        ("Claim SENT by EMPLOYEE", "submitted", None),
        ("Claim OK by BUDGET OWNER", "approved", "budget-owner"),
        ("Claim REJECTED by MISSING", "returned", None),
        ("Paid (by bank)", "transferred", None),
    ],
)
def test_the_first_match_wins(activity: str, fact: str, step: str | None) -> None:
    """* is any text, all else is itself, and the first entry that matches speaks."""
    mapping = load_mapping(GOOD, process())
    found = Spoken(mapping.activities).meaning(activity)
    assert found is not None
    assert (found[0].fact, found[1]) == (fact, step)


@pytest.mark.parametrize("activity", ["", "claim SENT", "Paid xby bankx", "x Claim SENT"])
def test_what_matches_nothing(activity: str) -> None:
    """An activity no entry matches means nothing."""
    mapping = load_mapping(GOOD, process())
    assert Spoken(mapping.activities).meaning(activity) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("PRE_APPROVER", "pre-approver"), (" Budget  Owner ", "budget-owner"), ("!", None)],
)
def test_steps_become_codes(text: str, code: str | None) -> None:
    """A step the log names in words gets a code."""
    assert step_code(text) == code
