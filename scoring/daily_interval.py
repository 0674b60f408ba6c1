"""Daily interval: how far many subjects' scores of many days may be off, as `scoring.interval` tells it one by one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scoring.aggregate import FLOOR, IMPROVEMENT
from scoring.daily_columns import Array
from scoring.daily_pillars import DailyPart, DailyPillar, each
from scoring.improvement import Pillar
from scoring.interval import doubled
from scoring.norms import Norms


class Slopes(NamedTuple):
    """The pillar of improvement by part, subject and week, and on how many days in a row each week is the last complete one."""

    pillar: Pillar
    days: Sequence[int]

    def daily(self, weekly: Array) -> Array:
        """What there is of each week, along the last axis, on each day."""
        return np.repeat(weekly, self.days, axis=-1)


Moves = Mapping[str, tuple[Array, Array | None]]
"""How far each metric moves the logarithm of the score, and its slope if there is one: down and up, by subject and day."""


def moves_of(pillars: Sequence[DailyPillar], of_slopes: DailyPillar | None, slopes: Slopes | None) -> Moves:
    """`scoring.interval` of all at once; `of_slopes` is by week what is the pillar of improvement by day."""
    weights, total = [], 0.0
    for pillar in pillars:
        total += pillar.weight
    whole = 0.0
    for pillar in pillars:
        weights.append(pillar.weight / total)
        whole += weights[-1]
    moves: dict[str, tuple[Array, Array | None]] = {}
    nothing: Array = np.zeros((2, *pillars[0].v.shape))
    for pillar, weight in zip(pillars, weights, strict=True):
        if pillar.name == IMPROVEMENT and of_slopes is not None and slopes is not None:
            for part in of_slopes.parts:
                own = slopes.daily(_moved(part, of_slopes.v, weight / whole))
                moves[part.name] = moves.get(part.name, (nothing, None))[0], own
        else:
            for part in pillar.parts:
                slope = moves.get(part.name, (nothing, None))[1]
                moves[part.name] = _moved(part, pillar.v, weight / whole), slope
    return moves


def _moved(part: DailyPart, v: Array, weight: float) -> Array:
    """Down and up."""
    reach, signed = (1 - FLOOR) * part.share, part.sign * weight
    ratios: Array = np.empty((2, *v.shape))
    np.divide(v, np.maximum(FLOOR, v - reach * (part.u - part.low)), out=ratios[0])
    np.divide(v + reach * (part.high - part.u), v, out=ratios[1])
    return signed * each(math.log, ratios)


def ends_of(score: Array, moves: Moves, norms: Norms, c: float) -> tuple[Array, Array]:
    """`scoring.interval.score_interval` of all at once: low and high."""
    names = list(norms.metrics)
    pairs = {(a, b): norms.rho[i][j] for i, a in enumerate(names) for j, b in enumerate(names) if i < j}
    rows = doubled(pairs, tuple(moves))
    of_metrics, of_slopes = zip(*moves.values(), strict=True)
    if all(of is None for of in of_slopes):
        variance = _together(of_metrics, rows)
    else:
        nothing = np.zeros(of_metrics[0].shape)
        variance = _together_with_slopes(of_metrics, [nothing if of is None else of for of in of_slopes], rows, c)
    reach = np.sqrt(np.maximum(0.0, variance))
    np.negative(reach[0], out=reach[0])
    low, high = score * each(math.exp, reach)
    return np.maximum(5.0, low), np.minimum(100.0, high)


_Rows = Sequence[Sequence[tuple[int, float]]]


def _together(moves: Sequence[Array], rows: _Rows) -> Array:
    total: Array = np.zeros(moves[0].shape)
    for move, row in zip(moves, rows, strict=True):
        pull = move
        for place, twice in row:
            pull = pull + twice * moves[place]
        total = total + move * pull
    return total


def _together_with_slopes(moves: Sequence[Array], slopes: Sequence[Array], rows: _Rows, c: float) -> Array:
    with_slopes = [move + c * slope for move, slope in zip(moves, slopes, strict=True)]
    with_moves = [slope + c * move for move, slope in zip(moves, slopes, strict=True)]
    total: Array = np.zeros(moves[0].shape)
    for place, row in enumerate(rows):
        pull, pulled = with_slopes[place], with_moves[place]
        for other, twice in row:
            pull = pull + twice * with_slopes[other]
            pulled = pulled + twice * with_moves[other]
        total = total + (moves[place] * pull + slopes[place] * pulled)
    return total
