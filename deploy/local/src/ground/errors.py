"""What can go wrong with the ground, each as one line that says what, why and what to do."""

from __future__ import annotations


class GroundError(RuntimeError):
    """
    A server cannot be had or started.

    `what` names the thing, `why` the cause, `remedy` what the reader can do about it.
    """

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}: {why}. {remedy}")
        self.what = what
        self.why = why
        self.remedy = remedy
