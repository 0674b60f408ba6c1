"""Companies whose truth is known, their charts, and how often those are wrong when nothing happens. See `drops.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from scoring.chart import ChartWeek, Point, chart, chart_week
from scoring.chart_rule import ALARM, ChartRule, starting_precision
from scoring.evidence import Evidence, Kind, of_mean, of_rate, of_sum, pooled
from scoring.expectation import baseline, expected, rest_of
from scoring.ratio_week import ratio_variance, ratio_week
from scoring.residuals import dispersion, lag_correlation, residuals
from scoring.shrinkage import Norm, estimate
from scoring.slope import inflation

PAST_WEEKS: Final = 13
"""The quarter before, of which the norms are made: as short as it may be."""
MONDAY: Final = 738_004

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Company:
    """A company in which nothing happens but chance, season and differences between reps that stay as they are."""

    title: str
    reps: int = 30
    team: int = 5
    kind: Kind = "rate"
    level: float = 0.5
    spread: float = 0.04
    a_week: float = 5.0
    season: float = 0.15
    """Standard deviation of the company's weeks, log odds or logarithm, lag-1 correlation 0.7; the norms know nothing of it."""
    block: float = 8.0
    weeks: int = 104
    higher_is_better: bool = True
    positive: bool = False
    sees_company: bool = True
    """Whether a week's expectation rests on the whole company, or on the norm and the team alone."""
    draw: Callable[[np.random.Generator, Array, Array], tuple[Array, Array] | Books] | None = field(default=None)
    """How (total, squares) of n observations at a mean are drawn, of a ratio all of it; None: successes of a rate."""


class Norms(NamedTuple):
    """The norm of the past quarter, and the dispersion that its charts take (phi, s^2, or a deal's variance; of a rate 1)."""

    norm: Norm
    dispersion: float


class Books(NamedTuple):
    """Of each rep and week: observations, their total and the sum of their squares; of a ratio what it is against too."""

    n: Array
    total: Array
    squares: Array
    against: tuple[Array, Array, Array] | None = None
    """Of a ratio: base, cross products, and squares of the base."""


def exponential(rng: np.random.Generator, n: Array, mean: Array) -> tuple[Array, Array]:
    """Observations such as the days of a cycle: exponential about the mean (squares are drawn by the law of large numbers)."""
    total = np.where(n > 0, rng.gamma(np.maximum(n, 1e-9), 1.0) * mean, 0.0)
    return total, 2 * n * mean**2


def overdispersed(rng: np.random.Generator, n: Array, mean: Array) -> tuple[Array, Array]:
    """Counts such as calls: n days present, variance three times the mean."""
    shape = np.maximum(n * mean / 2, 1e-9)  # gamma-Poisson: variance mu (1 + mu / shape)
    return rng.poisson(rng.gamma(shape, 2.0)).astype(float), np.zeros_like(n)


def revenue(rng: np.random.Generator, n: Array, mean: Array) -> tuple[Array, Array]:
    """Money: one deal won in two days present on average, its amount lognormal with a standard deviation of 0.8 in ln."""
    deals = rng.poisson(n / 2)
    total = np.zeros_like(n)
    for most in range(int(deals.max(initial=0))):
        amounts = rng.lognormal(-0.32, 0.8, n.shape)  # mean 1
        total += np.where(deals > most, amounts, 0.0) * 2 * mean
    return total, np.zeros_like(n)


def margins(sigma: float) -> Callable[[np.random.Generator, Array, Array], Books]:
    """Deals of lognormal amounts (standard deviation sigma in ln), each with a margin of its own, 10 points about the mean."""

    def draw(rng: np.random.Generator, n: Array, mean: Array) -> Books:
        sums = [np.zeros(n.shape) for _ in range(5)]
        for most in range(int(n.max(initial=0))):
            d = np.where(n > most, rng.lognormal(8, sigma, n.shape), 0.0)
            y = d * (mean + 0.1 * rng.normal(size=n.shape))
            sums = [whole + part for whole, part in zip(sums, (y, y * y, d, y * d, d * d), strict=True)]
        total, squares, *against = sums
        return Books(n, total, squares, (against[0], against[1], against[2]))

    return draw


def _moved(company: Company, base: Array, by: Array) -> Array:
    """A level moved by log odds (rates) or a logarithm (the others)."""
    if company.kind != "rate":
        return np.asarray(base * np.exp(by))
    odds = base / (1 - base) * np.exp(by)
    return np.asarray(odds / (1 + odds))


def levels(company: Company, rng: np.random.Generator) -> Array:
    """The reps' true levels."""
    slope = company.level * (1 - company.level) if company.kind == "rate" else company.level
    return _moved(company, np.full(company.reps, company.level), rng.normal(0, company.spread / slope, company.reps))


def books(company: Company, rng: np.random.Generator, truth: Array, weeks: int, fall: Array | None = None) -> Books:
    """What the reps do in so many weeks: `truth` by rep, moved by the season; `fall` (rep, week) is taken off a rate."""
    season = np.zeros(weeks)
    shock = rng.normal(0, 1, weeks)
    for week in range(weeks):
        season[week] = 0.7 * season[week - 1] + math.sqrt(1 - 0.7**2) * shock[week] if week else shock[week]
    mean = _moved(company, truth[:, None], company.season * season[None, :])
    if fall is not None:
        mean = np.clip(mean - fall, 0.01, 0.99)
    days = company.kind == "sum"
    n = np.full(mean.shape, 5.0) if days else rng.poisson(company.a_week, mean.shape).astype(float)
    if company.draw:
        drawn = company.draw(rng, n, mean)
        return drawn if isinstance(drawn, Books) else Books(n, *drawn)
    total = rng.binomial(n.astype(int), mean).astype(float)
    return Books(n, total, total)


def evidence(company: Company, held: Books, rep: int, week: int) -> Evidence:
    """A rep's week."""
    n, total, squares = (float(column[rep, week]) for column in held[:3])
    if held.against is not None:
        base, cross, base_squares = (float(column[rep, week]) for column in held.against)
        return Evidence(n, total, base, squares, cross, base_squares)
    if company.kind == "rate":
        return of_rate(n, total)
    return of_sum(n, total) if company.kind == "sum" else of_mean(n, total, squares)


def norms(company: Company, past: Books) -> Norms:
    """What section 4 makes of the quarter before."""
    weekly = {
        f"r-{rep:03}": {MONDAY + 7 * week: evidence(company, past, rep, week) for week in range(past.n.shape[1])}
        for rep in range(company.reps)
    }
    left = residuals(weekly)
    phi = dispersion(left)
    if phi is not None:
        phi *= inflation(lag_correlation(left))
    norm = estimate(company.kind, {rep: pooled(of.values()) for rep, of in weekly.items()}, phi)
    assert norm is not None  # noqa: S101 - thirty reps always give one
    if company.kind == "ratio":
        return Norms(norm, ratio_variance(weekly) or 0.0)
    return Norms(norm, {"rate": 1.0, "sum": norm.phi}.get(company.kind, norm.within))


def weeks_of(company: Company, held: Books, of: Norms, week: int) -> list[ChartWeek]:
    """One week of every rep's chart."""
    own = [evidence(company, held, rep, week) for rep in range(company.reps)]
    whole = pooled(own)
    e0 = baseline(company.kind, of.norm.level, positive=company.positive)
    found = []
    for first in range(0, company.reps, company.team):
        team = pooled(own[first : first + company.team])
        beyond = rest_of(whole, team) if company.sees_company else Evidence()
        for mine in own[first : first + company.team]:
            if company.kind == "ratio":
                found.append(ratio_week(MONDAY + 7 * week, mine, team, whole, e0, of.dispersion))
                continue
            of_week = expected(company.kind, e0, rest_of(team, mine), beyond, positive=company.positive)
            found.append(chart_week(MONDAY + 7 * week, mine, of_week, of.dispersion))
    return found


def charts(company: Company, held: Books, of: Norms, reps: Iterable[int] | None = None) -> Iterator[tuple[Point, ...]]:
    """The charts of these reps (None: of all), over all weeks held."""
    precision = starting_precision(company.kind, of.norm.level, of.norm.spread, positive=company.positive)
    rule = ChartRule(company.kind, precision, company.positive, company.higher_is_better, company.block)
    by_week = [weeks_of(company, held, of, week) for week in range(held.n.shape[1])]
    for rep in range(company.reps) if reps is None else reps:
        yield chart(rule, [week[rep] for week in by_week])


def alarm_days(points: Sequence[Point], threshold: float = ALARM) -> list[Point]:
    """Where an alarm begins: C above h for the first time since it was below h/2."""
    found, alarmed = [], False
    for point in points:
        if not alarmed and point.c > threshold:
            found.append(point)
        alarmed = point.c > threshold or (alarmed and point.c >= threshold / 2)
    return found


class Quiet(NamedTuple):
    """A company in which nothing happens: points drawn and false alarms given."""

    company: Company
    points: int
    alarms: int

    @property
    def run_length(self) -> float:
        """Points a false alarm; at least as many as were drawn, where none was given."""
        return self.points / max(1, self.alarms)


def quiet(company: Company, points: int, seed: int) -> Quiet:
    """As many companies as give so many points."""
    rng = np.random.default_rng(seed)
    drawn = alarms = 0
    while drawn < points:
        truth = levels(company, rng)
        of = norms(company, books(company, rng, truth, PAST_WEEKS))
        for found in charts(company, books(company, rng, truth, company.weeks), of):
            drawn += len(found)
            alarms += len(alarm_days(found))
    return Quiet(company, drawn, alarms)
