"""What the simulated companies of this folder are like: their metrics, and how much reps differ, change and are seen of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

WEEKS: Final = 39
"""How long a company sells."""
NORMED: Final = 26
"""Weeks before the quarter that is scored."""
WINDOW: Final = 13
"""Weeks of that quarter."""


class Planned(NamedTuple):
    """How a metric is scored: pillar, weight there, typical level and smallest spread that matters, as a scorecard says."""

    pillar: str
    weight: float
    typical: float
    smallest: float


METRICS: Final = {
    "cohort_win_rate": Planned("results", 0.5, 0.30, 0.03),
    "net_revenue": Planned("results", 0.3, 1000.0, 100.0),
    "average_deal_size": Planned("results", 0.2, 3000.0, 300.0),
    "csat": Planned("customer", 1.0, 0.80, 0.03),
    "calls": Planned("process", 1.0, 4.0, 0.4),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a company is like. Spreads are standard deviations between reps, drift that of their change in 13 weeks, in spreads.

    The part `gaining` of the reps gain `gain` in win rate and satisfaction each 13 weeks, over the last `gain_weeks`. With
    `twins` each rep of an even number and the next are planted alike.
    """

    name: str
    reps: int = 30
    team: int = 10
    deals: float = 5.0
    answers: float = 2.0
    uneven: float = 0.0
    win: float = 0.30
    happy: float = 0.80
    spread: float = 0.08
    deal_sigma: float = 0.7
    deal_spread: float = 0.20
    calls: float = 20.0
    calls_spread: float = 0.25
    calls_phi: float = 2.0
    calls_memory: float = 0.0
    drift: float = 0.25
    market: float = 0.0
    gain: float = 0.0
    gaining: float = 0.0
    gain_weeks: int = NORMED
    twins: bool = False
    only: frozenset[str] = field(default_factory=lambda: frozenset(METRICS))


BASE: Final = Scenario("base: 30 reps, 5 deals a rep and week, csat, calls")
SCENARIOS: Final = (
    Scenario("reps do not differ at all", spread=0.0, deal_spread=0.0, calls_spread=0.0, drift=0.0),
    Scenario("reps differ twice as much", spread=0.16, deal_spread=0.4, calls_spread=0.5, happy=0.7, win=0.4),
    Scenario("1 deal and half an answer a week", deals=1.0, answers=0.5),
    Scenario("15 deals and 6 answers a week", deals=15.0, answers=6.0),
    Scenario("10 reps in one team", reps=10),
    Scenario("60 reps in teams of 3", reps=60, team=3),
    Scenario("deals a week from 1 to 20 by rep", uneven=0.8),
    Scenario("reps change three times as fast", drift=0.75),
    Scenario("a market that swings by a fifth", market=0.2),
    Scenario("19 of 20 customers satisfied, one deal in ten won", happy=0.95, win=0.10, spread=0.03),
    Scenario("heavy-tailed deals", deal_sigma=1.3),
    Scenario("calls resemble those of the week before", calls_memory=0.6),
)
