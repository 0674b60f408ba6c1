"""Budget: how high a chart's threshold must be for a team to bear so many false alerts a year."""

from __future__ import annotations

import math
from typing import Final

from scoring.chart_rule import ALARM, BLOCK

_STEPS = 100
"""Thresholds are whole hundredths, so that a last digit of a logarithm never decides an alert."""
_HIGHEST = 60
_OVERSHOOT = 0.583
"""How far a normal random walk lands beyond a boundary, in standard deviations, on average."""
WEEKS_A_YEAR: Final = 365.25 / 7


def run_length(threshold: float) -> float:
    """ARL0: points a chart draws between false alarms, on average: 2(e^b - b - 1) with b = h + 1.166.

    Siegmund's approximation for a one-sided CUSUM of independent normal z with slack 0.5; 1.166 is twice the overshoot.
    Real charts are a little better or worse (docs/method/drops.md).

    Source: Siegmund, Sequential Analysis (1985), section 2.6; method.md section 8.

    >>> round(run_length(5.0)), round(run_length(4.0))
    (938, 338)
    """
    return 2 * (math.exp(threshold + 1.166) - threshold - 2.166)


def points_a_year(n_a_week: float, block: float = BLOCK) -> float:
    """Points that a chart draws a year where so many observations come every week: blocks are whole weeks. 0 where none come.

    >>> round(points_a_year(5.0), 2), round(points_a_year(20.0), 2), points_a_year(0.0)
    (26.09, 52.18, 0.0)
    """
    return WEEKS_A_YEAR / math.ceil(block / n_a_week) if n_a_week > 0 else 0.0


def false_alarms_a_year(charts: float, points: float, threshold: float) -> float:
    """False alarms a year that so many charts of so many points a year each are expected to give.

    >>> round(false_alarms_a_year(10, 26.09, 5.0), 3)
    0.278
    """
    return charts * points / run_length(threshold)


def threshold_for(charts: float, points: float, budget: float, *, least: float = ALARM) -> float:
    """h: the smallest threshold of 5 (`least`) or more, in hundredths, at which the false alarms a year stay within the budget.

    Args:
        charts: charts of the team (reps times charted metrics).
        points: points a year of each, on average (`points_a_year`).
        budget: B, false alerts a team and year, above 0.
        least: what the scorecard asks for at least.

    Raises:
        ValueError: `budget` is not above 0.

    Source: method.md section 8.

    >>> threshold_for(10, 26.09, 1.0), threshold_for(100, 52.18, 1.0), threshold_for(0, 0.0, 1.0)
    (5.0, 6.71, 5.0)
    """
    if not budget > 0:
        raise ValueError(f"the budget of false alerts is {budget!r}; expected more than 0")
    low, high = math.ceil(round(least * _STEPS, 6)), _HIGHEST * _STEPS
    while low < high:  # the smallest step within the budget
        middle = (low + high) // 2
        if false_alarms_a_year(charts, points, middle / _STEPS) <= budget:
            high = middle
        else:
            low = middle + 1
    return low / _STEPS


def order(statistic: float) -> float:
    """exp(-(C + 0.583)), which orders alerts: the smallest first. It is no probability that may be shown.

    Source: method.md section 8; 0.583 as in Siegmund (1985).

    >>> order(5.0) < order(4.0), round(order(0.0), 3)
    (True, 0.558)
    """
    return math.exp(-(statistic + _OVERSHOOT))
