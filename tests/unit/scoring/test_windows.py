from __future__ import annotations

from collections import Counter
from datetime import UTC, date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring.facts import facts_of
from scoring.measures import MONEY, parse_key
from scoring.money import BASE_SCALE, WHOLE, Rates
from scoring.organisation import Organisation
from scoring.panes import PaneBook
from scoring.windows import COHORT_DAYS, MOST_CRITERIA, PIPELINE_DAYS, WINDOW_DAYS, WindowSums, window_sums
from tests.unit.scoring.crm_records import messages

T = date(2026, 1, 15).toordinal()
NO_RATES = Rates("USD", EXPONENTS, [])
CENT = BASE_SCALE // 100


def _sums(panes: dict[int, dict[str, int]], rates: Rates = NO_RATES) -> WindowSums:
    return window_sums(panes, T, rates)


def _by_window(panes: dict[int, dict[str, int]], name: str, rates: Rates = NO_RATES) -> list[int]:
    return [_sums(panes, rates).by_days[days].get(name, 0) for days in WINDOW_DAYS]


def test_a_window_ends_with_the_date_and_begins_its_days_before() -> None:
    ages = (364, 363, 91, 90, 28, 27, 7, 6, 0, -1)
    panes = {T - age: {"calls": 10**place} for place, age in enumerate(ages)}
    # 7d holds ages 6 and 0, 28d 27 and 7 too, 91d 90 and 28 too, 364d 363 and 91 too
    assert _by_window(panes, "calls") == [110_000_000, 111_100_000, 111_111_000, 111_111_110]


def test_nothing_gives_windows_of_nothing() -> None:
    sums = _sums({})
    assert list(sums.by_days) == [7, 28, 91, 364]
    assert not any(amount for window in sums.by_days.values() for amount in window.values())
    assert (sums.unrated, sums.criteria, sums.unrecorded) == ({}, set(), 0)


def test_panes_are_read_and_not_changed() -> None:
    panes = {T: {"calls": 1, "revenue|USD": 5}, T - 50: {"evaluation_n/x": 1}}
    before = repr(panes)
    sums = _sums(panes)
    sums.by_days[7]["calls"] = 99
    assert sums.by_days[28]["calls"] == 1
    assert repr(panes) == before


def test_money_is_converted_at_the_rate_of_its_day() -> None:
    rates = Rates("USD", EXPONENTS, [("EUR", T - 10, Decimal(2)), ("EUR", T, Decimal(3)), ("JPY", T, Decimal("0.01"))])
    panes = {
        T: {"revenue|EUR": 100, "revenue|USD": 7, "revenue|JPY": 100},
        T - 4: {"revenue|EUR": 100},
        T - 2: {"revenue|EUR": 100},
    }
    # in cents: 3 x 100 + 7 + 100 yen at 0.01 = 100, and 2 x 100 four days ago. Two days ago the old rate is 8 days old.
    assert _by_window(panes, "revenue", rates)[0] == (300 + 7 + 100 + 200) * CENT
    assert _sums(panes, rates).unrated == {"EUR": 100}


def test_records_without_a_rate_are_left_out_of_money_but_not_of_deals() -> None:
    amounts = {"won|EUR": WHOLE, "won_n|EUR": 1, "revenue|EUR": 500, "refunds_n|EUR": 2, "refunded|EUR": 30}
    amounts |= {"costs_n|EUR": 1, "costs|EUR": 4, "margin_n|EUR": 1, "margin_revenue|EUR": 500, "margin_cost|EUR": 9}
    window = _sums({T: amounts}).by_days[7]
    assert {name: amount for name, amount in window.items() if amount} == {"won_unrated": WHOLE, "won_n_unrated": 1}
    assert _sums({T: amounts}).unrated == {"EUR": 534}


def test_unrated_money_is_that_of_the_year_and_the_open_pipeline() -> None:
    panes = {
        T - 363: {"revenue|JPY": 1},
        T - 364: {"revenue|JPY": 100},
        T + 1: {"revenue|JPY": 100, "pipeline|JPY": 100},
        T - 181: {"pipeline|JPY": 10, "pipeline|EUR": 7, f"pipeline_closed|EUR|{T}": 7},
        T - 182: {"pipeline|JPY": 100},
        T - 5: {"list_price|JPY": 100, "margin_cost|JPY": 100, "pipeline|CHF": 5, f"pipeline_closed|CHF|{T + 1}": 5},
    }
    sums = _sums(panes)
    assert list(sums.unrated.items()) == [("CHF", 5), ("JPY", 11)]


def test_a_cohort_is_what_was_opened_in_91_days_and_won_by_now() -> None:
    panes = {
        T - 91: {"opened": 100, "opened_n": 100},
        T - 90: {"opened": 1, "opened_n": 1, f"cohort_won||{T}": 1},
        T - 3: {"opened": 20, "opened_n": 2, f"cohort_won||{T - 2}": 5, f"cohort_won||{T + 1}": 5},
        T + 1: {"opened": 100, "opened_n": 100, f"cohort_won||{T}": 100},
    }
    for name, expected in (("cohort_opened", 21), ("cohort_opened_n", 3), ("cohort_won", 6)):
        assert _by_window(panes, name) == [expected] * 4
    assert COHORT_DAYS == 91


def test_the_pipeline_is_what_was_opened_in_182_days_and_is_open_now() -> None:
    panes = {
        T - 182: {"pipeline|USD": 1_000, "pipeline_n|USD": 1},
        T - 181: {
            "pipeline|USD": 30,
            "pipeline_n|USD": 3,
            f"pipeline_closed|USD|{T}": 10,
            f"pipeline_closed_n|USD|{T}": 1,
        },
        T: {
            "pipeline|USD": 5,
            "pipeline_n|USD": 1,
            f"pipeline_closed|USD|{T + 1}": 5,
            f"pipeline_closed_n|USD|{T + 1}": 1,
        },
        T + 1: {"pipeline|USD": 1_000, "pipeline_n|USD": 1},
    }
    assert _by_window(panes, "pipeline") == [25 * CENT] * 4
    assert _by_window(panes, "pipeline_n") == [3] * 4
    assert PIPELINE_DAYS == 182


def test_pipeline_is_rated_on_the_day_it_was_opened() -> None:
    rates = Rates("USD", EXPONENTS, [("EUR", T - 100, Decimal(2)), ("EUR", T, Decimal(9))])
    panes = {
        T - 100: {
            "pipeline|EUR": 7,
            "pipeline_n|EUR": 2,
            f"pipeline_closed|EUR|{T}": 3,
            f"pipeline_closed_n|EUR|{T}": 1,
        }
    }
    assert _by_window(panes, "pipeline", rates) == [8 * CENT] * 4
    assert _by_window(panes, "pipeline_n", rates) == [1] * 4
    unrated = _sums(panes)
    assert (unrated.by_days[7]["pipeline"], unrated.by_days[7]["pipeline_n"], unrated.unrated) == (0, 0, {"EUR": 4})


def test_a_deal_closed_before_it_was_opened_is_never_in_the_pipeline() -> None:
    panes = {
        T: {
            "pipeline|USD": 5,
            "pipeline_n|USD": 1,
            f"pipeline_closed|USD|{T - 9}": 5,
            f"pipeline_closed_n|USD|{T - 9}": 1,
        }
    }
    assert (_by_window(panes, "pipeline"), _by_window(panes, "pipeline_n")) == ([0] * 4, [0] * 4)


def test_customers_are_active_at_a_windows_start_however_long_ago_they_came() -> None:
    panes = {
        T - 5_000: {"customers_new": 9},
        T - 400: {"customers_churned": 1},
        T - 100: {"customers_new": 4},
        T - 28: {"customers_churned": 2},
        T - 7: {"customers_new": 1},
        T: {"customers_new": 50, "customers_churned": 30},
        T + 1: {"customers_new": 1_000},
    }
    # before T-6: 9-1+4-2+1 = 11; before T-27: 9-1+4-2 = 10; before T-90: 9-1+4 = 12; before T-363: 9-1 = 8
    assert _by_window(panes, "active") == [11, 10, 12, 8]
    assert _by_window(panes, "year_active") == [8] * 4
    assert _by_window(panes, "year_churned") == [32] * 4


def test_the_margin_of_the_year_is_the_same_in_all_windows() -> None:
    panes = {
        T - 363: {"margin_revenue|USD": 100, "margin_cost|USD": 30},
        T: {"margin_revenue|USD": 5, "margin_cost|USD": 50},
        T - 364: {"margin_revenue|USD": 1_000},
    }
    assert _by_window(panes, "year_margin") == [25 * CENT] * 4


@pytest.mark.parametrize("age", [-300, -1, 0, 363, 364, 5_000])
def test_a_criterion_is_known_whenever_it_was_used(age: int) -> None:
    panes = {T - age: {"evaluation_n/a|b/c": 1, "evaluation/a|b/c": 0, "evaluation_n/": 1}}
    assert _sums(panes).criteria == {"a|b/c", ""}


def test_day_zero_tells_of_reps_without_a_record() -> None:
    assert _sums({0: {"unrecorded": 3}, T: {"calls": 1}}).unrecorded == 3


WEEKLY = [("EUR", day, Decimal("1.07")) for day in range(T - 400, T, 7)]
AMOUNTS = st.dictionaries(
    st.sampled_from(
        ["calls", "leads", "cycle", "lost", "evaluation/x", "revenue|EUR", "won|EUR", "won_n|USD", "costs|USD"]
    ),
    st.integers(-(10**20), 10**20),
    max_size=4,
)


@settings(max_examples=60)
@given(st.dictionaries(st.integers(T - 800, T + 30), AMOUNTS, max_size=12), st.sampled_from([[], WEEKLY]))
def test_each_window_is_the_sum_over_its_days(
    panes: dict[int, dict[str, int]], stated: list[tuple[str, int, Decimal]]
) -> None:
    rates = Rates("USD", EXPONENTS, stated)
    sums = window_sums(panes, T, rates)
    for days in WINDOW_DAYS:
        expected: Counter[str] = Counter()
        for day in range(T - days + 1, T + 1):
            for key, amount in panes.get(day, {}).items():
                name, currency, _ = parse_key(key)
                if currency is None:
                    expected[name] += amount
                elif (factor := rates.factor(currency, day)) is not None:
                    expected[name] += amount * (factor if name in MONEY else 1)
                elif name == "won":
                    expected["won_unrated"] += amount
        window = sums.by_days[days]
        for name in (
            "calls",
            "leads",
            "cycle",
            "lost",
            "evaluation/x",
            "revenue",
            "won",
            "won_unrated",
            "won_n",
            "costs",
        ):
            assert window.get(name, 0) == expected[name], name


@settings(max_examples=60)
@given(st.lists(messages(), max_size=20), st.integers(0, 400))
def test_what_panes_say_of_a_day_does_not_depend_on_how_they_were_cut(sent: list[tuple[str, bytes]], back: int) -> None:
    """All facts on one subject, and the sums of the facts of each record alone: the same windows."""
    organisation, together, parts = Organisation(UTC, "USD", EXPONENTS), PaneBook(), []
    for message in sent:
        record = decode(*message)
        if not isinstance(record, Deletion):
            alone = PaneBook()
            for _, day, amounts in facts_of(record, organisation):
                together.add("s", day, amounts)
                alone.add("s", day, amounts)
            parts.append(window_sums(alone.by_subject.get("s", {}), T - back, NO_RATES))
    whole = window_sums(together.by_subject.get("s", {}), T - back, NO_RATES)
    for days in WINDOW_DAYS:
        expected: Counter[str] = Counter()
        for part in parts:
            expected.update(part.by_days[days])
        assert {k: v for k, v in whole.by_days[days].items() if v} == {k: v for k, v in expected.items() if v}
    assert whole.criteria == set().union(*(part.criteria for part in parts))
    unrated: Counter[str] = Counter()
    for part in parts:
        unrated.update(part.unrated)
    assert whole.unrated == {currency: minor for currency, minor in sorted(unrated.items()) if minor}


def test_of_more_criteria_than_a_score_can_hold_those_used_most_in_the_last_year_are_listed() -> None:
    rare = {f"evaluation_n/rare-{number:04}": 1 for number in range(MOST_CRITERIA)}
    panes = {T: rare | {"evaluation_n/usual": 2}, T - 364: {"evaluation_n/old": 99}}
    criteria = _sums(panes).criteria
    assert len(criteria) == MOST_CRITERIA
    assert "usual" in criteria
    assert not criteria & {"old", f"rare-{MOST_CRITERIA - 1:04}"}
