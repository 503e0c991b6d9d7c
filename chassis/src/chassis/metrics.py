"""
Every metric of the chassis, by name, and the registry that `/metrics` shows.

A service adds its own with `metrics.registry`; names of the chassis stand in `Metric` and nowhere
else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)


class Metric(StrEnum):
    """The names, units last."""

    RECORDS = "consumed_records_total"
    BATCHES = "consumed_batches_total"
    BATCH_SECONDS = "batch_seconds"
    RETRIES = "batch_retries_total"
    REBALANCES = "rebalances_total"
    ASSIGNED = "assigned_partitions"
    BATCH_AGE = "last_batch_age_seconds"
    DEAD_LETTERS = "dead_letters_total"
    FLOODS = "dead_letter_floods_total"
    PUBLISHED = "relay_published_total"
    RELAY_ERRORS = "relay_errors_total"
    RELAY_ACTIVE = "relay_active"
    OUTBOX_AGE = "outbox_oldest_age_seconds"
    OUTBOX_DEPTH = "outbox_depth_rows"
    READY = "ready"
    CHECK = "check_ok"


_BATCH_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0)


class Metrics:
    """One registry and what the chassis counts in it. Each process has one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        by = ("consumption",)
        self.records = self.counter(Metric.RECORDS, "Records whose batch was committed.", by)
        self.batches = self.counter(Metric.BATCHES, "Batches committed.", by)
        self.batch_seconds = Histogram(
            Metric.BATCH_SECONDS,
            "Seconds a batch took, retries included.",
            by,
            buckets=_BATCH_BUCKETS,
            registry=self.registry,
        )
        self.retries = self.counter(
            Metric.RETRIES, "Attempts that failed, by class of the error.", (*by, "kind")
        )
        self.rebalances = self.counter(Metric.REBALANCES, "Assignments received.", by)
        self.assigned = self.gauge(Metric.ASSIGNED, "Partitions this process reads.", by)
        self.batch_age = self.gauge(Metric.BATCH_AGE, "Seconds since the last batch.", by)
        self.dead_letters = self.counter(
            Metric.DEAD_LETTERS, "Records that can never become valid, by reason.", (*by, "reason")
        )
        self.floods = self.counter(Metric.FLOODS, "Stops because of too many dead letters.", by)
        self.published = self.counter(Metric.PUBLISHED, "Rows the broker acknowledged.")
        self.relay_errors = self.counter(Metric.RELAY_ERRORS, "Rounds of the relay that failed.")
        self.relay_active = self.gauge(Metric.RELAY_ACTIVE, "1 if this process is the relay.")
        self.outbox_age = self.gauge(Metric.OUTBOX_AGE, "Age of the oldest row; 0 when empty.")
        self.outbox_depth = self.gauge(Metric.OUTBOX_DEPTH, "Rows not yet acknowledged.")
        self.ready = self.gauge(Metric.READY, "1 if /readyz says yes.")
        self.check = self.gauge(Metric.CHECK, "1 if this check of /readyz holds.", ("check",))

    def counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        """Make a counter in this registry; *name* ends in `_total`."""
        return Counter(name, text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        """Make a gauge in this registry."""
        return Gauge(name, text, labels, registry=self.registry)

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self.registry)
