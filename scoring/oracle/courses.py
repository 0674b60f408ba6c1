"""Courses, one subject, week and metric at a time: what each did, what was to be expected, and the slopes that follow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from scoring.evidence import Evidence
from scoring.expectation import Expected, baseline, expected, rest_of
from scoring.maturation import cohort
from scoring.norming import COHORT
from scoring.norms import Norms
from scoring.oracle.deals import WEEK, deals_of
from scoring.oracle.membership import COMPANY, Memberships, Subject
from scoring.oracle.presence import expectation, there, working
from scoring.oracle.table import SUMS, UNITS
from scoring.oracle.versions import InForce
from scoring.quarter import OF_NO_WEEK
from scoring.scorecard import Scorecard
from scoring.slope import Slope, WeekPoint, fit
from scoring.weekly import WeekRow
from scoring.weeks import Opened

SUNDAY = timedelta(days=6)
FOLLOWS_MARKET = {
    "net_revenue", "deals_won", "leads_created", "win_rate", "cohort_win_rate", "lead_conversion_ratio"
}  # fmt: skip


class Courses:
    """What every subject did week by week, and how that changed."""

    def __init__(
        self,
        records: Iterable[InForce],
        memberships: Memberships,
        rows: Mapping[Subject, Mapping[int, WeekRow]],
        scorecard: Scorecard,
    ) -> None:
        ranked = sorted((held for held in records if held.record.type == "market"), key=lambda held: held.rank)
        self._market = {(held.record.segment, held.record.date): float(held.record.index) for held in ranked}
        self._memberships = memberships
        self._rows = rows
        self._scorecard = scorecard
        self._begun = min((week for of_subject in rows.values() for week in of_subject), default=None)
        self._attendances = memberships.attendances()
        self._days: dict[date, tuple[dict[Subject, float], dict[Subject, float]]] = {}

    def peers_slopes(self, norms: Norms, last: int, reps: Sequence[str]) -> dict[str, list[Slope]]:
        """By metric the slopes of some reps up to the week of that Monday."""
        found: dict[str, list[Slope]] = {}
        for rep in reps:
            for metric, slope in self.slopes(("rep", rep), norms, date.fromordinal(last)).items():
                found.setdefault(metric, []).append(slope)
        return found

    def slopes(self, subject: Subject, norms: Norms, last: date) -> dict[str, Slope]:
        """A subject's slope in each metric that has one, over the weeks up to the one of that Monday."""
        choices = self._scorecard.improvement
        mondays = [last - WEEK * back for back in reversed(range(choices.weeks))]
        found = {}
        for metric in [scored.metric for scored in self._scorecard.metrics if scored.metric not in OF_NO_WEEK]:
            norm = norms.metrics[metric]
            each = [self.week(subject, metric, monday, last, norms) for monday in mondays]
            weeks = [(own, Expected(of_week.value * ramp, of_week.rest)) for own, of_week, ramp in each]
            points = [
                WeekPoint(monday.toordinal(), own.n, own.total / own.base, of_week.value, of_week.rest + 20)
                for monday, (own, of_week) in zip(mondays, weeks, strict=True)
                if own.n > 0
            ]
            n = total = base = 0.0
            for own, _ in weeks:
                n, total, base = n + own.n, total + own.total, base + own.base
            if n > 0:
                of = norm.norm
                s2 = of.noise((n * (total / base) + of.weight * of.level) / (n + of.weight))
                lag = 0.0 if metric in SUMS else norm.lag
                slope = fit(points, last.toordinal(), s2, lag, weeks=choices.weeks, fewest_weeks=choices.fewest_weeks)
                if slope is not None:
                    found[metric] = slope
        return found

    def week(
        self, subject: Subject, metric: str, monday: date, last: date, norms: Norms
    ) -> tuple[Evidence, Expected, float]:
        """What a subject did in a week, what was to be expected of somebody settled in, and what part of that was."""
        own, full, ramp = self._seen(subject, metric, monday, last, norms)
        whole, wide = self._around(subject, monday)
        nothing = Evidence()
        inside = full if whole == subject else self._seen(whole, metric, monday, last, norms)[1]
        company = self._seen(COMPANY, metric, monday, last, norms)[1]
        rest = nothing if whole == subject else rest_of(inside, full)
        beyond = nothing if wide is None else rest_of(company, inside)
        kind = "sum" if metric in SUMS else norms.metrics[metric].norm.kind
        positive = UNITS.get(metric) in {"days", "seconds"}
        level = self._baseline(subject, metric, monday, last, norms)
        of_week = expected(kind, level, rest, beyond, positive=positive)
        return own, of_week, ramp

    def _around(self, subject: Subject, monday: date) -> tuple[Subject, Subject | None]:
        """Whose rest counts first (the subject's own: nobody's), and whether the company's beyond that does."""
        kind, key = subject
        if kind != "rep":
            return (subject if subject == COMPANY else COMPANY), None
        teams = {self._memberships.team(key, day) for day in (monday, monday + SUNDAY)}
        return (("team", teams.pop()) if len(teams) == 1 else subject), COMPANY

    def _seen(
        self, subject: Subject, metric: str, monday: date, last: date, norms: Norms
    ) -> tuple[Evidence, Evidence, float]:
        """Evidence over days as they are, over days as much as was expected of them, and how much that was a day."""
        row = self._rows.get(subject, {}).get(monday.toordinal())
        if metric in SUMS:
            if self._begun is None or monday.toordinal() < self._begun:
                return Evidence(), Evidence(), 1.0
            days, ramped = (of_week.get(subject, 0.0) for of_week in self._days_of(monday))
            if days <= 0:
                return Evidence(), Evidence(), 1.0
            total = 0.0 if row is None else row.evidence.get(metric, Evidence()).total
            return Evidence(days, total, days), Evidence(ramped, total, ramped), ramped / days
        if row is None:
            return Evidence(), Evidence(), 1.0
        if metric == COHORT:
            end = (last + SUNDAY).toordinal()
            opened = {
                day: Opened(of.deals, {age: won for age, won in of.won_after.items() if day + age <= end})
                for day, of in row.opened.items()
            }
            found = cohort(deals_of(opened), end, norms.ripening, 10**7)
        else:
            found = row.evidence.get(metric, Evidence())
        found = found if found.n > 0 and found.base > 0 else Evidence()
        return found, found, 1.0

    def _baseline(self, subject: Subject, metric: str, monday: date, last: date, norms: Norms) -> float:
        norm = norms.metrics[metric]
        thursday = monday + timedelta(days=3)
        third = self._scorecard.calendar.third(thursday.toordinal())
        phase = norm.phases[third] if norm.phases else None
        territory = {
            "rep": self._memberships.territory(subject[1], last + SUNDAY),
            "territory": subject[1],
        }.get(subject[0])
        market = self._index(thursday, territory) if metric in FOLLOWS_MARKET else 100.0
        kind, level = ("sum" if metric in SUMS else norm.norm.kind), norm.norm.level
        if kind == "rate" and not 0 < level < 1:
            return level
        return baseline(kind, level, phase, market, positive=UNITS.get(metric) in {"days", "seconds"})

    def _index(self, day: date, territory: str | None) -> float:
        for segment in (territory, None):
            known = [stated for of, stated in self._market if of == segment and stated <= day]
            if known:
                return self._market[segment, max(known)]
        return 100.0

    def _days_of(self, monday: date) -> tuple[dict[Subject, float], dict[Subject, float]]:
        """The days present of every subject in a week, as they are and as much as was expected of them."""
        if monday not in self._days:
            people = self._scorecard.people
            off = people.holidays
            days = [
                day
                for day in (monday + timedelta(days=number) for number in range(7))
                if working(day.toordinal(), off.weekdays, off.yearly, off.dates)
            ]
            found: tuple[dict[Subject, list[float]], dict[Subject, list[float]]] = ({}, {})
            unrecorded = {key for (kind, key), rows in self._rows.items() if kind == "rep" and rows}
            for rep in {*self._memberships.reps, *(key for kind, key in self._rows if kind == "rep")}:
                recorded = rep in self._memberships.reps
                for day in days:
                    attendance = self._attendances.get(rep)
                    here = attendance is None or there(
                        day.toordinal(), attendance.hired, attendance.left, attendance.absences
                    )
                    hired = None if attendance is None else attendance.hired
                    part = float(expectation(day.toordinal(), hired, people.ramp))  # type: ignore[arg-type]
                    places = self._memberships.groups(rep, day) if (here if recorded else rep in unrecorded) else []
                    for place in [*places, *([("rep", rep)] if here else [])]:
                        found[0].setdefault(place, []).append(1.0)
                        found[1].setdefault(place, []).append(part)
            self._days[monday] = tuple(
                {place: math.fsum(each) for place, each in of_places.items()} for of_places in found
            )  # type: ignore[assignment]
        return self._days[monday]
