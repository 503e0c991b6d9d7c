"""
Lists of offices: from YAML to `Offices`, and what is wrong with them beside the notice rules.

The author of a list meets `office_check.py` first; services only ever call `office.from_json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from contracts.notice import Channel, NoticeRules, RecipientKind, Sending
from contracts.office import Office, Offices
from contracts.office_check import OfficePart, OfficesPart, mistakes_in, validate_offices
from contracts.process import Words
from contracts.process_model import WordsPart
from contracts.process_rules import Mistake
from contracts.rule_file import RuleFileFault, Written, names_taken, read_text
from contracts.rule_text import Problem
from contracts.rules import did_you_mean, pointer_to

__all__ = ["load_offices", "read_offices", "validate_offices", "validate_offices_across"]


def load_offices(path: str | Path) -> Offices:
    """Read a list of offices. Raises `RuleFileFault` naming every mistake, and OSError."""
    return read_offices(Path(path).read_text(encoding="utf-8"), str(path)).value


def read_offices(text: str, file: str) -> Written[Offices]:
    """Read the list *text* and keep its lines. Raises `RuleFileFault`."""
    written, problems = read_text(text, file, mistakes_in)
    if problems:
        raise RuleFileFault(problems)
    part = OfficesPart.model_validate(written.value)
    rows = tuple(row for one in part.offices for row in _rows(one))
    return Written(Offices(part.name, part.zone, rows), file, written.lines)


def _rows(part: OfficePart) -> Iterator[Office]:
    """What *part* is to each whom it stands for."""
    for _, kind, one in part.roles:
        yield Office(
            kind=kind,
            id=one,
            email=part.email,
            language=part.language,
            valid_from=part.valid_from,
            valid_until=part.valid_until,
            off=frozenset(channel for channel in Channel if not part.wants(channel)),
            office=part.name,
            line=part.line,
            title=_words(part.title),
            contact=_words(part.contact),
            telephone=part.telephone,
            hours=_words(part.hours),
            digest=part.digest,
        )


def _words(part: WordsPart | None) -> Words | None:
    return None if part is None else Words(part.th, part.en)


class _Place(NamedTuple):
    """A row and where its office stands in its list."""

    written: Written[Offices]
    row: Office
    pointer: str

    def problem(self, rule: str, remedy: str) -> Problem:
        return self.written.problem(Mistake(self.pointer, rule, remedy))


def validate_offices_across(
    lists: Iterable[Written[Offices]], notices: Sequence[NoticeRules]
) -> list[Problem]:
    """
    Return all that is wrong with the *lists* beside each other and beside the *notices*.

    The desks that rules tell stand in a list wherever there is one: `notice_across.py` looks.
    """
    written = list(lists)
    places = [place for one in written for place in _places(one)]
    told = [*names_taken(written), *_stands_twice(places)]
    if notices:
        told += [problem for place in places for problem in _beside(place, notices)]
    return list(dict.fromkeys(told))


def _places(written: Written[Offices]) -> Iterator[_Place]:
    numbers: dict[tuple[str, object], int] = {}
    for row in written.value.offices:
        number = numbers.setdefault((row.office, row.valid_from), len(numbers))
        yield _Place(written, row, pointer_to("offices", number))


def _stands_twice(places: Sequence[_Place]) -> Iterator[Problem]:
    """Two lists that name one office on one day; within a list it was looked for before."""
    seen: dict[tuple[RecipientKind, str], list[_Place]] = {}
    for place in places:
        of = (place.row.kind, place.row.id)
        for other in seen.get(of, ()):
            if other.written is not place.written and _meet(place.row, other.row):
                remedy = f"{place.row.id!r} stands in {other.written.file} already; keep one."
                yield place.problem("office-twice", remedy)
        seen.setdefault(of, []).append(place)


def _meet(one: Office, other: Office) -> bool:
    return one.holds_on(other.valid_from) or other.holds_on(one.valid_from)


def _beside(place: _Place, notices: Sequence[NoticeRules]) -> Iterator[Problem]:
    """A desk that no rule tells is told nothing, and a wish about digests needs its times."""
    row = place.row
    desks = sorted({rule.desk for one in notices for rule in one.rules if rule.desk is not None})
    if row.kind is RecipientKind.DESK and row.id not in desks:
        remedy = f"No rule tells the desk {row.id!r}; told are: {', '.join(desks) or 'none'}."
        yield place.problem("desk-unknown", remedy + did_you_mean(row.id, desks))
    if row.digest is None:
        return
    mine = {other.kind for other in place.written.value.offices if other.office == row.office}
    times = [s for one in notices for kind, s in one.sending.items() if kind in mine]
    if row.digest and times and all(one.digest_at is None for one in times):
        remedy = "The notice rules give no time for a digest to it; take the wish out."
        yield place.problem("digest-time-missing", remedy)
    if not row.digest and any(_only_digests(one) for one in times):
        remedy = "The notice rules have only digests for it: give them opens and closes beside."
        yield place.problem("window-missing", remedy)


def _only_digests(sending: Sending) -> bool:
    return sending.digest_at is not None and sending.opens is None


def desks_of(lists: Iterable[Offices]) -> Mapping[str, None]:
    """The desks that stand in *lists*, by name."""
    rows = (row for one in lists for row in one.offices)
    return {row.id: None for row in rows if row.kind is RecipientKind.DESK}
