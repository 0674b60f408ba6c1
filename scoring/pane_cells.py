"""Pane cells: what the panes of many subjects hold, key by key: in which pane, how much. Panes are numbered as they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.money import WHOLE
from scoring.weeks import Opened

Array = NDArray[Any]

OPENED: Final = "opened"
PIPELINE: Final = "pipeline"
COHORT_WON: Final = "cohort_won|"

Cells = tuple[Array, Array]
"""Panes, and an amount in each."""
Closing = tuple[int, str, int]
"""The pane of a key by closing day, the key, and the amount."""
Wanted = Callable[[str], bool]
"""Whether anybody wants a key."""

_EXACT: Final = 2**53
_NONE: Final = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class PaneCells:
    """The panes of some subjects, row by row, with the keys that somebody wants, those by closing day apart."""

    def __init__(
        self,
        subjects: Iterable[str],
        row: Array,
        day: Array,
        by_key: Mapping[str, Cells],
        pipeline: list[Closing],
        won: tuple[Array, Array, Array],
    ) -> None:
        """Take what `PaneTable.cells` found.

        Args:
            subjects: by row.
            row: of each pane.
            day: of each pane.
            by_key: of each key, the panes that hold it, in order, and the amounts.
            pipeline: of deals opened and closed.
            won: of deals won, on the day they were opened: panes, closing days, amounts.
        """
        self._row_of = {subject: row for row, subject in enumerate(subjects)}
        self.row, self.day = row, day
        self.pipeline = pipeline
        self._by_key, self._won = by_key, won

    @property
    def subjects(self) -> tuple[str, ...]:
        """By row."""
        return tuple(self._row_of)

    def rows_of(self, subjects: Iterable[str]) -> list[int]:
        """The row of each subject, -1 of one that has no panes."""
        return [self._row_of.get(subject, -1) for subject in subjects]

    @property
    def keys(self) -> Iterable[str]:
        """All that were wanted and found."""
        return self._by_key.keys()

    def of(self, key: str) -> Cells:
        """The panes that hold a key, in order, and the amounts: machine integers, or Python's own where they are too large."""
        return self._by_key.get(key, _NONE)

    def within(self, key: str, panes: Array) -> Array:
        """The amount of a key in each of some panes, 0 where it is not in one."""
        there, amounts = self.of(key)
        found = np.zeros(len(panes), dtype=amounts.dtype)
        if len(there):
            at = np.minimum(np.searchsorted(there, panes), len(there) - 1)
            is_there = there[at] == panes
            found[is_there] = amounts[at[is_there]]
        return found

    def openings(self) -> list[dict[int, Opened]]:
        """By row, as `scoring.weeks.openings` says of all days above 0: what became of the deals opened on each."""
        rows, days = self.row.tolist(), self.day.tolist()
        won_after: dict[int, dict[int, float]] = {}
        for pane, age, share in zip(*(of.tolist() for of in self._won_after()), strict=True):
            of_pane = won_after.get(pane)
            if of_pane is None:
                won_after[pane] = {age: share}
            else:
                of_pane[age] = share
        found: list[dict[int, Opened]] = [{} for _ in self._row_of]
        panes, amounts = self.of(OPENED)
        there = (amounts != 0) & (self.day[panes] > 0)
        deals = _precise(amounts[there]) / WHOLE
        for pane, opened in zip(panes[there].tolist(), deals.tolist(), strict=True):
            found[rows[pane]][days[pane]] = Opened(opened, won_after.get(pane) or {})
        return found

    def _won_after(self) -> tuple[Array, Array, Array]:
        """Panes of days on which deals were opened that were won, after how many days, how many of them; in that order."""
        pane, closing_day, amount = self._won
        amount = _precise(amount)
        age = np.maximum(0, closing_day - self.day[pane])
        order = np.lexsort((age, pane))
        pane, age, amount = pane[order], age[order], amount[order]
        new = np.flatnonzero((np.diff(pane, prepend=-1) != 0) | (np.diff(age, prepend=-1) != 0))
        return pane[new], age[new], np.add.reduceat(amount, new) / WHOLE if len(new) else amount


def _precise(amounts: Array) -> Array:
    """Python's own whole numbers where one is too large for a float."""
    if amounts.dtype == object or not len(amounts) or np.abs(amounts.astype(np.float64)).sum() < _EXACT:
        return amounts
    return amounts.astype(object)


def whole_numbers(amounts: Collection[int]) -> Array:
    """Amounts as machine integers, as Python's own where one is too large.

    >>> whole_numbers([1, -2]).dtype, whole_numbers([2**63]).dtype
    (dtype('int64'), dtype('O'))
    """
    try:
        return np.fromiter(amounts, np.int64, len(amounts))
    except OverflowError:
        return np.array([*amounts], dtype=object)
