"""`tidtam config`: which rules go to which service, against small real HTTP servers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tidtam.agreement_files import Kind
from tidtam.rules_files import files_of, read_rules

from tests.unit.cli.loopback import Told, serving

AGREEMENTS = {file.stem: 1 for file in files_of(Kind.AGREEMENT)}
CALENDARS = {file.stem: 1 for file in files_of(Kind.CALENDAR)}
PROCESSES = {file.stem: 1 for file in files_of(Kind.PROCESS)}
NAMES = ("intake", "status", "sla")


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Told]]:
    """The three services, which know no rules yet and take what they are given."""
    with ExitStack() as stack:
        told = {name: stack.enter_context(serving()) for name in NAMES}
        for name, one in told.items():
            monkeypatch.setenv(f"TIDTAM_{name.upper()}_URL", one.url)
            nothing = {"processes": [], "calendars": [], "agreements": []}
            one.answers["GET /ops/config"] = 200, nothing if name == "sla" else {"processes": []}
            one.answers["PUT /ops/config"] = 200, {"applied": PROCESSES}
        kinds = {"processes": PROCESSES, "calendars": CALENDARS, "agreements": AGREEMENTS}
        told["sla"].answers["PUT /ops/config"] = 200, {"applied": kinds}
        monkeypatch.setenv("TIDTAM_OPERATOR_TOKEN", "operator")
        yield told


def given(one: Told) -> dict[str, list[str]]:
    """The names a service was given, by kind."""
    ((asked, body),) = one.asked
    assert "PUT /ops/config" == asked
    return {kind: [rule["name"] for rule in rules] for kind, rules in body.items()}


def test_each_service_gets_its_own_rules(chain: dict[str, Told], told: Any) -> None:
    """Processes go everywhere, calendars and agreements to sla alone, all in one request."""
    applied = told("config", "apply")
    assert dict.fromkeys(NAMES, PROCESSES) == applied["applied"]
    assert {"sla": CALENDARS} == applied["calendars"]
    assert {"sla": AGREEMENTS} == applied["agreements"]
    assert {"processes": [*PROCESSES]} == given(chain["intake"]) == given(chain["status"])
    kinds = {"processes": PROCESSES, "calendars": CALENDARS, "agreements": AGREEMENTS}
    assert {kind: [*names] for kind, names in kinds.items()} == given(chain["sla"])


def test_the_end_of_the_chain_is_told_first(chain: dict[str, Told], call: Any) -> None:
    """Where sla refuses, neither status nor intake has been asked: nothing new comes in."""
    chain["sla"].answers["PUT /ops/config"] = 422, {"error": "no"}
    assert "sla refuses (HTTP 422): no" in call("config", "apply", code=1).stderr
    assert [[], []] == [chain[name].asked for name in ("intake", "status")]


def test_an_agreement_alone_goes_to_sla_alone(chain: dict[str, Told], told: Any) -> None:
    """Services that own none of the files given are not asked."""
    file = next(one for one in files_of(Kind.AGREEMENT) if one.stem == "unit-step")
    told("config", "apply", str(file))
    assert [] == chain["intake"].asked == chain["status"].asked
    assert {"processes": [], "calendars": [], "agreements": ["unit-step"]} == given(chain["sla"])


def test_preview_tells_each_kind_by_service(chain: dict[str, Told], told: Any, call: Any) -> None:
    """A version in force that says the same is told from one that would be replaced."""
    rules = {one.name: one for one in read_rules(files_of(Kind.AGREEMENT))[0]}
    rows = [
        {"name": "unit-step", "version": 1, "sha256": "older"},
        {"name": "unit-step", "version": 2, "sha256": rules["unit-step"].sha256},
        {"name": "finance-9-days", "version": 1, "sha256": "other"},
    ]
    known = {"processes": [], "calendars": [], "agreements": rows}
    chain["sla"].answers["GET /ops/config"] = 200, known
    previewed = told("config", "preview")
    first = {"in_force": None, "would_be": 1, "same": None}
    assert {name: dict.fromkeys(PROCESSES, first) for name in NAMES} == previewed["services"]
    assert {"sla": dict.fromkeys(CALENDARS, first)} == previewed["calendars"]
    assert {
        "sla": {
            "finance-9-days": {"in_force": 1, "would_be": 2, "same": False},
            "joint-end-to-end": first,
            "unit-step": {"in_force": 2, "would_be": 2, "same": True},
        }
    } == previewed["agreements"]
    printed = call("config", "preview").stdout
    assert "3 agreements, 1 set of notices, 1 list of offices." in printed
    assert "sla     agreement unit-step: version 2 is in force and says the same" in printed
    assert "intake  process disbursement: version 1 would come into force, the first" in printed


def test_files_are_told_by_their_kind(told: Any) -> None:
    """For programs each file stands with its name under the word for its kind."""
    files = told("config", "preview", "--offline")["files"]
    assert ["disbursement"] == [one["process"] for one in files if "process" in one]
    assert [*CALENDARS] == [one["calendar"] for one in files if "calendar" in one]
    assert [*AGREEMENTS] == [one["agreement"] for one in files if "agreement" in one]


def test_without_sla_calendars_and_agreements_are_only_judged(
    chain: dict[str, Told], call: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Intake and status work without sla, and what went nowhere is said."""
    monkeypatch.delenv("TIDTAM_SLA_URL")
    applied = told("config", "apply")
    assert dict.fromkeys(NAMES[:2], PROCESSES) == applied["applied"]
    assert {} == applied["agreements"] == applied["calendars"]
    for word in ("preview", "apply"):
        assert "5 calendars and agreements are only judged" in call("config", word).stderr
    assert [] == chain["sla"].asked


def test_an_agreement_is_judged_beside_the_others_of_this_checkout(
    told: Any, tmp_path: Path
) -> None:
    """The same promise under another name overlaps the one that is there, and is told alone."""
    file = tmp_path / "again.yaml"
    source = next(one for one in files_of(Kind.AGREEMENT) if one.stem == "unit-step")
    file.write_text(source.read_text("utf-8").replace("name: unit-step", "name: again", 1), "utf-8")
    problems = told("config", "preview", "--offline", str(file), code=1)["problems"]
    assert [(str(file), "/clauses/unit")] == [(one["file"], one["pointer"]) for one in problems]


def test_a_process_is_judged_beside_what_names_its_stages(told: Any, tmp_path: Path) -> None:
    """A file given takes the place of the one of its name when others are judged beside it."""
    process = tmp_path / "process.yaml"
    process.write_text(files_of(Kind.PROCESS)[0].read_text("utf-8"), "utf-8")
    agreements = [str(file) for file in files_of(Kind.AGREEMENT)]
    assert [] == told("config", "preview", "--offline", str(process), *agreements)["problems"]


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch, chain: dict[str, Told]) -> Iterator[Told]:
    """A notify at the end of the chain that takes what it is given."""
    with serving() as one:
        monkeypatch.setenv("TIDTAM_NOTIFY_URL", one.url)
        kinds = {"processes": PROCESSES, "calendars": CALENDARS}
        rules = {"notices": {"disbursement": 1}, "offices": {"university": None}}
        one.answers["PUT /ops/config"] = 200, {"applied": {**kinds, **rules}}
        nothing: dict[str, Any] = {"processes": [], "calendars": [], "notices": [], "offices": []}
        one.answers["GET /ops/config"] = 200, nothing
        assert chain
        yield one


def test_notify_gets_notices_and_offices(notify: Told, told: Any, call: Any) -> None:
    """Notice rules with their templates and lists of offices go to notify, and nowhere else."""
    previewed = told("config", "preview")
    first = {"in_force": None, "would_be": 1, "same": None}
    assert {"notify": {"disbursement": first}} == previewed["notices"]
    assert {"notify": {"university": first}} == previewed["offices"]
    notify.asked.clear()
    applied = told("config", "apply")
    assert {"notify": {"university": None}} == applied["offices"]
    ((_, body),) = notify.asked
    assert {"processes", "calendars", "notices", "offices"} == body.keys()
    assert "th/paid.txt" in body["notices"][0]["templates"]
    assert "notify  list of offices university: unchanged" in call("config", "apply").stdout


def test_a_list_of_offices_alone_goes_to_notify_alone(
    notify: Told, chain: dict[str, Told], told: Any
) -> None:
    """Where an office has moved only its list is applied; it is judged beside the notice rules."""
    told("config", "apply", str(files_of(Kind.OFFICES)[0]))
    assert {"offices": ["university"]} == {
        kind: [rule["name"] for rule in rules]
        for kind, rules in notify.asked[0][1].items()
        if rules
    }
    assert [] == chain["sla"].asked == chain["intake"].asked


@pytest.mark.parametrize(
    ("kind", "right", "wrong", "pointer", "rule"),
    [
        (Kind.OFFICES, "[finance-head]", "[finance-haed]", "/offices/5", "desk-unknown"),
        (Kind.OFFICES, "units: [sci-bio]", "units: [sci-chem]", "/offices/1/units/0",
         "office-twice"),
        (Kind.NOTICES, "desk: finance-head", "desk: finance-haed", "/rules/overdue-head/desk",
         "desk-unknown"),
        (Kind.NOTICES, "news: received", "news: recieved", "/rules/received/news", "fact-unknown"),
    ],
)  # fmt: skip
def test_mistakes_in_what_notify_owns_are_told(
    told: Any, tmp_path: Path, kind: Kind, right: str, wrong: str, pointer: str, rule: str
) -> None:
    """Alone and beside each other, with file, line, pointer, rule and remedy."""
    source = files_of(kind)[0]
    (tmp_path / "templates").symlink_to(files_of(Kind.NOTICES)[0].parent / "templates")
    file = tmp_path / source.name
    text = source.read_text("utf-8").replace(right, wrong, 1)
    file.write_text(text, "utf-8")
    problem = told("config", "preview", "--offline", str(file), code=1)["problems"][0]
    assert (str(file), pointer, rule) == (problem["file"], problem["pointer"], problem["rule"])
    assert 0 < problem["line"] <= len(text.splitlines())
    assert problem["remedy"].endswith((".", "?"))


def test_a_template_with_an_unknown_field_is_told(told: Any, tmp_path: Path) -> None:
    """It is refused in its own file and line before anything is applied."""
    source = files_of(Kind.NOTICES)[0]
    shutil.copytree(source.parent, tmp_path / "notices")
    template = tmp_path / "notices" / "templates" / "en" / "paid.txt"
    template.write_text(template.read_text("utf-8") + "{{ amout }}\n", "utf-8")
    file = str(tmp_path / "notices" / source.name)
    problem = told("config", "preview", "--offline", file, code=1)["problems"][0]
    assert (str(template), "field-unknown") == (problem["file"], problem["rule"])


def test_without_notify_its_rules_are_only_judged(chain: dict[str, Told], call: Any) -> None:
    """What went nowhere is said."""
    assert chain
    said = call("config", "apply").stderr
    assert "2 notice rules and lists of offices are only judged" in said
