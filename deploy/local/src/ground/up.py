"""`make up`: start what does not run, wait till it serves, play the demo, say what to open."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ground import demo, processes, stack, state
from ground.databases import Databases
from ground.errors import GroundError
from ground.jars import class_path
from ground.ports import LOOPBACK, is_free, owner_of
from ground.probes import serves
from ground.program import Program
from ground.state import DATABASE, Endpoints, endpoints

READY_SECONDS_MAX = 90.0
POLL_SECONDS = 0.1
LOG_LINES = 12


def up(folder: Path, console: Console) -> None:
    """Bring everything up; what runs already is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    begun = time.monotonic()
    found = endpoints(folder)
    _bring_jars(console)
    servers, services = stack.servers(folder, found), stack.services(folder, found)
    started = _start(servers, console)
    _await(servers[:2], console, started)
    prepare_database(found)
    demo.lay_topics(found, console.print)
    started += _start(services, console)
    _await([*servers[2:], *services], console, started)
    state.write_environment(folder, found)
    hints = _play_once(folder, found, console)
    demo.register_portal(found)
    if not started:
        console.print("Everything runs already; nothing was changed.")
    else:
        console.print(f"Up in {time.monotonic() - begun:.1f} s.")
    _say_what_to_open(found, hints, console)


def _bring_jars(console: Console) -> None:
    with console.status("Kafka and Zipkin: fetching what the cache lacks (180 MB at first) …"):
        class_path("kafka")
        class_path("zipkin")


def _start(programs: Sequence[Program], console: Console) -> list[str]:
    absent = [program for program in programs if processes.look(program).state != "running"]
    for program in absent:
        _require_free(program)
    for program in absent:
        if processes.look(program).state == "dead":
            console.print(f"{program.name}: had died, starting it again")
        processes.start(program)
    return [program.name for program in absent]


def _require_free(program: Program) -> None:
    if program.probe is None or is_free(program.probe.port):
        return
    port = program.probe.port
    owner = owner_of(port) or "a process this user cannot see"
    raise GroundError(
        f"{program.name} cannot have its port {port}",
        f"it is held by {owner}",
        "End that process, or run `make down`, remove ports.json in the state folder, `make up`",
    )


def _await(programs: Sequence[Program], console: Console, started: Sequence[str]) -> None:
    asyncio.run(_await_all(programs, console, started))


async def _await_all(programs: Sequence[Program], console: Console, started: Sequence[str]) -> None:
    begun = time.monotonic()

    async def one(program: Program) -> None:
        await _until_serving(program, begun)
        if program.name in started:
            console.print(f"  {program.name:<9} serves after {time.monotonic() - begun:4.1f} s")

    await asyncio.gather(*(one(program) for program in programs))


async def _until_serving(program: Program, begun: float) -> None:
    while program.probe and not await serves(program.probe):
        if processes.look(program).state != "running":
            raise _failed(program, "it ended right away")
        if time.monotonic() - begun > READY_SECONDS_MAX:
            raise _failed(program, f"it does not answer after {READY_SECONDS_MAX:.0f} s")
        await asyncio.sleep(POLL_SECONDS)


def _failed(program: Program, why: str) -> GroundError:
    lines = "\n  ".join(processes.tail(program, LOG_LINES))
    return GroundError(f"{program.name} is not up", why, f"Its log ends:\n  {lines}")


def prepare_database(found: Endpoints) -> None:
    """Make roles, template and the database; what is there stays."""
    databases = Databases(f"postgresql://postgres@{LOOPBACK}:{found.ports['postgres']}")
    databases.prepare()
    if not databases.exists(DATABASE):
        databases.create_database(DATABASE)


def _play_once(folder: Path, found: Endpoints, console: Console) -> list[str]:
    path = folder / "demo.json"
    if not path.exists():
        hints = demo.play_demo(found, console.print)
        path.write_text(json.dumps(hints, ensure_ascii=False))
    return list(json.loads(path.read_text()))


def _say_what_to_open(found: Endpoints, hints: Sequence[str], console: Console) -> None:
    console.print("\nOpen:")
    console.print(f"  portal   {found.http('portal')}/")
    console.print(f"  staff    {found.http('portal')}/staff    invented people, one click each")
    console.print(f"  traces   {found.http('zipkin')}/zipkin/")
    console.print(f"  mails    {found.http('mail')}/")
    console.print(f"  intake   {found.http('intake')}/    Kafka {found.kafka}")
    for hint in hints:
        console.print(hint, highlight=False)
    console.print("\n`make status` shows the processes, `make down` ends them.")
