"""Money and shares in whole numbers: minor units, largest remainders, exchange rates bound when a score is read."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

WHOLE = 1_000_000
"""A whole deal, in millionths: the unit in which split deals are counted."""

BASE_SCALE = 10**32
"""What one unit of the base currency is, once minor units are multiplied by a scaled rate."""

RATE_LIFE_DAYS = 7
"""How many days older than the business date an exchange rate may be."""

_RATE_SCALE = 10**28
"""Rates are exact to as many decimals as a rate record may state."""

_LARGEST_EXPONENT = 4
_EXACT = 10**15
"""Decimals of 15 digits are floats each of its own."""


def decimal(number: float | Decimal) -> int | Decimal:
    """The number that is meant: of a float the shortest decimal that is read as it.

    >>> decimal(76.1), decimal(76)
    (Decimal('76.1'), 76)
    """
    return Decimal(repr(number)) if isinstance(number, float) else number


def to_minor(amount: float | Decimal, exponent: int) -> int:
    """An amount in the minor unit of its currency; more decimals are rounded half-even. A float means what `decimal` says.

    >>> to_minor(Decimal("12.345"), 2), to_minor(12.355, 2), to_minor(7, 0), to_minor(4035.41, 2)
    (1234, 1236, 7, 403541)
    """
    if isinstance(amount, Decimal):
        return int(amount.scaleb(exponent).to_integral_value(ROUND_HALF_EVEN))
    scale = int(10**exponent)
    minor = round(amount * scale)
    # No two decimals of so few digits are read as the same float: where this one is, it is the shortest.
    if minor / scale == amount and abs(minor) < _EXACT:
        return minor
    return to_minor(Decimal(repr(amount)), exponent)


def allot(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole parts in proportion to `weights`, by largest remainder; ties go to the earlier part.

    The parts sum to `total` exactly; those of `-total` are the same with the other sign. Weights are not negative and not all 0.

    >>> allot(100, [1, 1, 1]), allot(-100, [1, 1, 1])
    ([34, 33, 33], [-34, -33, -33])
    """
    if total < 0:
        return [-part for part in allot(-total, weights)]
    whole = sum(weights)
    quotas = [divmod(total * weight, whole) for weight in weights]
    parts = [part for part, _ in quotas]
    if left := total - sum(parts):
        for i in sorted(range(len(parts)), key=lambda i: -quotas[i][1])[:left]:
            parts[i] += 1
    return parts


def credit(shares: Iterable[tuple[str, Decimal]]) -> dict[str, int]:
    """Each rep's credit in millionths of a deal; sums to `WHOLE`. Who gets nothing is left out.

    A rep listed twice is added up at its first place. Source: contract.md section 1, splits.

    >>> credit([("a", Decimal("0.3333")), ("b", Decimal("0.3333")), ("c", Decimal("0.3333"))])
    {'a': 333334, 'b': 333333, 'c': 333333}
    """
    listed = [(rep, *share.as_integer_ratio()) for rep, share in shares]
    unit = math.lcm(*(denominator for _, _, denominator in listed))
    by_rep: dict[str, int] = {}
    for rep, numerator, denominator in listed:
        by_rep[rep] = by_rep.get(rep, 0) + numerator * (unit // denominator)
    parts = allot(WHOLE, list(by_rep.values()))
    return {rep: part for rep, part in zip(by_rep, parts, strict=True) if part}


class Rates:
    """Exchange rates by currency and day, as factors that turn minor units into `BASE_SCALE`-ths of the base currency."""

    def __init__(
        self, base_currency: str, exponents: Mapping[str, int], rates: Iterable[tuple[str, int, Decimal]]
    ) -> None:
        """Take `(currency, day, base units for one)`; each currency and day at most once."""
        self.base_currency = base_currency
        self._exponents = exponents
        self._days: dict[str, list[int]] = {}
        self._factors: dict[str, list[int]] = {}
        for currency, day, rate in sorted(rates, key=lambda entry: entry[:2]):
            self._days.setdefault(currency, []).append(day)
            factor = int(Fraction(rate) * _RATE_SCALE) * self._minor_scale(currency)
            self._factors.setdefault(currency, []).append(factor)
        self.base_factor = _RATE_SCALE * self._minor_scale(base_currency)

    def factor(self, currency: str, day: int) -> int | None:
        """What a minor unit of `currency` on `day` is worth in `BASE_SCALE`-ths; None without a rate.

        The newest rate on or before the day counts, at most `RATE_LIFE_DAYS` older. Source: contract.md section 1.

        >>> rates = Rates("USD", {"USD": 2, "EUR": 2}, [("EUR", 100, Decimal("1.25"))])
        >>> rates.factor("EUR", 107) * 200 == 2 * BASE_SCALE * 5 // 4, rates.factor("EUR", 108), rates.factor("EUR", 99)
        (True, None, None)
        """
        if currency == self.base_currency:
            return self.base_factor
        days = self._days.get(currency)
        if days is None:
            return None
        i = bisect_right(days, day) - 1
        if i < 0 or day - days[i] > RATE_LIFE_DAYS:
            return None
        return self._factors[currency][i]

    def logarithm(self, currency: str, factor: int) -> float:
        """The natural logarithm of what a major unit is worth in the base currency, for a `factor` of its currency.

        >>> rates = Rates("USD", {"USD": 2, "JPY": 0}, [("JPY", 100, Decimal("0.01"))])
        >>> rates.logarithm("JPY", rates.factor("JPY", 100)) == math.log(0.01), rates.logarithm("USD", rates.base_factor)
        (True, 0.0)
        """
        return math.log(factor * 10 ** self._exponents[currency] / BASE_SCALE)

    def _minor_scale(self, currency: str) -> int:
        return int(10 ** (_LARGEST_EXPONENT - self._exponents[currency]))
