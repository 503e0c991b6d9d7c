"""`python -m ground up|down|status|logs|reset`: the local servers, from the Makefile."""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ground import processes, stack
from ground.errors import GroundError
from ground.leftovers import remove_run
from ground.paths import state_folder
from ground.up import LOG_LINES, up


def down(folder: Path, console: Console) -> None:
    """End everything: the services first, so that they can finish what they hold."""
    programs = processes.remembered(folder)
    ended: list[str] = []
    last = ("kafka", "postgres")
    helpers = [one.name for one in programs if one.name not in (*stack.SERVICES, *last)]
    for group in (stack.SERVICES, helpers, last):
        members = [program for program in programs if program.name in group]
        with ThreadPoolExecutor() as pool:
            was_running = list(pool.map(processes.stop, members))
        ended += [member.name for member, was in zip(members, was_running, strict=True) if was]
    console.print(f"Ended: {', '.join(ended)}." if ended else "Nothing was running.")


def status(folder: Path, console: Console) -> int:
    """Show each process; 1 when one is not running."""
    programs = processes.remembered(folder)
    if not programs:
        console.print("Nothing is set up here. `make up` starts it.")
        return 1
    table = Table("process", "state", "pid", "port", "for")
    seen = [(program, processes.look(program)) for program in programs]
    for program, now in seen:
        port = str(program.probe.port) if program.probe else ""
        age = f"{now.seconds:.0f} s" if now.state == "running" else ""
        table.add_row(program.name, _words(now), str(now.pid or ""), port, age)
    console.print(table)
    for program, now in seen:
        if now.state == "dead":
            console.print(f"\n{program.name} {_words(now)}; its log ends:", style="bold")
            console.print("\n".join(processes.tail(program, LOG_LINES)), markup=False)
    return 0 if all(now.state == "running" for _, now in seen) else 1


def _words(now: processes.Seen) -> str:
    if now.state != "dead":
        return now.state
    return "dead" if now.exit is None else f"dead (exit {now.exit})"


def logs(folder: Path, console: Console, names: list[str], follow: bool) -> int:
    """Show the last lines of the named logs, or of all; with `follow`, go on showing."""
    there = processes.remembered(folder)
    wanted = [item for item in there if not names or item.name in names]
    if not wanted:
        known = ", ".join(item.name for item in there) or "none: run `make up`"
        console.print(f"No such process. There are: {known}")
        return 1
    lines = "200" if names else "20"
    command = ["tail", "-n", lines, *(["-F"] if follow else [])]
    paths = [str(item.log) for item in wanted if item.log.exists()]
    return subprocess.run([*command, *paths], check=False).returncode


def reset(folder: Path, console: Console) -> None:
    """End everything and forget it: data, ports, secrets, logs."""
    down(folder, console)
    remove_run(folder)
    console.print("All data of the local servers is gone.")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "guard").open("w") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GroundError(
                "this folder's servers", "another command is at work on them", "Wait for its end"
            ) from error
        yield


def _run(arguments: argparse.Namespace, console: Console) -> int:
    folder = state_folder()
    match arguments.command:
        case "status":
            return status(folder, console)
        case "logs":
            return logs(folder, console, arguments.names, arguments.follow)
    with _alone(folder):
        {"up": up, "down": down, "reset": reset}[arguments.command](folder, console)
    return 0


def main() -> int:
    """Read the command line; 0 is success, 1 is a failure that was told."""
    parser = argparse.ArgumentParser(prog="python -m ground", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "status", "reset"):
        commands.add_parser(name)
    showing = commands.add_parser("logs")
    showing.add_argument("names", nargs="*")
    showing.add_argument("-f", "--follow", action="store_true")
    console = Console()
    try:
        return _run(parser.parse_args(), console)
    except GroundError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
