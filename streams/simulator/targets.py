"""Quarterly targets of reps, teams, territories and the company, known a week ahead; the company's is revised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from streams.simulator.company import Plan, Rep
from streams.simulator.dice import between, dice
from streams.simulator.skills import RAMP_DAYS
from streams.simulator.versions import Today
from streams.simulator.workdays import quarter

NOTICE_DAYS = 7
REVISED_AFTER_DAYS = 45
QUOTA = 60_000
CALLS = 300
_TEAM_SHARE = 0.95
_COMPANY_SHARE = 0.9


def publish_targets(plan: Plan, today: Today) -> None:
    """On the first day the targets of the quarter, a week before each quarter those of the next, and the revision."""
    if today.day == plan.start:
        _quarter(plan, today, *quarter(today.day))
    first, last = quarter(today.day + timedelta(days=NOTICE_DAYS))
    if today.day + timedelta(days=NOTICE_DAYS) == first:
        _quarter(plan, today, first, last)
    for rep in plan.reps:
        joins = quarter(rep.hired_on)
        # Whoever is announced earlier gets a target with all others.
        if rep.announced_on == today.day > max(plan.start, joins[0] - timedelta(days=NOTICE_DAYS)):
            _own(today, rep, *joins)
    first, last = quarter(today.day)
    if today.day == first + timedelta(days=REVISED_AFTER_DAYS):
        _revise(plan, today, first, last)


def quota(rep: Rep, first: date, last: date) -> int:
    """What the rep is to sell in the quarter, in base units: less while ramping up, 0 if never there.

    >>> rep = Rep(0, "r-1", "A", 0, date(2020, 1, 1), 1.0, 1.0, 0.8, 1.0)
    >>> quota(rep, date(2025, 1, 1), date(2025, 3, 31))
    60000
    """
    begins = max(first, rep.hired_on)
    if begins > last or (rep.left_on is not None and rep.left_on <= first):
        return 0
    employed = ((last - begins).days + 1) / ((last - first).days + 1)
    ramp = min(1.0, 0.35 + 0.65 * (begins - rep.hired_on).days / RAMP_DAYS)
    return int(QUOTA * employed * ramp / 500.0) * 500


def _known(plan: Plan, today: Today) -> Iterator[Rep]:
    return (rep for rep in plan.reps if rep.announced_on <= today.day)


def _company_target(plan: Plan, today: Today, first: date, last: date) -> int:
    return int(sum(quota(rep, first, last) for rep in _known(plan, today)) * _COMPANY_SHARE)


def _own(today: Today, rep: Rep, first: date, last: date) -> int:
    value = quota(rep, first, last)
    if value:
        _target(today, ("rep", rep.id), "net_revenue", (first, last), value)
        _target(today, ("rep", rep.id), "calls", (first, last), CALLS * value // QUOTA)
    return value


def _quarter(plan: Plan, today: Today, first: date, last: date) -> None:
    teams, territories = dict.fromkeys((team.id for team in plan.teams), 0), dict.fromkeys(plan.territories, 0)
    for rep in _known(plan, today):
        value = _own(today, rep, first, last)
        teams[plan.team_of(rep, first).id] += value
        territories[plan.territory_of(rep, first)] += value
    for subject, sums in (("team", teams), ("territory", territories)):
        for name, value in sums.items():
            if value:
                _target(today, (subject, name), "net_revenue", (first, last), int(value * _TEAM_SHARE))
    if company := _company_target(plan, today, first, last):
        _target(today, ("company", "company"), "net_revenue", (first, last), company)


def _revise(plan: Plan, today: Today, first: date, last: date) -> None:
    """Up or down by at most 6 %."""
    percent = 100 + between(dice(plan.seed, "revision", first.toordinal()), -6, 6)
    if company := _company_target(plan, today, first, last):
        _target(today, ("company", "company"), "net_revenue", (first, last), company * percent // 100)


def _target(today: Today, subject: tuple[str, str], metric: str, period: tuple[date, date], value: int) -> None:
    kind, name = subject
    first, last = (day.isoformat() for day in period)
    today.add(
        900,
        "target",
        f"q-{first}-{metric}-{name}",
        subject=kind,
        subject_id=name,
        metric=metric,
        period_start=first,
        period_end=last,
        value=value,
    )
