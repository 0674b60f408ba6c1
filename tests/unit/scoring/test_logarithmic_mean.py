from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.logarithmic_mean import logarithmic_mean
from scoring.oracle.waterfall import logarithmic_mean as integrated

SCORES = st.floats(5, 100)
TINY = st.floats(-1e-6, 1e-6)


def exact(a: float, b: float) -> float:
    """(a - b)/ln(a/b) in 60 digits."""
    if a == b:
        return a
    with localcontext() as context:
        context.prec = 60
        x, y = Decimal(a), Decimal(b)
        return float((x - y) / (x / y).ln())


@given(SCORES, SCORES)
def test_it_is_the_mean_of_the_way_from_one_to_the_other(a: float, b: float) -> None:
    assert logarithmic_mean(a, b) == pytest.approx(integrated(a, b), rel=1e-9)


@given(SCORES, TINY)
def test_it_loses_no_digits_where_the_two_nearly_agree(a: float, r: float) -> None:
    assert logarithmic_mean(a, a * (1 + r)) == pytest.approx(exact(a, a * (1 + r)), rel=1e-15)


@given(SCORES, SCORES)
def test_it_lies_between_the_two_and_does_not_mind_their_order(a: float, b: float) -> None:
    mean = logarithmic_mean(a, b)

    assert min(a, b) * (1 - 1e-15) <= mean <= max(a, b) * (1 + 1e-15)
    assert logarithmic_mean(b, a) == mean
    assert mean * math.log(a / b) == pytest.approx(a - b, rel=1e-12, abs=1e-12)


def test_of_two_equal_numbers_it_is_the_number() -> None:
    assert logarithmic_mean(61.4, 61.4) == 61.4


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 2.0), (math.nan, math.nan)])
def test_of_what_is_not_above_0_there_is_none(a: float, b: float) -> None:
    with pytest.raises(ValueError, match="expected both above 0"):
        logarithmic_mean(a, b)
