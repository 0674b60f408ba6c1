"""People: who belongs to which group on a day, and what everybody is called, for the web server's thread alone.

The roster of the lanes keeps what it has worked out and is theirs to change; here is a copy, taken anew whenever that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from scoring.facts import COMPANY
from scoring.roster import Roster

__all__ = ["Groups", "People"]

Groups = Mapping[str, list[str]]
"""By subject key of a group, the ids of the reps in it; teams hold those of teams below."""


class People:
    """What the newest rep and team records say."""

    def __init__(self, live: Callable[[], Roster]) -> None:
        """`live` gives the roster that the worker keeps up to date."""
        self._live = live
        self._copy = Roster()
        self._of: int | None = None

    @property
    def roster(self) -> Roster:
        """The roster as it is now; a copy of our own."""
        live = self._live()
        if live.revision != self._of:
            revision = live.revision  # before: what changes meanwhile is copied the next time
            self._copy, self._of = live.copy(), revision
        return self._copy

    @property
    def revision(self) -> int:
        """Another one whenever an answer may be another."""
        return self._live().revision

    def name(self, subject: str, subject_id: str) -> str | None:
        """What a rep or team is called; None where no record says."""
        roster = self.roster
        record = {"rep": roster.reps, "team": roster.teams}.get(subject, {}).get(subject_id)
        return None if record is None else record.name

    def manager(self, team_id: str) -> str | None:
        """Who leads a team; None where no record says."""
        team = self.roster.teams.get(team_id)
        return None if team is None else team.manager

    def parent(self, team_id: str) -> str | None:
        """The team above; None at the top and on a cycle of parents."""
        line = self.roster.line_of(team_id)
        return line[1] if len(line) > 1 else None

    def groups_of(self, rep_id: str, day: int) -> list[str]:
        """The subject keys of all groups that a rep belongs to on a day: its teams, nearest first, its territory, the company.

        None for a rep that has left, or is not hired yet.
        """
        roster = self.roster
        rep = roster.reps.get(rep_id)
        if rep is not None and not _is_there(rep.hired_on, rep.left_on, day):
            return []
        groups = ["team:" + team for team in roster.line_of(roster.team_on(rep_id, day))]
        territory = roster.territory_on(rep_id, day)
        if territory is not None:
            groups.append("territory:" + territory)
        return [*groups, COMPANY]

    def groups(self, rep_ids: Iterable[str], day: int) -> Groups:
        """The members of every group among some reps, on a day, in the order given."""
        found: dict[str, list[str]] = {}
        for rep_id in rep_ids:
            for group in self.groups_of(rep_id, day):
                found.setdefault(group, []).append(rep_id)
        return found


def _is_there(hired: date | None, left: date | None, day: int) -> bool:
    return (hired is None or hired.toordinal() <= day) and (left is None or day <= left.toordinal())
