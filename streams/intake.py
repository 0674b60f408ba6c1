"""Intake: a Kafka message of an input topic as deliveries of records, or the reason why it is none.

The worker's ledger, `scores --as-of` and replays read messages through here, so they agree on every one of them.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from pydantic import TypeAdapter, ValidationError

from schemas.records import TYPES, Deletion, InvalidRecord, decode
from schemas.records.common import Id
from scoring.facts import Facts
from scoring.organisation import microseconds

_ID: TypeAdapter[str] = TypeAdapter(Id)
_DAY_US = 86_400 * 1_000_000
AHEAD_DAYS = 400
"""How far ahead of the wall clock a business date may be."""


class Delivery(Struct):
    """One version of one record, as it was sent. `record` is None where it is deleted.

    `facts` are its facts, where they are known already.
    """

    type: str
    id: str
    updated_at: int
    version: int
    record: Any | None
    facts: list[Facts] | None = None


def read(topic: str, key: bytes | None, value: bytes | None, timestamp_ms: int) -> list[Delivery]:
    """The deliveries in a message: one, but for a tombstone keyed by a bare id, which deletes that id in each type of the topic.

    Args:
        topic: the logical name, such as `sales.events.v1`.
        key: the message's key; it matters for tombstones alone.
        value: the record as JSON, or None for a tombstone.
        timestamp_ms: the Kafka timestamp: the version where the record states none.

    Raises:
        InvalidRecord: the message is none of these; `reason` and `detail` say why.
    """
    if value is None:
        return _tombstone(topic, key, timestamp_ms)
    record = decode(topic, value)
    updated_at = timestamp_ms * 1000 if record.updated_at is None else microseconds(record.updated_at)
    return [
        Delivery(record.type, record.id, updated_at, record.version or 0, None if type(record) is Deletion else record)
    ]


def _tombstone(topic: str, key: bytes | None, timestamp_ms: int) -> list[Delivery]:
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        text = ""
    if not text:
        raise InvalidRecord(
            "missing_field", "a message without a value deletes the record its key names; expected a key"
        )
    types = TYPES[topic]
    prefix, _, rest = text.partition(":")
    if prefix in types and rest:
        types, text = (prefix,), rest
    try:
        _ID.validate_python(text)
    except ValidationError:
        raise InvalidRecord(
            "invalid_field", "the key of a message without a value: expected an id of 1 to 200 characters"
        ) from None
    return [Delivery(record_type, text, timestamp_ms * 1000, 0, None) for record_type in types]


def newest_day(facts: list[Facts]) -> int:
    """The newest business date among facts; 0, which is before all dates, where there are none."""
    if len(facts) == 1:
        return facts[0][1]
    return max([day for _, day, _ in facts], default=0)


def check_not_ahead(delivery: Delivery, newest: int, now_us: int, today: int) -> None:
    """Refuse what lies too far in the future: updated over 24 hours, or a business date over 400 days, beyond the wall clock.

    `newest` is the `newest_day` of its facts.

    Raises:
        InvalidRecord: with reason `too_far_ahead`.
    """
    if delivery.updated_at > now_us + _DAY_US:
        raise InvalidRecord("too_far_ahead", "updated_at: expected at most 24 hours after the wall clock")
    if newest > today + AHEAD_DAYS:
        raise InvalidRecord("too_far_ahead", f"a business date: expected at most {AHEAD_DAYS} days after today")


def is_too_old(delivery: Delivery, newest: int, first_day: int) -> bool:
    """Whether a record that is not held says nothing about any day from `first_day` on; `newest` as above.

    Open deals and customers matter at any age, deletions and reference records have no business date.
    """
    if newest >= first_day or not newest or delivery.type == "customer":
        return False
    return not (delivery.type == "deal" and delivery.record is not None and delivery.record.status == "open")
