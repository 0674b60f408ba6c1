from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.chart import Point, chart_week
from scoring.chart_rule import ChartRule
from scoring.drops import Alert, Change, Drop, Recovery, Run, alerts, runs
from scoring.evidence import of_rate
from scoring.expectation import Expected
from scoring.oracle import drops as oracle

MONDAY = 738_004
SUNDAY = MONDAY + 6
RULE = ChartRule("rate", 25.0)


def _run(metric: str, cs: list[float], start: int = MONDAY, threshold: float = 5.0) -> Run:
    """A chart with a point each week."""
    points, since = [], start
    for number, c in enumerate(cs):
        monday = start + 7 * number
        since = monday + 6 if c == 0 else since
        points.append(Point(monday, monday, 8, 0, 1, 0, 1, 0, c, since, warned=c > 4, alarmed=c > threshold))
    return Run(metric, start, threshold, tuple(points))


def _lost(points: float | None, cause: str = "win_rate") -> Callable[[int, int], Change]:
    return lambda _since, _day: Change(60.0, None if points is None else 60.0 - points, points, cause)


def _sundays(weeks: int) -> list[int]:
    return [SUNDAY + 7 * week for week in range(weeks)]


def _told(alerts_: tuple[Alert, ...]) -> list[oracle.Told]:
    return [
        (a.day, "drop", a.metric, a.cause)
        if isinstance(a, Drop)
        else (a.day, "recovery", a.metric, "restart" if a.restarted else "quiet")
        for a in alerts_
    ]


def test_a_drop_is_told_once_and_ends_below_half_the_threshold() -> None:
    run = _run("win_rate", [0, 3, 5.5, 6, 4, 2.5, 2.4, 0])
    found = alerts([run], _lost(8.0), _sundays(8))
    assert found == (
        Drop(SUNDAY + 14, "win_rate", "alarm", "win_rate", 5.5, 5.0, SUNDAY, 60.0, 52.0, 8.0),
        Recovery(SUNDAY + 42, "win_rate", SUNDAY + 14, 2.4, 5.0, restarted=False),
    )


def test_a_drop_that_the_score_does_not_show_is_told_when_it_does() -> None:
    run = _run("win_rate", [0, 6, 6, 6, 6])
    asked = []

    def change(since: int, day: int) -> Change:
        asked.append((since, day))
        return Change(60.0, 50.0, 4.99 if day < SUNDAY + 21 else 5.0, "win_rate")

    assert [(a.day, a.metric) for a in alerts([run], change, _sundays(5))] == [(SUNDAY + 21, "win_rate")]
    assert asked == [(SUNDAY, SUNDAY + 7 * week) for week in (1, 2, 3)]  # no waterfall is drawn without an alarm


def test_who_stays_where_it_was_while_the_others_rise_has_not_dropped() -> None:
    run = _run("win_rate", [0, 6, 6])
    for after, told in ((60.0, 0), (57.6, 0), (57.5, 1)):
        assert len(alerts([run], lambda *_, after=after: Change(60.0, after, 8.0, "win_rate"), _sundays(3))) == told


def test_without_a_score_nothing_is_told() -> None:
    assert alerts([_run("win_rate", [6, 6])], _lost(None), _sundays(2)) == ()


def test_two_metrics_with_one_cause_are_told_once_in_14_days() -> None:
    charts = [_run("csat", [6, 6, 6]), _run("win_rate", [5.5, 5.5, 5.5])]
    found = alerts(charts, _lost(9.0, "results"), _sundays(3))
    assert _told(found) == [(SUNDAY, "drop", "csat", "results"), (SUNDAY + 14, "drop", "win_rate", "results")]


def test_two_causes_are_two_alerts_the_surest_first() -> None:
    def change(_since: int, day: int) -> Change:
        causes.append(day)
        return Change(60.0, 50.0, 10.0, f"cause {len(causes)}")

    causes: list[int] = []
    found = alerts([_run("csat", [5.5]), _run("win_rate", [6.0]), _run("calls", [5.5])], change, [SUNDAY])
    assert [a.metric for a in found] == ["win_rate", "calls", "csat"]


def test_a_drop_that_comes_back_within_14_days_waits() -> None:
    run = _run("win_rate", [6, 0, 6, 6])
    found = alerts([run], _lost(9.0), [SUNDAY, SUNDAY + 7, SUNDAY + 13, SUNDAY + 14])
    assert _told(found) == [
        (SUNDAY, "drop", "win_rate", "win_rate"),
        (SUNDAY + 7, "recovery", "win_rate", "quiet"),
        (SUNDAY + 14, "drop", "win_rate", "win_rate"),
    ]


def test_a_redrawn_chart_unsends_nothing() -> None:
    sent = alerts([_run("win_rate", [0, 6])], _lost(9.0), _sundays(2))
    quiet = _run("win_rate", [0, 1, 1])
    assert alerts([quiet], _lost(9.0), [SUNDAY + 14], sent) == (
        Recovery(SUNDAY + 14, "win_rate", SUNDAY + 7, 1.0, 5.0, restarted=False),
    )


def test_a_redrawn_chart_tells_no_drop_of_days_gone_by() -> None:
    redrawn = _run("win_rate", [0, 6, 6, 0])
    assert alerts([redrawn], _lost(9.0), [SUNDAY + 21], ()) == ()


def test_a_restart_ends_an_open_drop_and_begins_at_0() -> None:
    before, after = _run("win_rate", [6, 6]), _run("win_rate", [6], start=MONDAY + 14)
    found = alerts([after, before], _lost(9.0), [SUNDAY, MONDAY + 14, SUNDAY + 14])
    assert found[1] == Recovery(MONDAY + 14, "win_rate", SUNDAY, 0.0, 5.0, restarted=True)
    assert _told(found)[2] == (SUNDAY + 14, "drop", "win_rate", "win_rate")


def test_warnings_are_told_only_where_asked_for() -> None:
    run = _run("win_rate", [4.5, 4.5, 6, 6])
    assert [a.day for a in alerts([run], _lost(9.0), _sundays(4))] == [SUNDAY + 14]
    found = alerts([run], _lost(9.0), _sundays(4), warnings=True)
    assert [(a.day, a.severity) for a in found if isinstance(a, Drop)] == [(SUNDAY, "warning"), (SUNDAY + 14, "alarm")]


CS = st.lists(st.sampled_from([0.0, 2.0, 2.6, 4.5, 5.5, 6.0]), max_size=10)
WORLDS = st.fixed_dictionaries({name: st.tuples(CS, CS) for name in ("calls", "csat", "win_rate")})
SIZES = st.dictionaries(st.integers(0, 12), st.sampled_from([None, 4.0, 5.0, 12.0]))
CAUSES = st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=5)


def _world(
    world: dict[str, tuple[list[float], list[float]]], sizes: dict[int, float | None], causes: list[str]
) -> tuple[list[Run], Callable[[int, int], Change]]:
    charts = [_run(metric, first) for metric, (first, _) in world.items()]
    charts += [_run(metric, second, MONDAY + 42) for metric, (_, second) in world.items()]

    def change(since: int, day: int) -> Change:
        week = (day - MONDAY) // 7
        after = 60.0 - (7 * week + since) % 6  # shown: 0 to 5 points
        return Change(60.0, after, sizes.get(week, 9.0), causes[(week + since) % len(causes)])

    return charts, change


@given(WORLDS, SIZES, CAUSES)
def test_alerts_are_those_of_the_oracle(
    world: dict[str, tuple[list[float], list[float]]], sizes: dict[int, float | None], causes: list[str]
) -> None:
    charts, change = _world(world, sizes, causes)
    standings: dict[int, dict[str, oracle.Standing]] = {}
    for day in _sundays(14):
        standings[day] = {}
        for run in charts:
            if run.start == (MONDAY + 42 if day >= MONDAY + 42 else MONDAY):
                known = [point for point in run.points if point.week + 6 <= day]
                c, since = (known[-1].c, known[-1].since) if known else (0.0, run.start)
                at = change(since, day)
                standings[day][run.metric] = oracle.Standing(
                    c, run.threshold, run.start, at.fall, at.cause, 60.0 - (at.after or 0.0)
                )
    assert _told(alerts(charts, change, _sundays(14))) == oracle.told(_sundays(14), standings)


@given(WORLDS, SIZES, CAUSES, st.integers(0, 14), st.booleans())
def test_telling_in_two_goes_says_the_same(
    world: dict[str, tuple[list[float], list[float]]],
    sizes: dict[int, float | None],
    causes: list[str],
    cut: int,
    warnings: bool,  # noqa: FBT001 - drawn
) -> None:
    charts, change = _world(world, sizes, causes)
    days = _sundays(14)
    first = alerts(charts, change, days[:cut], warnings=warnings)
    second = alerts(charts, change, days[cut:], first, warnings=warnings)
    assert first + second == alerts(charts, change, days, warnings=warnings)


@given(WORLDS, SIZES, CAUSES, st.randoms(use_true_random=False))
def test_the_order_of_the_charts_changes_no_byte(
    world: dict[str, tuple[list[float], list[float]]], sizes: dict[int, float | None], causes: list[str], rng: object
) -> None:
    charts, change = _world(world, sizes, causes)
    shuffled = list(charts)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert repr(alerts(shuffled, change, _sundays(14))) == repr(alerts(charts, change, _sundays(14)))


@given(WORLDS, SIZES, CAUSES)
def test_no_cause_is_told_twice_in_14_days_and_every_recovery_ends_a_drop(
    world: dict[str, tuple[list[float], list[float]]], sizes: dict[int, float | None], causes: list[str]
) -> None:
    charts, change = _world(world, sizes, causes)
    last: dict[str, int] = {}
    opened: dict[str, int] = {}
    for alert in alerts(charts, change, _sundays(14)):
        if isinstance(alert, Drop):
            assert alert.metric not in opened
            assert alert.day - last.get(alert.cause, 0) >= 14
            last[alert.cause] = opened[alert.metric] = alert.day
        else:
            assert opened.pop(alert.metric) == alert.dropped


def test_a_week_that_a_restart_cuts_belongs_to_neither_chart() -> None:
    weeks = [chart_week(MONDAY + 7 * k, of_rate(8, 4), Expected(0.5, 20)) for k in range(6)]
    higher = replace(RULE, alarm=6.0)
    first, second = runs("csat", reversed(weeks), {MONDAY + 16: higher, MONDAY: RULE})
    assert [point.week for point in first.points] == [MONDAY, MONDAY + 7]
    assert [point.week for point in second.points] == [MONDAY + 21, MONDAY + 28, MONDAY + 35]
    assert (first.threshold, second.threshold) == (5.0, 6.0)
    assert runs("csat", weeks, {MONDAY + 14: RULE})[0].points[0].week == MONDAY + 14


@pytest.mark.parametrize(("day", "c"), [(SUNDAY - 1, None), (SUNDAY, 1.0), (SUNDAY + 6, 1.0), (SUNDAY + 7, 2.0)])
def test_a_block_is_known_from_its_sunday_on(day: int, c: float | None) -> None:
    point = _run("csat", [1.0, 2.0]).standing(day)
    assert (point.c if point else None) == c
