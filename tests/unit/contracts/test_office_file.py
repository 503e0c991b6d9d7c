"""Lists of offices: what is committed, what is refused and where, and the way to JSON and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
import yaml
from contracts.notice import Channel, RecipientKind
from contracts.notice_file import load_notices
from contracts.office import Office, Offices, from_json, to_json
from contracts.office_check import problems_in
from contracts.office_file import (
    desks_of,
    load_offices,
    read_offices,
    validate_offices,
    validate_offices_across,
)
from contracts.process import Words
from contracts.rule_file import RuleFileFault, Written
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contracts.planted import setting, without
from tests.unit.contracts.saying import HOME

FILE = HOME / "offices" / "university.yaml"
NOTICES = load_notices(HOME / "notices" / "disbursement.yaml")
SMALL = """\
name: small
zone: Asia/Bangkok
offices:
  - name: science
    title: {th: งานคลังคณะวิทยาศาสตร์, en: Science finance}
    units: [science, biology]
    officers: ["unit:science"]
    contact: {th: คุณสมมติ, en: Khun Sommut}
    telephone: 02 000 2101
    hours: {th: วันทำการ, en: Working days}
    email: science@example.org
    channels: [email, inbox]
    valid_from: 2026-01-01
    valid_until: 2026-06-30
  - name: science
    title: {th: งานคลังคณะวิทยาศาสตร์, en: Science finance}
    units: [science, biology]
    email: new@example.org
    language: en
    digest: no
    valid_from: 2026-07-01
  - name: head
    title: {th: หัวหน้างานเบิกจ่าย, en: Head of payments}
    desks: [finance-head]
    line: U0123456789abcdef0123456789abcdef
    valid_from: 2026-01-01
"""


def fresh() -> dict[str, Any]:
    """The small list as values that may be changed."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(yaml.safe_load(SMALL)))
    return document


def office(place: int, key: str, *value: Any) -> Callable[[dict[str, Any]], None]:
    """Plant: set *key* of one office, or take it out."""

    def change(document: dict[str, Any]) -> None:
        (setting(key, to=value[0]) if value else without(key))(document["offices"][place])

    return change


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "no such zone": (setting("zone", to="Asia/Siam"), "/zone", "zone-unknown"),
    "no office": (setting("offices", to=[]), "/offices", "value-malformed"),
    "offices left out": (without("offices"), "/offices", "office-missing"),
    "for nobody": (office(2, "desks"), "/offices/2", "role-missing"),
    "a unit twice": (office(0, "units", ["a", "a"]), "/offices/0/units/1", "listed-twice"),
    "a place that is none": (
        office(0, "officers", ["finanse"]),
        "/offices/0/officers/0",
        "place-unknown",
    ),
    "officers of no unit": (
        office(0, "officers", ["unit:"]),
        "/offices/0/officers/0",
        "place-unknown",
    ),
    "an end before the beginning": (
        office(0, "valid_until", "2025-12-31"),
        "/offices/0/valid_until",
        "dates-reversed",
    ),
    "two at a time": (
        office(0, "valid_until", "2026-07-01"),
        "/offices/1/units/0",
        "office-twice",
    ),
    "a unit of two offices": (
        office(2, "units", ["biology"]),
        "/offices/2/units/0",
        "office-twice",
    ),
    "a name twice at a time": (office(2, "name", "science"), "/offices/2/name", "office-twice"),
    "no real address": (office(0, "email", "science"), "/offices/0/email", "address-malformed"),
    "no LINE id": (office(2, "line", "@science"), "/offices/2/line", "address-malformed"),
    "an address nothing goes to": (
        office(0, "channels", ["inbox"]),
        "/offices/0/email",
        "nothing-runs-this",
    ),
    "a channel without its address": (
        office(0, "channels", ["email", "line"]),
        "/offices/0/line",
        "address-missing",
    ),
    "an unknown channel": (
        office(0, "channels", ["email", "fax"]),
        "/offices/0/channels/1",
        "value-malformed",
    ),
    "no telephone number": (
        office(0, "telephone", "ask the porter"),
        "/offices/0/telephone",
        "telephone-malformed",
    ),
    "a Buddhist-era year": (
        office(0, "valid_from", "2569-01-01"),
        "/offices/0/valid_from",
        "date-buddhist-era",
    ),
    "no first date": (office(0, "valid_from"), "/offices/0/valid_from", "date-missing"),
    "a title without Thai": (
        office(0, "title", {"th": "Science", "en": "Science"}),
        "/offices/0/title/th",
        "title-not-thai",
    ),
    "a knob nothing runs": (office(0, "fax", "02"), "/offices/0/fax", "nothing-runs-this"),
    "another language": (office(0, "language", "fr"), "/offices/0/language", "value-malformed"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_planted_mistakes_are_found(case: str) -> None:
    """Each mistake is told at its place, with its line and a remedy; the file is not taken."""
    change, pointer, rule = MISTAKES[case]
    document = fresh()
    change(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    problems = validate_offices(text, "o.yaml")
    found = [one for one in problems if (one.pointer, one.rule) == (pointer, rule)]
    assert 1 == len(found), problems
    assert found[0].remedy.endswith((".", "?"))
    assert ("o.yaml", True) == (found[0].file, found[0].line > 0)
    assert [one[2:] for one in problems] == [one[2:] for one in problems_in(document)]
    with pytest.raises(RuleFileFault):
        read_offices(text, "o.yaml")


def test_the_committed_list_holds() -> None:
    """It is right alone and beside the committed notice rules, and has every desk they tell."""
    listed = Written(load_offices(FILE), str(FILE))
    assert [] == validate_offices_across([listed], [NOTICES])
    told = {rule.desk for rule in NOTICES.rules if rule.desk is not None}
    assert told == set(desks_of([listed.value]))


def test_an_office_is_a_row_for_each_whom_it_stands_for() -> None:
    """Units, officers and desks each find the same address; channels left out are off."""
    rows = read_offices(SMALL, "o.yaml").value.offices
    first = Office(
        kind=RecipientKind.UNIT_OFFICE,
        id="science",
        email="science@example.org",
        language="th",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 6, 30),
        off=frozenset({Channel.LINE, Channel.WEBHOOK}),
        office="science",
        title=Words("งานคลังคณะวิทยาศาสตร์", "Science finance"),
        contact=Words("คุณสมมติ", "Khun Sommut"),
        telephone="02 000 2101",
        hours=Words("วันทำการ", "Working days"),
    )
    officer = replace(first, kind=RecipientKind.OFFICER, id="unit:science")
    assert (first, replace(first, id="biology"), officer) == rows[:3]
    assert (False, "en", frozenset()) == (rows[3].digest, rows[3].language, rows[3].off)
    assert (None, "U0123456789abcdef0123456789abcdef") == (rows[5].email, rows[5].line)


def test_lists_survive_the_database() -> None:
    """To JSON, through bytes and back gives an equal list; one written before is read too."""
    listed = load_offices(FILE)
    assert listed == from_json(orjson.loads(orjson.dumps(to_json(listed))))
    row = {"kind": "desk", "id": "a", "email": "a@b.example", "valid_from": "2026-01-01"}
    older = {"name": "o", "zone": "Asia/Bangkok", "offices": [row]}
    read = Office(RecipientKind.DESK, "a", "a@b.example", "th", date(2026, 1, 1))
    assert Offices("o", "Asia/Bangkok", (read,)) == from_json(older)


def across(*changes: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    """What is wrong with the small list, changed, beside the committed notice rules."""
    document = fresh()
    for change in changes:
        change(document)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    problems = validate_offices_across([read_offices(text, "o.yaml")], [NOTICES])
    assert all(one.line > 0 for one in problems)
    return [(one.pointer, one.rule) for one in problems]


def test_mistakes_beside_the_notice_rules() -> None:
    """A desk nobody tells, and a digest for whom the rules have no time, are told."""
    assert [] == across()
    assert [("/offices/2", "desk-unknown")] == across(office(2, "desks", ["finance-heads"]))
    officers = (office(2, "desks"), office(2, "officers", ["bank"]), office(2, "digest", True))
    assert [("/offices/2", "digest-time-missing")] == across(*officers)


def test_no_digest_needs_hours() -> None:
    """Where the rules know only digests for a kind, an office cannot do without."""
    kind = RecipientKind.UNIT_OFFICE
    only = replace(NOTICES.sending[kind], opens=None, closes=None)
    rules = replace(NOTICES, sending={**NOTICES.sending, kind: only})
    problems = validate_offices_across([read_offices(SMALL, "o.yaml")], [rules])
    assert [("/offices/1", "window-missing")] == [(one.pointer, one.rule) for one in problems]


def test_two_lists_do_not_stand_for_one_unit() -> None:
    """Which of two addresses is told would be chance; two lists of one name are told too."""
    one, other = read_offices(SMALL, "a.yaml"), read_offices(SMALL, "b.yaml")
    problems = validate_offices_across([one, other], [NOTICES])
    assert {"b.yaml"} == {problem.file for problem in problems}
    assert "name-taken" == problems[0].rule
    assert {"office-twice"} == {problem.rule for problem in problems[1:]}
    assert {"/offices/0", "/offices/1", "/offices/2"} == {one.pointer for one in problems[1:]}


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 31))


@given(DAYS, DAYS, DAYS, DAYS)
def test_one_address_a_day_or_refused(a: date, b: date, c: date, d: date) -> None:
    """Two periods of one unit are refused exactly where a day lies in both."""
    (a, b), (c, d) = sorted((a, b)), sorted((c, d))
    document = fresh()
    document["offices"] = document["offices"][:2]
    for one, (first, last) in zip(document["offices"], ((a, b), (c, d)), strict=True):
        one.update(valid_from=first.isoformat(), valid_until=last.isoformat())
    refused = any(one.rule == "office-twice" for one in problems_in(document))
    assert refused == (max(a, c) <= min(b, d))
