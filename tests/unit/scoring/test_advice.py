from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.advice import advice
from scoring.aggregate import Breakdown, MetricPart, aggregate
from scoring.goalposts import Goalposts, goalposts
from scoring.improvement import improvement_part
from scoring.oracle import advice as oracle
from scoring.slope import Slope

LESS_IS_BETTER = frozenset({"return_rate", "cycle_days"})
METRICS = {"results": ("revenue", "win_rate"), "customer": ("csat", "return_rate"), "process": ("calls", "cycle_days")}
WEIGHTS = {"results": 0.40, "customer": 0.25, "process": 0.20, "improvement": 0.15}
NEAR = {"rel": 1e-9, "abs": 1e-10}

Subject = tuple[Breakdown, dict[str, Goalposts], dict[str, float]]


@st.composite
def subjects(draw: Any) -> Subject:
    posts, steps, parts = {}, {}, {}
    for pillar, names in METRICS.items():
        parts[pillar] = [_drawn(draw, name, posts, steps) for name in names]
    slope = Slope(draw(st.floats(-0.1, 0.1)), 0.001, 26)
    parts["improvement"] = [improvement_part("csat", 1.0, slope, 0.001, 1.0)]
    return aggregate(WEIGHTS, parts), posts, steps


def _drawn(draw: Any, name: str, posts: dict[str, Goalposts], steps: dict[str, float]) -> MetricPart:
    norm, step = draw(st.floats(1, 10)), draw(st.floats(0.1, 5))
    target = draw(st.none() | st.floats(1, 12))
    up = name not in LESS_IS_BETTER
    posts[name] = goalposts(norm, step, 0.0, target, higher_is_better=up, capped=draw(st.booleans()))
    steps[name] = step
    value = draw(st.floats(-8, 25) | st.sampled_from([norm, posts[name].target, posts[name].worst, posts[name].best]))
    return MetricPart(
        name=name,
        weight=draw(st.sampled_from([0.2, 0.5, 0.8])),
        u=posts[name].utility(value),
        shrunk=value,
        value=value,
        n=10,
        prior=0.0,
        norm=norm,
        sign=1 if up else -1,
        du_dx=posts[name].slope(value),
        u_low=posts[name].utility(value - step / 2),
        u_high=posts[name].utility(value + step / 2),
    )


@given(subjects())
def test_points_are_those_of_the_score_computed_anew(subject: Subject) -> None:
    breakdown, posts, steps = subject
    for lever in advice(*subject).levers:
        part = next(p for pillar in breakdown.pillars for p in pillar.metrics if p.name == lever.metric)
        post, sign = posts[lever.metric], part.sign
        better = part.shrunk + sign * steps[lever.metric]
        assert lever.per_step == pytest.approx(oracle.points(breakdown, lever.metric, post, better), **NEAR)
        norm = oracle.points(breakdown, lever.metric, post, part.norm)
        assert lever.beside_norm == pytest.approx(-norm, **NEAR)
        if sign * (post.target - part.shrunk) > 0:
            target = oracle.points(breakdown, lever.metric, post, post.target)
            assert lever.target_points == pytest.approx(target, **NEAR)
            assert part.shrunk + lever.to_target == pytest.approx(post.target, **NEAR)
        else:
            assert (lever.target_points, lever.to_target) == (0.0, 0.0)


@given(subjects())
def test_the_derivative_is_that_of_a_small_step_towards_better(subject: Subject) -> None:
    breakdown, posts, steps = subject
    for lever in advice(*subject).levers:
        part = next(p for pillar in breakdown.pillars for p in pillar.metrics if p.name == lever.metric)
        post, unit = posts[lever.metric], part.sign * steps[lever.metric]
        kinks = [post.worst, post.target, post.best, *([] if post.cap is None else [post.cap])]
        if all(not 0 < (kink - part.shrunk) / unit < 1e-5 for kink in kinks) and (part.shrunk - post.worst) / unit >= 0:
            naive = oracle.per_unit(breakdown, lever.metric, post, part.shrunk, unit)
            assert lever.per_unit == pytest.approx(naive, rel=1e-3, abs=1e-3 / steps[lever.metric])


@given(subjects(), st.randoms(use_true_random=False))
def test_what_is_told_is_in_order_and_the_same_for_any_order_of_metrics(subject: Subject, shuffler: Any) -> None:
    breakdown, posts, steps = subject
    told = advice(breakdown, posts, steps)
    assert [lever.per_step for lever in told.levers] == sorted((x.per_step for x in told.levers), reverse=True)
    assert {lever.metric for lever in told.levers} == set(posts)
    assert all(lever.beside_norm > 0 for lever in told.strengths)
    assert all(lever.beside_norm < 0 < lever.target_points for lever in told.weak_spots)
    pillars = list(breakdown.pillars)
    shuffler.shuffle(pillars)
    assert advice(replace(breakdown, pillars=tuple(pillars)), posts, steps) == told


POSTS = Goalposts(0.0, 7.0, 10.0)  # a utility is a tenth of the value


def _part(name: str, value: float, weight: float = 1.0) -> MetricPart:
    low, high = POSTS.utility(value - 1), POSTS.utility(value + 1)
    return MetricPart(name, weight, value / 10, value, value, 9, 9, 5.0, 1, POSTS.slope(value), low, high)


def test_a_weak_pillar_is_the_first_lever_where_weights_are_alike() -> None:
    parts = {"results": [_part("a", 8.0)], "customer": [_part("b", 2.0)], "process": [_part("c", 4.5)]}
    told = advice(aggregate(dict.fromkeys(parts, 1.0), parts), dict.fromkeys("abc", POSTS), dict.fromkeys("abc", 1.0))
    assert [lever.metric for lever in told.levers] == ["b", "c", "a"]
    assert [lever.metric for lever in told.weak_spots] == ["b", "c"]
    assert [lever.metric for lever in told.strengths] == ["a"]
    assert [lever.certain for lever in told.levers] == [True, False, True]  # 4.5 -/+ 1 holds the norm, 5


def test_equal_levers_are_told_by_name() -> None:
    parts = {"results": [_part(name, 3.0, 0.25) for name in "dbca"]}
    told = advice(aggregate({"results": 1.0}, parts), dict.fromkeys("abcd", POSTS), dict.fromkeys("abcd", 1.0))
    for levers in (told.levers, told.weak_spots):
        assert [lever.metric for lever in levers] == ["a", "b", "c", "d"]


def test_what_is_at_its_best_has_nothing_left_to_bring() -> None:
    parts = {"results": [_part("a", 10.0)]}
    told = advice(aggregate({"results": 1.0}, parts), {"a": POSTS}, {"a": 1.0})
    lever = told.levers[0]
    assert (lever.per_unit, lever.per_step, lever.target_points, told.weak_spots) == (0.0, 0.0, 0.0, ())


def test_a_metric_says_whether_it_is_getting_better() -> None:
    parts = {"results": [_part("a", 3.0)], "improvement": [improvement_part("a", 1.0, Slope(0.1, 0.0, 26), 1.0, 2.0)]}
    told = advice(aggregate({"results": 0.8, "improvement": 0.2}, parts), {"a": POSTS}, {"a": 1.0})
    assert told.levers[0].improving == pytest.approx(0.5 + 0.5 * 1.3 / 3.29)
    assert (
        advice(aggregate({"results": 1.0}, {"results": [_part("a", 3.0)]}), {"a": POSTS}, {"a": 1.0})
        .levers[0]
        .improving
        is None
    )
