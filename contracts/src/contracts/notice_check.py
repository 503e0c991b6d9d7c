"""
What is wrong with a notice file and its templates: where, by which rule, and what to do about it.

What only shows beside processes, agreements and calendars stands in `notice_across.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

from contracts.agreement import PARTIES
from contracts.notice import (
    LANGUAGES,
    OFFICE_KINDS,
    PEOPLE,
    REMINDER,
    SLA_FACTS,
    SPECIAL,
    TELLS_OF_SLA,
    Channel,
    RecipientKind,
    Tell,
)
from contracts.notice_fields import SPECIAL_FIELDS, Fields, fields_for, sample
from contracts.notice_model import NoticeRulePart, NoticesPart, SendingPart
from contracts.notice_templates import Templates
from contracts.process_rules import Mistake
from contracts.rule_file import Written, listed_twice, read_text, shape
from contracts.rule_text import Problem
from contracts.rules import did_you_mean, pointer_to

Check = Callable[[NoticesPart], Iterator[Mistake]]

_THAI = re.compile("[\u0e01-\u0e5b]")
_MISSING = {
    "news": ("news-missing", "Name the fact of the process, or of the SLA, that is told."),
    "to": ("recipient-missing", "Say whom this rule tells."),
    "channels": ("channel-missing", "Name at least one channel."),
    "age_days_max": ("age-missing", "Say after how many days this is no news any more."),
    "rules": ("rule-missing", "Write at least one rule."),
}


def validate_notices(
    text: str, file: str = "notices.yaml", templates: Mapping[str, str] | None = None
) -> list[Problem]:
    """
    Return all that is wrong with the notice file *text*, and with its *templates* where given.

    *templates* are texts by `<language>/<name>.<format>`, under the folder `templates` beside
    *file*.
    """
    written, problems = read_text(text, file, mistakes_in)
    if problems or templates is None:
        return problems
    return template_problems(NoticesPart.model_validate(written.value), written, templates)


def problems_in(document: Mapping[str, Any], file: str = "notices") -> list[Problem]:
    """As `validate_notices`, for a document that has no lines and no templates."""
    return [Written(document, file).problem(mistake) for mistake in mistakes_in(document)]


def mistakes_in(document: Any) -> list[Mistake]:
    """Return all that is wrong with what a notice file holds, without file and line."""
    part, mistakes = shape(NoticesPart, document, _MISSING)
    if part is None:
        return mistakes
    return [*mistakes, *(mistake for check in CHECKS for mistake in check(part))]


def names_are_free(part: NoticesPart) -> Iterator[Mistake]:
    """A rule's name is that of its template; some templates belong to no rule."""
    for name in part.rules:
        if name in SPECIAL:
            remedy = f"The template {name!r} is for all rules; give this rule another name."
            yield Mistake(pointer_to("rules", name), "name-reserved", remedy)


def rules_list_once(part: NoticesPart) -> Iterator[Mistake]:
    """No list says a thing twice."""
    yield from listed_twice(part.promises, "promises")
    for name, rule in part.rules.items():
        at = ("rules", name)
        yield from listed_twice(rule.channels, *at, "channels")
        yield from listed_twice(rule.tells, *at, "tells")
        for key in ("holders", "reasons", "clauses", "offsets"):
            yield from listed_twice(getattr(rule.when, key), *at, "when", key)


def recipients_are_whole(part: NoticesPart) -> Iterator[Mistake]:
    """A desk has a name, and a kind of recipient has times at which it may be disturbed."""
    for name, rule in part.rules.items():
        at = ("rules", name)
        if (rule.to is RecipientKind.DESK) != (rule.desk is not None):
            remedy = "Name the desk with `desk` where a desk is told, and only there."
            yield Mistake(pointer_to(*at, "desk"), "desk-missing", remedy)
        if rule.to not in part.sending:
            remedy = f"Say under sending when {rule.to.value!r} may be disturbed."
            yield Mistake(pointer_to(*at, "to"), "sending-missing", remedy)
    used = {rule.to for rule in part.rules.values()}
    for kind in part.sending:
        if kind not in used:
            yield _dead(("sending", kind.value), "No rule tells this kind of recipient.")


def times_are_in_order(part: NoticesPart) -> Iterator[Mistake]:
    """There is a time at which a recipient may be disturbed."""
    for kind, sending in part.sending.items():
        at = pointer_to("sending", kind.value)
        if not _window_or_digest(sending, kind):
            remedy = "Give opens and closes, or digest_at; both only where offices are told."
            yield Mistake(at, "one-sending", remedy)
        elif sending.opens and sending.closes and sending.closes <= sending.opens:
            # Both are HH:MM, so their letters have the order of the times.
            yield Mistake(f"{at}/closes", "times-reversed", f"Close after {sending.opens}.")
        for key in ("opens", "digest_at"):
            if getattr(sending, key) == "24:00":
                yield Mistake(f"{at}/{key}", "value-malformed", "Only closes may be 24:00.")


def _window_or_digest(sending: SendingPart, kind: RecipientKind) -> bool:
    opens, closes = sending.opens is not None, sending.closes is not None
    digest = sending.digest_at is not None
    if opens != closes or not (opens or digest):
        return False
    return not (opens and digest) or kind in OFFICE_KINDS


def machines_are_told_as_such(part: NoticesPart) -> Iterator[Mistake]:
    """A source has no mailbox: it is told over webhooks, and every other channel is dead."""
    for name, rule in part.rules.items():
        if rule.to is not RecipientKind.SOURCE:
            continue
        for place, channel in enumerate(rule.channels):
            if channel is not Channel.WEBHOOK:
                yield _dead(("rules", name, "channels", place), "A source is told over webhook.")


def news_of_sla_is_known(part: NoticesPart) -> Iterator[Mistake]:
    """A rule about a deadline names a fact of the SLA that may be told."""
    for name, rule in part.rules.items():
        if rule.news.startswith("sla.") and rule.news not in SLA_FACTS:
            near = did_you_mean(rule.news, SLA_FACTS)
            remedy = f"Of the SLA these are told: {', '.join(SLA_FACTS)}.{near}"
            yield Mistake(pointer_to("rules", name, "news"), "fact-unknown", remedy)


def conditions_have_effect(part: NoticesPart) -> Iterator[Mistake]:
    """Every condition and every value told is one that this kind of news has."""
    for name, rule in part.rules.items():
        at, when, of_sla = ("rules", name), rule.when, rule.news in SLA_FACTS
        if of_sla and when.reasons:
            yield _dead((*at, "when", "reasons"), "A deadline has no reason.")
        if of_sla and rule.held_too:
            yield _dead((*at, "held_too"), "A deadline asserts no stage.")
        if not of_sla and when.clauses:
            yield _dead((*at, "when", "clauses"), "Only a fact of the SLA has a clause.")
        if rule.news != REMINDER and when.offsets:
            yield _dead((*at, "when", "offsets"), f"Only {REMINDER} has offsets.")
        if when.waiting and rule.to is not RecipientKind.PAYEE:
            yield _dead((*at, "when", "waiting"), "Only a payee has lines of its own.")
        for place, holder in enumerate(when.holders):
            if holder not in PARTIES:
                yield _unknown_holder((*at, "when", "holders", place), holder)
        for place, tell in enumerate(rule.tells):
            if (tell in TELLS_OF_SLA - {Tell.DATE}) if not of_sla else tell not in TELLS_OF_SLA:
                yield _dead((*at, "tells", place), f"{rule.news} has no {tell.value}.")


def rules_do_not_overlap(part: NoticesPart) -> Iterator[Mistake]:
    """Nobody is told one thing by two rules."""
    for (name, rule), (later, other) in combinations(part.rules.items(), 2):
        if _tell_the_same(rule, other):
            remedy = f"{name!r} tells the same recipient the same; part the two by `when`."
            yield Mistake(pointer_to("rules", later), "rules-overlap", remedy)


def _tell_the_same(one: NoticeRulePart, other: NoticeRulePart) -> bool:
    if (one.news, one.to, one.desk) != (other.news, other.to, other.desk):
        return False
    keys = ("holders", "reasons", "clauses", "offsets")
    pairs = [(set(getattr(one.when, key)), set(getattr(other.when, key))) for key in keys]
    return not any(mine and yours and mine.isdisjoint(yours) for mine, yours in pairs)


CHECKS: tuple[Check, ...] = (
    names_are_free,
    rules_list_once,
    recipients_are_whole,
    times_are_in_order,
    machines_are_told_as_such,
    news_of_sla_is_known,
    conditions_have_effect,
    rules_do_not_overlap,
)


def template_problems(
    part: NoticesPart, written: Written[Any], texts: Mapping[str, str]
) -> list[Problem]:
    """Return what is wrong with the templates of *part*, each told in the file it stands in."""
    templates = Templates(texts)
    folder = written.file.rpartition("/")[0]
    wanted: dict[str, Fields] = {
        name: fields_for(rule.to) for name, rule in part.rules.items() if rule.to in PEOPLE
    }
    problems: dict[Problem, None] = {}
    for name, fields in {**wanted, **SPECIAL_FIELDS}.items():
        for language in LANGUAGES:
            place = pointer_to("rules", name) if name in wanted else ""
            for path, line, rule, remedy in _template_mistakes(templates, language, name, fields):
                if line == 0:
                    problems[written.problem(Mistake(place, rule, remedy))] = None
                else:
                    file = "/".join(filter(None, (folder, "templates", path)))
                    problems[Problem(file, line, "", rule, remedy)] = None
    return list(problems)


def _template_mistakes(
    templates: Templates, language: str, name: str, fields: Fields
) -> Iterator[tuple[str, int, str, str]]:
    mistakes = list(templates.mistakes(language, name, fields))
    yield from mistakes
    if mistakes:
        return
    path = f"{language}/{name}.txt"
    is_thai = _THAI.search(templates.texts[path]) is not None
    if is_thai != (language == "th"):
        tongue = "Thai" if language == "th" else "English"
        yield path, 1, "template-other-language", f"Write this template in {tongue}."
    for word in ("1", ""):
        fault = templates.fault(language, name, sample(fields, word))
        if fault is not None:
            yield path, 1, "template-fails", fault
            return


def _dead(at: tuple[str | int, ...], remedy: str) -> Mistake:
    return Mistake(pointer_to(*at), "nothing-runs-this", remedy)


def _unknown_holder(at: tuple[str | int, ...], said: str) -> Mistake:
    remedy = f"Name a holder: {', '.join(PARTIES[:-1])}.{did_you_mean(said, PARTIES)}"
    return Mistake(pointer_to(*at), "holder-unknown", remedy)
