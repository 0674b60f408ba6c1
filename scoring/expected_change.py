"""Expected change: how much more was to be expected of a subject on one day than on another, for a waterfall's market step.

Source: method.md sections 5 and 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from scoring.course import Courses, Ground
from scoring.evidence import Evidence
from scoring.norms import Norms
from scoring.quarter import kind_of
from scoring.scorecard import Scorecard
from scoring.standing import Seen
from scoring.weeks import DAYS, complete_weeks


class Expected(NamedTuple):
    """What is expected of one metric on a day, or by how much more than on another, in the unit in which it is scored.

    `market` is what norm, season, market and all others let expect. `ramp` is what that comes to less because members of a group
    are new, 0 or below; always 0 of a rep, whose settling in is its own, and of what is no sum. e is the sum of the two.
    """

    market: float
    ramp: float = 0.0


def expectations(ground: Ground, scorecard: Scorecard, norms: Norms, subject: str, day: int) -> Mapping[str, Expected]:
    """By metric what was to be expected of a subject over the complete weeks of the score window that ends on a day.

    e is the mean over these weeks, each weighing as many observations as the subject had in it. A metric without observations,
    or of which weeks do not tell (`pipeline_value`), is not there.

    Args:
        ground: with the weeks of that day.
        scorecard: weights and windows.
        norms: by which both days are judged.
        subject: as in `Scorer.score`.
        day: that the window ends with.
    """
    stated = norms.ripening.window_days
    window = scorecard.score_window_days if stated is None else stated
    weeks = complete_weeks(day, max(1, window // DAYS))
    courses = Courses(ground, scorecard, norms, weeks)
    n, _, _, expected, _ = (each[0] for each in courses.of([subject]))
    present = [ground.workdays.present(subject, monday) for monday in weeks]
    ramp = np.array([of.ramped / of.days if of.days > 0 and of.ramped > 0 else 1.0 for of in present])
    sums = np.array([kind_of(metric) == "sum" for metric in courses.metrics])[:, None]
    settled = expected / np.where(sums, ramp, 1.0)
    reached = settled if subject.startswith("rep:") else expected
    whole, market, with_ramp = (np.zeros(len(courses.metrics)) for _ in range(3))
    for week in range(len(weeks)):
        whole += n[:, week]
        market += n[:, week] * settled[:, week]
        with_ramp += n[:, week] * reached[:, week]
    by_metric = zip(courses.metrics, whole.tolist(), market.tolist(), with_ramp.tolist(), strict=True)
    return {
        metric: Expected(of_market / n_seen, (of_all - of_market) / n_seen)
        for metric, n_seen, of_market, of_all in by_metric
        if n_seen > 0
    }


def expected_change(before: Mapping[str, Expected], after: Mapping[str, Expected]) -> dict[str, Expected]:
    """e1 - e0 by metric; a metric that is not expected on both days is not there.

    >>> expected_change({"calls": Expected(4.0), "csat": Expected(0.8)}, {"calls": Expected(5.0, -0.5)})
    {'calls': Expected(market=1.0, ramp=-0.5)}
    """
    return {
        metric: Expected(after[metric].market - of.market, after[metric].ramp - of.ramp)
        for metric, of in before.items()
        if metric in after
    }


def moved(seen: Mapping[str, Seen], by: Mapping[str, float]) -> dict[str, Seen]:
    """What was seen, each value moved by so much: the own part of a day, x̄ - e, beside what was to be expected on another.

    n stays. A rate stays within 0 to 1; what has no value, or is not to move, is as it was.

    >>> from scoring.evidence import of_rate, of_sum
    >>> at = moved({"csat": Seen(of_rate(8, 6)), "calls": Seen(of_sum(5, 40.0))}, {"csat": 0.5, "calls": -2.0})
    >>> at["csat"].evidence.value, at["calls"].evidence.value, at["calls"].evidence.n
    (1.0, 6.0, 5)
    """
    return {metric: _moved(metric, of, by.get(metric, 0.0)) for metric, of in seen.items()}


def _moved(metric: str, seen: Seen, by: float) -> Seen:
    evidence = seen.evidence
    if not by or evidence.value is None:
        return seen
    value = evidence.value + by
    if kind_of(metric) == "rate":
        value = min(max(1.0, evidence.value), max(0.0, value))
    return replace(seen, evidence=Evidence(evidence.n, value * evidence.base, evidence.base))
