"""What a source is told of a file of events before it sends any."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from contracts.check_file import check_file

from tests.unit.contracts.saying import NOW_US, event, process

BAD = event(id=None)


def told(folder: Path, content: bytes) -> list[tuple[int, str, str, bool]]:
    """(line, pointer, rule, warning) of all that is told of a file."""
    path = folder / "events.json"
    path.write_bytes(content)
    found = check_file(path, {"disbursement": process()}, NOW_US)
    return [(one.line, one.pointer, one.rule, one.warning) for one in found]


def test_a_good_file_says_nothing(tmp_path: Path) -> None:
    """Events that would be accepted leave nothing to tell, whoever says them."""
    events = [event(), event("received", id="2"), event("linked", id="3", data={})]
    refs = [{"scheme": "claim", "value": "1"}, {"scheme": "receipt", "value": "2"}]
    events[2]["data"] = {"link": refs}
    assert told(tmp_path, b"\n".join(map(orjson.dumps, events))) == []


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\n\n" + orjson.dumps(BAD), 3),
        (orjson.dumps(BAD, option=orjson.OPT_INDENT_2), 1),
        (orjson.dumps(event()) + b"\n\n" + orjson.dumps(BAD) + b"\n", 3),
        (b"[\n" + orjson.dumps(event()) + b",\n\n" + orjson.dumps(BAD) + b"]", 4),
        (orjson.dumps([event(), BAD], option=orjson.OPT_INDENT_2), 17),
    ],
    ids=["one", "one, indented", "a line each", "a list", "a list, indented"],
)
def test_the_line_of_a_mistake(tmp_path: Path, content: bytes, line: int) -> None:
    """A mistake is told with the line its event begins in, in every form a file may have."""
    assert told(tmp_path, content) == [(line, "/id", "id-missing", False)]


def test_lines_that_are_no_json(tmp_path: Path) -> None:
    """A broken line is told, and those after it are judged."""
    content = b"{broken\n" + orjson.dumps(event()) + b"\n5\n"
    assert told(tmp_path, content) == [
        (1, "", "json-malformed", False),
        (3, "", "not-an-object", False),
    ]


def test_warnings_are_marked(tmp_path: Path) -> None:
    """A field nobody reads is a warning; whether that is an error is the reader's choice."""
    assert told(tmp_path, orjson.dumps(event(data={"amout": "1"}))) == [
        (1, "/data/amout", "field-unknown", True)
    ]


def test_an_id_used_twice(tmp_path: Path) -> None:
    """The same event twice is a resend; another one under its id is an altered duplicate."""
    events = [event(), event(), event(data={"unit": "ก"})]
    assert told(tmp_path, b"\n".join(map(orjson.dumps, events))) == [
        (3, "/id", "altered-duplicate", False)
    ]


def test_brackets_inside_texts(tmp_path: Path) -> None:
    """Brackets, commas and quotes inside texts do not confuse the count of lines."""
    tricky = event(data={"title": 'a "[{,]}" \\ b'})
    content = b"[" + orjson.dumps(tricky) + b",\n" + orjson.dumps(BAD) + b"]"
    assert told(tmp_path, content) == [(2, "/id", "id-missing", False)]
