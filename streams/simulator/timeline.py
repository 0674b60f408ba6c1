"""A run of the simulated CRM, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter

from streams.simulator.activities import evaluate, log_activities
from streams.simulator.company import plan
from streams.simulator.costs import publish_costs
from streams.simulator.customers import first_customers
from streams.simulator.deals import reassign, work_deals
from streams.simulator.dice import dice
from streams.simulator.feedback import ask_customers
from streams.simulator.leads import work_leads
from streams.simulator.openings import first_deals
from streams.simulator.reference import publish_reference
from streams.simulator.skills import skill_on
from streams.simulator.versions import Record, Today
from streams.simulator.world import Desk, World


def records(*, seed: int, days: int, reps: int, start: date) -> Iterator[Record]:
    """The records of a run in the order in which a CRM would publish them; arguments and promises as in `timeline`."""
    return (record for _, record in timeline(seed=seed, days=days, reps=reps, start=start))


def timeline(*, seed: int, days: int, reps: int, start: date) -> Iterator[tuple[datetime, Record]]:
    """The records of a run, each with the moment (aware, UTC, its `updated_at`) of publication; moments never fall.

    Days are made one by one as they are asked for: memory holds one day and what lives (open leads and deals,
    customers, what is due). A longer run begins with the records of a shorter one, but for the people of the story
    (see `Plan`), whose dates move with the length, and what such a person hands over or is given.

    Args:
        seed: 0 or more; the same seed gives the same records.
        days: Length in calendar days, 1 or more.
        reps: 1 to 100,000.
        start: The first day.

    Raises:
        ValueError: An argument is out of its range; raised at once, not at the first record.
    """
    return _days(World(plan(seed=seed, days=days, reps=reps, start=start)))


def _days(world: World) -> Iterator[tuple[datetime, Record]]:
    first = world.plan.start.toordinal()
    for ordinal in range(first, first + world.plan.days):
        today = Today.of(ordinal)
        _live(world, today)
        today.out.sort(key=itemgetter(0))
        midnight = datetime(today.day.year, today.day.month, today.day.day, tzinfo=UTC)
        for second, record in today.out:
            yield midnight + timedelta(seconds=second), record


def _live(world: World, today: Today) -> None:
    publish_reference(world.plan, today)
    world.attendance.publish(today)
    for desk in world.desks.values():
        if today.day == world.plan.start and desk.rep.employed_on(today.day):
            first_customers(world, desk, today)
            first_deals(world, desk, today)
        if today.day == desk.rep.left_on:
            _hand_over(world, desk, today)
    world.agenda.run(today)
    for desk in world.desks.values():
        if world.attendance.present(desk.rep, today):
            _work(world, desk, today)
    publish_costs(world, today)


def _work(world: World, desk: Desk, today: Today) -> None:
    """A rep's working day; each part has draws of its own."""
    number, skill = desk.rep.number, skill_on(desk.rep, today.day)
    log_activities(world, desk, today, dice(world.seed, "activities", number, today.ordinal), skill)
    r = dice(world.seed, "selling", number, today.ordinal)
    evaluate(world, desk, today, r, skill)
    ask_customers(world, desk, today, r)
    work_leads(world, desk, today, r)
    work_deals(world, desk, today, r, skill)


def _hand_over(world: World, desk: Desk, today: Today) -> None:
    """Whoever leaves hands open deals, leads and customers over to a team mate."""
    heir = world.keeper(desk.rep.id, today)
    if heir is desk:
        return
    second = world.work_second(dice(world.seed, "leaving", desk.rep.number), heir.rep, today)
    for deal in tuple(desk.deals):
        reassign(desk, deal, today, second, heir)
    for entry in (*(lead.entry for lead in desk.leads), *(customer.entry for customer in desk.customers)):
        entry.fields["rep_id"] = heir.rep.id
        entry.publish(today, second)
    heir.leads += desk.leads
    heir.customers += desk.customers
    desk.leads, desk.customers = [], []
