"""What a command says when it cannot do what was asked, and the exit code that goes with it."""

from __future__ import annotations

WRONG = 1
USAGE = 2
UNREACHABLE = 3


class Trouble(Exception):
    """
    Ends the command with *code*; *lines* go to stderr, the first says what is wrong.

    1: the thing asked for is wrong or not there; 2: the command was called wrongly; 3: a service
    does not answer.
    """

    def __init__(self, *lines: str, code: int = WRONG) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.code = code


def unreachable(what: str, address: str, why: str = "") -> Trouble:
    """Return the trouble of a server that does not answer at *address*."""
    because = f" ({why})" if why else ""
    return Trouble(
        f"{what} does not answer at {address}{because}.",
        "Start everything with `make up`; `make status` shows what runs and why it does not.",
        code=UNREACHABLE,
    )


def not_set(variable: str) -> Trouble:
    """Return the trouble of an address or token that nobody gave."""
    return Trouble(
        f"{variable} is not set, and no .state/env was found from here upwards.",
        f"Run this inside a checkout after `make up`, or set {variable}.",
        code=UNREACHABLE,
    )
