"""Goalposts: a metric on 0..1, fixed for the quarter, so that the target always means 0.7. Source: method.md section 6."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_AT_TARGET: Final = 0.7
_BEYOND: Final = 0.3
TAIL: Final = 1.645
"""Standard deviations from the level to either goalpost: 5 % of the peers lie beyond each."""
_GOOD: Final = 0.842
"""Standard deviations to the target where none is given: one in five is better."""
CAP: Final = 1.2
"""Times the target from which on more of an activity earns nothing, unless a scorecard says. Source: method.md section 10."""
LEAST_PART: Final = 1e-9
"""Of the level: goalposts closer to it than that could not be told from it in floating point."""


@dataclass(frozen=True, slots=True)
class Goalposts:
    """Where utility is 0, 0.7 and 1, in the metric's own unit: lo, t and hi of the method with their signs turned back.

    So `worst < target < best`, the other way round where lower is better. A value beyond `cap` counts as the cap; None: no cap.
    """

    worst: float
    target: float
    best: float
    cap: float | None = None

    def utility(self, value: float) -> float:
        """Where the value lies, 0..1: 0.7 at the target, straight lines to 0 at the worst and to 1 at the best goalpost.

        >>> posts = Goalposts(2.0, 4.0, 5.0)
        >>> posts.utility(3.0), posts.utility(4.0), posts.utility(4.5), posts.utility(9.0), posts.utility(0.0)
        (0.35, 0.7, 0.85, 1.0, 0.0)
        """
        if self.cap is not None and value > self.cap:
            value = self.cap
        below = (value - self.worst) / (self.target - self.worst)
        if below <= 1:
            return _AT_TARGET * below if below > 0 else 0.0
        u = _AT_TARGET + _BEYOND * (value - self.target) / (self.best - self.target)
        return u if u < 1 else 1.0

    def slope(self, value: float) -> float:
        """What a unit more of the metric changes in utility, on the side to which a rep can improve; 0 where nothing would.

        Below 0 where lower is better. At the target it is the slope beyond it; below the worst and from the best goalpost or
        the cap on it is 0.

        >>> posts = Goalposts(2.0, 4.0, 5.0)
        >>> posts.slope(3.0), posts.slope(4.0), posts.slope(5.0), posts.slope(1.0), Goalposts(4.0, 2.0, 1.0).slope(3.0)
        (0.35, 0.3, 0.0, 0.0, -0.35)
        """
        sign = 1.0 if self.best > self.worst else -1.0
        if (self.cap is not None and value >= self.cap) or not sign * self.worst <= sign * value < sign * self.best:
            return 0.0
        if sign * value < sign * self.target:
            return _AT_TARGET / (self.target - self.worst)
        return _BEYOND / (self.best - self.target)


@lru_cache(maxsize=4096)
def goalposts(
    level: float,
    spread: float,
    smallest_spread: float,
    target: float | None = None,
    *,
    higher_is_better: bool = True,
    capped: bool = False,
    cap: float = CAP,
) -> Goalposts:
    """The goalposts of a metric: 1.645 spreads either side of the level, and the target, which moves a goalpost it lies beyond.

    Args:
        level: m of the norms, or of the scorecard.
        spread: tau between the peers.
        smallest_spread: delta, the smallest one that matters; used where it is larger.
        target: in the metric's unit; None: 0.842 spreads better than the level, which one rep in five is.
        higher_is_better: False turns the scale round.
        capped: for activities: no more than `cap` times the target counts, where that is above 0.
        cap: 1 or more.

    If t >= hi, hi = t + (3/7)(t - lo); if t <= lo, lo = t - (7/3)(hi - t).

    Raises:
        ValueError: no spread at all beside a level of 0: nothing says how far is far.

    Source: method.md section 6.

    >>> goalposts(0.5, 0.1, 0.03, 0.5)
    Goalposts(worst=0.3355, target=0.5, best=0.6645, cap=None)
    >>> goalposts(10.0, 2.0, 1.0, 20.0, capped=True)  # lo 6.71; hi = 20 + (3/7)·13.29
    Goalposts(worst=6.71, target=20.0, best=25.695714285714285, cap=24.0)
    >>> round(goalposts(10.0, 2.0, 1.0, 20.0, higher_is_better=False).worst, 9)  # easily met: -lo = 20 + (7/3)·13.29
    51.01
    """
    wide = max(spread, smallest_spread, LEAST_PART * abs(level))
    if not wide > 0:
        raise ValueError(
            f"goalposts about {level!r}: spread {spread!r}, smallest {smallest_spread!r}: expected one above 0"
        )
    sign = 1.0 if higher_is_better else -1.0
    low, high = sign * level - TAIL * wide, sign * level + TAIL * wide
    goal = sign * level + _GOOD * wide if target is None else sign * target
    if goal >= high:
        high = goal + (3 / 7) * (goal - low)
    elif goal <= low:
        low = goal - (7 / 3) * (high - goal)
    return Goalposts(
        sign * low, sign * goal, sign * high, cap * goal if capped and higher_is_better and goal > 0 else None
    )


def default_smallest_spread(level: float, *, rate: bool = False, logarithm: bool = False) -> float:
    """The smallest spread that matters where a scorecard does not say: 0.03 of a rate, 0.10 of a logarithm, else 10 % of m.

    >>> default_smallest_spread(0.4, rate=True), default_smallest_spread(8.5, logarithm=True), default_smallest_spread(-50.0)
    (0.03, 0.1, 5.0)
    """
    if rate:
        return 0.03
    return 0.10 if logarithm else abs(level) / 10
