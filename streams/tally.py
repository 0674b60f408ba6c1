"""Tally: what a transaction will have counted once it is committed; on an abort it is simply dropped."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, datetime

from schemas.metrics import OUTCOMES
from streams.desk import Desk

_INVALID = OUTCOMES[-1]


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
        self.newest_day = 0
        """The newest business date."""

    def count(self, topic: str, outcome: str, timestamp_ms: int, records: int = 1) -> None:
        """Count records of a topic; `timestamp_ms` is the newest one's."""
        self.records[topic, outcome] += records
        if timestamp_ms > self.timestamps_ms.get(topic, 0):
            self.timestamps_ms[topic] = timestamp_ms

    def settle(self, desk: Desk) -> None:
        """Add everything to the worker's metrics."""
        metrics = desk.metrics
        for (topic, outcome), count in self.records.items():
            metrics.records.labels(topic, outcome).inc(count)
            metrics.count_invalid(topic, count, count if outcome == _INVALID else 0)
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
        if self.newest_day > desk.newest_day_seen:
            desk.newest_day_seen = self.newest_day
            midnight = datetime.combine(date.fromordinal(self.newest_day), datetime.min.time(), desk.organisation.zone)
            metrics.event_time.set(midnight.timestamp())
