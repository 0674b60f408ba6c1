"""Costs at the end of each month: marketing and sales by team, marketing of the company, expenses of reps."""

from __future__ import annotations

from random import Random

from streams.simulator.catalogue import BASE_CURRENCY
from streams.simulator.dice import chance, dice, lognormal
from streams.simulator.versions import Today, Versioned
from streams.simulator.world import World

_MARKETING_A_REP = 1_100.0
_SALES_A_REP = 1_900.0
_COMPANY_A_REP = 650.0
_EXPENSES = 320.0
_LATE_EVENING = 22 * 3600


def publish_costs(world: World, today: Today) -> None:
    """On the last day of a month: what it cost; teams by their members of that day."""
    if Today.of(today.ordinal + 1).day.day != 1:
        return
    month = today.iso[:7]
    r = dice(world.seed, "costs", today.ordinal)
    employed = [rep for rep in world.plan.reps if rep.employed_on(today.day)]
    sizes = [0] * len(world.plan.teams)
    for rep in employed:
        sizes[rep.team_on(today.day)] += 1
    for team, size in zip(world.plan.teams, sizes, strict=True):
        if size:
            _publish(r, today, f"k-{month}-{team.id}-marketing", "marketing", size * _MARKETING_A_REP, team_id=team.id)
            _publish(r, today, f"k-{month}-{team.id}-sales", "sales", size * _SALES_A_REP, team_id=team.id)
    _publish(r, today, f"k-{month}-marketing", "marketing", len(employed) * _COMPANY_A_REP)
    _publish(r, today, f"k-{month}-other", "other", len(employed) * _COMPANY_A_REP / 4.0)
    for rep in employed:
        own = dice(world.seed, "expenses", rep.number, today.ordinal)
        if chance(own, 0.6):
            currency = "EUR" if world.territory(rep, today) == "emea" else BASE_CURRENCY
            _publish(own, today, f"k-{month}-{rep.id}", "sales", _EXPENSES, currency=currency, rep_id=rep.id)


def _publish(
    r: Random,
    today: Today,
    name: str,
    category: str,
    usual: float,
    *,
    currency: str = BASE_CURRENCY,
    rep_id: str | None = None,
    team_id: str | None = None,
) -> None:
    second = _LATE_EVENING + int(r.random() * 3600)
    amount = round(lognormal(r, usual, 0.2), 2)
    entry = Versioned(
        "cost",
        name,
        rep_id=rep_id,
        team_id=team_id,
        occurred_at=today.stamp(second),
        category=category,
        amount=amount,
        currency=currency,
    )
    entry.publish(today, second)
