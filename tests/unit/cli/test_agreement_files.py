"""Preview of agreements and calendars: judged alone, together, and beside this checkout's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tidtam.agreement_files import Kind, kind_of
from tidtam.rules_files import default_files, read_rules

FILES = {file.stem: file for file in default_files()}


def test_each_file_of_this_checkout_is_known_by_its_kind() -> None:
    """The kind is read from the file itself and agrees with the folder it lies in."""
    assert set(Kind) == {kind_of(file.read_text("utf-8")) for file in default_files()}
    assert all(
        kind_of(file.read_text("utf-8")).value == file.parent.name for file in FILES.values()
    )


def test_all_rules_of_this_checkout_hold() -> None:
    """Processes, agreements and calendars have nothing to correct, and each is a rule."""
    rules, problems = read_rules(default_files())
    assert ([file.stem for file in default_files()], []) == ([one.name for one in rules], problems)


def test_one_agreement_is_judged_beside_this_checkout(told: Any) -> None:
    """An agreement given alone finds its process and its calendar where they lie."""
    file = str(FILES["finance-9-days"])
    assert [] == told("config", "preview", "--offline", file)["problems"]


@pytest.mark.parametrize(
    ("stem", "right", "wrong", "pointer", "rule"),
    [
        (
            "finance-9-days",
            "budget: 9",
            "budjet: 9",
            "/clauses/finance/budjet",
            "nothing-runs-this",
        ),
        ("unit-step", "[received]", "[recieved]", "/clauses/unit/stops_on", "stage-unknown"),
        ("unit-step", "thai-government", "lunar", "/calendar", "calendar-unknown"),
        ("weekends-only", "Asia/Bangkok", "Asia/Bankok", "/zone", "zone-unknown"),
    ],
)
def test_a_mistake_is_told_with_file_line_pointer_rule_and_remedy(
    told: Any, tmp_path: Path, stem: str, right: str, wrong: str, pointer: str, rule: str
) -> None:
    """What is wrong alone, and what is wrong beside other files, is found on its line."""
    file = tmp_path / "planted.yaml"
    text = FILES[stem].read_text("utf-8").replace(right, wrong, 1)
    file.write_text(text, "utf-8")
    problem = told("config", "preview", "--offline", str(file), code=1)["problems"][0]
    line = next(n for n, said in enumerate(text.splitlines(), 1) if wrong in said)
    assert (str(file), line, pointer, rule) == (
        problem["file"],
        problem["line"],
        problem["pointer"],
        problem["rule"],
    )
    assert problem["remedy"]
