"""Quarter: the norms that hold on a date, from the week rows of all reps. Live, replayed or asked for: the same function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from scoring.choices import People
from scoring.evidence import Evidence, Kind, pooled
from scoring.fiscal import FiscalCalendar
from scoring.kpi import BY_NAME
from scoring.maturation import Deal
from scoring.norming import Gates, Rule, norms
from scoring.norms import MetricNorm, Norms
from scoring.presence import Attendance, Holidays, days_present, is_peer
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.shrinkage import Limits
from scoring.slope import Slope, slope_spread
from scoring.weekly import WeekRow
from scoring.weeks import DAYS, Opened, complete_weeks

YEAR_WEEKS: Final = 52
"""How far back the weeks of norms go from the quarter's first day."""

PEER_DAYS: Final = 91
"""Who was there, and past its ramp, on half of the working days of these before the quarter is a peer (`People.peer_share`)."""

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
    quarter = calendar.quarter(as_of)
    of_quarter = _before(rows, quarter.first)
    closed = calendar.quarter(quarter.first - 1)
    begun = min((week for of_rep in of_quarter.values() for week, row in of_rep.items() if row.evidence), default=None)
    provisional = begun is None or begun > closed.first + _LATE_DAYS
    before = complete_weeks(as_of, 1).stop if provisional else quarter.first
    rows = _before(rows, before) if provisional else of_quarter
    weeks = range(min((week for of_rep in rows.values() for week in of_rep), default=before), before - DAYS + 1, DAYS)
    always = Attendance()
    rules, people = rules_of(scorecard), scorecard.people
    weekly = {
        rep: _weekly(rows[rep], weeks, rules, attendances.get(rep, always), people.holidays)
        for rep in rows
        if rows[rep] and _is_peer(attendances.get(rep, always), before, people)
    }
    deals = {
        rep: [deal for row in of_rep.values() for deal in deals_opened(known_before(row.opened, before))]
        for rep, of_rep in rows.items()
    }
    phases = _phases(rows, rules, attendances, people.holidays, calendar)
    gates = gates_of(scorecard)
    found = norms(quarter.name, before, rules, weekly, deals, phases, gates=gates, provisional=provisional)
    found = replace(found, metrics={name: _known(name, norm) for name, norm in found.metrics.items()})
    if slopes is None or not found.first_week or before - found.first_week < DAYS * scorecard.improvement.fewest_weeks:
        return found
    of_peers = slopes(found, complete_weeks(before - 1, 1)[-1], sorted(weekly))  # a quarter may begin on any day
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


def _before(rows: Rows, before: int) -> dict[str, dict[int, WeekRow]]:
    """The rows of the weeks that norms are made of: over before that day, and not older than `YEAR_WEEKS`.

    `shared_weeks` has all of them on every day of a quarter. Nothing else may pass, of deals neither: what comes in or falls out
    as the quarter goes on would move its norms.
    """
    first = before - DAYS * YEAR_WEEKS - (DAYS - 1)
    return {
        rep: {week: row for week, row in of_rep.items() if first <= week <= before - DAYS}
        for rep, of_rep in rows.items()
    }


def _known(metric: str, norm: MetricNorm) -> MetricNorm:
    """A metric that no week knows of is taken to be collected."""
    return replace(norm, collected=True) if metric in OF_NO_WEEK else norm


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
    )


def _weekly(
    rows: Mapping[int, WeekRow],
    weeks: Iterable[int],
    rules: Mapping[str, Rule],
    attendance: Attendance,
    holidays: Holidays,
) -> dict[int, dict[str, Evidence]]:
    """A rep's evidence by week; sums over the days present, nothing counted on them being evidence too."""
    found: dict[int, dict[str, Evidence]] = {}
    for week in weeks:
        row = rows.get(week)
        days = days_present(attendance, week, week + DAYS - 1, holidays)
        seen = {} if row is None else {metric: row.evidence[metric] for metric in rules if metric in row.evidence}
        for metric, rule in rules.items():
            if rule.kind == "sum":
                total = seen.pop(metric, Evidence()).total
                if days > 0:
                    seen[metric] = Evidence(float(days), total, float(days))
        found[week] = seen
    return found


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


def known_before(opened: Mapping[int, Opened], before: int) -> dict[int, Opened]:
    """As it was known then. A later win left to be told apart downstream would still move a last digit, and the norms' label."""
    return {
        day: of_day._replace(won_after={age: won for age, won in of_day.won_after.items() if day + age < before})
        for day, of_day in opened.items()
    }


def _phases(
    rows: Rows,
    rules: Mapping[str, Rule],
    attendances: Mapping[str, Attendance],
    holidays: Holidays,
    calendar: FiscalCalendar,
) -> dict[str, list[list[Evidence]]]:
    """The company's evidence of each past quarter, month by month of the quarter; a week belongs where its Thursday does."""
    places: dict[str, dict[str, list[list[Evidence]]]] = {metric: {} for metric in rules}
    always = Attendance()
    for rep in sorted(rows):
        for week, row in sorted(rows[rep].items()):
            thursday = week + 3
            quarter, third = calendar.quarter(thursday).name, calendar.third(thursday)
            for metric, evidence in row.evidence.items():
                if metric not in rules:
                    continue
                if rules[metric].kind == "sum":
                    days = float(days_present(attendances.get(rep, always), week, week + DAYS - 1, holidays))
                    evidence = Evidence(days, evidence.total, days)  # noqa: PLW2901
                places[metric].setdefault(quarter, [[], [], []])[third].append(evidence)
    return {
        metric: [[pooled(month) for month in quarters[name]] for name in sorted(quarters)]
        for metric, quarters in places.items()
    }
