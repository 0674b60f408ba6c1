"""What is read once for many dates, and for many subjects, is what each date and subject would have read by itself."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.course import Courses, Ground
from scoring.improvement import Improvement
from scoring.line import Line
from scoring.weeks import DAYS, complete_weeks
from tests.unit.scoring.simulated_company import newest_day, simulated_line
from tests.unit.scoring.test_line_equals_oracle import CHOSEN, SCORECARD

COMPANIES = pytest.mark.parametrize("without", ["", "rep"], ids=["recorded", "nobody recorded"])


def _subjects(line: Line) -> list[str]:
    return sorted(line.ground(SCORECARD, newest_day(line)).rows)


@COMPANIES
@pytest.mark.parametrize("card", [SCORECARD, CHOSEN], ids=["default", "chosen"])
def test_one_ground_of_all_dates_tells_what_a_ground_of_each_does(without: str, card: object) -> None:
    line = simulated_line(reps=6, days=30 * DAYS, without=without)
    last, subjects = newest_day(line), _subjects(line)
    norms = line.norms(card, last)
    for day in [last - DAYS * back for back in (25, 9, 3, 2, 1, 0, 12)]:  # onwards, and back
        weeks = complete_weeks(day, 13)
        lasting = line.ground(card, day)
        fresh = Ground.of(lasting.rows, lasting.people, card)
        for found, expected in zip(
            Courses(lasting, card, norms, weeks).of(subjects),
            Courses(fresh, card, norms, weeks).of(subjects),
            strict=True,
        ):
            np.testing.assert_array_equal(found, expected)


@COMPANIES
def test_many_subjects_at_once_have_the_courses_and_parts_of_each(without: str) -> None:
    line = simulated_line(reps=6, days=30 * DAYS, without=without)
    day, subjects = newest_day(line), [*_subjects(line), "rep:nobody", "team:nobody"]
    norms, ground = line.norms(SCORECARD, day), line.ground(SCORECARD, day)
    together = Courses(ground, SCORECARD, norms, complete_weeks(day, 26)).of(subjects)
    pillar = Improvement(ground, SCORECARD, norms, day).of_all(subjects)
    assert pillar is not None
    worked_out = Improvement(ground, SCORECARD, norms, day)
    worked_out.work_out(subjects[:2])
    worked_out.work_out(subjects)
    for place, subject in enumerate(subjects):
        alone = Courses(ground, SCORECARD, norms, complete_weeks(day, 26)).of([subject])
        for found, expected in zip(together, alone, strict=True):
            np.testing.assert_array_equal(found[place], expected[0])
        parts = Improvement(ground, SCORECARD, norms, day).of(subject)
        assert worked_out.of(subject) == parts
        assert [(part.name, part.weight, part.sign) for part in parts] == list(pillar.named)
        assert [part.u for part in parts] == pillar.u[:, place].tolist()
        assert [part.u_low for part in parts] == pillar.low[:, place].tolist()
        assert [part.u_high for part in parts] == pillar.high[:, place].tolist()
        assert [part.n > 0 for part in parts] == pillar.known[:, place].tolist()
    assert any(pillar.known.any(axis=1))


def test_a_record_taken_later_counts_in_the_ground() -> None:
    line = simulated_line.__wrapped__(reps=3, days=20 * DAYS)
    day = newest_day(line)
    norms, weeks = line.norms(SCORECARD, day), complete_weeks(day, 13)
    rep = next(iter(line.reference.roster.reps))
    before = Courses(line.ground(SCORECARD, day), SCORECARD, norms, weeks).of(["rep:" + rep])
    line.take("rep", rep, 2**60, 0, None)
    after = Courses(line.ground(SCORECARD, day), SCORECARD, norms, weeks).of(["rep:" + rep])
    assert not np.array_equal(before.rest, after.rest)
