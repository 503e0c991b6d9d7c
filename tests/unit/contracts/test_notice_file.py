"""Notice files: what is committed, what is refused and where, and the way to JSON and back."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import orjson
import pytest
import yaml
from contracts.agreement import Agreement
from contracts.agreement_file import load_agreement
from contracts.calendar import CalendarRules
from contracts.calendar_file import load_calendar
from contracts.notice import (
    FORMATS,
    LANGUAGES,
    PEOPLE,
    SPECIAL,
    Channel,
    NoticeRules,
    RecipientKind,
    Sending,
    SendingDays,
)
from contracts.notice_fields import EVERYTHING, sample
from contracts.notice_file import (
    from_json,
    load_notices,
    problems_in,
    read_notices,
    to_json,
    validate_notices,
    validate_notices_across,
)
from contracts.notice_templates import Templates, lines_kept, tidied
from contracts.rule_file import RuleFileFault, Written
from contracts.rule_text import Problem

from tests.unit.contracts.planted_notice import (
    ACROSS,
    ALONE,
    FILE,
    fresh,
    only,
    templates,
)
from tests.unit.contracts.planted_template import TEMPLATES
from tests.unit.contracts.saying import HOME, process


def agreements() -> list[Agreement]:
    """The committed agreements."""
    return [load_agreement(file) for file in sorted((HOME / "agreements").glob("*.yaml"))]


def calendars() -> list[CalendarRules]:
    """The committed calendars."""
    return [load_calendar(file) for file in sorted((HOME / "calendars").glob("*.yaml"))]


@cache
def committed() -> NoticeRules:
    """The committed rules with their templates."""
    return load_notices(FILE)


def written(document: dict[str, Any]) -> str:
    """*document* as the text of a file."""
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def places(problems: list[Problem]) -> list[tuple[str, str]]:
    """Pointer and rule of each."""
    return [(one.pointer, one.rule) for one in problems]


def test_the_committed_rules_hold() -> None:
    """They are right alone and beside the other committed rules, and no template lies unused."""
    rules = committed()
    one = Written(rules, str(FILE))
    found = validate_notices_across([process()], agreements(), calendars(), [one], templates())
    assert [] == found
    assert (
        Sending("thai-government", SendingDays.ALL, 480, 1200) == rules.sending[RecipientKind.PAYEE]
    )
    assert {
        "received", "paid", "bounced", "bounced-at-bank", "cancelled", "withdrawn", "reopened",
        "delayed", "late",
    } == {rule.name for rule in rules.rules if rule.to is RecipientKind.PAYEE}  # fmt: skip
    machines = [rule for rule in rules.rules if rule.to is RecipientKind.SOURCE]
    assert {(Channel.WEBHOOK,)} == {rule.channels for rule in machines}
    people = [rule for rule in rules.rules if rule not in machines]
    assert all(Channel.INBOX in rule.channels for rule in people)


def test_every_rule_has_its_words_in_each_language_and_format() -> None:
    """The templates that go with the rules are those of the rules, the special ones and parts."""
    rules = committed()
    names = {path for path in rules.templates if "/_" not in path}
    assert names == {
        f"{language}/{name}.{format}"
        for language in LANGUAGES
        for format in FORMATS
        for name in (*(rule.name for rule in rules.rules if rule.to in PEOPLE), *SPECIAL)
    }


def test_rules_survive_the_database() -> None:
    """To JSON, through bytes and back gives equal rules, templates included."""
    rules = replace(committed(), version=3)
    assert rules == from_json(orjson.loads(orjson.dumps(to_json(rules))))


@pytest.mark.parametrize("case", ALONE)
def test_planted_mistakes_are_found(case: str) -> None:
    """Each mistake in a rule is told at its place, with its line and a remedy."""
    change, pointer, rule = ALONE[case]
    document = fresh()
    change(document)
    problems = validate_notices(written(document), "n.yaml")
    found = [one for one in problems if (one.pointer, one.rule) == (pointer, rule)]
    assert 1 == len(found), problems
    assert found[0].remedy.endswith((".", "?"))
    assert ("n.yaml", True) == (found[0].file, found[0].line > 0)
    assert places(problems) == places(problems_in(document))


@pytest.mark.parametrize("case", ACROSS)
def test_mistakes_beside_other_rules_are_found(case: str) -> None:
    """Mistakes that show only beside process, agreements and calendars are told at their place."""
    change, pointer, rule = ACROSS[case]
    document = fresh()
    change(document)
    only(document, pointer.split("/")[2] if pointer.startswith("/rules") else "paid")
    rules = read_notices(written(document), "n.yaml", templates())
    problems = validate_notices_across([process()], agreements(), calendars(), [rules])
    assert [(pointer, rule)] == places(problems)
    assert problems[0].line > 0


@pytest.mark.parametrize("case", TEMPLATES)
def test_mistakes_in_templates_are_found(case: str) -> None:
    """Each is told in the template's own file and line, before the rules can come into force."""
    path, there, planted, line, rule = TEMPLATES[case]
    texts = templates()
    assert there in texts[path]
    before = texts[path].index(there)
    texts[path] = texts[path].replace(there, planted, 1)
    name = path.split("/")[1].partition(".")[0]
    text = written(only(fresh(), "paid" if name.startswith("_") else name))
    problems = validate_notices(text, "contracts/notices/n.yaml", texts)
    assert {f"contracts/notices/templates/{path}"} == {one.file for one in problems}
    assert rule in {one.rule for one in problems}
    wanted = line or texts[path][:before].count("\n") + 1
    if rule != "template-malformed":
        assert wanted in {one.line for one in problems}
    with pytest.raises(RuleFileFault):
        read_notices(text, "n.yaml", texts)


def test_a_field_that_is_nearly_right_is_told_with_the_right_one() -> None:
    """A misspelt field is refused with the name that was meant."""
    texts = templates()
    texts["th/paid.txt"] = texts["th/paid.txt"].replace("{{ amount }}", "{{ amout }}")
    (problem,) = validate_notices(written(only(fresh(), "paid")), "notices/n.yaml", texts)
    assert (
        "notices/templates/th/paid.txt:15: /: field-unknown: No field is called 'amout';"
        ' take it out or correct it. Did you mean "amount"?'
    ) == str(problem)


def test_a_template_that_is_missing_is_told_at_its_rule() -> None:
    """Every rule speaks each language in each format."""
    texts = templates()
    del texts["en/paid.html"]
    (problem,) = validate_notices(written(only(fresh(), "paid")), "n.yaml", texts)
    assert ("/rules/paid", "template-missing", "n.yaml") == (
        problem.pointer,
        problem.rule,
        problem.file,
    )


def test_a_template_without_subject_is_refused() -> None:
    """The first line is the subject, whatever the fields hold."""
    texts = templates()
    texts["en/paid.txt"] = "{{ amount }}\n\nPaid.\n"
    assert ["template-fails"] == [
        one.rule for one in validate_notices(written(only(fresh(), "paid")), "n.yaml", texts)
    ]


def test_a_template_nobody_uses_is_told() -> None:
    """It would be edited in vain."""
    rules = Written(committed(), "notices/n.yaml")
    texts = {**templates(), "th/payd.txt": "x"}
    (problem,) = validate_notices_across([process()], agreements(), calendars(), [rules], texts)
    assert (
        "notices/templates/th/payd.txt:1: /: nothing-runs-this: No rule is called 'payd';"
        ' take the template out. Did you mean "paid"?'
    ) == str(problem)


def test_a_desk_that_no_list_has_is_told() -> None:
    """Where there is a list of offices, a rule tells only desks that stand in one."""
    rules = read_notices(written(only(fresh(), "overdue-head")), "n.yaml", templates())
    beside = ([process()], agreements(), calendars(), [rules])
    assert [] == validate_notices_across(*beside)
    assert [] == validate_notices_across(*beside, desks=["finance-head"])
    (problem,) = validate_notices_across(*beside, desks=["finance-heads"])
    assert ("/rules/overdue-head/desk", "desk-unknown") == (problem.pointer, problem.rule)
    assert 'Did you mean "finance-heads"?' in problem.remedy


def test_two_files_of_one_name_are_told() -> None:
    """A name leads to one set of rules."""
    one = Written(committed(), "a.yaml")
    other = Written(committed(), "b.yaml")
    problems = validate_notices_across([process()], agreements(), calendars(), [one, other])
    assert [("b.yaml", "name-taken")] == [(found.file, found.rule) for found in problems]


@pytest.mark.parametrize(("text", "rule"), [("a: [", "yaml-malformed"), ("", "not-a-mapping")])
def test_what_is_no_notice_file(text: str, rule: str) -> None:
    """A file that is no YAML or no mapping is told so."""
    assert [rule] == [one.rule for one in validate_notices(text)]


def test_lines_of_a_template_are_lines_of_the_message() -> None:
    """A line that ends with a tag stays a line; one of nothing but tags leaves none."""
    template = "Subject\n\n{% if a %}\none{% if b %} and two{% endif %}\n{% endif %}\nthree\n"
    texts = {"th/x.txt": template, "th/x.html": "<p>"}
    made = Templates(texts).render("th", "x", {"a": "1", "b": ""})
    assert ("Subject", "one\nthree\n") == (made.subject, made.text)
    assert lines_kept(None) is None


def test_what_is_left_out_leaves_no_gap() -> None:
    """Any number of blank lines becomes one; the text ends with one line end."""
    assert "a\n\nb\n" == tidied("\n\na\r\n \n\n\nb\n\n\n")


def test_html_cannot_be_broken_by_a_value() -> None:
    """Values in HTML are escaped, in plain text they stand as they are."""
    texts = {"th/x.txt": "S\n\n{{ a }}", "th/x.html": "<p>{{ a }}</p>"}
    made = Templates(texts).render("th", "x", {"a": "<b>&"})
    assert ("<b>&\n", "<p>&lt;b&gt;&amp;</p>\n") == (made.text, made.html)


def test_a_sample_has_every_field() -> None:
    """What templates are tried with: two rows in each list, or none."""
    full, empty = sample(EVERYTHING, "1"), sample(EVERYTHING, "")
    assert full.keys() == empty.keys() == EVERYTHING.keys()
    assert (2, 0) == (len(full["lines"]), len(empty["lines"]))
