from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_mean, of_rate, of_sum
from scoring.expectation import baseline
from scoring.oracle import season as oracle
from scoring.season import phase_index

COUNTS = st.integers(0, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
QUARTERS = st.lists(st.tuples(COUNTS, COUNTS, COUNTS), max_size=7)


@given(QUARTERS)
def test_the_index_is_the_middle_one_of_the_quarters(quarters: list) -> None:
    found = phase_index("rate", [[of_rate(n, x) for n, x in quarter] for quarter in quarters])
    expected = oracle.odds_ratios([[(Fraction(n), Fraction(x)) for n, x in quarter] for quarter in quarters])
    if expected is None:
        assert found is None
    else:
        assert found == pytest.approx([float(ratio) for ratio in expected], rel=1e-9)


@given(QUARTERS, st.randoms(use_true_random=False))
def test_the_order_of_quarters_changes_no_digit(quarters: list, shuffler) -> None:
    evidence = [[of_rate(n, x) for n, x in quarter] for quarter in quarters]
    shuffled = list(evidence)
    shuffler.shuffle(shuffled)
    assert phase_index("rate", shuffled) == phase_index("rate", evidence)


@given(st.floats(0.02, 0.98), st.floats(0.1, 10))
def test_a_rate_in_a_phase_has_its_odds_multiplied(level: float, ratio: float) -> None:
    moved = baseline("rate", level, ratio)
    assert math.log(moved / (1 - moved)) == pytest.approx(math.log(level / (1 - level)) + math.log(ratio), abs=1e-9)
    assert baseline("sum", level, ratio) == level * ratio
    assert baseline("mean", level, ratio) == level + ratio


def test_a_calendar_that_is_planted_is_found_again() -> None:
    shares = (0.4, 0.5, 0.75)
    quarter = [of_rate(100_000, 100_000 * share) for share in shares]
    index = phase_index("rate", [quarter] * 5)
    assert index is not None
    assert [baseline("rate", 0.55, ratio) for ratio in index] == pytest.approx(shares, abs=1e-4)


def test_one_odd_quarter_does_not_move_the_index() -> None:
    usual, odd = [of_sum(20, 60), of_sum(20, 100)], [of_sum(20, 500), of_sum(20, 10)]
    assert phase_index("sum", [usual, odd, usual]) == phase_index("sum", [usual] * 3) == (0.75, 1.25)


def test_a_mean_that_may_be_below_0_is_moved_by_a_difference() -> None:
    quarter = [of_mean(4, -8, 16), of_mean(4, 16, 64)]
    index = phase_index("mean", [quarter] * 3)
    assert index == (-3.0, 3.0)
    assert [baseline("mean", 1.0, phase) for phase in index] == [-2.0, 4.0]


def test_quarters_that_are_not_whole_do_not_count() -> None:
    usual, half = [of_mean(4, 8, 16), of_mean(4, 16, 64)], [of_mean(4, 8, 16), Evidence()]
    assert phase_index("mean", [usual, usual, half]) is None
    assert phase_index("mean", [usual, usual, half, usual]) is not None
    assert phase_index("mean", [usual, usual, []]) is None


def test_a_month_without_net_sales_gives_no_factor() -> None:
    usual, refunds = [of_sum(20, 60), of_sum(20, 100)], [of_sum(20, -60), of_sum(20, 100)]
    assert phase_index("sum", [usual, usual, refunds]) is None


def test_a_month_without_a_win_still_has_odds() -> None:
    index = phase_index("rate", [[of_rate(5, 0), of_rate(5, 5)]] * 3)
    assert index is not None
    assert 0 < index[0] < index[1] < math.inf
