"""What the command reads: rule files, event files, addresses, logs to replay."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from contracts.plan import PlannedEvent
from tidtam.events_file import read_items
from tidtam.publishing import traced
from tidtam.replaying import chunks
from tidtam.rules_files import default_files
from tidtam.whereabouts import find

FILE = default_files()[0]


def test_the_rules_of_this_checkout_hold(told: Any) -> None:
    """Preview of the committed process files has nothing to correct."""
    assert [] == told("config", "preview", "--offline")["problems"]


def test_a_mistake_is_told_with_file_line_pointer_rule_and_remedy(
    told: Any, tmp_path: Path
) -> None:
    """A stage that names no contact is found on its line."""
    file = tmp_path / "broken.yaml"
    text = FILE.read_text()
    file.write_text(text.replace("contact: finance-front", "contact: nobody-knows", 1))
    (problem,) = told("config", "preview", "--offline", str(file), code=1)["problems"][:1]
    line = file.read_text().splitlines()[problem["line"] - 1]
    assert "nobody-knows" in "\n".join(file.read_text().splitlines()[problem["line"] - 1 :][:3]), (
        line
    )
    assert {"file", "line", "pointer", "rule", "remedy"} == problem.keys()


def test_two_files_of_one_process_are_refused(told: Any, tmp_path: Path) -> None:
    """What only shows side by side is told too."""
    other = tmp_path / "again.yaml"
    shutil.copy(FILE, other)
    problems = told("config", "preview", "--offline", str(FILE), str(other), code=1)["problems"]
    assert [("name-taken", "/name")] == [(one["rule"], one["pointer"]) for one in problems]


def test_nothing_is_applied_while_a_file_is_wrong(call: Any, tmp_path: Path) -> None:
    """`apply` judges before it asks any service."""
    file = tmp_path / "broken.yaml"
    file.write_text("name: x\n")
    assert "Nothing was applied." in call("config", "apply", str(file), code=1).stderr


def test_a_generated_line_names_its_sender(tmp_path: Path) -> None:
    """A line with slug and event is that event, sent by that source."""
    file = tmp_path / "lines.ndjson"
    file.write_text('{"slug": "erp", "event": {"id": "1"}}\n{"id": "2"}\n')
    found = [(item.slug, item.name, item.line) for item in read_items(str(file))]
    assert [("erp", "1", 1), (None, "2", 2)] == found


def test_a_trace_begins_at_the_publisher(tmp_path: Path) -> None:
    """An event without traceparent gets one; another keeps its own; bytes stay as they are."""
    file = tmp_path / "lines.ndjson"
    file.write_text('{"id": "1"}\n{"id": "2", "traceparent": "mine"}\n{broken\n')
    first, second, third = (traced(item) for item in read_items(str(file)))
    assert b'"traceparent": "00-' in first
    assert b'"traceparent": "mine"' in second
    assert b"{broken" == third


def test_addresses_come_from_the_environment_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`env` of the nearest state folder is read; the environment overrules it."""
    monkeypatch.delenv("TIDTAM_STATE")
    (tmp_path / ".state").mkdir()
    (tmp_path / ".state/env").write_text("TIDTAM_KAFKA=a:1\nTIDTAM_INTAKE_URL=http://b\n")
    monkeypatch.setenv("TIDTAM_KAFKA", "c:2")
    (tmp_path / "deep/er").mkdir(parents=True)
    at = find(tmp_path / "deep/er")
    assert ("c:2", "http://b") == (at.need("KAFKA"), at.need("INTAKE_URL"))


def test_a_clock_that_cannot_be_read_is_named(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong TIDTAM_CLOCK_AT is a wrong call."""
    monkeypatch.setenv("TIDTAM_CLOCK_AT", "yesterday")
    assert "TIDTAM_CLOCK_AT" in call("check", "-", text="{}", code=2).stderr


def planned(*seconds: int) -> list[PlannedEvent]:
    """Events so many seconds after the first."""
    return [PlannedEvent(str(n), "unit", {}, at * 1_000_000) for n, at in enumerate(seconds)]


def test_a_replay_keeps_the_pace_it_is_given() -> None:
    """At 10 times real time, what lay 20 seconds apart is sent 2 seconds apart, in order."""
    events = planned(0, 0, 20, 40)
    told = [(due, len(part)) for due, part in chunks(events, 10.0)]
    assert [(0.0, 2), (2.0, 1), (4.0, 1)] == told


def test_a_replay_without_pace_goes_as_fast_as_it_can() -> None:
    """Nothing is due later than at once."""
    told = [(due, len(part)) for due, part in chunks(planned(*range(1200)), None)]
    assert [(0.0, 500), (0.0, 500), (0.0, 200)] == told


def test_a_mapping_or_log_that_cannot_be_read_is_named(call: Any, tmp_path: Path) -> None:
    """A missing log is a wrong call; a mapping for an unknown process says which there are."""
    mapping = tmp_path / "log.yaml"
    mapping.write_text("process: none\n")
    log = str(tmp_path / "none.xes")
    assert "disbursement" in call("replay", log, "--mapping", str(mapping), code=1).stderr
    call("replay", log, "--mapping", str(tmp_path / "none.yaml"), code=2)
