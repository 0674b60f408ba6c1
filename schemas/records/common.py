"""Types that all records share: ids, texts, points in time, dates, and the fields of every record.

All of them are checked inside pydantic-core: a Python function here would double the time an activity takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import Field, GetPydanticSchema, WithJsonSchema
from pydantic_core import CoreSchema
from pydantic_core import core_schema as cs

from schemas.currencies import EXPONENTS

__all__ = [
    "Comment",
    "Currency",
    "Day",
    "Flag",
    "Id",
    "Instant",
    "Label",
    "Name",
    "VersionNumber",
    "Versioned",
    "expecting",
    "line",
]

EARLIEST: Final = date(1970, 1, 1)
END: Final = date(2200, 1, 1)
LONGEST_INSTANT: Final = 64
NO_CONTROL_CHARACTERS: Final = r"^\P{Cc}*$"
RFC_3339: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
USUAL_INSTANT: Final = (
    r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])$"
)
YEAR_MONTH_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def expecting(kind: str, expected: str, schema: CoreSchema) -> CoreSchema:
    """The same checks with one message for people, `expected`, under the error type `kind`."""
    return cs.custom_error_schema(schema, custom_error_type=kind, custom_error_message=expected)


def _as(schema: CoreSchema) -> GetPydanticSchema:
    return GetPydanticSchema(lambda _source, _handler: schema)


def line(shortest: int, longest: int, what: str) -> GetPydanticSchema:
    """`what` (with its article) as one line: a text without control characters."""
    schema = cs.str_schema(strict=True, min_length=shortest, max_length=longest, pattern=NO_CONTROL_CHARACTERS)
    message = f"expected {what} of {shortest} to {longest} characters, none a control character"
    return _as(expecting("text", message, schema))


def _text(longest: int) -> GetPydanticSchema:
    schema = cs.str_schema(strict=True, max_length=longest)
    return _as(expecting("text", f"expected a text of at most {longest:,} characters", schema))


_ANY_INSTANT: Final = cs.chain_schema(
    [
        # Without the pattern pydantic would take unix times, bare dates and a space for the T.
        cs.str_schema(strict=True, max_length=LONGEST_INSTANT, pattern=RFC_3339),
        cs.datetime_schema(
            tz_constraint="aware",
            microseconds_precision="truncate",
            ge=datetime(EARLIEST.year, 1, 1, tzinfo=UTC),
            lt=datetime(END.year, 1, 1, tzinfo=UTC),
        ),
    ]
)
# The same moment, faster to make and to count with. What the pattern leaves out, the ends of time too, goes the way above.
_USUAL_INSTANT: Final = cs.no_info_after_validator_function(
    datetime.fromisoformat, cs.str_schema(strict=True, max_length=LONGEST_INSTANT, pattern=USUAL_INSTANT)
)
_INSTANT: Final = expecting(
    "instant",
    "expected an RFC 3339 date and time with offset, like 2026-01-31T09:30:00Z, from 1970 to 2199",
    cs.union_schema([_USUAL_INSTANT, _ANY_INSTANT], mode="left_to_right"),
)
_DAY: Final = expecting(
    "day",
    "expected a date like 2026-01-31, from 1970 to 2199",
    cs.chain_schema([cs.str_schema(strict=True, pattern=YEAR_MONTH_DAY), cs.date_schema(ge=EARLIEST, lt=END)]),
)
_CURRENCY: Final = expecting("currency", "expected an ISO 4217 code like EUR", cs.literal_schema(sorted(EXPONENTS)))
_FLAG: Final = expecting(
    "flag",
    "expected true or false",
    cs.union_schema(
        [cs.bool_schema(strict=True), cs.no_info_after_validator_function(lambda _null: False, cs.none_schema())],
        mode="left_to_right",
    ),
)


def _json(kind: str, **keywords: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **keywords})


Id = Annotated[str, line(1, 200, "an id"), _json("string", minLength=1, maxLength=200)]
"""An id: 1..200 characters, no control characters, kept as it is."""

Label = Annotated[str, line(0, 200, "a text"), _json("string", maxLength=200)]
"""A short text that figures are grouped by (product, source, stage): up to 200 characters, no control characters."""

Name = Annotated[str, _text(500), _json("string", maxLength=500)]
"""What somebody or something is called: up to 500 characters. Personal data: never in a label, a log or a detail."""

Comment = Annotated[str, _text(10_000), _json("string", maxLength=10_000)]
"""Free text: up to 10,000 characters. Personal data, like `Name`."""

Instant = Annotated[datetime, _as(_INSTANT), _json("string", format="date-time", pattern=RFC_3339)]
"""A point in time: RFC 3339 text with offset -> aware datetime, microseconds, 1970 <= t < 2200 in UTC.

Finer fractions are cut. Unix times, bare dates, times without offset and leap seconds (`:60`) are refused.
"""

Day = Annotated[date, _as(_DAY), _json("string", format="date", pattern=YEAR_MONTH_DAY)]
"""A date: `YYYY-MM-DD` text -> date, 1970 <= d < 2200."""

Currency = Annotated[str, _as(_CURRENCY), _json("string", enum=sorted(EXPONENTS))]
"""An ISO 4217 code in capitals; `EXPONENTS` has the decimals of its minor unit."""

Flag = Annotated[bool, _as(_FLAG), WithJsonSchema({"type": ["boolean", "null"]})]
"""A JSON true or false; null is false, as absent is."""

VersionNumber = Annotated[int, Field(strict=True, ge=-(2**63) + 1, le=2**63 - 1)]
"""A sequence number: a JSON integer within 64 bits."""


@dataclass(slots=True, kw_only=True)
class Versioned:
    """Fields of every record. Source: contract.md section 1.

    Attributes:
        id: The record's id, unique within its type.
        updated_at: When this version was made; the newest wins. None: the Kafka timestamp.
        version: Orders versions of equal `updated_at`. None counts as 0.
        deleted: Always False in a decoded record: `decode` turns a deleted one into a `Deletion`.
        event_id: Id of this delivery, for tracing only.
    """

    id: Id
    updated_at: Instant | None = None
    version: VersionNumber | None = None
    deleted: Flag = False
    event_id: Label | None = None
