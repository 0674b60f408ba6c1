"""Daily: the scores of many reps on each of many days at once, equal to `Scorer.score` one by one to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np

from scoring.aggregate import FLOOR
from scoring.daily_columns import Array, Columns, columns, quotient, ripening_terms
from scoring.daily_evidence import Seen, seen_of
from scoring.interval import doubled
from scoring.kpi import BY_NAME
from scoring.norms import MetricNorm, Norms
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.windows import Panes

__all__ = ["Columns", "DailyScores", "columns", "daily_scores", "quotient", "ripening_terms"]

_Z80: Final = 1.2815515655446004
_LEAST_NOISE: Final = 0.1
_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class DailyScores:
    """Scores of some reps (rows) on some days (columns), `first` the first of them.

    `score`, `low` and `high` are as computed; where `scored` is False there is not evidence enough and they are not to be shown.
    `pillars`, `shrunk` (as shown: money, not its logarithm) and `utility` are by name.
    """

    reps: tuple[str, ...]
    first: int
    norms: str | None
    score: Array
    low: Array
    high: Array
    level: Array
    coverage: Array
    scored: Array
    pillars: Mapping[str, Array]
    shrunk: Mapping[str, Array]
    utility: Mapping[str, Array]


def daily_scores(
    panes_of: Mapping[str, Panes],
    reps: Sequence[str],
    reference: Reference,
    scorecard: Scorecard,
    norms_on: Callable[[int], Norms],
    first: int,
    last: int,
    chunk: int = _CHUNK,
) -> Iterator[DailyScores]:
    """The scores of each rep on each day from `first` to `last`, in blocks of `chunk` reps and of days with the same norms.

    Args:
        panes_of: panes by subject, `rep:<id>`.
        reps: ids of reps.
        reference: as of all days, like that of a `Scorer`.
        scorecard: likewise; no pillar of improvement yet.
        norms_on: the norms in force on a day.
        first: ordinal of the first day.
        last: of the last one, included.
        chunk: bounds the memory.
    """
    norms = {day: norms_on(day) for day in range(first, last + 1)}
    stretches = [(list(days), of) for of, days in _stretches(norms)]
    horizons = [Scorer(reference, scorecard, days[0], of).horizons for days, of in stretches]
    measures = _measures(scorecard)
    back = max(max(each) for each in horizons)
    year = any(name.startswith("year_") for name in measures)
    start = first - max(back, 365 if year else 0)
    for at in range(0, len(reps), chunk):
        some = tuple(reps[at : at + chunk])
        found = columns([panes_of.get("rep:" + rep, {}) for rep in some], start, last, reference.rates, measures)
        for days, of in stretches:
            scorer = Scorer(reference, scorecard, days[0], of)
            yield _scores(some, days[0], seen_of(found, some, scorer, days[0], days[-1]), scorer)


def _stretches(norms: Mapping[int, Norms]) -> Iterator[tuple[Norms, list[int]]]:
    for _, group in groupby(norms.items(), key=lambda entry: entry[1].label):
        entries = list(group)
        yield entries[0][1], [day for day, _ in entries]


def _measures(scorecard: Scorecard) -> frozenset[str]:
    names = {"margin_revenue", "margin_cost", "customers_new", "customers_churned", "opened", "opened_n"}
    for scored in scorecard.metrics:
        kpi = BY_NAME[scored.metric]
        for of in (kpi, kpi.scored_as or kpi):
            names |= {*of.numerator, *of.denominator, *of.n}
    return frozenset(names)


def _scores(reps: tuple[str, ...], first: int, seen: Mapping[str, Seen], scorer: Scorer) -> DailyScores:
    card, norms = scorer.scorecard, scorer.norms
    uncollected = {scored.metric for scored in card.metrics if not norms.metrics[scored.metric].collected}
    if all(scored.metric in uncollected for scored in card.metrics if card.pillars[scored.pillar] > 0):
        uncollected = set()
    shape = next(iter(seen.values())).n.shape
    shrunk: dict[str, Array] = {}
    ends: dict[str, tuple[Array, Array, Array]] = {}
    mask = np.zeros(shape, dtype=object)
    for place, scored in enumerate(card.metrics):
        of, norm = seen[scored.metric], norms.metrics[scored.metric]
        value, low, high = _shrink(norm, reps, of)
        shrunk[scored.metric] = value
        u, a, b = (_utility(of.posts, each) for each in (value, low, high))
        ends[scored.metric] = u, np.minimum(u, np.minimum(a, b)), np.maximum(u, np.maximum(a, b))
        if scored.metric not in uncollected:
            mask = mask + (of.records >= max(1, scored.min_n)).astype(object) * (1 << place)
    known = {
        int(bits): card.weight_of([scored for i, scored in enumerate(card.metrics) if int(bits) >> i & 1])
        for bits in set(mask.ravel().tolist())
    }
    coverage = np.array([known[int(bits)] for bits in mask.ravel().tolist()]).reshape(shape)
    values: dict[str, Array] = {}
    parts: list[tuple[str, float, list[tuple[str, float, int]]]] = []
    for name, weight in card.pillars.items():
        inside = [s for s in card.metrics if s.pillar == name and s.metric not in uncollected]
        total = 0.0
        for s in inside:
            total += s.weight
        if not total:
            continue
        shares = [(s.metric, s.weight / total, 1 if s.higher_is_better else -1) for s in inside]
        value = np.zeros(shape)
        for metric, share, _ in shares:
            value = value + share * ends[metric][0]
        values[name] = np.minimum(1.0, value)
        parts.append((name, weight, shares))
    total = 0.0
    logarithm = np.zeros(shape)
    v = {name: FLOOR + (1 - FLOOR) * value for name, value in values.items()}
    for name, weight, _ in parts:
        total += weight
        logarithm = logarithm + weight * _each(math.log, v[name])
    score = 100 * _each(math.exp, logarithm / total)
    low, high = _ends(score, parts, v, ends, total, norms)
    shown = {m: x if BY_NAME[m].scored_as is None else _each(math.exp, x) for m, x in shrunk.items()}
    return DailyScores(
        reps,
        first,
        norms.label if norms.first_week else None,
        score,
        low,
        high,
        score,
        coverage,
        coverage >= card.coverage_gate - 1e-12,
        values,
        shown,
        {metric: found[0] for metric, found in ends.items()},
    )


def _shrink(of: MetricNorm, reps: tuple[str, ...], seen: Seen) -> tuple[Array, Array, Array]:
    """`scoring.shrinkage.shrink` of all at once: value, low and high."""
    norm = of.norm
    m = np.array([norm.level_without(of.own_of(rep)) for rep in reps])[:, None]
    there = (seen.n > 0) & (seen.base > 0)
    x = seen.total / np.where(there, seen.base, 1.0)
    n = np.where(there, seen.n, 0.0)
    value = np.where(there, (n * x + norm.weight * m) / (n + norm.weight), m)
    rate = norm.kind == "rate"
    if rate:
        noise = np.maximum(0.0, value * (1 - value))
    elif norm.kind == "sum":
        noise = np.maximum(norm.phi * np.abs(value), _LEAST_NOISE * norm.within)
    else:
        noise = np.full(value.shape, norm.within)
    variance = noise / (n + norm.weight + (1 if rate else 0))
    if norm.peers > 3:  # noqa: PLR2004 - the formula's own
        off = norm.weight / (n + norm.weight) * (x - m)
        variance = np.where(there, variance + 2 / (norm.peers - 3) * (off * off), variance)
    reach = _Z80 * np.sqrt(variance)
    low, high = value - reach, value + reach
    return (value, np.maximum(0.0, low), np.minimum(1.0, high)) if rate else (value, low, high)


def _utility(posts: tuple[Any, Any, Any, Any], value: Array) -> Array:
    worst, target, best, cap = posts
    value = np.minimum(value, cap)
    below = (value - worst) / (target - worst)
    beyond = np.minimum(1.0, 0.7 + 0.3 * (value - target) / (best - target))
    return np.where(below <= 1, np.where(below > 0, 0.7 * below, 0.0), beyond)


def _ends(
    score: Array,
    parts: Sequence[tuple[str, float, list[tuple[str, float, int]]]],
    v: Mapping[str, Array],
    ends: Mapping[str, tuple[Array, Array, Array]],
    total: float,
    norms: Norms,
) -> tuple[Array, Array]:
    """`scoring.interval.level_interval` of all at once: low and high."""
    weights = [weight / total for _, weight, _ in parts]
    whole = 0.0
    for weight in weights:
        whole += weight
    downs, ups, order = [], [], []
    for (name, _, shares), weight in zip(parts, weights, strict=True):
        for metric, share, sign in shares:
            u, low, high = ends[metric]
            reach, signed = (1 - FLOOR) * share, sign * (weight / whole)
            fallen = np.maximum(FLOOR, v[name] - reach * (u - low))
            downs.append(signed * _each(math.log, v[name] / fallen))
            ups.append(signed * _each(math.log, (v[name] + reach * (high - u)) / v[name]))
            order.append(metric)
    names = list(norms.metrics)
    pairs = {(a, b): norms.rho[i][j] for i, a in enumerate(names) for j, b in enumerate(names) if i < j}
    rows = doubled(pairs, tuple(order))
    moved = []
    for moves in (downs, ups):
        together = np.zeros(score.shape)
        for move, row in zip(moves, rows, strict=True):
            pull = move
            for place, twice in row:
                pull = pull + twice * moves[place]
            together = together + move * pull
        moved.append(np.sqrt(np.maximum(0.0, together)))
    low = score * _each(math.exp, -moved[0])
    return np.maximum(5.0, low), np.minimum(100.0, score * _each(math.exp, moved[1]))


def _each(function: Callable[[float], float], values: Array) -> Array:
    """Python's own logarithm and exponential: numpy's may differ in the last digit."""
    return np.fromiter(map(function, values.ravel().tolist()), np.float64, values.size).reshape(values.shape)
