"""Sizing: what a load took, and what a large company would need by that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from streams.settings import Settings

RETENTION_DAYS: Final = Settings().retention_days
"""By default."""
LOADS_RETENTION_DAYS: Final = 1_100
"""Longer than any load that is measured has days: what is out of it would be refused."""
PEAK: Final = 10
"""The busiest hour by the mean of a year: most of the work is done in a third of the hours of five days in seven."""
MOST_PARTITIONS: Final = 256
PARTITIONS_A_WORKER: Final = 8
WORKER_BYTES: Final = 32 * 2**30
"""What a worker of that company may take."""
VALUE_BYTES: Final = 210
"""Of a record, as the simulator's are."""

_FEWEST: Final = 2
"""Loads that a difference takes."""


class Load(NamedTuple):
    """What is put on how many workers."""

    workers: int
    reps: int
    partitions: int
    records: int
    a_day: int = 10
    """Records of each rep and day; the simulated company's have as many."""


class Scaled(NamedTuple):
    """What one load took."""

    load: Load
    rate: float
    """Records a second of all workers together."""
    cpu_us: float
    """Microseconds of CPU a record, of all workers together."""
    empty_bytes: int
    """Resident size of all workers before the first record."""
    full_bytes: int
    """The same after the last, when the scores of all reps are out and all metrics have been asked for."""
    costs: tuple[float, ...] = ()
    """`cpu_us` of this load in each round, in their order."""
    rates: tuple[float, ...] = ()
    """`rate` likewise."""


def least_disturbed(runs: Mapping[Load, Sequence[Scaled]]) -> dict[Load, Scaled]:
    """Of each load the run with the least CPU, and what each round took: others on the machine only ever add to it.

    >>> load = Load(1, 10, 8, 100)
    >>> found = least_disturbed({load: [Scaled(load, 90.0 / cpu, cpu, 0, 0) for cpu in (5.0, 3.0, 9.0)]})
    >>> found[load].cpu_us, found[load].costs, found[load].rates
    (3.0, (5.0, 3.0, 9.0), (18.0, 30.0, 10.0))
    """
    found = {}
    for load, several in runs.items():
        least = min(several, key=lambda run: run.cpu_us)
        found[load] = least._replace(
            costs=tuple(run.cpu_us for run in several), rates=tuple(run.rate for run in several)
        )
    return found


def days(load: Load) -> int:
    """On how many days each rep has records.

    >>> days(Load(1, 1_000, 8, 25_000, 10)), days(Load(1, 10, 8, 10_000, 1))
    (3, 1000)
    """
    return math.ceil(load.records / (load.reps * load.a_day))


def days_back(load: Load, number: Any) -> Any:
    """How many days before the last one a record is: the oldest come first, so that the last ones are in every window.

    >>> [days_back(Load(1, 2, 8, 18, 3), number) for number in (0, 5, 6, 17)]
    [2, 2, 1, 0]
    """
    return days(load) - 1 - number // (load.reps * load.a_day)


class Taken(NamedTuple):
    """Bytes of memory by what there is, from loads that differ in that alone."""

    worker: float
    rep: float
    record: float


class Need(NamedTuple):
    """What a company needs."""

    held: float
    """Records within the retention."""
    mean_rate: float
    peak_rate: float
    """Records a second."""
    peak_cores: float
    record_bytes: float
    rep_bytes: float
    workers: int
    """By memory and by peak, whichever takes more."""
    partitions: int
    log_bytes: float
    """Of the input topics over the retention, one copy, not compressed."""


def taken(rows: Mapping[str, Sequence[Scaled]]) -> Taken | None:
    """Bytes by worker, rep and record; None unless there are loads that differ in reps and loads that differ in records.

    A rep's are from the first and the last of `reps`, a record's from the last two of `records`.

    >>> few, many = (Scaled(Load(1, reps, 8, 10), 1, 1, 100, 200 + 3 * reps) for reps in (10, 110))
    >>> short, long = (Scaled(Load(1, 10, 8, records), 1, 1, 100, 130 + 2 * records) for records in (100, 200))
    >>> taken({"reps": [few, many], "records": [short, long]})
    Taken(worker=100.0, rep=3.0, record=2.0)
    """
    reps, records = rows.get("reps", ()), rows.get("records", ())
    if min(len(reps), len(records)) < _FEWEST:
        return None
    few, many = reps[0], reps[-1]
    short, long = records[-2:]
    return Taken(
        few.empty_bytes / few.load.workers,
        (many.full_bytes - few.full_bytes) / (many.load.reps - few.load.reps),
        (long.full_bytes - short.full_bytes) / (long.load.records - short.load.records),
    )


def pane_bytes(rows: Mapping[str, Sequence[Scaled]]) -> float | None:
    """What one more day with records takes of memory, from the first and the last row of `day`; None unless there are two.

    >>> close, far = (Scaled(Load(1, 10, 8, 1_000, a_day), 1, 1, 0, 5_000 - 20 * a_day) for a_day in (100, 1))
    >>> pane_bytes({"day": [far, close]})
    2.0
    """
    loads = rows.get("day", ())
    if len(loads) < _FEWEST:
        return None
    far, close = loads[0], loads[-1]
    return (far.full_bytes - close.full_bytes) / (far.load.reps * (days(far.load) - days(close.load)))


def need(reps: int, records_a_year: float, each: Taken, cpu_us: float) -> Need:
    """What so many reps and records take, by what each takes, at `cpu_us` microseconds of CPU a record.

    >>> found = need(1_000, 365 * 86_400, Taken(2**30, 31 * 2**20, 0.0), 25.0)
    >>> found.mean_rate, found.peak_rate, found.peak_cores, found.workers, found.partitions
    (1.0, 10.0, 0.00025, 1, 8)
    """
    mean = records_a_year / (365 * 86_400)
    held = records_a_year * RETENTION_DAYS / 365
    peak_cores = PEAK * mean * cpu_us / 1e6
    state = held * each.record + reps * each.rep
    workers = max(1, math.ceil(state / (WORKER_BYTES - each.worker)), math.ceil(peak_cores))
    return Need(
        held,
        mean,
        PEAK * mean,
        peak_cores,
        held * each.record,
        reps * each.rep,
        workers,
        min(MOST_PARTITIONS, PARTITIONS_A_WORKER * workers),
        held * VALUE_BYTES,
    )
