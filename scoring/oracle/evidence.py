"""Evidence: the observations behind a metric, one by one, and the sums over them that estimates are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from scoring.oracle.credit import WHOLE
from scoring.oracle.figures import DETRACTOR, HAPPY, PROMOTER
from scoring.oracle.happenings import DAY_US
from scoring.oracle.parts import Part, Parts
from scoring.oracle.rates import Rates
from scoring.oracle.windows import Window


class Observation(NamedTuple):
    """One thing that was measured: `y` against `d`, with the part of it that is the subject's."""

    share: float
    y: float
    d: float = 1.0


class Observed(NamedTuple):
    """Σ share, Σ share·y, Σ share·d, Σ share·y², Σ share·y·d, Σ share·d²."""

    n: float
    total: float
    base: float
    squares: float
    cross: float
    base_squares: float


def observed(metric: str, parts: Parts, first: date, last: date, rates: Rates) -> Observed:
    """The sums over a metric's observations from `first` to `last`, both included; zeros without any.

    >>> observed("csat", {}, date(2026, 1, 1), date(2026, 1, 7), Rates([], "USD", {}))
    Observed(n=0.0, total=0.0, base=0.0, squares=0.0, cross=0.0, base_squares=0.0)
    """
    found = list(OBSERVATIONS[metric](Window(parts, first, last), rates))
    columns = [
        (o.share, o.share * o.y, o.share * o.d, o.share * o.y**2, o.share * o.y * o.d, o.share * o.d**2) for o in found
    ]
    return Observed(*(math.fsum(column[i] for column in columns) for i in range(6)))


def _share(part: Part) -> float:
    return part.share / WHOLE


def _won_or_lost(window: Window, _rates: Rates) -> Iterator[Observation]:
    yield from (Observation(_share(part), 1.0) for part in window.within("won"))
    yield from (Observation(_share(part), 0.0) for part in window.within("lost"))


def _cycles(window: Window, _rates: Rates) -> Iterator[Observation]:
    for part in window.within("won"):
        seconds = max(0.0, (part.record.closed_at - part.record.opened_at).total_seconds())
        yield Observation(_share(part), seconds * 1_000_000 / DAY_US)


def _deal_values(window: Window, rates: Rates) -> Iterator[Observation]:
    for part in rates.rated(window.within("won")):
        amount = float(_major(part, part.record.amount, rates))
        if amount > 0:
            yield Observation(_share(part), math.log(amount))


def _margins(window: Window, rates: Rates) -> Iterator[Observation]:
    for part in rates.rated(window.within("won")):
        if part.record.cost is not None:
            amount, cost = (float(_major(part, value, rates)) for value in (part.record.amount, part.record.cost))
            yield Observation(_share(part), amount - cost, amount)


def _discounts(window: Window, rates: Rates) -> Iterator[Observation]:
    for part in rates.rated(window.within("won")):
        if part.record.list_price is not None:
            amount, price = (
                float(_major(part, value, rates)) for value in (part.record.amount, part.record.list_price)
            )
            yield Observation(_share(part), price - amount, price)


def _major(part: Part, value: object, rates: Rates) -> Fraction:
    """Money of a whole record in the base currency, rounded to the minor unit as ever."""
    exponent = rates.exponent(part.currency)
    minor = round(Fraction(str(value)) * 10**exponent)
    return Fraction(minor, 10**exponent) * (rates.on(part.currency, part.day) or 0)


def _answers(
    scales: tuple[str, ...], y: Callable[[str, int], float]
) -> Callable[[Window, Rates], Iterator[Observation]]:
    def found(window: Window, _rates: Rates) -> Iterator[Observation]:
        records = (part.record for part in window.within("feedback"))
        return (Observation(1.0, y(record.scale, record.value)) for record in records if record.scale in scales)

    return found


def _recommending(_scale: str, value: int) -> float:
    return 100.0 * ((value >= PROMOTER) - (value <= DETRACTOR))


def _happy(scale: str, value: int) -> float:
    return float(value == 1 if scale == "thumbs" else value >= HAPPY)


def _responses(window: Window, _rates: Rates) -> Iterator[Observation]:
    for part in window.within("activity"):
        if part.record.first_response_seconds is not None:
            yield Observation(1.0, float(part.record.first_response_seconds))


def _connected(window: Window, _rates: Rates) -> Iterator[Observation]:
    for part in window.within("activity"):
        if part.record.kind == "call" and part.record.outcome is not None:
            yield Observation(1.0, float(part.record.outcome == "connected"))


OBSERVATIONS: dict[str, Callable[[Window, Rates], Iterator[Observation]]] = {
    "win_rate": _won_or_lost,
    "cycle_days": _cycles,
    "average_deal_size": _deal_values,
    "gross_margin_ratio": _margins,
    "discount_ratio": _discounts,
    "csat": _answers(("csat_5", "stars_5", "thumbs"), _happy),
    "nps": _answers(("nps_11",), _recommending),
    "ces": _answers(("ces_7",), lambda _scale, value: float(value)),
    "first_response_seconds": _responses,
    "connect_ratio": _connected,
}
"""The metrics whose observations are known one by one, and how they are found; deal values are logarithms."""
