"""Program metrics: what a worker counts about itself, declared in `schemas.metrics`, kept apart from the scores."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas import metrics
from schemas.metrics import MetricSpec
from streams.invalid_ratio import InvalidRatio

_TRANSACTION_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class ProgramMetrics:
    """Counters and gauges of one worker in its own registry."""

    def __init__(self) -> None:
        """Register everything; what has no labels starts at 0."""
        self.registry: Final = CollectorRegistry()
        self.records = self._counter(metrics.RECORDS)
        self.dead_letters = self._counter(metrics.DEAD_LETTER_RECORDS)
        self._invalid_ratio = self._gauge(metrics.INVALID_RATIO)
        self._invalid_ratios: dict[str, InvalidRatio] = {}
        self.misplaced = self._counter(metrics.MISPLACED_RECORDS)
        self.oddities = self._counter(metrics.ODDITIES)
        self.gaps = self._counter(metrics.GAP_RECORDS)
        self.seek_backs = self._counter(metrics.SEEK_BACKS)
        self.transactions = self._counter(metrics.TRANSACTIONS)
        self.transaction_seconds = Histogram(
            metrics.TRANSACTION_SECONDS.name,
            metrics.TRANSACTION_SECONDS.help,
            registry=self.registry,
            buckets=_TRANSACTION_BUCKETS,
        )
        self.record_lag = self._gauge(metrics.RECORD_LAG)
        self.event_time = self._gauge(metrics.EVENT_TIME)
        self.stalled = self._gauge(metrics.STALLED_PARTITIONS)
        self.position_lag = self._gauge(metrics.POSITION_LAG)
        self.recovery = self._gauge(metrics.RECOVERY_SECONDS)
        self.ready = self._gauge(metrics.READY)
        self.publish = self._gauge(metrics.PUBLISH_SECONDS)
        self.alerts = self._counter(metrics.ALERTS)
        self._gauge(metrics.BUILD_INFO).labels(_version(), "").set(1)

    def count_invalid(self, topic: str, records: int, invalid: int) -> None:
        """Let records of a topic, and how many of them were invalid, count for the ratio of the last minute."""
        ratio = self._invalid_ratios.get(topic)
        if ratio is None:
            ratio = self._invalid_ratios[topic] = InvalidRatio()
            self._invalid_ratio.labels(topic).set_function(ratio.value)
        ratio.count(records, invalid)

    def forget_lag(self, topic: str, partition: int) -> None:
        """Show the lag of a partition no more: another worker owns it."""
        with suppress(KeyError):
            self.position_lag.remove(topic, partition)

    def _counter(self, spec: MetricSpec) -> Counter:
        return Counter(spec.name, spec.help, spec.labels, registry=self.registry)

    def _gauge(self, spec: MetricSpec) -> Gauge:
        return Gauge(spec.name, spec.help, spec.labels, registry=self.registry)


def _version() -> str:
    try:
        return version("upscore")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
