"""Ledger stage: records in; facts, reference versions, forwarded records and dead letters out."""

from __future__ import annotations

import time
from collections.abc import Iterable
from hashlib import blake2b

from aiokafka import ConsumerRecord

from schemas.records import TYPES, InvalidRecord
from schemas.topics import REFERENCE
from scoring.facts import Facts, facts_of
from scoring.ledger import Entry, FactSums, Outcome, settle
from streams.codec import decode_entry, encode_entry
from streams.desk import Desk
from streams.intake import Delivery, check_not_ahead, is_too_old, read
from streams.outbox import Message, Outbox
from streams.tally import Tally

Record = ConsumerRecord[bytes | None, bytes | None]

_INVALID = "invalid"
_REFERENCE_TYPES = frozenset(TYPES[REFERENCE])
_CLOSED_BEFORE_OPENED = "closed_before_opened"


class LedgerStage:
    """The newest version of each record whose home is this partition.

    Rows are held as bytes: most records come once, and bytes are what a row costs least as.
    """

    def __init__(self, partition: int, desk: Desk) -> None:
        """Start empty."""
        self.rows: dict[str, bytes] = {}
        self.facts = FactSums()
        self._partition = partition
        self._desk = desk
        self._changed: dict[str, bytes] = {}
        self._now_us = 0
        self._today = 0

    def look_at_the_clock(self) -> None:
        """Read the wall clock, once for many records."""
        self._now_us = time.time_ns() // 1000
        self._today = self._desk.as_of.today()

    def take(self, record: Record, outbox: Outbox, tally: Tally) -> None:
        """Take one message of an input topic, or one that was forwarded here."""
        topic = self._desk.names.inputs.get(record.topic)
        forwarded = topic is None
        origin = dict(record.headers) if forwarded else {}
        if topic is None:
            topic = origin["source_topic"].decode()
        if record.timestamp > tally.timestamps_ms.get(topic, 0):
            tally.timestamps_ms[topic] = record.timestamp
        try:
            deliveries = read(topic, record.key, record.value, record.timestamp)
            if not forwarded:
                home = self._desk.homes.of_id(deliveries[0].id)
                if home != self._partition:
                    self._forward(record, topic, home, outbox, tally)
                    return
            outcomes = [self._apply(delivery, record.value, outbox, tally) for delivery in deliveries]
        except InvalidRecord as invalid:
            source = origin or _source(record, topic)
            headers = [*source.items(), ("reason", invalid.reason.encode()), ("detail", invalid.detail.encode())]
            outbox.put(
                self._desk.names.dead_letters, self._partition, Message(record.key, record.value, record.timestamp, headers)
            )
            tally.dead_letters[invalid.reason] += 1
            tally.records[topic, _INVALID] += 1
            return
        tally.records[topic, outcomes[0] if len(outcomes) == 1 else _best(outcomes)] += 1

    def _forward(self, record: Record, topic: str, home: int, outbox: Outbox, tally: Tally) -> None:
        headers = list(_source(record, topic).items())
        outbox.put(self._desk.names.forwarded, home, Message(record.key, record.value, record.timestamp, headers))
        tally.misplaced[topic] += 1

    def _apply(self, delivery: Delivery, value: bytes | None, outbox: Outbox, tally: Tally) -> Outcome:
        record = delivery.record
        facts: list[Facts] = [] if record is None else facts_of(record, self._desk.organisation)
        key = f"{delivery.type}:{delivery.id}"
        row = self.rows.get(key)
        check_not_ahead(delivery, facts, self._now_us, self._today)
        if row is None:
            self._check_not_too_old(delivery, facts)
            held = None
        else:
            held = decode_entry(row)
        is_reference = delivery.type in _REFERENCE_TYPES
        content = blake2b(repr(record).encode(), digest_size=16).digest() if is_reference else b""
        new = Entry(delivery.updated_at, delivery.version, facts, content)
        outcome = settle(held, new)
        if outcome is not Outcome.APPLIED:
            return outcome
        self.rows[key] = self._changed[key] = encode_entry(new)
        if held is not None:
            self.facts.add(held.facts, -1)
        self.facts.add(facts)
        if facts and tally.newest_day < facts[-1][1] <= self._today:
            tally.newest_day = facts[-1][1]
        if is_reference:
            self._publish_reference(delivery, key, value, outbox)
        elif delivery.type == "deal" and record is not None and record.closed_at and record.closed_at < record.opened_at:
            tally.oddities[_CLOSED_BEFORE_OPENED] += 1
        return outcome

    def _check_not_too_old(self, delivery: Delivery, facts: list[Facts]) -> None:
        settings = self._desk.settings
        if settings.clock == "wall" and is_too_old(delivery, facts, self._today - settings.retention_days):
            raise InvalidRecord(
                "too_old", f"every business date is more than {settings.retention_days} days before as_of and no version is held"
            )

    def _publish_reference(self, delivery: Delivery, key: str, value: bytes | None, outbox: Outbox) -> None:
        """Tell every worker the newest version of a reference record."""
        headers = [("updated_at", str(delivery.updated_at).encode()), ("version", str(delivery.version).encode())]
        newest = None if delivery.record is None else value
        outbox.put(self._desk.names.reference, 0, Message(key.encode(), newest, headers=headers))

    def take_changed(self) -> Iterable[tuple[str, bytes]]:
        """Keys and rows changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed.items()


def _source(record: Record, topic: str) -> dict[str, bytes]:
    return {
        "source_topic": topic.encode(),
        "source_partition": str(record.partition).encode(),
        "source_offset": str(record.offset).encode(),
    }


def _best(outcomes: list[Outcome]) -> Outcome:
    """What a tombstone for several types did: applied if it was anywhere, stale if it was everywhere."""
    for outcome in (Outcome.APPLIED, Outcome.UNCHANGED):
        if outcome in outcomes:
            return outcome
    return Outcome.STALE
