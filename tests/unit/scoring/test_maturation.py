from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.evidence import Evidence
from scoring.maturation import Deal, Maturation, cohort, maturation, unknown
from scoring.oracle import maturation as oracle

AS_OF = 738_000


@st.composite
def a_deal(draw: st.DrawFn) -> Deal:
    """Opened up to 60 days before the last day, or 3 after; won by that day or later, before it was opened, or never."""
    opened = AS_OF - draw(st.integers(-3, 60))
    won = draw(st.none() | st.integers(-2, 70).map(lambda days: opened + days))
    return Deal(opened, won, draw(st.sampled_from([1.0, 1.0, 0.5, 0.25, 3.0])))


DEALS = st.lists(a_deal(), min_size=1, max_size=25)


@given(DEALS)
def test_the_share_won_by_each_age_is_that_of_deals_followed_day_by_day(deals: list[Deal]) -> None:
    found = maturation(deals, AS_OF)
    there = [deal for deal in deals if deal.opened <= AS_OF]
    won = sum(deal.weight for deal in there if oracle.age_at_win(deal, AS_OF) is not None)
    if won < 1:
        assert found is None
        return
    assert found is not None
    assert found.median_days == oracle.percentile(there, AS_OF, Fraction(1, 2))
    assert found.horizon_days == oracle.percentile(there, AS_OF, Fraction(9, 10))
    assert found.pipeline_days == oracle.percentile(there, AS_OF, Fraction(99, 100))
    expected = [float(oracle.won_by_age(there, AS_OF, age)) for age in range(found.horizon_days + 1)]
    assert found.won_by_age == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(DEALS)
def test_shares_rise_with_age_and_the_order_of_deals_changes_no_digit(deals: list[Deal]) -> None:
    found = maturation(deals, AS_OF)
    assert found == maturation(deals[::-1], AS_OF)
    assume(found is not None)
    assert found is not None
    assert list(found.won_by_age) == sorted(found.won_by_age)
    assert 0 < found.in_the_end <= 1
    assert 28 <= found.score_window_days <= 91


def test_a_deal_that_is_opened_tomorrow_is_no_win_of_today_even_if_it_says_so() -> None:
    deals = [Deal(AS_OF - 9, AS_OF - 4), Deal(AS_OF - 9, None)]
    assert maturation([*deals, Deal(AS_OF + 1, AS_OF - 1)], AS_OF) == maturation(deals, AS_OF)


def test_with_all_deals_old_enough_it_is_the_plain_share() -> None:
    deals = [Deal(AS_OF - 200, AS_OF - 200 + days) for days in (3, 5, 5, 8)] + [Deal(AS_OF - 150, None)] * 4
    found = maturation(deals, AS_OF)
    assert found is not None
    assert found.won_by_age == pytest.approx((0, 0, 0, 1 / 8, 1 / 8, 3 / 8, 3 / 8, 3 / 8, 4 / 8))
    assert found.in_the_end == pytest.approx(0.5)


def test_young_deals_do_not_pull_the_win_rate_down() -> None:
    """Two in five deals are won, after 0 to 59 days; deals are opened at a steady pace until today."""
    draw = np.random.default_rng(3)
    deals = []
    for opened in range(AS_OF - 179, AS_OF + 1):
        for chance, days in zip(draw.random(20), draw.integers(0, 60, 20), strict=True):
            deals.append(Deal(opened, opened + int(days) if chance < 0.4 else None))
    found = maturation(deals, AS_OF)
    assert found is not None
    plain = sum(deal.age_at_winning(AS_OF) is not None for deal in deals) / len(deals)
    assert found.in_the_end == pytest.approx(0.36, abs=0.02)  # nine tenths of 0.4
    assert plain < 0.35


def test_too_few_wins_say_nothing() -> None:
    assert maturation([Deal(1, 5)] * 19, 400, least_won=20) is None
    assert maturation([Deal(1, 5)] * 20, 400, least_won=20) is not None
    assert maturation([], 400) is None


@given(DEALS, DEALS, st.none() | st.integers(1, 90))
def test_a_cohort_is_that_of_deals_taken_one_by_one(past: list[Deal], deals: list[Deal], days: int | None) -> None:
    ripening = maturation(past, AS_OF)
    assume(ripening is not None)
    assert ripening is not None
    found = cohort(deals, AS_OF, ripening, days)
    expected = oracle.cohort(deals, AS_OF, ripening.won_by_age, days or ripening.cohort_days)
    if expected is None:
        assert found == Evidence()
        return
    n, rate = expected
    assert found.n == pytest.approx(float(n), rel=1e-9)
    assert found.total == pytest.approx(float(n * rate), rel=1e-9)
    assert found == cohort(deals[::-1], AS_OF, ripening, days)
    if ripening.in_the_end < 1:
        assert found.n <= sum(deal.weight for deal in deals) * (1 + 1e-9)


@given(DEALS, st.integers(0, 40))
def test_a_win_of_tomorrow_is_not_known_today(deals: list[Deal], days: int) -> None:
    today = AS_OF - days
    hidden = [deal if deal.won is None or deal.won <= today else deal._replace(won=None) for deal in deals]
    assert maturation(hidden, today) == maturation(deals, today)
    ripening = Maturation((0.1, 0.2, 0.4), 1, 2)
    assert cohort(hidden, today, ripening) == cohort(deals, today, ripening)


def test_ripe_deals_count_one_each_and_young_ones_less() -> None:
    ripening = Maturation((0.0, 0.1, 0.2, 0.3, 0.4), 2, 4)
    ripe = cohort([Deal(AS_OF - 10, AS_OF - 8)] * 3 + [Deal(AS_OF - 10, None)] * 7, AS_OF, ripening)
    assert (ripe.n, ripe.value) == (pytest.approx(10), pytest.approx(0.3))
    young = cohort([Deal(AS_OF - 1, AS_OF)] + [Deal(AS_OF - 1, None)] * 9, AS_OF, ripening)
    assert young.value == pytest.approx(0.4)  # one of ten after a day, as always: so four of ten in the end
    assert young.n == pytest.approx(10 * (0.1 / 0.9) / (0.4 / 0.6))


def test_a_win_after_the_horizon_is_not_one_of_the_cohort() -> None:
    ripening = Maturation((0.2, 0.4), 1, 2)
    deals = [Deal(AS_OF - 20, AS_OF - 18), Deal(AS_OF - 20, AS_OF - 19)]
    assert cohort(deals, AS_OF, ripening).total == pytest.approx(1)


def test_a_company_that_sells_within_the_day_is_judged_over_the_score_window() -> None:
    found = maturation([Deal(AS_OF - 40, AS_OF - 40)] * 30 + [Deal(AS_OF - 40, None)] * 30, AS_OF)
    assert found is not None
    assert (found.horizon_days, found.score_window_days, found.cohort_days) == (0, 28, 28)
    seen = cohort([Deal(AS_OF - 27, AS_OF - 27), Deal(AS_OF, None), Deal(AS_OF - 28, AS_OF - 28)], AS_OF, found)
    assert (seen.n, seen.value) == (pytest.approx(2), pytest.approx(0.5))


def test_until_norms_exist_a_cohort_is_the_wins_so_far_of_91_days() -> None:
    ripening = unknown(0.3)
    deals = [Deal(AS_OF - 90, AS_OF), Deal(AS_OF, None), Deal(AS_OF - 91, AS_OF)]
    seen = cohort(deals, AS_OF, ripening)
    assert (seen.n, seen.value) == (pytest.approx(2), pytest.approx(0.5))
    assert (ripening.horizon_days, ripening.pipeline_days, ripening.score_window_days) == (91, 182, 91)


def test_a_cohort_without_a_chance_yet_gives_no_evidence() -> None:
    ripening = Maturation((0.0, 0.0, 0.4), 2, 2)
    assert cohort([Deal(AS_OF, None), Deal(AS_OF - 1, None)], AS_OF, ripening) == Evidence()
    assert cohort([], AS_OF, ripening) == Evidence()


def test_where_every_deal_is_won_in_the_end_wins_still_count() -> None:
    ripening = Maturation((0.0, 0.5, 1.0), 1, 2)
    seen = cohort([Deal(AS_OF - 5, AS_OF - 4), Deal(AS_OF - 1, None)], AS_OF, ripening)
    assert (seen.n, seen.value) == (pytest.approx(1.5), pytest.approx(1 / 1.5))


def test_the_score_window_is_two_median_cycles_from_28_to_91_days() -> None:
    ripening = unknown(0.5)
    windows = [replace(ripening, median_days=days).score_window_days for days in (0, 14, 20, 45, 46, 57)]
    assert windows == [28, 28, 40, 90, 91, 91]
