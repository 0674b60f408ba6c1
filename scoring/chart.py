"""Chart: whether a rep's weeks fell short by more than chance; a one-sided CUSUM that learns the rep's own level.

What section 8 of method.md wrote down at first was simulated (docs/method/drops.md) and mended where it gave more false
alarms than one in 700 points, or could not see a fall at all:

- d, g and v are taken at the rep's own level, not at what is expected of the rep, and sums are compared in proportion.
  Else a rep below its team at a rate of 0.8, or above it in calls, has more noise than its chart thinks.
- The own level is learned while the chart does not warn, not only while C <= h/2; blocks that a warning held back are
  learned when it came to nothing. Learning from good blocks alone drew the level up: one false alarm in 529 points at
  a spread of 8 points.
- The correction for skewness is Wilson and Hilferty's, whose first term is the z - gamma(z^2 - 1)/6 of method.md. That
  term alone turns back where the tail is long: 8 deals lost of 8 at an expected 0.95 gave z = +24.
- No block teaches more than 5 standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from scoring.chart_rule import ChartRule
from scoring.evidence import Evidence
from scoring.expectation import HIGHEST_RATE, LOWEST_RATE, NORM_WEIGHT, Expected

SLACK: Final = 0.5
"""Half the shift, in standard deviations of a block, that the chart finds soonest."""
LARGEST_LESSON: Final = 5.0
"""Standard deviations: what a block teaches of the own level is cut there, so that one stroke of luck is no new level."""
_NO_SKEWNESS = 1e-12
_ONE_SIDE = -0.5


class ChartWeek(NamedTuple):
    """One complete week as a chart sees it.

    Attributes:
        monday: ordinal of its first day.
        n: observations (days present, of a sum); 0 is a week without any.
        total: what was reached, in the metric's unit.
        base: what it is measured against (n, but for a ratio).
        expected: e, from `scoring.expectation.expected`.
        rest: observations of the rest of the team, on which e rests.
        dispersion: phi of a sum, s^2 of a mean, variance of the residuals y - R * d of a ratio; 1 for a rate.
    """

    monday: int
    n: float
    total: float
    base: float
    expected: float
    rest: float
    dispersion: float = 1.0


class Point(NamedTuple):
    """One block on the chart.

    d and the own level are changes of the log odds for a rate; of the logarithm (so 0.1 is about 10 %) for a sum and
    for a mean of values above 0; in the metric's unit for other means and ratios. Above 0 is more, whichever direction
    is better; z and C know the direction.

    Attributes:
        first: Monday of its first week with observations.
        week: Monday of its last week. The block is known from the end of the Sunday after it (`day`).
        n: observations.
        d: how far the block lies from what was expected.
        v: variance of d, without that of the own level.
        level: D, the rep's own level that d is compared with, as learned from earlier blocks.
        precision: P, one over the variance of D.
        z: d - D in standard deviations, corrected for skewness; below 0 is worse.
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


def chart_week(monday: int, own: Evidence, of_week: Expected, dispersion: float = 1.0) -> ChartWeek:
    """A week of a chart, from what the rep did and what was expected; without observations it is an empty one.

    >>> chart_week(738004, Evidence(8, 2, 8), Expected(0.5, 20))
    ChartWeek(monday=738004, n=8, total=2, base=8, expected=0.5, rest=20, dispersion=1.0)
    """
    if own.n <= 0 or own.base <= 0:
        return ChartWeek(monday, 0.0, 0.0, 0.0, of_week.value, of_week.rest, dispersion)
    return ChartWeek(monday, own.n, own.total, own.base, of_week.value, of_week.rest, dispersion)


def chart(rule: ChartRule, weeks: Iterable[ChartWeek]) -> tuple[Point, ...]:
    """Every point of a chart, from the complete weeks since its restart; the same weeks, in any order, give the same bytes.

    Weeks are pooled into blocks until they hold `rule.block` observations; a last block that holds fewer is no point
    yet. For each, with e' what is expected at the own level D (logit e + D for a rate, e * exp(D) in proportion,
    otherwise e + D):

    - d = D + sum(x - base * e') / g; g = sum of n e'(1 - e') for a rate, base * e' in proportion, else base;
    - v = sum(n * s^2 * (1 + n / (n_rest + 20))) / g^2; s^2 of one observation is e'(1 - e') for a rate, phi * e' for a
      day of a sum, and for a mean or a ratio the dispersion (times (e'/e)^2 in proportion);
    - z = (d - D) / sqrt(v + 1/P), its sign turned where lower is better, corrected for skewness (`unskewed`);
    - C = min(h + 1, max(0, C - z - 0.5)).

    While C is at most 4, the own level is learned: D <- (P D + d/v) / (P + 1/v), P <- P + 1/v, with d no further from D
    than 5 standard deviations. Without D, a steadily weaker rep would alarm for ever. Blocks above 4 wait, and are
    learned if C falls back without an alarm.

    Args:
        rule: parameters.
        weeks: each Monday once; weeks without observations may be there or not.

    Raises:
        ValueError: a week is there twice, or has no noise (the metric is not `chartable`).

    Source: method.md section 8, as mended (above); Page, Continuous inspection schemes (Biometrika 41, 1954), the
    CUSUM; Lombard & Hawkins (arXiv:1904.00340), self-starting charts.

    >>> bad = [ChartWeek(738004 + 7 * k, 8, 1, 8, 0.5, 20) for k in range(3)]
    >>> [(round(p.level, 3), round(p.z, 3), round(p.c, 3), p.alarmed) for p in chart(ChartRule("rate", 25.0), bad)]
    [(0.0, -1.875, 1.375, False), (-0.094, -1.772, 2.647, False), (-0.176, -1.681, 3.828, False)]
    """
    ordered = sorted(week for week in weeks if week.n > 0)
    for one, other in pairwise(ordered):
        if one.monday == other.monday:
            raise ValueError(f"week {one.monday} is charted twice; expected each once")
    points: list[Point] = []
    own = _OwnLevel(rule.precision)
    c, since = 0.0, ordered[0].monday if ordered else 0
    block: list[ChartWeek] = []
    for week in ordered:
        block.append(week)
        n = math.fsum(w.n for w in block)
        if n < rule.block:
            continue
        d, v, z = _compared(rule, block, own.level, own.precision)
        c = min(rule.alarm + 1, max(0.0, c - z - SLACK))
        if c <= 0:
            since = week.monday + 6
        warned, alarmed = c > rule.warning, c > rule.alarm
        points.append(
            Point(block[0].monday, week.monday, n, d, v, own.level, own.precision, z, c, since, warned, alarmed)
        )
        own.hear(d, v, warned=warned, alarmed=alarmed)
        block = []
    return tuple(points)


def unskewed(z: float, gamma: float) -> float:
    """The normal deviate of a z whose distribution has skewness gamma: (6/gamma)(cbrt(1 + gamma z / 2) - 1) + gamma/6.

    It rises with z everywhere, and is z - gamma(z^2 - 1)/6 for small gamma.

    Source: Wilson & Hilferty, The distribution of chi-square (PNAS 17, 1931), for a standardised gamma variable.

    >>> round(unskewed(-3.0, -0.5), 3), round(-3.0 + 0.5 * 8 / 6, 3), unskewed(-3.0, 0.0)
    (-2.544, -2.333, -3.0)
    """
    if abs(gamma) < _NO_SKEWNESS:
        return z
    t = gamma * z / 2
    root = math.expm1(math.log1p(t) / 3) if t > _ONE_SIDE else math.cbrt(1 + t) - 1  # cbrt(1 + t) - 1, exact near 0 too
    return 6 * (root / gamma) + gamma / 6


class _OwnLevel:
    """D and P: what is known of the rep's own level, and the blocks that wait while the chart warns."""

    def __init__(self, precision: float) -> None:
        self.level, self.precision = 0.0, precision
        self._waiting: list[tuple[float, float]] = []
        self._alarmed = False

    def hear(self, d: float, v: float, *, warned: bool, alarmed: bool) -> None:
        self._waiting.append((d, v))
        self._alarmed = self._alarmed or alarmed
        if warned:
            return
        for known, variance in self._waiting[-1:] if self._alarmed else self._waiting:
            reach = LARGEST_LESSON * math.sqrt(variance + 1 / self.precision)
            lesson = min(self.level + reach, max(self.level - reach, known))
            self.level = (self.precision * self.level + lesson / variance) / (self.precision + 1 / variance)
            self.precision += 1 / variance
        self._waiting, self._alarmed = [], False


def _compared(
    rule: ChartRule, block: Sequence[ChartWeek], level: float, precision: float
) -> tuple[float, float, float]:
    """d, v and z of a block against the own level."""
    parts = [_at_level(rule, week, level) for week in block]
    residual, g, variance, third = (math.fsum(column) for column in zip(*parts, strict=True))
    if not 0 < variance < math.inf:
        raise ValueError(
            f"the block that ends with week {block[-1].monday} has variance {variance!r}; expected above 0"
        )
    d, v = level + residual / g, variance / (g * g)
    z = unskewed((d - level) / math.sqrt(v + 1 / precision), third / (variance + g * g / precision) ** 1.5)
    return d, v, z if rule.higher_is_better else -z


def _at_level(rule: ChartRule, week: ChartWeek, level: float) -> tuple[float, float, float, float]:
    """A week's residual, information, variance and third moment at the own level.

    The third moment of a rate is the binomial's. A sum's is phi^2 e, that of jumps of one size: exact for plain counts, the
    least for any sum of jumps, so that good luck's long tail is never held against who had none. A mean of values
    above 0 has a gamma variable's, 2 s^4 / e'. Of the others it is not known, and taken as 0.
    """
    n, e = week.n, week.expected
    widened = n * (1 + n / (week.rest + NORM_WEIGHT))
    if rule.kind == "rate":
        odds = e / (1 - e) * math.exp(level)
        e = min(HIGHEST_RATE, max(LOWEST_RATE, odds / (1 + odds)))
        one = e * (1 - e)
        return week.total - week.base * e, n * one, widened * one, n * one * (1 - 2 * e)
    if not rule.proportional:
        return week.total - week.base * (e + level), week.base, widened * week.dispersion, 0.0
    factor = math.exp(level)
    e *= factor
    jumps = rule.kind == "sum"
    one = week.dispersion * (e if jumps else factor * factor)
    return week.total - week.base * e, week.base * e, widened * one, n * one * one / e * (1 if jumps else 2)
