"""The CRM pipeline: what a naive rule makes of it, and what the charts of method.md section 8 do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

import pytest

from scoring.chart import Point, chart, chart_week
from scoring.chart_rule import ChartRule, starting_precision
from scoring.evidence import Evidence, of_rate, pooled
from scoring.expectation import expected, rest_of
from tests.whole.crm_pipeline import day, rows, slug, subjects_of_agents

FIRST_MONDAY = date(2017, 2, 27).toordinal()
WEEKS = 44
"""From the week of the first closed deal to the end of 2017, all of them complete."""
LOST_SHARE = 0.45


class Closed(NamedTuple):
    agent: str
    on: int
    won: bool


@pytest.fixture(scope="module")
def deals() -> list[Closed]:
    return [
        Closed(slug(row["sales_agent"]), day(row["close_date"]).toordinal(), row["deal_stage"] == "Won")
        for row in rows("sales_pipeline.csv")
        if row["deal_stage"] in {"Won", "Lost"}
    ]


@pytest.fixture(scope="module")
def teams() -> dict[str, str]:
    return {slug(agent): subjects[1][1] for agent, subjects in subjects_of_agents().items()}


def _rate(deals: Iterable[Closed], until: int, days: int = 30) -> Evidence:
    inside = [deal.won for deal in deals if until - days < deal.on <= until]
    return of_rate(len(inside), sum(inside))


def test_the_naive_rule_fires_310_times_in_35_weeks_and_hits_every_agent(deals: list[Closed]) -> None:
    # each Sunday, on 5 closed deals or more in each window: 30-day win rate against that of four weeks before
    fired: list[str] = []
    sundays = [date(2017, 5, 7).toordinal() + 7 * week for week in range(35)]
    assert date.fromordinal(sundays[-1]) == date(2017, 12, 31)
    agents = sorted({deal.agent for deal in deals})
    for agent in agents:
        own = [deal for deal in deals if deal.agent == agent]
        for sunday in sundays:
            now, then = _rate(own, sunday), _rate(own, sunday - timedelta(weeks=4).days)
            if min(now.n, then.n) >= 5 and now.value is not None and then.value is not None:
                fired += [agent] * (then.value - now.value >= 0.10 - 1e-12)
    assert len(fired) == 310
    assert len(set(fired)) == len(agents) == 30


def _weeks(deals: Iterable[Closed]) -> dict[str, list[Evidence]]:
    """Each agent's win rate in each week, by closing date."""
    won: dict[str, list[list[bool]]] = {}
    for deal in deals:
        weeks = won.setdefault(deal.agent, [[] for _ in range(WEEKS)])
        weeks[(deal.on - FIRST_MONDAY) // 7].append(deal.won)
    return {agent: [of_rate(len(week), sum(week)) for week in weeks] for agent, weeks in won.items()}


def _norms(weeks: dict[str, list[Evidence]]) -> tuple[float, float]:
    """Level and floored spread, from all weeks: the data is no longer than a year. Source: method.md section 4."""
    reps = [pooled(of) for of in weeks.values()]
    whole = pooled(reps)
    n, m, k = whole.n, whole.total / whole.n, len(reps)
    s2 = m * (1 - m)
    q = sum(rep.n * (rep.total / rep.n - m) ** 2 for rep in reps) / s2
    a = n - sum(rep.n**2 for rep in reps) / n - (k - 1)
    assert q == pytest.approx(33.3, abs=0.05)  # published in method.md section 0
    return m, max((q - (k - 1)) * s2 / a, s2 * (2 * (k - 1)) ** 0.5 / a) ** 0.5


def _chart(
    agent: str, weeks: dict[str, list[Evidence]], teams: dict[str, str], norms: tuple[float, float]
) -> tuple[Point, ...]:
    m, spread = norms
    found = []
    for week in range(WEEKS):
        team = pooled(of[week] for name, of in weeks.items() if teams[name] == teams[agent])
        company = pooled(of[week] for of in weeks.values())
        own = weeks[agent][week]
        of_week = expected("rate", m, rest_of(team, own), rest_of(company, team))
        found.append(chart_week(FIRST_MONDAY + 7 * week, own, of_week))
    return chart(ChartRule("rate", starting_precision("rate", m, spread)), found)


def test_without_a_change_at_most_one_chart_alarms(deals: list[Closed], teams: dict[str, str]) -> None:
    weeks = _weeks(deals)
    norms = _norms(weeks)
    alarmed = [agent for agent in weeks if any(point.alarmed for point in _chart(agent, weeks, teams, norms))]
    assert len(weeks) == 30
    assert len(alarmed) <= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nearly_every_agent_who_loses_45_percent_of_the_wins_is_found(
    seed: int, deals: list[Closed], teams: dict[str, str]
) -> None:
    rng = random.Random(seed)
    norms = _norms(_weeks(deals))
    days: list[float] = []
    for agent in sorted(teams.keys() & {deal.agent for deal in deals}):
        start = FIRST_MONDAY + 7 * rng.randrange(8, WEEKS - 26)  # eight weeks to learn of, half a year to be found in
        worse = [
            deal._replace(won=deal.won and not (deal.agent == agent and deal.on >= start and rng.random() < LOST_SHARE))
            for deal in deals
        ]
        points = _chart(agent, _weeks(worse), teams, norms)
        known = [point.day - start + 1 for point in points if point.alarmed and point.day >= start]
        days.append(min(known, default=float("inf")))
    assert len(days) == 30
    assert sum(known < float("inf") for known in days) >= 27
    assert median(days) <= 84
