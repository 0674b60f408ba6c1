"""Panes as arrays say what the panes themselves say: by day, by week, of deals opened, of the pipeline; to the last digit."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from scoring.fiscal import monday_of
from scoring.kpi import BY_NAME
from scoring.measures import power_of
from scoring.money import Rates
from scoring.pane_columns import PaneColumns, measures_of
from scoring.panes import PaneBook
from scoring.scorecard import Scorecard, parse
from scoring.week_evidence import week_rows_together, week_table
from scoring.weekly import scored_kpis, week_rows
from scoring.weeks import DAYS, openings, weekly_sums
from scoring.windows import Panes
from tests.traffic import rough_messages
from tests.unit.scoring.each_day import rough_line
from tests.unit.scoring.pane_changes import CHANGES, TODAY, UNRECORDED, apply
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING
from tests.unit.scoring.test_pane_table import table_of

DEFAULT = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
RATES = [
    Rates(
        "USD", EXPONENTS, [("EUR", TODAY - age, Decimal("1.1") + Decimal(age) / 1000) for age in (0, 5, 60, 88, 364)]
    ),
    Rates("EUR", EXPONENTS, []),
]
ALL = frozenset().union(*(kpi.measures for kpi in BY_NAME.values())) | {"opened", "unrecorded"}
PEOPLE = st.lists(st.tuples(CHANGES, st.lists(UNRECORDED, max_size=2)), min_size=1, max_size=4)


def _book(people: list) -> dict[str, Panes]:
    book = PaneBook()
    for number, (changes, unrecorded) in enumerate(people):
        apply(book, f"s-{number}", changes + unrecorded)
    return dict(book.by_subject)


def _columns(book: dict[str, Panes], rates: Rates, measures: frozenset[str], *, laid: bool) -> PaneColumns:
    return PaneColumns(table_of(book) if laid else book.items(), rates, measures)


def _all_weeks(panes: Panes) -> range:
    days = [day for day in panes if day > 0]
    return range(monday_of(min(days)), monday_of(max(days)) + DAYS, DAYS) if days else range(0)


@settings(max_examples=100, deadline=None)
@given(people=PEOPLE, rates=st.sampled_from(RATES), laid=st.booleans())
def test_sums_by_week_and_by_day_are_those_of_the_panes(people: list, rates: Rates, *, laid: bool) -> None:
    book = _book(people)
    columns = _columns(book, rates, ALL, laid=laid)
    subjects = [*book, "nobody"]
    rows, first = columns.rows_of(subjects), TODAY - 400
    for measure in ALL - {"unrecorded"}:
        by_week, by_day = columns.by_week(measure, rows), columns.by_day(measure, rows, first, TODAY)
        unit = columns.unit ** power_of(measure)
        for row, subject in enumerate(subjects):
            panes = book.get(subject, {})
            weeks = weekly_sums(panes, _all_weeks(panes), rates)
            found = dict(zip(columns.mondays.tolist(), (int(of) * unit for of in by_week[row]), strict=True))
            assert {week: of for week, of in found.items() if of} == {
                week: sums[measure] for week, sums in weeks.items() if sums.get(measure)
            }
            amounts = by_day[row].tolist()
            assert {first + at: of * unit for at, of in enumerate(amounts) if of} == {
                day: of for day in panes if first <= day <= TODAY and (of := _of_day(panes, day, measure, rates))
            }


def _of_day(panes: Panes, day: int, measure: str, rates: Rates) -> int:
    week = monday_of(day)
    return weekly_sums({day: panes[day]}, range(week, week + DAYS, DAYS), rates)[week].get(measure, 0)


@settings(max_examples=100, deadline=None)
@given(people=PEOPLE, rates=st.sampled_from(RATES), card=st.sampled_from([DEFAULT, EVERYTHING]), laid=st.booleans())
def test_week_rows_of_many_are_those_of_each_and_so_are_deals_opened(
    people: list, rates: Rates, card: Scorecard, *, laid: bool
) -> None:
    book = _book(people)
    columns = _columns(book, rates, measures_of(card), laid=laid)
    kpis = scored_kpis(scored.metric for scored in card.metrics)
    expected = {subject: week_rows(panes, _all_weeks(panes), kpis, rates) for subject, panes in book.items()}
    assert week_table(columns, kpis) == expected
    opened = columns.openings(columns.rows_of([*book, "nobody"]))
    assert opened == [*(openings(panes, 1, 10**7) for panes in book.values()), {}]


@settings(max_examples=60, deadline=None)
@given(PEOPLE, st.sampled_from(RATES), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30)), min_size=4))
def test_week_rows_made_together_are_those_of_each_subject_s_own_weeks(
    people: list, rates: Rates, spans: list[tuple[int, int]]
) -> None:
    book, kpis = _book(people), scored_kpis(scored.metric for scored in EVERYTHING.metrics)
    begins = [monday_of(TODAY) - DAYS * back for back, _ in spans]
    weeks = [range(begin, begin + DAYS * count, DAYS) for begin, (_, count) in zip(begins, spans, strict=True)]
    asked = [(subject, panes, of) for (subject, panes), of in zip(book.items(), weeks, strict=False)]
    table = week_rows_together(asked, kpis, rates)
    assert table == {subject: week_rows(panes, of, kpis, rates) for subject, panes, of in asked}


def test_week_rows_made_together_hold_the_first_and_the_last_day_of_the_weeks_and_no_other() -> None:
    kpis, monday = scored_kpis(["csat"]), monday_of(TODAY)
    panes = {monday + after: {"csat": 4, "csat_top": 1} for after in (-1, 0, 2 * DAYS - 1, 2 * DAYS)}
    table = week_rows_together([("a", panes, range(monday, monday + 2 * DAYS, DAYS))], kpis, RATES[0])
    assert {week: row.evidence["csat"].n for week, row in table["a"].items()} == {monday: 4, monday + DAYS: 4}


@pytest.mark.parametrize(("seed", "card"), [(3, CHOSEN), (8, EVERYTHING)], ids=["chosen", "everything"])
def test_a_line_has_the_week_rows_of_each_subject(seed: int, card: Scorecard) -> None:
    line = rough_line(rough_messages(2_500, seed, days=45, reps=7))
    rows = line.ground(card, line.newest_day(740_000) or 0).rows
    kpis = scored_kpis(scored.metric for scored in card.metrics)
    assert len(rows) > 7
    for subject in rows:
        panes = line.panes(subject) or {}
        weeks = week_rows(panes, _all_weeks(panes), kpis, line.reference.rates)
        assert {week: row for week, row in weeks.items() if week in rows[subject]} == dict(rows[subject])


def test_amounts_beyond_machine_integers_are_summed_exactly() -> None:
    book = {"a": {TODAY: {"margin_squares|USD": 10**20, "revenue|USD": 2**62}, TODAY - 1: {"revenue|USD": 2**62 + 1}}}
    columns = PaneColumns(book.items(), RATES[0], ALL)
    assert sum(columns.by_day("revenue", [0], TODAY - 1, TODAY)[0]) * columns.unit == (2**63 + 1) * RATES[0].base_factor
    squares = columns.by_day("margin_squares", [0], TODAY, TODAY)[0, 0]
    assert squares * columns.unit**2 == 10**20 * RATES[0].base_factor ** 2


def test_deals_too_many_for_a_float_are_counted_to_the_last_one() -> None:
    many = 3 * 2**61 + 1
    book = {"a": {TODAY: {"opened": many, f"cohort_won||{TODAY}": many, f"cohort_won||{TODAY - 1}": many}}}
    columns = PaneColumns(book.items(), RATES[0], ALL)
    assert columns.openings([0]) == [openings(book["a"], 1, 10**7)]


def test_no_panes_at_all_are_no_rows_and_no_weeks() -> None:
    columns = PaneColumns([], RATES[0], ALL)
    assert (columns.subjects, columns.mondays.tolist(), columns.rows_of(["a"])) == ((), [], [-1])
    assert columns.by_day("calls", [-1], TODAY, TODAY).tolist() == [[0]]
    assert week_table(columns, scored_kpis(["calls"])) == {}


@settings(max_examples=100, deadline=None)
@given(PEOPLE, st.sampled_from(RATES), st.sampled_from([DEFAULT, EVERYTHING]))
def test_a_table_is_read_as_panes_are(people: list, rates: Rates, card: Scorecard) -> None:
    book = _book(people)
    laid, read = (_columns(book, rates, measures_of(card), laid=laid) for laid in (True, False))
    rows = read.rows_of([*reversed(book), "nobody"])
    assert (laid.subjects, laid.mondays.tolist(), laid.unit) == (read.subjects, read.mondays.tolist(), read.unit)
    assert sorted(laid.standings(rows)) == sorted(read.standings(rows))
