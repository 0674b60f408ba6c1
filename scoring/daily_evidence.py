"""Daily evidence: what is known of each scored metric of many subjects on each day, as `Scorer.seen` tells it one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from scoring.cohorts import cohorts
from scoring.daily_columns import Array, Columns, quotient
from scoring.kpi import BY_NAME, Kpi
from scoring.measures import MONEY
from scoring.norming import COHORT
from scoring.quarter import STOCK, in_scored_unit, kind_of
from scoring.score import Scorer
from scoring.scorecard import ScoredMetric

_IN_MONEY = MONEY | {"year_margin"}
_YEAR = 364


class Seen(NamedTuple):
    """By subject and day: n, total, base of the evidence, the records behind it, where goalposts stand (numbers or arrays)."""

    n: Array
    total: Array
    base: Array
    records: Array
    posts: tuple[Any, Any, Any, Any]


def seen_of(
    found: Columns, subjects: Sequence[str], scorer: Scorer, present: Array, span: tuple[int, int]
) -> dict[str, Seen]:
    """What is known of each scored metric on the days of `span`, both included, all under the norms of `scorer`.

    `present` has the days present of each subject (`scoring.daily_presence`).
    """
    return {scored.metric: _seen(found, subjects, scorer, scored, present, span) for scored in scorer.scorecard.metrics}


def _seen(
    found: Columns, subjects: Sequence[str], scorer: Scorer, scored: ScoredMetric, present: Array, span: tuple[int, int]
) -> Seen:
    kpi, norms = BY_NAME[scored.metric], scorer.norms
    posts = _posts(subjects, scorer, scored, *span)
    records = _weighed(found, dict.fromkeys(kpi.n, 1), scorer, span)
    if not kpi.is_sum:
        base = _weighed(found, kpi.denominator, scorer, span)
        records = np.where((base > 0) & (records > 0), records, 0)
    if kind_of(scored.metric) == "sum":
        days = present if norms.first_week > 0 else np.where(records > 0, present, 0)
        total = _float(found, kpi, kpi.numerator, scorer, span, kpi.scale)
        total = np.where(days > 0, total, 0.0)
        if scored.metric == STOCK and not scored.per_day:  # whole on each day, to a group's member too
            total = total * (present if subjects[0].startswith("rep:") else scorer.horizons.score)
        n = np.maximum(days, 0).astype(np.float64)
        return Seen(n, total, n, np.where(present > 0, records, 0), posts)
    if scored.metric == COHORT:
        n, total = _cohort(found, scorer, *span)
        return Seen(n, total, n, records, posts)
    read = kpi.scored_as or kpi
    one = 1 if read.noise is None else read.noise.one
    n = _float(found, read, read.denominator, scorer, span, one)
    total = np.where(n > 0, _float(found, read, read.numerator, scorer, span, read.scale * one), 0.0)
    if kind_of(scored.metric) == "rate":
        total = np.minimum(np.maximum(total, 0.0), n)
    if kind_of(scored.metric) == "ratio":
        counted = _weighed(found, dict.fromkeys(read.n, 1), scorer, span).astype(np.float64)
        return Seen(np.where(n > 0, counted, 0.0), total, n, records, posts)
    return Seen(n, total, n, records, posts)


def _float(
    found: Columns, kpi: Kpi, factors: Mapping[str, int], scorer: Scorer, span: tuple[int, int], by: int
) -> Array:
    money = kpi.name != STOCK and any(measure in _IN_MONEY for measure in factors)
    common = gcd(*factors.values())  # a cycle's million would leave the bounds of machine integers
    least = {measure: factor // common for measure, factor in factors.items()}
    return quotient(_weighed(found, least, scorer, span), common * (found.unit if money else 1), by)


def _weighed(found: Columns, factors: Mapping[str, int], scorer: Scorer, span: tuple[int, int]) -> Array:
    total: Array = np.zeros((found.rows, span[1] - span[0] + 1), dtype=np.int64)
    for measure, factor in factors.items():
        of = _window(found, measure, scorer, *span)
        total = total + (of if factor == 1 else of * factor)
    return total


def _window(found: Columns, measure: str, scorer: Scorer, first: int, last: int) -> Array:
    days, cohort, pipeline = scorer.horizons
    if measure in ("cohort_opened", "cohort_opened_n"):
        return found.window(measure.removeprefix("cohort_"), cohort, first, last)
    if measure in ("pipeline", "pipeline_n"):
        return _stock(found, pipeline, measure == "pipeline_n", first, last)
    if measure in ("active", "year_active"):
        before = days if measure == "active" else _YEAR
        return _gained(found, first - before, last - before)
    if measure == "year_churned":
        return found.window("customers_churned", _YEAR, first, last)
    if measure == "year_margin":
        spent = found.window("margin_cost", _YEAR, first, last)
        return np.asarray(found.window("margin_revenue", _YEAR, first, last) - spent)
    return found.window(measure, days, first, last)


def _gained(found: Columns, first: int, last: int) -> Array:
    return np.asarray(found.up_to("customers_new", first, last) - found.up_to("customers_churned", first, last))


def _stock(found: Columns, days: int, counts: bool, first: int, last: int) -> Array:  # noqa: FBT001 - which of two columns
    steps: Array = np.zeros((found.rows, last - first + 2), dtype=object)
    for row, day, since, is_count, amount in found.stock:
        begin, end = max(first, since), min(last, day + days - 1)
        if is_count == counts and begin <= end:
            steps[row, begin - first] += amount
            steps[row, end + 1 - first] -= amount
    return np.asarray(np.cumsum(steps, axis=1)[:, :-1])


def _cohort(found: Columns, scorer: Scorer, first: int, last: int) -> tuple[Array, Array]:
    """`scoring.maturation.cohort` of each rep and day: n and successes."""
    ripening, count = scorer.norms.ripening, last - first + 1
    days = ripening.cohort_days
    deals, day = found.opened.opened_within(first - days + 1, last).day_by_day(first, last, days)
    won = cohorts(deals, deals.owner * count + day - first, day - deals.opened, found.rows * count, ripening)
    return won.n.reshape(found.rows, count), won.total.reshape(found.rows, count)


def _posts(
    subjects: Sequence[str], scorer: Scorer, scored: ScoredMetric, first: int, last: int
) -> tuple[Any, Any, Any, Any]:
    """Goalposts by subject and day; numbers where nobody has a target."""
    norm, reference, metric = scorer.norms.metrics[scored.metric], scorer.reference, scored.metric
    whole_stock = metric == STOCK and not scored.per_day
    usual = None if whole_stock else scored.target
    if kind_of(metric) != "sum" and usual is not None:
        usual = in_scored_unit(metric, usual)

    def placed(goal: float | None) -> tuple[float, float, float, float]:
        posts = norm.goalposts(goal)
        return posts.worst, posts.target, posts.best, float("inf") if posts.cap is None else posts.cap

    table: Array | None = None
    holidays = scorer.scorecard.people.holidays
    for row, subject in enumerate(subjects):
        for start, end, target in reference.targets_between(subject, metric, first, last):
            if table is None:
                table = np.empty((4, len(subjects), last - first + 1))
                table[:] = np.array(placed(usual))[:, None, None]
            goal: float | None = float(target.value)
            if kind_of(metric) != "sum":
                goal = in_scored_unit(metric, float(target.value))
            elif not whole_stock:
                days = holidays.working_days(target.start, target.end)
                exact = Fraction(target.value) / days if days > 0 else None
                goal = None if exact is None else exact.numerator / exact.denominator
            table[:, row, start - first : end - first + 1] = np.array(placed(goal))[:, None]
    return placed(usual) if table is None else tuple(table)
