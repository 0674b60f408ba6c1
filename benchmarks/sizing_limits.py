"""Sizing limits: what is asked of cost and memory as loads grow, beside what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from benchmarks.sizing import Scaled, taken

MOST_SPREAD: Final = 1.2
"""Of the CPU a record, the dearest load's by the cheapest's: flat within a fifth."""
LEAST_GAIN: Final = 1.3
"""Of records a second, two workers' by one's."""
MOST_OVERHEAD: Final = 1.1
"""Of the CPU a record, two workers' by one's."""
MOST_RECORD_BYTES: Final = 1_000
MOST_REP_BYTES: Final = 100_000


class Limit(NamedTuple):
    """One thing that is asked."""

    what: str
    asked: str
    found: str
    """Empty where the loads that tell it were not measured."""
    met: bool

    def cells(self) -> tuple[str, ...]:
        """The row under `asked`, `limit`, `found` and `met`."""
        verdict = "yes" if self.met else "**no**"
        return (self.what, self.asked, self.found or "not measured", verdict if self.found else "")


def limits(rows: Mapping[str, Sequence[Scaled]]) -> list[Limit]:
    """All that is asked, of the rows of the tables `records`, `reps`, `company` and `workers`, each by rising loads."""
    return [
        _flat("more records", rows.get("records", ())),
        _flat("more reps", rows.get("reps", ())),
        _flat("more reps and their records", rows.get("company", ())),
        *_of_two_workers(rows.get("workers", ())),
        *_of_memory(rows),
    ]


def _flat(what: str, loads: Sequence[Scaled]) -> Limit:
    """Cost a record from the least of these loads to the greatest.

    >>> from benchmarks.sizing import Load
    >>> few, many = (Scaled(Load(1, reps, 8, 100 * reps), 1.0, cpu, 0, 0) for reps, cpu in ((10, 25.0), (1_000, 20.0)))
    >>> _flat("reps", [few, many])[1:]
    ('at most 1.20', '1.25: 20.0 to 25.0 µs; 10 reps with 1,000 records to 1,000 reps with 100,000', False)
    """
    found, ratio = "", 1.0
    if len(loads) > 1:
        costs = sorted(each.cpu_us for each in loads)
        ratio = costs[-1] / costs[0]
        first, last = loads[0].load, loads[-1].load
        span = f"{first.reps:,} reps with {first.records:,} records to {last.reps:,} reps with {last.records:,}"
        found = f"{ratio:.2f}: {costs[0]:.1f} to {costs[-1]:.1f} µs; {span}"
    return Limit(
        f"CPU a record, {what}: dearest by cheapest", f"at most {MOST_SPREAD:.2f}", found, ratio <= MOST_SPREAD
    )


def _of_two_workers(loads: Sequence[Scaled]) -> list[Limit]:
    """What two workers give and take beside one."""
    by_count = {each.load.workers: each for each in loads}
    one, two = by_count.get(1), by_count.get(2)
    gain = overhead = 0.0
    rates = costs = ""
    if one is not None and two is not None:
        gain, overhead = two.rate / one.rate, two.cpu_us / one.cpu_us
        rates = f"{gain:.2f}: {two.rate:,.0f} by {one.rate:,.0f}"
        costs = f"{overhead:.2f}: {two.cpu_us:.1f} by {one.cpu_us:.1f} µs"
    return [
        Limit("records a second, two workers by one", f"at least {LEAST_GAIN:.2f}", rates, gain >= LEAST_GAIN),
        Limit("CPU a record, two workers by one", f"at most {MOST_OVERHEAD:.2f}", costs, overhead <= MOST_OVERHEAD),
    ]


def _of_memory(rows: Mapping[str, Sequence[Scaled]]) -> list[Limit]:
    """What a record and a rep take, from the differences between rows; and all of it, by what both may take together."""
    each = taken(rows)
    record, rep = (0.0, 0.0) if each is None else (each.record, each.rep)
    return [
        Limit(
            "memory a live record",
            f"at most {MOST_RECORD_BYTES:,} bytes",
            "" if each is None else f"{record:,.0f} bytes",
            record <= MOST_RECORD_BYTES,
        ),
        Limit(
            "memory a rep",
            f"at most {MOST_REP_BYTES / 1e3:.0f} KB",
            "" if each is None else f"{rep / 1e3:.1f} KB",
            rep <= MOST_REP_BYTES,
        ),
        _of_all_memory([row for loads in rows.values() for row in loads]),
    ]


def _of_all_memory(loads: Sequence[Scaled]) -> Limit:
    """What the load that is dearest took, by what its records and reps may.

    >>> from benchmarks.sizing import Load
    >>> _of_all_memory([Scaled(Load(1, 10, 8, 1_000), 1.0, 1.0, 5_000_000, 6_000_000)])[1:]
    ('at most 1.00', '0.50: 1.0 of 2.0 MB; 10 reps with 1,000 records, 10 a day', True)
    """
    ratio, found = 0.0, ""
    for each in loads:
        load, took = each.load, each.full_bytes - each.empty_bytes
        may = MOST_RECORD_BYTES * load.records + MOST_REP_BYTES * load.reps
        if took / may > ratio:
            ratio = took / may
            named = f"{load.reps:,} reps with {load.records:,} records, {load.a_day} a day"
            found = f"{ratio:.2f}: {took / 1e6:,.1f} of {may / 1e6:,.1f} MB; {named}"
    return Limit("memory of all, by both limits: dearest load", "at most 1.00", found, ratio <= 1)
