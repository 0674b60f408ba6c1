"""What a demo remembers of the figures it has seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.demo.course import Course, sparkline
from streams.demo.figures import Row, Snapshot


def snapshot(as_of: str = "2026-01-01", counted: int = 0, **scores: float | None) -> Snapshot:
    rows = [Row(f"rep:{name}", "t-1", score, 0.9, {}) for name, score in scores.items()]
    return Snapshot(as_of, {row.key: row for row in rows}, counted, 0)


def test_changes_count_from_the_start_of_the_live_part_and_for_later_scores_from_the_first() -> None:
    course = Course()
    course.take(snapshot(a=40.0, b=None), 0.0)
    assert course.change("rep:a") is None
    course.begin_live()
    course.take(snapshot("2026-01-02", a=43.5, b=70.0), 1.0)
    course.take(snapshot("2026-01-03", a=38.0, b=69.0, c=None), 2.0)
    assert [course.change(f"rep:{name}") for name in "abcd"] == [-2.0, -1.0, None, None]
    course.take(snapshot("2026-01-04", a=None), 3.0)
    assert course.change("rep:a") is None


def test_a_sparkline_has_one_point_a_date_and_begins_with_the_live_part() -> None:
    course = Course()
    for n, score in enumerate((10.0, 90.0, 20.0)):
        course.take(snapshot(f"2026-01-0{n + 1}", a=score), n)
    assert len(course.sparkline("rep:a", 10)) == 3
    course.begin_live()
    assert len(course.sparkline("rep:a", 10)) == 1
    course.take(snapshot("2026-01-03", a=25.0), 3.0)
    course.take(snapshot("2026-01-04", a=60.0), 4.0)
    course.take(snapshot("2026-01-04", a=80.0), 5.0)
    assert course.sparkline("rep:a", 10) == "▁█"
    assert course.sparkline("rep:nobody", 10) == ""


def test_records_a_second_are_those_of_the_last_seconds() -> None:
    course = Course()
    assert course.records_a_second == 0.0
    for second, counted in enumerate((0, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_050)):
        course.take(snapshot(counted=counted), float(second))
    assert course.records_a_second == pytest.approx(10.0)


def test_rows_are_ranked_by_score_and_the_unscored_come_last() -> None:
    course = Course()
    assert course.rows("rep") == []
    course.take(snapshot(a=40.0, d=None, b=60.0, c=None, e=40.0), 0.0)
    assert [row.key for row in course.rows("rep")] == ["rep:b", "rep:a", "rep:e", "rep:c", "rep:d"]
    assert course.rows("team") == []


def test_scores_are_settled_once_they_stay_as_they_are() -> None:
    course = Course()
    course.take(snapshot(a=40.0), 10.0)
    course.take(snapshot(a=40.0, counted=5), 11.5)
    assert course.settled_seconds == 1.5
    course.take(snapshot(a=41.0), 12.0)
    assert course.settled_seconds == 0.0


def test_the_first_score_is_remembered_not_the_first_answer() -> None:
    course = Course()
    course.take(snapshot(a=None), 3.0)
    assert course.first_scores_at is None
    course.take(snapshot(a=1.0), 4.0)
    course.take(snapshot(a=2.0), 5.0)
    assert course.first_scores_at == 4.0


@given(st.lists(st.floats(0, 100), max_size=200), st.integers(1, 40))
def test_a_sparkline_fits_and_its_ends_are_in_order(values: list[float], width: int) -> None:
    blocks = sparkline(values, width)
    assert len(blocks) == min(len(values), width)
    assert set(blocks) <= set("▁▂▃▄▅▆▇█")
    rising = sparkline(sorted(values), width)
    assert list(rising) == sorted(rising)
