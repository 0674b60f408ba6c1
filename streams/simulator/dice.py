"""Random draws that come out the same on every machine and every Python.

Only `Random(int)` and `Random.random()` are used: Python's documentation promises their stream, not that of the other
methods. What needs an exponential is computed with plain arithmetic, since C libraries may differ in the last bit.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def dice(seed: int, purpose: str, *key: int) -> Random:
    """A fresh source of draws that depends on its arguments alone, so that no part of the company shifts another's.

    >>> dice(1, "deals", 7, 739000).random() == dice(1, "deals", 7, 739000).random()
    True
    >>> dice(1, "deals", 7, 739000).random() == dice(1, "deals", 8, 739000).random()
    False
    """
    name = f"{seed}/{purpose}/{'/'.join(map(str, key))}"
    return random.Random(int.from_bytes(name.encode(), "big"))  # noqa: S311 - a simulation, not a secret


def chance(r: Random, probability: float) -> bool:
    """Whether something of this probability (0..1) happens."""
    return r.random() < probability


def between(r: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included.

    >>> sorted({between(dice(1, "die", n), 1, 6) for n in range(100)})
    [1, 2, 3, 4, 5, 6]
    """
    return low + int(r.random() * (high - low + 1))


def count(r: Random, mean: float) -> int:
    """How often something happened: a whole number around `mean`, spread about as a Poisson count, never below 0.

    >>> sum(count(dice(1, "calls", n), 13.0) for n in range(2000)) / 2000  # doctest: +ELLIPSIS
    13.0...
    """
    # A sum of fair coins has the variance of a binomial; the remainder decides between its two neighbours.
    spread = mean**0.5 * normal(r) if mean > 1.0 else 0.0
    return max(0, int(mean + spread + r.random()))


def normal(r: Random) -> float:
    """A draw with mean 0 and standard deviation 1: four uniforms added up, so within -3.47..3.47."""
    return (r.random() + r.random() + r.random() + r.random() - 2.0) * 1.7320508075688772


def exponential(x: float) -> float:
    """The exponential: e to the power of x for -4 <= x <= 4, to ten digits, in plain arithmetic.

    >>> round(exponential(1.0), 9), round(exponential(-2.0), 9)
    (2.718281828, 0.135335283)
    """
    y = x / 64.0
    e = 1.0 + y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * (1.0 + y / 5.0))))
    for _ in range(6):
        e *= e
    return e


def lognormal(r: Random, median: float, spread: float) -> float:
    """A positive draw whose logarithm has the standard deviation `spread` (at most 1.1) around the median's."""
    return median * exponential(spread * normal(r))


def wave(turns: float) -> float:
    """A smooth wave of period 1 and height -1..1, starting at 0 upwards.

    >>> [wave(x) for x in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [0.0, 1.0, 0.0, -1.0, 0.0]
    """
    half = (turns % 1.0) * 2.0
    if half <= 1.0:
        return 4.0 * half * (1.0 - half)
    return -4.0 * (half - 1.0) * (2.0 - half)


class Weighted(Generic[T]):
    """Things to draw from, each with its weight."""

    __slots__ = ("_bounds", "_items")

    def __init__(self, weights: Mapping[T, float]) -> None:
        # Added up one by one: Python 3.12 made the built-in sum of floats round otherwise.
        *reached, total = accumulate(weights.values(), lambda one, other: one + other)
        self._items = tuple(weights)
        self._bounds = tuple(bound / total for bound in reached)

    def draw(self, r: Random) -> T:
        """One of the things, by weight.

        >>> Weighted({"a": 1.0, "b": 0.0}).draw(dice(1, "x"))
        'a'
        """
        return self._items[bisect_right(self._bounds, r.random())]
