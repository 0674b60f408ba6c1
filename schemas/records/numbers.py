"""Numbers of records as exact decimals: money, rates, shares, seconds.

A JSON number with up to 15 significant digits survives a double and comes out as written. `decode` reads a record that
holds a longer one again with exact numbers. So each type has two sides: JSON text, where a double stands for
the number, and Python, where a Decimal does. A number without a point but with an exponent is as exact as a double.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import GetPydanticSchema, WithJsonSchema
from pydantic_core import CoreSchema
from pydantic_core import core_schema as cs

from schemas.records.common import expecting

__all__ = ["Index", "Money", "Percentage", "Quantity", "Rate", "Seconds", "Share"]

FLOAT_DIGITS: Final = 15  # decimal digits that any double keeps
EXACT_DIGITS: Final = 28  # what Python's decimal context, and so pydantic's own count of digits, keeps
DECIMAL_TEXT: Final = r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$"

FLOAT: Final = cs.float_schema(strict=True, allow_inf_nan=False)
TEXT: Final = cs.str_schema(strict=True, max_length=EXACT_DIGITS + 2, pattern=DECIMAL_TEXT)


def _written(expected: str, low: int, high: int, *, above_low: bool = False) -> GetPydanticSchema:
    """A number or a decimal string from `low` to `high` (`above_low`: low itself is out) as it was written."""
    lowest, above = (None, Decimal(low)) if above_low else (Decimal(low), None)

    def decimal(digits: int | None, *, strict: bool = False) -> CoreSchema:
        return cs.decimal_schema(ge=lowest, gt=above, le=Decimal(high), max_digits=digits, strict=strict)

    whole = _whole(low + above_low, high)
    # Counting digits takes as long as all the rest; but a rate must not be so small that it scales to 0.
    short = cs.chain_schema([FLOAT, decimal(EXACT_DIGITS if above_low else None)])
    text = cs.chain_schema([TEXT, decimal(EXACT_DIGITS)])
    return _sides(expected, [whole, short, text], [whole, decimal(EXACT_DIGITS, strict=True), text])


def _measured(expected: str, low: int, high: int) -> GetPydanticSchema:
    """A number from `low` to `high` of which 15 digits are as written: nobody measures more."""
    whole = _whole(low, high)
    rounded = cs.chain_schema([cs.float_schema(strict=True, allow_inf_nan=False, ge=low, le=high), cs.decimal_schema()])
    exact = cs.decimal_schema(ge=Decimal(low), le=Decimal(high), strict=True)
    return _sides(expected, [whole, rounded], [whole, exact, rounded])


def _whole(low: int, high: int) -> CoreSchema:
    """Most numbers are whole: no float between, and no bounds to be compared as Decimals."""
    return cs.chain_schema([cs.int_schema(strict=True, ge=low, le=high), cs.decimal_schema()])


def _sides(expected: str, json: list[CoreSchema], python: list[CoreSchema]) -> GetPydanticSchema:
    sides = cs.json_or_python_schema(
        json_schema=cs.union_schema(list(json), mode="left_to_right"),
        python_schema=cs.union_schema(list(python), mode="left_to_right"),
    )
    schema = expecting("number", f"expected {expected}", sides)
    return GetPydanticSchema(lambda _source, _handler: schema)


def _json(low: int, high: int, *, text: bool = True, above_low: bool = False) -> WithJsonSchema:
    number = {"type": "number", "exclusiveMinimum" if above_low else "minimum": low, "maximum": high}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": DECIMAL_TEXT}]} if text else number)


Money = Annotated[
    Decimal,
    _written("a number or decimal string from 0 to 1e12, of at most 28 digits", 0, 10**12),
    _json(0, 10**12),
]
"""An amount in major units of its currency, 0..1e12, of at most 28 digits, exactly as written."""

Rate = Annotated[
    Decimal,
    _written("a number or decimal string above 0 and up to 1e9, of at most 28 digits", 0, 10**9, above_low=True),
    _json(0, 10**9, above_low=True),
]
"""Base units for one of a currency: above 0, up to 1e9, of at most 28 digits, exactly as written."""

Share = Annotated[Decimal, _written("a number or decimal string from 0 to 1", 0, 1), _json(0, 1)]
"""A share of a whole, 0..1."""

Quantity = Annotated[
    Decimal, _written("a number or decimal string from -1e12 to 1e12", -(10**12), 10**12), _json(-(10**12), 10**12)
]
"""What a target asks for, in the unit of its metric: -1e12..1e12."""

Index = Annotated[
    Decimal,
    _written("a number above 0 and up to 1e6", 0, 10**6, above_low=True),
    _json(0, 10**6, above_low=True),
]
"""An index, 100 = normal: above 0, up to 1e6."""

Percentage = Annotated[Decimal, _measured("a number from 0 to 100", 0, 100), _json(0, 100, text=False)]
"""A mark, 0..100."""

Seconds = Annotated[Decimal, _measured("a number of seconds from 0 to 1e9", 0, 10**9), _json(0, 10**9, text=False)]
"""A length of time in seconds, 0..1e9."""
