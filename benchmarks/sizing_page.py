"""What docs/sizing.md says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median
from typing import Final

from benchmarks.machine import Machine
from benchmarks.markdown import table
from benchmarks.sizing import (
    LOADS_RETENTION_DAYS,
    MOST_PARTITIONS,
    PEAK,
    RETENTION_DAYS,
    VALUE_BYTES,
    WORKER_BYTES,
    Load,
    Scaled,
    need,
    pane_bytes,
    taken,
)
from benchmarks.sizing_limits import limits

_REPS, _RECORDS = 100_000, 1_000_000_000

_PAGE: Final = """\
# Sizing

Written by `python -m benchmarks.scale --out docs/sizing.md` (`make bench-scale`); do not edit.

{limits}

{failures}{tables}
Activities, each with an id of its own. Each rep makes so many of them a day, ten unless the row says otherwise, as in the
simulated company, one day after the other, up to yesterday (`UPSCORE_RETENTION_DAYS` is {retention:,}, for there are up to 1,000
of them). By reps the same records are shared by more of them, on fewer days; by company each rep has 1,000, so records grow with
the reps. By day the same records lie closer or further apart: a record that is its rep's only one of the day is dearest, for
nothing adds up, and every sum on its way is one record's. The workers wait on empty topics, are held still while all records
are produced, and take them in one go; the clock stops when the company counts as many calls as were sent, which have passed
every stage then. What is due once after the last record - scores and week rows of everybody, norms - is in it as far as it has
come by then: [drain](drain.md) has all of it. CPU is that of the workers, without Kafka, which runs on the same cores: with
more workers than cores the rate says more of the machine than of them. {rounds}

## Memory

{memory}

## 100,000 reps and 1 billion records a year

{arithmetic}

Not measured: latency at that size, Kafka's own cores and disks at that rate, one topic's partitions on several brokers. Coming
back after a kill reads all rows of a worker's partitions, side by side: [growth](growth.md) has the rate.

## Machine

{machine.cores} cores of {machine.processor}, {size:.0f} GB, {machine.system}; {machine.python}; Kafka {machine.kafka} on the same
machine. Measured on {on}; 1-minute load before the run {machine.load:.1f}.
"""

_ONCE: Final = "Each load is measured once."
_SEVERAL: Final = """\
Each load is measured {rounds} times by turns, and the row is the run with the least CPU, beside the median and
the most of all: others on the machine share its caches and its memory, and only ever add to what a run takes. A short run may
fall between two disturbances where a long one cannot, so what is asked of two loads is asked round by round: *found* is the
median of the rounds' ratios, with the least and the most of them, and the medians of what both took."""

_MEMORY: Final = """\
Resident bytes, from the differences between rows:

| | |
| --- | ---: |
| a worker without records | {worker:.0f} MB |
| a record that is held: from the last two rows of records | {record:,.0f} bytes |
| a rep: from the first and the last row of reps | {rep:.1f} KB |

Looked at when the scores of all reps are out and all metrics have been asked for once. The same records over more reps are as
many days with records, shared by more of them: what a rep takes here is what it takes beside these.{pane}"""

_PANE: Final = """ One more day with records takes {pane:.0f} bytes, by
the first and the last row of days; where a record is its rep's only one of the day, that comes to what it takes itself."""

_ARITHMETIC: Final = """\
| what | how | |
| --- | --- | ---: |
| records a second | 1 billion / 31.5 million s | {mean_rate:.0f} |
| the busiest hour | {peak} times the mean | {peak_rate:,.0f} |
| cores of all workers in that hour | {cpu_us:.0f} µs a record | {peak_cores:.3f} |
| records held | {retention} days of retention | {held:.2f} billion |
| memory of the records | {record:,.0f} bytes each | {record_gb:,.0f} GB |
| memory of the reps | {rep:.1f} KB each | {rep_gb:,.1f} GB |
| workers | {worker_gb:.0f} GB each, less what an empty one takes | {workers} |
| `UPSCORE_PARTITIONS` | 8 a worker, at most {most} | {partitions} |
| the input topics | {value} bytes a record, one copy, not compressed | {log_gb:,.0f} GB |

Memory decides, not CPU: it is proportional to the records that are held, and so to `UPSCORE_RETENTION_DAYS`; 400 days halve it,
and still fill every window of a year. A year of history is taken in {rebuild:.1f} hours when a state is built anew from the
topics, by these workers, each at the rate of the first row with a core of its own and as much again for Kafka."""


def page(rows: Mapping[str, Sequence[Scaled]], failures: Mapping[Load, str], machine: Machine, on: date) -> str:
    """In Markdown; without rows of reps and records there is nothing to reckon with, and it says so.

    Args:
        rows: by table, those measured so far; a table may have none.
        failures: why a load could not be measured.
        machine: as it was before the run.
        on: the day of the run.
    """
    each = taken(rows)
    rounds = max((len(row.costs) for loads in rows.values() for row in loads), default=1)
    base = next((row for loads in rows.values() for row in loads), None)
    if each is None or base is None:
        memory = arithmetic = "It takes rows of reps and of records to tell."
    else:
        needed = need(_REPS, _RECORDS, each, base.cpu_us)
        pane = pane_bytes(rows)
        told = "" if pane is None else _PANE.format(pane=pane)
        memory = _MEMORY.format(worker=each.worker / 1e6, record=each.record, rep=each.rep / 1e3, pane=told)
        arithmetic = _ARITHMETIC.format(
            mean_rate=needed.mean_rate,
            peak=PEAK,
            peak_rate=needed.peak_rate,
            cpu_us=base.cpu_us,
            peak_cores=needed.peak_cores,
            retention=RETENTION_DAYS,
            held=needed.held / 1e9,
            record=each.record,
            record_gb=needed.record_bytes / 1e9,
            rep=each.rep / 1e3,
            rep_gb=needed.rep_bytes / 1e9,
            worker_gb=WORKER_BYTES / 2**30,
            workers=needed.workers,
            most=MOST_PARTITIONS,
            partitions=needed.partitions,
            value=VALUE_BYTES,
            log_gb=needed.log_bytes / 1e9,
            rebuild=_RECORDS / base.rate / needed.workers / 3600,
        )
    return _PAGE.format(
        limits=table(("asked", "limit", "found", "met"), [limit.cells() for limit in limits(rows)]),
        failures="".join(f"{_named(load)} could not be measured: {why}.\n\n" for load, why in failures.items()),
        tables="\n".join(_table(name, loads) for name, loads in rows.items() if loads),
        rounds=_ONCE if rounds <= 1 else _SEVERAL.format(rounds=rounds),
        retention=LOADS_RETENTION_DAYS,
        memory=memory,
        arithmetic=arithmetic,
        machine=machine,
        size=machine.memory_bytes / 2**30,
        on=on.isoformat(),
    )


def _named(load: Load) -> str:
    """A load in words.

    >>> _named(Load(2, 1_000, 8, 1_000_000))
    '1,000,000 records of 1,000 reps, 10 a day, 8 partitions, 2 workers'
    """
    workers = f"{load.workers} worker{'' if load.workers == 1 else 's'}"
    return (
        f"{load.records:,} records of {load.reps:,} reps, {load.a_day} a day, {load.partitions} partitions, {workers}"
    )


def _cost(row: Scaled) -> str:
    """The least, and what the other runs took.

    >>> _cost(Scaled(Load(1, 10, 8, 100), 9.0, 3.0, 0, 0, (5.0, 3.0, 8.0)))
    '3.0 (median 5.0, most 8.0)'
    """
    if len(row.costs) <= 1:
        return f"{row.cpu_us:.1f}"
    return f"{row.cpu_us:.1f} (median {median(row.costs):.1f}, most {max(row.costs):.1f})"


def _table(name: str, loads: Sequence[Scaled]) -> str:
    heads = (
        "workers",
        "reps",
        "partitions",
        "a rep and day",
        "records",
        "records/s",
        "CPU µs a record",
        "memory before, MB",
        "after, MB",
    )
    rows = [
        (
            each.load.workers,
            f"{each.load.reps:,}",
            each.load.partitions,
            each.load.a_day,
            f"{each.load.records:,}",
            f"{each.rate:,.0f}",
            _cost(each),
            f"{each.empty_bytes / 1e6:,.0f}",
            f"{each.full_bytes / 1e6:,.0f}",
        )
        for each in loads
    ]
    return f"## By {name}\n\n{table(heads, rows, '>' * len(heads))}\n"
