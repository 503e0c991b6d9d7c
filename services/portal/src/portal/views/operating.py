"""
What an operator has to see first: what is red, since when, how many cases it touches, and what to
do. Pure: made from the newest answers of the services, the sources and now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts.messages import SourceStatusData
from contracts.process import PEOPLE

from portal.counted import Downtime, Report

OUTBOX_SECONDS_MAX = 10.0
LAG_RECORDS_MIN = 100
LEAD_MS_MAX = 60_000
LIVE_SILENCE = timedelta(minutes=30)
DAILY_GRACE = timedelta(minutes=30)
UNMATCHED_SECONDS_MAX = 24 * 3600
DOWN_PERCENT_MAX = 0.5
BAD, WARN = "bad", "warn"
Reports = Mapping[tuple[str, str], Report]


class Alarm(NamedTuple):
    """
    One thing that is wrong. *key* names its words: what it is, and what to do.

    `subject`: which service, source or group; `values` fill the words in. `touches`: how many
    cases, None where that is not known. `command`: what to type, empty where a page does it.
    """

    key: str
    tone: str
    subject: str
    values: Mapping[str, str | int]
    since: datetime | None = None
    touches: int | None = None
    command: str = ""


class SourceRow(NamedTuple):
    """A source as operators see it. `late`: it should have told more by now."""

    said: SourceStatusData
    complete_until: datetime | None
    last_event_at: datetime | None
    late: bool
    expected_at: datetime | None
    counters: Mapping[str, Any]
    slug: str


class Letter(NamedTuple):
    """A dead letter of a service, which can be sent again."""

    service: str
    id: int
    topic: str
    reason: str
    detail: str
    subject: str | None
    since: datetime | None


def alarms(
    reports: Reports, sources: Sequence[SourceRow], waiting_cases: int, now: datetime
) -> list[Alarm]:
    """Everything that is wrong now, the worst first, then the oldest."""
    found = [
        *_away(reports),
        *_outboxes(reports, now),
        *_lags(reports),
        *_letters(reports),
        *_sources(sources, waiting_cases),
        *_unmatched(reports),
        *_held(reports),
    ]
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: (one.tone != BAD, one.since or latest, one.key))


def _away(reports: Reports) -> Iterator[Alarm]:
    """Services that do not answer, or are not ready and say why."""
    for (service, question), report in reports.items():
        if report.failing_since is not None:
            why = {"question": question, "error": report.error or ""}
            key = "away" if question == "ready" else "no_answer"
            tone = BAD if question == "ready" else WARN
            yield Alarm(
                key, tone, service, why, report.failing_since, None, f"make logs NAME={service}"
            )
        elif question == "ready":
            for name, check in report.said.get("checks", {}).items():
                if not check["ok"] and name != "outbox":
                    why = {"check": name, "reason": check["reason"]}
                    since = _instant(check.get("since"))
                    command = f"make logs NAME={service}"
                    yield Alarm("not_ready", BAD, service, why, since, None, command)


def _outboxes(reports: Reports, now: datetime) -> Iterator[Alarm]:
    for (service, question), report in reports.items():
        outbox = (report.said or {}).get("outbox", {}) if question == "ready" else {}
        age = outbox.get("oldest_age_seconds") or 0.0
        if age > OUTBOX_SECONDS_MAX:
            values = {"seconds": round(age), "rows": outbox.get("depth_rows", 0)}
            since = now - timedelta(seconds=age)
            yield Alarm("outbox", BAD, service, values, since, None, "make status")


def _lags(reports: Reports) -> Iterator[Alarm]:
    """A lag that did not shrink between two looks."""
    report = reports.get(("kafka", "lag"))
    said = (report.said if report is not None else None) or {}
    for group, topics in said.get("groups", {}).items():
        behind = sum(topics.values())
        before = sum(said.get("before", {}).get(group, {}).values())
        if behind >= LAG_RECORDS_MIN and behind >= before > 0:
            values = {"n": behind, "before": before}
            yield Alarm("lag", BAD, group, values, None, None, f"make logs NAME={_service(group)}")


def _letters(reports: Reports) -> Iterator[Alarm]:
    for (service, question), report in reports.items():
        counts = (report.said or {}).get("open", {}) if question == "dead-letters" else {}
        n = sum(counts.values())
        if n:
            letters = [one for one in letters_of(reports) if one.service == service]
            since = min((one.since for one in letters if one.since), default=None)
            touched = len({one.subject for one in letters if one.subject}) or None
            reasons = ", ".join(sorted(counts))
            command = "tidtam dead-letters list"
            yield Alarm(
                "letters", BAD, service, {"n": n, "reasons": reasons}, since, touched, command
            )


def _sources(sources: Sequence[SourceRow], waiting_cases: int) -> Iterator[Alarm]:
    for row in sources:
        if row.said.test:
            continue
        name = row.said.source
        if row.late:
            values = {"promise": row.said.promise, "contact": row.said.contact}
            yield Alarm("silent", BAD, name, values, row.expected_at, waiting_cases or None)
        if row.said.difference:
            what = ", ".join(sorted(row.said.difference))
            yield Alarm("differs", BAD, name, {"what": what}, row.complete_until)
        if (row.said.clock_lead_ms or 0) > LEAD_MS_MAX:
            seconds = round((row.said.clock_lead_ms or 0) / 1000)
            yield Alarm("clock", WARN, name, {"seconds": seconds, "contact": row.said.contact})


def _unmatched(reports: Reports) -> Iterator[Alarm]:
    rows = _listed(reports, "intake", "unmatched", "unmatched")
    old = [row for row in rows if row["age_seconds"] > UNMATCHED_SECONDS_MAX]
    if old:
        days = max(row["age_seconds"] for row in old) // 86_400
        yield Alarm("unmatched", WARN, "intake", {"n": len(old), "days": days}, None, None,
                    "tidtam unmatched")  # fmt: skip


def _held(reports: Reports) -> Iterator[Alarm]:
    n = sum(row["notices"] for row in _listed(reports, "notify", "held", "held"))
    if n:
        yield Alarm("held", WARN, "notify", {"n": n}, None, None, "tidtam notices held")


def letters_of(reports: Reports) -> list[Letter]:
    """The open dead letters of all services, the oldest first."""
    found = [
        Letter(
            service, row["id"], row["topic"], row["reason"], row["detail"], row["subject"],
            _instant(row["created_at"]),
        )
        for (service, question), report in reports.items()
        if question == "dead-letters"
        for row in (report.said or {}).get("dead_letters", ())
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.service, one.id))


def source_rows(
    sources: Iterable[SourceStatusData], reports: Reports, now: datetime
) -> list[SourceRow]:
    """Each source with what it should have told by *now* (aware)."""
    counters = {row["source"]: row for row in _listed(reports, "intake", "sources", "sources")}
    rows = []
    for said in sources:
        until = _instant(said.complete_until)
        people = said.role in PEOPLE
        expected = None if people else expected_until(said.promise, said.zone, now)
        late = expected is not None and (until is None or until < expected)
        own = counters.get(said.source, {})
        rows.append(
            SourceRow(
                said, until, _instant(said.last_event_at), late, expected if late else None, own,
                own.get("slug", ""),
            )
        )  # fmt: skip
    return rows


def expected_until(promise: str, zone: str, now: datetime) -> datetime | None:
    """
    Up to when a source of this *promise* should be complete by *now*.

    `live`: half an hour ago. `daily by HH:MM`: the end of yesterday in its zone from half an hour
    after that hour on, else the end of the day before.
    """
    if promise == "live":
        return now - LIVE_SILENCE
    try:
        by = time.fromisoformat(promise.removeprefix("daily by "))
    except ValueError:
        return None
    local = now.astimezone(ZoneInfo(zone))
    due = datetime.combine(local.date(), by, local.tzinfo) + DAILY_GRACE
    day = local.date() if local >= due else local.date() - timedelta(days=1)
    # A microsecond before midnight is how far a day that is told reaches.
    return datetime.combine(day, time(), local.tzinfo) - timedelta(microseconds=1)


def down_percent(downtime: Downtime, now: datetime) -> float | None:
    """
    The share of this month's minutes, since watching began, in which something was away.

    A minute in which nobody looked counts as down; None before the first minute is over.
    """
    if downtime.began is None:
        return None
    whole = int((now - downtime.began).total_seconds() // 60)
    return None if whole <= 0 else max(0.0, 100 * (whole - min(downtime.up, whole)) / whole)


def totals(reports: Reports, projected: int) -> Mapping[str, Any] | None:
    """What came in, what became of it, and how many cases are shown here; None before an answer."""
    report = reports.get(("intake", "totals"))
    if report is None or report.said is None:
        return None
    return {**report.said, "projected": projected, "off": report.said["cases"] - projected}


def lag_rows(reports: Reports) -> list[tuple[str, str, int]]:
    """Group, topic and records behind."""
    report = reports.get(("kafka", "lag"))
    said = (report.said if report is not None else None) or {}
    return [
        (group, topic, behind)
        for group, topics in sorted(said.get("groups", {}).items())
        for topic, behind in sorted(topics.items())
    ]


def rejects_of(reports: Reports) -> Sequence[Mapping[str, Any]]:
    """What was refused lately, newest first."""
    return _listed(reports, "intake", "rejects", "rejects")


def _listed(reports: Reports, service: str, question: str, key: str) -> Sequence[Mapping[str, Any]]:
    report = reports.get((service, question))
    said = (report.said if report is not None else None) or {}
    return said.get(key) or ()


def _service(group: str) -> str:
    return group.partition("-")[0]


def _instant(written: str | None) -> datetime | None:
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
