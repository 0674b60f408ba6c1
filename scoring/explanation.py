"""Explanation: why a score is what it is, and what changed since another date, from the records known on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scoring.aggregate import Breakdown
from scoring.counting import Counting
from scoring.course import Ground
from scoring.evidence import of_sum
from scoring.improvement import Improvement
from scoring.line import Line
from scoring.metric_change import Part
from scoring.metric_records import Side, metric_changes
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
    - `people`: with the later date's people. Figures of a group count by the memberships of as many days later as lie between the
      dates; sums keep their daily figure over the days that somebody was there, and weigh as many days as somebody was there in
      the later window. Ramp enters the improvement alone: slopes are taken anew with the people as they are known later;
    - `corrections`: with the records of the later line;
    - `market`: 0 as long as no metric has a market part.

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
        old, new = self.before.line, self.after.line
        seen = self.after.scorer.seen(self.subject, new.panes(self.subject))
        first = self._breakdown(self.before.scorer, self.before.scorer.seen(self.subject, old.panes(self.subject)))
        judged = self._earlier(old, old)
        scorecard = self._breakdown(judged, _aimed(judged.seen(self.subject, old.panes(self.subject)), seen))
        people, start = self._turned(old, seen)
        corrected = None
        if corrections and old is not new:
            corrected, start = self._turned(new, seen)
        end = Side(new, Counting(self.subject, new.reference.roster), self.after.scorer)
        last = self._breakdown(self.after.scorer, seen)
        return waterfall(first, Turned(scorecard, people, corrected), last, metric_changes(start, end))

    def _breakdown(self, scorer: Scorer, seen: Mapping[str, Seen]) -> Breakdown:
        return scorer.standing(self.subject, seen).breakdown

    def _earlier(self, line: Line, people: Line) -> Scorer:
        """The earlier date under the later scorecard and norms, with the exchange rates that a line knows.

        Slopes are those of the line's weeks before that date, with the people that `people` knows: teams, absences, ramps.
        """
        scorecard, norms, as_of = self.after.scorer.scorecard, self.after.scorer.norms, self.before.scorer.as_of
        ground = Ground.of(line.ground(scorecard, as_of).rows, people.reference.everybody, scorecard)
        improvement = Improvement(ground, scorecard, norms, as_of)
        return Scorer(line.reference, scorecard, as_of, norms, improvement.of)

    def _turned(self, line: Line, later: Mapping[str, Seen]) -> tuple[Breakdown, Side]:
        """The earlier date by the records of a line with the later date's people, and that date as a side of the change."""
        people, scorer = self.after.line.reference, self._earlier(line, self.after.line)
        counting = Counting(self.subject, people.roster, self.after.scorer.as_of - self.before.scorer.as_of)
        panes = counting.panes(line.panes_of_members)
        first = scorer.as_of - scorer.horizons.score + 1
        unrecorded = 0 if self.subject.startswith("rep:") else panes.get(0, {}).get("unrecorded", 0)
        holidays = scorer.scorecard.people.holidays
        worked = people.days_present(
            self.subject, first, scorer.as_of, unrecorded, moved=counting.moved, holidays=holidays
        )
        days = self._days_later()
        factor = days / worked if worked > 0 else 1.0
        seen = _aimed(scorer.seen(self.subject, panes, worked), later)
        spread = {
            metric: replace(of, evidence=of_sum(days, of.evidence.total * factor))
            if kind_of(metric) == "sum" and of.evidence.n > 0
            else of
            for metric, of in seen.items()
        }
        return self._breakdown(scorer, spread), Side(line, counting, scorer, factor)

    def _days_later(self) -> int:
        panes = self.after.line.panes(self.subject) or {}
        unrecorded = 0 if self.subject.startswith("rep:") else panes.get(0, {}).get("unrecorded", 0)
        return self.after.scorer.days_present(self.subject, unrecorded)


def _aimed(seen: Mapping[str, Seen], at: Mapping[str, Seen]) -> dict[str, Seen]:
    """What was seen, with the targets of another date."""
    return {metric: replace(of, target=at[metric].target) for metric, of in seen.items()}
