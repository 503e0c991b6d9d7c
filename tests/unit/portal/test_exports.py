"""Tables become files that open in a spreadsheet and run nothing there."""

from __future__ import annotations

import io
from datetime import date

import orjson
import pytest
from openpyxl import load_workbook
from portal.exports import Table, written

TABLE = Table(
    "on-time",
    ("unit", "claims", "share", "on"),
    [("เคมี", 12, 85.5, date(2026, 11, 1)), ('=HYPERLINK("http://x")', None, None, None)],
    {"as_of": "2026-11-21"},
)


def test_a_csv_begins_with_its_mark_and_quotes_formulas() -> None:
    """Thai opens readable, and what begins like a formula is text."""
    written_bytes = written(TABLE, "csv")
    assert written_bytes.startswith(b"\xef\xbb\xbf")
    lines = written_bytes.decode("utf-8-sig").split("\r\n")
    assert "unit,claims,share,on" == lines[0]
    assert "เคมี,12,85.5,2026-11-01" == lines[1]
    assert '"\'=HYPERLINK(""http://x"")",,,' == lines[2]


def test_json_names_each_cell() -> None:
    """Rows are objects, and what the numbers mean stands beside them."""
    told = orjson.loads(written(TABLE, "json"))
    assert "2026-11-21" == told["as_of"]
    assert {"unit": "เคมี", "claims": 12, "share": 85.5, "on": "2026-11-01"} == told["rows"][0]


def test_an_xlsx_keeps_numbers_as_numbers_and_formulas_as_text() -> None:
    """A spreadsheet can reckon with the one and runs not the other."""
    book = load_workbook(io.BytesIO(written(TABLE, "xlsx")))
    sheet = book["on-time"]
    assert 12 == sheet["B2"].value
    assert "s" == sheet["A3"].data_type
    assert ["as_of", "2026-11-21"] == [cell.value for cell in book["notes"][1]]


def test_another_kind_is_a_bug() -> None:
    """Pages refuse it before."""
    with pytest.raises(KeyError):
        written(TABLE, "pdf")
