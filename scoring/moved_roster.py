"""Moved roster: everybody where it belongs so many days later - the people of one date beside the days of another."""

from __future__ import annotations

from scoring.roster import FOREVER, Membership, Roster


class MovedRoster(Roster):
    """A roster as it is now, asked on each day for the memberships of `days` days later (below 0: before).

    Who has a record, and the tree of teams, are the same.
    """

    def __init__(self, roster: Roster, days: int) -> None:
        """Take the records; what the roster learns later does not count."""
        super().__init__()
        self.reps, self.teams = dict(roster.reps), dict(roster.teams)
        self._days = days

    def memberships(self, rep_id: str) -> list[Membership]:
        """The stretches of a rep's memberships, each ending so many days sooner; the last one at `FOREVER` as ever."""
        return [
            Membership(past.until if past.until == FOREVER else past.until - self._days, past.team, past.territory)
            for past in super().memberships(rep_id)
        ]
