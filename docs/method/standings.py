"""Standings in simulated companies: each rep as upscore's own code scores it from its panes, and as it was planted.

The truth is the same formula at the planted rates of the score window, under the same norms; a slope's truth is the slope of
weeks without any chance in them, through the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Final, NamedTuple

from companies import AS_OF, BEGUN, Company
from scenarios import METRICS, WEEKS, WINDOW, Scenario

from scoring.aggregate import IMPROVEMENT, Breakdown, aggregate
from scoring.course import Courses, Ground
from scoring.evidence import Evidence
from scoring.improvement import Improvement, improvement_utility, norms_on, slopes_of
from scoring.interval import Interval, level_interval
from scoring.norms import Norms
from scoring.quarter import kind_of
from scoring.score import Scorer
from scoring.scorecard import Scorecard, parse
from scoring.standing import Standing
from scoring.weekly import WeekRow, scored_kpis, week_rows
from scoring.weeks import Opened, complete_weeks

_HEAD: Final = """
name = "planted"
version = 1
score_window_days = 91
coverage_gate = 0.6

[pillars]
results = 0.40
customer = 0.25
process = 0.20
improvement = 0.15

[score_window]
shortest_days = 91

[calendar]
layout = "4-4-5"

[people]
days_off = ["saturday", "sunday"]
"""


class Scored(NamedTuple):
    """A rep as scored and as planted: the standing, the interval of its level, and the true breakdown."""

    found: Standing
    level: Interval
    true: Breakdown


def scorecard(scenario: Scenario) -> Scorecard:
    """The metrics that the scenario scores, by the weights of `METRICS`."""
    text = _HEAD
    for name, plan in METRICS.items():
        if name not in scenario.only:
            continue
        whole = sum(
            other.weight for key, other in METRICS.items() if key in scenario.only and other.pillar == plan.pillar
        )
        text += (
            f'\n[[metrics]]\nmetric = "{name}"\npillar = "{plan.pillar}"\nweight = {plan.weight / whole}\n'
            f"typical = {plan.typical}\nspread = {2 * plan.smallest}\nsmallest_spread = {plan.smallest}\n"
        ) + ("per_day = true\n" if kind_of(name) == "sum" else "")
    return parse(text)


def standings(made: Company) -> list[Scored]:
    """Every rep of a company."""
    card = scorecard(made.scenario)
    kpis = scored_kpis(made.truth)
    weeks = range(BEGUN, AS_OF, 7)
    rates = made.reference.rates
    ground = Ground.of(
        {subject: week_rows(panes, weeks, kpis, rates) for subject, panes in made.panes.items()},
        made.reference.everybody,
        card,
    )
    norms = norms_on(AS_OF, card, ground)
    improvement = Improvement(ground, card, norms, AS_OF)
    reps = [subject for subject in made.panes if subject.startswith("rep:")]
    scorer = Scorer(made.reference, card, AS_OF, norms, improvement.of)
    correlations = {(one, other): norms.correlation(one, other) for one, other in combinations(norms.metrics, 2)}
    true_slopes = _true_slopes(made, card, norms)
    found = []
    for place, subject in enumerate(reps):
        standing = scorer.standing(subject, scorer.seen(subject, made.panes[subject]))
        rate = {name: float(of[place, WEEKS - WINDOW :].mean()) for name, of in made.truth.items()}
        true = _true(standing, card, norms, rate, true_slopes[place])
        found.append(Scored(standing, level_interval(standing.breakdown, correlations), true))
    return found


def _true(
    standing: Standing, card: Scorecard, norms: Norms, rate: Mapping[str, float], slopes: Mapping[str, float]
) -> Breakdown:
    parts = {}
    for pillar in standing.breakdown.pillars:
        if pillar.name == IMPROVEMENT:
            us = {name: improvement_utility(slopes[name], norms.metrics[name].tau_star) for name in slopes}
        else:
            us = {name: standing.posts[name].utility(rate[name]) for name in rate}
        parts[pillar.name] = [replace(part, u=us[part.name]) for part in pillar.metrics]
    return aggregate(card.pillars, parts)


def _true_slopes(made: Company, card: Scorecard, norms: Norms) -> list[dict[str, float]]:
    """Of each rep, the slopes of weeks that hold as many observations as usual at exactly the planted rates."""
    rows: dict[str, dict[int, WeekRow]] = {}
    for place, subject in enumerate(subject for subject in made.panes if subject.startswith("rep:")):
        team = "team:" + made.reference.roster.team_on(subject.removeprefix("rep:"), BEGUN)
        for week in range(WEEKS):
            row = _planted(made, place, week)
            for each in (subject, team, "company:company"):
                of = rows.setdefault(each, {})
                of[BEGUN + 7 * week] = _both(of.get(BEGUN + 7 * week), row)
    courses = Courses(
        Ground.of(rows, made.reference.everybody, card), card, norms, complete_weeks(AS_OF, card.improvement.weeks)
    )
    slopes = slopes_of(courses, [subject for subject in rows if subject.startswith("rep:")])
    return [{name: of[name].b for name in made.truth} for of in slopes]


def _planted(made: Company, place: int, week: int) -> WeekRow:
    evidence, opened = {}, {}
    for name, of in made.truth.items():
        n, total = float(made.usual[name][place]), float(made.usual[name][place] * of[place, week])
        if name == "cohort_win_rate":
            opened[BEGUN + 7 * week] = Opened(n, {0: total})
        else:
            evidence[name] = Evidence(total=total) if kind_of(name) == "sum" else Evidence(n, total, n)
    return WeekRow(evidence, opened)


def _both(one: WeekRow | None, other: WeekRow) -> WeekRow:
    if one is None:
        return other
    evidence = {
        name: Evidence(*(a + b for a, b in zip(one.evidence[name], seen, strict=True)))
        for name, seen in other.evidence.items()
    }
    opened = {
        day: Opened(one.opened[day].deals + of.deals, {0: one.opened[day].won_after[0] + of.won_after[0]})
        for day, of in other.opened.items()
    }
    return WeekRow(evidence, opened)
