"""Daily standing: what the evidence of many reps on many days comes to under the norms, as `stand` tells it one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from scoring.aggregate import FLOOR, IMPROVEMENT, is_whole
from scoring.daily_columns import Array
from scoring.daily_evidence import Seen
from scoring.daily_goals import Posts
from scoring.improvement import Pillar
from scoring.interval import doubled
from scoring.norms import MetricNorm, Norms
from scoring.scorecard import Scorecard
from scoring.slope_columns import noises
from scoring.standing import slope_with_metric

_Z80: Final = 1.2815515655446004
_NOTHING: Final = (0.0, 0.0, 0.0)


class Standings(NamedTuple):
    """By subject and day, as in `Standing`; `values` by pillar, `shrunk` (as scored) and `utility` by metric."""

    score: Array
    low: Array
    high: Array
    level: Array
    coverage: Array
    values: dict[str, Array]
    shrunk: dict[str, Array]
    utility: dict[str, Array]


class _Part(NamedTuple):
    name: str
    share: float
    sign: int
    u: Array
    low: Array
    high: Array


class _Pillar(NamedTuple):
    name: str
    weight: float
    value: Array
    v: Array
    ln_v: Array
    parts: list[_Part]


def stand_all(
    subjects: Sequence[str],
    seen: Mapping[str, Seen],
    posts: Mapping[str, Posts],
    card: Scorecard,
    norms: Norms,
    slopes: Pillar | None,
) -> Standings:
    """The standings of subjects (rows) on days (columns); `scoring.standing.stand` of each, to the last digit.

    Args:
        subjects: a rep's own part of the norms is left out of the level it is judged by.
        seen: of each metric of the scorecard.
        posts: where the goalposts of each of them stand.
        card: weights, pillars, which metrics.
        norms: the same on all the days.
        slopes: the pillar of improvement, by part, subject and day; None where it is not there.

    Source: method.md sections 4, 6 and 7.
    """
    uncollected = {scored.metric for scored in card.metrics if not norms.metrics[scored.metric].collected}
    if all(scored.metric in uncollected for scored in card.metrics if card.pillars[scored.pillar] > 0):
        uncollected = set()
    shrunk: dict[str, Array] = {}
    utility: dict[str, Array] = {}
    inside: dict[str, list[tuple[float, _Part]]] = {name: [] for name in card.pillars}
    for scored in card.metrics:
        of, norm = seen[scored.metric], norms.metrics[scored.metric]
        shrunk[scored.metric], low, high = _shrink(norm, _levels(norm, subjects), of)
        u, a, b = _utility(posts[scored.metric], np.array([shrunk[scored.metric], low, high]))
        utility[scored.metric] = u
        if scored.metric not in uncollected:
            ends = np.minimum(u, np.minimum(a, b)), np.maximum(u, np.maximum(a, b))
            part = _Part(scored.metric, 1.0, 1 if scored.higher_is_better else -1, u, *ends)
            inside[scored.pillar].append((scored.weight, part))
    for place, (name, weight, sign) in enumerate(slopes.named if slopes else ()):
        if slopes and name not in uncollected:
            own = _Part(name, 1.0, sign, slopes.u[place], slopes.low[place], slopes.high[place])
            inside[IMPROVEMENT].append((weight, own))
    pillars = [_pillar(name, card.pillars[name], parts) for name, parts in inside.items() if parts]
    score = _geometric(pillars)
    level = score
    if any(pillar.name == IMPROVEMENT for pillar in pillars):
        level = _geometric([pillar for pillar in pillars if pillar.name != IMPROVEMENT])
    low, high = _ends(score, pillars, norms, slope_with_metric(card, norms))
    coverage = _coverage(seen, card, uncollected, slopes)
    return Standings(score, low, high, level, coverage, {p.name: p.value for p in pillars}, shrunk, utility)


def _pillar(name: str, weight: float, parts: Sequence[tuple[float, _Part]]) -> _Pillar:
    total = 0.0
    for own, _ in parts:
        total += own
    value: Array = np.zeros(parts[0][1].u.shape)
    shared = []
    for own, part in parts:
        shared.append(part._replace(share=own if is_whole(total) else own / total))
        value = value + shared[-1].share * part.u
    value = np.minimum(1.0, value)
    v = FLOOR + (1 - FLOOR) * value
    return _Pillar(name, weight, value, v, each(math.log, v), shared)


def _geometric(pillars: Sequence[_Pillar]) -> Array:
    total = 0.0
    logarithm: Array = np.zeros(pillars[0].v.shape)
    for pillar in pillars:
        total += pillar.weight
        logarithm = logarithm + pillar.weight * pillar.ln_v
    return 100 * each(math.exp, logarithm / total)


def _coverage(seen: Mapping[str, Seen], card: Scorecard, uncollected: set[str], slopes: Pillar | None) -> Array:
    """By what there are records and slopes of: few combinations, each worked out once as `stand` does."""
    metrics, named = len(card.metrics), slopes.named if slopes else ()
    whole = np.int64 if metrics + len(named) < 63 else object  # noqa: PLR2004 - bits
    bits: Array = np.zeros(next(iter(seen.values())).n.shape, dtype=whole)
    for place, scored in enumerate(card.metrics):
        if scored.metric not in uncollected:
            enough = seen[scored.metric].records >= max(1, scored.min_n)
            bits += enough.astype(whole) * (1 << place)
    for place, known in enumerate(slopes.known if slopes else ()):
        bits += known.astype(whole) * (1 << metrics + place)
    of: dict[int, float] = {}

    def covered(both: int) -> float:
        found = of.get(both)
        if found is None:
            found = of[both] = _covered(card, both & (1 << metrics) - 1, both >> metrics, named)
        return found

    return each(covered, bits)


def _covered(card: Scorecard, covered: int, changed: int, named: Sequence[tuple[str, float, int]]) -> float:
    found = [scored for place, scored in enumerate(card.metrics) if covered >> place & 1]
    names = {scored.metric for scored in found}
    changes = math.fsum(weight for _, weight, _ in named)
    known = math.fsum(weight for place, (name, weight, _) in enumerate(named) if changed >> place & 1 and name in names)
    return min(1.0, card.weight_of(found) + (card.pillars[IMPROVEMENT] * (known / changes) if changes else 0.0))


def _levels(of: MetricNorm, subjects: Sequence[str]) -> Array:
    """`Norm.level_without` of each subject's own part of the norm, one below the other."""
    norm, own = of.norm, {f"rep:{rep}": sums for rep, sums in of.own.items()}
    _, total, base = np.array([own.get(subject, _NOTHING) for subject in subjects]).reshape(-1, 3).T
    total, base = norm.total - total, norm.base - base
    there = (base > 0) & (norm.base > 0)
    level = (
        (total + 0.5) / np.where(there, base + 1, 1.0) if norm.kind == "rate" else total / np.where(there, base, 1.0)
    )
    return np.where(there, level, norm.level)[:, None]


def _shrink(of: MetricNorm, m: Array, seen: Seen) -> tuple[Array, Array, Array]:
    """`scoring.shrinkage.shrink` of all at once: value, low and high."""
    norm = of.norm
    there = (seen.n > 0) & (seen.base > 0)
    x = seen.total / np.where(there, seen.base, 1.0)
    n = np.where(there, seen.n, 0.0)
    value = np.where(there, (n * x + norm.weight * m) / (n + norm.weight), m)
    rate = norm.kind == "rate"
    variance = noises(norm, value) / (n + norm.weight + (1 if rate else 0))
    if norm.peers > 3:  # noqa: PLR2004 - the formula's own
        off = norm.weight / (n + norm.weight) * (x - m)
        variance = np.where(there, variance + 2 / (norm.peers - 3) * (off * off), variance)
    reach = _Z80 * np.sqrt(variance)
    low, high = value - reach, value + reach
    return (value, np.maximum(0.0, low), np.minimum(1.0, high)) if rate else (value, low, high)


def _utility(posts: Posts, value: Array) -> Array:
    worst, target, best, cap = posts
    value = np.minimum(value, cap)
    below = (value - worst) / (target - worst)
    beyond = np.minimum(1.0, 0.7 + 0.3 * (value - target) / (best - target))
    return np.where(below <= 1, np.where(below > 0, 0.7 * below, 0.0), beyond)


def _ends(score: Array, pillars: Sequence[_Pillar], norms: Norms, c: float) -> tuple[Array, Array]:
    """`scoring.interval.score_interval` of all at once: low and high."""
    weights, total = [], 0.0
    for pillar in pillars:
        total += pillar.weight
    whole = 0.0
    for pillar in pillars:
        weights.append(pillar.weight / total)
        whole += weights[-1]
    nothing: Array = np.zeros(score.shape)
    ratios: Array = np.empty((2, *score.shape))
    moves: dict[str, list[Array]] = {}  # of each metric down, up, and of its slope
    for pillar, weight in zip(pillars, weights, strict=True):
        for part in pillar.parts:
            reach, signed = (1 - FLOOR) * part.share, part.sign * (weight / whole)
            fallen = np.maximum(FLOOR, pillar.v - reach * (part.u - part.low))
            own = moves.setdefault(part.name, [nothing] * 4)
            first = 2 if pillar.name == IMPROVEMENT else 0
            ratios[0], ratios[1] = pillar.v / fallen, (pillar.v + reach * (part.high - part.u)) / pillar.v
            own[first], own[first + 1] = signed * each(math.log, ratios)
    names = list(norms.metrics)
    pairs = {(a, b): norms.rho[i][j] for i, a in enumerate(names) for j, b in enumerate(names) if i < j}
    rows = doubled(pairs, tuple(moves))
    together = _together_with_slopes if any(pillar.name == IMPROVEMENT for pillar in pillars) else _together
    down, up = (
        np.sqrt(
            np.maximum(
                0.0, together([own[way] for own in moves.values()], [own[way + 2] for own in moves.values()], rows, c)
            )
        )
        for way in (0, 1)
    )
    return np.maximum(5.0, score * each(math.exp, -down)), np.minimum(100.0, score * each(math.exp, up))


_Rows = Sequence[Sequence[tuple[int, float]]]


def _together(moves: Sequence[Array], _: Sequence[Array], rows: _Rows, __: float) -> Array:
    total: Array = np.zeros(moves[0].shape)
    for move, row in zip(moves, rows, strict=True):
        pull = move
        for place, twice in row:
            pull = pull + twice * moves[place]
        total = total + move * pull
    return total


def _together_with_slopes(moves: Sequence[Array], slopes: Sequence[Array], rows: _Rows, c: float) -> Array:
    with_slopes = [move + c * slope for move, slope in zip(moves, slopes, strict=True)]
    with_moves = [slope + c * move for move, slope in zip(moves, slopes, strict=True)]
    total: Array = np.zeros(moves[0].shape)
    for place, row in enumerate(rows):
        pull, pulled = with_slopes[place], with_moves[place]
        for other, twice in row:
            pull = pull + twice * with_slopes[other]
            pulled = pulled + twice * with_moves[other]
        total = total + (moves[place] * pull + slopes[place] * pulled)
    return total


def each(function: Callable[[Any], float], values: Array) -> Array:
    """Python's own logarithm and exponential: numpy's may differ in the last digit. What stays from day to day is asked once."""
    flat = values.ravel()
    new: Array = np.ones(flat.shape, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=new[1:])
    asked = flat[new]
    found = np.fromiter(map(function, asked.tolist()), np.float64, asked.size)
    if asked.size < flat.size:
        found = found[np.cumsum(new) - 1]
    return found.reshape(values.shape)
