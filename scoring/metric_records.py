"""Metric records: what each metric's change between two dates is made of, by segment and by record, from the ledgers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scoring.counting import Counting
from scoring.evidence import Evidence
from scoring.kpi import BY_NAME
from scoring.line import Held, Line
from scoring.maturation import ripened
from scoring.metric_change import MetricChange, RecordChange
from scoring.norming import COHORT
from scoring.quarter import deals_opened, kind_of
from scoring.score import Scorer
from scoring.weeks import openings
from scoring.windows import WINDOW_DAYS, window_sums

_Panes = Mapping[int, Mapping[str, int]]
_Figures = dict[str, tuple[float, float]]
"""By metric total and base, which add up over records."""

_OF_A_YEAR: Final = frozenset({"lifetime_value"})
"""Metrics that look back a year whatever the score window is."""

_NONE: Final = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two dates: its ledger, by which memberships it counts, what it is read with.

    Totals of sums are multiplied by `factor`: the days present by which they are divided over those on which they came about.
    """

    line: Line
    counting: Counting
    scorer: Scorer
    factor: float = 1.0

    def figures(self, panes: _Panes) -> _Figures:
        """What some panes come to on the date, in each metric of the scorecard.

        Of `cohort_win_rate` m·O and E, as `mix.Segments` wants them.
        """
        scorer = self.scorer
        window = window_sums(panes, scorer.as_of, scorer.reference.rates, scorer.horizons).by_days[
            scorer.horizons.score
        ]
        found: _Figures = {}
        for scored in scorer.scorecard.metrics:
            if scored.metric == COHORT:
                found[COHORT] = self._cohort(panes)
                continue
            kpi = BY_NAME[scored.metric]
            total, base = (kpi.scored_as or kpi).total_and_base(window)
            found[scored.metric] = (total * self.factor if kind_of(scored.metric) == "sum" else total, base)
        return found

    def _cohort(self, panes: _Panes) -> tuple[float, float]:
        as_of, ripening = self.scorer.as_of, self.scorer.norms.ripening
        opened = openings(panes, as_of - ripening.cohort_days + 1, as_of)
        if not opened:
            return _NONE
        found = ripened(deals_opened(opened), as_of, ripening)
        return ripening.in_the_end * found.won, found.expected


class _Segments:
    """Panes of one side by segment."""

    def __init__(self) -> None:
        self._panes: dict[str | None, dict[int, dict[str, int]]] = {}

    def add(self, segment: str | None, panes: _Panes) -> None:
        of_segment = self._panes.setdefault(segment, {})
        for day, amounts in panes.items():
            there = of_segment.setdefault(day, {})
            for key, amount in amounts.items():
                there[key] = there.get(key, 0) + amount

    def evidence(self, side: Side) -> dict[str, dict[str | None, Evidence]]:
        """By metric the segments in which there is anything."""
        found: dict[str, dict[str | None, Evidence]] = {}
        for segment, panes in self._panes.items():
            for metric, (total, base) in side.figures(panes).items():
                if total or base > 0:
                    found.setdefault(metric, {})[segment] = Evidence(max(0.0, base), total, max(0.0, base))
        return found


def metric_changes(before: Side, after: Side) -> dict[str, MetricChange]:
    """By metric of the scorecard its segments on both dates, and every record that changed it between them.

    A record's change is what it comes to on the later date less what it came to on the earlier one: so it entered the window,
    left it, was corrected, or (in `cohort_win_rate`) ripened. Both sides are read under one scorecard and norms.

    Source: method.md section 9.
    """
    segments = _Segments(), _Segments()
    records: dict[str, list[RecordChange]] = {scored.metric: [] for scored in after.scorer.scorecard.metrics}
    days = _days_that_matter(before.scorer, after.scorer)
    for old, new in _records(before.line, after.line):
        panes = before.counting.of_record(old.facts), after.counting.of_record(new.facts)
        if not (panes[0] or panes[1]):
            continue
        segments[0].add(old.segment, panes[0])
        segments[1].add(new.segment, panes[1])
        if panes[0] == panes[1] and old.segment == new.segment and not any(day in days for day in panes[0]):
            continue
        first, second = before.figures(panes[0]), after.figures(panes[1])
        for metric in records:
            records[metric] += _changes(old, new, first.get(metric, _NONE), second.get(metric, _NONE))
    evidence = segments[0].evidence(before), segments[1].evidence(after)
    return {
        metric: MetricChange(kind_of(metric), evidence[0].get(metric, {}), evidence[1].get(metric, {}), changed)
        for metric, changed in records.items()
    }


def _records(before: Line, after: Line) -> Iterator[tuple[Held, Held]]:
    """Every record of either ledger as it stands in both."""
    for old in before.held():
        yield old, old if before is after else after.held_as(old.type, old.id)
    if before is not after:
        for new in after.held():
            old = before.held_as(new.type, new.id)
            if not old.facts:
                yield old, new


def _days_that_matter(first: Scorer, second: Scorer) -> range:
    """Outside of these days a record that is the same on both sides comes to the same on both."""
    back = max(*first.horizons, *second.horizons)
    if any(scored.metric in _OF_A_YEAR for scored in second.scorecard.metrics):
        back = max(back, WINDOW_DAYS[-1])
    dates = sorted((first.as_of, second.as_of))
    return range(dates[0] - back, dates[1] + 1)


def _changes(old: Held, new: Held, first: tuple[float, float], second: tuple[float, float]) -> list[RecordChange]:
    """One change, or one for each segment if it moved to another."""
    if old.segment != new.segment and _NONE not in (first, second):
        left = RecordChange(old.type, old.id, old.segment, -first[0], -first[1])
        return [left, RecordChange(new.type, new.id, new.segment, *second)]
    total, base = second[0] - first[0], second[1] - first[1]
    if not (total or base):
        return []
    return [RecordChange(new.type, new.id, old.segment if second == _NONE else new.segment, total, base)]
