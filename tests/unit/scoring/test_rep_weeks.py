"""Rep weeks: whatever rows there are, norms of a quarter made of arrays are those of dictionaries, to the last digit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.choices import People
from scoring.cohorts import Deals, ripening_of
from scoring.evidence import Evidence, of_mean, of_rate, pooled
from scoring.fiscal import FiscalCalendar, monday_of
from scoring.maturation import Deal, cohort, maturation
from scoring.norming import COHORT, norms
from scoring.norms import Norms
from scoring.presence import Attendance, Holidays, days_present, is_peer
from scoring.quarter import deals_opened, gates_of, kind_of, norms_of_quarter, quarter_norms, rules_of
from scoring.rep_weeks import RepWeeks
from scoring.residuals import correlations, dispersion, lag_correlation, residuals
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.shrinkage import estimate
from scoring.slope import inflation
from scoring.weekly import WeekRow
from scoring.weeks import Opened

PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
METRICS = ("csat", "calls", COHORT, "average_deal_size", "gross_margin_ratio", "net_revenue")
CARD = Scorecard(
    "test",
    1,
    91,
    0.6,
    PILLARS,
    tuple(ScoredMetric(name, "results", 0.2, 0.5, 0.2, 0.1, True, True, False) for name in METRICS),
)
BEGIN = date(2024, 12, 30).toordinal()
"""A Monday."""

Rows = dict[str, dict[int, WeekRow]]


@st.composite
def companies(draw: st.DrawFn) -> tuple[Rows, dict[str, Attendance], int, Scorecard]:
    """Rows with holes of many sizes and signs, reps who come and go, deals that are won late; a date, and a scorecard."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    weeks, missing = draw(st.integers(0, 110)), draw(st.sampled_from([0.0, 0.1, 0.6]))
    rows: Rows = {}
    attendances = {}
    for number in range(draw(st.integers(0, 6))):
        rep = f"r-{number}"
        mondays = [BEGIN + 7 * week for week in range(weeks) if chance.random() >= missing]
        rows[rep] = {monday: _row(chance, monday) for monday in mondays}
        days = chance.integers(BEGIN - 300, BEGIN + 7 * weeks + 1, 6).tolist()
        hired, left = (None if chance.random() < 0.5 else day for day in (days[0], days[1] + 500))
        if chance.random() < 0.7:
            attendances[rep] = Attendance(hired, left, [(days[2], days[2] + 9), (days[4], days[5])])
    calendar = draw(st.sampled_from([FiscalCalendar(), FiscalCalendar(2), FiscalCalendar(layout="4-4-5")]))
    people = People(holidays=draw(st.sampled_from([Holidays(), Holidays([5, 6], [(12, 25)], [BEGIN + 100])])))
    choices = replace(CARD.choices, calendar=calendar, people=people)
    choices = replace(choices, shrinkage=replace(choices.shrinkage, fewest_peers=draw(st.integers(1, 4))))
    as_of = draw(st.integers(BEGIN - 30, BEGIN + 7 * weeks + 100))
    return rows, attendances, as_of, replace(CARD, choices=choices)


def _row(chance: np.random.Generator, monday: int) -> WeekRow:
    answers, observed = int(chance.integers(0, 5)), chance.normal(8, 1, int(chance.integers(1, 4)))
    money = chance.lognormal(6, 2, int(chance.integers(1, 4)))
    margin = money * chance.normal(0.3, 0.2, len(money))
    every: dict[str, Evidence] = {
        "csat": of_rate(answers / 2, int(chance.integers(0, answers + 1)) / 2),
        "calls": Evidence(total=float(chance.integers(0, 40))),
        "average_deal_size": of_mean(float(len(observed)), float(observed.sum()), float((observed * observed).sum())),
        "gross_margin_ratio": Evidence(
            *map(float, (len(money), margin.sum(), money.sum(), margin @ margin, margin @ money, money @ money))
        ),
        "net_revenue": Evidence(total=float(money.sum() - 900.0)),
        "of another scorecard": of_rate(1, 1),
    }
    evidence = {name: seen for name, seen in every.items() if chance.random() < 0.8}
    opened = {}
    for day in range(monday, monday + 7, 3):
        won = {int(age): float(chance.choice([1.0, 0.5, 0.333333])) for age in chance.integers(0, 90, 2)}
        if chance.random() < 0.5:
            opened[day] = Opened(math.fsum(won.values()) + float(chance.choice([0.0, 0.4, 2.0])), won)
    return WeekRow(evidence if chance.random() < 0.9 else {}, opened)


Company = tuple[Rows, dict[str, Attendance], int, Scorecard]


@given(companies())
@settings(max_examples=60, deadline=None)
def test_norms_of_a_quarter_are_those_of_dictionaries_to_the_last_digit(company: Company) -> None:
    rows, attendances, as_of, card = company
    found = quarter_norms(as_of, card, rows, attendances, card.calendar)
    made_of = by_dictionaries(rows, attendances, found, card)
    again = norms(
        found.quarter, found.before, rules_of(card), *made_of, gates=gates_of(card), provisional=found.provisional
    )
    assert (again, again.label) == (found, found.label)
    weekly, deals, _ = made_of
    every = [deal for of_rep in deals.values() for deal in of_rep]
    assert ripening_of(Deals.known_of([every], found.before - 1), found.before - 1) == maturation(
        every, found.before - 1
    )
    by_metric = {name: {rep: _weeks_of(name, rep, weekly, deals, found) for rep in weekly} for name in sorted(METRICS)}
    left = {name: residuals(weeks) for name, weeks in by_metric.items()}
    for name, norm in found.metrics.items():
        if norm.norm.peers:
            lag, phi = lag_correlation(left[name]), dispersion(left[name])
            assert norm.lag == lag
            kind = kind_of(name)
            period = {rep: _period(name, rep, weeks, deals, found) for rep, weeks in by_metric[name].items()}
            widened = phi * inflation(lag) if kind == "sum" and phi is not None else None
            assert norm.norm == estimate(kind, period, widened, gates_of(card).limits)
    rho = correlations(list(left.values()))
    for k, one in enumerate(found.metrics.values()):
        for other_k, other in enumerate(found.metrics.values()):
            both = k == other_k or (one.norm.peers and other.norm.peers)
            assert found.rho[k][other_k] == (rho[k][other_k] if both else 0.0)


def _weeks_of(
    name: str, rep: str, weekly: Mapping[str, Any], deals: Mapping[str, list[Deal]], on: Norms
) -> dict[int, Evidence]:
    if name != COHORT:
        return {week: seen[name] for week, seen in weekly[rep].items() if name in seen}
    found = {}
    for week in weekly[rep]:
        own = [deal for deal in deals[rep] if monday_of(deal.opened) == week]
        found[week] = cohort(own, on.before - 1, on.ripening, 10**7)
    return found


def _period(name: str, rep: str, weeks: Mapping[int, Evidence], deals: Mapping[str, list[Deal]], on: Norms) -> Evidence:
    if name != COHORT:
        return pooled(weeks.values())
    return cohort([deal for deal in deals[rep] if monday_of(deal.opened) in weeks], on.before - 1, on.ripening, 10**7)


def by_dictionaries(
    rows: Rows, attendances: Mapping[str, Attendance], on: Norms, card: Scorecard
) -> tuple[Any, Any, Any]:
    """What the norms were made of, rep by rep and week by week: peers' weeks, deals, phases."""
    holidays, always = card.people.holidays, Attendance()
    rows = {
        rep: {week: row for week, row in of_rep.items() if on.before - 52 * 7 - 6 <= week <= on.before - 7}
        for rep, of_rep in rows.items()
    }
    first = min((week for of_rep in rows.values() for week in of_rep), default=on.before)
    weekly: dict[str, dict[int, dict[str, Evidence]]] = {}
    months: dict[str, dict[str, list[list[Evidence]]]] = {name: {} for name in METRICS}
    for rep, of_rep in rows.items():
        attendance = attendances.get(rep, always)
        if of_rep and is_peer(attendance, on.before - 91, on.before - 1, holidays):
            weekly[rep] = {}
        for week in range(first, on.before - 6, 7):
            row, days = of_rep.get(week, WeekRow({}, {})), days_present(attendance, week, week + 6, holidays)
            seen = {name: of for name, of in row.evidence.items() if name in METRICS}
            quarter, third = card.calendar.quarter(week + 3).name, card.calendar.third(week + 3)
            for name in METRICS:
                if kind_of(name) == "sum":
                    counted = seen.pop(name, None)
                    if days:
                        total = 0.0 if counted is None else counted.total
                        seen[name] = Evidence(float(days), total, float(days))
                    if counted is not None:
                        of_month = Evidence(float(days), counted.total, float(days))
                        months[name].setdefault(quarter, [[], [], []])[third].append(of_month)
                elif name in seen:
                    months[name].setdefault(quarter, [[], [], []])[third].append(seen[name])
            if rep in weekly:
                weekly[rep][week] = seen
    deals = {
        rep: [
            *deals_opened(
                {day: _known(day, of, on.before) for row in of_rep.values() for day, of in row.opened.items()}
            )
        ]
        for rep, of_rep in rows.items()
    }
    phases = {name: [[pooled(month) for month in each] for each in of.values()] for name, of in months.items()}
    return weekly, deals, phases


def _known(day: int, of_day: Opened, before: int) -> Opened:
    return of_day._replace(won_after={age: won for age, won in of_day.won_after.items() if day + age < before})


@given(companies())
@settings(max_examples=10, deadline=None)
def test_rows_that_were_read_once_serve_all_quarters(company: Company) -> None:
    rows, attendances, as_of, card = company
    read = RepWeeks.read(rows, METRICS)
    for day in (as_of - 200, as_of, as_of + 80):
        found = norms_of_quarter(day, card, read, attendances, card.calendar)
        assert found == quarter_norms(day, card, rows, attendances, card.calendar)
