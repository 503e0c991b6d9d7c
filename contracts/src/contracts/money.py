"""Judging money: decimal text, never a float, with no more decimals than its currency has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from contracts.events import Finding
from contracts.rules import choice, finding
from contracts.vocabulary import Vocabulary

if TYPE_CHECKING:
    from contracts.data import Reading


def judge_amount(
    vocabulary: Vocabulary, amount: Mapping[str, str], pointer: str, found: list[Finding]
) -> None:
    """Judge an amount with its currency; zero is valid."""
    units = vocabulary.minor_units.get(amount["currency"])
    if units is None:
        known, said = vocabulary.minor_units, amount["currency"]
        found.append(choice(f"{pointer}/currency", "currency-unknown", said, known))
    else:
        judge_decimal(amount["value"], units, f"{pointer}/value", found)


def judge_decimal(
    text: str, units: int, pointer: str, found: list[Finding], negative: bool = False
) -> None:
    """Judge a decimal of a currency with *units* decimals; below zero only where *negative*."""
    if len(text.partition(".")[2]) > units:
        found.append(finding(pointer, "amount-decimals", decimals=units))
    if not negative and text[0] == "-" and text.strip("-0."):
        found.append(finding(pointer, "amount-negative"))


def judge_lines(
    vocabulary: Vocabulary, lines: Sequence[Mapping[str, Any]], currency: str, reading: Reading
) -> None:
    """Judge the money of *lines* and that no line is named twice."""
    units, seen = vocabulary.minor_units.get(currency), set()
    for place, line in enumerate(lines):
        pointer = f"/data/lines/{place}"
        if units is not None:
            _judge_line(line, units, pointer, reading)
        if line.get("id") in seen:
            reading.findings.append(finding(f"{pointer}/id", "line-twice"))
        if "id" in line:
            seen.add(line["id"])


def _judge_line(line: Mapping[str, Any], units: int, pointer: str, reading: Reading) -> None:
    for name in ("gross", "net"):
        if name in line:
            judge_decimal(line[name], units, f"{pointer}/{name}", reading.findings)
    for place, less in enumerate(line.get("deductions", ())):
        at = f"{pointer}/deductions/{place}/amount"
        judge_decimal(less["amount"], units, at, reading.findings, negative=True)
    if "gross" in line and "net" in line:
        less_all = sum(Decimal(less["amount"]) for less in line.get("deductions", ()))
        if Decimal(line["gross"]) - less_all != Decimal(line["net"]):
            reading.warnings.append(finding(f"{pointer}/net", "net-differs"))
