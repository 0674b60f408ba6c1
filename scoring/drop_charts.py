"""Drop charts: every chart of a subject as it stands on a date, from the shared weeks under the norms in force.

A chart is drawn whole on every date that is decided: a function of the weeks since its restart, never updated in the order in
which records came. So new norms, and a new scorecard, redraw it from the same weeks; neither restarts it, for all of its
weeks are measured by the same one (method.md section 8 restarts at a new scorecard, for charts that are carried on).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from scoring.budget import WEEKS_A_YEAR, points_a_year, threshold_for
from scoring.chart import ChartWeek
from scoring.chart_rule import ChartRule, chartable, starting_precision
from scoring.choices import People
from scoring.course import Course, Courses, Ground
from scoring.drops import Run, runs
from scoring.facts import COMPANY
from scoring.fiscal import FiscalCalendar
from scoring.norms import MetricNorm, Norms
from scoring.presence import Attendance, ramp_end
from scoring.quarter import YEAR_WEEKS, is_positive
from scoring.ratio_charts import RatioCharts
from scoring.scorecard import Scorecard
from scoring.weekly import shared_weeks
from scoring.weeks import DAYS

LONG_ABSENCE_DAYS: Final = 28
"""An absence as long as the shortest score window restarts a rep's charts. Shorter ones leave weeks without days, no more: were
every holiday a restart, a chart would rarely be old enough to tell of a fall (method.md does not say how long)."""


def charted_weeks(as_of: int, calendar: FiscalCalendar) -> range:
    """The Mondays of the weeks that charts are drawn from: complete on the date, from a year before its quarter on.

    The first is the same throughout a quarter. With one that moved on every week, blocks of several weeks would be cut anew
    each time, and an alarm come and go without any new evidence.

    >>> thursday = 7 * 105_000 + 4
    >>> weeks = charted_weeks(thursday, FiscalCalendar())
    >>> weeks == charted_weeks(thursday - 1, FiscalCalendar()), 52 <= len(weeks) <= 66
    (True, True)
    """
    shared = shared_weeks(as_of)
    first = calendar.quarter(as_of).first - DAYS * YEAR_WEEKS
    return range(max(shared.start, shared.start - (shared.start - first) // DAYS * DAYS), shared.stop, DAYS)


class DropCharts:
    """The charts of subjects on one date."""

    def __init__(self, ground: Ground, scorecard: Scorecard, norms: Norms, as_of: int) -> None:
        """Nothing is drawn before it is asked for."""
        self._ground, self._scorecard, self._norms, self._as_of = ground, scorecard, norms, as_of
        self._courses = Courses(ground, scorecard, norms, charted_weeks(as_of, scorecard.calendar))
        self._ratios = RatioCharts(ground, scorecard, norms)
        self.metrics = tuple(
            metric for metric in self._courses.metrics if _has_chart(metric, scorecard, norms, self._ratios)
        )
        """The metrics that have a chart: scored in a pillar that counts, told by weeks, collected, and of known noise.

        What a scorecard states for want of peers is no measured noise: until there are peers, only rates have charts. Nor has a
        ratio of which nobody knows the single records (refunds of revenue, ROI): see `scoring.ratio_charts` for the others."""
        self._thresholds: dict[str, float] = {}
        self._members = _members(ground, as_of)

    def of(self, subjects: Sequence[str]) -> dict[str, tuple[Run, ...]]:
        """The runs of every chart of some subjects, by subject; none of a rep that has left, or of whom nothing is recorded.

        They restart (`scoring.drops.runs`) on the day of a team move, at the end of the ramp, and after an absence of
        `LONG_ABSENCE_DAYS` or more; groups never. They begin after the first week of which there is a row, for records mostly
        begin in the middle of one.

        Source: method.md section 8.
        """
        begun = {subject: starts for subject in subjects if (starts := self._starts(subject))}
        if not begun:
            return {}
        course = Course(*(each.tolist() for each in self._courses.of(list(begun))))
        return {
            subject: tuple(run for metric in self.metrics for run in self._runs(subject, metric, place, course, starts))
            for place, (subject, starts) in enumerate(begun.items())
        }

    def threshold(self, subject: str) -> float:
        """The alarm limit h of a subject's charts: as many false alarms a year as the scorecard's budget allows, or fewer.

        Charts of a team are its members' and its own, so they share the budget and have the same h; those of a territory or the
        company are its own alone. How many points they draw is counted by what peers had in the norms' weeks, so h stands still
        as the norms do; a metric without any is taken to draw the most there are, one a week.

        Source: method.md section 8.
        """
        whole, members = self._shares_budget(subject)
        if whole not in self._thresholds:
            of_each, of_whole = 0.0, 0.0
            for metric in self.metrics:
                of_each += self._points(metric, 1)
                of_whole += self._points(metric, max(1, self._members[whole]))
            chosen = self._scorecard.drops
            self._thresholds[whole] = threshold_for(
                1, members * of_each + of_whole, chosen.false_alerts, least=chosen.alarm
            )
        return self._thresholds[whole]

    def _shares_budget(self, subject: str) -> tuple[str, int]:
        """Whose budget a subject's charts spend, and with the charts of how many reps."""
        if subject.startswith("rep:"):
            subject = "team:" + self._ground.people.roster.team_on(subject.removeprefix("rep:"), self._as_of)
        return subject, self._members["in " + subject] if subject.startswith("team:") else 0

    def _points(self, metric: str, of_reps: int) -> float:
        """Points that a chart of so many reps together draws a year."""
        norms, own = self._norms, self._norms.metrics[metric].own
        weeks = (norms.before - norms.first_week) / DAYS
        if not (norms.first_week and own and weeks > 0):
            return WEEKS_A_YEAR
        n_a_week = math.fsum(n for n, _, _ in own.values()) / len(own) / weeks
        return points_a_year(of_reps * n_a_week, self._scorecard.block(metric))

    def _starts(self, subject: str) -> list[int]:
        weeks, rows = self._courses.weeks, self._ground.rows.get(subject, {})
        first = next((week for week in weeks if week in rows), None)
        if first is None:
            return []
        if not subject.startswith("rep:"):
            return [first + DAYS]
        rep = subject.removeprefix("rep:")
        attendance = self._ground.people.attendances.get(rep, _ALWAYS)
        if attendance.left is not None and attendance.left < self._as_of:
            return []
        begun = max(first + DAYS, attendance.hired or 0)
        found = {begun, *_moves(self._ground, rep), *_returns(attendance, self._scorecard.people)}
        return sorted(day for day in found if begun <= day <= self._as_of)

    def _runs(self, subject: str, metric: str, place: int, course: Course, starts: Sequence[int]) -> tuple[Run, ...]:
        norm = self._norms.metrics[metric]
        kind, positive = norm.norm.kind, is_positive(metric)
        rule = ChartRule(
            kind,
            starting_precision(kind, norm.norm.level, norm.norm.spread, positive=positive),
            positive,
            norm.higher_is_better,
            self._scorecard.block(metric),
            self.threshold(subject),
            self._scorecard.drops.warning,
        )
        if kind == "ratio":
            return runs(metric, self._ratios.weeks(subject, metric, self._courses.weeks), dict.fromkeys(starts, rule))
        row = self._courses.metrics.index(metric)
        figures = (each[place][row] for each in course)
        dispersion = _dispersion(norm)
        weeks = [
            ChartWeek(monday, n, total, base, expected, rest, dispersion)
            for monday, n, total, base, expected, rest in zip(self._courses.weeks, *figures, strict=True)
            if n > 0 and base > 0
        ]
        return runs(metric, weeks, dict.fromkeys(starts, rule))


_ALWAYS: Final = Attendance()


def _has_chart(metric: str, scorecard: Scorecard, norms: Norms, ratios: RatioCharts) -> bool:
    norm = norms.metrics[metric]
    of, pillar = norm.norm, next(scored.pillar for scored in scorecard.metrics if scored.metric == metric)
    if not norm.collected or scorecard.pillars[pillar] <= 0:
        return False
    if of.kind != "rate" and not of.peers:
        return False
    if of.kind == "ratio":
        return chartable(of.kind, of.level, of.spread, ratios.variance(metric))
    return chartable(of.kind, of.level, of.spread, _dispersion(norm), positive=is_positive(metric))


def _dispersion(norm: MetricNorm) -> float:
    """As `ChartWeek` takes it."""
    return {"rate": 1.0, "sum": norm.norm.phi}.get(norm.norm.kind, norm.norm.within)


def _members(ground: Ground, as_of: int) -> Counter[str]:
    """How many reps are part of each group on the date, and under `in team:<id>` how many are members of the team itself."""
    found: Counter[str] = Counter()
    roster = ground.people.roster
    for rep in roster.reps.keys() | ground.rows_of_reps().keys():
        left = ground.people.attendances.get(rep, _ALWAYS).left
        if left is not None and left < as_of:
            continue
        team, territory = roster.team_on(rep, as_of), roster.territory_on(rep, as_of)
        found["in team:" + team] += 1
        found.update("team:" + of for of in roster.line_of(team))
        found.update(["territory:" + territory] if territory is not None else [])
        found[COMPANY] += 1
    return found


def _moves(ground: Ground, rep: str) -> Iterator[int]:
    """The first days in another team."""
    for past, then in pairwise(ground.people.roster.memberships(rep)):
        if past.team != then.team:
            yield past.until


def _returns(attendance: Attendance, people: People) -> Iterator[int]:
    """The days after the ramp and after long absences; those that overlap or follow on each other are one."""
    if attendance.hired is not None:
        yield ramp_end(attendance.hired, people.ramp)
    if not attendance.absences:
        return
    first, last = min(away for away, _ in attendance.absences) - 1, max(back for _, back in attendance.absences) + 1
    there = Attendance(absences=attendance.absences).stretches(first, last)
    for (_, before), (after, _) in pairwise(there):
        if after - before > LONG_ABSENCE_DAYS:
            yield after
