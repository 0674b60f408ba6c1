from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.evidence import Evidence, Kind, of_mean, of_rate, of_sum, pooled
from scoring.oracle import shrinkage as oracle
from scoring.shrinkage import Limits, Norm, estimate, interval, shrink, stated

ONE = Fraction(1)
WIDE = Limits(0.0, 1e300)
PHI = Fraction(3, 2)

Pairs = Sequence[tuple[Fraction, Fraction]]


def evidence(kind: Kind, pairs: Pairs) -> Evidence:
    """The sums of single observations."""
    y, d = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    if kind == "sum":
        return of_sum(len(pairs), sum(y))
    columns = zip(y, d, strict=True)
    return Evidence(
        len(pairs),
        sum(y),
        sum(d),
        sum(a * a for a in y),
        sum(a * b for a, b in columns),
        sum(b * b for b in d),
    )


def of_each(kind: Kind, observations: Mapping[str, Pairs]) -> dict[str, Evidence]:
    return {rep: evidence(kind, pairs) for rep, pairs in observations.items()}


def a_pair(kind: Kind) -> st.SearchStrategy[tuple[Fraction, Fraction]]:
    if kind == "rate":
        return st.sampled_from([(Fraction(0), ONE), (ONE, ONE)])
    y = st.integers(1 if kind == "sum" else -40, 40).map(Fraction)
    return st.tuples(y, st.integers(1, 9).map(Fraction) if kind == "ratio" else st.just(ONE))


def peers(kind: Kind, least: int = 2) -> st.SearchStrategy[dict[str, Pairs]]:
    ids = st.integers(0, 30).map("r-{:02}".format)
    return st.dictionaries(ids, st.lists(a_pair(kind), min_size=2, max_size=12), min_size=least, max_size=9)


KINDS: tuple[Kind, ...] = ("rate", "mean", "sum", "ratio")
COMPANIES = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), peers(kind)))


def noisy(kind: Kind, observations: Mapping[str, Pairs]) -> bool:
    """Whether the oracle can tell: there is noise, and weeks enough to tell it from spread."""
    if kind in ("mean", "ratio"):
        return any(
            a * sum(q for _, q in pairs) != b * sum(p for p, _ in pairs)
            for pairs in observations.values()
            for a, b in pairs
        )
    return True


@given(COMPANIES)
def test_norms_equal_those_of_single_observations(company: tuple[Kind, dict[str, Pairs]]) -> None:
    kind, observations = company
    assume(noisy(kind, observations))
    norm = estimate(kind, of_each(kind, observations), float(PHI), WIDE)
    expected = oracle.found(kind, observations, PHI)
    assert norm is not None
    close = float(expected.within) * 1e-9 + 1e-12
    assert norm.level == pytest.approx(float(expected.level), rel=1e-9, abs=1e-12)
    assert norm.within == pytest.approx(float(expected.within), rel=1e-9)
    assert norm.heterogeneity == pytest.approx(float(expected.heterogeneity), rel=1e-9, abs=1e-9)
    assert norm.measured**2 == pytest.approx(float(expected.measured), rel=1e-9, abs=close)
    assert norm.spread**2 == pytest.approx(expected.between, rel=1e-9)
    assert norm.weight == pytest.approx(max(0.0, expected.weight), rel=1e-9, abs=1e-9)
    assert norm.signal == pytest.approx(min(1.0, expected.signal), abs=1e-6)
    assert norm.peers == len(observations)


@given(COMPANIES, st.data())
def test_a_rep_is_drawn_to_the_others_as_by_single_observations(
    company: tuple[Kind, dict[str, Pairs]], data: st.DataObject
) -> None:
    kind, observations = company
    assume(noisy(kind, observations))
    norm = estimate(kind, of_each(kind, observations), float(PHI))
    assert norm is not None
    rep = data.draw(st.sampled_from(sorted(observations)))
    seen = data.draw(st.lists(a_pair(kind), max_size=30))
    others = {other: pairs for other, pairs in observations.items() if other != rep}
    shrunk = shrink(norm, evidence(kind, seen), evidence(kind, observations[rep]))
    expected = oracle.drawn(kind, others, seen, Fraction(norm.weight), Fraction(norm.within), PHI)
    assert shrunk.value == pytest.approx(float(expected.value), rel=1e-9, abs=1e-12)
    assert shrunk.variance == pytest.approx(float(expected.variance), rel=1e-9)


@given(COMPANIES, st.data())
def test_the_order_of_reps_changes_no_digit(company: tuple[Kind, dict[str, Pairs]], data: st.DataObject) -> None:
    kind, observations = company
    sums = of_each(kind, observations)
    order = data.draw(st.permutations(sorted(sums)))
    assert estimate(kind, {rep: sums[rep] for rep in order}, 1.5) == estimate(kind, sums, 1.5)


@given(COMPANIES, st.data())
def test_a_shrunk_value_lies_between_the_raw_one_and_the_level_of_the_others(
    company: tuple[Kind, dict[str, Pairs]], data: st.DataObject
) -> None:
    kind, observations = company
    norm = estimate(kind, of_each(kind, observations), 1.5)
    assume(norm is not None)
    assert norm is not None
    assert 1 <= norm.weight <= 500
    assert 0 <= norm.signal <= 1
    assert norm.spread >= norm.measured
    seen = evidence(kind, data.draw(st.lists(a_pair(kind), min_size=1, max_size=30)))
    shrunk = shrink(norm, seen)
    assert shrunk.raw is not None
    low, high = sorted((shrunk.raw, shrunk.level))
    assert low - 1e-9 <= shrunk.value <= high + 1e-9
    assert shrunk.low <= shrunk.value <= shrunk.high
    more = shrink(norm, pooled([seen] * 5))
    assert abs(more.value - shrunk.raw) <= abs(shrunk.value - shrunk.raw) + 1e-9


def test_rates_that_differ_as_chance_has_it_are_drawn_together_and_tell_nobody_apart() -> None:
    norm = estimate("rate", {f"r-{number}": of_rate(20, 9 + number % 3) for number in range(30)})
    assert norm is not None
    assert norm.measured == 0
    assert not norm.tells_apart
    assert not norm.ranks
    assert norm.signal == 0
    # the floor: τ² = s²·√58/A with A = 600 - 20 - 29
    assert norm.spread == pytest.approx(math.sqrt(norm.within * math.sqrt(58) / 551))
    assert norm.weight == pytest.approx(551 / math.sqrt(58) - 1)


def test_reps_who_really_differ_are_told_apart() -> None:
    norm = estimate("rate", {f"r-{number}": of_rate(100, 10 + 5 * number) for number in range(16)})
    assert norm is not None
    assert norm.tells_apart
    assert norm.ranks


def test_the_rep_is_left_out_of_the_level_that_it_is_judged_against() -> None:
    norm = estimate("mean", {"a": of_mean(2, 10, 52), "b": of_mean(2, 20, 202), "c": of_mean(2, 60, 1802)})
    assert norm is not None
    assert norm.level == 15
    assert norm.level_without(of_mean(2, 60, 1802)) == 7.5
    assert shrink(norm, of_mean(2, 60, 1802), of_mean(2, 60, 1802)).level == 7.5


def test_nothing_seen_gives_the_level_with_the_variance_of_the_prior() -> None:
    norm = Norm("mean", 5.0, 0, 0, 8.0, 0, 1, 1, 16.0, 9, 10, 0.3)
    assert shrink(norm, Evidence())[:6] == (None, 0.0, 5.0, 16.0, 5.0, 0.5)


def test_an_interval_holds_four_fifths_and_a_rate_stays_within_its_bounds() -> None:
    low, high = interval("mean", 0.0, 1.0)
    assert math.erf(high / math.sqrt(2)) == pytest.approx(0.8, abs=1e-12)
    assert low == -high
    assert interval("rate", 0.5, 4.0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "reps", "phi"),
    [
        ("rate", {}, None),
        ("rate", {"a": of_rate(5, 2)}, None),
        ("rate", {"a": of_rate(1, 1), "b": of_rate(1, 0)}, None),  # one deal each: A is 0
        ("rate", {"a": of_rate(1, 3), "b": of_rate(1, 4)}, None),  # more returns than deals
        ("mean", {"a": of_mean(1, 3, 9), "b": of_mean(1, 5, 25)}, None),
        ("sum", {"a": of_sum(5, 3), "b": of_sum(5, 4)}, None),
        ("sum", {"a": of_sum(5, 0), "b": of_sum(5, 0)}, 1.0),
        ("mean", {"a": of_mean(5, 3, 9), "b": Evidence()}, None),
    ],
)
def test_what_cannot_be_told_is_not_told(kind: Kind, reps: dict[str, Evidence], phi: float | None) -> None:
    assert estimate(kind, reps, phi) is None


def test_peers_without_any_noise_or_spread_are_one_value() -> None:
    norm = estimate("mean", {"a": of_mean(4, 8, 16), "b": of_mean(4, 8, 16)})
    assert norm is not None
    assert (norm.level, norm.spread, norm.weight) == (2.0, 0.0, 500.0)
    assert shrink(norm, Evidence()).variance == 0


def test_a_sum_near_nothing_is_not_taken_for_certain() -> None:
    norm = estimate("sum", {"a": of_sum(50, 200), "b": of_sum(50, 300), "c": of_sum(50, 250)}, 2.0)
    assert norm is not None
    assert norm.within == 10.0
    assert norm.noise(0.0) == norm.noise(-0.1) == 1.0
    assert norm.noise(-4.0) == 8.0


def test_a_scorecards_norm_leaves_nobody_out_and_ranks_nobody() -> None:
    norm = stated("rate", 0.3, 0.08)
    assert norm.level_without(of_rate(10, 9)) == 0.3
    assert not norm.ranks
    shrunk = shrink(norm, of_rate(50, 25))
    assert shrunk.value == pytest.approx(0.4)
    assert shrunk.variance == pytest.approx(0.24 / 101)
    assert replace(norm, peers=8).level_without(of_rate(10, 9)) == 0.3


@pytest.mark.parametrize(("spread", "deals"), [(0.1, 40), (0.25, 10)])
def test_four_fifths_of_the_truths_lie_in_their_intervals(spread: float, deals: int) -> None:
    draw = np.random.default_rng(12)
    held = []
    for _ in range(60):
        truths = np.clip(draw.normal(0.5, spread, 30), 0.02, 0.98)
        past = {f"r-{rep}": of_rate(2 * deals, int(draw.binomial(2 * deals, p))) for rep, p in enumerate(truths)}
        norm = estimate("rate", past)
        assert norm is not None
        for rep, p in enumerate(truths):
            shrunk = shrink(norm, of_rate(deals, int(draw.binomial(deals, p))), past[f"r-{rep}"])
            held.append(shrunk.low <= p <= shrunk.high)
    assert sum(held) / len(held) == pytest.approx(0.8, abs=0.035)
