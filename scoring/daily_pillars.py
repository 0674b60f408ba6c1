"""Daily pillars: the pillars of many subjects' scores on many days at once, and of weeks that of improvement."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from scoring.aggregate import FLOOR, is_whole
from scoring.daily_columns import Array


class DailyPart(NamedTuple):
    """`scoring.aggregate.MetricPart` of many: `share` is its part of its pillar, `u`, `low` and `high` are by subject and day."""

    name: str
    share: float
    sign: int
    u: Array
    low: Array
    high: Array


class DailyPillar(NamedTuple):
    """`scoring.aggregate.PillarPart` of many: U, V and the logarithm of V by subject and day."""

    name: str
    weight: float
    value: Array
    v: Array
    ln_v: Array
    parts: list[DailyPart]


def pillar_of(name: str, weight: float, parts: Sequence[tuple[float, DailyPart]]) -> DailyPillar:
    """The pillar of some parts, one at least, each with its weight in the scorecard. Source: method.md section 7."""
    total = 0.0
    for own, _ in parts:
        total += own
    value: Array = np.zeros(parts[0][1].u.shape)
    shared = []
    for own, part in parts:
        shared.append(part._replace(share=own if is_whole(total) else own / total))
        value = value + shared[-1].share * part.u
    value = np.minimum(1.0, value)
    v = FLOOR + (1 - FLOOR) * value
    return DailyPillar(name, weight, value, v, each(math.log, v), shared)


def geometric_all(pillars: Sequence[DailyPillar]) -> Array:
    """`scoring.aggregate.geometric` of all at once."""
    total = 0.0
    logarithm: Array = np.zeros(pillars[0].v.shape)
    for pillar in pillars:
        total += pillar.weight
        logarithm = logarithm + pillar.weight * pillar.ln_v
    return 100 * each(math.exp, logarithm / total)


def each(function: Callable[[Any], float], values: Array) -> Array:
    """Python's own logarithm and exponential: numpy's may differ in the last digit. What stays from day to day is asked once."""
    flat = values.ravel()
    new: Array = np.ones(flat.shape, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=new[1:])
    asked = flat[new]
    found = np.fromiter(map(function, asked.tolist()), np.float64, asked.size)
    if asked.size < flat.size:
        found = found[np.cumsum(new) - 1]
    return found.reshape(values.shape)
