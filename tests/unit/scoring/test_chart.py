from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.chart import ChartWeek, chart, chart_week, unskewed
from scoring.chart_rule import ChartRule, chartable, starting_precision
from scoring.evidence import Evidence, Kind, of_rate
from scoring.expectation import Expected
from scoring.oracle import chart as oracle

MONDAY = 738_004
RULE = ChartRule("rate", 25.0)
NOISES: dict[tuple[Kind, bool], oracle.Noise] = {
    ("rate", False): "rate",
    ("sum", False): "counts",
    ("mean", True): "scaled",
    ("mean", False): "constant",
    ("ratio", False): "constant",
}


@st.composite
def rate_weeks(draw: st.DrawFn, most: int = 30) -> list[ChartWeek]:
    found = []
    for number in range(draw(st.integers(0, most))):
        n = draw(st.integers(0, 12))
        won = draw(st.integers(0, n))
        e, rest = draw(st.floats(0.02, 0.98)), draw(st.integers(0, 60))
        found.append(chart_week(MONDAY + 7 * number, of_rate(n, won), Expected(e, rest)))
    return found


@st.composite
def other_weeks(draw: st.DrawFn) -> list[ChartWeek]:
    dispersion = draw(st.floats(0.5, 20))
    found = []
    for number in range(draw(st.integers(0, 25))):
        n = draw(st.integers(0, 7))
        total, e = draw(st.floats(0, 200)) * (n > 0), draw(st.floats(2, 30))
        found.append(ChartWeek(MONDAY + 7 * number, n, total, n, e, draw(st.integers(0, 40)), dispersion))
    return found


def _observed(weeks: list[ChartWeek]) -> list[oracle.Observed]:
    return [oracle.Observed(*week) for week in weeks]


def _agree(rule: ChartRule, weeks: list[ChartWeek]) -> None:
    noise = NOISES[rule.kind, rule.positive]
    sign = 1 if rule.higher_is_better else -1
    told = oracle.statistics(noise, rule.precision, _observed(weeks), rule.block, rule.alarm, sign=sign)
    points = chart(rule, weeks)
    assert [point.week for point in points] == [monday for monday, _, _ in told]
    for point, (_, z, c) in zip(points, told, strict=True):
        assert point.z == pytest.approx(z, rel=1e-9, abs=1e-9)
        assert point.c == pytest.approx(c, rel=1e-9, abs=1e-9)


@given(rate_weeks(), st.floats(0.5, 500), st.sampled_from([5.0, 8.0]), st.floats(5, 8), st.booleans())
@settings(deadline=None)
def test_a_chart_of_rates_is_what_the_oracle_works_out_point_by_point(
    weeks: list[ChartWeek],
    precision: float,
    block: float,
    alarm: float,
    up: bool,  # noqa: FBT001 - drawn
) -> None:
    _agree(ChartRule("rate", precision, higher_is_better=up, block=block, alarm=alarm), weeks)


@given(other_weeks(), st.floats(4, 100), st.sampled_from([k for k in NOISES if k[0] != "rate"]), st.booleans())
@settings(deadline=None)
def test_charts_of_other_kinds_are_what_the_oracle_works_out(
    weeks: list[ChartWeek],
    precision: float,
    kind: tuple[Kind, bool],
    up: bool,  # noqa: FBT001 - drawn
) -> None:
    _agree(ChartRule(kind[0], precision, kind[1], up), weeks)


@given(rate_weeks(), st.randoms(use_true_random=False))
def test_the_order_of_the_weeks_changes_no_byte(weeks: list[ChartWeek], rng: random.Random) -> None:
    shuffled = rng.sample(weeks, len(weeks))
    assert repr(chart(RULE, shuffled)) == repr(chart(RULE, weeks))


@given(rate_weeks())
def test_a_week_without_observations_may_be_left_out(weeks: list[ChartWeek]) -> None:
    assert chart(RULE, [week for week in weeks if week.n]) == chart(RULE, weeks)


@given(rate_weeks(), st.floats(5, 7))
def test_c_stays_between_0_and_h_plus_1(weeks: list[ChartWeek], alarm: float) -> None:
    for point in chart(replace(RULE, alarm=alarm), weeks):
        assert 0 <= point.c <= alarm + 1
        assert point.warned == (point.c > 4)
        assert point.alarmed == (point.c > alarm)


@given(rate_weeks(), st.integers(0, 30))
def test_later_weeks_change_no_earlier_point(weeks: list[ChartWeek], cut: int) -> None:
    points = chart(RULE, weeks[:cut])
    assert chart(RULE, weeks)[: len(points)] == points


@given(rate_weeks())
def test_a_point_says_since_when_its_chart_is_above_0(weeks: list[ChartWeek]) -> None:
    since = min((week.monday for week in weeks if week.n), default=0)
    for point in chart(RULE, weeks):
        since = point.day if point.c == 0 else since
        assert point.since == since


@given(rate_weeks())
def test_losing_where_winning_was_never_lowers_c_at_the_next_point(weeks: list[ChartWeek]) -> None:
    before = chart(RULE, weeks)
    if before:
        last = next(week for week in reversed(weeks) if week.monday == before[-1].week)
        worse = [week._replace(total=0.0) if week is last else week for week in weeks]
        assert chart(RULE, worse)[len(before) - 1].c >= before[-1].c - 1e-12


@given(rate_weeks())
def test_a_rate_and_its_complement_make_the_same_chart(weeks: list[ChartWeek]) -> None:
    turned = [week._replace(total=week.n - week.total, expected=1 - week.expected) for week in weeks]
    pairs = zip(chart(RULE, weeks), chart(replace(RULE, higher_is_better=False), turned), strict=True)
    for point, mirror in pairs:
        assert (mirror.c, mirror.z) == (pytest.approx(point.c, abs=1e-6), pytest.approx(point.z, abs=1e-6))


@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-3, 3))
def test_correcting_for_skewness_keeps_the_order(one: float, other: float, gamma: float) -> None:
    low, high = sorted([one, other])
    assert unskewed(low, gamma) <= unskewed(high, gamma) + 1e-9


@given(st.floats(-4, 4), st.floats(-0.01, 0.01))
def test_a_little_skewness_is_corrected_as_method_md_says(z: float, gamma: float) -> None:
    assert unskewed(z, gamma) == pytest.approx(z - gamma * (z * z - 1) / 6, abs=4e-4)


def _steady(rate: float, weeks: int, e: float = 0.5, n: int = 10, first: int = 0) -> list[ChartWeek]:
    return [chart_week(MONDAY + 7 * (first + k), Evidence(n, rate * n, n), Expected(e, 40)) for k in range(weeks)]


def test_a_steadily_weaker_rep_does_not_alarm_for_ever() -> None:
    points = chart(ChartRule("rate", 10.0), _steady(0.4, 60))
    assert not any(point.alarmed for point in points)
    assert points[-1].level == pytest.approx(math.log(0.4 / 0.6), abs=0.1)


def test_a_fall_is_found_and_its_level_not_learned() -> None:
    points = chart(RULE, _steady(0.5, 20) + _steady(0.1, 12, first=20))
    assert not any(point.warned for point in points[:20])
    found = next(point for point in points if point.alarmed)
    assert found.week <= MONDAY + 7 * 23
    assert found.since == MONDAY + 7 * 19 + 6
    assert points[-1].alarmed
    assert points[-1].c == 6.0
    assert points[-1].level == found.level


def test_eight_deals_lost_of_eight_are_bad_news_where_nearly_all_are_won() -> None:
    (point,) = chart(RULE, [chart_week(MONDAY, of_rate(8, 0), Expected(0.95, 40))])
    assert point.z < -4


def test_blocks_that_waited_are_learned_when_the_warning_came_to_nothing() -> None:
    # one bad block lifts C between the warning and the alarm, a good one brings it back: both are learned
    weeks = _steady(0.5, 10) + _steady(0.0, 1, first=10, n=44) + _steady(0.7, 3, first=11)
    points = chart(RULE, weeks)
    warned = points[10]
    assert warned.warned
    assert not warned.alarmed
    assert points[11].precision == warned.precision
    back = next(k for k in range(11, 14) if not points[k].warned)
    learned = sum(1 / point.v for point in points[10 : back + 1])
    after = chart(RULE, [*weeks, *_steady(0.5, 1, first=14)])[back + 1]
    assert after.precision == pytest.approx(warned.precision + learned)


def test_a_block_pools_weeks_until_it_has_eight_observations() -> None:
    weeks = [chart_week(MONDAY + 7 * k, of_rate(n, n), Expected(0.5, 20)) for k, n in enumerate([3, 0, 4, 1, 8, 7])]
    assert [(p.first, p.week, p.n) for p in chart(RULE, weeks)] == [
        (MONDAY, MONDAY + 21, 8),
        (MONDAY + 28, MONDAY + 28, 8),
    ]
    assert len(chart(replace(RULE, block=5.0), weeks)) == 3


def test_without_weeks_there_is_no_point() -> None:
    assert chart(RULE, []) == ()
    assert chart_week(MONDAY, Evidence(), Expected(0.5, 20)).n == 0


def test_a_week_charted_twice_is_refused() -> None:
    week = chart_week(MONDAY, of_rate(3, 1), Expected(0.5, 20))
    with pytest.raises(ValueError, match="charted twice"):
        chart(RULE, [week, week])


def test_a_metric_without_noise_has_no_chart() -> None:
    assert not chartable("sum", 5.0, 1.0, 0.0)
    assert not chartable("mean", -1.0, 1.0, 1.0, positive=True)
    assert chartable("mean", -1.0, 1.0, 1.0)
    assert not chartable("rate", 1.0, 0.1)
    with pytest.raises(ValueError, match="variance"):
        chart(ChartRule("sum", 4.0), [ChartWeek(MONDAY, 10, 5.0, 10, 5.0, 20, 0.0)])
    with pytest.raises(ValueError, match="a metric that has a chart"):
        starting_precision("sum", 0.0, 1.0)
    with pytest.raises(ValueError, match="above 0 and finite"):
        ChartRule("rate", math.inf)


def test_one_enormous_week_makes_no_level_that_nobody_can_reach() -> None:
    rule = ChartRule("sum", starting_precision("sum", 100.0, 1e6))
    weeks = [ChartWeek(MONDAY + 7 * k, 10, 1e6 if k == 0 else 1000.0, 10, 100.0, 20, 500.0) for k in range(30)]
    points = chart(rule, weeks)
    assert points[1].level < math.log(20)
    assert not points[-1].alarmed
