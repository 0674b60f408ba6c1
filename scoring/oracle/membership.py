"""Membership: to which groups a rep belongs on a day, which subjects are named, and who was present."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from scoring.oracle.versions import InForce
from scoring.presence import Attendance

Subject = tuple[str, str]
"""Kind (rep, team, territory, company) and id."""

COMPANY: Subject = ("company", "company")
UNASSIGNED = "unassigned"


class Memberships:
    """The rep, team and absence records in force, and what follows from them."""

    def __init__(self, records: Iterable[InForce]) -> None:
        reference = [held.record for held in records if held.record.type in {"rep", "team", "absence"}]
        self.reps: dict[str, Any] = {record.id: record for record in reference if record.type == "rep"}
        self._parents: dict[str, str | None] = {r.id: r.parent for r in reference if r.type == "team"}
        self._absences: list[Any] = [record for record in reference if record.type == "absence"]

    def team(self, rep_id: str, day: date) -> str:
        """The rep's own team on a day; `unassigned` without a rep record."""
        return self._place(rep_id, day)[0]

    def territory(self, rep_id: str, day: date) -> str | None:
        """The rep's territory on a day; None without one."""
        return self._place(rep_id, day)[1]

    def groups(self, rep_id: str, day: date) -> list[Subject]:
        """All groups of the rep on a day: its team, that team's ancestors, its territory if any, the company."""
        team_id, territory = self._place(rep_id, day)
        territories = [] if territory is None else [("territory", territory)]
        return [*self.lineage(team_id), *territories, COMPANY]

    def lineage(self, team_id: str) -> list[Subject]:
        """A team, its parent, the parent's parent, and so on."""
        line = [team_id]
        while (parent := self._parent(line[-1])) is not None:
            line.append(parent)
        return [("team", team) for team in line]

    def named(self) -> set[Subject]:
        """Every rep, team and territory that a rep or a team record is about or names."""
        subjects: set[Subject] = {("rep", rep_id) for rep_id in self.reps}
        for rep in self.reps.values():
            for place in [rep, *(rep.history or ())]:
                subjects.add(("team", place.team_id))
                if place.territory is not None:
                    subjects.add(("territory", place.territory))
        for team_id, parent in self._parents.items():
            subjects.update(("team", team) for team in (team_id, parent) if team is not None)
        return subjects

    def days_present(self, days: Sequence[date], without_record: Iterable[str]) -> Counter[Subject]:
        """Days present in a window: of every rep, and for every group summed over its members of each day.

        A rep with a record is present while hired and not absent. Reps without one (`without_record`) are hired always
        and count whole in the groups of team `unassigned`, whatever absences they have of their own.
        """
        present: Counter[Subject] = Counter()
        for rep_id, rep in self.reps.items():
            away = self._away(rep_id)
            for day in days:
                hired = (rep.hired_on is None or rep.hired_on <= day) and (rep.left_on is None or day <= rep.left_on)
                if hired and not _covered(day, away):
                    present.update([("rep", rep_id), *self.groups(rep_id, day)])
        for rep_id in without_record:
            away = self._away(rep_id)
            present["rep", rep_id] = sum(not _covered(day, away) for day in days)
            for day in days:
                present.update(self.groups(rep_id, day))
        return present

    def attendances(self) -> dict[str, Attendance]:
        """When each rep was there who has a record or an absence."""
        found = {}
        for rep_id in {*self.reps, *(absence.rep_id for absence in self._absences)}:
            rep = self.reps.get(rep_id)
            hired, left = (None, None) if rep is None else (rep.hired_on, rep.left_on)
            away = tuple((start.toordinal(), end.toordinal()) for start, end in self._away(rep_id))
            found[rep_id] = Attendance(hired and hired.toordinal(), left and left.toordinal(), away)
        return found

    def _place(self, rep_id: str, day: date) -> tuple[str, str | None]:
        """Team and territory: the history entry that ends first after the day, else the current ones."""
        if rep_id not in self.reps:
            return UNASSIGNED, None
        rep = self.reps[rep_id]
        for earlier in sorted(rep.history or (), key=lambda entry: entry.until):
            if day < earlier.until:
                return earlier.team_id, earlier.territory
        return rep.team_id, rep.territory

    def _parent(self, team_id: str) -> str | None:
        """The team above; None also for a team that would come to stand above itself."""
        seen: list[str] = []
        above = self._parents.get(team_id)
        while above is not None and above not in seen:
            if above == team_id:
                return None
            seen.append(above)
            above = self._parents.get(above)
        return self._parents.get(team_id)

    def _away(self, rep_id: str) -> list[tuple[date, date]]:
        return [(absence.start, absence.end) for absence in self._absences if absence.rep_id == rep_id]


def _covered(day: date, periods: Iterable[tuple[date, date]]) -> bool:
    return any(start <= day <= end for start, end in periods)
