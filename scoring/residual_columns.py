"""Residual columns: what rep and week leave of the peers' weeks, of many metrics at once. One by one: `scoring.residuals`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.exact_sums import exact_row_sums
from scoring.weeks import DAYS

Array = NDArray[Any]

_SPENT: Final = 1e-9
"""A week whose own part of the weight is smaller than this is accounted for by the reps and weeks before it."""
_EXACT: Final = 1e-12
"""Residuals smaller than this part of the figures are what is left of rounding."""


@dataclass(frozen=True, slots=True)
class ResidualColumns:
    """Weekly residuals sqrt(n)·(x̄ - fit): an array of metrics x reps x weeks, 0 where there is no evidence.

    `there` is where there is some; `weeks` are the Mondays, oldest first. `freedom` and `level` are of each metric, as in
    `scoring.residuals.Residuals`.
    """

    weeks: Array
    z: Array
    there: Array
    freedom: Array
    level: Array

    @classmethod
    def fitted(cls, weeks: Array, n: Array, total: Array, base: Array) -> ResidualColumns:
        """What the additive model rep + week, fitted by least squares weighted with n, leaves of each metric's weekly values.

        Args:
            weeks: the Mondays, oldest first.
            n: metrics x reps x weeks, as are `total` and `base`; there is evidence where n and `base` are above 0.
            total: what the value is made of.
            base: what it is measured against.

        The fit is exact, by elimination, in an order and with operations that give the same bits on any machine.

        Source: method.md section 4 ("weekly residuals after rep and week effects").
        """
        there = (n > 0) & (base > 0)
        nothing = np.zeros(n.shape)
        if not there.any():
            return cls(weeks, nothing, there, np.zeros(len(n), dtype=np.int64), np.zeros(len(n)))
        n, total, base = (np.where(there, of, 0.0) for of in (n, total, base))
        left, effects = _fit(n, np.divide(total, base, out=nothing, where=there))
        total, base = (exact_row_sums(_in_rows(of)) for of in (total, base))
        level = np.divide(total, base, out=np.zeros(len(n)), where=base > 0)
        return cls(weeks, left, there, there.sum(axis=(1, 2)) - effects, level)

    def squares(self) -> list[float]:
        """Σ n·(x̄ - fit)² of each metric."""
        z, scale = self._alike()
        sums = exact_row_sums(_in_rows(z * z))
        return [float(found) for found in np.ldexp(sums, 2 * scale)]

    def dispersions(self) -> list[float | None]:
        """Phi of each metric, were it a `sum`: see `scoring.residuals.dispersion`."""
        return [
            None if freedom <= 0 or level == 0 else squares / freedom / abs(level)
            for squares, freedom, level in zip(self.squares(), self.freedom.tolist(), self.level.tolist(), strict=True)
        ]

    def lags(self) -> list[float]:
        """Of each metric, how much of a residual comes back a week later: see `scoring.residuals.lag_correlation`."""
        z, _ = self._alike()
        after = np.searchsorted(self.weeks, self.weeks + DAYS)
        followed = np.flatnonzero(np.isin(self.weeks + DAYS, self.weeks))
        after = after[followed]
        both = self.there[..., followed] & self.there[..., after]
        one, next_one = np.where(both, z[..., followed], 0.0), np.where(both, z[..., after], 0.0)
        products = np.stack((one * one, next_one * next_one, one * next_one))
        sums = exact_row_sums(_in_rows(products))
        return [
            0.0 if first <= 0 or second <= 0 else _bounded(together / math.sqrt(first * second))
            for first, second, together in sums.T.tolist()
        ]

    def correlations(self) -> list[list[float]]:
        """How the metrics go together: see `scoring.residuals.correlations`."""
        z, _ = self._alike()
        z = _in_rows(z)
        pairs = np.tril_indices(len(z))
        products = exact_row_sums(z[pairs[0]] * z[pairs[1]]).tolist()
        together = dict(zip(zip(*(of.tolist() for of in pairs), strict=True), products, strict=True))
        scale = [math.sqrt(together[k, k]) for k in range(len(z))]
        rho = [[1.0 if k == other else 0.0 for other in range(len(z))] for k in range(len(z))]
        for (k, other), both in together.items():
            if other < k and scale[k] > 0 and scale[other] > 0:
                rho[k][other] = rho[other][k] = _bounded(both / (scale[k] * scale[other]))
        return rho

    def _alike(self) -> tuple[Array, Array]:
        """Residuals of like sizes, and the powers of two by which each metric's were made so: it changes no digit."""
        scale = np.frexp(np.abs(self.z).max(axis=(1, 2), initial=0.0))[1]
        return np.ldexp(self.z, -scale[:, None, None]), scale


def _in_rows(cells: Array) -> Array:
    """All reps' weeks one after the other."""
    return cells.reshape(*cells.shape[:-2], cells.shape[-2] * cells.shape[-1])


def _bounded(correlation: float) -> float:
    return min(1.0, max(-1.0, correlation))


def _fit(n: Array, values: Array) -> tuple[Array, Array]:
    """Residuals times sqrt(n), and how many effects were fitted. Rep effects are eliminated, the weeks' are then solved.

    Only elementwise operations and sums whose order numpy does not choose by machine; no BLAS. Reps and weeks without any
    evidence change nothing.
    """
    each_rep = _across(n)
    each_week = n.sum(axis=1)
    share = np.divide(n, each_rep[:, :, None], out=np.zeros(n.shape), where=n > 0)
    mean = _across(share * values)[:, :, None]
    matrix, product = np.zeros((len(n), n.shape[2], n.shape[2])), np.zeros(n.shape)
    for week in range(n.shape[2]):
        np.multiply(share[:, :, week : week + 1], n, out=product)
        product.sum(axis=1, out=matrix[:, week])
    matrix = -matrix
    matrix[:, range(n.shape[2]), range(n.shape[2])] += each_week
    right = (n * (values - mean)).sum(axis=1)
    effects, rank = _solve(matrix, right, each_week)
    spread = values - mean - effects[:, None, :] + _across(share * effects[:, None, :])[:, :, None]
    rounding = _EXACT * np.abs(values).max(axis=(1, 2))
    spread[np.abs(spread) <= rounding[:, None, None]] = 0.0
    return np.sqrt(n) * spread, (each_rep > 0).sum(axis=1) + rank


def _across(cells: Array) -> Array:
    """The sum of each row, always added up from the left."""
    total = np.zeros(cells.shape[:-1])
    for week in range(cells.shape[-1]):
        total += cells[..., week]
    return total


def _solve(matrix: Array, right: Array, scale: Array) -> tuple[Array, Array]:
    """A solution of each positive semi-definite system, and its rank; weeks that the others account for get effect 0."""
    size = right.shape[1]
    kept = np.zeros(right.shape, dtype=bool)
    for pivot in range(size):
        own, below = matrix[:, pivot, pivot], slice(pivot + 1, size)
        kept[:, pivot] = own > _SPENT * scale[:, pivot]
        factor = np.zeros((len(right), size - pivot - 1))
        np.divide(matrix[:, below, pivot], own[:, None], out=factor, where=kept[:, pivot, None])
        matrix[:, below, below] -= factor[:, :, None] * matrix[:, pivot, None, below]
        right[:, below] -= factor * right[:, pivot, None]
    effects = np.zeros(right.shape)
    for pivot in reversed(range(size)):
        known = matrix[:, pivot, pivot + 1 :] * effects[:, pivot + 1 :]
        beside = right[:, pivot] - [math.fsum(of) for of in known.tolist()]
        np.divide(beside, matrix[:, pivot, pivot], out=effects[:, pivot], where=kept[:, pivot])
    return effects, kept.sum(axis=1)
