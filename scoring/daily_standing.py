"""Daily standing: what the evidence of many reps on many days comes to under the norms, as `stand` tells it one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from scoring.aggregate import IMPROVEMENT
from scoring.daily_columns import Array
from scoring.daily_evidence import Seen
from scoring.daily_goals import Posts
from scoring.daily_interval import Slopes, ends_of, moves_of
from scoring.daily_pillars import DailyPart, DailyPillar, each, geometric_all, pillar_of
from scoring.improvement import Pillar
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


def stand_all(
    subjects: Sequence[str],
    seen: Mapping[str, Seen],
    posts: Mapping[str, Posts],
    card: Scorecard,
    norms: Norms,
    slopes: Slopes | None,
) -> Standings:
    """The standings of subjects (rows) on days (columns); `scoring.standing.stand` of each, to the last digit.

    Args:
        subjects: a rep's own part of the norms is left out of the level it is judged by.
        seen: of each metric of the scorecard.
        posts: where the goalposts of each of them stand.
        card: weights, pillars, which metrics.
        norms: the same on all the days.
        slopes: the pillar of improvement; None where it is not there.

    Source: method.md sections 4, 6 and 7.
    """
    uncollected = {scored.metric for scored in card.metrics if not norms.metrics[scored.metric].collected}
    if all(scored.metric in uncollected for scored in card.metrics if card.pillars[scored.pillar] > 0):
        uncollected = set()
    reps = [subject.removeprefix("rep:") if subject.startswith("rep:") else "" for subject in subjects]
    shrunk: dict[str, Array] = {}
    utility: dict[str, Array] = {}
    inside: dict[str, list[tuple[float, DailyPart]]] = {name: [] for name in card.pillars}
    for scored in card.metrics:
        norm = norms.metrics[scored.metric]
        found = _shrink(norm, _levels(norm, reps), seen[scored.metric])
        shrunk[scored.metric] = found[0]
        u, a, b = _utility(posts[scored.metric], found)
        utility[scored.metric] = u
        if scored.metric not in uncollected:
            ends = np.minimum(u, np.minimum(a, b)), np.maximum(u, np.maximum(a, b))
            part = DailyPart(scored.metric, 1.0, 1 if scored.higher_is_better else -1, u, *ends)
            inside[scored.pillar].append((scored.weight, part))
    pillars = [pillar_of(name, card.pillars[name], parts) for name, parts in inside.items() if parts]
    weekly = None if slopes is None else _pillar_of_slopes(slopes.pillar, card, uncollected)
    daily = pillars
    if slopes is not None and weekly is not None:
        value, v, ln_v = (slopes.daily(of) for of in (weekly.value, weekly.v, weekly.ln_v))
        own = weekly._replace(value=value, v=v, ln_v=ln_v)
        daily = sorted([*pillars, own], key=lambda pillar: [*card.pillars].index(pillar.name))
    score = geometric_all(daily)
    level = score if weekly is None else geometric_all(pillars)
    moves = moves_of(daily, weekly, slopes)
    low, high = ends_of(score, moves, norms, slope_with_metric(card, norms))
    coverage = _coverage(seen, card, uncollected, slopes)
    return Standings(score, low, high, level, coverage, {p.name: p.value for p in daily}, shrunk, utility)


def _pillar_of_slopes(slopes: Pillar, card: Scorecard, uncollected: set[str]) -> DailyPillar | None:
    """The pillar of improvement by week; None where nothing is left in it."""
    parts = [
        (weight, DailyPart(name, 1.0, sign, slopes.u[place], slopes.low[place], slopes.high[place]))
        for place, (name, weight, sign) in enumerate(slopes.named)
        if name not in uncollected
    ]
    return pillar_of(IMPROVEMENT, card.pillars[IMPROVEMENT], parts) if parts else None


def _coverage(seen: Mapping[str, Seen], card: Scorecard, uncollected: set[str], slopes: Slopes | None) -> Array:
    """By what there are records and slopes of: few combinations, each worked out once as `stand` does."""
    metrics, named = len(card.metrics), slopes.pillar.named if slopes else ()
    whole = np.int64 if metrics + len(named) < 63 else object  # noqa: PLR2004 - bits
    bits: Array = np.zeros(next(iter(seen.values())).n.shape, dtype=whole)
    for place, scored in enumerate(card.metrics):
        if scored.metric not in uncollected:
            enough = seen[scored.metric].records >= max(1, scored.min_n)
            bits += enough.astype(whole) * (1 << place)
    for place, known in enumerate(slopes.daily(slopes.pillar.known) if slopes else ()):
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


def _levels(of: MetricNorm, reps: Sequence[str]) -> Array:
    """`Norm.level_without` of each rep's own part of the norm, one below the other; what is no rep is named ""."""
    norm, own = of.norm, of.own
    _, total, base = np.array([own.get(rep, _NOTHING) for rep in reps]).reshape(-1, 3).T
    total, base = norm.total - total, norm.base - base
    there = (base > 0) & (norm.base > 0)
    level = (
        (total + 0.5) / np.where(there, base + 1, 1.0) if norm.kind == "rate" else total / np.where(there, base, 1.0)
    )
    return np.where(there, level, norm.level)[:, None]


def _shrink(of: MetricNorm, m: Array, seen: Seen) -> Array:
    """`scoring.shrinkage.shrink` of all at once: value, low and high, one after the other."""
    norm = of.norm
    there = (seen.n > 0) & (seen.base > 0)
    x = seen.total / np.where(there, seen.base, 1.0)
    n = np.where(there, seen.n, 0.0)
    found: Array = np.empty((3, *n.shape))
    value, low, high = found
    value[:] = np.where(there, (n * x + norm.weight * m) / (n + norm.weight), m)
    rate = norm.kind == "rate"
    variance = noises(norm, value) / (n + norm.weight + (1 if rate else 0))
    if norm.peers > 3:  # noqa: PLR2004 - the formula's own
        off = norm.weight / (n + norm.weight) * (x - m)
        variance = np.where(there, variance + 2 / (norm.peers - 3) * (off * off), variance)
    reach = _Z80 * np.sqrt(variance)
    np.subtract(value, reach, out=low)
    np.add(value, reach, out=high)
    if rate:
        np.maximum(0.0, low, out=low)
        np.minimum(1.0, high, out=high)
    return found


def _utility(posts: Posts, value: Array) -> Array:
    worst, target, best, cap = posts
    value = np.minimum(value, cap)
    below = (value - worst) / (target - worst)
    beyond = np.minimum(1.0, 0.7 + 0.3 * (value - target) / (best - target))
    return np.where(below <= 1, np.where(below > 0, 0.7 * below, 0.0), beyond)
