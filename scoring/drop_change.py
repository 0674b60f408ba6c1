"""Drop change: what became of a subject's score between two days, with its waterfall, for an alert.

Both scores are as known now, so nothing is left for corrections; lanes hold no records, so no part is told by segment or record,
and a group's facts are not told apart by member, so its people part is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from scoring.aggregate import Breakdown
from scoring.course import Array, Courses, Ground
from scoring.drop_cause import cause_key, own_points
from scoring.drops import Change
from scoring.evidence import Evidence
from scoring.improvement import Improvement
from scoring.metric_change import MetricChange, Part
from scoring.norms import Norms
from scoring.quarter import kind_of
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.standing import Seen, Standing
from scoring.waterfall import Turned, waterfall
from scoring.weeks import DAYS, complete_weeks
from scoring.windows import Panes

NO_CAUSE: Final = ""


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A subject's standing on two days, and the parts of the difference between the scores; none without two scores to show."""

    before: Standing
    after: Standing
    gate: float
    parts: tuple[Part, ...]

    @property
    def told(self) -> Change:
        """As `scoring.drops.alerts` asks for it; the cause is that of `cause_key`."""
        fall = -own_points(self.parts) + 0.0 if self.parts else None
        cause = cause_key(self.parts) or NO_CAUSE
        return Change(shown(self.before.breakdown, self.gate), shown(self.after.breakdown, self.gate), fall, cause)


def shown(breakdown: Breakdown, gate: float) -> float | None:
    """The score, where there is evidence enough for one."""
    return breakdown.score if breakdown.covered(gate) else None


@dataclass(frozen=True, slots=True)
class ScoreChanges:
    """What changes of scores are worked out from: the reference records, the scorecard, the norms by date, and the ground."""

    reference: Reference
    scorecard: Scorecard
    norms: Callable[[int], Norms]
    ground: Ground

    def between(self, subject: str, panes: Panes | None, since: int, day: int) -> ScoreChange:
        """The change of a subject's score from the end of `since` to the end of `day`.

        The waterfall's steps from the earlier score: `scorecard`, the same day under the later norms and targets; `market`, each
        metric moved by as much as was to be expected (`expected_change`), with the subject's own part of the earlier day:
        S(e1, rep part0) - S(e0, rep part0). The rest is explained metric by metric.

        Source: method.md sections 8 and 9.
        """
        earlier, judged, later = (
            self._scorer(since, self.norms(since)),
            self._scorer(since, self.norms(day)),
            self._scorer(day, self.norms(day)),
        )
        before = earlier.standing(subject, earlier.seen(subject, panes))
        seen = later.seen(subject, panes)
        after = later.standing(subject, seen)
        gate = self.scorecard.coverage_gate
        if shown(before.breakdown, gate) is None or shown(after.breakdown, gate) is None:
            return ScoreChange(before, after, gate, ())
        then = {metric: replace(of, target=seen[metric].target) for metric, of in judged.seen(subject, panes).items()}
        moved = expected_change(self.ground, self.scorecard, self.norms(day), subject, since, day)
        market = {metric: _moved(metric, of, moved.get(metric, 0.0)) for metric, of in then.items()}
        turned = Turned(
            scorecard=judged.standing(subject, then).breakdown, market=judged.standing(subject, market).breakdown
        )
        kinds = {metric: MetricChange(kind_of(metric)) for metric in seen}
        return ScoreChange(before, after, gate, tuple(waterfall(before.breakdown, turned, after.breakdown, kinds)))

    def _scorer(self, day: int, norms: Norms) -> Scorer:
        improvement = Improvement(self.ground, self.scorecard, norms, day)
        return Scorer(self.reference, self.scorecard, day, norms, improvement.of)


def expected_change(
    ground: Ground, scorecard: Scorecard, norms: Norms, subject: str, since: int, day: int
) -> Mapping[str, float]:
    """By metric e1 - e0, in its unit: how much more was to be expected of a subject on the later day than on the earlier.

    e is the mean over the complete weeks of the score window, each weighing as many observations as the subject had in it.
    What a new rep's ramp asks is left out: that is its own. A metric without observations on either day is not there.

    Source: method.md section 9 (the market step).
    """
    metrics, then = _expected(ground, scorecard, norms, subject, since)
    _, now = _expected(ground, scorecard, norms, subject, day)
    return {
        metric: e1 - e0
        for metric, e0, e1 in zip(metrics, then.tolist(), now.tolist(), strict=True)
        if not (np.isnan(e0) or np.isnan(e1))
    }


def _expected(
    ground: Ground, scorecard: Scorecard, norms: Norms, subject: str, day: int
) -> tuple[tuple[str, ...], Array]:
    """The mean expectation of each metric; nan without observations."""
    stated = norms.ripening.window_days
    window = scorecard.score_window_days if stated is None else stated
    weeks = complete_weeks(day, max(1, window // DAYS))
    courses = Courses(ground, scorecard, norms, weeks)
    n, _, _, expected, _ = (each[0] for each in courses.of([subject]))
    present = [ground.workdays.present(subject, monday) for monday in weeks]
    ramp = np.array([of.ramped / of.days if of.days > 0 and of.ramped > 0 else 1.0 for of in present])
    sums = np.array([kind_of(metric) == "sum" for metric in courses.metrics])[:, None]
    settled = expected / np.where(sums & subject.startswith("rep:"), ramp, 1.0)
    weighed, whole = np.zeros(len(courses.metrics)), np.zeros(len(courses.metrics))
    for week in range(len(weeks)):
        weighed += n[:, week] * settled[:, week]
        whole += n[:, week]
    with np.errstate(invalid="ignore", divide="ignore"):
        return courses.metrics, np.where(whole > 0, weighed / whole, np.nan)


def _moved(metric: str, seen: Seen, by: float) -> Seen:
    evidence = seen.evidence
    if not by or evidence.value is None:
        return seen
    value = evidence.value + by
    if kind_of(metric) == "rate":
        value = min(max(1.0, evidence.value), max(0.0, value))
    return replace(seen, evidence=Evidence(evidence.n, value * evidence.base, evidence.base))
