"""Observations: what some records come to in a metric, a numerator and a denominator.

`scoring.oracle.summed` has the same of all that a subject did, as scores read it. Here a few records may have a numerator alone,
such as the refund of a deal that was won long ago.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from scoring.maturation import Maturation
from scoring.oracle.credit import WHOLE
from scoring.oracle.figures import MICRO, Horizons, margin, micro, pipeline_value, stating
from scoring.oracle.happenings import DAY_US
from scoring.oracle.parts import Parts
from scoring.oracle.rates import Rates
from scoring.oracle.summed import OF_METRIC, TOTALS
from scoring.oracle.windows import Window, credit

Pair = tuple[Fraction, Fraction]
"""Numerator and denominator; the latter is 0 of a sum."""


def observed(metric: str, parts: Parts, as_of: date, rates: Rates, horizons: Horizons, ripening: Maturation) -> Pair:
    """What some parts come to on a date, in the unit in which the metric is scored; of the cohort's win rate m·O and E.

    >>> from scoring.maturation import unknown
    >>> observed("csat", {}, date(2026, 1, 7), Rates([], "USD", {}), Horizons(28, 91, 182), unknown(0.3))
    (Fraction(0, 1), Fraction(0, 1))
    """
    if metric == "cohort_win_rate":
        return _cohort(parts, as_of, horizons, ripening)
    if metric == "pipeline_value":
        return pipeline_value(parts, as_of, rates, horizons).value or Fraction(0), Fraction(0)
    window = Window.ending(as_of, horizons.score, parts)
    if metric in TOTALS:
        return Fraction(TOTALS[metric](window, rates)), Fraction(0)
    if metric.startswith("evaluation_"):
        return _evaluation(metric.removeprefix("evaluation_"), window)
    if metric in _PAIRS:
        return _PAIRS[metric](window, rates)
    found = OF_METRIC[metric](window, rates)  # of one thing alone: there is no numerator without a denominator
    return Fraction(found.total), Fraction(found.base)


def _cohort(parts: Parts, as_of: date, horizons: Horizons, ripening: Maturation) -> Pair:
    """Deal by deal: how likely it was to be won by now, and whether it was."""
    won = expected = Fraction(0)
    for part in Window.ending(as_of, horizons.cohort, parts).within("opened"):
        age = min((as_of - part.day).days, ripening.horizon_days)
        share = Fraction(part.share, WHOLE)
        expected += share * Fraction(ripening.won_by_age[age])
        closed = part.closed_on
        if part.record.status == "won" and closed is not None and closed <= as_of:
            won += share * (max(0, (closed - part.day).days) <= age)
    return Fraction(ripening.in_the_end) * won, expected


def _evaluation(criterion: str, window: Window) -> Pair:
    stated = [part.record.criteria.get(criterion) for part in window.within("evaluation")]
    points = [micro(value) for value in stated if value is not None]
    return Fraction(sum(points), MICRO), Fraction(len(points))


def _margin(window: Window, rates: Rates) -> Pair:
    costed = stating("cost", window, rates)
    return margin(window, rates), rates.base(costed, "amount")


def _discount(window: Window, rates: Rates) -> Pair:
    listed = stating("list_price", window, rates)
    price = rates.base(listed, "list_price")
    return price - rates.base(listed, "amount"), price


def _returns(window: Window, _rates: Rates) -> Pair:
    return credit(window.within("refund")), credit(window.within("won"))


def _refunded(window: Window, rates: Rates) -> Pair:
    refunds, won = rates.rated(window.within("refund")), rates.rated(window.within("won"))
    return rates.base(refunds, "amount"), rates.base(won, "amount")


def _spent(window: Window, rates: Rates) -> Fraction:
    return rates.base(rates.rated(window.within("cost")), "amount")


def _lifetime(window: Window, rates: Rates) -> Pair:
    year = Window.ending(window.last, 364, window.parts)
    return margin(year, rates), Fraction(len(year.within("churned")))


def _number(window: Window, kind: str) -> Fraction:
    return Fraction(len(window.within(kind)))


_PAIRS: dict[str, Callable[[Window, Rates], Pair]] = {
    "cycle_days": lambda window, _: (
        Fraction(sum(part.amounts["cycle"] for part in window.within("won")), DAY_US),
        credit(window.within("won")),
    ),
    "gross_margin_ratio": _margin,
    "discount_ratio": _discount,
    "return_rate": _returns,
    "refund_ratio": _refunded,
    "lead_conversion_ratio": lambda window, _: (_number(window, "converted"), _number(window, "lead")),
    "churn_rate": lambda window, _: (_number(window, "churned"), Fraction(window.active_customers())),
    "retention_rate": lambda window, _: (
        _number(window, "renewal"),
        _number(window, "renewal") + _number(window, "churned"),
    ),
    "acquisition_cost": lambda window, rates: (_spent(window, rates), _number(window, "since")),
    "roi": lambda window, rates: (margin(window, rates) - _spent(window, rates), _spent(window, rates)),
    "lifetime_value": _lifetime,
}
"""Metrics whose numerator may stand alone."""
