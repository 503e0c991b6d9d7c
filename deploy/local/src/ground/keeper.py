"""
The keeper: a small process that owns a run's servers and outlives nobody.

`throwaway` starts it and speaks to it in lines of JSON. When the pipe from its parent ends, for
whatever reason, a SIGKILL of the parent too, it kills all it started and removes the folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ground.kept import Kept, end_tree
from ground.leftovers import remove_run
from ground.program import from_json

PARENT_POLL_SECONDS = 0.5


class Keeper:
    """The processes of one run, by name, and the requests about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[str, Kept] = {}

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what one request asks; a mistake comes back as `error`."""
        doing = {
            "run": self._run,
            "kill": self._kill,
            "stop": self._stop,
            "report": self._report,
        }
        try:
            return await doing[request["do"]](request)
        except KeyError as error:
            return {"error": f"nothing is called {error}"}
        except (ValueError, OSError) as error:
            return {"error": str(error)}

    async def _run(self, request: dict[str, Any]) -> dict[str, Any]:
        program = from_json(request["program"])
        known = self.kept.get(program.name)
        if known and not known.task.done() and not known.stopping:
            raise ValueError(f"{program.name} runs already")
        program.folder.mkdir(parents=True, exist_ok=True)
        self.kept[program.name] = Kept(program)
        return {}

    async def _kill(self, request: dict[str, Any]) -> dict[str, Any]:
        self.kept[request["name"]].kill(request["away_seconds"])
        return {}

    async def _stop(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"code": await self.kept[request["name"]].stop(request["patience_seconds"])}

    async def _report(self, request: dict[str, Any]) -> dict[str, Any]:
        return self.kept[request["name"]].report()

    def end(self) -> None:
        """Kill everything and remove the folder."""
        for kept in self.kept.values():
            kept.stopping = True
            kept.task.cancel()
            if kept.process and kept.process.poll() is None:
                end_tree(kept.process.pid)
                kept.process.wait()
        remove_run(self.folder)


async def _requests(keeper: Keeper) -> None:
    reader = asyncio.StreamReader(limit=1 << 22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        answer = await keeper.answer(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


async def _parent_lives(parent: int) -> None:
    # A fork of the parent may hold the pipe open after the parent's death.
    while os.getppid() == parent:  # noqa: ASYNC110, nothing tells us of it
        await asyncio.sleep(PARENT_POLL_SECONDS)


async def _keep(keeper: Keeper, parent: int) -> None:
    ends = [asyncio.create_task(_requests(keeper)), asyncio.create_task(_parent_lives(parent))]
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ends[0].cancel)
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)


def main() -> None:
    """Serve requests until the parent is gone; arguments: the run's folder and the parent's pid."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keeper = Keeper(Path(sys.argv[1]))
    try:
        asyncio.run(_keep(keeper, int(sys.argv[2])))
    except BrokenPipeError:
        pass
    finally:
        keeper.end()


if __name__ == "__main__":
    main()
