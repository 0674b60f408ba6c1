"""Windows: the parts of a subject between two days, and the figures made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from scoring.oracle.credit import WHOLE
from scoring.oracle.parts import Part, Parts

LENGTHS = (7, 28, 91, 364)
"""Days of the windows of every score."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's exact value over a window, None without evidence, and the number of records behind it."""

    value: Fraction | None
    n: int

    @property
    def number(self) -> float | None:
        """The value, rounded once."""
        return None if self.value is None else self.value.numerator / self.value.denominator


NO_EVIDENCE = Figure(None, 0)


def ratio(numerator: Fraction | int, denominator: Fraction | int, n: int) -> Figure:
    """One sum over another; no evidence unless the denominator is above 0.

    >>> ratio(1, 4, 4).number, ratio(1, 0, 4)
    (0.25, Figure(value=None, n=0))
    """
    return Figure(Fraction(numerator) / denominator, n) if denominator > 0 else NO_EVIDENCE


def count(parts: list[Part]) -> Figure:
    """So many records."""
    return Figure(Fraction(len(parts)), len(parts))


def credit(parts: Iterable[Part]) -> Fraction:
    """Whole records, split ones by their share."""
    return Fraction(sum(part.share for part in parts), WHOLE)


@dataclass(frozen=True, slots=True)
class Window:
    """One subject's parts and the days, both included, that they are asked for."""

    parts: Parts
    first: date
    last: date

    @classmethod
    def ending(cls, as_of: date, days: int, parts: Parts) -> Window:
        """The window of so many days that ends with `as_of`."""
        return cls(parts, as_of - timedelta(days=days - 1), as_of)

    def within(self, kind: str) -> list[Part]:
        """The parts of a kind that lie in the window."""
        return [part for part in self.parts.get(kind, ()) if self.first <= part.day <= self.last]

    def active_customers(self) -> int:
        """Customers gained less customers churned before the window."""
        gained = [part for part in self.parts.get("since", ()) if part.day < self.first]
        churned = [part for part in self.parts.get("churned", ()) if part.day < self.first]
        return len(gained) - len(churned)
