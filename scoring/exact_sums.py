"""Exact sums: many sums at once, each of them rounded once as `math.fsum` rounds, so that no order changes a digit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_BITS: Final = 53
"""Whole numbers of so many bits are exact as floats."""
_HUGE: Final = 2.0**1000
_AT_ONCE: Final = 10_000
"""Values of rows that are worked out together: they stay in a processor's cache."""


def exact_sums(values: Array, places: Array, count: int) -> NDArray[np.float64]:
    """`math.fsum` of the values that have each of the places 0 to `count` - 1; 0.0 where there are none.

    Every value is cut at the same bit. The upper parts are multiples of one power of two, and so few and so small that adding
    them up is exact; what is left is cut again, until adding that up is exact too. What rounds is the addition of the sums of
    the parts. Where a sum comes near the largest number, `fsum` itself is asked.

    Raises:
        OverflowError: as `math.fsum`, of a sum that is too large.

    >>> exact_sums(np.array([0.1, 0.2, 0.3, 1e16]), np.array([2, 2, 2, 0]), 3).tolist()
    [1e+16, 0.0, 0.6]
    """
    if not values.any():
        return np.zeros(count)
    parts = _parts(values, lambda part: np.bincount(places, part, count), len(values))
    if parts is None:
        terms: list[list[float]] = [[] for _ in range(count)]
        for value, place in zip(values.tolist(), places.tolist(), strict=True):
            terms[place].append(value)
        return np.array([math.fsum(of) for of in terms])
    return _rounded_once(parts)


def exact_sums_of(table: Array, which: Array, places: Array, count: int) -> NDArray[np.float64]:
    """`exact_sums` of `table[which]`, sooner where the table is the shorter: its values alone are cut.

    >>> exact_sums_of(np.array([0.1, 1e16]), np.array([0, 0, 0, 1]), np.array([2, 2, 2, 0]), 3).tolist()
    [1e+16, 0.0, 0.30000000000000004]
    """
    if len(table) > len(which):
        return exact_sums(table[which], places, count)
    if not len(which) or not table.any():
        return np.zeros(count)
    parts = _parts(table, lambda part: np.bincount(places, part[which], count), len(which))
    return exact_sums(table[which], places, count) if parts is None else _rounded_once(parts)


def exact_row_sums(values: Array) -> NDArray[np.float64]:
    """`math.fsum` of each row: along the last axis of an array of any shape.

    >>> exact_row_sums(np.array([[0.1, 0.2, 0.3], [1e16, 1.0, -1e16]])).tolist()
    [0.6, 1.0]
    """
    rows = values.reshape(math.prod(values.shape[:-1]), values.shape[-1])
    found = np.zeros(len(rows))
    some = max(1, _AT_ONCE // max(1, rows.shape[1]))
    for first in range(0, len(rows), some):
        found[first : first + some] = _row_sums(rows[first : first + some])
    return found.reshape(values.shape[:-1])


def _row_sums(rows: Array) -> NDArray[np.float64]:
    if not rows.any():
        return np.zeros(len(rows))
    parts = _parts(rows, lambda part: part.sum(axis=-1), rows.shape[1])
    return np.array([math.fsum(row) for row in rows.tolist()]) if parts is None else _rounded_once(parts)


def _parts(values: Array, add: Callable[[Array], Array], terms: int) -> list[Array] | None:
    """Sums that are exact, whose sums are those of the values; None where a sum is too large. `terms` bounds those of a sum."""
    sizes = np.abs(values)
    if not float(sizes.max()) < _HUGE / terms:
        return None
    bound = float(add(sizes).max())  # rounded, so that it takes twice as much to be sure
    sizes[sizes == 0] = bound
    grain = float(np.spacing(sizes.min()))  # in which all values, and what is left of them, are whole
    parts = []
    while 2 * bound > 2**_BITS * grain:
        step = 2.0 ** (math.frexp(bound)[1] + 2 - _BITS)  # in which four times the largest sum is whole and exact
        shift = 3 * 2.0 ** (_BITS - 2) * step  # beside which a value is rounded to whole steps
        upper = values + shift
        upper -= shift
        parts.append(add(upper))
        values = values - upper
        bound = terms * step / 2
    return [*parts, add(values)]


def _rounded_once(parts: list[Array]) -> NDArray[np.float64]:
    found = np.asarray(sum(parts[:2]), dtype=np.float64)  # the sum of two is rounded once
    if len(parts) > 2:  # noqa: PLR2004
        some = np.flatnonzero(np.any(parts[2:], axis=0))
        of_each = zip(*(part[some].tolist() for part in parts), strict=True)
        found[some] = [math.fsum(of) for of in of_each]
    return found
