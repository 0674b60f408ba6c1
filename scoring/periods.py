"""Periods: the raw figures of a subject to date - month, quarter, year, by the fiscal calendar - and just before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from scoring.fiscal import FiscalCalendar, Period, Span, before
from scoring.kpi import BY_NAME
from scoring.maturation import Maturation, cohort
from scoring.money import Rates
from scoring.norming import COHORT
from scoring.quarter import STOCK, deals_opened
from scoring.weeks import openings
from scoring.windows import WINDOW_DAYS, Horizons, Panes, Sums, add_pane, count_activities, window_sums

SPANS: Final[tuple[Span, ...]] = ("month", "quarter", "year")

_LONGEST: Final = WINDOW_DAYS[-1]
_OF_THE_YEAR: Final = "lifetime_value"
_STANDING: Final = frozenset({STOCK, "churn_rate", _OF_THE_YEAR})
"""Metrics made of what there is on a day."""
_ON_A_DAY: Final = ("pipeline", "year_")


class Figure(NamedTuple):
    """A metric's raw value, and the records behind it; no evidence: 0.0 for sums, None for everything else, and n 0."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Figures over a period, by metric; None for a metric that needs days which are no longer kept."""

    period: Period
    figures: Mapping[str, Figure | None]


@dataclass(frozen=True, slots=True)
class Read:
    """With what panes are read: exchange rates, how deals ripen, how far back the pipeline goes, and the first day kept.

    `first_day` is an ordinal, 0 where everything is kept.
    """

    rates: Rates
    ripening: Maturation
    calendar: FiscalCalendar
    first_day: int = 0


def to_date(
    panes: Panes, as_of: int, metrics: Iterable[str], read: Read
) -> dict[Span, tuple[PeriodFigures, PeriodFigures]]:
    """Of month, quarter and year the figures up to a day, and those of as many days just before.

    What stands on a day (`cohort_win_rate`, `pipeline_value`, customers) is that of the period's last day. How deals ripen is
    read from the norms of the date that is asked about, for earlier periods too.

    Args:
        panes: the subject's.
        as_of: the day, included.
        metrics: names of the catalogue.
        read: see there.

    Source: method.md section 2 (to date, previous).

    >>> from scoring.maturation import unknown
    >>> from datetime import date
    >>> day, read = date(2026, 2, 3).toordinal(), Read(Rates("USD", {"USD": 2}, []), unknown(0.3), FiscalCalendar())
    >>> now, previous = to_date({day: {"calls": 2}, day - 3: {"calls": 5}, day - 9: {"calls": 9}}, day, ["calls"], read)["month"]
    >>> now.period.days, now.figures["calls"], previous.period.days, previous.figures["calls"]
    (3, Figure(value=2.0, n=2), 3, Figure(value=5.0, n=5))
    """
    names = tuple(metrics)
    found: dict[Span, tuple[PeriodFigures, PeriodFigures]] = {}
    for span in SPANS:
        period = read.calendar.to_date(span, as_of)
        found[span] = figures_over(panes, period, names, read), figures_over(panes, before(period), names, read)
    return found


def figures_over(panes: Panes, period: Period, metrics: Iterable[str], read: Read) -> PeriodFigures:
    """The figures of one period of any length; arguments as in `to_date`."""
    names = tuple(metrics)
    sums = _sums_over(panes, period, read, standing=not _STANDING.isdisjoint(names))
    found: dict[str, Figure | None] = {}
    for metric in names:
        if _first_needed(metric, period, read) < read.first_day:
            found[metric] = None
            continue
        value, n = BY_NAME[metric].value(sums)
        if metric == COHORT:
            value = _cohort_value(panes, period.last, read.ripening)
        found[metric] = Figure(value, n)
    return PeriodFigures(period, found)


def _first_needed(metric: str, period: Period, read: Read) -> int:
    """The first day whose records the figure is made of."""
    if metric == COHORT:
        return period.last - read.ripening.cohort_days + 1
    if metric == STOCK:
        return period.last - read.ripening.pipeline_days + 1
    return period.last - _LONGEST + 1 if metric == _OF_THE_YEAR else period.first


def _sums_over(panes: Panes, period: Period, read: Read, *, standing: bool) -> Sums:
    """As `window_sums` has them, of any days; with `standing` also what there is on a day."""
    sums: Sums = {}
    unrated: dict[str, int] = {}
    for day in range(period.first, period.last + 1):
        if day in panes:
            add_pane(sums, panes[day], day, read.rates, unrated)
    count_activities(sums)
    days_of_cohort = range(period.last - read.ripening.cohort_days + 1, period.last + 1)
    for measure in ("opened", "opened_n"):
        sums[f"cohort_{measure}"] = sum([panes[day].get(measure, 0) for day in days_of_cohort if day in panes])
    if standing:
        horizons = Horizons(_LONGEST, read.ripening.cohort_days, read.ripening.pipeline_days)
        there = window_sums(panes, period.last, read.rates, horizons).by_days[_LONGEST]
        sums |= {name: amount for name, amount in there.items() if name.startswith(_ON_A_DAY)}
        sums["active"] = sum(_gained(pane) for day, pane in panes.items() if 0 < day < period.first)
    return sums


def _gained(pane: Mapping[str, int]) -> int:
    return pane.get("customers_new", 0) - pane.get("customers_churned", 0)


def _cohort_value(panes: Panes, last: int, ripening: Maturation) -> float | None:
    opened = openings(panes, last - ripening.cohort_days + 1, last)
    return cohort(deals_opened(opened), last, ripening).value
