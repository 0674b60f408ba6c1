"""Quarter: the norms that hold on a date, from the week rows of all reps. Live, replayed or asked for: the same function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.choices import People
from scoring.evidence import Evidence, Kind
from scoring.exact_sums import exact_sums
from scoring.fiscal import FiscalCalendar, monday_of
from scoring.kpi import BY_NAME
from scoring.maturation import Deal
from scoring.norming import Gates, Rule, norms_of
from scoring.norms import MetricNorm, Norms
from scoring.peer_weeks import PeerWeeks
from scoring.presence import Attendance, days_present_by_week, is_peer
from scoring.rep_weeks import RepWeeks
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.shrinkage import Limits
from scoring.slope import Slope, slope_spread
from scoring.weekly import WeekRow
from scoring.weeks import DAYS, Opened, complete_weeks

Array = NDArray[Any]

YEAR_WEEKS: Final = 52
"""How far back the weeks of norms go from the quarter's first day."""

PEER_DAYS: Final = 91
"""Who was there, and past its ramp, on half of the working days of these before the quarter is a peer (`People.peer_share`)."""

_ALWAYS: Final = Attendance()
_THURSDAY: Final = 3
_LATE_DAYS: Final = 21
"""How late in a quarter records may begin for it to count as a whole one."""

STOCK: Final = "pipeline_value"
"""What there is on a day, which does not add up over days."""

OF_NO_WEEK: Final = frozenset({STOCK, "churn_rate", "lifetime_value"})
"""Metrics that stand on what there is on a day, not on what happened in a week: norms are the scorecard's."""

SlopesOf = Callable[[Norms, int, Sequence[str]], Mapping[str, Sequence[Slope]]]
"""By metric the slopes of some reps, under norms, over the weeks up to the one of that Monday."""

Rows = Mapping[str, Mapping[int, WeekRow]]
"""Week rows by rep id and Monday."""


def quarter_norms(
    as_of: int,
    scorecard: Scorecard,
    rows: Rows,
    attendances: Mapping[str, Attendance],
    calendar: FiscalCalendar = FiscalCalendar(),  # noqa: B008 - frozen
    slopes: SlopesOf | None = None,
) -> Norms:
    """The norms of the quarter of a date: a function of the complete weeks before the quarter alone.

    Until a whole quarter has closed - the records begin in its first three weeks, or earlier - they are provisional: of all
    weeks that are complete on the date. A handful of records from before would else decide for a quarter what is collected.

    Args:
        as_of: the date.
        scorecard: which metrics are normed, and what stands in for norms until there are peers.
        rows: of every rep, with or without a record. Weeks that were not over before the quarter began (while provisional: by
            the end of the date) are left out, and those that lie more than 52 weeks before that.
        attendances: of reps with a record; anybody else was always there.
        calendar: of the business.
        slopes: what gives the peers' slopes; None: nothing is known of changes.

    Source: method.md section 6.
    """
    read = RepWeeks.read(rows, (scored.metric for scored in scorecard.metrics))
    return norms_of_quarter(as_of, scorecard, read, attendances, calendar, slopes)


def norms_of_quarter(
    as_of: int,
    scorecard: Scorecard,
    reps: RepWeeks,
    attendances: Mapping[str, Attendance],
    calendar: FiscalCalendar = FiscalCalendar(),  # noqa: B008 - frozen
    slopes: SlopesOf | None = None,
) -> Norms:
    """The same from rows that have been read, by the scorecard's metrics: once for all quarters of a replay."""
    quarter = calendar.quarter(as_of)
    closed = calendar.quarter(quarter.first - 1)
    there = reps.within(_weeks_before(quarter.first))
    begun = there.begun()
    provisional = begun is None or begun > closed.first + _LATE_DAYS
    before = complete_weeks(as_of, 1).stop if provisional else quarter.first
    if provisional:
        there = reps.within(_weeks_before(before))
    weeks = range(there.first() or before, monday_of(before), DAYS)
    rules, people = rules_of(scorecard), scorecard.people
    made_of, phases = _made_of(there, weeks, before, rules, attendances, people, calendar)
    found = norms_of(quarter.name, before, rules, made_of, phases, gates=gates_of(scorecard), provisional=provisional)
    if slopes is None or not found.first_week or before - found.first_week < DAYS * scorecard.improvement.fewest_weeks:
        return found
    of_peers = slopes(found, complete_weeks(before - 1, 1)[-1], made_of.peers)  # a quarter may begin on any day
    return replace(
        found,
        metrics={
            name: norm if name in OF_NO_WEEK else replace(norm, change=_change(norm, of_peers.get(name, ())))
            for name, norm in found.metrics.items()
        },
    )


def _change(norm: MetricNorm, slopes: Sequence[Slope]) -> float:
    """tau_b²: by the peers' slopes where the metric's norms are theirs too."""
    return slope_spread(slopes if norm.norm.peers else (), norm.tau_star)


def _weeks_before(before: int) -> range:
    """The weeks that norms are made of: over before that day, and not older than `YEAR_WEEKS`.

    `shared_weeks` has all of them on every day of a quarter. Nothing else may pass, of deals neither: what comes in or falls out
    as the quarter goes on would move its norms.
    """
    return range(monday_of(before - DAYS * YEAR_WEEKS), monday_of(before), DAYS)


def rules_of(scorecard: Scorecard) -> dict[str, Rule]:
    """How each scored metric is normed, with what the scorecard states until peers say better.

    A metric that is scored by its logarithm has level and spreads of the logarithm; a sum always those of a day present, so where
    the scorecard states them without `per_day`, for the score window, they are divided by its days. The pipeline is there, whole,
    on a day.
    """
    return {scored.metric: _rule(scored, scorecard.score_window_days) for scored in scorecard.metrics}


def gates_of(scorecard: Scorecard) -> Gates:
    """How many peers it takes, and the bounds of the prior weight and of the score window."""
    chosen = scorecard.shrinkage
    limits = Limits(chosen.least, chosen.most, chosen.without_peers)
    return Gates(peers=chosen.fewest_peers, limits=limits, window=scorecard.score_window)


def _is_peer(attendance: Attendance, before: int, people: People) -> bool:
    first, last = before - PEER_DAYS, before - 1
    return is_peer(attendance, first, last, people.holidays, people.ramp, people.peer_share)


def kind_of(metric: str) -> Kind:
    """What a scored metric is made of.

    >>> kind_of("calls"), kind_of("csat"), kind_of("average_deal_size"), kind_of("gross_margin_ratio")
    ('sum', 'rate', 'mean', 'ratio')
    """
    kpi = BY_NAME[metric].scored_as or BY_NAME[metric]
    if kpi.is_sum:
        return "sum"
    return "ratio" if kpi.noise is None else kpi.noise.kind


def is_positive(metric: str) -> bool:
    """Whether what a scored metric measures is above 0 throughout and moves in proportion: days and seconds.

    >>> is_positive("cycle_days"), is_positive("nps")
    (True, False)
    """
    return BY_NAME[metric].unit in ("days", "seconds")


def in_scored_unit(metric: str, value: float) -> float | None:
    """A stated value, such as a target, in the unit in which the metric is scored; None where it has none (ln of 0).

    >>> in_scored_unit("csat", 0.9), in_scored_unit("average_deal_size", 1.0), in_scored_unit("average_deal_size", 0.0)
    (0.9, 0.0, None)
    """
    if BY_NAME[metric].scored_as is None:
        return value
    return math.log(value) if value > 0 else None


def _rule(scored: ScoredMetric, window_days: int) -> Rule:
    typical, spread, smallest = scored.typical, scored.spread, scored.smallest_spread
    if kind_of(scored.metric) == "sum" and not scored.per_day and scored.metric != STOCK:
        typical, spread, smallest = typical / window_days, spread / window_days, smallest / window_days
    if BY_NAME[scored.metric].scored_as is not None:
        typical, spread, smallest = math.log(typical), spread / typical, smallest / typical
    return Rule(
        kind_of(scored.metric),
        typical,
        spread,
        smallest,
        scored.higher_is_better,
        scored.capped,
        scored.cap,
        is_positive(scored.metric),
        scored.metric not in OF_NO_WEEK,
    )


def _made_of(
    reps: RepWeeks,
    weeks: range,
    before: int,
    rules: Mapping[str, Rule],
    attendances: Mapping[str, Attendance],
    people: People,
    calendar: FiscalCalendar,
) -> tuple[PeerWeeks, dict[str, list[list[Evidence]]]]:
    """What is known of the peers, and of the company by phases of past quarters.

    Sums are over the days present, nothing counted on them being evidence of a peer too; in phases weeks with records count.
    """
    of = [attendances.get(rep, _ALWAYS) for rep in reps.reps]
    days = np.array(days_present_by_week(of, weeks, people.holidays), dtype=np.float64).reshape(len(of), len(weeks))
    seen, there = reps.grid(weeks)
    sums = np.array([rules[metric].kind == "sum" for metric in reps.metrics], dtype=bool)
    seen[0, sums] = seen[2, sums] = days * there[sums]
    phases = _phases(reps.metrics, seen, weeks, calendar)
    seen[0, sums] = seen[2, sums] = days
    seen[1, sums] *= days > 0
    scatter = np.where(sums[:, None], 0.0, reps.scatter())
    peers = [place for place, attendance in enumerate(of) if _is_peer(attendance, before, people)]
    owners = np.full(len(of), len(peers))
    owners[peers] = np.arange(len(peers))
    made_of = PeerWeeks(
        reps.metrics,
        tuple(reps.reps[place] for place in peers),
        np.array(weeks),
        weeks[0] if peers else 0,
        seen[:, :, peers],
        scatter[:, :, peers],
        reps.deals.known_on(before - 1).of_owners(owners),
    )
    return made_of, phases


def deals_opened(opened: Mapping[int, Opened]) -> Iterator[Deal]:
    """The deals of each day, those alike together, as maturation reads them.

    >>> list(deals_opened({8: Opened(4.0, {0: 1.0, 5: 2.0})}))
    [Deal(opened=8, won=8, weight=1.0), Deal(opened=8, won=13, weight=2.0), Deal(opened=8, won=None, weight=1.0)]
    """
    for day, of_day in sorted(opened.items()):
        won = math.fsum(of_day.won_after.values())
        yield from (Deal(day, day + age, share) for age, share in sorted(of_day.won_after.items()))
        if of_day.deals - won > 0:
            yield Deal(day, None, of_day.deals - won)


def _phases(
    metrics: Sequence[str], seen: Array, weeks: range, calendar: FiscalCalendar
) -> dict[str, list[list[Evidence]]]:
    """The company's evidence of each past quarter, month by month of the quarter; a week belongs where its Thursday does."""
    thursdays = [monday + _THURSDAY for monday in weeks]
    names = [calendar.quarter(day).name for day in thursdays]
    quarters = {name: place for place, name in enumerate(dict.fromkeys(names))}
    months = np.array([3 * quarters[name] + calendar.third(day) for name, day in zip(names, thursdays, strict=True)])
    shape = len(metrics), len(quarters), 3
    places = 3 * len(quarters) * np.arange(len(metrics))[:, None, None] + months
    places = np.broadcast_to(places, seen.shape[1:]).ravel()
    sums = [exact_sums(of.ravel(), places, math.prod(shape)).reshape(shape).tolist() for of in seen]
    return {
        metric: [
            [Evidence(*month) for month in zip(*of_quarter, strict=True)] for of_quarter in zip(*of_metric, strict=True)
        ]
        for metric, *of_metric in zip(metrics, *sums, strict=True)
    }
