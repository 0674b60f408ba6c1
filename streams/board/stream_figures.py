"""Stream figures: how the stream fares, as one worker counts it, and as all of them together do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from prometheus_client import Counter, Gauge

from streams import process_cost
from streams.desk import Desk
from streams.program_metrics import program_version

__all__ = ["all_together", "own_figures", "stream_event"]

Figures = Mapping[str, Any]
"""One worker's: what `own_figures` gives."""


def own_figures(desk: Desk, obstacles: Sequence[str]) -> dict[str, Any]:
    """What this worker counts; any thread may ask.

    Of a lag nobody knows yet, and of a date before the first record, it says None.
    """
    metrics = desk.metrics
    lags = [sample.value for sample in _samples(metrics.record_lag)]
    waiting = [sample.value for sample in _samples(metrics.group_lag)]
    records: dict[str, dict[str, int]] = {}
    for sample in _samples(metrics.records):
        records.setdefault(sample.labels["topic"], {})[sample.labels["outcome"]] = int(sample.value)
    letters = {sample.labels["reason"]: int(sample.value) for sample in _samples(metrics.dead_letters) if sample.value}
    return {
        "lag_seconds": max(lags, default=None),
        "event_time": date.fromordinal(desk.newest_day_seen).isoformat() if desk.newest_day_seen else None,
        "behind": int(sum(waiting)) if waiting else None,
        "own_behind": desk.backlog.records_waiting,
        "rate": metrics.records_a_second(),
        "records": records,
        "dead_letters": letters,
        "ready": not obstacles,
        "obstacles": list(obstacles),
        "version": program_version(),
        "uptime_seconds": max(0.0, time.time() - process_cost.STARTED_AT),
    }


def all_together(own: Figures, others: Mapping[str, Figures | str], workers: list[dict[str, Any]]) -> dict[str, Any]:
    """A `schemas.board_stream.Stream`.

    Args:
        own: of the worker that answers.
        others: by address, of those that could be reached, and a sentence for those that could not.
        workers: their lines.
    """
    heard: list[Figures] = [own, *(figures for figures in others.values() if not isinstance(figures, str))]
    records: dict[str, dict[str, int]] = {}
    letters: dict[str, int] = {}
    for figures in heard:
        for topic, outcomes in figures["records"].items():
            _add(records.setdefault(topic, {}), outcomes)
        _add(letters, figures["dead_letters"])
    obstacles = list(own["obstacles"])
    for address, other in others.items():
        found = [other] if isinstance(other, str) else other["obstacles"]
        obstacles += [f"{address}: {obstacle}" for obstacle in found]
    return {
        "workers": workers,
        "lag_seconds": _greatest(figures["lag_seconds"] for figures in heard),
        "event_time": _greatest(figures["event_time"] for figures in heard),
        "behind": own["behind"],
        "rate": sum(figures["rate"] for figures in heard),
        "records": records,
        "dead_letters": letters,
        "ready": not obstacles,
        "obstacles": obstacles,
        "version": own["version"],
        "uptime_seconds": own["uptime_seconds"],
    }


def stream_event(together: Figures) -> dict[str, Any]:
    """A `schemas.board_stream.StreamEvent`."""
    return {name: together[name] for name in ("lag_seconds", "event_time", "rate", "behind")}


def _samples(metric: Counter | Gauge) -> list[Any]:
    """The values of all label combinations, without the times at which counters began."""
    return [sample for family in metric.collect() for sample in family.samples if not sample.name.endswith("_created")]


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        total[name] = total.get(name, 0) + count


def _greatest(values: Iterable[Any]) -> Any:
    return max((value for value in values if value is not None), default=None)
