"""Customers: they begin with a deal, renew at the end of their term or churn."""

from __future__ import annotations

from functools import partial
from random import Random

from streams.simulator.dice import Weighted, between, chance, dice
from streams.simulator.skills import Skill
from streams.simulator.versions import Today, Versioned
from streams.simulator.workdays import stamp
from streams.simulator.world import Customer, Desk, World

TERMS_DAYS = Weighted({91: 0.15, 182: 0.3, 364: 0.55})
CUSTOMERS_AT_START = 5


def new_customer(world: World, desk: Desk, today: Today, r: Random, *, second: int, source: str) -> str:
    """Enter the customer that a deal brought; returns its id."""
    entry = Versioned(
        "customer",
        desk.new_id("c"),
        rep_id=desk.rep.id,
        since=today.stamp(second),
        churned_at=None,
        renewals=None,
        source=source,
    )
    entry.publish(today, second)
    _keep(world, desk, Customer(entry, TERMS_DAYS.draw(r)), today.ordinal)
    return entry.name


def first_customers(world: World, desk: Desk, today: Today) -> None:
    """The customers a rep has when the run begins, with their earlier renewals."""
    r = dice(world.seed, "customers", desk.rep.number)
    for n in range(CUSTOMERS_AT_START):
        term = TERMS_DAYS.draw(r)
        since = today.ordinal - between(r, 20, 700)
        last = today.ordinal - (today.ordinal - since) % term
        second = world.work_second(r, desk.rep, today)
        renewals = [
            stamp(ordinal, second) for ordinal in range(since + term, last + 1, term) if ordinal < today.ordinal
        ]
        entry = Versioned(
            "customer",
            desk.new_id("c"),
            rep_id=desk.rep.id,
            since=stamp(since, second),
            churned_at=None,
            renewals=renewals or None,
            source="referral",
        )
        entry.publish(today, 300 + n)
        _keep(world, desk, Customer(entry, term), last)


def _keep(world: World, desk: Desk, customer: Customer, term_began: int) -> None:
    desk.customers.append(customer)
    world.agenda.put(term_began + customer.term_days, partial(_term_ends, world, customer))


def _term_ends(world: World, customer: Customer, today: Today) -> None:
    fields = customer.entry.fields
    desk = world.desks[fields["rep_id"]]
    r = dice(world.seed, f"term {customer.entry.name}", today.ordinal)
    second = customer.entry.not_before(today, world.work_second(r, desk.rep, today))
    if chance(r, _renews(customer.term_days, world.skill(desk.rep.id, today))):
        fields["renewals"] = [*(fields["renewals"] or ()), today.stamp(second)]
        world.agenda.put(today.ordinal + customer.term_days, partial(_term_ends, world, customer))
    else:
        fields["churned_at"] = today.stamp(second)
        desk.customers.remove(customer)
    customer.entry.publish(today, second)


def _renews(term_days: int, skill: Skill) -> float:
    """The chance that a customer stays: shorter terms are renewed more often each time, content customers stay."""
    return min(0.97, 0.96 - 0.09 * term_days / 364 - 0.5 * (0.78 - skill.happy))
