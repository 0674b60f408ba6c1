"""Rates: money of any currency in the base currency, by the date of the business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction

from scoring.oracle.parts import Part
from scoring.oracle.versions import InForce

OLDEST_DAYS = 7
"""A rate serves its own date and so many days after it."""


class Rates:
    """Base units for one unit of a currency, as exact fractions."""

    def __init__(self, records: Iterable[InForce], base_currency: str, exponents: Mapping[str, int]) -> None:
        self._base_currency = base_currency
        self._exponents = exponents
        ranked = sorted((held for held in records if held.record.type == "fx_rate"), key=lambda held: held.rank)
        self._stated = {(held.record.currency, held.record.date): Fraction(held.record.rate) for held in ranked}

    def on(self, currency: str, day: date) -> Fraction | None:
        """The newest rate on or up to 7 days before the day; 1 for the base currency; None if there is none."""
        if currency == self._base_currency:
            return Fraction(1)
        candidates = (self._stated.get((currency, day - timedelta(age))) for age in range(OLDEST_DAYS + 1))
        return next((rate for rate in candidates if rate is not None), None)

    def rated(self, parts: Iterable[Part]) -> list[Part]:
        """Those parts whose money has a rate on their day."""
        return [part for part in parts if self.on(part.currency, part.day) is not None]

    def base(self, parts: Iterable[Part], measure: str) -> Fraction:
        """The sum of a money measure in major units of the base currency; parts without a rate add nothing."""
        minor: Counter[tuple[str, date]] = Counter()
        for part in parts:
            minor[part.currency, part.day] += part.amounts[measure]
        return sum(
            (self.major(currency, amount) * (self.on(currency, day) or 0) for (currency, day), amount in minor.items()),
            Fraction(0),
        )

    def unrated(self, parts: Iterable[Part]) -> dict[str, float]:
        """Major units by currency, sorted, of the parts that have no rate on their day; a sum of 0 is not listed."""
        minor: Counter[str] = Counter()
        for part in parts:
            if self.on(part.currency, part.day) is None:
                minor[part.currency] += part.amounts["amount"]
        sums = {currency: self.major(currency, minor[currency]) for currency in sorted(minor) if minor[currency]}
        return {currency: major.numerator / major.denominator for currency, major in sums.items()}

    def major(self, currency: str, minor: int) -> Fraction:
        """Major units of an amount in minor units; two decimals where the currency is not listed."""
        return Fraction(minor, 10 ** self.exponent(currency))

    def exponent(self, currency: str) -> int:
        """Decimals of a currency's minor unit."""
        return self._exponents.get(currency, 2)
