"""Opening a deal; and the deals that are open already when the run begins."""

from __future__ import annotations

from random import Random

from streams.simulator.catalogue import DIRECT_SOURCES, PRODUCTS, STAGES, TERRITORIES
from streams.simulator.closing import splits, win
from streams.simulator.dice import Weighted, between, chance, dice, lognormal
from streams.simulator.versions import Record, Today, Versioned
from streams.simulator.workdays import stamp
from streams.simulator.world import Deal, Desk, Lead, World

IMPORTED = "import"
"""The source of deals entered after they were won: their `closed_at` lies before their `opened_at`."""

DEALS_AT_START = 7
_STAGES_AT_START = Weighted({0: 0.4, 1: 0.35, 2: 0.25})
_SLEEPS = 0.03
_TYPED_LATE = 0.004
_TYPED_TWICE = 0.006


def open_deal(world: World, desk: Desk, today: Today, r: Random, *, second: int, lead: Lead | None = None) -> None:
    """Enter a new deal, from a converted lead or without one."""
    deal = _deal(world, desk, today, r, second=second, lead=lead)
    entry = deal.entry
    if chance(r, _TYPED_LATE):
        entry.fields["source"] = IMPORTED
        win(world, desk, deal, today, r, second=second, closed_at=stamp(today.ordinal - between(r, 1, 3), second))
        return
    entry.publish(today, second)
    if chance(r, _TYPED_TWICE):
        twin = Versioned("deal", f"{entry.name}b", **entry.fields)
        twin.publish(today, second + 40)
        twin.delete(today, second + 1500)
    if not chance(r, _SLEEPS):  # a sleeping deal stays open for ever: nobody tidies up
        desk.deals.append(deal)


def first_deals(world: World, desk: Desk, today: Today) -> None:
    """The deals a rep has open when the run begins, opened in the weeks before."""
    r = dice(world.seed, "deals", desk.rep.number)
    for n in range(DEALS_AT_START):
        deal = _deal(world, desk, today, r, second=400 + n)
        deal.stage = _STAGES_AT_START.draw(r)
        opened = today.ordinal - between(r, 1, 20) - 14 * deal.stage
        deal.entry.fields.update(
            stage=STAGES[deal.stage],
            opened_at=stamp(opened, world.work_second(r, desk.rep, today)),
            expected_close_on=Today.of(opened + between(r, 60, 80)).iso,
        )
        deal.entry.publish(today, 400 + n)
        desk.deals.append(deal)


def _deal(world: World, desk: Desk, today: Today, r: Random, *, second: int, lead: Lead | None = None) -> Deal:
    product = PRODUCTS.draw(r)
    list_price = round(lognormal(r, product.price, product.spread), 2)
    currency = TERRITORIES[world.territory(desk.rep, today)].currencies.draw(r)
    known = (
        desk.customers[between(r, 0, len(desk.customers) - 1)]
        if desk.customers and lead is None and chance(r, 0.35)
        else None
    )
    credit: list[Record] | None = splits(world, desk, today, r) if chance(r, 0.06) else None
    entry = Versioned(
        "deal",
        desk.new_id("d"),
        rep_id=desk.rep.id,
        status="open",
        opened_at=today.stamp(second),
        closed_at=None,
        amount=round(list_price * (0.85 + 0.3 * r.random()), -2) if chance(r, 0.92) else None,
        currency=currency,
        cost=None,
        list_price=list_price,
        stage=STAGES[0],
        expected_close_on=Today.of(today.ordinal + between(r, 40, 80)).iso,
        customer_id=None if known is None else known.entry.name,
        product=product.name,
        source=DIRECT_SOURCES.draw(r) if lead is None else lead.source,
        lead_id=None if lead is None else lead.entry.name,
        splits=credit,
    )
    return Deal(entry, list_price, currency)
