"""Work on open deals: they change stage, are edited, handed over, won or lost; each change is a new version.

Every working day an open deal may be lost or advance, with chances by stage. Only a deal in the last stage can be
won, so that won cycles are longer than lost ones, and wins follow the season of the quarter.
"""

from __future__ import annotations

from random import Random

from streams.simulator.catalogue import STAGES
from streams.simulator.closing import lose, win
from streams.simulator.dice import between, chance, count
from streams.simulator.market import season
from streams.simulator.openings import open_deal
from streams.simulator.skills import Skill
from streams.simulator.versions import Today
from streams.simulator.world import Deal, Desk, World

DIRECT_A_DAY = 0.18

_CHANCES = ((0.040, 0.105), (0.024, 0.080), (0.022, 0.105))
"""By stage: to be lost, and to advance (in the last: to be won), on a working day."""
_EDITED = 0.012
_REASSIGNED = 0.002


def work_deals(world: World, desk: Desk, today: Today, r: Random, skill: Skill) -> None:
    """A day's work of a rep on deals."""
    now, market = season(today.day), world.market(desk.rep, today)
    for deal in tuple(desk.deals):
        lost, advanced = _CHANCES[deal.stage]
        ripe = deal.stage == len(STAGES) - 1
        lost *= skill.lose * now.lose
        advanced *= skill.win * now.win * market if ripe else 1.0
        draw = r.random()
        if draw >= lost + advanced + _EDITED + _REASSIGNED:
            continue
        second = deal.entry.not_before(today, world.work_second(r, desk.rep, today))
        if draw < lost:
            desk.deals.remove(deal)
            lose(world, deal, today, r, second)
        elif draw < lost + advanced and ripe:
            desk.deals.remove(deal)
            win(world, desk, deal, today, r, second=second, closed_at=today.stamp(second))
        elif draw < lost + advanced:
            deal.stage += 1
            deal.entry.fields["stage"] = STAGES[deal.stage]
            deal.entry.publish(today, second)
        elif draw < lost + advanced + _EDITED:
            _edit(deal, today, r, second)
        elif (other := world.colleague(r, desk.rep, today)) is not None:
            reassign(desk, deal, today, second, world.desks[other.id])
    for _ in range(count(r, DIRECT_A_DAY * skill.effort * market)):
        open_deal(world, desk, today, r, second=world.work_second(r, desk.rep, today))


def reassign(desk: Desk, deal: Deal, today: Today, second: int, other: Desk) -> None:
    """Hand an open deal over to another desk."""
    desk.deals.remove(deal)
    other.deals.append(deal)
    deal.entry.fields.update(rep_id=other.rep.id, splits=None)
    deal.entry.publish(today, second)


def _edit(deal: Deal, today: Today, r: Random, second: int) -> None:
    """The customer wants more or less of it, or later."""
    if chance(r, 0.5):
        deal.list_price = round(deal.list_price * (0.7 + 0.6 * r.random()), 2)
        deal.entry.fields.update(list_price=deal.list_price, amount=round(deal.list_price, -1))
    deal.entry.fields["expected_close_on"] = Today.of(today.ordinal + between(r, 14, 60)).iso
    deal.entry.publish(today, second)
