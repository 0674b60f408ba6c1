"""Daily columns: the sums of some subjects up to each day, from which any window is a difference. Exact whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.measures import LIFELONG
from scoring.pane_columns import PaneColumns, Standing

Array = NDArray[Any]

EXACT: Final = 2**53
"""Whole numbers below it are exact as floats."""


class Columns:
    """Sums of measures of some subjects (rows) up to each day (columns), money as in `PaneColumns`.

    Column 0 is what was before `start`, which counts for lifelong measures alone, column i up to day `start + i - 1`.
    """

    def __init__(self, panes: PaneColumns, subjects: Sequence[str], start: int, last: int) -> None:
        """Sum up nothing before it is asked for."""
        self._panes, self._rows, self._start, self._last = panes, panes.rows_of(subjects), start, last
        self._up_to: dict[str, Array] = {}
        self.rows, self.unit = len(subjects), panes.unit

    def up_to(self, measure: str, first: int, last: int) -> Array:
        """The sums up to each day from `first` to `last`; zeros for a measure that nobody has."""
        found = self._up_to.get(measure)
        if found is None:
            found = self._up_to[measure] = self._cumulated(measure)
        at = first - self._start + 1
        return found[:, at : at + last - first + 1]

    def window(self, measure: str, days: int, first: int, last: int) -> Array:
        """The sums over the `days` that end with each day from `first` to `last`."""
        return np.asarray(self.up_to(measure, first, last) - self.up_to(measure, first - days, last - days))

    @cached_property
    def stock(self) -> list[Standing]:
        """What opens and closes the pipeline."""
        return self._panes.standings(self._rows)

    @cached_property
    def opened(self) -> Deals:
        """The deals opened, their owners the rows."""
        return self._panes.deals_of(self._rows)

    @cached_property
    def unrecorded(self) -> Array:
        """How many members without a record each row has."""
        return self._panes.unrecorded(self._rows)

    def _cumulated(self, measure: str) -> Array:
        by_day = self._panes.by_day(measure, self._rows, self._start, self._last)
        early = (
            self._panes.before(measure, self._rows, self._start) if measure in LIFELONG else np.zeros(self.rows, int)
        )
        return np.asarray(np.cumsum(np.column_stack((early, by_day)), axis=1))


def quotient(amounts: Array, times: int, by: int) -> NDArray[np.float64]:
    """`amounts · times / by`, each rounded once as Python rounds the quotient of two whole numbers.

    >>> quotient(np.array([1, 2**62]), 10**6, 3 * 10**6).tolist() == [1 / 3, 2**62 / 3]
    True
    """
    part = Fraction(times, by)
    times, by = part.numerator, part.denominator
    if amounts.dtype != object and by < EXACT and times < EXACT:
        most = max(int(amounts.max(initial=0)), -int(amounts.min(initial=0)))
        if most * times < EXACT:
            return np.asarray((amounts * times) / float(by), dtype=np.float64)
    return np.asarray((amounts.astype(object) * times) / by, dtype=np.float64)
