from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.exact_sums import exact_sums

ALIKE = st.floats(0, 100, allow_subnormal=False).filter(lambda value: value == 0 or value > 1e-4)
ANY = st.floats(0, 1e300)


@given(st.lists(st.tuples(st.integers(0, 4), ALIKE), max_size=60))
@settings(max_examples=200, deadline=None)
def test_many_sums_are_those_of_fsum_one_by_one(terms: list[tuple[int, float]]) -> None:
    _assert_those_of_fsum(terms)


@given(st.lists(st.tuples(st.integers(0, 4), ANY), max_size=12))
@settings(max_examples=200, deadline=None)
def test_so_they_are_of_values_as_different_as_can_be(terms: list[tuple[int, float]]) -> None:
    _assert_those_of_fsum(terms)


def test_no_order_changes_a_digit() -> None:
    values = np.random.default_rng(1).random(10_000)
    places = np.zeros(len(values), dtype=int)
    assert exact_sums(values, places, 1) == exact_sums(np.sort(values), places, 1)
    assert exact_sums(values, places, 1) != [np.cumsum(np.sort(values))[-1]], "adding up one by one does"


def _assert_those_of_fsum(terms: list[tuple[int, float]]) -> None:
    places, values = np.array([place for place, _ in terms], dtype=int), np.array([value for _, value in terms])
    found = exact_sums(values, places, 5)
    assert found.tolist() == [math.fsum(value for place, value in terms if place == each) for each in range(5)]
