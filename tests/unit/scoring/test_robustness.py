from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.goalposts import Goalposts
from scoring.improvement import improvement_utility
from scoring.oracle import robustness as oracle
from scoring.robustness import Column, kendall, robustness, slope_posts, spearman, stretched

WEIGHTS = {"results": 0.40, "customer": 0.25, "process": 0.20, "improvement": 0.15}
METRICS = (("win_rate", "results"), ("revenue", "results"), ("csat", "customer"), ("calls", "process"))
SLOPES = (("win_rate", "improvement"), ("csat", "improvement"))
UP = Goalposts(0.0, 7.0, 10.0)


@st.composite
def fields(draw: Any) -> list[Column]:
    """Two to eight reps; values are whole, so that many are equal."""
    reps = draw(st.integers(2, 8))
    columns = []
    for metric, pillar in (*METRICS, *SLOPES):
        if (metric, pillar) == METRICS[0] or draw(st.booleans()):
            values = tuple(draw(st.lists(st.integers(-1, 11), min_size=reps, max_size=reps)))
            posts = draw(
                st.sampled_from([UP, Goalposts(1.0, 4.0, 6.0), Goalposts(9.0, 3.0, 1.0), Goalposts(0.0, 5.0, 9.0, 6.0)])
            )
            given_posts = posts if draw(st.booleans()) else tuple(draw(st.sampled_from([posts, UP])) for _ in values)
            columns.append(Column(metric, pillar, draw(st.sampled_from([0.2, 0.5, 0.7])), values, given_posts))
    return columns


def _as_oracle(columns: list[Column]) -> list[oracle.Metric]:
    return [
        oracle.Metric(
            c.metric,
            c.pillar,
            c.weight,
            c.values,
            [c.posts] * len(c.values) if isinstance(c.posts, Goalposts) else list(c.posts),
        )
        for c in columns
    ]


def _separate(columns: list[Column]) -> bool:
    """Whether in every variant reps are equal or clearly apart, so that two ways of adding up rank them alike."""
    of = oracle.every_variant(WEIGHTS, _as_oracle(columns)).values()
    plain = oracle.scores(WEIGHTS, _as_oracle(columns), stretch={})
    return all(gap == 0 or gap > 1e-9 for s in (plain, *of) for a in s for b in s for gap in [abs(a - b)])


@given(fields().filter(_separate))
def test_rank_intervals_are_those_of_scoring_every_variant_by_itself(columns: list[Column]) -> None:
    found = robustness(WEIGHTS, columns)
    plain = oracle.scores(WEIGHTS, _as_oracle(columns), stretch={})
    others = [plain, *oracle.every_variant(WEIGHTS, _as_oracle(columns)).values()]
    for i in range(len(plain)):
        ranks = [oracle.rank(scores, i) for scores in others]
        assert (found.ranks[i], found.best[i], found.worst[i]) == (ranks[0], min(ranks), max(ranks))


@given(fields(), st.randoms(use_true_random=False))
def test_the_order_of_columns_and_reps_changes_nothing(columns: list[Column], shuffler: random.Random) -> None:
    found = robustness(WEIGHTS, columns)
    places = list(range(len(columns[0].values)))
    shuffler.shuffle(places)
    turned = [
        replace(
            c,
            values=[c.values[p] for p in places],
            posts=c.posts if isinstance(c.posts, Goalposts) else [c.posts[p] for p in places],
        )
        for c in columns
    ]
    shuffler.shuffle(turned)
    other = robustness(WEIGHTS, turned)
    for mine, theirs in ((found.ranks, other.ranks), (found.best, other.best), (found.worst, other.worst)):
        assert mine[places].tolist() == theirs.tolist()
    assert other.variants == found.variants
    assert (other.kendall, other.typical_width) == (found.kendall, found.typical_width)


RANKINGS = st.integers(1, 12).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(1, k), min_size=k, max_size=k) for _ in range(2)])
)


@given(RANKINGS)
def test_agreement_of_rankings_is_that_of_comparing_pair_by_pair(rankings: tuple[list[int], list[int]]) -> None:
    one, other = rankings
    assert kendall(np.array(one), np.array(other)) == pytest.approx(oracle.kendall(one, other), rel=1e-9, abs=1e-12)
    assert spearman(np.array(one), np.array(other)) == pytest.approx(oracle.spearman(one, other), rel=1e-9, abs=1e-12)


def test_rankings_of_many_are_compared_block_by_block_as_in_one() -> None:
    draw = np.random.default_rng(3)
    one, other = draw.permutation(700) + 1, draw.permutation(700) + 1
    assert kendall(one, other) == pytest.approx(oracle.kendall(one.tolist(), other.tolist()), rel=1e-9)
    assert (kendall(one, one), spearman(one, one)) == (pytest.approx(1.0), pytest.approx(1.0))


def test_who_is_better_at_everything_is_first_in_every_variant() -> None:
    columns = [Column(metric, pillar, 0.5, [9.0, 5.0, 1.0], UP) for metric, pillar in (*METRICS, *SLOPES)]
    found = robustness(WEIGHTS, columns)
    assert found.best.tolist() == found.worst.tolist() == found.ranks.tolist() == [1, 2, 3]
    assert (found.kendall, found.typical_width) == (1.0, 0.0)
    assert {variant.largest_move for variant in found.variants} == {0}


def test_a_rank_that_hangs_on_one_metric_is_told_so() -> None:
    columns = [Column("win_rate", "results", 0.5, [9.0, 4.0], UP), Column("revenue", "results", 0.5, [1.0, 5.0], UP)]
    found = robustness({"results": 1.0}, columns)
    assert (found.ranks.tolist(), found.best.tolist(), found.worst.tolist()) == ([1, 2], [1, 1], [2, 2])
    moved = {variant.name for variant in found.variants if variant.largest_move}
    assert "without win_rate" in moved
    assert "without revenue" not in moved
    assert {variant.kendall for variant in found.variants} == {1.0, -1.0}


def test_variants_that_change_nothing_are_left_out() -> None:
    alone = robustness({"results": 1.0}, [Column("win_rate", "results", 1.0, [9.0, 4.0], UP)])
    assert [variant.name for variant in alone.variants] == [
        "goalposts of win_rate 10 % nearer",
        "goalposts of win_rate 10 % further",
    ]
    with_slope = [Column("win_rate", pillar, 1.0, [9.0, 4.0], UP) for pillar in ("results", "improvement")]
    names = {variant.name for variant in robustness(WEIGHTS, with_slope).variants}
    assert "arithmetic mean of pillars" in names
    assert not any("win_rate weighs" in name or "without" in name for name in names)


def test_a_metric_takes_its_slope_with_it() -> None:
    columns = [
        Column("win_rate", "results", 1.0, [5.0, 4.0], UP),
        Column("csat", "customer", 1.0, [5.0, 5.0], UP),
        Column("csat", "improvement", 1.0, [0.0, 10.0], UP),
    ]
    found = robustness(WEIGHTS, columns)
    assert found.ranks.tolist() == [2, 1]
    assert {variant.name: variant.largest_move for variant in found.variants}["without csat"] == 1


@given(st.floats(-1, 1), st.floats(0.01, 5), st.sampled_from([1, -1]))
def test_a_slope_between_its_goalposts_is_its_improvement(b: float, tau_star: float, sign: int) -> None:
    expected = improvement_utility(b, tau_star, 1 if sign == 1 else -1)
    assert slope_posts(tau_star, sign).utility(b) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_stretched_goalposts_keep_the_target() -> None:
    wide = stretched(Goalposts(9.0, 3.0, 1.0), 1.1)
    assert wide.utility(3.0) == 0.7
    assert (wide.worst, wide.best) == (pytest.approx(9.6), pytest.approx(0.8))


def test_what_cannot_be_ranked_is_refused_and_nobody_is_ranked_with_nobody() -> None:
    with pytest.raises(ValueError, match=r"lengths \[1, 2\]"):
        robustness(WEIGHTS, [Column("a", "customer", 1.0, [1.0], UP), Column("b", "results", 1.0, [1.0, 2.0], UP)])
    with pytest.raises(ValueError, match="no metric"):
        robustness(WEIGHTS, [Column("a", "improvement", 1.0, [1.0, 2.0], UP)])
    with pytest.raises(ValueError, match="no metric"):
        robustness(WEIGHTS, [])
    nobody = robustness(WEIGHTS, [Column("a", "results", 1.0, [], UP)])
    assert (nobody.ranks.tolist(), nobody.typical_width) == ([], 0.0)
