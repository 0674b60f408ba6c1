from __future__ import annotations

import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.oracle import tiers as oracle
from scoring.tiers import probability_higher, rank_intervals, spread, tiers

REPS = st.lists(st.tuples(st.floats(5, 100), st.floats(1e-4, 0.2)), min_size=0, max_size=25)
TWO = st.lists(st.tuples(st.floats(5, 100), st.floats(0, 0.2)), min_size=2, max_size=2)


def _split(reps: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [score for score, _ in reps], [v for _, v in reps]


def _near_an_edge(reps: list[tuple[float, float]]) -> bool:
    """Whether some pair lies within a rounding error of being told apart, where two ways of computing may differ."""
    return any(
        abs(abs(math.log(s) - math.log(o)) / math.sqrt(v + w) - 1.2815515655446004) < 1e-9
        for s, v in reps
        for o, w in reps
    )


@given(REPS)
def test_ranks_and_tiers_are_those_of_comparing_pair_by_pair(reps: list[tuple[float, float]]) -> None:
    scores, variances = _split(reps)
    found = rank_intervals(scores, variances)
    if not _near_an_edge(reps):
        pairs = [oracle.rank_interval(scores, variances, i) for i in range(len(reps))]
        assert list(zip(found.best.tolist(), found.worst.tolist(), strict=True)) == pairs
    some = rank_intervals(scores, variances, len(reps) // 2)
    assert some.best.tolist() == found.best.tolist()[: len(reps) // 2]
    assert some.worst.tolist() == found.worst.tolist()[: len(reps) // 2]
    assert tiers(scores, variances) == [oracle.tier(scores, variances, i) for i in range(len(reps))]


@given(REPS, st.randoms(use_true_random=False))
def test_the_order_of_reps_changes_nobodys_rank_tier_or_spread(
    reps: list[tuple[float, float]], shuffler: random.Random
) -> None:
    places = list(range(len(reps)))
    shuffler.shuffle(places)
    scores, variances = _split(reps)
    other_scores, other_variances = _split([reps[place] for place in places])
    found, other = rank_intervals(scores, variances), rank_intervals(other_scores, other_variances)
    assert [found.best[place] for place in places] == other.best.tolist()
    assert [found.worst[place] for place in places] == other.worst.tolist()
    here = tiers(scores, variances)
    assert [here[place] for place in places] == tiers(other_scores, other_variances)
    assert spread(scores, variances) == spread(other_scores, other_variances)


@given(REPS)
def test_a_rank_interval_is_one_and_holds_the_plain_rank(reps: list[tuple[float, float]]) -> None:
    scores, variances = _split(reps)
    found = rank_intervals(scores, variances)
    for i, score in enumerate(scores):
        best, worst = found.best[i], found.worst[i]
        assert 1 <= best <= worst <= len(reps)
        assert best <= 1 + sum(other > score for other in scores)
        assert worst >= len(reps) - sum(other < score for other in scores)


@given(TWO)
def test_one_is_higher_or_the_other_is(pair: list[tuple[float, float]]) -> None:
    (a, v), (b, w) = pair
    assert probability_higher(a, v, b, w) + probability_higher(b, w, a, v) == pytest.approx(1, rel=1e-9)
    if v + w:
        by_table = statistics.NormalDist().cdf((math.log(a) - math.log(b)) / math.sqrt(v + w))
        assert probability_higher(a, v, b, w) == pytest.approx(by_table, rel=1e-9, abs=1e-15)


def test_what_is_certain_is_compared_as_it_is() -> None:
    assert [probability_higher(60, 0, other, 0) for other in (50, 60, 70)] == [1.0, 0.5, 0.0]
    ranks = rank_intervals([60.0, 60.0, 50.0], [0.0, 0.0, 0.0])
    assert (ranks.best.tolist(), ranks.worst.tolist()) == ([1, 1, 3], [2, 2, 3])


def test_thousands_of_reps_are_ranked_block_by_block_as_in_one() -> None:
    draw = np.random.default_rng(5)
    scores, variances = np.exp(draw.normal(4, 0.2, 1300)), draw.uniform(0.001, 0.02, 1300)
    found = rank_intervals(scores, variances)
    for i in (0, 511, 512, 1299):
        assert (found.best[i], found.worst[i]) == oracle.rank_interval(scores.tolist(), variances.tolist(), i)


def test_the_median_is_uncertain_too() -> None:
    # 0.6 above a median of 4 others: 1.96 x sqrt(0.08) = 0.554 against a sure one, 1.96 x sqrt(0.08 + 0.0314) = 0.654 here
    scores = [math.exp(4.0 + step) for step in (0.6, 0.0, 0.0, 0.0, 0.0)]
    assert tiers(scores, [0.08] * 5)[0] == "typical"
    assert tiers(scores, [0.08, 0.0, 0.0, 0.0, 0.0])[0] == "above"


def test_too_few_peers_have_no_tiers() -> None:
    assert tiers([90.0, 10.0, 10.0], [1e-6] * 3) == ["typical"] * 3
    assert tiers([], []) == []
    assert rank_intervals([], []).best.tolist() == []


def test_reps_that_are_all_equal_are_all_typical() -> None:
    assert set(tiers([55.0] * 272, [0.001] * 272)) == {"typical"}


@given(st.lists(st.floats(5, 100), min_size=2, max_size=30))
def test_the_spread_of_members_is_that_of_the_statistics_library(scores: list[float]) -> None:
    found = spread(scores, [0.0] * len(scores))
    assert found is not None
    quartiles = statistics.quantiles(scores, n=4, method="inclusive")
    assert [found.lower_quartile, found.median, found.upper_quartile] == pytest.approx(quartiles, rel=1e-9)
    assert (found.lowest, found.highest, found.members) == (min(scores), max(scores), len(scores))
    by_table = statistics.stdev(math.log(score) for score in scores) * statistics.median(scores)
    assert found.real == pytest.approx(by_table, rel=1e-6, abs=1e-6)


def test_a_spread_that_noise_explains_is_none() -> None:
    found = spread([50.0, 55.0, 60.0], [0.02, 0.02, 0.02])
    assert found is not None
    assert found.real == 0.0
    assert spread([], []) is None
    alone = spread([50.0], [0.01])
    assert alone is not None
    assert (alone.lowest, alone.highest, alone.real) == (50.0, 50.0, 0.0)
