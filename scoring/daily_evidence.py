"""Daily evidence: what is known of each scored metric of many subjects on each day, as `Scorer.seen` tells it one by one."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Final, NamedTuple

import numpy as np

from scoring.cohorts import cohorts
from scoring.daily_columns import Array, Columns, quotient
from scoring.kpi import BY_NAME, Kpi
from scoring.measures import MONEY
from scoring.norming import COHORT
from scoring.quarter import STOCK, kind_of
from scoring.score import Scorer
from scoring.scorecard import ScoredMetric

_IN_MONEY: Final = MONEY | {"year_margin"}
_YEAR: Final = 364


class Seen(NamedTuple):
    """By subject and day: n, total, base of the evidence, and the records behind it."""

    n: Array
    total: Array
    base: Array
    records: Array


class DailyEvidence:
    """What is known of some subjects on days from `first` to `last`, both included, all under the norms of one scorer."""

    def __init__(self, found: Columns, scorer: Scorer, is_rep: Array, present: Array, first: int, last: int) -> None:
        """Work out nothing before it is asked for.

        Args:
            found: the subjects' sums.
            scorer: of any of the days.
            is_rep: which of the subjects are reps.
            present: the days present of each subject in the score window of each day.
            first: the first day.
            last: the last one.
        """
        self._found, self._scorer, self._is_rep, self._present = found, scorer, is_rep, present
        self._first, self._last = first, last
        self._windows: dict[str, Array] = {}

    def of(self, scored: ScoredMetric) -> Seen:
        """What is known of one scored metric."""
        kpi, present = BY_NAME[scored.metric], self._present
        known = self._scorer.norms.first_week > 0
        records = self._weighed(dict.fromkeys(kpi.n, 1))
        if not kpi.is_sum:
            base = self._weighed(kpi.denominator)
            records = np.where((base > 0) & (records > 0), records, 0)
        if kind_of(scored.metric) == "sum":
            days = present if known else np.where(records > 0, present, 0)
            total = np.where(days > 0, self._float(kpi, kpi.numerator, kpi.scale), 0.0)
            if scored.metric == STOCK and not scored.per_day:  # whole on each day, to a group's member too
                total = total * np.where(self._is_rep[:, None], present, self._scorer.horizons.score)
            n = np.maximum(days, 0).astype(np.float64)
            return Seen(n, total, n, np.where(present > 0, records, 0))
        if scored.metric == COHORT:
            n, total = self._cohort()
            return Seen(n, total, n, records)
        read = kpi.scored_as or kpi
        one = 1 if read.noise is None else read.noise.one
        n = self._float(read, read.denominator, one)
        total = np.where(n > 0, self._float(read, read.numerator, read.scale * one), 0.0)
        if kind_of(scored.metric) == "rate":
            total = np.minimum(np.maximum(total, 0.0), n)
        if kind_of(scored.metric) == "ratio":
            counted = self._weighed(dict.fromkeys(read.n, 1)).astype(np.float64)
            return Seen(np.where(n > 0, counted, 0.0), total, n, records)
        return Seen(n, total, n, records)

    def _float(self, kpi: Kpi, factors: Mapping[str, int], by: int) -> Array:
        money = kpi.name != STOCK and any(measure in _IN_MONEY for measure in factors)
        common = gcd(*factors.values())  # a cycle's million would leave the bounds of machine integers
        least = {measure: factor // common for measure, factor in factors.items()}
        return quotient(self._weighed(least), common * (self._found.unit if money else 1), by)

    def _weighed(self, factors: Mapping[str, int]) -> Array:
        """The weighed sum of measures over their windows; not to be changed."""
        total: Array | None = None
        for measure, factor in factors.items():
            of = self._window(measure)
            of = of if factor == 1 else of * factor
            total = of if total is None else total + of
        return np.zeros(self._present.shape, dtype=np.int64) if total is None else total

    def _window(self, measure: str) -> Array:
        found = self._windows.get(measure)
        if found is None:
            found = self._windows[measure] = self._summed(measure)
        return found

    def _summed(self, measure: str) -> Array:
        found, first, last = self._found, self._first, self._last
        days, cohort, pipeline = self._scorer.horizons
        if measure in ("cohort_opened", "cohort_opened_n"):
            return found.window(measure.removeprefix("cohort_"), cohort, first, last)
        if measure in ("pipeline", "pipeline_n"):
            return self._stock(pipeline, counts=measure == "pipeline_n")
        if measure in ("active", "year_active"):
            before = days if measure == "active" else _YEAR
            return self._gained(first - before, last - before)
        if measure == "year_churned":
            return found.window("customers_churned", _YEAR, first, last)
        if measure == "year_margin":
            spent = found.window("margin_cost", _YEAR, first, last)
            return np.asarray(found.window("margin_revenue", _YEAR, first, last) - spent)
        return found.window(measure, days, first, last)

    def _gained(self, first: int, last: int) -> Array:
        found = self._found
        return np.asarray(found.up_to("customers_new", first, last) - found.up_to("customers_churned", first, last))

    def _stock(self, days: int, *, counts: bool) -> Array:
        first, last = self._first, self._last
        steps: Array = np.zeros((self._found.rows, last - first + 2), dtype=object)
        for row, day, since, is_count, amount in self._found.stock:
            begin, end = max(first, since), min(last, day + days - 1)
            if is_count == counts and begin <= end:
                steps[row, begin - first] += amount
                steps[row, end + 1 - first] -= amount
        return np.asarray(np.cumsum(steps, axis=1)[:, :-1])

    def _cohort(self) -> tuple[Array, Array]:
        """`scoring.maturation.cohort` of each subject and day: n and successes."""
        first, last, rows = self._first, self._last, self._found.rows
        ripening, count = self._scorer.norms.ripening, last - first + 1
        days = ripening.cohort_days
        deals = self._found.opened.opened_within(first - days + 1, last)
        which, day = deals.day_by_day(first, last, days)
        places, ages = deals.owner[which] * count + day - first, day - deals.opened[which]
        won = cohorts(deals, places, ages, rows * count, ripening, which)
        return won.n.reshape(rows, count), won.total.reshape(rows, count)
