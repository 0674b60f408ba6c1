"""Deals: what became of the deals opened on each day, from a subject's parts, and the weeks that norms are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from scoring.evidence import Evidence
from scoring.maturation import Deal
from scoring.norming import COHORT
from scoring.oracle.credit import WHOLE
from scoring.oracle.parts import Part, Parts
from scoring.oracle.rates import Rates
from scoring.oracle.summed import summed
from scoring.oracle.table import SUMS
from scoring.weekly import WEEKS_KEPT, WeekRow
from scoring.weeks import Opened

WEEK = timedelta(days=7)


def opened_by_day(parts: Iterable[Part], known_until: date) -> dict[int, Opened]:
    """The deals opened on each day, those won by `known_until` by their age then; a day on which nothing is left is not there."""
    opened: Counter[int] = Counter()
    won: dict[int, Counter[int]] = {}
    for part in parts:
        if part.day <= known_until:
            day = part.day.toordinal()
            opened[day] += part.share
            if part.record.status == "won" and part.closed_on is not None and part.closed_on <= known_until:
                won.setdefault(day, Counter())[max(0, (part.closed_on - part.day).days)] += part.share
    return {
        day: Opened(share / WHOLE, {age: won[day][age] / WHOLE for age in sorted(won.get(day, ()))})
        for day, share in sorted(opened.items())
        if share
    }


def deals_of(opened: Mapping[int, Opened]) -> list[Deal]:
    """Deals alike as one, those of a day by the age at which they were won, then those that were not."""
    deals = []
    for day, of_day in opened.items():
        left = of_day.deals
        for age, share in of_day.won_after.items():
            deals.append(Deal(day, day + age, share))
        left -= sum(of_day.won_after.values())
        if left > 0:
            deals.append(Deal(day, None, left))
    return deals


def last_weeks(as_of: date) -> list[date]:
    """The Mondays of the last `WEEKS_KEPT` weeks that were over by the end of `as_of`, oldest first."""
    monday = as_of - timedelta(days=as_of.weekday())
    newest = monday if as_of.weekday() == 6 else monday - WEEK  # noqa: PLR2004 - Sunday
    return [newest - WEEK * back for back in reversed(range(WEEKS_KEPT))]


def rows_of(parts: Parts, metrics: Iterable[str], rates: Rates) -> dict[int, WeekRow]:
    """A subject's week rows: every metric of every week with anything to tell, whatever its date."""
    metrics = list(metrics)
    by_week: dict[date, dict[str, list[Part]]] = {}
    for kind, of_kind in parts.items():
        for part in of_kind:
            monday = part.day - timedelta(days=part.day.weekday())
            by_week.setdefault(monday, {}).setdefault(kind, []).append(part)
    rows = {}
    for monday, of_week in by_week.items():
        evidence = {}
        for metric in metrics:
            if metric in {COHORT, "pipeline_value"}:  # of deals by the day they were opened; of a day and no week
                continue
            found = summed(metric, of_week, monday, monday + timedelta(days=6), rates, 1)
            if metric in SUMS:
                found = Evidence(total=found.total)
            if found != Evidence():
                evidence[metric] = found
        opened = opened_by_day(of_week.get("opened", ()), date.max)
        if evidence or opened:
            rows[monday.toordinal()] = WeekRow(evidence, opened)
    return rows
