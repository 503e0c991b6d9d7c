"""
Judging what a fact says: references, money, lines, payees and codes, field by field.

Identities and personal text leave `said` here; what stays may go on our own topics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from contracts.events import Finding, Mention, Reference, SourceRules
from contracts.instants import is_common_era_date
from contracts.money import judge_amount, judge_lines
from contracts.normalise import FIRST_BUDDHIST_YEAR
from contracts.payees import read_mention
from contracts.references import read_link, read_references
from contracts.rules import choice, finding, pointer_to
from contracts.vocabulary import SpokenFact, Vocabulary

TEXT_FIELDS = ("title", "contact")
DATE_FIELDS = ("due_on", "released_on")
CODE_FIELDS = ("kind", "fund", "priority")


@dataclass(slots=True)
class Reading:
    """What was read from one event's data, in the making."""

    said: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, Any] = field(default_factory=dict)
    joining: list[Reference] = field(default_factory=list)
    about: list[Reference] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    target: tuple[str, str] | None = None


def read_data(
    vocabulary: Vocabulary, spoken: SpokenFact, event: Mapping[str, Any], rules: SourceRules
) -> Reading:
    """Judge the data of *event*, which says the fact *spoken*."""
    reading = Reading()
    data = event.get("data")
    if data is None:
        data = {}
        if spoken.needs_reference:
            reading.findings.append(finding("/data", "data-missing"))
            return reading
    if not isinstance(data, dict):
        reading.findings.append(finding("/data", "data-not-an-object"))
        return reading
    if spoken.schema.is_ordinary(data):
        reading.said = data.copy()
    else:
        _read_extraordinary(vocabulary, spoken, data, reading)
    if not reading.findings:
        _read_fields(vocabulary, spoken, reading, event, rules)
    return reading


def _read_extraordinary(
    vocabulary: Vocabulary, spoken: SpokenFact, data: dict[str, Any], reading: Reading
) -> None:
    """Say what breaks the schema; else put the fields nobody reads apart."""
    reading.findings.extend(spoken.schema.findings(data))
    if reading.findings:
        return
    reading.said = orjson.loads(orjson.dumps(data))
    for path, warning in spoken.schema.unread(data, spoken.fact.name, vocabulary.fields):
        holder: Any = reading.said
        for step in path[:-1]:
            holder = holder[step]
        reading.unread[pointer_to("data", *path)] = holder.pop(path[-1])
        reading.warnings.append(warning)


def _read_fields(
    vocabulary: Vocabulary,
    spoken: SpokenFact,
    reading: Reading,
    event: Mapping[str, Any],
    rules: SourceRules,
) -> None:
    said, fact = reading.said, spoken.fact
    read_references(vocabulary, spoken, reading, rules)
    if fact.links or fact.unlinks:
        read_link(vocabulary, reading, rules)
    if "amount" in said:
        judge_amount(vocabulary, said["amount"], "/data/amount", reading.findings)
    if "lines" in said:
        _read_lines(vocabulary, reading, rules)
    if "payee" in said:
        read_mention(vocabulary, said["payee"], ("payee",), reading, rules)
        said["payee"] = None
    if fact.retracts:
        _read_target(reading, event, rules)
    for name in TEXT_FIELDS:
        if name in said:
            reading.text[name] = said.pop(name)
    _read_codes(vocabulary, fact.name, reading)
    for name in DATE_FIELDS:
        if name in said:
            _judge_date(said[name], f"/data/{name}", reading.findings)
    if rules.unit is not None and rules.role == "unit" and fact.about_case:
        said.setdefault("unit", rules.unit)


def _read_lines(vocabulary: Vocabulary, reading: Reading, rules: SourceRules) -> None:
    said = reading.said
    currency = said["amount"]["currency"] if "amount" in said else vocabulary.home_currency
    judge_lines(vocabulary, said["lines"], currency, reading)
    lines = []
    for place, line in enumerate(said["lines"]):
        if "payee" in line:
            path = ("lines", place, "payee")
            read_mention(vocabulary, line["payee"], path, reading, rules)
            line = {**line, "payee": None}
        lines.append(line)
    said["lines"] = lines


def _read_target(reading: Reading, event: Mapping[str, Any], rules: SourceRules) -> None:
    named = reading.said.pop("retracts")
    target = (named.get("source", rules.source), named["id"])
    if target == (rules.source, event.get("id")):
        reading.findings.append(finding("/data/retracts/id", "retracts-itself"))
    elif target[0] != rules.source and rules.role != "officer":
        reading.findings.append(finding("/data/retracts/source", "retracts-not-yours"))
    reading.target = target


def _read_codes(vocabulary: Vocabulary, fact: str, reading: Reading) -> None:
    said, found = reading.said, reading.findings
    for name in CODE_FIELDS:
        if name in said:
            _judge_code(vocabulary.codes.get(name), said[name], f"/data/{name}", found)
    if "stage" in said:
        _judge_code(vocabulary.stages, said["stage"], "/data/stage", found)
    if "step" in said and said["step"] not in vocabulary.codes.get("step", {}):
        reading.warnings.append(finding("/data/step", "step-unknown"))
    if "transfer" in said:
        transfer = said["transfer"]
        if "method" in transfer:
            methods = vocabulary.codes.get("method")
            _judge_code(methods, transfer["method"], "/data/transfer/method", found)
        if "date" in transfer:
            _judge_date(transfer["date"], "/data/transfer/date", found)
    if "reason" in said:
        _read_reason(vocabulary, fact, reading)


def _read_reason(vocabulary: Vocabulary, fact: str, reading: Reading) -> None:
    reason = dict(reading.said["reason"])
    codes = vocabulary.reasons.get(fact)
    _judge_code(codes, reason["code"], "/data/reason/code", reading.findings)
    for place, paper in enumerate(reason.get("papers", ())):
        pointer = f"/data/reason/papers/{place}"
        _judge_code(vocabulary.papers, paper, pointer, reading.findings)
    if "text" in reason:
        reading.text["reason"] = reason.pop("text")
    reading.said["reason"] = reason


def _judge_code(
    known: Mapping[str, Any] | None, code: str, pointer: str, found: list[Finding]
) -> None:
    """A process that lists no codes for a field takes any."""
    if known and code not in known:
        found.append(choice(pointer, "code-unknown", code, known))


def _judge_date(text: str, pointer: str, found: list[Finding]) -> None:
    if not is_common_era_date(text):
        late = int(text[:4]) >= FIRST_BUDDHIST_YEAR
        found.append(finding(pointer, "date-buddhist-era" if late else "date-malformed"))
