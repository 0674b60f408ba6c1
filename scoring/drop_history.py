"""Drop history: what the drop detector would have told over a stretch of days, by one scorecard, from what is known now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from scoring.course import Ground
from scoring.drop_change import ScoreChanges
from scoring.drop_charts import DropCharts
from scoring.drops import Alert, Change, Drop, Run, alerts
from scoring.norms import Norms
from scoring.reference import Reference
from scoring.scorecard import Scorecard
from scoring.weeks import DAYS
from scoring.windows import Panes

_TOGETHER: Final = 64
"""Subjects whose charts are drawn at once."""


class Told(NamedTuple):
    """An alert, and of whom."""

    subject: str
    alert: Alert


class Pairs(NamedTuple):
    """The drops of two histories: those told by both, by the first alone, by the second alone; each by day and subject."""

    both: list[tuple[Told, Told]]
    first: list[Told]
    second: list[Told]


def drop_history(
    panes: Mapping[str, Panes | None],
    reference: Reference,
    scorecard: Scorecard,
    norms: Callable[[int], Norms],
    ground: Callable[[int], Ground],
    days: range,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Told]:
    """What would have been told of some subjects on the end of each day, as workers decide it: day by day, each once.

    Before the first of the days nothing counts as told: a fall that stands on it is told on it.

    Args:
        panes: of the subjects, by their keys.
        reference: the reference records.
        scorecard: by which they are scored.
        norms: those in force on a day.
        ground: the week rows of a day.
        days: to decide, in order.
        advance: told of days done.

    Returns:
        By day, then subject, then in the order in which they are told.

    Source: method.md section 8.
    """
    told: dict[str, tuple[Alert, ...]] = {}
    found: list[Told] = []
    above: set[str] = set()
    for day in days:
        on = ground(day)
        draw_all = day == days[0] or day % DAYS == 0  # a Sunday: charts move on no other day, scores do
        due = sorted(panes if draw_all else above | told.keys())
        charts = DropCharts(on, scorecard, norms(day), day) if due else None
        changes = ScoreChanges(reference, scorecard, norms, on)
        if draw_all:
            above = set()
        for start in range(0, len(due), _TOGETHER):
            some = due[start : start + _TOGETHER]
            runs = charts.of(some) if charts is not None else {}
            for subject in some:
                of_subject, before = runs.get(subject, ()), told.get(subject, ())
                if any(_is_above(run, day) for run in of_subject):
                    above.add(subject)
                elif not before:
                    continue
                fresh = alerts(
                    of_subject, _change(changes, subject, panes[subject]), [day], before, chosen=scorecard.drops
                )
                if fresh:
                    told[subject] = (*before, *fresh)
                    found += [Told(subject, alert) for alert in fresh]
        advance(1)
    return found


def pairs(first: Sequence[Told], second: Sequence[Told]) -> Pairs:
    """Which drops two histories share: of the same subject and metric, and of the same fall; each in one pair, the nearest first.

    It is the same fall where the days from which on it was measured up to the day it was told have one in common: another
    scorecard may tell it weeks sooner or later.
    """
    mine, theirs = (
        [(told, told.alert) for told in history if isinstance(told.alert, Drop)] for history in (first, second)
    )
    both, alone, left = [], [], list(theirs)
    for told, drop in mine:
        same = [
            (other, its)
            for other, its in left
            if (other.subject, its.metric) == (told.subject, drop.metric)
            and max(its.since, drop.since) <= min(its.day, drop.day)
        ]
        if same:
            nearest = min(same, key=lambda pair: abs(pair[1].day - drop.day))
            left.remove(nearest)
            both.append((told, nearest[0]))
        else:
            alone.append(told)
    return Pairs(both, alone, [told for told, _ in left])


def _change(changes: ScoreChanges, subject: str, panes: Panes | None) -> Callable[[int, int], Change]:
    return lambda since, day: changes.between(subject, panes, since, day).told


def _is_above(run: Run, day: int) -> bool:
    point = run.standing(day)
    return point is not None and point.c > run.threshold
