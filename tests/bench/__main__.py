"""
`make bench`: what the chain costs beside the least it could cost, in one run on one machine.

Throw-away servers with fsync on; progress on stderr, tables on stdout, all of it in
`.state/bench.json`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from ground.throwaway import Servers, throwaway
from rich.console import Console

from tests.bench.growth import measure_growth
from tests.bench.latency import measure_latency
from tests.bench.letters import measure_letters
from tests.bench.meter import other_load
from tests.bench.outcome import Figure, Run
from tests.bench.ratios import measure_ratios
from tests.bench.report import keep, print_figures, print_runs
from tests.bench.sign_in import measure_sign_in
from tests.bench.sla_clocks import measure_clocks
from tests.bench.workload import LOG_CASES_A_DAY
from tests.bench.year import WHOLE, measure_year

RESULT = Path(__file__).resolve().parents[2] / ".state/bench.json"
WIDTH = 120
PARTS = ("ratios", "latency", "letters", "growth", "year", "clocks", "sign-in")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure, and how much of it."""

    parts: Sequence[str]
    events: int
    rounds: int
    rate: int
    seconds: float
    few: int
    many: int
    density: float
    claims: int = WHOLE
    clocks: int = 100_000


@dataclass(slots=True)
class Found:
    """What was measured."""

    tables: list[tuple[str, list[Run]]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    beside: dict[str, float] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)


def bench(
    events: Annotated[int, typer.Option(help="Events of each run of a round.")] = 40_000,
    rounds: Annotated[int, typer.Option(min=1, help="Medians of so many.")] = 3,
    rate: Annotated[int, typer.Option(help="Events a second while latency is measured.")] = 500,
    seconds: Annotated[float, typer.Option(help="How long latency is measured.")] = 20.0,
    few: Annotated[int, typer.Option(help="Cases of a small installation.")] = 5_000,
    many: Annotated[
        int, typer.Option("--cases-large", help="Cases of a large one; 500000 takes its time.")
    ] = 100_000,
    density: Annotated[
        float,
        typer.Option("--cases-a-day", help="How many cases begin in a day; a university: 120."),
    ] = LOG_CASES_A_DAY,
    claims: Annotated[int, typer.Option(min=20, help="Claims of the year that is played.")] = WHOLE,
    clocks: Annotated[int, typer.Option(help="Open clocks that sla is measured with.")] = 100_000,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this part: {', '.join(PARTS)}.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 when a figure is missed.")
    ] = False,
) -> None:
    """Measure intake and status beside a floor, their latency, and their cost as cases grow."""
    if unknown := set(only or ()) - set(PARTS):
        raise typer.BadParameter(f"no part is called {', '.join(sorted(unknown))}")
    progress = Console(stderr=True)
    out = Console(width=WIDTH if not sys.stdout.isatty() else None)
    warning = other_load()
    if warning:
        progress.print(f"[yellow]warning:[/yellow] {warning}")
    amounts = (events, rounds, rate, seconds, few, many, density, claims, clocks)
    wanted = Wanted(only or PARTS, *amounts)
    with throwaway(fsync=True) as servers:
        found = asyncio.run(_measure(servers, wanted, progress))
    for title, runs in found.tables:
        print_runs(out, title, runs)
    print_figures(out, found.figures, found.beside)
    if warning:
        out.print(f"warning: {warning}", highlight=False)
    keep(RESULT, found.parts, found.figures, warning)
    if strict and not all(figure.reached() for figure in found.figures):
        raise typer.Exit(1)


async def _measure(servers: Servers, wanted: Wanted, progress: Console) -> Found:
    found = Found()

    def say(line: str) -> None:
        progress.print(line, highlight=False)

    if "ratios" in wanted.parts:
        ratios = await measure_ratios(servers, wanted.events, wanted.rounds, wanted.density, say)
        found.tables.append(("Beside the floor (medians)", ratios.medians()))
        found.figures += ratios.figures()
        found.beside.update(ratios.beside())
        found.parts["ratios"] = ratios.told()
    if "latency" in wanted.parts:
        latency = await measure_latency(servers, wanted.rate, wanted.seconds, say)
        if latency.run is not None:
            found.tables.append((f"At a steady {wanted.rate} events/s", [latency.run]))
        found.figures += latency.figures()
        found.parts["latency"] = latency.told()
    if "letters" in wanted.parts:
        letters = await measure_letters(servers, wanted.rate, wanted.seconds, say)
        if letters.run is not None:
            found.tables.append((f"With letters, at {wanted.rate} events/s", [letters.run]))
        found.figures += letters.figures()
        found.parts["letters"] = letters.told()
    if "growth" in wanted.parts:
        growth = await measure_growth(servers, wanted.few, wanted.many, wanted.rounds, say)
        found.tables.append(("As cases grow (medians)", growth.medians()))
        found.figures += growth.figures()
        found.parts["growth"] = growth.told()
    if "year" in wanted.parts:
        year = await measure_year(servers, wanted.claims, progress)
        title = f"A year of {wanted.claims:,} claims, µs per event published"
        found.tables.append((title, [*year.parts.values(), year.run]))
        found.figures += year.figures()
        found.parts["year"] = year.told()
    if "clocks" in wanted.parts:
        clocks = await measure_clocks(servers, wanted.clocks, say)
        found.figures += clocks.figures()
        found.parts["clocks"] = clocks.told()
    if "sign-in" in wanted.parts:
        alike = await measure_sign_in(servers, say)
        found.figures += [one.figure() for one in alike]
        found.parts["sign_in"] = {one.step: one.told() for one in alike}
    return found


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(bench)
    app()
