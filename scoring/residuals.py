"""Residuals: what is left of the peers' weeks when rep and week are accounted for; it tells how noisy a metric is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.evidence import Evidence
from scoring.residual_columns import ResidualColumns


@dataclass(frozen=True, slots=True)
class Residuals:
    """Weekly residuals of one metric after rep and week effects.

    `by_rep` gives rep -> week -> sqrt(n)·(x̄ - fit), of equal variance for any n; `freedom` is the number of weeks seen less the
    effects fitted; `level` the pooled value Σ total / Σ base. Nothing is left of a week with evidence of one rep alone.
    """

    by_rep: Mapping[str, Mapping[int, float]]
    freedom: int
    level: float

    @property
    def squares(self) -> float:
        """Σ n·(x̄ - fit)²."""
        return _columns([self]).squares()[0]


def residuals(weekly: Mapping[str, Mapping[int, Evidence]]) -> Residuals:
    """What the additive model rep + week, fitted by least squares weighted with n, leaves of each weekly value.

    Args:
        weekly: rep -> Monday of a complete week -> evidence, in any order; weeks without evidence may be missing.

    The fit is exact, by elimination, in an order and with operations that give the same bits on any machine. Rep and week
    effects are orthogonal to each residual. No evidence gives none.

    Source: method.md section 4 ("weekly residuals after rep and week effects").

    >>> from scoring.evidence import of_sum
    >>> left = residuals({"a": {1: of_sum(4, 8), 8: of_sum(4, 16)}, "b": {1: of_sum(4, 16), 8: of_sum(4, 16)}})
    >>> left.by_rep, left.freedom, left.level  # 2 4 | 4 4 a day, less effects: -½ ½ | ½ -½, times the root of 4 days
    ({'a': {1: -1.0, 8: 1.0}, 'b': {1: 1.0, 8: -1.0}}, 1, 3.5)
    """
    cells = {
        rep: {week: seen for week, seen in weekly[rep].items() if seen.n > 0 and seen.base > 0}
        for rep in sorted(weekly)
    }
    reps = [rep for rep in cells if cells[rep]]
    weeks = sorted({week for rep in reps for week in cells[rep]})
    if not reps:
        return Residuals({}, 0, 0.0)
    column = {week: number for number, week in enumerate(weeks)}
    sums = np.zeros((3, 1, len(reps), len(weeks)))
    for row, rep in enumerate(reps):
        for week, seen in cells[rep].items():
            sums[:, 0, row, column[week]] = seen[:3]
    left = ResidualColumns.fitted(np.array(weeks), *sums)
    by_rep = {
        rep: {week: float(left.z[0, row, column[week]]) for week in sorted(cells[rep])} for row, rep in enumerate(reps)
    }
    return Residuals(by_rep, int(left.freedom[0]), float(left.level[0]))


def dispersion(left: Residuals) -> float | None:
    """Phi of a `sum`: the variance of a day's sum per unit of its mean, pooled; None without weeks to spare or a level.

    A sum over D days then has variance phi·D·level. A metric whose weeks are plain counts of independent events has phi 1.

    Source: method.md section 4.

    >>> from scoring.evidence import of_sum
    >>> dispersion(residuals({"a": {1: of_sum(4, 8), 8: of_sum(4, 16)}, "b": {1: of_sum(4, 16), 8: of_sum(4, 16)}})) == 4 / 3.5
    True
    """
    return _columns([left]).dispersions()[0]


def lag_correlation(left: Residuals) -> float:
    """How much of a residual comes back a week later, -1..1, pooled over the reps; 0 without two weeks in a row.

    Raw: with T weeks a rep, the fit alone makes it about -1/T. Source: method.md section 7, "Lag-1 correlation".

    >>> lag_correlation(Residuals({"a": {1: 1.0, 8: 1.0, 15: -1.0}, "b": {1: 2.0, 22: 2.0}}, 2, 1.0))
    0.0
    >>> lag_correlation(Residuals({"a": {1: 2.0, 8: 1.0, 15: 0.5}}, 1, 1.0))
    1.0
    """
    return _columns([left]).lags()[0]


def correlations(left: Sequence[Residuals]) -> list[list[float]]:
    """rho: how the metrics' residuals go together in the same rep's same week, pooled; 1 on the diagonal.

    Sums run over the weeks that both metrics have, their scale over all weeks of each: that is how the two window figures,
    made of those weeks, go together, and a matrix of such is never negative definite, so no variance of a score is negative.
    Metrics that never share a week, or leave nothing, get 0.

    Source: method.md section 7, "pooled correlation of weekly residuals".

    >>> one, other = Residuals({"a": {1: 3.0, 8: -4.0}}, 1, 1.0), Residuals({"a": {1: 2.0}}, 1, 1.0)
    >>> correlations([one, other])  # 3·2 / (5·2)
    [[1.0, 0.6], [0.6, 1.0]]
    """
    return _columns(left).correlations()


def slope_with_level(slope_weeks: int, level_weeks: int) -> float:
    """How the slope of a metric over its last weeks goes together with its own level over fewer of them, 0..1.

    Of weeks with equal and independent noise: the least-squares slope over `slope_weeks` against the mean of the last
    `level_weeks` of them. With another metric's level it is rho times this, with its slope over the same weeks rho.

    Raises:
        ValueError: not 2 <= slope_weeks, or not 1 <= level_weeks <= slope_weeks.

    Source: method.md section 7 (0.61 for 26/13 weeks).

    >>> round(slope_with_level(26, 13), 2), slope_with_level(26, 26)
    (0.61, 0.0)
    """
    if slope_weeks < 2 or not 1 <= level_weeks <= slope_weeks:  # noqa: PLR2004 - a slope needs two
        raise ValueError(
            f"slope over {slope_weeks} weeks, level over {level_weeks}: expected 1 <= level <= slope, slope >= 2"
        )
    return (slope_weeks - level_weeks) * math.sqrt(3 * level_weeks / (slope_weeks * (slope_weeks**2 - 1)))


def _columns(left: Sequence[Residuals]) -> ResidualColumns:
    """The residuals of several metrics side by side."""
    reps = sorted({rep for each in left for rep in each.by_rep})
    weeks = sorted({week for each in left for of_rep in each.by_rep.values() for week in of_rep})
    row = {rep: place for place, rep in enumerate(reps)}
    column = {week: place for place, week in enumerate(weeks)}
    z = np.zeros((len(left), len(reps), len(weeks)))
    there = np.zeros(z.shape, dtype=bool)
    for metric, each in enumerate(left):
        for rep, of_rep in each.by_rep.items():
            for week, value in of_rep.items():
                z[metric, row[rep], column[week]] = value
                there[metric, row[rep], column[week]] = True
    freedom, level = np.array([each.freedom for each in left]), np.array([each.level for each in left])
    return ResidualColumns(np.array(weeks, dtype=np.int64), z, there, freedom, level)
