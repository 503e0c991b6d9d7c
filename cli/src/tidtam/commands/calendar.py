"""`tidtam calendar`: which days are off, and who said so; offline, from this checkout's files."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidtam import output
from tidtam.trouble import USAGE, Trouble

if TYPE_CHECKING:
    from contracts.calendar import CalendarRules, DayOff

    from tidtam.proposing import Proposed

DEFAULT = "thai-government"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

app = typer.Typer(
    no_args_is_help=True, help="Days off: which there are, who declared them, which may be missing."
)

Year = Annotated[int, typer.Argument(help="A year, as 2027 or 2570.")]


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A calendar; none lists them all.")] = "",
    year: Annotated[
        int, typer.Argument(help="Only this year, as 2027 or 2570.", show_default="every year")
    ] = 0,
    as_json: output.AsJson = False,
) -> None:
    """
    Show the days off of a calendar: date, weekday, names, who declared it and when.

    It reads the files of this checkout; `tidtam config preview` says what of them is in force.

    [bold]Example[/bold]: tidtam calendar show

    [bold]Example[/bold]: tidtam calendar show thai-government 2570
    """
    known = _calendars()
    if not name:
        _show_all(list(known.values()), as_json)
        return
    calendar, common = _named(known, name), _common_era(year)
    days = [day for day in calendar.days_off if not common or day.date.year == common]
    if common and not days:
        _refuse_uncovered(calendar, common)
    if as_json:
        told = [_told(day, calendar) for day in days]
        output.emit({"calendar": calendar.name, "year": common or None, "days_off": told})
        return
    output.show(f"{calendar.title.th} · {calendar.title.en}", "bold")
    output.show(_summary(calendar))
    if days:
        columns = ("date", "weekday", "Thai", "English", "decided on", "source")
        output.show_table(columns, [_row(day, calendar) for day in days])
    else:
        output.show("No day is off besides.")


@app.command()
def propose(
    year: Year,
    calendar: Annotated[str, typer.Option(help="The calendar to compare with.")] = DEFAULT,
    as_json: output.AsJson = False,
) -> None:
    """
    Propose the days off of a year that a calendar does not have, to paste into its file.

    They come from the `holidays` package, which is a guess about years to come. Source and date of
    decision stay empty: the file is refused until somebody has put in who declared each day.

    [bold]Example[/bold]: tidtam calendar propose 2571
    """
    from tidtam.proposing import as_yaml, package, proposals, unknown_to

    rules, common = _named(_calendars(), calendar), _common_era(year)
    package_known = package()
    proposed = proposals(package_known, common, rules)
    unknown = unknown_to(proposed, common, rules)
    if as_json:
        told = [_told_proposed(one) for one in proposed]
        only = [str(day) for day in unknown]
        output.emit(
            {"calendar": rules.name, "year": common, "proposed": told, "only_in_file": only}
        )
        return
    for line in as_yaml(proposed, package_known.__version__):
        output.show(line)
    _say_how_many(proposed, unknown, rules, common)


def _calendars() -> dict[str, CalendarRules]:
    """This checkout's calendars by name. Raises `Trouble`."""
    from contracts.calendar_file import load_calendar
    from contracts.rule_file import RuleFileFault

    from tidtam.agreement_files import Kind
    from tidtam.rules_files import files_of

    found = {}
    for file in files_of(Kind.CALENDAR):
        try:
            rules = load_calendar(file)
        except RuleFileFault as fault:
            raise Trouble(
                f"{file} cannot be used: see `tidtam config preview`.", str(fault)
            ) from None
        found[rules.name] = rules
    return found


def _named(known: dict[str, CalendarRules], name: str) -> CalendarRules:
    if name not in known:
        raise Trouble(
            f"There is no calendar {name!r}.",
            f"There are: {', '.join(sorted(known)) or 'none from here upwards'}.",
            "A year comes after the name: tidtam calendar show NAME YEAR.",
        )
    return known[name]


def _common_era(year: int) -> int:
    """A year as files have it; 2570 is 2027. 0 stays 0. Raises `Trouble`."""
    from contracts.normalise import FIRST_BUDDHIST_YEAR

    from tidtam.words import BUDDHIST_ERA_YEARS

    common = year - BUDDHIST_ERA_YEARS if year >= FIRST_BUDDHIST_YEAR else year
    if common and not 1900 <= common <= 2200:
        raise Trouble(f"{year} is no year to ask about.", "Try 2027 or 2570.", code=USAGE)
    return common


def _refuse_uncovered(calendar: CalendarRules, year: int) -> None:
    """Raises `Trouble` where the calendar does not know the year: silence is no working day."""
    first, last = calendar.covers_from, calendar.covers_until
    if (first and year < first.year) or (last and year > last.year):
        raise Trouble(
            f"{calendar.name} does not know {year}: {_covers(calendar)}.",
            f"See what may be off then: tidtam calendar propose {year}",
        )


def _show_all(calendars: list[CalendarRules], as_json: bool) -> None:
    if as_json:
        output.emit({"calendars": [_told_calendar(one) for one in calendars]})
        return
    columns = ("calendar", "title", "zone", "weekend", "days off", "covers")
    output.show_table(
        columns,
        [
            (
                one.name,
                f"{one.title.th} · {one.title.en}",
                one.zone,
                _weekend(one),
                len(one.days_off),
                _covers(one),
            )
            for one in calendars
        ],
    )
    output.say("Its days: tidtam calendar show NAME [YEAR]")


def _told_calendar(one: CalendarRules) -> dict[str, Any]:
    return {
        "calendar": one.name,
        "title": {"th": one.title.th, "en": one.title.en},
        "zone": one.zone,
        "weekend": [WEEKDAYS[day] for day in sorted(one.weekend)],
        "days_off": len(one.days_off),
        "covers_from": one.covers_from,
        "covers_until": one.covers_until,
    }


def _told(day: DayOff, calendar: CalendarRules) -> dict[str, Any]:
    return {
        "date": day.date,
        "weekday": WEEKDAYS[day.date.weekday()],
        "on_weekend": _on_weekend(day.date, calendar),
        "name": {"th": day.name.th, "en": day.name.en},
        "source": day.source,
        "decided_on": day.decided_on,
    }


def _told_proposed(one: Proposed) -> dict[str, Any]:
    return {
        "date": one.date,
        "weekday": WEEKDAYS[one.date.weekday()],
        "name": {"th": one.thai, "en": one.english},
        "listed": one.listed,
        "of_offices": one.of_offices,
    }


def _row(day: DayOff, calendar: CalendarRules) -> tuple[object, ...]:
    weekday = WEEKDAYS[day.date.weekday()]
    # On a weekend it takes nobody's working day: said, so that nobody counts it twice.
    weekday += " (weekend)" if _on_weekend(day.date, calendar) else ""
    return day.date, weekday, day.name.th, day.name.en, day.decided_on, day.source


def _on_weekend(day: date, calendar: CalendarRules) -> bool:
    return day.weekday() in calendar.weekend


def _summary(calendar: CalendarRules) -> str:
    return f"{calendar.zone} · weekend: {_weekend(calendar)} · days off: {_covers(calendar)}"


def _weekend(calendar: CalendarRules) -> str:
    return ", ".join(WEEKDAYS[day] for day in sorted(calendar.weekend)) or "none"


def _covers(calendar: CalendarRules) -> str:
    """For which dates the days off are known."""
    if calendar.covers_from is None and calendar.covers_until is None:
        return "known for all time"
    return f"known from {calendar.covers_from or 'ever'} to {calendar.covers_until or 'ever'}"


def _say_how_many(
    proposed: list[Proposed], unknown: list[date], rules: CalendarRules, year: int
) -> None:
    new = sum(not one.listed and one.of_offices for one in proposed)
    listed = sum(one.listed for one in proposed)
    output.say(f"{year}: {new} to check and add, {listed} in {rules.name} already.")
    if unknown:
        dates = ", ".join(map(str, unknown))
        output.say(f"Only the file has {dates}: specials of the cabinet, or mistakes.")
    if new:
        output.say(f"Fill in source and decided_on, paste under days_off of {rules.name}.yaml,")
        output.say("widen covers_until if need be, then: tidtam config preview")
