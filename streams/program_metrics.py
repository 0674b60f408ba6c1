"""Program metrics: what a worker counts about itself, declared in `schemas.metrics`, kept apart from the scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from schemas import metrics
from schemas.dead_letters import REASONS
from schemas.metrics import MetricSpec
from schemas.topics import INPUTS
from streams import process_cost
from streams.minute_ratio import MinuteRatio

_TRANSACTION_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_TOPICS: Final = [spec.name for spec in INPUTS]


class ProgramMetrics:
    """Counters and gauges of one worker in its own registry.

    Counters start at 0 with all labels that they can have: a rate shows the first failure too, not from the second one on.
    """

    def __init__(self) -> None:
        """Register everything; what nobody knows yet (the event time, lags) comes when it is known."""
        self.registry: Final = CollectorRegistry()
        self.records = self._counter(metrics.RECORDS, _TOPICS, metrics.OUTCOMES)
        self.dead_letters = self._counter(metrics.DEAD_LETTER_RECORDS, REASONS)
        self._invalid_ratio = self._minute_ratios(metrics.INVALID_RATIO)
        self._lateness = self._minute_ratios(metrics.LATENESS)
        self.misplaced = self._counter(metrics.MISPLACED_RECORDS, _TOPICS)
        self.oddities = self._counter(metrics.ODDITIES, metrics.ODDITY_KINDS)
        self.gaps = self._counter(metrics.GAP_RECORDS, _TOPICS)
        self.seek_backs = self._counter(metrics.SEEK_BACKS)
        self.transactions = self._counter(metrics.TRANSACTIONS, metrics.TRANSACTION_OUTCOMES)
        self.transaction_seconds = Histogram(
            metrics.TRANSACTION_SECONDS.name,
            metrics.TRANSACTION_SECONDS.help,
            registry=self.registry,
            buckets=_TRANSACTION_BUCKETS,
        )
        self.record_lag = self._gauge(metrics.RECORD_LAG)
        self._event_time: Gauge | None = None
        self.clock_ahead = self._gauge(metrics.CLOCK_AHEAD)
        self.stalled = self._gauge(metrics.STALLED_PARTITIONS)
        self.position_lag = self._gauge(metrics.POSITION_LAG)
        self.group_lag = self._gauge(metrics.GROUP_LAG)
        self.owned_partitions = self._gauge(metrics.OWNED_PARTITIONS)
        self.speaking_partitions = self._gauge(metrics.SPEAKING_PARTITIONS)
        self.silent_lag = self._gauge(metrics.SILENT_LAG)
        self.rebalances = self._counter(metrics.REBALANCES)
        self.recovery = self._gauge(metrics.RECOVERY_SECONDS)
        self.ready = self._gauge(metrics.READY)
        self.publish = self._gauge(metrics.PUBLISH_SECONDS)
        self.alerts = self._counter(metrics.ALERTS, *metrics.ALERT_LABELS)
        self.store_writes = self._counter(metrics.STORE_WRITES, metrics.STORE_OUTCOMES)
        self.store_waiting = self._gauge(metrics.STORE_WAITING)
        self._loop_lag = self._gauge(metrics.LOOP_LAG)
        _Reading(self.registry, metrics.CPU_SECONDS, process_cost.cpu_seconds)
        self._gauge(metrics.MEMORY).set_function(process_cost.resident_bytes)
        self._gauge(metrics.START_TIME).set(process_cost.STARTED_AT)
        self._gauge(metrics.BUILD_INFO).labels(program_version(), "").set(1)

    def count_records(self, topic: str, records: int, invalid: int) -> None:
        """Let records of a topic, and how many of them were invalid, count for the ratio of the last minute."""
        self._invalid_ratio[topic].add(records, invalid)

    def count_lateness(self, topic: str, records: int, late_ms: int) -> None:
        """Let applied records of a topic count for the lateness of the last minute: by how much they were late, added up."""
        self._lateness[topic].add(records, late_ms / 1000)

    def show_event_time(self, seconds: float) -> None:
        """The newest business date is known; before that there is no series, for 1970 would be a lie."""
        if self._event_time is None:
            self._event_time = self._gauge(metrics.EVENT_TIME)
        self._event_time.set(seconds)

    def show_group_lag(self, lag: Mapping[str, int] | None) -> None:
        """The group's lag by topic; None: it is not known now, and not shown."""
        if lag is None:
            self.group_lag.clear()
        for topic, records in (lag or {}).items():
            self.group_lag.labels(topic).set(records)

    def show_silent_lag(self, generation: int, lag: Mapping[str, int] | None) -> None:
        """The lag by topic of a silent generation's group; None: it speaks, or the lag is not known now."""
        self.silent_lag.clear()
        for topic, records in (lag or {}).items():
            self.silent_lag.labels(topic, generation).set(records)

    def watch_loop(self, longest_hold_up: Callable[[], float]) -> None:
        """Show what this says, in seconds, whenever it is asked for."""
        self._loop_lag.set_function(longest_hold_up)

    def forget_lag(self, topic: str, partition: int) -> None:
        """Show the lag of a partition no more: another worker owns it."""
        with suppress(KeyError):
            self.position_lag.remove(topic, partition)

    def records_a_second(self) -> float:
        """Records of all inputs that were dealt with, a second, over the last five."""
        return sum(ratio.a_second() for ratio in self._invalid_ratio.values())

    def _minute_ratios(self, spec: MetricSpec) -> dict[str, MinuteRatio]:
        """A ratio for each input topic."""
        gauge, ratios = self._gauge(spec), {topic: MinuteRatio() for topic in _TOPICS}
        for topic, ratio in ratios.items():
            gauge.labels(topic).set_function(ratio.value)
        return ratios

    def _counter(self, spec: MetricSpec, *values: Iterable[str]) -> Counter:
        counter = Counter(spec.name, spec.help, spec.labels, registry=self.registry)
        for labels in product(*values) if values else ():
            counter.labels(*labels)
        return counter

    def _gauge(self, spec: MetricSpec) -> Gauge:
        return Gauge(spec.name, spec.help, spec.labels, registry=self.registry)


class _Reading(Collector):
    """A counter whose value is asked for at each scrape."""

    def __init__(self, registry: CollectorRegistry, spec: MetricSpec, value: Callable[[], float]) -> None:
        self._spec = spec
        self._value = value
        registry.register(self)

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Its name, by which it can be asked for."""
        yield CounterMetricFamily(self._spec.name, self._spec.help)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The value now."""
        yield CounterMetricFamily(self._spec.name, self._spec.help, value=self._value())


def program_version() -> str:
    """The version of upscore that runs; `unknown` from a source tree that was never installed."""
    try:
        return version("upscore")
    except PackageNotFoundError:
        return "unknown"
