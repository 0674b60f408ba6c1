"""Roster: who belonged to which team and territory on a day, and so which groups a subject's facts count in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from scoring.facts import COMPANY, split_members

UNASSIGNED = "unassigned"
FOREVER = 10**7
"""A day after all days."""


class Membership(NamedTuple):
    """A stretch of a rep's working life: `team` and `territory` (or None) on all days before `until`, after the one before."""

    until: int
    team: str
    territory: str | None


Weights = tuple[tuple[str, int], ...]
"""Groups (subject keys) and the weight with which facts count in each."""

Route = tuple[tuple[int, Weights], ...]
"""Where the facts of a subject go: stretches in order, each `(until, weights)`; the last one ends at `FOREVER`."""


def weights_on(route: Route, day: int) -> Weights:
    """The groups in which a fact of that day counts.

    >>> weights_on(((100, (("team:a", 1),)), (FOREVER, (("team:b", 1),))), 100)
    (('team:b', 1),)
    """
    for until, weights in route:
        if day < until:
            return weights
    return ()


class Roster:
    """Memberships of reps and the tree of teams, from the newest rep and team records.

    `revision` changes whenever an answer may have.
    """

    def __init__(self) -> None:
        """Start with nobody: every rep is in team `unassigned`."""
        self.reps: dict[str, Any] = {}
        self.teams: dict[str, Any] = {}
        self.revision = 0
        self._lines: dict[str, tuple[str, ...]] = {}
        self._named: set[str] | None = None

    def copy(self) -> Roster:
        """The roster as it is now: it knows of no later record."""
        copied = Roster()
        copied.reps, copied.teams, copied.revision = dict(self.reps), dict(self.teams), self.revision
        return copied

    def put(self, record_type: str, record_id: str, record: Any | None) -> bool:
        """Take the newest version of a rep or team record, None where it is deleted; whether that may move somebody."""
        held = self.reps if record_type == "rep" else self.teams
        before = held.get(record_id)
        if record is None:
            held.pop(record_id, None)
        else:
            held[record_id] = record
        self.revision += 1
        self._lines = {}
        self._named = None
        return bool(_place(record_type, before) != _place(record_type, record))

    def memberships(self, rep_id: str) -> list[Membership]:
        """The stretches of a rep's memberships, in order; the last one ends at `FOREVER`."""
        rep = self.reps.get(rep_id)
        if rep is None:
            return [Membership(FOREVER, UNASSIGNED, None)]
        earlier = [Membership(past.until.toordinal(), past.team_id, past.territory) for past in rep.history or ()]
        return [*sorted(earlier, key=lambda past: past.until), Membership(FOREVER, rep.team_id, rep.territory)]

    def team_on(self, rep_id: str, day: int) -> str:
        """The rep's team on a day; `unassigned` without a rep record."""
        return next(past.team for past in self.memberships(rep_id) if day < past.until)

    def territory_on(self, rep_id: str, day: int) -> str | None:
        """The rep's territory on a day; None without one."""
        return next(past.territory for past in self.memberships(rep_id) if day < past.until)

    def line_of(self, team_id: str) -> tuple[str, ...]:
        """The team and the teams above it, nearest first. Teams on a cycle of parents have none above."""
        line = self._lines.get(team_id)
        if line is None:
            line = self._lines[team_id] = tuple(self._climb(team_id))
        return line

    def _climb(self, team_id: str) -> Iterable[str]:
        seen, above = {team_id: 0}, self._parent(team_id)
        while above is not None:
            if above in seen:  # a cycle: its members are roots
                return list(seen)[: seen[above] + 1]
            seen[above] = len(seen)
            above = self._parent(above)
        return seen

    def _parent(self, team_id: str) -> str | None:
        team = self.teams.get(team_id)
        return None if team is None else team.parent

    def route(self, subject: str) -> Route:
        """Where the facts of a rep, a set of reps who share records, a team or the company count.

        A rep's count in its team, the teams above, its territory and the company. A set of reps counts against the groups
        that hold several of them, once less than that: so a shared record counts once a group. Source: contract.md section 4.
        """
        kind, _, subject_id = subject.partition(":")
        if kind == "rep":
            return tuple(
                (past.until, tuple((group, 1) for group in self._groups(past))) for past in self.memberships(subject_id)
            )
        if kind == "split":
            return self._split_route(split_members(subject))
        if kind == "team":
            return ((FOREVER, (*(("team:" + team, 1) for team in self.line_of(subject_id)), (COMPANY, 1))),)
        return ((FOREVER, ((COMPANY, 1),)),)

    def _groups(self, membership: Membership) -> list[str]:
        groups = ["team:" + team for team in self.line_of(membership.team)]
        if membership.territory is not None:
            groups.append("territory:" + membership.territory)
        return [*groups, COMPANY]

    def _split_route(self, members: list[str]) -> Route:
        by_member = [self.memberships(rep_id) for rep_id in members]
        ends = sorted({past.until for memberships in by_member for past in memberships})
        route = []
        for end in ends:
            counts: dict[str, int] = {}
            for memberships in by_member:
                there = next(past for past in memberships if end - 1 < past.until)
                for group in self._groups(there):
                    counts[group] = counts.get(group, 0) + 1
            route.append((end, tuple((group, 1 - count) for group, count in sorted(counts.items()) if count > 1)))
        return tuple(route)

    def named_groups(self) -> set[str]:
        """Teams and territories that a record of a team or a rep names, as subject keys; not to be changed."""
        if self._named is not None:
            return self._named
        groups = {"team:" + team for team in self.teams}
        groups |= {"team:" + team.parent for team in self.teams.values() if team.parent is not None}
        for rep_id in self.reps:
            for past in self.memberships(rep_id):
                groups.add("team:" + past.team)
                if past.territory is not None:
                    groups.add("territory:" + past.territory)
        self._named = groups
        return groups


def _place(record_type: str, record: Any | None) -> Any:
    """What of a rep or team record decides where facts count."""
    if record is None:
        return None
    return (record.team_id, record.territory, record.history) if record_type == "rep" else record.parent


def moved(
    old: Route, new: Route, panes: Mapping[int, Mapping[str, int]]
) -> Iterable[tuple[str, int, Mapping[str, int], int]]:
    """What a change of route changes in groups: group, day, amounts and the weight to add them with."""
    for day, amounts in panes.items():
        before, after = dict(weights_on(old, day)), dict(weights_on(new, day))
        for group in before.keys() | after.keys():
            weight = after.get(group, 0) - before.get(group, 0)
            if weight:
                yield group, day, amounts, weight
