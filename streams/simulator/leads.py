"""Leads: they come in, some qualify, some become deals; the rest are left as they are."""

from __future__ import annotations

from random import Random

from streams.simulator.catalogue import LEAD_SOURCES
from streams.simulator.dice import chance, count
from streams.simulator.openings import open_deal
from streams.simulator.versions import Today, Versioned
from streams.simulator.world import Desk, Lead, World

LEADS_A_DAY = 0.11
_QUALIFIES = 0.26
_UNFIT = 0.07
_CONVERTS = 0.30
_COOLS = 0.05
_SPAM = 0.01


def work_leads(world: World, desk: Desk, today: Today, r: Random) -> None:
    """A day's work of a rep on leads."""
    for lead in tuple(desk.leads):
        if lead.qualified:
            _try_to_convert(world, desk, lead, today, r)
        else:
            _try_to_qualify(world, desk, lead, today, r)
    for _ in range(count(r, LEADS_A_DAY * world.market(desk.rep, today))):
        second = world.work_second(r, desk.rep, today)
        source = LEAD_SOURCES.draw(r)
        entry = Versioned("lead", desk.new_id("l"), rep_id=desk.rep.id, created_at=today.stamp(second), source=source)
        entry.publish(today, second)
        if chance(r, _SPAM):
            entry.delete(today, second + 300)
        else:
            desk.leads.append(Lead(entry, source))


def _try_to_qualify(world: World, desk: Desk, lead: Lead, today: Today, r: Random) -> None:
    draw = r.random()
    if draw < _QUALIFIES:
        second = lead.entry.not_before(today, world.work_second(r, desk.rep, today))
        lead.qualified = True
        lead.entry.fields["qualified_at"] = today.stamp(second)
        lead.entry.publish(today, second)
    elif draw < _QUALIFIES + _UNFIT:
        desk.leads.remove(lead)


def _try_to_convert(world: World, desk: Desk, lead: Lead, today: Today, r: Random) -> None:
    draw = r.random()
    if draw < _CONVERTS:
        second = lead.entry.not_before(today, world.work_second(r, desk.rep, today))
        lead.entry.fields["converted_at"] = today.stamp(second)
        lead.entry.publish(today, second)
        desk.leads.remove(lead)
        open_deal(world, desk, today, r, second=second, lead=lead)
    elif draw < _CONVERTS + _COOLS:
        desk.leads.remove(lead)
