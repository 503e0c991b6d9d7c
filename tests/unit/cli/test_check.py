"""`tidtam check`: offline verdicts with line, pointer, rule and remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "sci-chem",
    "type": "tidtam.disbursement.submitted",
    "time": "2026-01-05T10:00:00+07:00",
    "data": {"refs": [{"scheme": "claim", "value": "CHEM69-0001"}]},
}
TOO_LATE = {**GOOD, "id": "2", "time": "2569-01-05T10:00:00+07:00"}
ODD = {**GOOD, "id": "3", "data": {**GOOD["data"], "titel": "ค่าวัสดุ"}}


def rows(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Line, pointer and rule of each finding."""
    return [(one["line"], one["pointer"], one["rule"]) for one in told["findings"]]


def test_good_events_are_told_to_be_good(told: Any) -> None:
    """Nothing to say about events that would be accepted."""
    answer = told("check", "-", text=json.dumps(GOOD))
    assert (1, 0, []) == (answer["checked"], answer["refused"], answer["findings"])


def test_each_line_of_ndjson_is_judged_for_itself(told: Any) -> None:
    """A refused event carries its line, pointer, rule and remedy, and ends the command with 1."""
    text = "\n".join([json.dumps(GOOD), "", json.dumps(TOO_LATE), "{broken"])
    answer = told("check", "-", text=text, code=1)
    assert [(3, "/time", "time-buddhist-era"), (4, "", "json-malformed")] == rows(answer)
    assert all(one["remedy"] for one in answer["findings"])


def test_an_array_names_the_line_each_event_begins_on(told: Any, tmp_path: Path) -> None:
    """In a pretty-printed array, the line is that of the event."""
    file = tmp_path / "events.json"
    file.write_text(json.dumps([GOOD, TOO_LATE], indent=1))
    (row,) = rows(told("check", str(file), code=1))
    first = file.read_text().splitlines()[row[0] - 1 : row[0] + 2]
    assert ["{", '"id": "2"'] == [first[0].strip(), first[2].strip().rstrip(",")]


def test_one_event_over_several_lines_is_one_event(told: Any) -> None:
    """A pretty-printed single event is judged as one."""
    assert 1 == told("check", "-", text=json.dumps(GOOD, indent=2))["checked"]


def test_unknown_fields_refuse_only_when_strict(told: Any) -> None:
    """A field nobody reads is a warning with a guess, and an error with --strict."""
    relaxed = told("check", "-", text=json.dumps(ODD))
    assert [(1, "/data/titel", "field-unknown")] == rows(relaxed)
    assert "title" in relaxed["findings"][0]["remedy"]
    assert 1 == told("check", "-", "--strict", text=json.dumps(ODD), code=1)["refused"]


def test_an_id_used_twice_for_different_events_is_altered(told: Any) -> None:
    """The same event twice is a resend; another under its id is refused."""
    altered = {**GOOD, "sequence": "5"}
    text = "\n".join(map(json.dumps, [GOOD, GOOD, altered]))
    assert [(3, "/id", "altered-duplicate")] == rows(told("check", "-", text=text, code=1))


def test_a_source_file_brings_its_own_rules(told: Any, tmp_path: Path) -> None:
    """Judged by its registration, a source may not say what was not given to it."""
    file = tmp_path / "source.yaml"
    file.write_text(
        "{slug: sci-chem, role: unit, unit: sci-chem, issuers: [sci-chem],"
        " facts: {disbursement: [drafted]}, starts_at: 2025-10-01}"
    )
    answer = told("check", "-", "--source", str(file), text=json.dumps(GOOD), code=1)
    assert [(1, "/type", "fact-not-yours")] == rows(answer)


def test_a_file_that_is_not_there_or_empty_says_so(call: Any, tmp_path: Path) -> None:
    """A missing file is a wrong call; an empty one has no event to judge."""
    call("check", str(tmp_path / "none.ndjson"), code=2)
    (tmp_path / "empty.ndjson").write_text("\n")
    call("check", str(tmp_path / "empty.ndjson"), code=1)
