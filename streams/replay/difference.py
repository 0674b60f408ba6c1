"""Difference of two runs: whose score is another, by how much, and which pillars and metrics that is associated with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.aggregate import Breakdown
from scoring.waterfall import Turned, waterfall
from streams.replay.judging import Judging

Score = float | None
Scores = Callable[[str, int], Score]
"""The score of a subject on a day; None where there is none to show."""


@dataclass(frozen=True, slots=True)
class Run:
    """One of the two. `label` says which; `judging` is None where the scores were written down before."""

    label: Mapping[str, Any]
    scores: Scores
    judging: Judging | None


def difference(before: Run, after: Run, subjects: list[str], first: int, last: int) -> dict[str, Any]:
    """Who moves, from the first of the runs to the second.

    Returns:
        `before`, `after`: what the runs are; `from`, `until`: the days. `moved`: of each subject whose score is another on
        any of these days, largest first, on how many (`days`), from when to when (`first`, `last`), and how it stands on the day
        with the largest difference (`as_of`): the scores `from` and `to`, `points` between them (null where one is null), places
        among those of its kind (`rank_from`, `rank_to`, 1 is best, null without a score) and, where both runs were computed
        here, `parts` as `upscore explain` has them: their points sum to `points`.
    """
    days = range(first, last + 1)
    moved = []
    for subject in subjects:
        changed = [
            (day, s0, s1)
            for day in days
            for s0, s1 in ((before.scores(subject, day), after.scores(subject, day)),)
            if s0 != s1
        ]
        if changed:
            moved.append((subject, changed))
    ranks: dict[tuple[int, int, str], Mapping[str, int]] = {}

    def rank(side: int, day: int, subject: str) -> int | None:
        kind = subject.partition(":")[0]
        if (side, day, kind) not in ranks:
            run = (before, after)[side]
            ranks[side, day, kind] = _ranks([s for s in subjects if s.startswith(kind + ":")], day, run.scores)
        return ranks[side, day, kind].get(subject)

    told: list[dict[str, Any]] = []
    for subject, changed in moved:
        day, s0, s1 = max(changed, key=lambda one: (_size(one[1], one[2]), one[0]))
        kind, _, subject_id = subject.partition(":")
        told.append(
            {
                "subject": kind,
                "id": subject_id,
                "days": len(changed),
                "first": _iso(changed[0][0]),
                "last": _iso(changed[-1][0]),
                "as_of": _iso(day),
                "from": s0,
                "to": s1,
                "points": None if s0 is None or s1 is None else s1 - s0,
                "rank_from": rank(0, day, subject),
                "rank_to": rank(1, day, subject),
                "parts": _parts(before, after, subject, day),
            }
        )
    order = {subject: place for place, subject in enumerate(subjects)}
    told.sort(key=lambda one: (-_size(one["from"], one["to"]), order[f"{one['subject']}:{one['id']}"]))
    return {
        "before": before.label,
        "after": after.label,
        "from": _iso(first),
        "until": _iso(last),
        "compared": len(subjects),
        "moved": told,
    }


def _size(s0: Score, s1: Score) -> float:
    """What appears or vanishes comes first."""
    return float("inf") if s0 is None or s1 is None else abs(s1 - s0)


def _ranks(subjects: list[str], day: int, scores: Scores) -> dict[str, int]:
    scored = [(score, subject) for subject in subjects if (score := scores(subject, day)) is not None]
    return {subject: 1 + sum(other > score for other, _ in scored) for score, subject in scored}


def _parts(before: Run, after: Run, subject: str, day: int) -> list[dict[str, Any]] | None:
    if before.judging is None or after.judging is None:
        return None
    return waterfall(_breakdown(before.judging, subject, day), Turned(), _breakdown(after.judging, subject, day))


def _breakdown(judging: Judging, subject: str, day: int) -> Breakdown | None:
    if not judging.line.knows(subject):
        return None
    breakdown = judging.scorer(day).breakdown(subject, judging.line.panes(subject))
    return breakdown if breakdown.covered(judging.scorecard.coverage_gate) else None


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
