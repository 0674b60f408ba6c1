"""The charts of a subject as the shared weeks give them: what restarts them, how high they go, and what they are drawn from."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.chart import chart, chart_week
from scoring.chart_rule import ChartRule, starting_precision
from scoring.choices import Drops
from scoring.course import Ground
from scoring.drop_charts import DropCharts, charted_weeks
from scoring.drops import Run
from scoring.evidence import Evidence, of_mean, of_rate, pooled
from scoring.expectation import baseline, expected, rest_of
from scoring.norms import Norms
from scoring.quarter import is_positive, quarter_norms
from scoring.ratio_week import ratio_variance, ratio_week
from scoring.scorecard import Scorecard
from scoring.weekly import WeekRow
from scoring.weeks import DAYS
from tests.unit.scoring.people import absence, organised, rep
from tests.unit.streams.desks import scorecard

AS_OF = date(2026, 6, 28).toordinal()
"""A Sunday, before a quarter's end."""
BEGUN = date(2025, 1, 6).toordinal()
MONDAYS = range(BEGUN, AS_OF, DAYS)
REPS = [f"r-{number}" for number in range(12)]


def card(**drops: Any) -> Scorecard:
    usual = scorecard()
    return replace(usual, choices=replace(usual.choices, drops=Drops(**drops)))


def weeks_of(seed: int, *, share: float = 0.7, worse_from: int = AS_OF, worse: float = 0.2) -> dict[int, WeekRow]:
    """Ten answers, sixty calls and four cycle lengths a week; from a day on answers are worse."""
    rng = random.Random(seed)
    rows = {}
    for monday in MONDAYS:
        answers = sum(rng.random() < (worse if monday >= worse_from else share) for _ in range(10))
        days = [rng.uniform(20, 40) for _ in range(4)]
        amounts = [
            Evidence(1, y, d, y * y, y * d, d * d)
            for d, y in ((8.0 + k, (8.0 + k) * rng.uniform(0.3, 0.5)) for k in range(3))
        ]
        rows[monday] = WeekRow(
            {
                "gross_margin_ratio": pooled(amounts),
                "csat": of_rate(10, answers),
                "calls": Evidence(total=float(rng.randint(50, 70))),
                "cycle_days": of_mean(4, sum(days), sum(day * day for day in days)),
            },
            {},
        )
    return rows


class Company:
    """Twelve reps in two teams, their week rows, and those of the groups."""

    def __init__(self, seed: int = 1, *more: Any, **worse: Any) -> None:
        self.reference = organised(
            *(rep(name, "t-a" if number < 6 else "t-b") for number, name in enumerate(REPS)), *more
        )
        self.rows: dict[str, dict[int, WeekRow]] = {}
        for number, name in enumerate(REPS):
            mine = worse if name == "r-3" else {}
            self.rows["rep:" + name] = weeks_of(seed * 100 + number, share=0.62 + 0.015 * number, **mine)
        for group, members in (("team:t-a", REPS[:6]), ("team:t-b", REPS[6:]), ("company:company", REPS)):
            self.rows[group] = {monday: self._together(monday, members) for monday in MONDAYS}

    def _together(self, monday: int, members: list[str]) -> WeekRow:
        rows = [self.rows["rep:" + name][monday].evidence for name in members]
        return WeekRow(
            {
                metric: Evidence(*(sum(column) for column in zip(*(row[metric] for row in rows), strict=True)))
                for metric in rows[0]
            },
            {},
        )

    def ground(self) -> Ground:
        return Ground.of(self.rows, self.reference.everybody, scorecard())

    def norms(self, of: Scorecard) -> Norms:
        rows = {name: self.rows["rep:" + name] for name in REPS}
        return quarter_norms(AS_OF, of, rows, self.reference.attendances, of.calendar)

    def charts(self, of: Scorecard | None = None, as_of: int = AS_OF) -> DropCharts:
        of = of or scorecard()
        return DropCharts(self.ground(), of, self.norms(of), as_of)


def runs_of(company: Company, subject: str, metric: str, **options: Any) -> list[Run]:
    return [run for run in company.charts(**options).of([subject])[subject] if run.metric == metric]


def test_a_chart_is_the_one_that_is_drawn_by_hand_week_by_week() -> None:
    company, of = Company(), scorecard()
    norms, charts = company.norms(of), company.charts()
    for metric in ("csat", "calls", "cycle_days"):
        norm = norms.metrics[metric]
        kind, positive = norm.norm.kind, is_positive(metric)
        weeks = []
        for monday in charted_weeks(AS_OF, of.calendar)[1:]:
            own, team, whole = (
                replaced(company.rows[subject][monday].evidence[metric], kind, reps)
                for subject, reps in (("rep:r-2", 1), ("team:t-a", 6), ("company:company", 12))
            )
            third = norm.phase(of.calendar.third(monday + 3))
            e0 = baseline(kind, norm.norm.level, third, positive=positive)
            e = expected(kind, e0, rest_of(team, own), rest_of(whole, team), positive=positive)
            dispersion = {"rate": 1.0, "sum": norm.norm.phi, "mean": norm.norm.within}[kind]
            weeks.append(chart_week(monday, own, e, dispersion))
        rule = ChartRule(
            kind,
            starting_precision(kind, norm.norm.level, norm.norm.spread, positive=positive),
            positive,
            norm.higher_is_better,
            of.block(metric),
            charts.threshold("rep:r-2"),
        )
        (run,) = runs_of(company, "rep:r-2", metric)
        assert run.points == chart(rule, weeks)
        assert len(run.points) > 25


def test_a_margins_chart_knows_the_amounts_of_each_week_and_of_the_others() -> None:
    company, of, metric = Company(), scorecard(), "gross_margin_ratio"
    norms, charts = company.norms(of), company.charts()
    past = range(norms.first_week, norms.before - 6, DAYS)
    variance = ratio_variance(
        {name: {monday: company.rows["rep:" + name][monday].evidence[metric] for monday in past} for name in REPS}
    )
    assert variance is not None
    assert 0.04 < math.sqrt(variance) < 0.08  # that of 0.3 to 0.5, all alike, is 0.0577
    norm = norms.metrics[metric]
    for subject, around in (("rep:r-2", "team:t-a"), ("team:t-a", "company:company"), ("company:company", None)):
        weeks = []
        for monday in charted_weeks(AS_OF, of.calendar)[1:]:
            own, whole = (company.rows[each][monday].evidence[metric] for each in (subject, "company:company"))
            inside = company.rows[around][monday].evidence[metric] if around else own
            e0 = baseline("ratio", norm.norm.level, norm.phase(of.calendar.third(monday + 3)))
            weeks.append(ratio_week(monday, own, inside, whole, e0, variance))
        precision = starting_precision("ratio", norm.norm.level, norm.norm.spread)
        rule = ChartRule("ratio", precision, block=of.block(metric), alarm=charts.threshold(subject))
        (run,) = runs_of(company, subject, metric)
        assert run.points == chart(rule, weeks)
        assert len(run.points) > 15


def replaced(evidence: Evidence, kind: str, reps: int) -> Evidence:
    """A sum with the days of so many reps, who are there on every day."""
    return Evidence(7.0 * reps, evidence.total, 7.0 * reps) if kind == "sum" else evidence


def test_a_week_knows_nothing_of_later_ones_within_a_quarter() -> None:
    company = Company()
    of, norms = scorecard(), company.norms(scorecard())
    earlier = DropCharts(company.ground(), of, norms, AS_OF - 35).of(["rep:r-2"])
    later = company.charts().of(["rep:r-2"])
    for before, after in zip(earlier["rep:r-2"], later["rep:r-2"], strict=True):
        assert before.start == after.start
        assert after.points[: len(before.points)] == before.points


@given(st.permutations(["rep:r-3", "rep:r-0", "team:t-a", "company:company", "rep:r-7"]))
def test_who_is_asked_for_together_and_in_what_order_does_not_matter(subjects: list[str]) -> None:
    charts = SHARED.charts()
    together = charts.of(subjects)
    assert all(charts.of([subject])[subject] == together[subject] for subject in subjects)


SHARED = Company()


def test_a_fall_alarms_where_it_is_and_nowhere_else() -> None:
    company = Company(2, worse_from=AS_OF - 20 * 7)
    found = company.charts().of(sorted(company.rows))
    alarmed = {(subject, run.metric) for subject, of in found.items() for run in of if run.points[-1].alarmed}
    assert ("rep:r-3", "csat") in alarmed
    assert {subject for subject, _ in alarmed} <= {"rep:r-3", "team:t-a", "company:company"}


def test_where_nothing_falls_few_points_alarm() -> None:
    alarms = points = 0
    for seed in range(4):
        for of in Company(seed).charts().of(["rep:" + name for name in REPS]).values():
            points += sum(len(run.points) for run in of)
            alarms += sum(any(point.alarmed for point in run.points) for run in of)
    assert points > 4_000
    assert alarms <= 14  # one in 700 points would be 6 to 8; twice that is nearly never


def test_charts_restart_with_a_move_the_ramps_end_and_a_long_absence() -> None:
    moved, hired = date(2025, 11, 5), date(2025, 3, 3)
    company = Company(
        3,
        rep("r-0", "t-b", history=[("t-a", moved)]),
        rep("r-1", "t-a", hired_on=hired),
        absence("r-2", date(2026, 1, 1), date(2026, 1, 28)),
        absence("r-4", date(2026, 1, 1), date(2026, 1, 27)),
    )
    begun = charted_weeks(AS_OF, scorecard().calendar)[1]
    starts = {name: [run.start for run in runs_of(company, "rep:" + name, "calls")] for name in REPS}
    assert starts["r-0"] == [begun, moved.toordinal()]
    assert starts["r-1"] == [begun, hired.toordinal() + 273]
    assert starts["r-2"] == [begun, date(2026, 1, 29).toordinal()]
    assert starts["r-4"] == starts["r-5"] == [begun]


def test_short_absences_that_follow_on_each_other_are_a_long_one() -> None:
    away = [absence("r-2", date(2026, 1, day), date(2026, 1, day + 9), number=day) for day in (1, 9, 19)]
    company = Company(3, *away)
    assert [run.start for run in runs_of(company, "rep:r-2", "csat")][1:] == [date(2026, 1, 29).toordinal()]


def test_who_has_left_or_has_no_records_has_no_charts() -> None:
    company = Company(3, rep("r-0", "t-a", left_on=date(2026, 6, 1)), rep("r-99", "t-a"))
    assert company.charts().of(["rep:r-0", "rep:r-99", "rep:nobody"]) == {}
    assert "rep:r-0" in company.charts(as_of=date(2026, 6, 1).toordinal()).of(["rep:r-0"])


def test_a_smaller_budget_raises_the_limit_of_members_and_their_team_alike() -> None:
    company = Company()
    usual, strict = (company.charts(card(false_alerts=budget)) for budget in (1.0, 0.01))
    assert usual.threshold("rep:r-0") >= 5
    assert strict.threshold("rep:r-0") == strict.threshold("team:t-a") > usual.threshold("rep:r-0")
    assert strict.threshold("company:company") < strict.threshold("rep:r-0")
    (run,) = runs_of(company, "rep:r-0", "csat", of=card(false_alerts=0.01))
    assert run.threshold == strict.threshold("rep:r-0")


def test_the_scorecards_alarm_is_the_least_limit() -> None:
    assert Company().charts(card(alarm=9.0, false_alerts=1000.0)).threshold("rep:r-0") == 9.0
    assert Company().charts(card(alarm=4.0, false_alerts=1000.0)).threshold("rep:r-0") == 4.0


@pytest.mark.parametrize("metric", ["pipeline_value", "net_revenue"])
def test_what_is_not_collected_or_of_unknown_noise_has_no_chart(metric: str) -> None:
    assert metric not in Company().charts().metrics


def test_the_first_week_stays_throughout_a_quarter() -> None:
    calendar = scorecard().calendar
    days = range(date(2026, 4, 1).toordinal(), date(2026, 7, 1).toordinal())
    assert len({charted_weeks(day, calendar).start for day in days}) == 1
