"""A mistake planted in the process file is found, by line and rule, with what to do about it."""

from __future__ import annotations

import orjson
import pytest
import yaml
from contracts.process_file import (
    ProcessFault,
    from_json,
    load_process,
    to_json,
    validate_process,
)

from tests.unit.contracts.planted import FILE, MISTAKES, fresh
from tests.unit.contracts.saying import process


def test_the_committed_file_is_right() -> None:
    """The committed process file has no mistake."""
    assert validate_process(FILE.read_text("utf-8"), "disbursement.yaml") == []


@pytest.mark.parametrize("case", MISTAKES)
def test_planted_mistakes_are_found(case: str) -> None:
    """Each mistake planted in the file is told at its place, with its line and a remedy."""
    change, pointer, rule = MISTAKES[case]
    document = fresh()
    change(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    problems = validate_process(text, "p.yaml")
    found = [one for one in problems if (one.pointer, one.rule) == (pointer, rule)]
    assert len(found) == 1, problems
    key = pointer.rpartition("/")[2]
    assert found[0].remedy.endswith((".", "?"))
    assert found[0].line > 0
    line = text.splitlines()[found[0].line - 1]
    assert key in line or rule.endswith("-missing")
    with pytest.raises(ProcessFault) as caught:
        load_process(document)
    assert [(one.pointer, one.rule) for one in caught.value.problems] == [
        (one.pointer, one.rule) for one in problems
    ]


def test_no_opening_fact() -> None:
    """A process that nothing opens is refused."""
    document = fresh()
    for fact in document["facts"].values():
        fact.pop("opens", None)
    problems = validate_process(yaml.safe_dump(document, allow_unicode=True))
    assert ("/facts", "stage-unreachable") in [(one.pointer, one.rule) for one in problems]


def test_a_key_written_twice() -> None:
    """A key written twice is told at its second line, where YAML would silently take the last."""
    text = FILE.read_text("utf-8") + "name: disbursement\n"
    (problem,) = validate_process(text, "p.yaml")
    assert (problem.pointer, problem.rule) == ("/name", "rules-overlap")
    assert problem.line == len(text.splitlines())
    assert str(problem).startswith(f"p.yaml:{problem.line}: /name: rules-overlap: ")


def test_did_you_mean() -> None:
    """A key that is nearly right is told with the right one."""
    document = fresh()
    document["stages"]["paid"]["holdr"] = "nobody"
    (problem,) = validate_process(yaml.safe_dump(document, allow_unicode=True))
    assert problem.remedy == "Nothing runs 'holdr'; take it out. Did you mean \"holder\"?"


@pytest.mark.parametrize(
    ("text", "rule"),
    [("a: [", "yaml-malformed"), ("", "not-a-process"), ("- a", "not-a-process")],
)
def test_what_is_no_process(text: str, rule: str) -> None:
    """A file that is no YAML, or no mapping, is told so."""
    assert [one.rule for one in validate_process(text)] == [rule]


def test_a_process_goes_to_the_database_and_back() -> None:
    """The JSON of a process is the process again, after a database has ordered its keys anew."""
    written = orjson.loads(orjson.dumps(to_json(process()), option=orjson.OPT_SORT_KEYS))
    assert from_json(written) == process()
    assert to_json(from_json(written)) == to_json(process())


def test_a_process_may_be_read_from_values() -> None:
    """A process given as values is the process of its file."""
    assert load_process(fresh(), version=1) == process()
