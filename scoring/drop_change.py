"""Drop change: what became of a subject's score between two days, with its waterfall, for an alert.

Both scores are as known now, so nothing is left for corrections; lanes hold no records, so no part is told by segment or record,
and a group's facts are not told apart by member, so its people part is its members' ramp alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from scoring.aggregate import Breakdown
from scoring.course import Ground
from scoring.drop_cause import cause_key, own_points
from scoring.drops import Change
from scoring.expected_change import expectations, expected_change, moved
from scoring.improvement import Improvement
from scoring.metric_change import MetricChange, Part
from scoring.norms import Norms
from scoring.quarter import kind_of
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard
from scoring.standing import Standing
from scoring.waterfall import Turned, waterfall
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

        The waterfall's steps from the earlier score: `scorecard`, the same day under the later norms and targets; `people`, the
        sums of a group moved by what its members' ramp lets expect; `market`, each metric moved by as much as else was to be
        expected (`expected_change`), with the subject's own part of the earlier day: S(e1, rep part0) - S(e0, rep part0). The
        rest is explained metric by metric.

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
        expected = [expectations(self.ground, self.scorecard, self.norms(day), subject, date) for date in (since, day)]
        more = expected_change(*expected)
        people = moved(then, {metric: of.ramp for metric, of in more.items()})
        market = moved(people, {metric: of.market for metric, of in more.items()})
        turned = Turned(
            scorecard=judged.standing(subject, then).breakdown,
            people=judged.standing(subject, people).breakdown,
            market=judged.standing(subject, market).breakdown,
        )
        kinds = {metric: MetricChange(kind_of(metric)) for metric in seen}
        return ScoreChange(before, after, gate, tuple(waterfall(before.breakdown, turned, after.breakdown, kinds)))

    def _scorer(self, day: int, norms: Norms) -> Scorer:
        improvement = Improvement(self.ground, self.scorecard, norms, day)
        return Scorer(self.reference, self.scorecard, day, norms, improvement.of)
