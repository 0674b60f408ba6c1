"""Residuals: what is left of the peers' weeks when rep and week are accounted for; it tells how noisy a metric is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.evidence import Evidence

_Array = npt.NDArray[np.float64]

_SPENT: Final = 1e-9
"""A week whose own part of the weight is smaller than this is accounted for by the reps and weeks before it."""
_EXACT: Final = 1e-12
"""Residuals smaller than this part of the figures are what is left of rounding."""


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
        return math.fsum(z * z for weeks in self.by_rep.values() for z in weeks.values())


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
    n, values = np.zeros((len(reps), len(weeks))), np.zeros((len(reps), len(weeks)))
    column = {week: number for number, week in enumerate(weeks)}
    for row, rep in enumerate(reps):
        for week, seen in cells[rep].items():
            n[row, column[week]], values[row, column[week]] = seen.n, seen.total / seen.base
    left, rank = _fit(n, values)
    by_rep = {
        rep: {week: float(left[row, column[week]]) for week in sorted(cells[rep])} for row, rep in enumerate(reps)
    }
    everything = [seen for rep in reps for seen in cells[rep].values()]
    level = math.fsum(seen.total for seen in everything) / math.fsum(seen.base for seen in everything)
    return Residuals(by_rep, len(everything) - rank, level)


def dispersion(left: Residuals) -> float | None:
    """Phi of a `sum`: the variance of a day's sum per unit of its mean, pooled; None without weeks to spare or a level.

    A sum over D days then has variance phi·D·level. A metric whose weeks are plain counts of independent events has phi 1.

    Source: method.md section 4.

    >>> from scoring.evidence import of_sum
    >>> dispersion(residuals({"a": {1: of_sum(4, 8), 8: of_sum(4, 16)}, "b": {1: of_sum(4, 16), 8: of_sum(4, 16)}})) == 4 / 3.5
    True
    """
    if left.freedom <= 0 or left.level == 0:
        return None
    return left.squares / left.freedom / abs(left.level)


def lag_correlation(left: Residuals) -> float:
    """How much of a residual comes back a week later, -1..1, pooled over the reps; 0 without two weeks in a row.

    Raw: with T weeks a rep, the fit alone makes it about -1/T. Source: method.md section 7, "Lag-1 correlation".

    >>> lag_correlation(Residuals({"a": {1: 1.0, 8: 1.0, 15: -1.0}, "b": {1: 2.0, 22: 2.0}}, 2, 1.0))
    0.0
    >>> lag_correlation(Residuals({"a": {1: 2.0, 8: 1.0, 15: 0.5}}, 1, 1.0))
    1.0
    """
    pairs = [(z, weeks[week + 7]) for weeks in left.by_rep.values() for week, z in weeks.items() if week + 7 in weeks]
    first, second = math.fsum(a * a for a, _ in pairs), math.fsum(b * b for _, b in pairs)
    if first <= 0 or second <= 0:
        return 0.0
    return _bounded(math.fsum(a * b for a, b in pairs) / math.sqrt(first * second))


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
    scale = [math.sqrt(each.squares) for each in left]
    rho = [[1.0 if k == other else 0.0 for other in range(len(left))] for k in range(len(left))]
    for k, one in enumerate(left):
        for other in range(k):
            if scale[k] > 0 and scale[other] > 0:
                rho[k][other] = rho[other][k] = _bounded(_together(one, left[other]) / (scale[k] * scale[other]))
    return rho


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


def _together(one: Residuals, other: Residuals) -> float:
    return math.fsum(
        z * there[week]
        for rep, weeks in one.by_rep.items()
        if (there := other.by_rep.get(rep))
        for week, z in weeks.items()
        if week in there
    )


def _bounded(correlation: float) -> float:
    return min(1.0, max(-1.0, correlation))


def _fit(n: _Array, values: _Array) -> tuple[_Array, int]:
    """Residuals times sqrt(n), and how many effects were fitted. Rep effects are eliminated, the weeks' are then solved.

    Only elementwise operations and sums down the rows, whose order numpy does not choose by machine; no BLAS.
    """
    each_rep = _across(n)
    each_week = n.sum(axis=0)
    share = n / each_rep[:, None]
    mean = _across(share * values)
    matrix = np.stack([-(share[:, week : week + 1] * n).sum(axis=0) for week in range(n.shape[1])])
    matrix[np.diag_indices_from(matrix)] += each_week
    right = (n * (values - mean[:, None])).sum(axis=0)
    effects, rank = _solve(matrix, right, each_week)
    spread = values - mean[:, None] - effects[None, :] + _across(share * effects[None, :])[:, None]
    rounding = _EXACT * np.abs(values).max()
    spread[np.abs(spread) <= rounding] = 0.0
    return np.sqrt(n) * spread, n.shape[0] + rank


def _across(cells: _Array) -> _Array:
    """The sum of each row, always added up from the left."""
    total: _Array = np.ascontiguousarray(cells.T).sum(axis=0)
    return total


def _solve(matrix: _Array, right: _Array, scale: _Array) -> tuple[_Array, int]:
    """A solution of a positive semi-definite system, and its rank; weeks that the others account for get effect 0."""
    size = len(right)
    matrix, right = matrix.copy(), right.copy()
    kept = []
    for pivot in range(size):
        if matrix[pivot, pivot] <= _SPENT * scale[pivot]:
            continue
        kept.append(pivot)
        factor = matrix[pivot + 1 :, pivot] / matrix[pivot, pivot]
        matrix[pivot + 1 :] -= factor[:, None] * matrix[pivot][None, :]
        right[pivot + 1 :] -= factor * right[pivot]
    effects = np.zeros(size)
    for pivot in reversed(kept):
        known = math.fsum(matrix[pivot, later] * effects[later] for later in range(pivot + 1, size))
        effects[pivot] = (right[pivot] - known) / matrix[pivot, pivot]
    return effects, len(kept)
