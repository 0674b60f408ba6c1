"""Happenings: every dated thing that one record says, with its whole amounts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000

Day = Callable[[datetime], date]
Money = Callable[..., dict[str, int]]


@dataclass(frozen=True, slots=True)
class Happening:
    """One dated thing that a record says, on its local date.

    `kind` is one of `opened`, `won`, `lost`, `lead`, `converted`, `since`, `churned`, `renewal`, `refund`, `cost`,
    `activity`, `evaluation`, `feedback`. `amounts` holds whole minor units of the record's currency and, of a won deal,
    the microseconds of its `cycle`. `closed_on` is when an opened deal was won or lost, None while it is open.
    """

    kind: str
    day: date
    record: Any
    amounts: Mapping[str, int] = field(default_factory=dict)
    closed_on: date | None = None


def happenings(record: Any, zone: ZoneInfo, exponents: Mapping[str, int]) -> Iterator[Happening]:
    """Everything that a record of events, activities or feedback says; nothing for reference data.

    `exponents` gives the decimals of the minor unit by currency, 2 where not listed.
    """

    def day(instant: datetime) -> date:
        return instant.astimezone(zone).date()

    def money(*measures: str) -> dict[str, int]:
        stated = {measure: getattr(record, measure) for measure in measures}
        exponent = exponents.get(record.currency, 2)
        return {measure: minor_units(amount, exponent) for measure, amount in stated.items() if amount is not None}

    match record.type:
        case "deal":
            yield from _deal(record, day, money, exponents)
        case "lead":
            yield from _lead(record, day)
        case "customer":
            yield from _customer(record, day)
        case "refund" | "cost":
            yield Happening(record.type, day(record.occurred_at), record, money("amount"))
        case "activity" | "evaluation" | "feedback":
            yield Happening(record.type, day(record.occurred_at), record)


def _deal(record: Any, day: Day, money: Money, exponents: Mapping[str, int]) -> Iterator[Happening]:
    # A closing time that an open deal states is not a closing: it is still open.
    closed_on = None if record.status == "open" else day(record.closed_at)
    priced = money("amount") if record.currency is not None else {}
    yield Happening("opened", day(record.opened_at), record, priced, closed_on)
    if closed_on is not None and record.status == "won":
        cycle = max(0, (record.closed_at - record.opened_at) // MICROSECOND)
        stated = money("amount", "cost", "list_price")
        digits = 10 ** exponents.get(record.currency, 2)
        squares = {"cycle_squares": cycle * cycle * 1_000_000 // DAY_US**2, **_logarithms(stated["amount"], digits)}
        yield Happening("won", closed_on, record, {**stated, "cycle": cycle, **squares, **_products(stated)})
    elif closed_on is not None:
        yield Happening("lost", closed_on, record)


def _logarithms(amount: int, minor_units_each: int) -> dict[str, int]:
    """Natural logarithm of the amount in major units and its square, in millionths; nothing of an amount of 0."""
    if amount == 0:
        return {}
    ln = math.log(amount / minor_units_each)
    return {"ln": round(ln * 1_000_000), "ln_squares": round(ln * ln * 1_000_000)}


def _products(stated: Mapping[str, int]) -> dict[str, int]:
    """Of margin against amount and of discount against list price: squares and product, in minor units squared."""
    pairs = {}
    if "cost" in stated:
        pairs["margin"] = (stated["amount"] - stated["cost"], stated["amount"])
    if "list_price" in stated:
        pairs["list"] = (stated["list_price"] - stated["amount"], stated["list_price"])
    products: dict[str, int] = {}
    for name, (y, d) in pairs.items():
        products |= {f"{name}_squares": y * y, f"{name}_cross": y * d, f"{name}_base_squares": d * d}
    return products


def _lead(record: Any, day: Day) -> Iterator[Happening]:
    yield Happening("lead", day(record.created_at), record)
    if record.converted_at is not None:
        yield Happening("converted", day(record.converted_at), record)


def _customer(record: Any, day: Day) -> Iterator[Happening]:
    yield Happening("since", day(record.since), record)
    if record.churned_at is not None:
        yield Happening("churned", day(record.churned_at), record)
    for renewed_at in record.renewals or ():
        yield Happening("renewal", day(renewed_at), record)


def minor_units(amount: Decimal, exponent: int) -> int:
    """An amount in minor units, rounded half to even. Source: contract.md section 1.

    >>> minor_units(Decimal("0.125"), 2), minor_units(Decimal("0.135"), 2), minor_units(Decimal("1.5"), 0)
    (12, 14, 2)
    """
    return round(Fraction(amount) * Fraction(10) ** exponent)
