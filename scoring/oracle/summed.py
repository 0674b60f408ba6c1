"""Summed evidence: a scored metric over some days, from a subject's parts, to the last digit of what panes say.

`scoring.oracle.evidence` has the same observation by observation, as floats: what it means. Here sums are exact, of the whole
numbers in which things are counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction

from scoring.evidence import Evidence
from scoring.oracle.credit import WHOLE
from scoring.oracle.figures import DETRACTOR, HAPPY, MICRO, PROMOTER, margin, micro
from scoring.oracle.happenings import DAY_US
from scoring.oracle.parts import Part, Parts
from scoring.oracle.rates import Rates
from scoring.oracle.windows import Window, credit

Number = Fraction | int

OF_FIVE = {"csat_5", "stars_5"}


def summed(metric: str, parts: Parts, first: date, last: date, rates: Rates, days_present: int) -> Evidence:
    """The evidence of a metric from `first` to `last`, both included; nothing where there is nothing to divide by.

    A sum has the days present for observations. Not for `cohort_win_rate` and `pipeline_value`, which are no sums over days.
    """
    window = Window(parts, first, last)
    if metric in TOTALS:
        total = _float(TOTALS[metric](window, rates))
        return Evidence(days_present, total, days_present) if days_present > 0 else Evidence()
    if metric.startswith("evaluation_"):
        return _evaluation(metric.removeprefix("evaluation_"), window)
    return OF_METRIC[metric](window, rates)


def _float(value: Number) -> float:
    exact = Fraction(value)
    return exact.numerator / exact.denominator


def _rate(successes: Number, n: Number) -> Evidence:
    if n <= 0:
        return Evidence()
    observations = _float(n)
    of_them = min(max(_float(successes), 0.0), observations)
    return Evidence(observations, of_them, observations, of_them, of_them, observations)


def _mean(n: Number, total: Number, squares: Number) -> Evidence:
    if n <= 0:
        return Evidence()
    return Evidence(_float(n), _float(total), _float(n), _float(squares), _float(total), _float(n))


def _ratio(
    n: int, total: Number, base: Number, squares: Number = 0, cross: Number = 0, base_squares: Number = 0
) -> Evidence:
    if base <= 0:
        return Evidence()
    return Evidence(float(n), _float(total), _float(base), _float(squares), _float(cross), _float(base_squares))


def _win_rate(window: Window, _rates: Rates) -> Evidence:
    won, lost = credit(window.within("won")), credit(window.within("lost"))
    return _rate(won, won + lost)


def _returns(window: Window, _rates: Rates) -> Evidence:
    return _rate(credit(window.within("refund")), credit(window.within("won")))


def _cycle(window: Window, _rates: Rates) -> Evidence:
    won = window.within("won")
    total = Fraction(sum(part.amounts["cycle"] for part in won), DAY_US)
    return _mean(credit(won), total, Fraction(sum(part.amounts["cycle_squares"] for part in won), MICRO))


def _deal_value(window: Window, rates: Rates) -> Evidence:
    """Logarithms are whole millionths in the currency of the deal; the rate of the day is added to their sum a day."""
    n: Counter[tuple[str, date]] = Counter()
    logs: Counter[tuple[str, date]] = Counter()
    squares: Counter[tuple[str, date]] = Counter()
    for part in rates.rated(window.within("won")):
        if "ln" in part.amounts:
            place = (part.currency, part.day)
            n[place] += part.share
            logs[place] += part.amounts["ln"]
            squares[place] += part.amounts["ln_squares"]
    total = total_squares = 0
    for place, weight in n.items():
        ln_rate = math.log(_float(rates.on(*place) or 0))
        total += logs[place] + round(weight * ln_rate)
        total_squares += squares[place] + round(2 * logs[place] * ln_rate + weight * ln_rate * ln_rate)
    return _mean(Fraction(n.total(), WHOLE), Fraction(total, WHOLE), Fraction(total_squares, WHOLE))


def _money(stated: str, of: str, minus: tuple[str, str], base: str) -> Callable[[Window, Rates], Evidence]:
    def found(window: Window, rates: Rates) -> Evidence:
        parts = [part for part in rates.rated(window.within("won")) if stated in part.amounts]
        y = rates.base(parts, minus[0]) - rates.base(parts, minus[1])
        squares, cross, base_squares = (
            _squared(parts, f"{of}_{name}", rates) for name in ("squares", "cross", "base_squares")
        )
        return _ratio(len(parts), y, rates.base(parts, base), squares, cross, base_squares)

    return found


def _squared(parts: Iterable[Part], measure: str, rates: Rates) -> Fraction:
    """Minor units squared, in the base currency squared."""
    return sum(
        (
            rates.major(part.currency, 1) ** 2 * (rates.on(part.currency, part.day) or 0) ** 2 * part.amounts[measure]
            for part in parts
        ),
        Fraction(0),
    )


def _satisfied(window: Window, _rates: Rates) -> Evidence:
    answers = [part.record for part in window.within("feedback") if part.record.scale in OF_FIVE | {"thumbs"}]
    happy = [a for a in answers if (a.value == 1 if a.scale == "thumbs" else a.value >= HAPPY)]
    return _rate(len(happy), len(answers))


def _recommending(window: Window, _rates: Rates) -> Evidence:
    values = [part.record.value for part in window.within("feedback") if part.record.scale == "nps_11"]
    points = [100 * ((value >= PROMOTER) - (value <= DETRACTOR)) for value in values]
    return _mean(len(points), sum(points), sum(point * point for point in points))


def _effort(window: Window, _rates: Rates) -> Evidence:
    values = [part.record.value for part in window.within("feedback") if part.record.scale == "ces_7"]
    return _mean(len(values), sum(values), sum(value * value for value in values))


def _responses(window: Window, _rates: Rates) -> Evidence:
    stated = [part.record.first_response_seconds for part in window.within("activity")]
    seconds = [micro(value) for value in stated if value is not None]
    squares = sum(value * value // MICRO for value in seconds)
    return _mean(len(seconds), Fraction(sum(seconds), MICRO), Fraction(squares, MICRO))


def _evaluation(criterion: str, window: Window) -> Evidence:
    stated = [part.record.criteria.get(criterion) for part in window.within("evaluation")]
    points = [micro(value) for value in stated if value is not None]
    squares = sum(value * value // MICRO for value in points)
    return _mean(len(points), Fraction(sum(points), MICRO), Fraction(squares, MICRO))


def _connected(window: Window, _rates: Rates) -> Evidence:
    calls = [part.record for part in window.within("activity") if part.record.kind == "call"]
    outcomes = [call.outcome for call in calls if call.outcome is not None]
    return _rate(outcomes.count("connected"), len(outcomes))


def _converted(window: Window, _rates: Rates) -> Evidence:
    return _rate(len(window.within("converted")), len(window.within("lead")))


def _churned(window: Window, _rates: Rates) -> Evidence:
    return _rate(len(window.within("churned")), window.active_customers())


def _retained(window: Window, _rates: Rates) -> Evidence:
    renewed, churned = len(window.within("renewal")), len(window.within("churned"))
    return _rate(renewed, renewed + churned)


def _refunded(window: Window, rates: Rates) -> Evidence:
    won = rates.rated(window.within("won"))
    return _ratio(len(won), rates.base(rates.rated(window.within("refund")), "amount"), rates.base(won, "amount"))


def _acquired(window: Window, rates: Rates) -> Evidence:
    gained = len(window.within("since"))
    return _ratio(gained, rates.base(rates.rated(window.within("cost")), "amount"), gained)


def _returned(window: Window, rates: Rates) -> Evidence:
    spent = rates.rated(window.within("cost"))
    money = rates.base(spent, "amount")
    return _ratio(len(spent), margin(window, rates) - money, money)


def _lifetime(window: Window, rates: Rates) -> Evidence:
    year = Window.ending(window.last, 364, window.parts)
    active, churned = year.active_customers(), len(year.within("churned"))
    return _ratio(active, margin(year, rates), churned)


def _revenue(window: Window, rates: Rates) -> Fraction:
    won, refunded = rates.rated(window.within("won")), rates.rated(window.within("refund"))
    return rates.base(won, "amount") - rates.base(refunded, "amount")


def _number_of(thing: str, **fields: str) -> Callable[[Window, Rates], int]:
    def found(window: Window, _rates: Rates) -> int:
        records = [part.record for part in window.within(thing)]
        return sum(all(getattr(record, name) == value for name, value in fields.items()) for record in records)

    return found


TOTALS: dict[str, Callable[[Window, Rates], Number]] = {
    "net_revenue": _revenue,
    "deals_won": lambda window, _rates: credit(window.within("won")),
    "deals_lost": lambda window, _rates: credit(window.within("lost")),
    "leads_created": _number_of("lead"),
    "calls": _number_of("activity", kind="call"),
    "meetings": _number_of("activity", kind="meeting"),
    "emails": _number_of("activity", kind="email"),
    "feedback_count": _number_of("feedback"),
}
"""The metrics that add up over time."""

OF_METRIC: dict[str, Callable[[Window, Rates], Evidence]] = {
    "win_rate": _win_rate,
    "return_rate": _returns,
    "cycle_days": _cycle,
    "average_deal_size": _deal_value,
    "gross_margin_ratio": _money("cost", "margin", ("amount", "cost"), "amount"),
    "discount_ratio": _money("list_price", "list", ("list_price", "amount"), "list_price"),
    "csat": _satisfied,
    "nps": _recommending,
    "ces": _effort,
    "first_response_seconds": _responses,
    "connect_ratio": _connected,
    "lead_conversion_ratio": _converted,
    "churn_rate": _churned,
    "retention_rate": _retained,
    "refund_ratio": _refunded,
    "acquisition_cost": _acquired,
    "roi": _returned,
    "lifetime_value": _lifetime,
}
"""Every metric that is no sum, no evaluation and not made of cohorts."""
