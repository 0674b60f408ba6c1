"""Slope: whether a subject is getting better at one metric, apart from the market and as far as noise lets one tell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from scoring.aggregate import QUANTILE, MetricPart

WEEKS: Final = 26
"""Complete weeks that a slope is fitted to."""
LEAST_WEEKS: Final = 13
"""Weeks from the first to the last evidence below which there is no slope."""
HORIZON: Final = 13
"""Weeks over which a change is judged: a change of 1.645 tau* in a quarter is all or nothing."""

_LEAST_POINTS = 3
_TAIL = 1.645
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


def fit(points: Iterable[WeekPoint], last: int, s2: float, lag: float = 0.0) -> Slope | None:
    """The weighted slope of x̄ - e over the 26 weeks that end with `last`; points come in any order, a week once.

    The weight of a week is its n. The variance is exact for weeks that scatter by s²/n about the line, with s²/expected_n for the
    noise of e besides: in a small team that is as large as the rep's own (method.md leaves it out). Weeks that resemble the one
    before count for less (`inflation`).

    Args:
        points: complete weeks; those with n = 0, later than `last` or before the 26 do not count.
        last: the Monday of the last complete week, as an ordinal.
        s2: variance of one observation (of one day present for a sum), section 4's s².
        lag: pooled lag-1 correlation of the peers' residuals (`scoring.residuals.lag_correlation`).

    Returns:
        None with less than 13 weeks from the first evidence to the last, or fewer than 3 weeks with evidence.

    Source: method.md section 7; weighted least squares.

    >>> rising = [WeekPoint(7 * w, 4, 0.50 + 0.01 * w, 0.50) for w in range(13)]
    >>> slope = fit(rising, last=84, s2=0.25)
    >>> round(slope.b, 12), round(slope.se2 * 4 * 182, 12)  # 182 is the sum of (w - 6)² for w = 0..12
    (0.01, 0.25)
    """
    line = _line(points, last)
    if line is None:
        return None
    used, centre, b, spread = line
    ages = [(point, point.week / 7 - centre) for point in used]
    noise = math.fsum(t * t * (p.n + p.n * p.n / p.expected_n) for p, t in ages)
    return Slope(b, s2 * noise / (spread * spread) * inflation(lag), len(used))


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


def improvement_utility(b: float, tau_star: float, sign: Literal[1, -1] = 1) -> float:
    """A slope on 0..1: 0.5 is flat, 1 is better by 1.645 tau* in 13 weeks. Source: method.md section 7.

    Args:
        b: the metric's unit a week.
        tau_star: the spread between peers that goalposts are set by, above 0.
        sign: -1 where less is better.

    >>> improvement_utility(0.0, 0.1), round(improvement_utility(0.1 / 13, 0.1), 4), improvement_utility(0.1, 0.1, -1)
    (0.5, 0.804, 0.0)
    """
    return min(1.0, max(0.0, 0.5 + sign * 0.5 * HORIZON * b / (_TAIL * tau_star)))


def improvement_part(
    name: str,
    weight: float,
    slope: Slope | None,
    tau_b2: float,
    tau_star: float,
    sign: Literal[1, -1] = 1,
) -> MetricPart:
    """One metric's part of the pillar `improvement`: its slope, shrunk towards flat by what peers' slopes differ.

    b̃ = B·b, B = τ_b²/(τ_b² + se²), of posterior variance B·se². Without a slope it is flat, with the prior's variance, and counts
    nothing in the coverage.

    Args:
        name: the metric.
        weight: its weight in the pillar.
        slope: of its weekly x̄ - e; None where there is none.
        tau_b2: `slope_spread` of the peers, from the norms.
        tau_star: the spread between peers that goalposts are set by, above 0.
        sign: -1 where less is better.

    Source: method.md section 7; Morris (JASA 78, 1983).

    >>> part = improvement_part("csat", 1.0, Slope(0.02, 0.0001, 26), 0.0001, 0.2)
    >>> part.shrunk, round(part.u, 6), part.n, round(part.prior, 9), round(part.u_low, 6), round(part.u_high, 6)
    (0.01, 0.697568, 26, 26.0, 0.518526, 0.87661)
    """
    if slope is None:
        b, n, prior, variance = 0.0, 0, 0.0, tau_b2
    else:
        share = tau_b2 / (tau_b2 + slope.se2) if tau_b2 > 0 else 0.0
        b, n, variance = share * slope.b, slope.weeks, share * slope.se2
        prior = n * slope.se2 / tau_b2 if tau_b2 > 0 else math.inf
    reach = sign * QUANTILE * math.sqrt(variance)
    return MetricPart(
        name=name,
        weight=weight,
        u=improvement_utility(b, tau_star, sign),
        shrunk=b,
        value=None if slope is None else slope.b,
        n=n,
        prior=prior,
        norm=0.0,
        sign=sign,
        du_dx=sign * 0.5 * HORIZON / (_TAIL * tau_star) if _moves(b, tau_star, sign) else 0.0,
        u_low=improvement_utility(b - reach, tau_star, sign),
        u_high=improvement_utility(b + reach, tau_star, sign),
    )


def _moves(b: float, tau_star: float, sign: Literal[1, -1]) -> bool:
    """Whether a change for the better would raise the utility: no at the top or beyond either end."""
    raw = 0.5 + sign * 0.5 * HORIZON * b / (_TAIL * tau_star)
    return 0.0 <= raw < 1.0


def _line(points: Iterable[WeekPoint], last: int) -> tuple[list[WeekPoint], float, float, float] | None:
    """The points used, by week; their mean week; the slope; Σn(t - t̄)²."""
    used = sorted(point for point in points if point.n > 0 and last - 7 * WEEKS < point.week <= last)
    if len(used) < _LEAST_POINTS or used[-1].week - used[0].week < 7 * (LEAST_WEEKS - 1):
        return None
    n = math.fsum(p.n for p in used)
    centre = math.fsum(p.n * p.week / 7 for p in used) / n
    spread = math.fsum(p.n * (p.week / 7 - centre) ** 2 for p in used)
    b = math.fsum(p.n * (p.week / 7 - centre) * (p.value - p.expected) for p in used) / spread
    return used, centre, b, spread
