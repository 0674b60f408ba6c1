"""Review of a scorecard: what it leaves out, what it chooses beside the usual, and what its author may not have meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from scoring.choices import TABLES, USUAL
from scoring.goalposts import TAIL
from scoring.kpi import BY_NAME
from scoring.presence import Holidays
from scoring.scorecard import PILLARS, Scorecard, ScoredMetric

LESS_IS_BETTER: Final = frozenset(
    {
        *("deals_lost", "cycle_days", "discount_ratio", "refund_ratio", "return_rate", "first_response_seconds"),
        *("churn_rate", "acquisition_cost"),
    }
)
"""Metrics of which nearly every business wants less."""

ACTIVITIES: Final = frozenset({"calls", "meetings", "emails", "leads_created", "feedback_count"})
"""What can be had more of by doing more of it, whatever comes of it. Source: method.md section 10."""

_OVERLAPS: Final = (
    ("win_rate", "cohort_win_rate"),
    ("net_revenue", "deals_won"),
    ("churn_rate", "retention_rate"),
    ("refund_ratio", "return_rate"),
)
_ABOVE_ONE: Final = frozenset({"roi", "return_rate", "churn_rate", "refund_ratio"})
"""Ratios that may be above 1."""
_BY_NATURE_NOW: Final = "pipeline_value"
"""A sum of what is there today: no days add up to it."""


@dataclass(frozen=True, slots=True)
class RankShift:
    """How far ranks move when one thing about the scorecard is changed. Source: method.md section 7 (robustness).

    `change` is what was changed ("weights by a quarter"); half of the reps move by `median_ranks` or less, none by more than
    `most_ranks`; `within_interval` is the share of reps, 0..1, who stay within the rank interval that they have anyway.
    """

    change: str
    median_ranks: float
    most_ranks: int
    within_interval: float


@dataclass(frozen=True, slots=True)
class RankStability:
    """How stable ranks of so many reps are: the share of their pairs that is told apart, 0..1, and what changes do to ranks."""

    reps: int
    told_apart: float
    shifts: Sequence[RankShift]


def left_out(scorecard: Scorecard) -> tuple[str, ...]:
    """The metrics of the catalogue that it does not score, in the order of a score; they are shown all the same."""
    scored = {metric.metric for metric in scorecard.metrics}
    return tuple(name for name in BY_NAME if name not in scored)


def chosen(scorecard: Scorecard) -> tuple[str, ...]:
    """Its choices that are not the usual ones, a line each: `drops.false_alerts = 2 (usual: 1)`."""
    found = []
    for table in TABLES:
        own, usual = getattr(scorecard.choices, table), getattr(USUAL, table)
        for field in fields(own):
            value, other = getattr(own, field.name), getattr(usual, field.name)
            if value != other:
                found.append(f"{table}.{field.name} = {_spoken(value)} (usual: {_spoken(other)})")
    return tuple(found)


def notes(scorecard: Scorecard) -> tuple[str, ...]:
    """What is allowed but perhaps not meant, a sentence each; nothing for a scorecard that raises no question."""
    return (*_of_coverage(scorecard), *_of_pillars(scorecard), *_of_metrics(scorecard))


def reachable_coverage(scorecard: Scorecard) -> float:
    """The coverage of a rep with records for every metric, 0..1: improvement has no records of its own."""
    return sum(scorecard.pillars[metric.pillar] * metric.weight for metric in scorecard.metrics)


def _of_coverage(scorecard: Scorecard) -> Iterator[str]:
    reachable, gate = reachable_coverage(scorecard), scorecard.coverage_gate
    if _below(reachable, gate):
        yield (
            f"coverage_gate is {gate:g}, and with records for every metric the coverage is {reachable:.2f}: "
            "nobody can have a score"
        )
        return
    needed = [
        metric.metric
        for metric in scorecard.metrics
        if _below(reachable - scorecard.pillars[metric.pillar] * metric.weight, gate)
    ]
    if needed:
        yield f"who has no records for one of {', '.join(needed)} has no score: coverage_gate is {gate:g}"


def _of_pillars(scorecard: Scorecard) -> Iterator[str]:
    for pillar in PILLARS[:-1]:
        weight, names = scorecard.pillars[pillar], [m.metric for m in scorecard.metrics if m.pillar == pillar]
        if weight > 0 and not names:
            yield f"pillar {pillar} has no metric: its {_percent(weight)} goes to the other pillars"
        if weight == 0 and names:
            yield f"pillar {pillar} weighs nothing: {', '.join(names)} does not count"


def _of_metrics(scorecard: Scorecard) -> Iterator[str]:
    names = {metric.metric for metric in scorecard.metrics}
    for pair in _OVERLAPS:
        if names.issuperset(pair):
            yield f"{pair[0]} and {pair[1]} say nearly the same: it counts twice"
    if "win_rate" in names:
        yield (
            "win_rate goes by closing date, and deals are lost sooner than won: it swings with the number of deals "
            "opened; cohort_win_rate does not"
        )
    for metric in scorecard.metrics:
        yield from (f"{metric.metric}: {question}" for question in _questions(metric))


def _questions(metric: ScoredMetric) -> Iterator[str]:
    kpi = BY_NAME.get(metric.metric)
    adds_up = kpi is not None and kpi.is_sum and metric.metric != _BY_NATURE_NOW
    if adds_up and not metric.per_day:
        yield "a sum without per_day = true: its figures are taken for those of the whole score window, and divided by its days"
    if metric.per_day and not adds_up:
        yield "per_day = true is for sums over time, which this is not"
    if metric.higher_is_better == (metric.metric in LESS_IS_BETTER):
        yield f"usually {'less' if metric.higher_is_better else 'more'} is better; is higher_is_better right?"
    if metric.metric in ACTIVITIES and metric.higher_is_better and not metric.capped:
        yield "an activity without capped = true: doing more of it always pays, whatever comes of it"
    ratio = kpi is not None and kpi.unit == "ratio" and metric.metric not in _ABOVE_ONE
    if ratio and (metric.typical > 1 or (metric.target is not None and metric.target > 1)):
        yield "ratios are written 0.45, not 45"
    if metric.target is not None:
        spread = max(metric.spread, metric.smallest_spread)
        off = (metric.target - metric.typical) * (1 if metric.higher_is_better else -1)
        if off > TAIL * spread:
            yield "fewer than one rep in twenty reaches its target by itself; most will score low"
        if off < -TAIL * spread:
            yield "more than nineteen reps in twenty reach its target anyway; it hardly tells them apart"


def _below(coverage: float, gate: float) -> bool:
    return coverage < gate - 1e-9  # decimal fractions such as 0.1 are not exact


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


_SHORT_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _spoken(value: Any) -> str:
    if isinstance(value, Holidays):
        parts = [
            *(_SHORT_DAYS[day] for day in sorted(value.weekdays)),
            *(f"{month:02d}-{day:02d}" for month, day in value.yearly),
            *(date.fromordinal(day).isoformat() for day in value.dates),
        ]
        return " ".join(parts) or "none"
    if isinstance(value, tuple):
        return " ".join(map(_spoken, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)
