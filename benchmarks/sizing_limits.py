"""Sizing limits: what is asked of cost and memory as loads grow, beside what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from math import inf
from statistics import median
from typing import Final, NamedTuple

from benchmarks.sizing import Load, Scaled, taken
from benchmarks.spread import spread

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
    rounds: tuple[bool, ...] = ()
    """Whether it was met in each round, where rounds are told apart."""

    def cells(self) -> tuple[str, ...]:
        """The row under `asked`, `limit`, `found` and `met`.

        >>> Limit("cost", "at most 1.20", "1.10", True, (True, False, True)).cells()[3]
        'yes, kept in 2 of 3 rounds'
        """
        verdict = "yes" if self.met else "**no**"
        if len(set(self.rounds)) > 1:
            verdict += f", kept in {sum(self.rounds)} of {len(self.rounds)} rounds"
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
    """Cost a record of the dearest of these loads by that of the cheapest.

    >>> few, many = (Scaled(Load(1, reps, 8, 1_000), 1.0, cpu, 0, 0) for reps, cpu in ((10, 20.0), (1_000, 25.0)))
    >>> _flat("more reps", [few, many])[1:]
    ('at most 1.20', '1.25: 20.0 to 25.0 µs; 10 reps with 1,000 records to 1,000 reps with 1,000', False, (False,))
    """
    ratios: Sequence[float] = ()
    told = ""
    if len(loads) > 1:
        dear, cheap = max(permutations(loads, 2), key=lambda pair: median(_by_round(_costs, *pair)))
        ratios = _by_round(_costs, dear, cheap)
        costs = " to ".join(f"{median(_costs(each)):.1f}" for each in (cheap, dear))
        told = f"{costs} µs; {_named(cheap.load)} records to {_named(dear.load)}"
    return _of_rounds(f"CPU a record, {what}: dearest by cheapest", ratios, told, most=MOST_SPREAD)


def _of_two_workers(loads: Sequence[Scaled]) -> list[Limit]:
    """What two workers give and take beside one."""
    by_count = {each.load.workers: each for each in loads}
    one, two = by_count.get(1), by_count.get(2)
    gains: Sequence[float] = ()
    overheads: Sequence[float] = ()
    rates = costs = ""
    if one is not None and two is not None:
        gains, overheads = _by_round(_rates, two, one), _by_round(_costs, two, one)
        rates = f"{median(_rates(two)):,.0f} by {median(_rates(one)):,.0f}"
        costs = f"{median(_costs(two)):.1f} by {median(_costs(one)):.1f} µs"
    return [
        _of_rounds("records a second, two workers by one", gains, rates, least=LEAST_GAIN),
        _of_rounds("CPU a record, two workers by one", overheads, costs, most=MOST_OVERHEAD),
    ]


def _of_rounds(what: str, ratios: Sequence[float], told: str, *, least: float = 0, most: float = inf) -> Limit:
    """What is asked of the median of some ratios, one a round; none where nothing was measured. One of the two bounds is given.

    >>> _of_rounds("gain", [1.5, 1.25, 1.5], "fast", least=1.3)[1:]
    ('at least 1.30', '1.50 (1.25 to 1.50): fast', True, (True, False, True))
    """
    asked = f"at most {most:.2f}" if most < inf else f"at least {least:.2f}"
    if not ratios:
        return Limit(what, asked, "", met=False)
    rounds = tuple(least <= ratio <= most for ratio in ratios)
    return Limit(what, asked, f"{spread(ratios, '.2f')}: {told}", least <= median(ratios) <= most, rounds)


def _by_round(of: Callable[[Scaled], Sequence[float]], one: Scaled, other: Scaled) -> Sequence[float]:
    """One load's by another's in each round that has both: what disturbs a whole round is in neither.

    >>> one, other = (Scaled(Load(1, 10, 8, 100), 1.0, min(costs), 0, 0, costs) for costs in ((6.0, 9.0, 4.0), (5.0, 6.0)))
    >>> _by_round(_costs, one, other)
    [1.2, 1.5]
    """
    return [mine / others for mine, others in zip(of(one), of(other), strict=False)]


def _costs(row: Scaled) -> Sequence[float]:
    return row.costs or (row.cpu_us,)


def _rates(row: Scaled) -> Sequence[float]:
    return row.rates or (row.rate,)


def _named(load: Load) -> str:
    return f"{load.reps:,} reps with {load.records:,}"


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

    >>> _of_all_memory([Scaled(Load(1, 10, 8, 1_000), 1.0, 1.0, 5_000_000, 6_000_000)])[1:]
    ('at most 1.00', '0.50: 1.0 of 2.0 MB; 10 reps with 1,000 records, 10 a day', True, ())
    """
    ratio, found = 0.0, ""
    for each in loads:
        load, took = each.load, each.full_bytes - each.empty_bytes
        may = MOST_RECORD_BYTES * load.records + MOST_REP_BYTES * load.reps
        if took / may > ratio:
            ratio = took / may
            named = f"{_named(load)} records, {load.a_day} a day"
            found = f"{ratio:.2f}: {took / 1e6:,.1f} of {may / 1e6:,.1f} MB; {named}"
    return Limit("memory of all, by both limits: dearest load", "at most 1.00", found, ratio <= 1)
