"""Closing a deal: won with its final amount, cost and customer, or lost."""

from __future__ import annotations

from random import Random

from streams.simulator.aftermath import after_loss, after_win
from streams.simulator.customers import new_customer
from streams.simulator.dice import between, chance
from streams.simulator.market import season
from streams.simulator.versions import Record, Today
from streams.simulator.world import Deal, Desk, World

HIGHEST_DISCOUNT = 0.35


def win(world: World, desk: Desk, deal: Deal, today: Today, r: Random, *, second: int, closed_at: str) -> None:
    """Publish the deal as won; most wins without a known customer bring a new one."""
    fields = deal.entry.fields
    discount = min(HIGHEST_DISCOUNT, season(today.day).discount * 2.0 * r.random())
    fields["status"] = "won"
    fields["stage"] = "closed_won"
    fields["closed_at"] = closed_at
    fields["amount"] = round(deal.list_price * (1.0 - discount), 2)
    if chance(r, 0.82):
        fields["cost"] = round(deal.list_price * (0.42 + 0.2 * r.random()), 2)
    if chance(r, 0.02):
        fields["splits"] = splits(world, desk, today, r)
    if fields["customer_id"] is None and chance(r, 0.85):
        fields["customer_id"] = new_customer(world, desk, today, r, second=second, source=fields["source"])
    after_win(world, deal, today, r, second)


def lose(world: World, deal: Deal, today: Today, r: Random, second: int) -> None:
    """Publish the deal as lost."""
    deal.entry.fields.update(status="lost", stage="closed_lost", closed_at=today.stamp(second))
    deal.entry.publish(today, second)
    after_loss(world, deal, today, r)


def splits(world: World, desk: Desk, today: Today, r: Random) -> list[Record] | None:
    """The credit shared with a colleague, three times in ten of another team; None if there is nobody to share with."""
    other = world.outsider(r, desk.rep, today) if chance(r, 0.3) else world.colleague(r, desk.rep, today)
    if other is None:
        return None
    share = between(r, 10, 18) * 5
    return [{"rep_id": desk.rep.id, "share": share / 100}, {"rep_id": other.id, "share": (100 - share) / 100}]
