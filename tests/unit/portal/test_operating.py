"""What an operator sees first: what is wrong, since when, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.messages import SourceStatusData, TimelineEntry, Words
from hypothesis import given
from hypothesis import strategies as st
from portal.counted import Downtime, Report
from portal.views import operating
from portal.views.tracing import events_of, trace_id

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
"""Half past nine in Bangkok."""


def report(service: str, question: str, said: Any, failing: datetime | None = None) -> Any:
    """One newest answer, keyed as the store gives it."""
    error = None if failing is None else "ConnectError"
    return {(service, question): Report(service, question, said, NOW, failing, error)}


def source(**more: Any) -> SourceStatusData:
    """A source that tells everything by eight."""
    said: dict[str, Any] = {
        "source": "erp",
        "epoch": 1,
        "version": 1,
        "name": Words(th="ระบบบัญชี", en="ERP"),
        "contact": "erp@finance.example",
        "role": "finance",
        "zone": "Asia/Bangkok",
        "promise": "daily by 08:00",
        **more,
    }
    return SourceStatusData(**said)


def keys(reports: Any, *sources: SourceStatusData) -> list[str]:
    """The codes of the alarms."""
    rows = operating.source_rows(sources, reports, NOW)
    return [one.key for one in operating.alarms(reports, rows, 3, NOW)]


def test_nothing_is_wrong_while_all_answers_are_good() -> None:
    """Ready, empty, and complete to the end of yesterday."""
    ready = {"ready": True, "checks": {"database": {"ok": True}}, "outbox": {}}
    told = source(complete_until="2026-11-22T16:59:59.999999+00:00")
    assert [] == keys(report("intake", "ready", ready), told)


def test_a_service_that_does_not_answer_is_wrong_since_the_first_time() -> None:
    """The page says since when, not when somebody looked."""
    since = NOW - timedelta(minutes=12)
    found = operating.alarms(report("notify", "ready", None, since), [], 0, NOW)
    assert [("away", since, "make logs NAME=notify")] == [
        (one.key, one.since, one.command) for one in found
    ]


def test_an_outbox_older_than_ten_seconds_is_wrong() -> None:
    """It is told by its age, before the service itself calls it a fault."""
    said = {"ready": True, "checks": {}, "outbox": {"oldest_age_seconds": 10.0, "depth_rows": 1}}
    assert [] == keys(report("sla", "ready", said))
    said["outbox"] = {"oldest_age_seconds": 10.1, "depth_rows": 1}
    assert ["outbox"] == keys(report("sla", "ready", said))


def test_a_lag_is_wrong_only_while_it_does_not_shrink() -> None:
    """What is being worked off needs nobody."""
    growing = {"groups": {"sla": {"case-status": 900}}, "before": {"sla": {"case-status": 800}}}
    assert ["lag"] == keys(report("kafka", "lag", growing))
    shrinking = {**growing, "before": {"sla": {"case-status": 1000}}}
    assert [] == keys(report("kafka", "lag", shrinking))


def test_a_source_is_silent_by_its_own_promise() -> None:
    """Daily by eight, at half past nine: yesterday must be complete."""
    late = source(complete_until="2026-11-21T16:59:59.999999+00:00")
    assert ["silent"] == keys({}, late)
    assert [] == keys({}, late.model_copy(update={"test": True}))
    assert [] == keys({}, late.model_copy(update={"role": "officer", "promise": "live"}))


def test_before_its_hour_a_daily_source_need_not_have_told_yesterday() -> None:
    """At one in the morning the day before yesterday is enough."""
    night = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    expected = operating.expected_until("daily by 08:00", "Asia/Bangkok", night)
    assert expected is not None
    assert "2026-11-21T16:59:59.999999+00:00" == expected.astimezone(UTC).isoformat()


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)), st.integers(0, 23))
def test_what_is_expected_lies_in_the_past_and_less_than_three_days_ago(
    at: datetime, hour: int
) -> None:
    """At any moment, for any hour promised."""
    now = at.replace(tzinfo=UTC)
    expected = operating.expected_until(f"daily by {hour:02}:00", "Asia/Bangkok", now)
    assert expected is not None
    assert timedelta(0) < now - expected < timedelta(days=3)


def test_differences_clocks_letters_and_what_is_held_are_told() -> None:
    """Each with words of its own."""
    letters = {
        "open": {"invalid-message": 1},
        "dead_letters": [
            {
                "id": 7,
                "topic": "case-event",
                "reason": "invalid-message",
                "detail": "data/lines",
                "subject": "1",
                "created_at": "2026-11-23T00:10:00+00:00",
            }
        ],
    }
    reports = {
        **report("status", "dead-letters", letters),
        **report("notify", "held", {"held": [{"rule": "paid", "notices": 240}]}),
        **report("intake", "unmatched", {"unmatched": [{"age_seconds": 200_000}]}),
    }
    told = source(
        promise="live",
        complete_until=NOW.isoformat(),
        clock_lead_ms=93_000,
        difference={"count": {"declared": 3, "received": 2}},
    )
    assert ["letters", "differs", "clock", "held", "unmatched"] == keys(reports, told)


def test_minutes_nobody_looked_count_as_down() -> None:
    """A portal that was away cannot have been up."""
    began = NOW - timedelta(minutes=200)
    assert 0.5 == operating.down_percent(Downtime(began, 199, 199), NOW)
    assert 0.0 == operating.down_percent(Downtime(began, 201, 201), NOW)
    assert operating.down_percent(Downtime(None, 0, 0), NOW) is None


def test_events_are_told_in_both_orders() -> None:
    """The transfer happened last and came first; one event is in no state yet."""
    entry = {"source": "erp", "role": "finance", "precision": "instant", "effect": "moved"}
    timeline = [
        TimelineEntry(id="a", fact="received", at="2026-11-20T01:00:00Z", **entry),  # type: ignore[arg-type]
        TimelineEntry(id="b", fact="transferred", at="2026-11-20T02:00:00Z", **entry),  # type: ignore[arg-type]
    ]
    parent = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    arrived = [
        {"source": "erp", "id": one, "fact": "x", "recorded_at": "2026-11-20T03:00:00Z",
         "traceparent": parent}
        for one in ("b", "a", "c")
    ]  # fmt: skip
    found = events_of(timeline, arrived)
    assert [("a", 1, 2, 7200), ("b", 2, 1, 3600), ("c", None, 3, None)] == [
        (one.id, one.happened, one.came, one.late_seconds) for one in found
    ]
    assert "ab" * 16 == found[0].trace
    assert "" == trace_id("nonsense")
