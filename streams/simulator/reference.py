"""Reference data: teams, reps and their moves, rates, the market, interventions; each when it becomes known."""

from __future__ import annotations

from datetime import date, timedelta

from streams.simulator.catalogue import CURRENCIES
from streams.simulator.company import Plan, Rep, Team
from streams.simulator.dice import dice, normal
from streams.simulator.market import exchange_rate, market_index
from streams.simulator.targets import publish_targets
from streams.simulator.versions import Today
from streams.simulator.workdays import month_in_quarter, weekday

RATES_BEFORE_DAYS = 7
_MONDAY = 0
_LAST_MONTH = 2


def publish_reference(plan: Plan, today: Today) -> None:
    """Publish what becomes known today; on the first day all that holds already, rates of the week before included."""
    first = today.day == plan.start
    if first:
        for team in (*plan.parents, *plan.teams):
            _team(team, today)
    for rep in plan.reps:
        if _news(plan, rep, today.day):
            _rep(plan, rep, today)
    _rates(plan, today, RATES_BEFORE_DAYS if first else 0)
    if first or weekday(today.ordinal) == _MONDAY:
        _market(plan, today)
    publish_targets(plan, today)
    _interventions(plan, today)


def _team(team: Team, today: Today) -> None:
    today.add(1, "team", team.id, name=team.name, manager=team.manager, parent=team.parent)


def _news(plan: Plan, rep: Rep, day: date) -> bool:
    """Whether the rep's record changes: two weeks before joining and leaving, and when changing teams."""
    leaving = rep.leaving_announced_on
    return day in {max(plan.start, rep.announced_on), leaving and max(plan.start, leaving), rep.moves_on}


def _rep(plan: Plan, rep: Rep, today: Today) -> None:
    leaving = rep.leaving_announced_on
    now = rep.team_on(today.day)
    before = [] if now == rep.team or rep.moves_on is None else [(rep.team, rep.moves_on)]
    history = [
        {"team_id": plan.teams[n].id, "territory": plan.teams[n].territory, "until": until.isoformat()}
        for n, until in before
    ]
    today.add(
        10 + rep.number % 600,
        "rep",
        rep.id,
        team_id=plan.teams[now].id,
        territory=plan.teams[now].territory,
        history=history or None,
        name=rep.name,
        manager=plan.teams[now].manager,
        hired_on=rep.hired_on.isoformat(),
        left_on=rep.left_on.isoformat() if rep.left_on and leaving and leaving <= today.day else None,
    )


def _rates(plan: Plan, today: Today, days_before: int) -> None:
    for ordinal in range(today.ordinal - days_before, today.ordinal + 1):
        day = Today.of(ordinal).iso
        for currency in CURRENCIES:
            today.add(
                5,
                "fx_rate",
                f"{currency}:{day}",
                currency=currency,
                date=day,
                rate=exchange_rate(plan.seed, currency, ordinal),
            )


def _market(plan: Plan, today: Today) -> None:
    index = market_index(plan.seed, -1, today.ordinal)
    today.add(6, "market", f"all:{today.iso}", date=today.iso, index=index)
    for n, territory in enumerate(plan.territories):
        today.add(
            6,
            "market",
            f"{territory}:{today.iso}",
            segment=territory,
            date=today.iso,
            index=market_index(plan.seed, n, today.ordinal),
        )


def _interventions(plan: Plan, today: Today) -> None:
    """What is done about it: coaching for the two who change, training after a move, incentives late in a quarter."""
    second = 9 * 3600
    slides, improves, moves = plan.slides, plan.improves, plan.moves
    due: list[tuple[date, str, str, str, str | None, str]] = []
    if slides is not None and slides.turns_on is not None:
        due.append(
            (slides.turns_on + timedelta(days=35), "rep", slides.id, "coaching", "win_rate", "weekly deal reviews")
        )
    if improves is not None and improves.turns_on is not None:
        due.append((improves.turns_on, "rep", improves.id, "coaching", "win_rate", "a mentor for discovery calls"))
    if moves is not None and moves.moves_on is not None and moves.moves_to is not None:
        team = plan.teams[moves.moves_to].id
        due.append(
            (moves.moves_on + timedelta(days=14), "team", team, "training", "csat", "active listening, two days")
        )
    if (
        today.day.day == 1
        and month_in_quarter(today.day) == _LAST_MONTH
        and normal(dice(plan.seed, "incentive", today.ordinal)) > 0.0
    ):
        due.append((today.day, "company", "company", "incentive", "net_revenue", "bonus on the quarter's last month"))
    for day, subject, subject_id, kind, metric, note in due:
        if day == today.day:
            today.add(
                second, "intervention", f"i-{subject_id}-{today.iso}", subject=subject, subject_id=subject_id,
                started_at=today.stamp(second), kind=kind, metric=metric, note=note,
            )  # fmt: skip
