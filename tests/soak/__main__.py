"""
`make soak`: the long proofs. A million events with flat memory, any order, storms of crashes.

Progress on stderr, a summary on stdout; ends with 1 when anything is not as it must be.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

import typer
from ground.throwaway import throwaway
from rich.console import Console

from tests.bench.meter import other_load
from tests.soak.flat import soak
from tests.soak.orders import shuffled, storms

PARTS = ("flat", "orders", "storms")

Say = Callable[[str], None]


def main(
    events: Annotated[int, typer.Option(help="Events of the part flat.")] = 1_000_000,
    orders: Annotated[int, typer.Option(help="Shuffled orders of each log.")] = 20,
    storm_count: Annotated[int, typer.Option("--storms", help="Kill storms per log.")] = 3,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Only this part: {', '.join(PARTS)}.")
    ] = None,
) -> None:
    """Soak the chain on throw-away servers."""
    if unknown := set(only or ()) - set(PARTS):
        raise typer.BadParameter(f"no part is called {', '.join(sorted(unknown))}")
    progress, out = Console(stderr=True), Console()

    def say(line: str) -> None:
        progress.print(line, highlight=False, soft_wrap=True)

    if warning := other_load():
        say(f"warning: {warning}")
    parts: dict[str, Callable[[], list[str]]] = {
        "flat": lambda: _flat(events, say),
        "orders": lambda: shuffled(orders, say),
        "storms": lambda: storms(storm_count, say),
    }
    failed = False
    for name in only or PARTS:
        begun = time.monotonic()
        say(f"{name}:")
        faults = parts[name]()
        failed = failed or bool(faults)
        verdict = "failed" if faults else "held"
        out.print(f"{name}: {verdict} ({time.monotonic() - begun:.0f} s)", highlight=False)
        for fault in faults:
            out.print(f"  {fault}", highlight=False, soft_wrap=True, markup=False)
    if failed:
        raise typer.Exit(1)


def _flat(events: int, say: Say) -> list[str]:
    with throwaway(fsync=True) as servers:
        return asyncio.run(soak(servers, events, say))


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
