"""A case's days and promises as lines of text: each working day, the sums, each clause. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from rich.cells import cell_len

from tidtam.sla_words import both, breach, days, due, moment, say, silences, state_of, used
from tidtam.words import Words

INDENT = "  "
Line = tuple[str, str | None]
"""a line, and its style"""

PARTIES = ("unit", "finance", "bank", "payee", "nobody")
JOINT_OR_FINANCE = ("everyone", "finance")
_STYLES = {"met": "green", "missed": "red", "breached": "red", "undetermined": "yellow"}


def page(sla: Mapping[str, Any], words: Words, short: bool) -> Iterator[Line]:
    """Yield the lines of what sla tells of one case; *short* folds days in a row of one party."""
    at = moment(words, sla["as_of"])
    yield say(words, "as_of", moment=at, calendar=sla["calendar"], zone=sla["zone"]), "dim"
    yield from _ledger(sla["ledger"], words, short)
    yield from _clauses(sla, words)
    lines = place_in_queue(sla, words)
    if lines:
        yield "", None
        yield say(words, "queue"), "bold"
    yield from ((INDENT + text, style) for text, style in lines)


def promises(sla: Mapping[str, Any] | None, words: Words) -> list[Line]:
    """
    Return a line for each joint or finance promise that says how many days; none where none does.

    Those that run come alone; where none runs, those that were met or missed. Void ones say
    nothing: their case ended otherwise. The whole way comes before finance's part of it.
    """
    clocks = [
        clock
        for party in JOINT_OR_FINANCE
        for clock in (sla or {}).get("clocks", ())
        if clock["party"] == party
    ]
    running = [clock for clock in clocks if clock["state"] in ("open", "breached")]
    ended = [clock for clock in clocks if clock["state"] in ("met", "missed")]
    return [_promise(clock, words) for clock in running or ended]


def place_in_queue(sla: Mapping[str, Any] | None, words: Words) -> list[Line]:
    """
    Return where the case stands among those who wait for the same party, and who went before it;
    nothing where it waits for nobody.
    """
    queue = (sla or {}).get("queue")
    if queue is None:
        return []
    party = words.say(queue["party"])
    same: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for place in queue["places"]:
        same.setdefault((place["position"], place["waiting"]), []).append(place)
    lines: list[Line] = []
    for (position, waiting), places in same.items():
        agreements = ", ".join(place["agreement"] for place in places)
        told = {"position": position, "waiting": waiting, "agreements": agreements}
        lines.append((say(words, "place", party=party, **told), None))
        lines += [(INDENT + _overtaking(one, words), "dim") for one in places[0]["overtaken"]]
    since = moment(words, queue["since"])
    return [*lines, (say(words, "held_since", party=party, moment=since), "dim")]


def _overtaking(one: Mapping[str, Any], words: Words) -> str:
    reason, value = one["reason"], one["value"]
    shown = words.title("reasons", value) if reason == "delayed" else value
    return say(words, "overtaken", n=one["cases"], why=say(words, f"by_{reason}", value=shown))


def _promise(clock: Mapping[str, Any], words: Words) -> Line:
    state = state_of(clock)
    told = [used(clock, words)]
    if state == "undetermined":
        told += [say(words, state), *silences(clock, words)]
    elif state == "open":
        told.append(due(clock, words) or "")
    else:
        told += [say(words, state), *filter(None, (due(clock, words),))]
    return f"{clock['title'][words.language]}: {' · '.join(told)}", _STYLES.get(state)


def _ledger(ledger: Mapping[str, Any], words: Words, short: bool) -> Iterator[Line]:
    yield "", None
    yield say(words, "ledger"), "bold"
    if ledger["first"] is None:
        yield INDENT + say(words, "no_ledger"), None
        return
    first = words.day(date.fromisoformat(ledger["first"]))
    rows = [("0", first, say(words, "day_zero"))]
    rows += (_runs if short else _days)(ledger["days"], words)
    yield from ((line, None) for line in _columns(rows))
    parties = [party for party in PARTIES if party in ledger["by_party"]]
    parts = " + ".join(f"{ledger['by_party'][party]} {both(party)}" for party in parties)
    total = days(words, ledger["total"])
    yield f"{INDENT}{say(words, 'sum')}: {f'{parts} = ' if parts else ''}{total}", "bold"


Row = tuple[str, str, str]


def _days(told: Sequence[Sequence[str]], words: Words) -> Iterator[Row]:
    """A row for each working day."""
    for number, (day, party) in enumerate(told, 1):
        yield str(number), words.day(date.fromisoformat(day)), both(party)


def _runs(told: Sequence[Sequence[str]], words: Words) -> Iterator[Row]:
    """A row for each run of working days with one party."""
    number = 1
    for party, group in groupby(told, key=lambda one: one[1]):
        dates = [words.day(date.fromisoformat(day)) for day, _ in group]
        last = number + len(dates) - 1
        count = f"{number}–{last}" if len(dates) > 1 else str(number)
        between = f"{dates[0]} – {dates[-1]}" if len(dates) > 1 else dates[0]
        yield count, between, f"{both(party)} ({days(words, len(dates))})"
        number = last + 1


def _columns(rows: Sequence[Row]) -> Iterator[str]:
    """Rows with their columns under each other, also in Thai, whose marks take no room."""
    wide = [max(cell_len(row[place]) for row in rows) for place in (0, 1)]
    for number, day, party in rows:
        pad = " " * (wide[0] - cell_len(number)), " " * (wide[1] - cell_len(day))
        yield f"{INDENT}{pad[0]}{number}  {day}{pad[1]}  {party}"


def _clauses(sla: Mapping[str, Any], words: Words) -> Iterator[Line]:
    yield "", None
    yield say(words, "clauses"), "bold"
    if not (sla["clocks"] or sla["not_reported"]):
        yield INDENT + say(words, "no_clauses"), None
    for clock in sorted(sla["clocks"], key=lambda one: (one["started_at"], one["clause"])):
        yield from _clause(clock, words)
        yield from _verdicts(sla, clock["clause"], words)
    for clause in sla["not_reported"]:
        yield f"{INDENT}{clause}: {both('not_reported')}", "yellow"
    known = {clock["clause"] for clock in sla["clocks"]}
    for clause in sorted({one["clause"] for one in sla["verdicts"]} - known):
        yield INDENT + clause, None
        yield from _verdicts(sla, clause, words)


def _clause(clock: Mapping[str, Any], words: Words) -> Iterator[Line]:
    state = state_of(clock)
    yield f"{INDENT}{clock['title']['th']} · {clock['title']['en']}", None
    yield f"{INDENT * 2}{both(state)}", _STYLES.get(state)
    told = [used(clock, words)]
    if clock["remaining"] and clock["state"] == "open" and clock["due"] is not None:
        left = days(words, clock["remaining"], clock["unit"])
        told.append(say(words, "left", n=left))
    told.append(due(clock, words) or "")
    if clock["first_due"] not in (None, clock["due"]):
        first_due = words.day(date.fromisoformat(clock["first_due"]))
        told.append(say(words, "first_due", day=first_due))
    yield INDENT * 2 + " · ".join(filter(None, told)), None
    started = say(words, "started", moment=moment(words, clock["started_at"]))
    stopped = clock["stopped_at"] and say(
        words, "stopped", moment=moment(words, clock["stopped_at"])
    )
    yield INDENT * 2 + " · ".join(filter(None, (started, stopped))), None
    notes = [breach(clock, words), *silences(clock, words)]
    notes.append(say(words, "left_stop") if clock["left_stop"] else None)
    yield from ((INDENT * 2 + note, "yellow") for note in notes if note)
    yield f"{INDENT * 2}{both(clock['party'])} · {clock['clause']}", "dim"


def _verdicts(sla: Mapping[str, Any], clause: str, words: Words) -> Iterator[Line]:
    """What was said of a clause, oldest first; what was taken back stays, with the reason."""
    told = [one for one in sla["verdicts"] if one["clause"] == clause]
    if told:
        yield f"{INDENT * 2}{say(words, 'history')}:", None
    for one in sorted(told, key=lambda each: each["told_at"]):
        parts = [both(one["kind"]), moment(words, one["at"])]
        if one["charged"] is not None:
            parts.append(say(words, "charged", n=one["charged"]))
        parts.append(say(words, "told", moment=moment(words, one["told_at"])))
        if one["superseded_at"]:
            taken = moment(words, one["superseded_at"])
            reason = both(one["reason"] or "unexplained")
            parts.append(say(words, "superseded", moment=taken, reason=reason))
        yield INDENT * 3 + " · ".join(parts), "dim" if one["superseded_at"] else None
