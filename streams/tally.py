"""Tally: what a transaction will have counted once it is committed; on an abort it is simply dropped."""

from __future__ import annotations

import time
from collections import Counter

from schemas.metrics import OUTCOMES
from streams.desk import Desk
from streams.event_time import tell_event_time

_APPLIED, _INVALID = OUTCOMES[0], OUTCOMES[-1]


class Tally:
    """Counts of one transaction."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.records: Counter[tuple[str, str]] = Counter()
        """By (topic, outcome)."""
        self.dead_letters: Counter[str] = Counter()
        self.oddities: Counter[str] = Counter()
        self.misplaced: Counter[str] = Counter()
        self.gaps: Counter[str] = Counter()
        """Records deleted from an input before they were read, by topic."""
        self.timestamps_ms: dict[str, int] = {}
        """The newest Kafka timestamp, by topic."""
        self.late_ms: Counter[str] = Counter()
        """By how much the applied records came to Kafka after they were made, added up, by topic."""
        self.ahead_ms: int | None = None
        """How far the newest Kafka timestamp was beyond the worker's clock when it was read."""
        self.newest_day = 0
        """The newest business date."""

    def count(self, topic: str, outcome: str, timestamp_ms: int, records: int = 1) -> None:
        """Count records of a topic; `timestamp_ms` is the newest one's."""
        self.records[topic, outcome] += records
        if timestamp_ms > self.timestamps_ms.get(topic, 0):
            self.timestamps_ms[topic] = timestamp_ms

    def compare_clocks(self, timestamp_ms: int, now_ms: int) -> None:
        """Note the newest Kafka timestamp of records that were read now."""
        ahead = timestamp_ms - now_ms
        self.ahead_ms = ahead if self.ahead_ms is None else max(self.ahead_ms, ahead)

    def settle(self, desk: Desk) -> None:
        """Add everything to the worker's metrics."""
        metrics = desk.metrics
        for (topic, outcome), count in self.records.items():
            metrics.records.labels(topic, outcome).inc(count)
            metrics.count_records(topic, count, count if outcome == _INVALID else 0)
            if outcome == _APPLIED:
                metrics.count_lateness(topic, count, self.late_ms[topic])
        for counter, counts in (
            (metrics.dead_letters, self.dead_letters),
            (metrics.oddities, self.oddities),
            (metrics.misplaced, self.misplaced),
            (metrics.gaps, self.gaps),
        ):
            for label, count in counts.items():
                counter.labels(label).inc(count)
        now = time.time()
        for topic, timestamp_ms in self.timestamps_ms.items():
            metrics.record_lag.labels(topic).set(max(0.0, now - timestamp_ms / 1000))
        if self.ahead_ms is not None:
            metrics.clock_ahead.set(self.ahead_ms / 1000)
        tell_event_time(desk, self.newest_day)
