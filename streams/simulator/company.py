"""The company of a run: territories, teams, people and what will become of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Literal

from streams.simulator.catalogue import FIRST_NAMES, LAST_NAMES, MANAGERS, TERRITORIES
from streams.simulator.dice import between, dice, lognormal, normal
from streams.simulator.workdays import weekday, workday_from

Story = Literal["steady", "slides", "improves"]

EARLIEST_START = date(1990, 1, 1)
ANNOUNCED_DAYS = 14
"""How long before a hire begins or somebody leaves the CRM knows it."""

LATEST_END = date(2198, 1, 1)
MOST_REPS = 100_000


@dataclass(frozen=True, slots=True)
class Team:
    """A team of reps, or a parent team without members of its own (then `number` is -1)."""

    number: int
    id: str
    name: str
    territory: str | None
    manager: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Rep:
    """A rep: who, since when, in which team until when, and how able.

    `win`, `lose` and `effort` are factors around 1, `happy` the share of content customers. `story` happens between
    `turns_on` and `settles_on`; from then on it stays.
    """

    number: int
    id: str
    name: str
    team: int
    hired_on: date
    win: float
    lose: float
    happy: float
    effort: float
    left_on: date | None = None
    moves_on: date | None = None
    moves_to: int | None = None
    story: Story = "steady"
    turns_on: date | None = None
    settles_on: date | None = None

    def team_on(self, day: date) -> int:
        """The number of the team on that day."""
        if self.moves_on is not None and self.moves_to is not None and day >= self.moves_on:
            return self.moves_to
        return self.team

    @property
    def announced_on(self) -> date:
        """When the CRM first knows of the rep, in a run that has begun by then."""
        return self.hired_on - timedelta(days=ANNOUNCED_DAYS)

    @property
    def leaving_announced_on(self) -> date | None:
        """When the CRM first knows that the rep leaves; None if that does not happen."""
        return None if self.left_on is None else self.left_on - timedelta(days=ANNOUNCED_DAYS)

    def employed_on(self, day: date) -> bool:
        """Whether employed: from `hired_on` on, before `left_on`."""
        return self.hired_on <= day and (self.left_on is None or day < self.left_on)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided before the run begins: the company; who slides, improves, joins, moves or leaves, and when."""

    seed: int
    start: date
    days: int
    territories: tuple[str, ...]
    parents: tuple[Team, ...]
    teams: tuple[Team, ...]
    reps: tuple[Rep, ...]

    @property
    def slides(self) -> Rep | None:
        """The rep who gets worse from `turns_on` on, two thirds of the run: wins, satisfaction, activity.

        None for one rep alone.
        """
        return next((rep for rep in self.reps if rep.story == "slides"), None)

    @property
    def improves(self) -> Rep | None:
        """The rep who gets better from `turns_on` on, a third of the run; None for fewer than three reps."""
        return next((rep for rep in self.reps if rep.story == "improves"), None)

    @property
    def moves(self) -> Rep | None:
        """The rep who changes teams in the middle of the run; None for fewer than four reps."""
        return next((rep for rep in self.reps if rep.moves_on is not None), None)

    @property
    def leaves(self) -> tuple[Rep, ...]:
        """Those who leave during the run: from six reps on."""
        return tuple(rep for rep in self.reps if rep.left_on is not None)

    @property
    def hires(self) -> tuple[Rep, ...]:
        """Those who join during the run: from eight reps on."""
        return tuple(rep for rep in self.reps if rep.hired_on > self.start)

    def team_of(self, rep: Rep, day: date) -> Team:
        """The team of the rep on that day."""
        return self.teams[rep.team_on(day)]

    def territory_of(self, rep: Rep, day: date) -> str:
        """The territory of the rep's team on that day."""
        return self.teams[rep.team_on(day)].territory or self.territories[0]

    def date_at(self, share: float) -> date:
        """The day at which that share (0..1) of the run has passed."""
        return self.start + timedelta(days=int(self.days * share))


def plan(*, seed: int, days: int, reps: int, start: date) -> Plan:
    """The company of a run and its story; the same for the same arguments.

    Args:
        seed: 0 or more.
        days: Length of the run in calendar days, 1 or more. It sets the dates of the story alone: people and their
            abilities do not depend on it.
        reps: 1 to 100,000, those who join later included.
        start: The first day.

    Raises:
        ValueError: An argument is out of its range.

    >>> p = plan(seed=1, days=90, reps=12, start=date(2025, 1, 1))
    >>> p.slides.id, p.slides.turns_on.isoformat(), p.improves.id, p.improves.turns_on.isoformat()
    ('r-3', '2025-03-02', 'r-6', '2025-01-31')
    """
    _check(seed=seed, days=days, reps=reps, start=start)
    territories = tuple(TERRITORIES)[: 1 + (reps >= 6) + (reps >= 12)]  # noqa: PLR2004 - as in the docstrings of Plan
    parents = (
        Team(-1, "t-sales", "Sales", None, f"{MANAGERS[0]}@example.com", None),
        *(
            Team(-1, f"t-{name}", name.upper(), None, _manager(n), "t-sales")
            for n, name in enumerate(territories, start=1)
        ),
    )
    teams = tuple(_team(n, territories) for n in range(max(len(territories), 1 + (reps >= 4), (reps + 3) // 6)))  # noqa: PLR2004
    people = [_rep(seed, n, len(teams), start) for n in range(reps)]
    drafted = Plan(seed, start, days, territories, parents, teams, tuple(people))
    return replace(drafted, reps=_cast(drafted, dice(seed, "story"), people))


def _check(*, seed: int, days: int, reps: int, start: date) -> None:
    if seed < 0:
        raise ValueError(f"seed {seed} is negative: give a whole number of 0 or more")
    if days < 1:
        raise ValueError(f"days {days} is below 1: give the length of the run in calendar days")
    if not 1 <= reps <= MOST_REPS:
        raise ValueError(f"reps {reps} is not within 1..{MOST_REPS}")
    if start < EARLIEST_START or days > (LATEST_END - start).days:
        raise ValueError(f"a run of {days} days from {start} is not within {EARLIEST_START}..{LATEST_END}")


def _manager(number: int) -> str:
    """An address alerts can go to; distinct however many teams there are."""
    turn, place = divmod(number, len(MANAGERS))
    return f"{MANAGERS[place]}{turn or ''}@example.com"


def _team(number: int, territories: tuple[str, ...]) -> Team:
    territory = territories[number % len(territories)]
    name = f"{territory.upper()} {number // len(territories) + 1}"
    return Team(number, f"t-{number + 1}", name, territory, _manager(number + 1 + len(territories)), f"t-{territory}")


def _rep(seed: int, number: int, teams: int, start: date) -> Rep:
    r = dice(seed, "rep", number)
    name = f"{FIRST_NAMES[between(r, 0, len(FIRST_NAMES) - 1)]} {LAST_NAMES[between(r, 0, len(LAST_NAMES) - 1)]}"
    win = lognormal(r, 1.0, 0.15)
    return Rep(
        number=number,
        id=f"r-{number + 1}",
        name=name,
        team=number % teams,
        hired_on=start - timedelta(days=between(r, 400, 3000)),
        win=win,
        lose=1.0 / win,
        happy=min(0.92, max(0.62, 0.78 + 0.05 * normal(r))),
        effort=lognormal(r, 1.0, 0.08),
    )


def _cast(drafted: Plan, r: Random, people: list[Rep]) -> tuple[Rep, ...]:
    """Hand out the parts, each to another rep, as far as there are reps for it."""
    order = sorted(people, key=lambda _: r.random())
    reps, days = len(people), drafted.days
    if reps >= 2:  # noqa: PLR2004
        rep, on = order.pop(), drafted.date_at(2 / 3)
        people[rep.number] = replace(
            rep,
            story="slides",
            turns_on=on,
            settles_on=_after(on, min(14, days // 12)),
            win=1.1,
            lose=0.9,
            happy=0.84,
            effort=1.05,
        )
    if reps >= 3:  # noqa: PLR2004
        rep, on = order.pop(), drafted.date_at(1 / 3)
        people[rep.number] = replace(
            rep,
            story="improves",
            turns_on=on,
            settles_on=_after(on, min(70, days // 4)),
            win=0.7,
            lose=1.45,
            happy=0.6,
            effort=0.88,
        )
    if reps >= 4:  # noqa: PLR2004
        rep = order.pop()
        moves_to = (rep.team + 1) % len(drafted.teams)
        people[rep.number] = replace(rep, moves_on=_workday(drafted, rep, 0.5), moves_to=moves_to)
    for n in range((reps >= 6) + reps // 40):  # noqa: PLR2004
        rep = order.pop()
        people[rep.number] = replace(rep, left_on=_workday(drafted, rep, 0.55 + 0.02 * (n % 10)))
    for n in range((reps >= 8) + reps // 15):  # noqa: PLR2004
        rep = order.pop()
        hired_on = _workday(drafted, rep, 0.2 + 0.08 * (n % 6))
        people[rep.number] = replace(rep, hired_on=max(hired_on, drafted.start))
    return tuple(people)


def _after(day: date, days: int) -> date:
    return day + timedelta(days=max(1, days))


def _workday(drafted: Plan, rep: Rep, share: float) -> date:
    """A working day, by preference a Monday, near that share of the run."""
    day = drafted.date_at(share).toordinal()
    monday = day - weekday(day)
    if monday > drafted.start.toordinal():
        day = monday
    return date.fromordinal(workday_from(drafted.territory_of(rep, drafted.start), day))
