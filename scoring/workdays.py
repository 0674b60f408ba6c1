"""Workdays: on how many days of a week a rep, and the members of a group, were at work, and how much was expected of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from scoring.choices import People
from scoring.facts import COMPANY
from scoring.presence import Attendance, days_present, ramp_end, ramped_days
from scoring.roster import FOREVER, UNASSIGNED, Roster, Route
from scoring.weeks import DAYS

_ALWAYS: Final = Attendance()
_UNASSIGNED_GROUPS: Final = ("team:" + UNASSIGNED, COMPANY)


class Present(NamedTuple):
    """The days present in a week: as they are, and each as much as was expected of the day (`ramped`, at most `days`)."""

    days: float = 0.0
    ramped: float = 0.0


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
        self._routes: dict[str, Route] = {}
        self._settled: dict[str, int] = {}
        """By rep the first day on which all is expected of it."""

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
        found: dict[str, Present] = {}
        members: dict[str, list[Present]] = {}
        days = float(self._people.holidays.working_days(monday, last))
        usual = Present(days, days)
        for rep_id in self._roster.reps:
            subject = "rep:" + rep_id
            whole = found[subject] = self._of_rep(rep_id, monday, last, usual)
            start = monday
            for until, weights in self._route(subject):
                if start < until and start <= last:
                    inside = start == monday and until > last
                    there = whole if inside else self._of_rep(rep_id, start, min(last, until - 1))
                    for group, _ in weights:
                        members.setdefault(group, []).append(there)
                start = max(start, min(FOREVER, until))
        if self._unrecorded:
            for group in _UNASSIGNED_GROUPS:
                members.setdefault(group, []).append(Present(days * self._unrecorded, days * self._unrecorded))
        for group, of_members in members.items():
            found[group] = Present(*(math.fsum(column) for column in zip(*of_members, strict=True)))
        return found

    def _route(self, subject: str) -> Route:
        found = self._routes.get(subject)
        if found is None:
            found = self._routes[subject] = self._roster.route(subject)
        return found

    def _of_rep(self, rep_id: str, first: int, last: int, whole: Present | None = None) -> Present:
        """`whole` are the days, where at hand, of who is there on each of them and expected to do all of it."""
        attendance, people = self._attendances.get(rep_id, _ALWAYS), self._people
        settled = self._settled.get(rep_id)
        if settled is None:
            settled = self._settled[rep_id] = ramp_end(attendance.hired, people.ramp)
        if whole is not None and first >= settled and attendance.is_there(first, last):
            return whole
        days = float(days_present(attendance, first, last, people.holidays))
        if not days or first >= settled:
            return Present(days, days)
        return Present(days, ramped_days(attendance, first, last, people.holidays, people.ramp))
