"""
Notice files: from YAML and templates to `NoticeRules`, and to and from the JSON a database keeps.

The author of a rule meets `notice_check.py` and `notice_across.py` first; services only ever call
`from_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contracts.notice import (
    FORMATS,
    LANGUAGES,
    SPECIAL,
    NoticeRule,
    NoticeRules,
    NoticeWhen,
    Sending,
)
from contracts.notice_across import validate_notices_across
from contracts.notice_check import mistakes_in as _mistakes_in
from contracts.notice_check import problems_in, template_problems, validate_notices
from contracts.notice_model import (
    NoticeRulePart,
    NoticesPart,
    NoticeWhenPart,
    SendingPart,
    minutes,
)
from contracts.process import Words
from contracts.rule_file import RuleFileFault, Written, read_text

__all__ = [
    "from_json",
    "load_notices",
    "problems_in",
    "read_notices",
    "read_templates",
    "to_json",
    "validate_notices",
    "validate_notices_across",
]


def load_notices(path: str | Path, version: int = 0) -> NoticeRules:
    """
    Read notice rules from a YAML file and from the folder `templates` beside it.

    Raises `RuleFileFault` naming every mistake of file and templates, and OSError.
    """
    path = Path(path)
    templates = read_templates(path.parent / "templates")
    return read_notices(path.read_text(encoding="utf-8"), str(path), templates, version).value


def read_templates(folder: Path) -> dict[str, str]:
    """Return the texts of *folder* by `<language>/<name>.<format>`. Raises OSError, ValueError."""
    return {
        f"{language}/{file.name}": file.read_text(encoding="utf-8")
        for language in LANGUAGES
        for format in FORMATS
        for file in sorted((folder / language).glob(f"*.{format}"))
    }


def read_notices(
    text: str, file: str, templates: Mapping[str, str], version: int = 0
) -> Written[NoticeRules]:
    """
    Read the notice rules *text* with their *templates* and keep the lines.

    Only the templates these rules use go with them. Raises `RuleFileFault`.
    """
    written, problems = read_text(text, file, _mistakes_in)
    if problems:
        raise RuleFileFault(problems)
    part = NoticesPart.model_validate(written.value)
    problems = template_problems(part, written, templates)
    if problems:
        raise RuleFileFault(problems)
    return Written(_rules(part, templates, version), file, written.lines)


def to_json(rules: NoticeRules) -> dict[str, Any]:
    """Return *rules* as plain JSON values; equal rules give equal values."""
    plain = _plain(rules)
    assert isinstance(plain, dict)
    return plain


def from_json(document: Mapping[str, Any]) -> NoticeRules:
    """Return the rules that `to_json` wrote. Raises pydantic's ValidationError."""
    return _adapter().validate_python(document)


@cache
def _adapter() -> TypeAdapter[NoticeRules]:
    return TypeAdapter(NoticeRules)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, frozenset):
        return sorted(_plain(part) for part in value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def _rules(part: NoticesPart, templates: Mapping[str, str], version: int) -> NoticeRules:
    return NoticeRules(
        name=part.name,
        title=Words(part.title.th, part.title.en),
        process=part.process,
        rules=tuple(_rule(name, rule) for name, rule in part.rules.items()),
        sending={kind: _sending(sending) for kind, sending in part.sending.items()},
        promises=tuple(part.promises),
        templates=_used(part, templates),
        version=version,
    )


def _used(part: NoticesPart, templates: Mapping[str, str]) -> dict[str, str]:
    """The templates of these rules, the special ones and the shared parts."""
    names = {*part.rules, *SPECIAL}
    return {
        path: templates[path]
        for path in sorted(templates)
        if (name := path.partition("/")[2].rpartition(".")[0]) in names or name.startswith("_")
    }


def _rule(name: str, part: NoticeRulePart) -> NoticeRule:
    return NoticeRule(
        name=name,
        title=Words(part.title.th, part.title.en),
        news=part.news,
        to=part.to,
        channels=tuple(part.channels),
        tells=tuple(part.tells),
        age_days_max=part.age_days_max,
        desk=part.desk,
        held_too=part.held_too,
        when=_when(part.when),
    )


def _when(part: NoticeWhenPart) -> NoticeWhen:
    return NoticeWhen(
        holders=frozenset(part.holders),
        reasons=frozenset(part.reasons),
        clauses=frozenset(part.clauses),
        offsets=frozenset(part.offsets),
        waiting=part.waiting,
    )


def _sending(part: SendingPart) -> Sending:
    return Sending(
        calendar=part.calendar,
        days=part.days,
        opens=None if part.opens is None else minutes(part.opens),
        closes=None if part.closes is None else minutes(part.closes),
        digest_at=None if part.digest_at is None else minutes(part.digest_at),
    )
