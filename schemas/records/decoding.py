"""From the bytes of a delivery to a record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Never

from pydantic import ValidationError

from schemas.records.adapters import ADAPTERS, TYPES, Record
from schemas.records.deletion import DELETION, Deletion
from schemas.records.invalid import InvalidRecord, explain, show_known
from schemas.records.numbers import EXACT_DIGITS, FLOAT_DIGITS
from schemas.topics import EVENTS, REFERENCE

__all__ = ["MAX_RECORD_BYTES", "decode"]

MAX_RECORD_BYTES: Final = 500_000
"""A longer record is refused: its row and its dead letter must fit the broker's 1 MB with room to spare."""

LARGEST_EXPONENT: Final = 100
CAPITAL_N: Final = ord("N")
CAPITAL_I: Final = ord("I")

# A number of 16 digits or more has a fraction of 4 or more, for no field goes beyond 1e12: the first pattern finds
# candidates fast, the second decides. Texts that look alike only take the slower way to the same record.
LONG_FRACTION: Final = re.compile(rb"\.[0-9]{4}")
LONG_NUMBER: Final = re.compile(rb"[0-9.]{%d}" % (FLOAT_DIGITS + 2))


def _validator(topic: str) -> Callable[[bytes], Record]:
    adapter = ADAPTERS[topic]
    validate: Callable[[bytes], Record] = adapter.validator.validate_json
    if topic not in {EVENTS, REFERENCE}:  # no numbers there that need to be exact
        return validate

    def validate_exactly(value: bytes) -> Record:
        record = validate(value)
        if LONG_FRACTION.search(value) and LONG_NUMBER.search(value):
            exact: Record = adapter.validate_python(_parse(value))
            return exact
        return record

    return validate_exactly


_VALIDATE: Final = {topic: _validator(topic) for topic in ADAPTERS}


def decode(topic: str, value: bytes) -> Record | Deletion:
    """The record that the bytes hold, or the deletion if its `deleted` is true.

    Args:
        topic: Logical name of the input topic (`schemas.topics`), which says what types may come.
        value: The value of the delivery; a Kafka null is a tombstone and is not for this function.

    Raises:
        InvalidRecord: The bytes are no record of this topic; `reason` and `detail` say why. Nothing else is raised
            for any bytes at all.
        KeyError: The topic is no input topic: a bug.

    >>> decode("sales.reference.v1", b'{"type": "market", "id": "1", "date": "2026-01-31", "index": 97.1}').index
    Decimal('97.1')
    >>> decode("sales.reference.v1", b'{"type": "rep", "id": "r-1", "deleted": true}').id
    'r-1'
    >>> decode("sales.feedback.v1", b'{"type": "rep", "id": "r-1"}')
    Traceback (most recent call last):
    schemas.records.invalid.InvalidRecord: unknown_type: type: expected 'feedback', got 'rep'
    """
    if len(value) > MAX_RECORD_BYTES:
        raise InvalidRecord("too_large", f"expected at most {MAX_RECORD_BYTES} bytes, got {len(value)}")
    # One byte is found ten times faster than a word.
    if (CAPITAL_N in value and b"NaN" in value) or (CAPITAL_I in value and b"Infinity" in value):
        _refuse_constants(value)
    try:
        record = _VALIDATE[topic](value)
    except ValidationError as error:
        return _decode_refused(topic, value, error)
    if record.deleted:
        return Deletion(
            type=record.type,
            id=record.id,
            updated_at=record.updated_at,
            version=record.version,
            event_id=record.event_id,
        )
    return record


def _decode_refused(topic: str, value: bytes, error: ValidationError) -> Deletion:
    """The deletion that no valid record of its type was; anything else is invalid."""
    if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
        raise explain(error) from None  # the validation error repeats the input: keep it out of tracebacks
    fields = _parse(value)
    if not isinstance(fields, dict):
        raise InvalidRecord("not_an_object", "expected a JSON object") from None
    if fields.get("deleted") is not True:
        raise explain(error) from None
    if "type" not in fields:
        raise InvalidRecord("missing_field", "type is missing") from None
    if fields["type"] not in TYPES[topic]:
        expected = ", ".join(map(repr, TYPES[topic]))
        raise InvalidRecord("unknown_type", f"type: expected {expected}, got {show_known(fields['type'])}") from None
    try:
        return DELETION.validate_python(fields)
    except ValidationError as wrong:
        raise explain(wrong) from None


def _parse(value: bytes) -> Any:
    """What valid JSON text holds, numbers as written."""
    return json.loads(value.decode(), parse_float=_exact_float, parse_int=_exact_int)


def _exact_float(token: str) -> Decimal | float:
    """The number as written, or the float nearest to it if it has more digits than any field may have."""
    try:
        number = Decimal(token)
    except InvalidOperation:
        return float(token)
    exponent = number.as_tuple().exponent
    plain = isinstance(exponent, int) and abs(exponent) <= LARGEST_EXPONENT
    return number if plain and len(number.as_tuple().digits) <= EXACT_DIGITS else float(token)


def _exact_int(token: str) -> int | float:
    return int(token) if len(token) <= LARGEST_EXPONENT else float(token)


def _refuse_constants(value: bytes) -> None:
    """Nothing, if NaN and Infinity stand in texts only: pydantic's parser takes them for numbers."""

    def refuse(constant: str) -> Never:
        raise InvalidRecord("not_json", f"{constant} is no JSON number")

    try:
        json.loads(value, parse_constant=refuse, parse_float=float, parse_int=_exact_int)
    except InvalidRecord:
        raise
    except (ValueError, RecursionError):
        return  # what else is wrong the validator says
