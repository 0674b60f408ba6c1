"""Explanation: why a score is what it is, and what changed since another date, from the records known on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scoring.aggregate import Breakdown
from scoring.counting import Counting
from scoring.course import Ground
from scoring.evidence import of_sum
from scoring.expected_change import Expected, expectations, expected_change, moved
from scoring.improvement import Improvement
from scoring.line import Line
from scoring.metric_change import Part
from scoring.metric_records import Side, metric_changes
from scoring.moved_ground import moved_ground
from scoring.quarter import kind_of
from scoring.score import Scorer
from scoring.standing import Seen
from scoring.waterfall import Turned, waterfall


@dataclass(frozen=True, slots=True)
class Asked:
    """One score that is asked for: from which records, and what they are read with on its date (`Line.scorer`).

    `line` explains; it is the same one on both sides where the same is known. `known_at` is what the score states.
    """

    line: Line
    scorer: Scorer
    known_at: str


def explanation(before: Asked, after: Asked, subject: str, *, corrections: bool = True) -> dict[str, Any]:
    """The explanation of a subject's score, in the JSON of contract.md section 4.

    The steps from the earlier score, each recomputed with all turned before:

    - `scorecard`: under the later scorecard, norms and targets;
    - `people`: with the later date's people. Figures of a group, and all slopes, count by the memberships of as many days later
      as lie between the dates (`scoring.moved_ground`); sums keep their daily figure over the days that somebody was there, and
      weigh as many days as somebody was there in the later window. Ramp: what new members let expect less of a group's sums on
      the later date than on the earlier one; in slopes, each week asks of a rep what its tenure then did, as known later. A rep
      that settles in between the dates does so by itself;
    - `corrections`: with the records of the later line, the market's among them;
    - `market`: each value moved by as much as else more was to be expected (`scoring.expected_change`), the later expectation
      beside the earlier own part. Slopes are taken beside what was to be expected of each week and have no market part, nor
      have metrics of which no week tells (`pipeline_value`, `churn_rate`, `lifetime_value`).

    The rest starts from there: the segments of a ratio all moved alike, those of a sum in proportion (`scoring.mix`). Records are
    told by themselves; what the market took or added, in the `rest` beside them.

    Args:
        before: the earlier score (a later date is taken as well).
        after: the score to explain.
        subject: `rep:<id>`, `team:<id>`, `territory:<id>` or `company:company`.
        corrections: whether differences between the two lines are told apart; False leaves that part 0, and what was corrected
            is told among the metrics.

    Returns:
        `from` is None where the earlier line has no such subject; there are no parts then, nor where either has no score to show.

    Raises:
        ValueError: the later line has no such subject.

    Source: method.md section 9.
    """
    if not after.line.knows(subject):
        raise ValueError(f"there is no {subject.replace(':', ' ', 1)}; expected a subject that has a score")
    scored = after.scorer.score(subject, after.line.panes(subject), after.known_at)
    earlier, parts = None, []
    if before.line.knows(subject):
        earlier = before.scorer.score(subject, before.line.panes(subject), before.known_at)
        if earlier["score"] is not None and scored["score"] is not None:
            parts = _Steps(before, after, subject).parts(corrections=corrections)
    kind, _, subject_id = subject.partition(":")
    return {"subject": kind, "id": subject_id, "from": earlier, "to": scored, "parts": parts}


@dataclass(frozen=True, slots=True)
class _Steps:
    """The way from one score to the other."""

    before: Asked
    after: Asked
    subject: str

    def parts(self, *, corrections: bool) -> list[Part]:
        old, new, after = self.before.line, self.after.line, self.after.scorer
        seen = after.seen(self.subject, new.panes(self.subject))
        first = self._breakdown(self.before.scorer, self.before.scorer.seen(self.subject, old.panes(self.subject)))
        judged = self._earlier(old, self._ground(old, self.before.scorer.as_of))
        scorecard = self._breakdown(judged, _aimed(judged.seen(self.subject, old.panes(self.subject)), seen))
        later = self._expected(self._ground(new, after.as_of), after.as_of)
        start = self._turned(old, seen, later)
        people, corrected = start.breakdown, None
        if corrections and old is not new:
            start = self._turned(new, seen, later)
            corrected = start.breakdown
        end = Side(new, Counting(self.subject, new.reference.roster), after)
        steps = Turned(scorecard, people, corrected, start.beside(later))
        return waterfall(first, steps, self._breakdown(after, seen), metric_changes(start.side, end))

    def _breakdown(self, scorer: Scorer, seen: Mapping[str, Seen]) -> Breakdown:
        return scorer.standing(self.subject, seen).breakdown

    def _ground(self, line: Line, as_of: int) -> Ground:
        return line.ground(self.after.scorer.scorecard, as_of)

    def _earlier(self, line: Line, ground: Ground) -> Scorer:
        """The earlier date under the later scorecard and norms, with the exchange rates of a line and the slopes of a ground."""
        scorecard, norms, as_of = self.after.scorer.scorecard, self.after.scorer.norms, self.before.scorer.as_of
        return Scorer(line.reference, scorecard, as_of, norms, Improvement(ground, scorecard, norms, as_of).of)

    def _expected(self, ground: Ground, as_of: int) -> Mapping[str, Expected]:
        return expectations(ground, self.after.scorer.scorecard, self.after.scorer.norms, self.subject, as_of)

    def _turned(self, line: Line, later: Mapping[str, Seen], expected: Mapping[str, Expected]) -> _Start:
        """The earlier date by the records of a line with the later date's people."""
        people, as_of = self.after.line.reference, self.before.scorer.as_of
        counting = Counting(self.subject, people.roster, self.after.scorer.as_of - as_of)
        ground = moved_ground(line, self.after.scorer.scorecard, as_of, counting, people)
        scorer = self._earlier(line, ground)
        panes = counting.panes(line.panes_of_members)
        first = as_of - scorer.horizons.score + 1
        unrecorded = 0 if self.subject.startswith("rep:") else panes.get(0, {}).get("unrecorded", 0)
        holidays = scorer.scorecard.people.holidays
        worked = people.days_present(self.subject, first, as_of, unrecorded, moved=counting.moved, holidays=holidays)
        days = self._days_later()
        factor = days / worked if worked > 0 else 1.0
        seen = _aimed(scorer.seen(self.subject, panes, worked), later)
        spread = {
            metric: replace(of, evidence=of_sum(days, of.evidence.total * factor))
            if kind_of(metric) == "sum" and of.evidence.n > 0
            else of
            for metric, of in seen.items()
        }
        earlier = self._expected(ground, as_of)
        ramps = {metric: more.ramp for metric, more in expected_change(earlier, expected).items()}
        return _Start(self.subject, Side(line, counting, scorer, factor), moved(spread, ramps), earlier)

    def _days_later(self) -> int:
        panes = self.after.line.panes(self.subject) or {}
        unrecorded = 0 if self.subject.startswith("rep:") else panes.get(0, {}).get("unrecorded", 0)
        return self.after.scorer.days_present(self.subject, unrecorded)


@dataclass(frozen=True, slots=True)
class _Start:
    """The earlier date with the later date's people: as a side of the change, what is seen then, and what was to be expected."""

    subject: str
    side: Side
    seen: Mapping[str, Seen]
    expected: Mapping[str, Expected]

    @property
    def breakdown(self) -> Breakdown:
        return self.side.scorer.standing(self.subject, self.seen).breakdown

    def beside(self, later: Mapping[str, Expected]) -> Breakdown:
        """Its own part beside what was to be expected later."""
        market = {metric: more.market for metric, more in expected_change(self.expected, later).items()}
        return self.side.scorer.standing(self.subject, moved(self.seen, market)).breakdown


def _aimed(seen: Mapping[str, Seen], at: Mapping[str, Seen]) -> dict[str, Seen]:
    """What was seen, with the targets of another date."""
    return {metric: replace(of, target=at[metric].target) for metric, of in seen.items()}
