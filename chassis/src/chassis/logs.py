"""
Logs: one JSON object per line on stdout, for our own lines and for those of the libraries.

No line carries personal data: values under known personal keys are withheld, and an error is told
by its class, its place and a scrubbed message. A library that repeats itself is cut to a few lines.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

PERSONAL_KEYS = frozenset(
    {
        "account",
        "account_name",
        "account_number",
        "address",
        "authorization",
        "bank_account",
        "birth_date",
        "citizen_id",
        "email",
        "first_name",
        "full_name",
        "iban",
        "last_name",
        "mobile",
        "national_id",
        "passport",
        "password",
        "person",
        "phone",
        "secret",
        "tax_id",
        "telephone",
        "token",
    }
)
WITHHELD = "[withheld]"

REPEATS_MAX = 5
REPEATS_SECONDS = 10.0
_SEEN_MAX = 1000

_LONG_NUMBER = re.compile(r"\d{6,}")
_MAIL = re.compile(r"\S+@\S+")
_QUIET = ("aiokafka", "faststream", "asyncio", "opentelemetry", "urllib3", "uvicorn")


def setup(service: str, instance: str, level: str = "INFO") -> structlog.stdlib.BoundLogger:
    """Send all logs of this process to stdout as JSON, each with *service* and *instance*."""
    structlog.contextvars.bind_contextvars(service=service, instance=instance)
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            told_error,
            withhold_personal,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    _bridge(number)
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def withhold_personal(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace every value under a personal key, at any depth."""
    for key, value in event.items():
        if key in PERSONAL_KEYS:
            event[key] = WITHHELD
        elif isinstance(value, dict | list | tuple):
            event[key] = _withheld(value)
    return event


def _withheld(value: Any) -> Any:
    """Return *value* with what stands under personal keys replaced."""
    if isinstance(value, dict):
        return {
            key: WITHHELD if key in PERSONAL_KEYS else _withheld(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_withheld(item) for item in value]
    return value


def told_error(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the error's class, scrubbed message and place."""
    error = event.pop("exc_info", None)
    if error is True or isinstance(error, tuple):
        error = error[1] if isinstance(error, tuple) else sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = told(error)
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def told(error: BaseException) -> str:
    """
    Return *error* as one line that is safe to keep.

    Drivers and validators put the offending values into later lines, so only the first is kept, and
    in it long numbers and addresses are masked.
    """
    text = str(error).partition("\n")[0][:300]
    text = _LONG_NUMBER.sub("[number]", _MAIL.sub("[address]", text))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _dumps(value: object, **_: object) -> bytes:
    """Write one line; what JSON cannot say becomes its text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)


class _Lines:
    """Writes finished lines to stdout."""

    def __init__(self, *_: object) -> None:
        self._out = sys.stdout.buffer if hasattr(sys.stdout, "buffer") else None

    def msg(self, line: bytes) -> None:
        """Write *line* at once, whole."""
        if self._out is None:
            sys.stdout.write(line.decode() + "\n")
            return
        self._out.write(line + b"\n")
        self._out.flush()

    log = debug = info = warning = warn = error = critical = exception = fatal = msg


class Repeats:
    """Lets the first few of equal lines through in each span of time and counts the rest."""

    def __init__(self, lines_max: int = REPEATS_MAX, seconds: float = REPEATS_SECONDS) -> None:
        self._lines_max = lines_max
        self._seconds = seconds
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def admit(self, name: str, message: str, now: float) -> int | None:
        """Return None to drop the line, else how many like it were dropped before."""
        since, count = self._seen.get((name, message), (now, 0))
        if now - since >= self._seconds:
            self._seen[name, message] = (now, 1)
            return max(0, count - self._lines_max)
        if len(self._seen) > _SEEN_MAX:
            self._seen.clear()
        self._seen[name, message] = (since, count + 1)
        return 0 if count < self._lines_max else None


class _Bridge(logging.Handler):
    """Hands the standard library's records to structlog, repeated ones only now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = Repeats()

    def emit(self, record: logging.LogRecord) -> None:
        """Pass *record* on."""
        # A template repeats, its values do not: compare the text without its numbers.
        alike = re.sub(r"\d+", "#", str(record.msg))[:200]
        dropped = self._repeats.admit(record.name, alike, time.monotonic())
        if dropped is None:
            return
        more: dict[str, Any] = {"alike_dropped": dropped} if dropped else {}
        if record.exc_info:
            more["exc_info"] = record.exc_info
        text = _LONG_NUMBER.sub("[number]", record.getMessage()[:500])
        structlog.get_logger().log(record.levelno, text, logger=record.name, **more)


def _bridge(level: int) -> None:
    """Make structlog the only way out for the standard library's logs."""
    logging.root.handlers = [_Bridge()]
    logging.root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # At each start it warns that it does not make topics, which is how we want it.
    logging.getLogger("chassis.framework").setLevel(max(level, logging.ERROR))
