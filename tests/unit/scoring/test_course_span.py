"""Courses at the ends of many weeks, worked out together, are those of each end; and where they cannot be shared they are not."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from scoring.course import Course, Courses
from scoring.course_span import courses_at
from scoring.line import Line
from scoring.scorecard import Scorecard
from scoring.weeks import DAYS, complete_weeks
from tests.traffic import rough_messages
from tests.unit.scoring.each_day import rough_line
from tests.unit.scoring.simulated_company import newest_day, simulated_line
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, EVERYTHING, SCORECARD


def _assert_those_of_each(line: Line, card: Scorecard, last: int, ends: int, weeks: int) -> list[Course]:
    norms = line.norms(card, last)
    days = [last - DAYS * back for back in reversed(range(ends))]

    def several() -> list[Courses]:
        return [Courses(line.ground(card, day), card, norms, complete_weeks(day, weeks)) for day in days]

    subjects = [*sorted(line.ground(card, last).rows), "rep:nobody", "team:nobody"]
    together = list(courses_at(several(), subjects))
    for found, courses in zip(together, several(), strict=True):
        for column, expected in zip(found, courses.of(subjects), strict=True):
            np.testing.assert_array_equal(column, expected)
    return together


@pytest.mark.parametrize("card", [SCORECARD, CHOSEN, EVERYTHING], ids=["default", "chosen", "everything"])
def test_what_is_worked_out_together_is_that_of_each_to_the_last_digit(card: Scorecard) -> None:
    line = simulated_line(reps=6, days=30 * DAYS)
    found = _assert_those_of_each(line, card, newest_day(line), ends=9, weeks=13)
    assert any((one.n[:, :, -1] != other.n[:, :, -2]).any() for one, other in pairwise(found))


@pytest.mark.parametrize("seed", [3, 8])
def test_moves_between_teams_and_territories_and_reps_without_a_record_change_nothing(seed: int) -> None:
    line = rough_line(rough_messages(2_500, seed, days=90, reps=7))
    _assert_those_of_each(line, CHOSEN, line.newest_day(740_000) or 0, ends=8, weeks=6)


def test_weeks_are_shared_only_where_all_ends_see_them_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    line = simulated_line(reps=6, days=30 * DAYS)
    last, of = newest_day(line), Courses.of
    norms, earlier = line.norms(SCORECARD, last), line.norms(SCORECARD, last - 14 * DAYS)
    first, second = (
        Courses(line.ground(SCORECARD, day), SCORECARD, norms, complete_weeks(day, 13)) for day in (last - DAYS, last)
    )
    asked: list[tuple[int, int]] = []

    def counted(self: Courses, subjects: list[str]) -> Course:
        asked.append((len(self.weeks), len(self.metrics)))
        return of(self, subjects)

    monkeypatch.setattr(Courses, "of", counted)
    list(courses_at([first, second], ["rep:r-1"]))
    assert asked == [(14, len(first.metrics))]
    asked.clear()
    assert earlier.label != norms.label
    list(courses_at([Courses(first.ground, SCORECARD, earlier, first.weeks), second], ["rep:r-1"]))
    assert asked == [(13, len(first.metrics))] * 2
    asked.clear()
    week_before = replace(first, weeks=complete_weeks(last - 2 * DAYS, 13))
    list(courses_at([week_before, first, replace(second, norms=earlier)], ["rep:r-1"]))
    assert asked == [(14, len(first.metrics)), (13, len(first.metrics))], "those up to there are shared all the same"


@pytest.mark.parametrize("begun", [(0, 5), (5, 0), (5, 5), (0, 0, 0), (-2, -2, -1), (-1, 0, 1)])
def test_weeks_before_records_began_are_unknown_at_each_end_as_it_sees_them(begun: tuple[int, ...]) -> None:
    line = simulated_line(reps=6, days=30 * DAYS)
    last = newest_day(line)
    norms, subjects = line.norms(SCORECARD, last), sorted(line.ground(SCORECARD, last).rows)
    several = []
    for back, week in enumerate(reversed(begun)):
        day = last - DAYS * back
        weeks = complete_weeks(day, 13)
        ground = replace(line.ground(SCORECARD, day), begun=weeks.start + DAYS * week)
        several.insert(0, Courses(ground, SCORECARD, norms, weeks))
    for found, courses in zip(courses_at(several, subjects), several, strict=True):
        for column, expected in zip(found, courses.of(subjects), strict=True):
            np.testing.assert_array_equal(column, expected)
