"""Evidence: what one metric knows of one subject over some days, as the sums that every estimate is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, NamedTuple

Kind = Literal["rate", "mean", "sum", "ratio"]
"""What a metric is made of, which decides how its noise is known:

- `rate`: a share of observations that are 0 or 1 (csat, cohort_win_rate);
- `mean`: of observations on any scale (cycle_days, the logarithm of deal amounts);
- `sum`: adds up over days present (calls, net revenue);
- `ratio`: one sum of money over another (gross margin).
"""


class Evidence(NamedTuple):
    """Sums over the observations of one metric: `y` is what is measured, `d` what it is measured against.

    `n` counts observations (records, split ones by their share; for a `sum` the days present). `total` is Σy and `base` Σd: their
    quotient is the metric's value. `d` is 1 for each observation of a rate, a mean or a sum; so a rate has `total` successes and
    `base` = `n`. `squares` is Σy², `cross` Σyd, `base_squares` Σd²: enough for the residuals about any level. A `sum` knows no
    single observations, its last three are 0. Evidence of disjoint days adds up.
    """

    n: float = 0.0
    total: float = 0.0
    base: float = 0.0
    squares: float = 0.0
    cross: float = 0.0
    base_squares: float = 0.0

    @property
    def value(self) -> float | None:
        """`total / base`; None without anything to divide by.

        >>> of_rate(8, 6).value, Evidence().value
        (0.75, None)
        """
        return self.total / self.base if self.base > 0 else None

    def residual(self, level: float) -> float:
        """Σ(y - level·d)², not below 0: how far single observations lie from a level.

        >>> of_mean(2, 4.0, 10.0).residual(2.0), of_rate(4, 1).residual(0.25)
        (2.0, 0.75)
        """
        return max(0.0, self.squares - 2 * level * self.cross + level * level * self.base_squares)


def of_rate(n: float, successes: float) -> Evidence:
    """Evidence of a rate: so many successes in `n` observations.

    >>> of_rate(4, 1)
    Evidence(n=4, total=1, base=4, squares=1, cross=1, base_squares=4)
    """
    return Evidence(n, successes, n, successes, successes, n)


def of_mean(n: float, total: float, squares: float) -> Evidence:
    """Evidence of a mean: `n` observations, their sum and the sum of their squares.

    >>> of_mean(2, 4.0, 10.0)
    Evidence(n=2, total=4.0, base=2, squares=10.0, cross=4.0, base_squares=2)
    """
    return Evidence(n, total, n, squares, total, n)


def of_sum(days: float, total: float) -> Evidence:
    """Evidence of a sum over so many days present.

    >>> of_sum(5, 40.0).value
    8.0
    """
    return Evidence(days, total, days)


def pooled(evidence: Iterable[Evidence]) -> Evidence:
    """All of it together, each sum rounded once: the order does not matter. Nothing gives `Evidence()`.

    >>> pooled([of_rate(4, 1), of_rate(6, 4)]).value, pooled([])
    (0.5, Evidence(n=0.0, total=0.0, base=0.0, squares=0.0, cross=0.0, base_squares=0.0))
    """
    columns = list(zip(*evidence, strict=True)) or [()] * len(Evidence._fields)
    return Evidence(*(math.fsum(column) for column in columns))
