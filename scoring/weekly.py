"""Week rows: what a subject's panes say of one complete week, small enough to be shared with everybody who compares.

Norms, slopes and charts are made of them. A row depends on the panes and the exchange rates alone, on no date: whoever reads
it leaves out what came later than its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from scoring.evidence import Evidence
from scoring.kpi import BY_NAME, Kpi
from scoring.money import Rates
from scoring.weeks import DAYS, Opened, complete_weeks, openings, weekly_sums
from scoring.windows import Panes, Sums

WEEKS_KEPT: Final = 66
"""Weeks that are shared: the year before a quarter, and the quarter."""

_LAST_DAY: Final = 10**7


class WeekRow(NamedTuple):
    """One week of one subject.

    `evidence` is by metric; a `sum` has its total alone, for the days present are known from the reference records. Metrics
    without records are left out. `opened` is by day: the deals opened, and after how many days those won were won.
    """

    evidence: Mapping[str, Evidence]
    opened: Mapping[int, Opened]


def scored_kpis(metrics: Iterable[str]) -> dict[str, Kpi]:
    """What a score reads for each of some metrics, by the metric's name.

    >>> {name: kpi.name for name, kpi in scored_kpis(["csat", "average_deal_size"]).items()}
    {'csat': 'csat', 'average_deal_size': 'deal_value'}
    """
    return {metric: BY_NAME[metric].scored_as or BY_NAME[metric] for metric in metrics}


def shared_weeks(as_of: int) -> range:
    """The weeks of which there are rows on a date, by their Mondays: the last `WEEKS_KEPT` complete ones."""
    return complete_weeks(as_of, WEEKS_KEPT)


def week_rows(panes: Panes, weeks: range, kpis: Mapping[str, Kpi], rates: Rates) -> dict[int, WeekRow]:
    """The rows of each of the weeks in which there is anything to tell, by Monday.

    >>> panes = {8: {"csat": 4, "csat_top": 3, "opened": 1_000_000, "cohort_won||20": 1_000_000}, 30: {"csat": 1}}
    >>> rows = week_rows(panes, range(8, 15, 7), scored_kpis(["csat"]), Rates("USD", {"USD": 2}, []))
    >>> rows[8].evidence["csat"].value, rows[8].opened, rows.keys()
    (0.75, {8: Opened(deals=1.0, won_after={12: 1.0})}, dict_keys([8]))
    """
    by_week = weekly_sums(panes, weeks, rates)
    opened = openings({day: pane for day, pane in panes.items() if day < weeks.stop}, weeks.start, _LAST_DAY)
    there = _with_evidence(by_week.values(), kpis)
    rows: dict[int, WeekRow] = {}
    for week, sums in by_week.items():
        evidence: dict[str, Evidence] = {}
        for metric, kpi in there.items():
            if kpi.is_sum:
                total, _ = kpi.total_and_base(sums)
                if total:
                    evidence[metric] = Evidence(total=total)
            elif (found := kpi.evidence(sums, 1)) != _NONE:
                evidence[metric] = found
        days = {day: opened[day] for day in range(week, week + DAYS) if day in opened}
        if evidence or days:
            rows[week] = WeekRow(evidence, days)
    return rows


def _with_evidence(weeks: Iterable[Sums], kpis: Mapping[str, Kpi]) -> dict[str, Kpi]:
    """Those of which there may be any in some weeks: of most there is nothing.

    >>> list(_with_evidence([{"won": 1}, {"calls": 2}], scored_kpis(["calls", "win_rate", "meetings", "csat"])))
    ['calls', 'win_rate']
    """
    measures = set().union(*weeks)
    decisive = {metric: kpi.numerator if kpi.is_sum else kpi.denominator for metric, kpi in kpis.items()}
    return {metric: kpi for metric, kpi in kpis.items() if not decisive[metric].keys().isdisjoint(measures)}


_NONE: Final = Evidence()
