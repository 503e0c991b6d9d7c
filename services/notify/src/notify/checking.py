"""What is wrong with notice rules as they arrive: they must never fail when a message is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.notice import LANGUAGES, PEOPLE, NoticeRules
from contracts.notice_fields import SPECIAL_FIELDS, fields_for
from contracts.notice_templates import Templates

from contracts import notice_file


def faults_of(documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """
    What hinders these notice rules, as `to_json` wrote them, from coming into force.

    Whoever applies files has been told with file and line before; here it is only refused.
    """
    return [fault for one in documents for fault in _of_rules(notice_file.from_json(one))]


def _of_rules(rules: NoticeRules) -> Iterator[str]:
    templates = Templates(rules.templates)
    told = {rule.name: fields_for(rule.to) for rule in rules.rules if rule.to in PEOPLE}
    wanted = told | dict(SPECIAL_FIELDS)
    for language in LANGUAGES:
        for name, fields in sorted(wanted.items()):
            for mistake in templates.mistakes(language, name, fields):
                yield f"{mistake.path}:{mistake.line} {mistake.rule}: {mistake.remedy}"
    for rule in rules.rules:
        if rule.to not in rules.sending:
            yield f"/sending: nobody says when {rule.to} may be disturbed"
