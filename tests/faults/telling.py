"""Telling: the end of a run, in which the alerts are judged. See `told` for what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from tests.faults.course import Course
from tests.faults.planted import SUNDAY, tick, turned
from tests.faults.told import (
    Truth,
    counted,
    forgotten_or_doubled,
    messages,
    remembered,
    wait_until_decided,
)
from tests.faults.verdict import Verdict, figures
from tests.installation import wait_until
from tests.traffic import Sent
from tests.weeks import wait_for_weeks

_MONDAY: Final = SUNDAY + timedelta(days=1)

_DECIDED_ONE_RUN_IN: Final = 5
"""The first run of a scenario and every fifth after it decides one day more, which takes some ten seconds."""

_FULL_TRAFFIC: Final = 5_000
"""No day is judged with fewer: what the norms make of two planted reps among forty idle ones need be nothing to tell of."""


def judge_alerts(course: Course, verdict: Verdict) -> None:
    """Say in the verdict what is missing among the alerts, or told twice; scores are as they must be by now."""
    there = [f"{kind}:{name}" for kind, name in course.line.published_scores()]
    try:
        full = len(course.messages) >= _FULL_TRAFFIC
        if full and course.as_of is None and course.seed % _DECIDED_ONE_RUN_IN == 1:
            _judge_one_day(course, verdict)
        wait_until(
            lambda: forgotten_or_doubled(course.line, there) is None,
            course.patience_seconds,
            "the lanes to remember what they told",
        )
    except AssertionError as error:
        verdict.difference = f"alerts: {error}; {forgotten_or_doubled(course.line, there)}"
        return
    told = messages(course.line)
    verdict.figures += figures(told)
    course.note(f"{len(told)} alerts, each of which its lane remembers")
    course.check_nobody_died()


def _judge_one_day(course: Course, verdict: Verdict) -> None:
    """Make it a Sunday after all traffic, send late what makes one planted rep slide and the other recover; then let it pass.

    It passes at once: whatever of what came late is still on its way between lanes has to be waited for by those that decide.
    """
    _settle(course, [tick(SUNDAY)], SUNDAY)
    wait_until_decided(course.line, SUNDAY - timedelta(days=1), course.patience_seconds)
    before, (_, memory) = counted(messages(course.line)), remembered(course.line)
    course.line.produce(turned())
    truth = _settle(course, [tick(_MONDAY)], _MONDAY)
    wait_until_decided(course.line, SUNDAY, course.patience_seconds)
    expected, found = counted(truth.told(SUNDAY, memory)), counted(messages(course.line)) - before
    assert expected, "nothing is to be told: the planted reps no longer fit the method"
    verdict.lost += (expected - found).total()
    verdict.doubled += (found - expected).total()
    assert found == expected, f"missing {list(expected - found)}, too many {list(found - expected)}"
    course.note(f"{len(expected)} alerts of {SUNDAY} are those of the pure functions")


def _settle(course: Course, sent: Sequence[Sent], day: date) -> Truth:
    """Send records, and wait until scores and week rows are those of all records on that day."""
    course.line.produce(sent)
    deliveries = course.deliveries()
    truth = Truth(course.line, deliveries)
    course.line.wait_for_scores(truth.scores(day), course.patience_seconds)
    wait_for_weeks(course.line, deliveries, day.toordinal(), course.patience_seconds)
    return truth
