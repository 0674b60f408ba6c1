from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.exact_sums import exact_row_sums, exact_sums, exact_sums_of

ALIKE = st.floats(-100, 100, allow_subnormal=False).filter(lambda value: value == 0 or abs(value) > 1e-4)
ANY = st.floats(-1e306, 1e306)
TINY = st.floats(-1e-290, 1e-290)


@given(st.lists(st.tuples(st.integers(0, 4), ALIKE), max_size=60))
@settings(max_examples=200, deadline=None)
def test_many_sums_are_those_of_fsum_one_by_one(terms: list[tuple[int, float]]) -> None:
    _assert_those_of_fsum(terms)


@given(st.lists(st.tuples(st.integers(0, 4), ANY), max_size=12))
@settings(max_examples=200, deadline=None)
def test_so_they_are_of_values_as_different_as_can_be(terms: list[tuple[int, float]]) -> None:
    _assert_those_of_fsum(terms)


@given(st.lists(st.tuples(st.integers(0, 4), TINY | ALIKE), max_size=12))
@settings(max_examples=200, deadline=None)
def test_so_they_are_of_values_next_to_nothing(terms: list[tuple[int, float]]) -> None:
    _assert_those_of_fsum(terms)


@given(st.integers(0, 6).flatmap(lambda wide: st.lists(st.lists(ALIKE | ANY | TINY, min_size=wide, max_size=wide))))
@settings(max_examples=200, deadline=None)
def test_so_they_are_row_by_row(rows: list[list[float]]) -> None:
    values = np.array(rows).reshape(len(rows), len(rows[0]) if rows else 0)
    assert exact_row_sums(values).tolist() == [math.fsum(row) for row in rows]
    assert exact_row_sums(values[:, None]).tolist() == [[math.fsum(row)] for row in rows]


@given(st.lists(ALIKE | ANY | TINY, min_size=1, max_size=6), st.data())
@settings(max_examples=200, deadline=None)
def test_so_they_are_of_values_picked_from_a_table(table: list[float], data: st.DataObject) -> None:
    picks = st.lists(st.tuples(st.integers(0, 3), st.integers(0, len(table) - 1)), max_size=60)
    terms = data.draw(picks)
    places, which = np.array(terms, dtype=int).reshape(-1, 2).T
    expected = [math.fsum(table[of] for place, of in terms if place == wanted) for wanted in range(4)]
    assert exact_sums_of(np.array(table), which, places, 4).tolist() == expected


@pytest.mark.parametrize("sizes", [0, 3, 30])
def test_many_values_of_both_signs_that_cancel_are_summed_as_by_fsum(sizes: float) -> None:
    draw = np.random.default_rng(2)
    values = draw.normal(size=(20, 4000)) * 10 ** draw.uniform(-sizes, sizes, (20, 4000))
    values = np.concatenate((values, -draw.permuted(values, axis=1), draw.normal(size=(20, 1)) * 1e-9), axis=1)
    expected = [math.fsum(row) for row in values.tolist()]
    assert exact_row_sums(values).tolist() == expected
    places = np.repeat(np.arange(20), values.shape[1])
    assert exact_sums(values.ravel(), places, 20).tolist() == expected


def test_a_sum_that_is_too_large_is_refused_as_by_fsum() -> None:
    with pytest.raises(OverflowError):
        exact_sums(np.array([1.7e308, 1.7e308]), np.array([0, 0]), 1)
    with pytest.raises(OverflowError):
        exact_row_sums(np.array([[1.7e308, 1.7e308]]))


def test_no_order_changes_a_digit() -> None:
    values = np.random.default_rng(1).random(10_000)
    places = np.zeros(len(values), dtype=int)
    assert exact_sums(values, places, 1) == exact_sums(np.sort(values), places, 1)
    assert exact_sums(values, places, 1) != [np.cumsum(np.sort(values))[-1]], "adding up one by one does"


def _assert_those_of_fsum(terms: list[tuple[int, float]]) -> None:
    places, values = np.array([place for place, _ in terms], dtype=int), np.array([value for _, value in terms])
    found = exact_sums(values, places, 5)
    assert found.tolist() == [math.fsum(value for place, value in terms if place == each) for each in range(5)]
