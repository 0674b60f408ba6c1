"""Residuals by brute force: one unknown for each rep and each week, the normal equations solved in exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import sqrt

Cells = Mapping[tuple[str, int], tuple[Fraction, Fraction]]
"""Of each rep's week, the number of observations n and the value x̄."""


def squares_and_freedom(cells: Cells) -> tuple[dict[tuple[str, int], Fraction], int]:
    """What the best fit of rep + week leaves of each value, and the weeks less the independent effects. Source: section 4.

    >>> one = Fraction(1)
    >>> left, freedom = squares_and_freedom({("a", 1): (one, one), ("a", 8): (one, one), ("b", 1): (one, one), ("b", 8): (one, 5 * one)})
    >>> left["b", 8], freedom
    (Fraction(1, 1), 1)
    """  # noqa: E501 - a table in a line
    unknowns: list[str | int] = [*sorted({rep for rep, _ in cells}), *sorted({week for _, week in cells})]
    rows = []
    for unknown in unknowns:
        own = [cell for cell in cells if unknown in cell]
        row = [sum((cells[cell][0] for cell in own if other in cell), Fraction(0)) for other in unknowns]
        rows.append([*row, sum((cells[cell][0] * cells[cell][1] for cell in own), Fraction(0))])
    effects, rank = _solved(rows)
    known = dict(zip(unknowns, effects, strict=True))
    left = {(rep, week): value - known[rep] - known[week] for (rep, week), (_, value) in cells.items()}
    return left, len(cells) - rank


def together(one: Mapping[tuple[str, int], float], other: Mapping[tuple[str, int], float]) -> float:
    """The correlation of two metrics' residuals where a cell without one counts as 0. Source: method.md section 7.

    >>> together({("a", 1): 3.0, ("a", 8): 4.0}, {("a", 1): 2.0})
    0.6
    """
    cells = sorted(one.keys() | other.keys())
    up = sum(one.get(cell, 0.0) * other.get(cell, 0.0) for cell in cells)
    down = sqrt(sum(one.get(cell, 0.0) ** 2 for cell in cells) * sum(other.get(cell, 0.0) ** 2 for cell in cells))
    return up / down if down else 0.0


def slope_with_level(slope_weeks: int, level_weeks: int) -> float:
    """The correlation of a slope over weeks and the mean of the last of them, from the weights that each gives to each week.

    >>> round(slope_with_level(26, 13), 4)
    0.6128
    """
    middle = Fraction(slope_weeks - 1, 2)
    slope = [week - middle for week in range(slope_weeks)]
    level = [Fraction(int(week >= slope_weeks - level_weeks)) for week in range(slope_weeks)]
    up = sum(a * b for a, b in zip(slope, level, strict=True))
    return float(up) / sqrt(sum(a * a for a in slope) * sum(b * b for b in level))


def _solved(rows: Sequence[Sequence[Fraction]]) -> tuple[list[Fraction], int]:
    """One solution of a system, each row's right side last, by Gauss and Jordan; and its rank."""
    table, free = [list(row) for row in rows], list(range(len(rows)))
    effects, pivots = [Fraction(0)] * len(rows), []
    for column in range(len(rows)):
        row = next((number for number in free if table[number][column]), None)
        if row is None:
            continue
        free.remove(row)
        pivots.append((row, column))
        table[row] = [entry / table[row][column] for entry in table[row]]
        for other in range(len(rows)):
            if other != row and table[other][column]:
                factor = table[other][column]
                table[other] = [entry - factor * own for entry, own in zip(table[other], table[row], strict=True)]
    for row, column in pivots:
        effects[column] = table[row][-1]
    return effects, len(pivots)
