"""Ratio charts: from which weeks the charts of ratios of money are drawn, with what was to be expected of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from scoring.chart import ChartWeek
from scoring.course import Ground
from scoring.evidence import Evidence
from scoring.expectation import baseline
from scoring.facts import COMPANY
from scoring.kpi import BY_NAME
from scoring.norms import Norms
from scoring.ratio_week import ratio_variance, ratio_week
from scoring.scorecard import Scorecard
from scoring.weeks import DAYS

MOST_REPS: Final = 200
"""Peers of whom the scatter of single deals is taken, the first by id: more would cost time, and say no more."""
_THURSDAY: Final = 3
_NONE: Final = Evidence()


@dataclass(frozen=True, slots=True)
class RatioCharts:
    """What `scoring.course` does for the other metrics, with each week's own amounts, which courses do not keep."""

    ground: Ground
    scorecard: Scorecard
    norms: Norms
    _variances: dict[str, float] = field(init=False, default_factory=dict)

    def variance(self, metric: str) -> float:
        """The variance of a single deal's ratio (`ratio_variance`), from the peers' weeks that the norms are made of.

        0 where it is not known: too few weeks, or no sums of squares of the metric (refunds of revenue, ROI).
        """
        if metric not in self._variances:
            found = None
            if BY_NAME[metric].noise is not None:
                reps = sorted(self.norms.metrics[metric].own)[:MOST_REPS]
                found = ratio_variance({rep: dict(self._past("rep:" + rep, metric)) for rep in reps})
            self._variances[metric] = found or 0.0
        return self._variances[metric]

    def weeks(self, subject: str, metric: str, mondays: Sequence[int]) -> list[ChartWeek]:
        """The weeks with deals, each beside what was to be expected: of a rep by the company and its team, as in `Courses.of`."""
        norm, variance = self.norms.metrics[metric], self.variance(metric)
        found = []
        for monday in mondays:
            own = self._seen(subject, metric, monday)
            if own.base_squares > 0 and own.base > 0:
                inside = self._seen(self.ground.reader.inside(subject, monday) or subject, metric, monday)
                phase = norm.phase(self.scorecard.calendar.third(monday + _THURSDAY))
                e0 = baseline("ratio", norm.norm.level, phase)
                company = self._seen(COMPANY, metric, monday)
                found.append(ratio_week(monday, own, inside, company, e0, variance))
        return found

    def _past(self, subject: str, metric: str) -> Iterator[tuple[int, Evidence]]:
        for monday, row in self.ground.rows.get(subject, {}).items():
            if self.norms.first_week <= monday <= self.norms.before - DAYS and metric in row.evidence:
                yield monday, row.evidence[metric]

    def _seen(self, subject: str, metric: str, monday: int) -> Evidence:
        row = self.ground.rows.get(subject, {}).get(monday)
        return _NONE if row is None else row.evidence.get(metric, _NONE)
