"""Metric records: what each metric's change between two dates is made of, by segment and by record, from the ledgers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from scoring.counting import Counting
from scoring.evidence import Evidence
from scoring.kpi import BY_NAME
from scoring.line import Held, Line
from scoring.maturation import ripened
from scoring.measures import LIFELONG
from scoring.metric_change import MetricChange, RecordChange
from scoring.norming import COHORT
from scoring.quarter import deals_opened, kind_of
from scoring.score import Scorer
from scoring.weeks import openings
from scoring.windows import WINDOW_DAYS, Horizons, add_pane, count_activities, window_sums

_Panes = Mapping[int, Mapping[str, int]]
_Figures = dict[str, tuple[float, float]]
"""By metric total and base, which add up over records; metrics of which there is nothing may be left out."""

_OF_A_YEAR: Final = frozenset({"lifetime_value"})
"""Metrics that look back a year whatever the score window is."""

_BEYOND: Final = frozenset({"pipeline", "active", "year_active", "year_margin", "year_churned"})
"""Measures of what stands on a day, or of a year: `window_sums` alone knows them."""

_OF_SEVERAL_TYPES: Final = frozenset({"roi", "acquisition_cost", "lifetime_value"})
"""Metrics that divide records of one type by those of another: no segment holds both, so they are told as a whole."""

_OF_REFUNDS: Final = frozenset({"return_rate", "refund_ratio"})
"""Metrics that divide refunds by deals won: so are these where a segment has refunds and no deal won in the window of a date."""

_BySegment = dict[str | None, tuple[float, float]]
"""Of one metric total and base by segment."""

_NONE: Final = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two dates: its ledger, by which memberships it counts, what it is read with.

    Totals of sums count `factor` times: the days present by which they are divided over those on which they came about.
    """

    line: Line
    counting: Counting
    scorer: Scorer
    factor: float = 1.0
    horizons: Horizons = field(init=False)
    looks_beyond: bool = field(init=False)
    """Whether a metric of the scorecard reads more than the days of the score window."""

    def __post_init__(self) -> None:  # what is asked for with every record
        kpis = [BY_NAME[scored.metric] for scored in self.scorer.scorecard.metrics if scored.metric != COHORT]
        beyond = any(not _BEYOND.isdisjoint({*kpi.numerator, *kpi.denominator}) for kpi in kpis)
        object.__setattr__(self, "horizons", self.scorer.horizons)
        object.__setattr__(self, "looks_beyond", beyond)

    def in_window(self, day: int) -> bool:
        """Whether a day lies in the score window."""
        return 0 <= self.scorer.as_of - day < self.horizons.score

    def figures(self, panes: _Panes) -> _Figures:
        """What some panes come to on the date, in each metric of the scorecard, of sums without `factor`.

        Of `cohort_win_rate` m·O and E, as `mix.Segments` wants them.
        """
        scorer = self.scorer
        rates = scorer.reference.rates
        if not self.looks_beyond or is_momentary(panes):
            window: dict[str, int] = {}
            for day, pane in panes.items():
                if self.in_window(day):
                    add_pane(window, pane, day, rates, {})
            count_activities(window)
        else:
            window = window_sums(panes, scorer.as_of, rates, self.horizons).by_days[self.horizons.score]
        found: _Figures = {}
        for scored in scorer.scorecard.metrics:
            if scored.metric == COHORT:
                if any("opened" in amounts for amounts in panes.values()):
                    found[COHORT] = self._cohort(panes)
                continue
            kpi = BY_NAME[scored.metric].scored_as or BY_NAME[scored.metric]
            if not (window.keys().isdisjoint(kpi.numerator) and window.keys().isdisjoint(kpi.denominator)):
                found[scored.metric] = kpi.total_and_base(window)
        return found

    def total(self, metric: str, total: float) -> float:
        """A total as it counts on this side."""
        return total * self.factor if kind_of(metric) == "sum" else total

    def _cohort(self, panes: _Panes) -> tuple[float, float]:
        as_of, ripening = self.scorer.as_of, self.scorer.norms.ripening
        opened = openings(panes, as_of - ripening.cohort_days + 1, as_of)
        if not opened:
            return _NONE
        found = ripened(deals_opened(opened), as_of, ripening)
        return ripening.in_the_end * found.won, found.expected


def is_momentary(panes: _Panes) -> bool:
    """Whether all that they say happened on their own days: neither deals, which ripen and close, nor customers, who stay.

    >>> is_momentary({9: {"activity/call/": 1}}), is_momentary({9: {"opened": 1_000_000}, 12: {"lost": 1_000_000}})
    (True, False)
    """
    return not any("opened" in amounts or not LIFELONG.isdisjoint(amounts) for amounts in panes.values())


class _Segments:
    """Panes of one side by segment."""

    def __init__(self) -> None:
        self._panes: dict[str | None, dict[int, dict[str, int]]] = {}

    def add(self, segment: str | None, panes: _Panes) -> None:
        _add(self._panes.setdefault(segment, {}), panes)

    def figures(self, side: Side) -> dict[str, _BySegment]:
        """By metric the segments in which there is anything."""
        found: dict[str, _BySegment] = {}
        for segment, panes in self._panes.items():
            for metric, (total, base) in side.figures(panes).items():
                if total or base > 0:
                    found.setdefault(metric, {})[segment] = (side.total(metric, total), max(0.0, base))
        return found


def _evidence(figures: _BySegment, *, whole: bool) -> dict[str | None, Evidence]:
    if whole:
        total, base = (math.fsum(column) for column in zip(*figures.values(), strict=True)) if figures else _NONE
        return {None: Evidence(base, total, base)} if base > 0 else {}
    return {segment: Evidence(base, total, base) for segment, (total, base) in figures.items()}


def _add(to: dict[int, dict[str, int]], panes: _Panes) -> None:
    for day, amounts in panes.items():
        there = to.setdefault(day, {})
        for key, amount in amounts.items():
            there[key] = there.get(key, 0) + amount


def metric_changes(before: Side, after: Side) -> dict[str, MetricChange]:
    """By metric of the scorecard its segments on both dates, and every record that changed it between them.

    A record's change is what it comes to on the later date less what it came to on the earlier one: so it entered the window,
    left it, was corrected, or (in `cohort_win_rate`) ripened. Both sides are read under one scorecard and norms.

    Source: method.md section 9.
    """
    segments = _Segments(), _Segments()
    records: dict[str, list[RecordChange]] = {scored.metric: [] for scored in after.scorer.scorecard.metrics}
    days = _days_that_matter(before, after)
    for old, new in _records(before.line, after.line):
        panes = before.counting.of_record(old.facts), after.counting.of_record(new.facts)
        if not (panes[0] or panes[1]):
            continue
        segments[0].add(old.segment, panes[0])
        segments[1].add(new.segment, panes[1])
        if panes[0] == panes[1] and old.segment == new.segment and _comes_to_the_same(panes[0], before, after, days):
            continue
        first, second = before.figures(panes[0]), after.figures(panes[1])
        for metric in first.keys() | second.keys():
            figures = first.get(metric, _NONE), second.get(metric, _NONE)
            if figures[0] != figures[1] or old.segment != new.segment:
                records[metric] += _changes(metric, (old, new), (before, after), figures)
    by_segment = segments[0].figures(before), segments[1].figures(after)
    found = {}
    for metric, changed in records.items():
        of_dates = [of_date.get(metric, {}) for of_date in by_segment]
        whole = _as_a_whole(metric, of_dates)
        ends = [_evidence(of_metric, whole=whole) for of_metric in of_dates]
        told = [change._replace(segment=None) for change in changed] if whole else changed
        found[metric] = MetricChange(kind_of(metric), ends[0], ends[1], told)
    return found


def _as_a_whole(metric: str, of_dates: Iterable[_BySegment]) -> bool:
    if metric in _OF_REFUNDS:
        return any(total and not base for of_segments in of_dates for total, base in of_segments.values())
    return metric in _OF_SEVERAL_TYPES


def _records(before: Line, after: Line) -> Iterator[tuple[Held, Held]]:
    """Every record of either ledger as it stands in both."""
    for old in before.held():
        yield old, old if before is after else after.held_as(old.type, old.id)
    if before is not after:
        for new in after.held():
            old = before.held_as(new.type, new.id)
            if not old.facts:
                yield old, new


def _comes_to_the_same(panes: _Panes, before: Side, after: Side, days: range) -> bool:
    """Whether a record that is the same on both sides is so by its days alone, without a look at what it comes to."""
    if before.line is after.line and is_momentary(panes):
        return all(before.in_window(day) == after.in_window(day) for day in panes)
    return not any(day in days for day in panes)


def _days_that_matter(first: Side, second: Side) -> range:
    """Outside of these days a record that is the same on both sides comes to the same on both."""
    back = max(*first.horizons, *second.horizons)
    if any(scored.metric in _OF_A_YEAR for scored in second.scorer.scorecard.metrics):
        back = max(back, WINDOW_DAYS[-1])
    dates = sorted((first.scorer.as_of, second.scorer.as_of))
    return range(dates[0] - back, dates[1] + 1)


def _changes(
    metric: str,
    records: tuple[Held, Held],
    sides: tuple[Side, Side],
    figures: tuple[tuple[float, float], tuple[float, float]],
) -> list[RecordChange]:
    """One change, or one for each segment if the record moved to another."""
    (old, new), (first, second) = records, figures
    totals = sides[0].total(metric, first[0]), sides[1].total(metric, second[0])
    if old.segment != new.segment and _NONE not in figures:
        left = RecordChange(old.type, old.id, old.segment, -totals[0], -first[1])
        return [left, RecordChange(new.type, new.id, new.segment, totals[1], second[1])]
    total, base = totals[1] - totals[0], second[1] - first[1]
    segment = old.segment if second == _NONE else new.segment
    return [RecordChange(new.type, new.id, segment, total, base)] if total or base else []
