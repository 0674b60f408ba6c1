"""Simulated companies: reps with planted rates, and the scores that upscore's own code gives them; for this folder's figures.

A company sells for 39 weeks of five days. Norms are frozen from the first 26 (levels and spreads from the last 13 of these,
slopes and correlations from all), the score is taken at the end: window the last 13 weeks, slopes over the last 26. What is
known of a rep comes from weekly evidence alone; the truth is the same formula at the planted rates, under the same norms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scenarios import METRICS, NORMED, WEEKS, WINDOW, Scenario

from scoring.aggregate import Breakdown, MetricPart, aggregate
from scoring.evidence import Evidence, of_mean, of_rate, of_sum, pooled
from scoring.goalposts import Goalposts, goalposts
from scoring.improvement import improvement_part, improvement_utility
from scoring.interval import Interval, level_interval, score_interval
from scoring.residuals import Residuals, correlations, dispersion, lag_correlation, residuals
from scoring.shrinkage import Norm, estimate, shrink
from scoring.slope import WeekPoint, fit, inflation, slope_spread

Array = npt.NDArray[np.float64]
Cells = Mapping[str, Mapping[int, Evidence]]

DAYS: Final = 5
_PRIOR_N: Final = 20
WEIGHTS: Final = {"results": 0.40, "customer": 0.25, "process": 0.20, "improvement": 0.15}


@dataclass(frozen=True, slots=True)
class Rates:
    """The planted truth of a metric: by rep and week, in the metric's unit (a day for a sum)."""

    by_week: Array

    def over(self, weeks: slice) -> Array:
        """Of each rep, the mean of these weeks."""
        return np.asarray(self.by_week[:, weeks].mean(axis=1))


@dataclass(frozen=True, slots=True)
class Company:
    """Planted rates and what was seen, by metric; `gainer` says who was planted to improve."""

    scenario: Scenario
    truth: Mapping[str, Rates]
    seen: Mapping[str, Cells]
    gainer: npt.NDArray[np.bool_]


class Standing(NamedTuple):
    """A rep as scored and as planted: the two breakdowns and the intervals of score and level."""

    found: Breakdown
    true: Breakdown
    score: Interval
    level: Interval


def company(scenario: Scenario, seed: int) -> Company:
    """A company of the scenario; the same one for the same seed."""
    draw = np.random.default_rng([20_260_131, seed])
    k = scenario.reps
    weeks = np.arange(WEEKS)
    gainer = draw.permutation(k) < scenario.gaining * k
    since = np.clip(weeks - (WEEKS - scenario.gain_weeks), 0, None) / WINDOW  # in quarters
    gain = np.where(gainer[:, None], scenario.gain * since[None, :], 0.0)

    def planted(spread: float) -> Array:
        start = draw.normal(0.0, spread, k)
        drift = draw.normal(0.0, scenario.drift * spread, k)
        if scenario.twins:
            start[1::2], drift[1::2] = start[0::2], drift[0::2]
        return np.asarray(start[:, None] + drift[:, None] * (weeks[None, :] - NORMED) / WINDOW)

    swing = scenario.market * np.sin(2 * np.pi * weeks / 17 + draw.uniform(0, 6.28))[None, :]
    volume = scenario.deals * np.exp(scenario.uneven * draw.normal(size=k))[:, None]
    win = np.clip((scenario.win + planted(scenario.spread)) * (1 + swing) + gain, 0.01, 0.97)
    happy = np.clip(scenario.happy + planted(scenario.spread) + gain, 0.02, 0.99)
    size = 8.0 + planted(scenario.deal_spread)
    pace = scenario.calls * np.clip(1 + planted(scenario.calls_spread), 0.1, None)
    opened = draw.poisson(np.broadcast_to(volume, win.shape))
    won = draw.binomial(opened, win)
    answers = draw.poisson(scenario.answers, win.shape)
    top = draw.binomial(answers, happy)
    mood = np.zeros(pace.shape)
    shocks = draw.normal(size=pace.shape) * math.sqrt(max(0.0, scenario.calls_phi - 1) / scenario.calls)
    for week in weeks:
        before = mood[:, week - 1] if week else shocks[:, week] / math.sqrt(1 - scenario.calls_memory**2)
        mood[:, week] = scenario.calls_memory * before + math.sqrt(1 - scenario.calls_memory**2) * shocks[:, week]
    calls = draw.poisson(pace * np.clip(1 + mood, 0.05, None))
    amounts = [[draw.normal(size[i, w], scenario.deal_sigma, won[i, w]) for w in weeks] for i in range(k)]
    revenue = volume * win * np.exp(size + scenario.deal_sigma**2 / 2) / DAYS
    seen = {
        "cohort_win_rate": _cells(k, lambda i, w: of_rate(int(opened[i, w]), int(won[i, w]))),
        "net_revenue": _cells(k, lambda i, w: of_sum(DAYS, float(np.exp(amounts[i][w]).sum()))),
        "deal_value": _cells(
            k, lambda i, w: of_mean(int(won[i, w]), float(amounts[i][w].sum()), float((amounts[i][w] ** 2).sum()))
        ),
        "csat": _cells(k, lambda i, w: of_rate(int(answers[i, w]), int(top[i, w]))),
        "calls": _cells(k, lambda i, w: of_sum(DAYS, int(calls[i, w]))),
    }
    truth = {"cohort_win_rate": win, "net_revenue": revenue, "deal_value": size, "csat": happy, "calls": pace / DAYS}
    return Company(
        scenario,
        {name: Rates(truth[name]) for name in METRICS if name in scenario.only},
        {name: seen[name] for name in METRICS if name in scenario.only},
        gainer,
    )


@dataclass(frozen=True, slots=True)
class Norms:
    """Of one metric, frozen after week 26: the norm, its goalposts, slopes' spread, the lag of its weeks."""

    norm: Norm
    posts: Goalposts
    tau_star: float
    tau_b2: float
    lag: float


def norms(made: Company) -> tuple[dict[str, Norms], dict[tuple[str, str], float]]:
    """Norms of each metric and the correlations of their weekly residuals, from the weeks before the quarter."""
    found, left = {}, {}
    for name, cells in made.seen.items():
        left[name] = residuals({rep: {w: e for w, e in of.items() if w < 7 * NORMED} for rep, of in cells.items()})
        found[name] = _norms(name, made, left[name])
    rho = correlations(list(left.values()))
    names = list(left)
    return found, {(a, b): rho[i][j] for i, a in enumerate(names) for j, b in enumerate(names) if i < j}


def _norms(name: str, made: Company, left: Residuals) -> Norms:
    plan, cells = METRICS[name], made.seen[name]
    before = {rep: _window(cells[rep], NORMED) for rep in cells}
    lag = lag_correlation(left)
    phi = dispersion(left)
    norm = estimate(plan.kind, before, None if phi is None else phi * inflation(lag))
    assert norm is not None  # noqa: S101 - a company of 8 reps and more always has one
    smallest = plan.smallest * (abs(norm.level) if plan.relative else 1.0)
    tau_star = max(norm.spread, smallest)
    slopes = [
        slope
        for points in weekly(cells, norm.level, made.scenario.team).values()
        if (slope := fit(points, 7 * (NORMED - 1), norm.within, 0.0 if plan.kind == "sum" else lag)) is not None
    ]
    return Norms(
        norm,
        goalposts(norm.level, norm.spread, smallest),
        tau_star,
        slope_spread(slopes, tau_star),
        0.0 if plan.kind == "sum" else lag,
    )


def standings(made: Company) -> list[Standing]:
    """Every rep of a company, as scored and as planted."""
    found, rho = norms(made)
    parts: list[tuple[dict[str, list[MetricPart]], dict[str, list[MetricPart]]]] = [
        ({p: [] for p in WEIGHTS}, {p: [] for p in WEIGHTS}) for _ in range(made.scenario.reps)
    ]
    for name, one in found.items():
        cells, plan = made.seen[name], METRICS[name]
        points = weekly(cells, one.norm.level, made.scenario.team)
        true_slopes = _true_slopes(made, name, one.norm.level)
        true_values = made.truth[name].over(slice(WEEKS - WINDOW, WEEKS))
        for i, rep in enumerate(cells):
            shrunk = shrink(one.norm, _window(cells[rep], WEEKS), _window(cells[rep], NORMED))
            ends = one.posts.utility(shrunk.low), one.posts.utility(shrunk.high)
            part = _part(name, plan.weight, one.posts.utility(shrunk.value), shrunk.n, *ends)
            slope = fit(points[rep], 7 * (WEEKS - 1), one.norm.noise(shrunk.value), one.lag)
            weight = WEIGHTS[plan.pillar] * plan.weight
            found_parts, true_parts = parts[i]
            found_parts[plan.pillar].append(part)
            found_parts["improvement"].append(improvement_part(name, weight, slope, one.tau_b2, one.tau_star))
            true_parts[plan.pillar].append(_part(name, plan.weight, one.posts.utility(float(true_values[i])), 1))
            flat = improvement_utility(true_slopes[i], one.tau_star)
            true_parts["improvement"].append(_part(name, weight, flat, 1))
    result = []
    for found_parts, true_parts in parts:
        breakdown = aggregate(WEIGHTS, found_parts)
        result.append(
            Standing(
                breakdown,
                aggregate(WEIGHTS, true_parts),
                score_interval(breakdown, rho),
                level_interval(breakdown, rho),
            )
        )
    return result


def weekly(cells: Cells, level: float, team: int) -> dict[str, list[WeekPoint]]:
    """Each rep's weeks beside what was to be expected of them: the rest of the team, and 20 at the level."""
    reps = list(cells)
    n = np.array([[e.n for e in cells[rep].values()] for rep in reps], dtype=float)
    total = np.array([[e.total for e in cells[rep].values()] for rep in reps], dtype=float)
    points: dict[str, list[WeekPoint]] = {}
    for start in range(0, len(reps), team):
        block = slice(start, start + team)
        rest_n = n[block].sum(axis=0)[None, :] - n[block] + _PRIOR_N
        rest = (total[block].sum(axis=0)[None, :] - total[block] + _PRIOR_N * level) / rest_n
        values = total[block] / np.maximum(n[block], 1)
        for row, rep in enumerate(reps[block]):
            points[rep] = [
                WeekPoint(week, *map(float, numbers))
                for week, *numbers in zip(cells[rep], n[start + row], values[row], rest[row], rest_n[row], strict=True)
            ]
    return points


def _true_slopes(made: Company, name: str, level: float) -> list[float]:
    """The slopes of planted rates about what would be expected if the team's evidence told exactly its rates."""
    n = np.array([[e.n for e in of.values()] for of in made.seen[name].values()], dtype=float).mean()
    truth = made.truth[name].by_week
    slopes = []
    for start in range(0, len(truth), made.scenario.team):
        block = truth[start : start + made.scenario.team]
        rest_n = n * (len(block) - 1)
        expected = ((block.sum(axis=0)[None, :] - block) * n + _PRIOR_N * level) / (rest_n + _PRIOR_N)
        for rates, e in zip(block, expected, strict=True):
            points = [WeekPoint(7 * w, 1.0, float(rates[w]), float(e[w])) for w in range(WEEKS)]
            slope = fit(points, 7 * (WEEKS - 1), 1.0)
            slopes.append(0.0 if slope is None else slope.b)
    return slopes


def _part(
    name: str, weight: float, u: float, n: float, u_low: float | None = None, u_high: float | None = None
) -> MetricPart:
    return MetricPart(name, weight, u, 0.0, None, n, 0.0, 0.0, 1, 0.0, u_low, u_high)


def _window(cells: Mapping[int, Evidence], until: int) -> Evidence:
    return pooled([cells[7 * week] for week in range(until - WINDOW, until)])


def _cells(k: int, of: Callable[[int, int], Evidence]) -> Cells:
    return {f"r-{i:03}": {7 * w: of(i, w) for w in range(WEEKS)} for i in range(k)}
