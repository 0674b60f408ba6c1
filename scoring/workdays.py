"""Workdays: on how many days of a week a rep, and the members of a group, were at work, and how much was expected of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple

from scoring.choices import People
from scoring.facts import COMPANY
from scoring.fiscal import monday_of
from scoring.presence import Attendance, days_present, ramp_end, ramped_days
from scoring.roster import FOREVER, UNASSIGNED, Roster
from scoring.weeks import DAYS

_ALWAYS: Final = Attendance()
_UNASSIGNED_GROUPS: Final = ("team:" + UNASSIGNED, COMPANY)


class Present(NamedTuple):
    """The days present in a week: as they are, and each as much as was expected of the day (`ramped`, at most `days`)."""

    days: float = 0.0
    ramped: float = 0.0


class _Habit(NamedTuple):
    """A rep's settled time, from its ramp's end to its leaving, the weeks of its absences, and its groups until some days."""

    rep_id: str
    settled: int
    until: int
    away: frozenset[int]
    groups: tuple[tuple[int, tuple[str, ...]], ...]

    def is_usual(self, monday: int) -> bool:
        """Whether all of it is expected on all working days of a week."""
        return self.settled <= monday and monday + DAYS - 1 <= self.until and monday not in self.away


class Workdays:
    """The days present of every subject, week by week, from the people records. A week is counted when it is first asked for."""

    def __init__(self, roster: Roster, attendances: Mapping[str, Attendance], people: People, unrecorded: int) -> None:
        """Take what is known of the people.

        Args:
            roster: the reps with a record, and their groups by the day.
            attendances: of reps with a record or an absence; anybody else was always there.
            people: ramp and holidays of the scorecard.
            unrecorded: how many reps have no record. In their groups they count whole, whatever absences they have.
        """
        self._roster = roster
        self._attendances = attendances
        self._people = people
        self._unrecorded = unrecorded
        self._weeks: dict[int, dict[str, Present]] = {}

    def present(self, subject: str, monday: int) -> Present:
        """The days of a rep, or of a group's members while they were members, from that Monday to the Sunday after it.

        Source: method.md sections 3 and 7 (ramp).
        """
        week = self._weeks.get(monday)
        if week is None:
            week = self._weeks[monday] = self._count(monday)
        found = week.get(subject)
        if found is None:  # a rep without a record, or a group without members
            if not subject.startswith("rep:"):
                return Present()
            found = self._of_rep(subject.removeprefix("rep:"), monday, monday + DAYS - 1)
        return found

    def _count(self, monday: int) -> dict[str, Present]:
        """Every rep with a record and every group, in one pass over the reps."""
        last = monday + DAYS - 1
        days = float(self._people.holidays.working_days(monday, last))
        usual = Present(days, days)  # of most reps
        found: dict[str, Present] = {}
        members: dict[str, list[Present]] = {}
        for subject, habit in self._habits.items():
            whole = usual if habit.is_usual(monday) else self._of_rep(habit.rep_id, monday, last)
            found[subject] = whole
            start = monday
            for until, groups in habit.groups:
                if start < until and start <= last:
                    inside = start == monday and until > last
                    there = whole if inside else self._of_rep(habit.rep_id, start, min(last, until - 1))
                    for group in groups:
                        members.setdefault(group, []).append(there)
                start = max(start, min(FOREVER, until))
        if self._unrecorded:
            for group in _UNASSIGNED_GROUPS:
                members.setdefault(group, []).append(Present(days * self._unrecorded, days * self._unrecorded))
        for group, of_members in members.items():
            found[group] = Present(*(math.fsum(column) for column in zip(*of_members, strict=True)))
        return found

    @cached_property
    def _habits(self) -> dict[str, _Habit]:
        found = {}
        for rep_id in self._roster.reps:
            subject, attendance = "rep:" + rep_id, self._attendances.get(rep_id, _ALWAYS)
            since = (
                0 if attendance.hired is None else max(attendance.hired, ramp_end(attendance.hired, self._people.ramp))
            )
            until = FOREVER if attendance.left is None else attendance.left
            mondays = (range(monday_of(start), end + 1, DAYS) for start, end in attendance.absences)
            away = frozenset(chain.from_iterable(mondays))
            route = self._roster.route(subject)
            groups = tuple((end, tuple(group for group, _ in weights)) for end, weights in route)
            found[subject] = _Habit(rep_id, since, until, away, groups)
        return found

    def _of_rep(self, rep_id: str, first: int, last: int) -> Present:
        attendance, people = self._attendances.get(rep_id, _ALWAYS), self._people
        days = float(days_present(attendance, first, last, people.holidays))
        if not days or first >= ramp_end(attendance.hired, people.ramp):
            return Present(days, days)
        return Present(days, ramped_days(attendance, first, last, people.holidays, people.ramp))
