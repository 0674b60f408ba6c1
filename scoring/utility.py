"""Utility: a metric on 0..1, so that the target always means 0.7. Source: method.md section 6."""

from __future__ import annotations

from scoring.scorecard import ScoredMetric

_AT_TARGET = 0.7
_BEYOND = 0.3
_TAIL = 1.645
"""Standard deviations from the typical value to the worst and the best goalpost: 5 % lie beyond each."""
_GOOD = 0.842
"""Standard deviations to the target where none is given: one in five is better."""
_CAP = 1.2


def utility(metric: ScoredMetric, value: float, target: float | None = None) -> float:
    """Where `value` lies between the goalposts, 0..1: 0.7 at the target, straight lines to 0 below and to 1 above it.

    Args:
        metric: gives level, spread and direction; a capped metric earns nothing beyond 1.2 times the target.
        value: in the metric's unit (a day present for `per_day` sums).
        target: in the same unit; without one, 0.842 spreads better than typical.

    >>> rate = ScoredMetric("win_rate", "results", 1.0, 0.30, 0.08, 0.03, False, True, False)
    >>> utility(rate, 0.9), utility(rate, 0.4, target=0.4), round(utility(rate, 0.30), 4), utility(rate, 0.0)
    (1.0, 0.7, 0.463, 0.0)
    """
    sign = 1.0 if metric.higher_is_better else -1.0
    typical = sign * metric.typical
    spread = max(metric.spread, metric.smallest_spread)
    low, high = typical - _TAIL * spread, typical + _TAIL * spread
    goal = typical + _GOOD * spread if target is None else sign * target
    if goal >= high:
        high = goal + (3 / 7) * (goal - low)
    elif goal <= low:
        low = goal - (7 / 3) * (high - goal)
    x = sign * value
    if metric.capped and goal > 0:
        x = min(x, _CAP * goal)
    below = _AT_TARGET * (x - low) / (goal - low)
    u = below if x <= goal else _AT_TARGET + _BEYOND * (x - goal) / (high - goal)
    return min(1.0, max(0.0, u))
