"""The workers: which run, what they own, how they recover, what they cost."""

from __future__ import annotations

from typing import Final

from dashboards.names import JOB
from dashboards.signal import Query, Signal, signal
from dashboards.units import BYTES, COUNT, PER_SECOND, RATIO, SECONDS
from schemas import metrics
from schemas.metrics import MetricSpec

_UP: Final = f'up{{job="{JOB}"}}'
_LEGEND: Final = "{{instance}}"


def _each(spec: MetricSpec) -> Query:
    return Query(f"max by (instance) ({spec.name})", _LEGEND)


def up() -> Signal:
    """How many workers answer, and how many should."""
    return signal(
        "Workers",
        "Workers that answer the scrape, and all that Prometheus knows. Fewer: see the runbook, UpscoreAbsent.",
        COUNT,
        Query(f"sum({_UP})", "answer"),
        Query(f"count({_UP})", "known"),
    )


def ready() -> Signal:
    """How many workers are ready."""
    return signal(
        "Ready",
        "Workers whose state is recovered and whose stream moves. Fewer than run: some recover, or are stuck.",
        COUNT,
        f"sum({metrics.READY.name})",
    )


def owned() -> Signal:
    """Partitions that somebody works on."""
    return signal(
        "Partitions owned",
        "Partitions whose lane runs in a worker. All partitions is good; fewer for longer than a rebalance is not.",
        COUNT,
        f"sum({metrics.OWNED_PARTITIONS.name})",
    )


def rebalances() -> Signal:
    """Assignments over the time shown."""
    return signal(
        "Rebalances",
        "Assignments of partitions over the time shown, of all workers. Each start or end of a worker gives "
        "some; many without one are trouble.",
        COUNT,
        f"sum(increase({metrics.REBALANCES.name}[$__range]))",
    )


def recovery() -> Signal:
    """The longest last recovery."""
    return signal(
        "Longest recovery",
        "How long the last recovery of state took, of the slowest worker.",
        SECONDS,
        f"max({metrics.RECOVERY_SECONDS.name})",
    )


def memory() -> Signal:
    """Memory of all workers."""
    return signal("Memory", "Memory of all workers together.", BYTES, f"sum({metrics.MEMORY.name})")


def each_holds() -> Signal:
    """A row for each worker: whether it is ready, and what it holds."""
    return signal(
        "What each worker holds",
        "Whether the worker is ready (1) or not (0), the partitions that it owns, the series it exports, and the cores it uses.",
        COUNT,
        f"max by (instance) ({metrics.READY.name})",
        f"max by (instance) ({metrics.OWNED_PARTITIONS.name})",
        f"max by (instance) ({metrics.SERIES.name})",
        f"max by (instance) (rate({metrics.CPU_SECONDS.name}[$__rate_interval]))",
    )


def each_runs() -> Signal:
    """A row for each worker: since when it runs, and how long it took to recover."""
    return signal(
        "How long each worker runs",
        "How long the worker's process runs, and how long its last recovery of state took.",
        SECONDS,
        f"max by (instance) (time() - {metrics.START_TIME.name})",
        f"max by (instance) ({metrics.RECOVERY_SECONDS.name})",
    )


def versions() -> Signal:
    """How many workers run each version."""
    return signal(
        "Versions",
        "Workers by version; two at once while a new one is rolled out.",
        COUNT,
        Query(f"count by (version) ({metrics.BUILD_INFO.name})", "{{version}}"),
    )


def partitions() -> Signal:
    """Partitions of each worker."""
    return signal(
        "Partitions by worker",
        "Partitions whose lane runs in the worker. Even is good; steps are rebalances.",
        COUNT,
        _each(metrics.OWNED_PARTITIONS),
    )


def rebalances_by_worker() -> Signal:
    """Assignments of each worker."""
    return signal(
        "Rebalances by worker",
        "Assignments of partitions that the worker was given. Again and again: it is too slow for its session, "
        "or it is restarted.",
        COUNT,
        Query(f"sum by (instance) (increase({metrics.REBALANCES.name}[$__rate_interval]))", _LEGEND),
    )


def recoveries() -> Signal:
    """The last recovery of each worker."""
    return signal(
        "Recovery by worker",
        "How long the worker's last recovery of state took. It grows with what it holds; minutes mean slow disks or brokers.",
        SECONDS,
        _each(metrics.RECOVERY_SECONDS),
    )


def cpu() -> Signal:
    """Cores that each worker uses."""
    return signal(
        "CPU by worker",
        "Cores in use; a worker has one event loop and uses little more than one.",
        COUNT,
        Query(f"sum by (instance) (rate({metrics.CPU_SECONDS.name}[$__rate_interval]))", _LEGEND),
    )


def memory_by_worker() -> Signal:
    """Memory of each worker."""
    return signal(
        "Memory by worker",
        "Memory of the worker's process. It grows with the reps and days it owns, and levels off.",
        BYTES,
        _each(metrics.MEMORY),
    )


def loop_lag() -> Signal:
    """How long event loops were held up."""
    return signal(
        "Event loop held up",
        "Longest time of the last minute that the worker's event loop was held up. Over a second it is late with "
        "everything, heartbeats too.",
        SECONDS,
        _each(metrics.LOOP_LAG),
    )


def scrape() -> Signal:
    """What an exposition costs."""
    return signal(
        "Cost of a scrape",
        "How long the last exposition took to render, off the event loop. Below a second at any size.",
        SECONDS,
        _each(metrics.SCRAPE_SECONDS),
    )


def series() -> Signal:
    """Series against their limit."""
    share = f"max by (instance) ({metrics.SERIES.name}) / max by (instance) ({metrics.SERIES_LIMIT.name})"
    return signal(
        "Series of their limit",
        "Series of subjects that the worker exports, of the most that it may. Beyond, families are left out, the least "
        "important first: more workers, or a higher UPSCORE_MOST_SERIES.",
        RATIO,
        Query(share, _LEGEND),
    )


def publishing() -> Signal:
    """How long publishing takes."""
    return signal(
        "Publishing of scores",
        "How long the last publishing of changed scores took. Over a second, scores go out less often than asked.",
        SECONDS,
        _each(metrics.PUBLISH_SECONDS),
    )


def store_waiting() -> Signal:
    """Scores that the store has not taken."""
    return signal(
        "Scores waiting for the store",
        "Scores that Redis (or memory) has not taken yet. It falls back to 0; where it grows, Redis is slow or "
        "gone. Nothing is lost by it.",
        COUNT,
        _each(metrics.STORE_WAITING),
    )


def store_writes() -> Signal:
    """Batches offered to the store, by outcome."""
    return signal(
        "Writes to the store",
        "Batches of scores a second that were offered to the score store, by outcome.",
        PER_SECOND,
        Query(f"sum by (outcome) (rate({metrics.STORE_WRITES.name}[$__rate_interval]))", "{{outcome}}"),
    )


def clock() -> Signal:
    """How far clocks differ."""
    return signal(
        "Clock against Kafka",
        "Kafka's timestamp of the newest record less the worker's clock. Well above 0, clocks differ: see the "
        "runbook, UpscoreClock.",
        SECONDS,
        _each(metrics.CLOCK_AHEAD),
    )
