"""
Tables as files: CSV, JSON and XLSX. Pure: rows in, bytes out.

A CSV begins with a byte-order mark, or spreadsheets read Thai as gibberish. A cell that a
spreadsheet would take for a formula is written as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

Cell = str | int | float | Decimal | date | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Table(NamedTuple):
    """
    A table to export. `name` is the file's name without ending, `columns` are names for machines.

    `notes` say what the numbers mean, where they are from and as of when.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Mapping[str, str] = {}


def written(table: Table, kind: str) -> bytes:
    """*table* as a file of *kind*: csv, json or xlsx. Raises `KeyError` for another."""
    return _WRITERS[kind](table)


def _csv(table: Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_safe(cell) for cell in row] for row in table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    """A spreadsheet runs what begins like a formula, whoever wrote it."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _json(table: Table) -> bytes:
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return orjson.dumps({**table.notes, "rows": rows}, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def _xlsx(table: Table) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:31])
    sheet.freeze_panes = "A2"
    sheet.append([_bold(sheet, column) for column in table.columns])
    for row in table.rows:
        sheet.append([_typed(sheet, cell) for cell in row])
    if table.notes:
        notes = book.create_sheet("notes")
        for name, said in table.notes.items():
            notes.append([name, _typed(notes, said)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _bold(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def _typed(sheet: Any, cell: Cell) -> Any:
    """Text stays text: openpyxl would take what begins with = for a formula."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if not isinstance(cell, str):
        return cell
    shown = WriteOnlyCell(sheet, value=cell)
    shown.data_type = "s"
    return shown


_WRITERS = {"csv": _csv, "json": _json, "xlsx": _xlsx}
