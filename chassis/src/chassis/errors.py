"""
Every error the chassis and the services raise on purpose, as one tree.

    TidtamError
    ├── SettingsError        an environment variable is missing or wrong; nothing starts
    ├── MigrationError       a migration was edited after it ran, or two share a name
    ├── DeadLetterFlood      too many dead letters at once: somebody's mistake, not bad data
    └── DataError            this input can never become valid: only these reach a dead letter
        └── OversizeMessage  larger than the broker takes; refused before it blocks others

Whatever is not a `DataError` is a bug or an outage: the consumer backs off and tries again.
"""

from __future__ import annotations

from pydantic import ValidationError


class TidtamError(Exception):
    """The root. Its text is safe to log: it never carries the content of a message."""


class SettingsError(TidtamError):
    """A setting cannot be used. Names the environment *variable* and says what to do."""

    def __init__(self, variable: str, remedy: str) -> None:
        super().__init__(f"{variable}: {remedy}")
        self.variable = variable
        self.remedy = remedy


class MigrationError(TidtamError):
    """The migrations on disk do not fit those that the database has already run."""


class DeadLetterFlood(TidtamError):
    """So many records could not be read that the fault is more likely ours than theirs."""

    def __init__(self, count: int, records: int, seconds: float) -> None:
        super().__init__(f"{count} of {records} records in {seconds:g} s would be dead letters")
        self.count = count
        self.records = records


class DataError(TidtamError):
    """
    An input that can never become valid.

    `reason` is a class by which operators group dead letters; `detail` is for one person reading
    one letter.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class OversizeMessage(DataError):
    """A message of *size* bytes, over the limit: one such row would block all behind it."""

    def __init__(self, topic: str, key: bytes | None, size: int, size_max: int) -> None:
        shown = "none" if key is None else key.decode("utf-8", "backslashreplace")[:80]
        super().__init__("oversize", f"topic {topic}, key {shown}: {size} bytes, limit {size_max}")
        self.topic = topic
        self.key = key
        self.size = size


def where(error: Exception, repeats: bool = True) -> str:
    """
    Which field is wrong and why, without the value itself: it may be personal.

    *repeats*: what is not pydantic's is our own text; a parser's holds the value, so only its class
    is told.
    """
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'/'.join(map(str, first['loc']))}: {first['msg']}"
    if repeats and isinstance(error, ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}" if repeats else type(error).__name__
