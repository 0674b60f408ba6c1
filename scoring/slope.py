"""Slope: whether a subject is getting better at one metric, apart from the market and as far as noise lets one tell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

WEEKS: Final = 26
"""Complete weeks that a slope is fitted to."""
LEAST_WEEKS: Final = 13
"""Weeks from the first to the last evidence below which there is no slope."""
HORIZON: Final = 13
"""Weeks over which a change is judged: a change of 1.645 tau* in a quarter is all or nothing."""

_LEAST_POINTS = 3
_NOTABLE_LAG = 0.2
_MOST_LAG = 0.9


class WeekPoint(NamedTuple):
    """One complete week of one subject and metric.

    `week` is the ordinal of its Monday, `n` the observations (days present for a sum), `value` x̄ and `expected` e in the metric's
    unit: what was to be expected that week, times the ramp for the sums of a new hire. `expected_n` is the observations behind
    e (n_rest + 20), which has noise of its own; infinite where e is a constant.
    """

    week: int
    n: float
    value: float
    expected: float
    expected_n: float = math.inf


@dataclass(frozen=True, slots=True)
class Slope:
    """A line through the weekly x̄ - e: `b` in the metric's unit a week, its sampling variance `se2`, `weeks` with evidence."""

    b: float
    se2: float
    weeks: int


def fit(
    points: Iterable[WeekPoint],
    last: int,
    s2: float,
    lag: float = 0.0,
    *,
    weeks: int = WEEKS,
    fewest_weeks: int = LEAST_WEEKS,
) -> Slope | None:
    """The weighted slope of x̄ - e over the 26 weeks that end with `last`; points come in any order, a week once.

    The weight of a week is its n. The variance is exact for weeks that scatter by s²/n about the line, with s²/expected_n for the
    noise of e besides: in a small team that is as large as the rep's own (method.md leaves it out). Weeks that resemble the one
    before count for less (`inflation`).

    Args:
        points: complete weeks; those with n = 0, later than `last` or before the 26 do not count.
        last: the Monday of the last complete week, as an ordinal.
        s2: variance of one observation (of one day present for a sum), section 4's s².
        lag: pooled lag-1 correlation of the peers' residuals (`scoring.residuals.lag_correlation`).
        weeks: how many are used.
        fewest_weeks: from the first evidence to the last, below which there is no slope.

    Returns:
        None with less than 13 weeks from the first evidence to the last, or fewer than 3 weeks with evidence.

    Source: method.md section 7; weighted least squares.

    >>> rising = [WeekPoint(7 * w, 4, 0.50 + 0.01 * w, 0.50) for w in range(13)]
    >>> slope = fit(rising, last=84, s2=0.25)
    >>> round(slope.b, 12), round(slope.se2 * 4 * 182, 12)  # 182 is the sum of (w - 6)² for w = 0..12
    (0.01, 0.25)
    """
    used = sorted(point for point in points if point.n > 0 and last - 7 * weeks < point.week <= last)
    if len(used) < _LEAST_POINTS or used[-1].week - used[0].week < 7 * (fewest_weeks - 1):
        return None
    # sums from the oldest week on, in weeks before the last: `fit_all` adds up in the same order
    n = centre = spread = rise = noise = 0.0
    for point in used:
        n += point.n
        centre += point.n * ((point.week - last) / 7)
    centre /= n
    for point in used:
        t = (point.week - last) / 7 - centre
        spread += point.n * (t * t)
        rise += point.n * t * (point.value - point.expected)
        noise += t * t * (point.n + point.n * point.n / point.expected_n)
    return Slope(rise / spread, s2 * (noise / (spread * spread)) * inflation(lag), len(used))


class Fitted(NamedTuple):
    """`fit` of many series at once: arrays without the weeks' axis; `b` and `per_s2` are nan where there is no slope.

    se² is s² times `per_s2`; `weeks` counts those with evidence.
    """

    b: Array
    per_s2: Array
    weeks: Array


def fit_all(n: Array, deviation: Array, expected_n: Array, fewest_weeks: int = LEAST_WEEKS) -> Fitted:
    """What `fit` gives of each series, to the last digit, but for s² and the lag.

    Args:
        n: observations, 0 in weeks without; the last axis is the weeks, the oldest first.
        deviation: x̄ - e; whatever it is where n is 0.
        expected_n: as in `WeekPoint`.
        fewest_weeks: as in `fit`.

    >>> rising = np.full((1, 13), 4.0), 0.01 * np.arange(13)[None, :], np.full((1, 13), np.inf)
    >>> found = fit_all(*rising)
    >>> found.b.round(12), (found.per_s2 * 4 * 182).round(12), found.weeks
    (array([0.01]), array([1.]), array([13]))
    """
    n, deviation, expected_n = (
        np.ascontiguousarray(np.moveaxis(of, -1, 0)) for of in (n, deviation, expected_n)
    )  # sums go down the weeks
    weeks, seen = len(n), n > 0
    ages = np.arange(1.0 - weeks, 1.0).reshape(-1, *[1] * (n.ndim - 1))
    whole, count = n.sum(axis=0), seen.sum(axis=0)
    first, last = seen.argmax(axis=0), weeks - 1 - seen[::-1].argmax(axis=0)
    enough = (count >= _LEAST_POINTS) & (last - first >= fewest_weeks - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = ages - (n * ages).sum(axis=0) / whole
        squares = t * t
        spread = (n * squares).sum(axis=0)
        rise = np.where(seen, n * t * deviation, 0.0).sum(axis=0)  # a deviation from nothing is no number
        noise = (squares * (n + n * n / expected_n)).sum(axis=0)
        b, per_s2 = rise / spread, noise / (spread * spread)
    return Fitted(np.where(enough, b, np.nan), np.where(enough, per_s2, np.nan), count)


def inflation(lag: float) -> float:
    """By how much weeks that resemble the one before widen a variance: (1+r)/(1-r) above 0.2, r at most 0.9; else 1.

    For a `sum` its phi is to be widened likewise before norms are made of it (`scoring.residuals.dispersion` sees single weeks
    only), and then its slopes no more. method.md has it for slopes alone, which leaves the level too certain
    (docs/method/tiers.md).

    Source: method.md section 7; Bayley & Hammersley (Suppl. JRSS 8, 1946), effective number of autocorrelated observations.

    >>> inflation(0.2), round(inflation(0.5), 12), round(inflation(0.95), 12)
    (1.0, 3.0, 19.0)
    """
    return (1 + min(lag, _MOST_LAG)) / (1 - min(lag, _MOST_LAG)) if lag > _NOTABLE_LAG else 1.0


def slope_spread(slopes: Sequence[Slope], tau_star: float) -> float:
    """The variance of true slopes between peers, τ_b²: mean(b² - se²), but never below what noise could hide.

    Slopes are about what was expected, so their mean is 0 by construction. The least is √(2/k)·mean(se²), the noise of the
    estimate itself, where that is no more than changes of half a tau* in 13 weeks: a sparse metric's noise is no reason to
    believe in larger ones (without this bound of ours, changes as large as the reps' spread were usual at 1 deal a week).
    Without peers half a tau* in 13 weeks is taken as usual.

    Args:
        slopes: of the peers, in any order.
        tau_star: the spread between peers that goalposts are set by, above 0.

    Source: method.md section 7; Morris (JASA 78, 1983).

    >>> slope_spread([Slope(0.3, 0.01, 26), Slope(-0.1, 0.01, 26)], 1.0), slope_spread([], 0.26)
    (0.04, 0.0001)
    """
    usual = (tau_star / (2 * HORIZON)) ** 2
    if not slopes:
        return usual
    k = len(slopes)
    se2 = math.fsum(slope.se2 for slope in slopes) / k
    found = math.fsum(value for slope in slopes for value in (slope.b * slope.b, -slope.se2)) / k
    return max(found, min(math.sqrt(2 / k) * se2, usual))
