"""What lives in a run: each rep's desk with open leads, open deals and customers, and what is due later."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from streams.simulator.attendance import Attendance
from streams.simulator.catalogue import HOURS_SECONDS, TERRITORIES
from streams.simulator.company import Plan, Rep
from streams.simulator.dice import between
from streams.simulator.market import market_index
from streams.simulator.skills import Skill, skill_on
from streams.simulator.versions import Agenda, Today, Versioned

_TRIES = 12


@dataclass(slots=True, eq=False)
class Lead:
    """A lead somebody still works on."""

    entry: Versioned
    source: str
    qualified: bool = False


@dataclass(slots=True, eq=False)
class Deal:
    """A deal; `stage` is its place in STAGES, `list_price` in `currency`, the right one whatever was typed in."""

    entry: Versioned
    list_price: float
    currency: str
    stage: int = 0


@dataclass(slots=True, eq=False)
class Customer:
    """A customer that has not churned; `term_days` is the length of the contract, renewed or not at its end."""

    entry: Versioned
    term_days: int


@dataclass(slots=True)
class Desk:
    """What a rep has at hand."""

    rep: Rep
    leads: list[Lead] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    entered: int = 0

    def new_id(self, letter: str) -> str:
        """An id for something entered at this desk: the rep's number and a running one."""
        self.entered += 1
        return f"{letter}-{self.rep.number + 1}-{self.entered}"


class World:
    """The state of a run on a day; its size is that of what lives, not of what has happened."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.seed = plan.seed
        self.agenda = Agenda()
        self.attendance = Attendance(plan)
        self.desks = {rep.id: Desk(rep) for rep in plan.reps}
        self._members: list[list[Rep]] = [[] for _ in plan.teams]
        for rep in plan.reps:
            self._members[rep.team].append(rep)
            if rep.moves_to is not None:
                self._members[rep.moves_to].append(rep)

    def territory(self, rep: Rep, today: Today) -> str:
        """The rep's territory today."""
        return self.plan.territory_of(rep, today.day)

    def skill(self, rep_id: str, today: Today) -> Skill:
        """The rep's skill today."""
        return skill_on(self.desks[rep_id].rep, today.day)

    def market(self, rep: Rep, today: Today) -> float:
        """The market of the rep's territory as a factor around 1."""
        segment = self.plan.territories.index(self.territory(rep, today))
        return market_index(self.seed, segment, today.ordinal) / 100.0

    def work_second(self, r: Random, rep: Rep, today: Today) -> int:
        """A second of today within the territory's hours of work."""
        return TERRITORIES[self.territory(rep, today)].opens + int(r.random() * HOURS_SECONDS)

    def members(self, rep: Rep, today: Today) -> list[Rep]:
        """The rep's team mates employed today, without the rep."""
        team = rep.team_on(today.day)
        return [
            mate
            for mate in self._members[team]
            if mate is not rep and mate.team_on(today.day) == team and mate.employed_on(today.day)
        ]

    def colleague(self, r: Random, rep: Rep, today: Today) -> Rep | None:
        """A team mate by lot; somebody else of the company if there is none, nobody if the rep is alone."""
        mates = self.members(rep, today)
        return mates[between(r, 0, len(mates) - 1)] if mates else self.outsider(r, rep, today)

    def outsider(self, r: Random, rep: Rep, today: Today) -> Rep | None:
        """Somebody of another team by lot; nobody if none was met in a few tries."""
        for _ in range(_TRIES):
            other = self.plan.reps[between(r, 0, len(self.plan.reps) - 1)]
            if other is not rep and other.employed_on(today.day) and other.team_on(today.day) != rep.team_on(today.day):
                return other
        return None

    def keeper(self, rep_id: str, today: Today) -> Desk:
        """The desk at which the rep's things lie today: the rep's own, or after leaving the first team mate's."""
        desk = self.desks[rep_id]
        if desk.rep.left_on is None or today.day < desk.rep.left_on:
            return desk
        mates = self.members(desk.rep, today) or [rep for rep in self.plan.reps if rep.employed_on(today.day)]
        return self.desks[mates[0].id] if mates else desk
