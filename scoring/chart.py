"""Chart: whether a rep's weeks fell short by more than chance; a one-sided CUSUM that learns the rep's own level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from scoring.evidence import Evidence, Kind
from scoring.expectation import NORM_WEIGHT, Expected

BLOCK: Final = 8.0
"""Observations that make a block."""
BLOCK_OF_ANSWERS: Final = 5.0
WARNING: Final = 4.0
ALARM: Final = 5.0
"""h, until a budget of false alerts asks for more (`scoring.budget`)."""
SLACK: Final = 0.5
"""Half the shift, in standard deviations of a block, that the chart finds soonest."""


class ChartWeek(NamedTuple):
    """One complete week as a chart sees it: how far it fell short of what was expected, and by how much chance alone could.

    Attributes:
        monday: ordinal of its first day.
        n: observations (days present, of a sum); 0 is a week without any.
        residual: sum of (what was reached - what was expected); below 0 is worse, whichever direction the metric has.
        information: what the residual is divided by to become d: n * e(1 - e) for a rate (so d is a change of the log
            odds), else the base (so d is in the metric's unit).
        variance: of the residual, with that of the expectation.
        skewness: third central moment of the residual; 0 but for rates.
    """

    monday: int
    n: float
    residual: float
    information: float
    variance: float
    skewness: float


class Point(NamedTuple):
    """One block on the chart.

    Attributes:
        first: Monday of its first week with observations.
        week: Monday of its last week. The block is known from the end of the Sunday after it (`day`).
        n: observations.
        d: mean shortfall, below 0 is worse: log odds for a rate, else the metric's unit.
        v: variance of d, without that of the own level.
        level: D, the rep's own level that d is compared with, as learned from earlier blocks.
        precision: P, one over the variance of D.
        z: d - D in standard deviations, corrected for skewness.
        c: the statistic C, 0..h + 1.
        since: the day on which C last stood at 0 (a block's day; for the first blocks the Monday at which the chart
            began).
        warned: C is above 4.
        alarmed: C is above h.
    """

    first: int
    week: int
    n: float
    d: float
    v: float
    level: float
    precision: float
    z: float
    c: float
    since: int
    warned: bool
    alarmed: bool

    @property
    def day(self) -> int:
        """The Sunday that ends its last week: the first day whose end knows it."""
        return self.week + 6


@dataclass(frozen=True, slots=True)
class ChartRule:
    """What a chart is drawn by.

    Args:
        precision: P at the start: what is known of a rep's own level before its weeks (`starting_precision`), above 0.
        block: observations that make a point: 8, of answers 5.
        alarm: h, 5 or more.
        warning: C above it warns.

    Raises:
        ValueError: `precision` is not above 0 or not finite.
    """

    precision: float
    block: float = BLOCK
    alarm: float = ALARM
    warning: float = WARNING

    def __post_init__(self) -> None:
        if not 0 < self.precision < math.inf:
            raise ValueError(f"the precision of a chart is {self.precision!r}; expected above 0 and finite")


def starting_precision(kind: Kind, norm: float, spread: float) -> float:
    """P of a rep's own level before its weeks: (m(1 - m) / tau)^2 in log odds for a rate, 1 / tau^2 for the others.

    Args:
        kind: rate, sum, mean or ratio.
        norm: m.
        spread: tau between reps, above 0, in the metric's unit (as floored in the norms).

    Raises:
        ValueError: `spread` is not above 0, or a rate's norm is not between 0 and 1.

    Source: method.md section 8.

    >>> round(starting_precision("rate", 0.5, 0.05), 9), starting_precision("sum", 8.0, 2.0)
    (25.0, 0.25)
    """
    if not spread > 0 or (kind == "rate" and not 0 < norm < 1):
        raise ValueError(
            f"spread {spread!r} about a norm of {norm!r} for a {kind}; expected a spread above 0 about a level in it"
        )
    return ((norm * (1 - norm) if kind == "rate" else 1.0) / spread) ** 2


def chartable(kind: Kind, norm: float, spread: float, dispersion: float = 1.0) -> bool:
    """Whether the norms of a metric are such that it has a chart at all: a spread, some noise, and for sums a level above 0.

    >>> chartable("sum", 0.0, 1.0, 1.0), chartable("rate", 0.5, 0.05)
    (False, True)
    """
    if kind == "rate":
        return 0 < norm < 1 and 0 < spread < math.inf
    return 0 < spread < math.inf and 0 < dispersion < math.inf and (kind != "sum" or norm > 0)


def chart_week(
    kind: Kind,
    monday: int,
    own: Evidence,
    of_week: Expected,
    dispersion: float = 1.0,
    *,
    higher_is_better: bool = True,
) -> ChartWeek:
    """A week of a chart, from what the rep did and what was expected.

    The variance of one observation is e(1 - e) for a rate, phi * e for a day of a sum, s^2 for means and ratios; all
    are widened by 1 + n / (n_rest + 20), for the expectation is itself an estimate (method.md says so of rates; it
    holds for the others alike).

    Args:
        kind: rate, sum, mean or ratio.
        monday: ordinal of the week's Monday.
        own: the rep's evidence of the week.
        of_week: from `scoring.expectation.expected`.
        dispersion: phi of a sum, s^2 of a mean, variance of the residuals y - R * d of a ratio; a rate needs none.
        higher_is_better: where False, signs are turned.

    Raises:
        ValueError: the variance is not above 0 though there are observations (the metric is not `chartable`).

    Source: method.md section 8.

    >>> chart_week("rate", 738000, Evidence(8, 2, 8), Expected(0.5, 20))
    ChartWeek(monday=738000, n=8, residual=-2.0, information=2.0, variance=2.4, skewness=0.0)
    >>> chart_week("sum", 738000, Evidence(5, 30.0, 5), Expected(8.0, 20), 2.0)
    ChartWeek(monday=738000, n=5, residual=-10.0, information=5, variance=90.0, skewness=0.0)
    """
    n, e = own.n, of_week.value
    if n <= 0 or own.base <= 0:
        return ChartWeek(monday, 0.0, 0.0, 0.0, 0.0, 0.0)
    sign = 1.0 if higher_is_better else -1.0
    one = e * (1 - e) if kind == "rate" else dispersion * e if kind == "sum" else dispersion
    variance = n * one * (1 + n / (of_week.rest + NORM_WEIGHT))
    if not 0 < variance < math.inf:
        raise ValueError(
            f"the variance of week {monday} is {variance!r} for a {kind} expected at {e!r}; expected above 0"
        )
    information = n * one if kind == "rate" else own.base
    skewness = sign * n * one * (1 - 2 * e) if kind == "rate" else 0.0
    return ChartWeek(monday, n, sign * (own.total - e * own.base), information, variance, skewness)


def chart(rule: ChartRule, weeks: Iterable[ChartWeek]) -> tuple[Point, ...]:
    """Every point of a chart, from the complete weeks since its restart; the same weeks, in any order, give the same bytes.

    Weeks are pooled into blocks until they hold `rule.block` observations; a last block that holds fewer is no point
    yet. Then z = (d - D) / sqrt(v + 1/P), z <- z - gamma(z^2 - 1)/6, C = min(h + 1, max(0, C - z - 0.5)). While C is at
    most h/2 after a block, the block teaches the own level: D <- (P D + d/v) / (P + 1/v), P <- P + 1/v. Without D, a
    steadily weaker rep would alarm for ever.

    Args:
        rule: parameters.
        weeks: each Monday once; weeks without observations may be there or not.

    Raises:
        ValueError: a week is there twice.

    Source: method.md section 8; Page, Continuous inspection schemes (Biometrika 41, 1954), the CUSUM; Lombard & Hawkins
    (arXiv:1904.00340), self-starting charts.

    >>> bad = [chart_week("rate", 738000 + 7 * k, Evidence(8, 1, 8), Expected(0.5, 20)) for k in range(3)]
    >>> [(round(p.z, 3), round(p.c, 3), p.alarmed) for p in chart(ChartRule(25.0), bad)]
    [(-1.875, 1.375, False), (-1.761, 2.636, False), (-1.761, 3.898, False)]
    """
    ordered = sorted(weeks)
    for one, other in pairwise(ordered):
        if one.monday == other.monday:
            raise ValueError(f"week {one.monday} is charted twice; expected each once")
    points: list[Point] = []
    level, precision, c = 0.0, rule.precision, 0.0
    since = ordered[0].monday if ordered else 0
    block: list[ChartWeek] = []
    for week in ordered:
        if week.n <= 0:
            continue
        block.append(week)
        n = math.fsum(w.n for w in block)
        if n < rule.block:
            continue
        d, v, z = _compared(block, level, precision)
        c = min(rule.alarm + 1, max(0.0, c - z - SLACK))
        if c <= 0:
            since = week.monday + 6
        points.append(
            Point(
                block[0].monday,
                week.monday,
                n,
                d,
                v,
                level,
                precision,
                z,
                c,
                since,
                warned=c > rule.warning,
                alarmed=c > rule.alarm,
            )
        )
        if c <= rule.alarm / 2:
            level = (precision * level + d / v) / (precision + 1 / v)
            precision += 1 / v
        block = []
    return tuple(points)


def _compared(block: Sequence[ChartWeek], level: float, precision: float) -> tuple[float, float, float]:
    """d, v and z of a block against the own level."""
    information = math.fsum(w.information for w in block)
    d = math.fsum(w.residual for w in block) / information
    v = math.fsum(w.variance for w in block) / (information * information)
    z = (d - level) / math.sqrt(v + 1 / precision)
    skewness = math.fsum(w.skewness for w in block)
    if skewness:  # Cornish and Fisher's first term: the tail that is longer is discounted
        gamma = skewness / (information + information * information / precision) ** 1.5
        z -= gamma * (z * z - 1) / 6
    return d, v, z
