"""Figures to date and just before: of as many days as a window has, they are the window's."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest

from scoring.fiscal import FiscalCalendar, Period, before
from scoring.kpi import BY_NAME
from scoring.maturation import unknown
from scoring.money import Rates
from scoring.periods import SPANS, Figure, Read, figures_over, to_date
from scoring.scorecard import parse
from scoring.windows import WINDOW_DAYS
from tests.unit.scoring.simulated_company import newest_day, simulated_line

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
NO_RATES = Rates("USD", {"USD": 2, "EUR": 2}, [])
PLAIN = Read(NO_RATES, unknown(0.3), FiscalCalendar())


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize("days_back", [0, 41])
@pytest.mark.parametrize("subject", ["rep:r-1", "rep:r-4", "team:t-2", "company:company"])
def test_over_the_days_of_a_window_every_metric_has_the_windows_figure(subject: str, days_back: int) -> None:
    line = simulated_line()
    as_of = newest_day(line) - days_back
    scorer = line.scorer(SCORECARD, as_of)
    score = scorer.score(subject, line.panes(subject), "")
    read = Read(line.reference.rates, scorer.norms.ripening, SCORECARD.calendar)
    for days in WINDOW_DAYS:
        period = Period("", as_of - days + 1, as_of)
        found = figures_over(line.panes(subject) or {}, period, BY_NAME, read).figures
        expected = {name: score["metrics"][name]["windows"][f"{days}d"] for name in BY_NAME}
        assert {name: figure._asdict() for name, figure in found.items() if figure} == expected
    assert score["metrics"]["cohort_win_rate"]["windows"]["7d"]["n"] > 0


def test_the_previous_period_is_what_the_period_was_then() -> None:
    """As of the day before the period, over as many days: what a score of that day would show."""
    line = simulated_line()
    as_of = newest_day(line)
    scorer = line.scorer(SCORECARD, as_of)
    panes, read = line.panes("team:t-1") or {}, Read(line.reference.rates, scorer.norms.ripening, SCORECARD.calendar)
    for span, (now, previous) in to_date(panes, as_of, BY_NAME, read).items():
        assert (now.period.last, previous.period.last + 1) == (as_of, now.period.first)
        assert now.period == SCORECARD.calendar.to_date(span, as_of)
        assert previous.period == before(now.period)
        known_then = {day: pane for day, pane in panes.items() if day <= previous.period.last}
        assert previous == figures_over(known_then, previous.period, BY_NAME, read)


def test_a_fiscal_year_of_371_days_is_summed_to_its_first_day() -> None:
    calendar = FiscalCalendar(layout="4-4-5")
    last = day("2027-01-03")  # the 53rd week of 2026
    first = calendar.year(last).first
    panes = {first: {"calls": 3, "customers_new": 5}, first - 1: {"calls": 100, "customers_new": 4}, last: {"calls": 1}}
    read = Read(NO_RATES, unknown(0.3), calendar)
    now, previous = to_date(panes, last, ["calls", "churn_rate"], read)["year"]
    assert (now.period.days, now.period.name) == (371, "2026")
    assert now.figures == {"calls": Figure(4.0, 4), "churn_rate": Figure(0.0, 4)}
    assert previous.figures == {"calls": Figure(100.0, 100), "churn_rate": Figure(None, 0)}


def test_without_panes_sums_are_nought_and_all_else_is_unknown() -> None:
    for pair in to_date({}, day("2026-05-20"), ["calls", "csat", "cohort_win_rate"], PLAIN).values():
        for each in pair:
            assert each.figures == {
                "calls": Figure(0.0, 0),
                "csat": Figure(None, 0),
                "cohort_win_rate": Figure(None, 0),
            }


def test_spans_are_those_of_the_calendar_that_is_given() -> None:
    read = Read(NO_RATES, unknown(0.3), FiscalCalendar(first_month=4))
    found = to_date({}, day("2026-05-20"), [], read)
    assert tuple(found) == SPANS
    assert {span: now.period.name for span, (now, _) in found.items()} == {
        "month": "2027M02",
        "quarter": "2027Q1",
        "year": "2027",
    }
    assert found["year"][0].period.first == day("2026-04-01")


@pytest.mark.parametrize(
    ("metric", "needs"), [("calls", 9), ("cohort_win_rate", 90), ("pipeline_value", 181), ("lifetime_value", 363)]
)
def test_a_figure_is_unknown_once_a_day_it_needs_is_gone(metric: str, needs: int) -> None:
    """Ten days; what stands on the last of them reaches further back."""
    last = day("2026-05-20")
    panes: dict[int, Any] = {last - needs: {"calls": 1, "opened": 1_000_000, "opened_n": 1}}
    period = Period("", last - 9, last)
    for gone, known in ((last - needs, True), (last - needs + 1, False)):
        read = Read(NO_RATES, unknown(0.3), FiscalCalendar(), first_day=gone)
        assert (figures_over(panes, period, [metric], read).figures[metric] is not None) is known


def test_money_is_that_of_its_own_days_rate() -> None:
    last = day("2026-05-20")
    rates = Rates("USD", {"USD": 2, "EUR": 2}, [("EUR", last - 1, "1.25"), ("EUR", last - 30, "2")])
    won = {"revenue|EUR": 10_000, "won|EUR": 1_000_000, "won_n|EUR": 1}
    read = Read(rates, unknown(0.3), FiscalCalendar())
    now, previous = to_date({last: won, last - 29: won}, last, ["net_revenue"], read)["month"]
    assert (now.figures["net_revenue"], previous.figures["net_revenue"]) == (Figure(125.0, 1), Figure(200.0, 1))
    assert now.period.first == last - timedelta(days=19).days
