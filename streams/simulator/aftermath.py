"""What happens to deals after they were closed: corrections, refunds, reopening, deletion, and surveys."""

from __future__ import annotations

from functools import partial
from random import Random

from streams.simulator.catalogue import CURRENCIES, STAGES
from streams.simulator.dice import Weighted, between, chance, dice
from streams.simulator.feedback import ask
from streams.simulator.versions import Today, Versioned
from streams.simulator.workdays import workday_from
from streams.simulator.world import Deal, World

_AFTER_WIN = Weighted(
    {
        "nothing": 0.842,
        "amount": 0.04,
        "currency": 0.015,
        "refund": 0.065,
        "reopened": 0.006,
        "deleted": 0.006,
        "restored": 0.006,
        "reassigned": 0.01,
        "split": 0.01,
    }
)
_AFTER_LOSS = Weighted({"nothing": 0.988, "deleted": 0.006, "revived": 0.006})


def after_win(world: World, deal: Deal, today: Today, r: Random, second: int) -> None:
    """Publish the won deal, and put down what will become of it."""
    fate = _AFTER_WIN.draw(r)
    if fate == "currency":
        # Typed in wrongly now, put right later.
        deal.entry.fields["currency"] = next(c for c in ("USD", *CURRENCIES) if c != deal.currency)
    deal.entry.publish(today, second)
    if fate == "refund":
        _later(world, deal, today, between(r, 5, 60), partial(_refund, world, deal))
    elif fate != "nothing":
        _later(world, deal, today, between(r, 1, 20), partial(_correct, world, deal, fate))
    if chance(r, 0.8):
        _later(world, deal, today, between(r, 7, 35), partial(ask, world, deal, 1), any_day=True)
    if chance(r, 0.3):
        _later(world, deal, today, between(r, 40, 75), partial(ask, world, deal, 2), any_day=True)


def after_loss(world: World, deal: Deal, today: Today, r: Random) -> None:
    """Put down what will become of a lost deal; hardly ever anything."""
    fate = _AFTER_LOSS.draw(r)
    if fate != "nothing":
        _later(world, deal, today, between(r, 2, 15), partial(_correct, world, deal, fate))


def _later(world: World, deal: Deal, today: Today, days: int, action: partial[None], *, any_day: bool = False) -> None:
    ordinal = today.ordinal + days
    if not any_day:
        ordinal = workday_from(world.territory(world.desks[deal.entry.fields["rep_id"]].rep, today), ordinal)
    world.agenda.put(ordinal, action)


def _moment(world: World, deal: Deal, what: str, today: Today) -> tuple[Random, int]:
    """Draws of their own for what happens to a deal today, and the second at which it does."""
    r = dice(world.seed, f"{what} {deal.entry.name}", today.ordinal)
    rep = world.desks[deal.entry.fields["rep_id"]].rep
    return r, deal.entry.not_before(today, world.work_second(r, rep, today))


def _correct(world: World, deal: Deal, fate: str, today: Today) -> None:
    """A correction of a closed deal."""
    entry, fields = deal.entry, deal.entry.fields
    r, second = _moment(world, deal, fate, today)
    if fate == "amount":
        fields["amount"] = round(fields["amount"] * (0.7 + 0.5 * r.random()), 2)
    elif fate == "currency":
        fields["currency"] = deal.currency
    elif fate in {"reopened", "revived"}:
        _reopen(world, deal, r, fate, today)
    elif fate in {"reassigned", "split"}:
        _credit(world, deal, r, fate, today)
    elif fate in {"deleted", "restored"}:
        entry.delete(today, second)
        if fate == "restored":
            _later(world, deal, today, 1, partial(_restore, world, deal))
        return
    entry.publish(today, second)


def _reopen(world: World, deal: Deal, r: Random, fate: str, today: Today) -> None:
    """A won deal whose customer backs out is open again, then lost; a lost one that wakes up is worked on again."""
    fields = deal.entry.fields
    fields.update(status="open", stage=STAGES[-1], closed_at=None, cost=None)
    if fate == "revived":
        desk = world.keeper(fields["rep_id"], today)
        fields["rep_id"] = desk.rep.id
        deal.stage = 1
        fields["stage"] = STAGES[1]
        desk.deals.append(deal)
    else:
        _later(world, deal, today, between(r, 3, 15), partial(_back_out, world, deal))


def _back_out(world: World, deal: Deal, today: Today) -> None:
    _, second = _moment(world, deal, "lost", today)
    deal.entry.fields.update(status="lost", stage="closed_lost", closed_at=today.stamp(second))
    deal.entry.publish(today, second)


def _restore(world: World, deal: Deal, today: Today) -> None:
    deal.entry.publish(today, _moment(world, deal, "restored", today)[1])


def _credit(world: World, deal: Deal, r: Random, fate: str, today: Today) -> None:
    """The win is somebody else's after all, or shared."""
    fields = deal.entry.fields
    rep = world.desks[fields["rep_id"]].rep
    other = world.colleague(r, rep, today)
    if other is None:
        return
    if fate == "reassigned":
        fields.update(rep_id=other.id, splits=None)
    else:
        fields["splits"] = [{"rep_id": rep.id, "share": 0.5}, {"rep_id": other.id, "share": 0.5}]


def _refund(world: World, deal: Deal, today: Today) -> None:
    """The customer gets a part back, once in four all of it."""
    fields = deal.entry.fields
    r, second = _moment(world, deal, "refund", today)
    share = 1.0 if chance(r, 0.25) else 0.1 + 0.5 * r.random()
    refund = Versioned(
        "refund",
        f"x-{deal.entry.name}",
        rep_id=fields["rep_id"],
        splits=fields["splits"] if chance(r, 0.7) else None,
        occurred_at=today.stamp(second),
        amount=f"{fields['amount'] * share:.2f}",
        currency=fields["currency"],
        deal_id=deal.entry.name,
    )
    refund.publish(today, second)
    if chance(r, 0.04):
        refund.delete(today, second + 1200)
