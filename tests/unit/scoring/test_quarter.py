"""The norms of a quarter: which weeks of which reps they are made of, and that nothing else moves them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_mean, of_rate
from scoring.fiscal import FiscalCalendar
from scoring.maturation import unknown
from scoring.norming import COHORT
from scoring.norms import Norms
from scoring.presence import Attendance
from scoring.quarter import Rows, quarter_norms
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.weekly import WeekRow, shared_weeks
from scoring.weeks import Opened

PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
CSAT = ScoredMetric("csat", "customer", 1.0, 0.8, 0.08, 0.03, False, True, False)
CALLS = ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, True)
WINS = ScoredMetric(COHORT, "results", 0.5, 0.3, 0.08, 0.03, False, True, False)
SIZE = ScoredMetric("average_deal_size", "results", 0.5, 5000.0, 1500.0, 500.0, False, True, False)
CARD = Scorecard("test", 1, 91, 0.6, PILLARS, (CSAT, CALLS, WINS, SIZE))

FIRST = date(2026, 1, 1).toordinal()
"""A Thursday: the week of the border lies in both quarters, the last one before it begins on 22 December."""
LAST = date(2026, 3, 31).toordinal()
BORDER = date(2025, 12, 29).toordinal()


def company(
    reps: int = 9, first: int = BORDER - 75 * 7, last: int = LAST, seed: int = 1
) -> dict[str, dict[int, WeekRow]]:
    """Rows of every week of so many reps, who differ; every deal is split, so that its parts are no round numbers."""
    draw = np.random.default_rng(seed)
    rows: dict[str, dict[int, WeekRow]] = {}
    for number in range(reps):
        for week in range(first, last, 7):
            sizes = [float(each) for each in draw.normal(8.5 + 0.02 * number, 0.4, 3)]
            evidence = {
                "csat": of_rate(4, int(draw.binomial(4, 0.6 + 0.03 * number))),
                "calls": Evidence(total=float(draw.poisson(20 + number))),
                "average_deal_size": of_mean(3, sum(sizes), sum(size * size for size in sizes)),
            }
            won_after = {int(age): 0.1 for age in draw.choice(120, 3, replace=False)}
            rows.setdefault(f"r-{number}", {})[week] = WeekRow(evidence, {week + 2: Opened(0.7, won_after)})
    return rows


def shared(rows: Rows, as_of: int) -> dict[str, dict[int, WeekRow]]:
    """What the lanes share on a date."""
    weeks = shared_weeks(as_of)
    return {rep: {week: row for week, row in of_rep.items() if week in weeks} for rep, of_rep in rows.items()}


def norms_on(as_of: int, rows: Rows, attendances: dict[str, Attendance] | None = None, card: Scorecard = CARD) -> Norms:
    return quarter_norms(as_of, card, rows, attendances or {}, card.calendar)


ROWS = company()
NORMS = norms_on(FIRST, ROWS)


def test_norms_are_those_of_the_year_of_whole_weeks_before_the_quarter() -> None:
    assert (NORMS.quarter, NORMS.before, NORMS.provisional) == ("2026Q1", FIRST, False)
    first = date(
        2024, 12, 30
    ).toordinal()  # 52 weeks before the last Monday before the quarter, and the border's week is out
    assert NORMS.first_week == first
    weeks = range(first, BORDER, 7)
    top = sum(Fraction(ROWS[rep][week].evidence["csat"].total) for rep in ROWS for week in weeks)
    assert NORMS.metrics["csat"].norm.level == float((top + Fraction(1, 2)) / (4 * len(ROWS) * len(weeks) + 1))
    calls = sum(Fraction(ROWS[rep][week].evidence["calls"].total) for rep in ROWS for week in weeks)
    assert NORMS.metrics["calls"].norm.level == pytest.approx(float(calls / (7 * len(ROWS) * len(weeks))))
    assert all(each.norm.peers == 9 for each in NORMS.metrics.values())


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_neither_the_order_of_reps_weeks_metrics_or_deals_moves_a_digit(seed: int) -> None:
    shuffler = random.Random(seed)

    def shuffled(given: dict[Any, Any]) -> dict[Any, Any]:
        return dict(shuffler.sample(list(given.items()), len(given)))

    rows = {
        rep: {
            week: WeekRow(
                shuffled(dict(row.evidence)),
                {day: Opened(of_day.deals, shuffled(dict(of_day.won_after))) for day, of_day in row.opened.items()},
            )
            for week, row in shuffled(of_rep).items()
        }
        for rep, of_rep in shuffled(ROWS).items()
    }
    metrics = tuple(shuffler.sample(CARD.metrics, len(CARD.metrics)))
    found = norms_on(FIRST, rows, card=replace(CARD, metrics=metrics))
    assert (found, found.label) == (NORMS, NORMS.label)


@pytest.mark.parametrize(
    ("calendar", "days"),
    [
        (FiscalCalendar(), (date(2026, 1, 1), date(2026, 3, 31))),
        (FiscalCalendar(), (date(2025, 7, 1), date(2025, 9, 30))),  # 92 days
        (FiscalCalendar(layout="4-4-5"), (date(2026, 9, 28), date(2027, 1, 3))),  # 14 weeks
    ],
)
def test_norms_are_the_same_on_every_day_of_their_quarter(calendar: FiscalCalendar, days: tuple[date, date]) -> None:
    first, last = (day.toordinal() for day in days)
    card = replace(CARD, choices=replace(CARD.choices, calendar=calendar))
    quarter = calendar.quarter(first)
    assert (quarter.first, quarter.last) == (first, last)
    rows = company(8, first - (first - 1) % 7 - 75 * 7, last + 7)
    labels = {
        norms_on(day, shared(rows, day), card=card).label
        for day in (*range(first, first + 9), *range(first, last, 6), last)
    }
    assert labels == {norms_on(first, rows, card=card).label}


@given(
    st.dictionaries(st.integers(0, 13), st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=1),
    st.integers(FIRST, LAST),
    st.sampled_from([0.1, 0.3, 1 / 3]),
)
@settings(max_examples=25, deadline=None)
def test_nothing_that_happens_inside_the_quarter_moves_its_norms(happened: dict, day: int, share: float) -> None:
    rows = {rep: dict(of_rep) for rep, of_rep in ROWS.items()}
    for back, (n, part) in happened.items():
        week = BORDER + 7 * back
        for rep in ("r-1", "new"):
            rows.setdefault(rep, {})[week] = WeekRow(
                {"csat": of_rate(n, n * part)}, {week: Opened(float(n), {0: part})}
            )
    for week in range(BORDER - 70, BORDER, 7):  # deals of before that are won now
        row = rows["r-2"][week]
        opened = {on: Opened(of.deals, {**of.won_after, day - on: share}) for on, of in row.opened.items()}
        rows["r-2"][week] = WeekRow(row.evidence, opened)
    found = norms_on(LAST, rows)
    assert (found, found.label) == (NORMS, NORMS.label)


@pytest.mark.parametrize("week", [BORDER - 7, BORDER - 52 * 7])
def test_a_late_correction_of_any_week_before_the_quarter_makes_new_norms(week: int) -> None:
    row = ROWS["r-3"][week]
    corrected = {**ROWS, "r-3": {**ROWS["r-3"], week: WeekRow({**row.evidence, "csat": of_rate(4, 0)}, row.opened)}}
    assert norms_on(LAST, corrected).label != NORMS.label
    later = {**ROWS, "r-3": {**ROWS["r-3"], week: WeekRow(row.evidence, {week + 2: Opened(0.8, {3: 0.8})})}}
    assert norms_on(LAST, later).ripening != NORMS.ripening


def test_rows_of_weeks_that_are_too_old_or_not_over_count_nowhere() -> None:
    old, border = BORDER - 53 * 7, BORDER
    assert norms_on(FIRST, {**ROWS, "old": {old: ROWS["r-0"][old]}}).label == NORMS.label
    bounded = {rep: {week: row for week, row in of_rep.items() if old < week < border} for rep, of_rep in ROWS.items()}
    assert norms_on(FIRST, bounded).label == NORMS.label
    one_less = {**bounded, "r-0": {week: row for week, row in bounded["r-0"].items() if week != old + 7}}
    assert norms_on(FIRST, one_less).label != NORMS.label


def test_without_a_whole_quarter_before_norms_are_of_all_complete_weeks_and_change_with_each() -> None:
    rows = company(8, BORDER + 7, LAST)
    monday = BORDER + 5 * 7
    found = [norms_on(day, rows) for day in range(monday, monday + 14)]
    assert all(each.provisional and each.quarter == "2026Q1" for each in found)
    # each Sunday's end closes a week
    befores = [date.fromordinal(each.before) for each in found]
    assert befores == [date(2026, 2, 2)] * 6 + [date(2026, 2, 9)] * 7 + [date(2026, 2, 16)]
    assert [one.label == other.label for one, other in pairwise(found)] == [
        *[True] * 5,
        False,
        *[True] * 6,
        False,
    ]
    assert all(each.first_week == BORDER + 7 for each in found)
    quarter_later = norms_on(LAST + 1, rows)
    assert (quarter_later.quarter, quarter_later.provisional, quarter_later.before) == ("2026Q2", False, LAST + 1)


@pytest.mark.parametrize(("begin", "provisional"), [(date(2025, 10, 20), False), (date(2025, 10, 27), True)])
def test_a_quarter_counts_as_a_whole_one_if_records_begin_in_its_first_three_weeks(
    begin: date, *, provisional: bool
) -> None:
    rows = company(8, begin.toordinal(), LAST)
    # deals opened before that, of which nothing else is known, are no beginning
    rows["r-0"][BORDER - 20 * 7] = WeekRow({}, {BORDER - 20 * 7: Opened(1.0, {})})
    found = norms_on(LAST, rows)
    assert found.provisional is provisional
    assert found.before == (date(2026, 3, 30).toordinal() if provisional else FIRST)


def test_the_week_of_the_border_alone_makes_provisional_norms_of_the_new_quarter() -> None:
    rows = {rep: {BORDER: of_rep[BORDER]} for rep, of_rep in ROWS.items()}
    early, late = (
        norms_on(FIRST + 2, rows),
        norms_on(FIRST + 3, rows),
    )  # Saturday, and Sunday by the end of which it is over
    assert (early.first_week, late.first_week) == (0, BORDER)
    assert early.provisional
    assert late.provisional


def test_without_any_week_the_scorecards_own_numbers_are_the_norms() -> None:
    found = norms_on(FIRST, {})
    assert (found.first_week, found.provisional, found.ripening) == (0, True, unknown(0.3))
    csat, size = found.metrics["csat"].norm, found.metrics["average_deal_size"]
    assert (csat.level, csat.spread, csat.weight, csat.peers) == (0.8, 0.08, 50.0, 0)
    # scored by logarithms: a spread of 1,500 about 5,000 is one of 0.3
    assert (size.norm.level, size.norm.spread, size.smallest_spread) == (log(5000), 0.3, 0.1)
    assert all(each.collected for each in found.metrics.values())


def test_a_rep_without_a_row_in_these_weeks_is_no_peer() -> None:
    before = {week: row for week, row in ROWS["r-0"].items() if week < BORDER - 53 * 7}
    since = {week: row for week, row in ROWS["r-0"].items() if week >= BORDER}
    others = {rep: of_rep for rep, of_rep in ROWS.items() if rep != "r-0"}
    assert norms_on(LAST, {**others, "r-0": before | since}) == norms_on(LAST, others)
    assert "r-0" not in norms_on(LAST, {**others, "r-0": {}}).metrics["calls"].own
    # one row is enough: on the days without any there were no calls
    once = norms_on(LAST, {**others, "r-0": {BORDER - 7: ROWS["r-0"][BORDER - 7]}}).metrics["calls"]
    days, total, _ = once.own["r-0"]
    assert (days, total) == (52 * 7.0, ROWS["r-0"][BORDER - 7].evidence["calls"].total)


@pytest.mark.parametrize(
    ("attendance", "peer"),
    [
        (Attendance(hired=FIRST - 273 - 45), False),  # past its ramp on 45 of the last 91 days
        (Attendance(hired=FIRST - 273 - 46), True),
        (Attendance(left=FIRST - 92), False),
        (Attendance(left=FIRST - 46), True),
        (Attendance(absences=[(FIRST - 50, LAST)]), False),
        (Attendance(absences=[(FIRST, LAST)]), True),  # what happens inside the quarter does not matter
    ],
)
def test_peers_were_there_and_settled_on_half_of_the_last_91_days(attendance: Attendance, *, peer: bool) -> None:
    found = norms_on(LAST, ROWS, {"r-0": attendance})
    assert ("r-0" in found.metrics["csat"].own) is peer


def test_days_of_absence_are_no_days_of_a_sum() -> None:
    away = Attendance(absences=[(BORDER - 70, BORDER - 64)])
    days, total, _ = norms_on(FIRST, ROWS, {"r-0": away}).metrics["calls"].own["r-0"]
    usual_days, usual, _ = NORMS.metrics["calls"].own["r-0"]
    assert (usual_days - days, usual - total) == (7.0, ROWS["r-0"][BORDER - 70].evidence["calls"].total)


def test_how_deals_ripen_is_known_whether_or_not_win_rates_are_scored() -> None:
    without = replace(CARD, metrics=(CSAT, CALLS))
    assert norms_on(FIRST, ROWS, card=without).ripening == NORMS.ripening != unknown(0.3)


def test_what_no_week_knows_of_is_taken_for_collected_and_stays_the_scorecards() -> None:
    pipeline = ScoredMetric("pipeline_value", "results", 0.5, 9000.0, 900.0, 90.0, True, True, False)
    emails = ScoredMetric("emails", "process", 1.0, 4.0, 1.5, 0.4, True, True, False)
    found = norms_on(FIRST, ROWS, card=replace(CARD, metrics=(CSAT, pipeline, emails)))
    assert {name: each.collected for name, each in found.metrics.items()} == {
        "csat": True,
        "emails": False,
        "pipeline_value": True,
    }
    assert (found.metrics["pipeline_value"].norm.level, found.metrics["pipeline_value"].norm.peers) == (9000.0, 0)


def test_a_week_counts_for_the_month_of_its_quarter_in_which_its_thursday_lies() -> None:
    def calls(week: int) -> float:
        """Three times as many in the last month of a quarter as in its first."""
        return 7.0 * (1 + (date.fromordinal(week) + timedelta(days=3)).month % 3)

    rows = {
        f"r-{number}": {
            week: WeekRow({"calls": Evidence(total=calls(week))}, {}) for week in range(BORDER - 75 * 7, LAST, 7)
        }
        for number in range(8)
    }
    # month 1, 4, 7, 10: 2 a day; 2, 5, ...: 3; 3, 6, ...: 1. Quarters have 12 to 14 weeks, so that their mean is not quite 2
    assert norms_on(LAST, rows).metrics["calls"].phases == pytest.approx((1.0, 1.5, 0.5), rel=0.05)
    two_quarters = {
        rep: {week: row for week, row in of_rep.items() if week >= FIRST - 183} for rep, of_rep in rows.items()
    }
    assert norms_on(LAST, two_quarters).metrics["calls"].phases == ()
