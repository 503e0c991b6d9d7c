"""
The demo: what `make up` lays down before the services start, and plays once they are ready.

The ground knows no topic and no payment: it calls the `tidtam` command, which does.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from ground.errors import GroundError
from ground.state import Endpoints

Say = Callable[[str], None]
COMMAND = "tidtam"


def lay_topics(found: Endpoints, say: Say) -> None:
    """Make the topics the services read, before they start. Runs on every `make up`."""
    told = _call(found, "topics", "--json")
    if told and told["made"]:
        say(f"  topics    {len(told['made'])} made")


def play_demo(found: Endpoints, say: Say) -> list[str]:
    """
    Apply the rules, register the demo's sources, play its data through the whole chain.

    Runs once per state folder; the lines it returns are kept and printed by every `make up`.
    """
    say("Playing a month of an invented faculty through the whole chain:")
    told = _call(found, "demo", "--json")
    return [str(line) for line in told["hints"]] if told else []


def register_portal(found: Endpoints) -> None:
    """Let the portal speak: what people do there are events of a source. At every `make up`."""
    _call(found, "source", "portal", "--json")


def _call(found: Endpoints, *arguments: str) -> dict[str, Any] | None:
    """Run the command against *found*; its JSON answer, None where there is no such command."""
    if importlib.util.find_spec(f"{COMMAND}.main") is None:
        return None
    argv = [sys.executable, "-m", COMMAND, *arguments]
    environment = os.environ | found.environment()
    done = subprocess.run(argv, stdout=subprocess.PIPE, env=environment, check=False)
    if done.returncode != 0:
        what, why = f"`tidtam {' '.join(arguments)}`", f"it ended with {done.returncode}"
        raise GroundError(what, why, "It said why above; `make status` shows the services")
    told: dict[str, Any] = json.loads(done.stdout)
    return told
