"""What customers say some weeks after a deal was won: surveys on several scales, a few edited later or deleted."""

from __future__ import annotations

from functools import partial
from random import Random

from streams.simulator.catalogue import COMPLAINTS, PRAISE
from streams.simulator.dice import Weighted, between, chance, dice
from streams.simulator.versions import Today, Versioned
from streams.simulator.world import Deal, Desk, World

CUSTOMERS_A_DAY = 0.075
SCALES = Weighted({"csat_5": 0.58, "nps_11": 0.16, "stars_5": 0.10, "ces_7": 0.08, "thumbs": 0.08})

_CONTENT = {
    "csat_5": Weighted({5: 0.6, 4: 0.4}),
    "stars_5": Weighted({5: 0.65, 4: 0.35}),
    "nps_11": Weighted({10: 0.35, 9: 0.35, 8: 0.22, 7: 0.08}),
    "ces_7": Weighted({7: 0.4, 6: 0.4, 5: 0.2}),
    "thumbs": Weighted({1: 1.0}),
}
_DISCONTENT = {
    "csat_5": Weighted({3: 0.5, 2: 0.3, 1: 0.2}),
    "stars_5": Weighted({3: 0.45, 2: 0.25, 1: 0.3}),
    "nps_11": Weighted({7: 0.2, 6: 0.25, 5: 0.25, 3: 0.15, 1: 0.1, 0: 0.05}),
    "ces_7": Weighted({4: 0.4, 3: 0.3, 2: 0.2, 1: 0.1}),
    "thumbs": Weighted({0: 1.0}),
}


def ask(world: World, deal: Deal, survey: int, today: Today) -> None:
    """The answer to the survey with that number about a won deal, for its owner of today; on any day of the week."""
    fields = deal.entry.fields
    r = dice(world.seed, f"survey {deal.entry.name}", survey)
    _answer(
        world,
        today,
        r,
        f"f-{deal.entry.name}-{survey}",
        rep_id=fields["rep_id"],
        customer_id=fields["customer_id"],
        deal_id=deal.entry.name,
    )


def ask_customers(world: World, desk: Desk, today: Today, r: Random) -> None:
    """Now and then one of the rep's customers answers how things are going."""
    if desk.customers and chance(r, CUSTOMERS_A_DAY):
        customer = desk.customers[between(r, 0, len(desk.customers) - 1)]
        name = desk.new_id("f")
        _answer(world, today, r, name, rep_id=desk.rep.id, customer_id=customer.entry.name, deal_id=None)


def _answer(
    world: World, today: Today, r: Random, name: str, *, rep_id: str, customer_id: str | None, deal_id: str | None
) -> None:
    scale = SCALES.draw(r)
    content = chance(r, world.skill(rep_id, today).happy)
    second = between(r, 6 * 3600, 22 * 3600)
    entry = Versioned(
        "feedback",
        name,
        rep_id=rep_id,
        occurred_at=today.stamp(second),
        scale=scale,
        value=(_CONTENT if content else _DISCONTENT)[scale].draw(r),
        customer_id=customer_id,
        deal_id=deal_id,
        comment=_comment(r, content=content) if chance(r, 0.12) else None,
    )
    entry.publish(today, second)
    if chance(r, 0.03):
        world.agenda.put(today.ordinal + between(r, 1, 9), partial(_edit, world, entry))
    elif chance(r, 0.01):
        world.agenda.put(today.ordinal + between(r, 1, 9), partial(_withdraw, second, entry))


def _comment(r: Random, *, content: bool) -> str:
    comments = PRAISE if content else COMPLAINTS
    return comments[between(r, 0, len(comments) - 1)]


def _edit(world: World, entry: Versioned, today: Today) -> None:
    """The customer thinks again: another answer on the same scale, given at the same time as before."""
    r = dice(world.seed, f"edit {entry.name}", today.ordinal)
    entry.fields["value"] = (_CONTENT if chance(r, 0.6) else _DISCONTENT)[entry.fields["scale"]].draw(r)
    entry.publish(today, between(r, 6 * 3600, 22 * 3600))


def _withdraw(second: int, entry: Versioned, today: Today) -> None:
    entry.delete(today, second)
