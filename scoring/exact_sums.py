"""Exact sums: many sums at once, each of them rounded once as `math.fsum` rounds, so that no order changes a digit."""

from __future__ import annotations

from math import frexp, fsum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_BITS: Final = 53
"""Whole numbers of so many bits are exact as floats."""
_TINY: Final = 2.0**-500


def exact_sums(values: Array, places: Array, count: int) -> NDArray[np.float64]:
    """`math.fsum` of the values, none below 0, that have each of the places 0 to `count` - 1; 0.0 where there are none.

    Every value is cut in two at the same bit. The upper parts are multiples of one power of two, the lower ones of another, and
    either are so few and so small that adding them up is exact: what rounds is the addition of the two. Where sizes differ
    by too much for that, as they hardly do, `fsum` itself is asked.

    >>> exact_sums(np.array([0.1, 0.2, 0.3, 1e16]), np.array([2, 2, 2, 0]), 3).tolist()
    [1e+16, 0.0, 0.6]
    """
    some = values > 0
    if not some.any():
        return np.zeros(count)
    most = float(np.bincount(places, values).max())
    step = 2.0 ** (frexp(most)[1] + 1 - _BITS)  # in which twice the largest sum is whole and exact
    fewest = float(np.spacing(values[some].min()))  # in which all values are whole
    most_terms = int(np.bincount(places).max())
    if not _TINY < most < 1 / _TINY or most_terms * step / 2 > 2**_BITS * fewest:
        return _one_by_one(values, places, count)
    upper = np.rint(values / step) * step
    return np.asarray(np.bincount(places, upper, count) + np.bincount(places, values - upper, count), dtype=np.float64)


def _one_by_one(values: Array, places: Array, count: int) -> NDArray[np.float64]:
    terms: list[list[float]] = [[] for _ in range(count)]
    for value, place in zip(values.tolist(), places.tolist(), strict=True):
        terms[place].append(value)
    return np.array([fsum(of) for of in terms])
