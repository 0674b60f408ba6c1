"""Colours by value: what the scorecard calls typical, and how big a drop matters. Red is for what somebody should act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards.scorecard import AT_GOAL, AT_TYPICAL, Scorecard, ScoredMetric

GREEN: Final = "green"
BLUE: Final = "blue"
ORANGE: Final = "orange"
RED: Final = "red"
GREY: Final = "text"


@dataclass(frozen=True, slots=True)
class Steps:
    """The colour below all limits, then each limit with the colour from there on, ascending."""

    base: str
    limits: tuple[tuple[float, str], ...] = ()

    def colour(self, value: float) -> str:
        """The colour of a value.

        >>> Steps("red", ((1, "green"),)).colour(0), Steps("red", ((1, "green"),)).colour(1)
        ('red', 'green')
        """
        return [self.base, *[colour for limit, colour in self.limits if value >= limit]][-1]


NEUTRAL: Final = Steps(BLUE)
ANY_IS_BAD: Final = Steps(GREEN, ((1, RED),))
SCORE: Final = Steps(ORANGE, ((AT_TYPICAL, BLUE), (AT_GOAL, GREEN)))
PILLAR: Final = Steps(ORANGE, ((AT_TYPICAL / 100, BLUE), (AT_GOAL / 100, GREEN)))


def of_change(card: Scorecard) -> Steps:
    """Of points won or lost: what is smaller than a drop that matters is neither good nor bad."""
    return Steps(RED, ((-card.size_gate_points, GREY), (card.size_gate_points, GREEN)))


def of_drop(card: Scorecard) -> Steps:
    """Of points lost in an open drop."""
    return Steps(ORANGE, ((card.size_gate_points, RED),))


def of_metric(metric: ScoredMetric) -> Steps:
    """Of a metric: green from what is typical of peers, orange up to one spread worse, red beyond.

    >>> from dashboards.scorecard import read_scorecard
    >>> [of_metric(metric).limits for metric in read_scorecard().metrics if metric.figure.name in ("csat", "cycle_days")]
    [((0.72, 'orange'), (0.8, 'green')), ((45.0, 'orange'), (57.0, 'red'))]
    """
    typical, spread = metric.typical, metric.spread
    if metric.higher_is_better:
        return Steps(RED, ((round(typical - spread, 6), ORANGE), (typical, GREEN)))
    return Steps(GREEN, ((typical, ORANGE), (round(typical + spread, 6), RED)))


def from_limits(warning: float, critical: float) -> Steps:
    """Green, orange from the first, red from the second."""
    return Steps(GREEN, ((warning, ORANGE), (critical, RED)))
