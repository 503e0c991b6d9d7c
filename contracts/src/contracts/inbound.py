"""
The judge: may this source say this, and what does it mean once numbers and times are normalised?

`parse` reads bytes, `Judge` judges; intake, `tidtam check` and the tests all call the same two.
Nothing here crashes on any input, and no answer repeats the payload.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from contracts.canonical import NotCanonical, sha256, write_canonical
from contracts.data import Reading, read_data
from contracts.envelope import BYTES_MAX, parse, parse_batch, readable
from contracts.events import Finding, Inbound, Rejected, SourceRules
from contracts.instants import TimeRefused, judge_instant
from contracts.process import Process
from contracts.rules import choice, did_you_mean, finding, pointer_to
from contracts.trouble import NUL, trouble_in
from contracts.vocabulary import SpokenFact, Vocabulary

__all__ = ["BYTES_MAX", "Judge", "judge", "parse", "parse_batch"]

SEQUENCE_MAX = 2**63 - 1
_SEQUENCE = re.compile(r"[0-9]{1,19}")
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_SAMENESS = ("type", "time", "timeprecision", "sequence", "data")
_OURS = ("timeprecision", "sequence", "traceparent", "replay", "time", "data")
_KNOWN = frozenset(
    (
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "datacontenttype",
        "dataschema",
        "subject",
        "data",
        "data_base64",
        "timeprecision",
        "sequence",
        "sequencetype",
        "traceparent",
        "tracestate",
        "replay",
        "partitionkey",
        "recordedtime",
        "correlationid",
        "causationid",
    )
)


class Judge:
    """Judges events of a set of processes; make one per set of rule versions and keep it."""

    __slots__ = ("_vocabularies",)

    def __init__(self, processes: Mapping[str, Process]) -> None:
        self._vocabularies = {name: Vocabulary(process) for name, process in processes.items()}

    def judge(
        self, event: Mapping[str, Any], raw_sha256: bytes, rules: SourceRules | None, now_us: int
    ) -> Inbound | Rejected:
        """
        Judge one parsed event of the source whose *rules* are given (None: nobody knows it).

        *raw_sha256* is that of the bytes, *now_us* the clock in microseconds since 1970.
        """
        found: list[Finding] = []
        if rules is None:
            found.append(finding("/source", "source-unknown"))
            return _rejected(event, raw_sha256, found)
        _judge_attributes(event, rules, found)
        spoken, vocabulary = self._fact_of(event, rules, found)
        sequence = _sequence(event, found)
        instant_us = _instant(event, rules, now_us, found)
        replay = _replay(event, found)
        digest = _digest(event, found)
        if spoken is None or vocabulary is None or digest is None:
            return _rejected(event, raw_sha256, found)
        reading = read_data(vocabulary, spoken, event, rules)
        found.extend(reading.findings)
        if found:
            return _rejected(event, raw_sha256, found)
        judged = (instant_us, sequence, digest, replay)
        return _accepted(event, vocabulary, spoken, reading, judged)

    def _fact_of(
        self, event: Mapping[str, Any], rules: SourceRules, found: list[Finding]
    ) -> tuple[SpokenFact | None, Vocabulary | None]:
        said = event.get("type")
        if said is None or said == "":
            found.append(finding("/type", "type-missing"))
            return None, None
        parts = said.split(".") if isinstance(said, str) else []
        if len(parts) != 3 or parts[0] != "tidtam":
            found.append(finding("/type", "type-malformed"))
            return None, None
        vocabulary = self._vocabularies.get(parts[1])
        if vocabulary is None:
            found.append(choice("/type", "process-unknown", parts[1], self._vocabularies))
            return None, None
        spoken = vocabulary.facts.get(parts[2])
        if spoken is None:
            found.append(choice("/type", "fact-unknown", parts[2], vocabulary.facts))
        elif parts[2] not in rules.facts.get(parts[1], ()) or rules.role not in spoken.fact.roles:
            found.append(finding("/type", "fact-not-yours"))
        return spoken, vocabulary


@lru_cache(maxsize=8)
def _judge_of(kept: _Kept) -> Judge:
    return Judge({kept.process.name: kept.process})


class _Kept:
    """Holds a process by identity: two that are the same object share one judge."""

    __slots__ = ("process",)

    def __init__(self, process: Process) -> None:
        self.process = process

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and self.process is other.process

    def __hash__(self) -> int:
        return id(self.process)


def judge(
    event: Mapping[str, Any],
    raw_sha256: bytes,
    rules: SourceRules | None,
    process: Process,
    now_us: int,
) -> Inbound | Rejected:
    """Judge one event by one process; `Judge` is the same for many processes."""
    return _judge_of(_Kept(process)).judge(event, raw_sha256, rules, now_us)


def _rejected(event: Mapping[str, Any], raw_sha256: bytes, found: list[Finding]) -> Rejected:
    source, id_ = readable(event.get("source")), readable(event.get("id"))
    return Rejected(source, id_, raw_sha256, tuple(found))


def _accepted(
    event: Mapping[str, Any],
    vocabulary: Vocabulary,
    spoken: SpokenFact,
    reading: Reading,
    judged: tuple[int, int | None, bytes, bool],
) -> Inbound:
    traceparent = event.get("traceparent")
    if traceparent is not None and not _is_traceparent(traceparent):
        reading.warnings.append(finding("/traceparent", "traceparent-malformed"))
        traceparent = None
    if not event.keys() <= _KNOWN:
        reading.warnings.extend(_near_misses(event))
    return Inbound(
        source=event["source"],
        id=event["id"],
        process=vocabulary.name,
        fact=spoken.fact.name,
        time=event["time"],
        instant_us=judged[0],
        day_precision=event.get("timeprecision") == "day",
        sequence=judged[1],
        traceparent=traceparent,
        joining=tuple(reading.joining),
        about=tuple(reading.about),
        data=reading.said,
        text=reading.text,
        mentions=tuple(reading.mentions),
        digest=judged[2],
        target=reading.target,
        warnings=tuple(reading.warnings),
        unread=reading.unread,
        replay=judged[3],
    )


def _judge_attributes(event: Mapping[str, Any], rules: SourceRules, found: list[Finding]) -> None:
    if event.get("specversion") != "1.0":
        found.append(finding("/specversion", "specversion-unknown"))
    source, id_ = event.get("source"), event.get("id")
    if source != rules.source:
        rule = "source-missing" if source in (None, "") else "source-not-yours"
        found.append(finding("/source", rule))
    if id_ is None or id_ == "":
        found.append(finding("/id", "id-missing"))
    elif readable(id_) is None:
        found.append(finding("/id", "id-malformed"))
    kind = event.get("datacontenttype")
    if "data_base64" in event or (kind is not None and "json" not in str(kind).lower()):
        found.append(finding("/data", "data-not-json"))


def _sequence(event: Mapping[str, Any], found: list[Finding]) -> int | None:
    said = event.get("sequence")
    if said is None:
        return None
    if isinstance(said, str) and _SEQUENCE.fullmatch(said) and int(said) <= SEQUENCE_MAX:
        return int(said)
    found.append(finding("/sequence", "sequence-malformed"))
    return None


def _instant(
    event: Mapping[str, Any],
    rules: SourceRules,
    now_us: int,
    found: list[Finding],
) -> int:
    """The instant the event means; 0 where *found* says why there is none."""
    precision, said = event.get("timeprecision"), event.get("time")
    if precision is not None and precision != "day":
        found.append(finding("/timeprecision", "timeprecision-unknown"))
    elif precision == "day" and event.get("sequence") is None:
        found.append(finding("/sequence", "sequence-missing"))
    if said is None or said == "":
        found.append(finding("/time", "time-missing"))
    elif not isinstance(said, str):
        found.append(finding("/time", "time-malformed"))
    else:
        try:
            return judge_instant(said, precision == "day", rules.zone, rules.starts_us, now_us)
        except TimeRefused as refused:
            found.append(finding("/time", refused.rule))
    return 0


def _replay(event: Mapping[str, Any], found: list[Finding]) -> bool:
    """Whether its source says that nobody shall be told of it; in headers a boolean is a text."""
    said = event.get("replay")
    if said is None or said is False or said in ("", "false"):
        return False
    if said is not True and said != "true":
        found.append(finding("/replay", "replay-malformed"))
    return True


def _digest(event: Mapping[str, Any], found: list[Finding]) -> bytes | None:
    """SHA-256 of what makes two events the same; None where *found* says why there is none."""
    said = [_written(event.get(name)) for name in _SAMENESS]
    try:
        canonical, plain = write_canonical(said)
    except NotCanonical:
        place = trouble_in(event.get("data"))
        found.append(place or finding("/data", "nesting-too-deep"))
        return None
    if len(canonical) > BYTES_MAX:
        found.append(finding("", "body-too-large", limit=BYTES_MAX))
        return None
    if not plain or NUL in canonical:
        place = trouble_in(event.get("data"))
        if place is not None:
            found.append(place)
            return None
    return sha256(canonical)


def _written(said: Any) -> Any:
    return "" if said is None else said


def _is_traceparent(said: object) -> bool:
    return isinstance(said, str) and _TRACEPARENT.fullmatch(said) is not None


def _near_misses(event: Mapping[str, Any]) -> list[Finding]:
    """Attributes we do not know that look like one of ours: a slip, not an extension."""
    near = {str(name): did_you_mean(name, _OURS) for name in event.keys() - _KNOWN}
    return [
        finding(pointer_to(name), "field-unknown", near=words)
        for name, words in sorted(near.items())
        if words
    ]
