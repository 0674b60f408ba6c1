"""Ledger stage: records in; facts, reference versions, forwarded records and dead letters out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final, TypeAlias

from aiokafka import ConsumerRecord

from schemas.records import TYPES, InvalidRecord
from schemas.topics import REFERENCE
from scoring.facts import Facts, facts_of
from scoring.ledger import Entry, FactSums, Outcome, settle
from streams.codec import decode_entry, encode_entry
from streams.desk import Desk
from streams.intake import Delivery, check_not_ahead, is_too_old, read
from streams.outbox import Outbox, Outgoing
from streams.tally import Tally

Message: TypeAlias = "ConsumerRecord[bytes | None, bytes | None]"

_INVALID: Final = "invalid"
_CLOSED_BEFORE_OPENED: Final = "closed_before_opened"
_REFERENCE_TYPES: Final = frozenset(TYPES[REFERENCE])


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
        self._forgets = desk.settings.clock == "wall"

    def look_at_the_clock(self) -> None:
        """Read the wall clock, once for many records."""
        self._now_us = time.time_ns() // 1000
        self._today = self._desk.as_of.today()

    def take(self, messages: Sequence[Message], topic: str, outbox: Outbox, tally: Tally) -> None:
        """Take messages of an input topic; whatever is in them, each is counted, and nothing is raised.

        Args:
            messages: as they came, in the order of their offsets.
            topic: the logical name of their topic.
            outbox: takes what goes out.
            tally: counts what became of them.
        """
        understood = []
        for message in messages:
            try:
                understood.append((message, read(topic, message.key, message.value, message.timestamp)))
            except InvalidRecord as invalid:
                self._reject(message, topic, _source(message, topic), invalid, outbox, tally)
        outcomes: list[Outcome] = []
        homes = self._desk.homes.of_ids([deliveries[0].id for _, deliveries in understood])
        for (message, deliveries), home in zip(understood, homes, strict=True):
            if home != self._partition:
                headers = list(_source(message, topic).items())
                outgoing = Outgoing(message.key, message.value, message.timestamp, headers)
                outbox.put(self._desk.names.forwarded, home, outgoing)
                tally.misplaced[topic] += 1
                continue
            try:
                outcomes.append(self._apply_all(deliveries, message.value, outbox, tally))
            except InvalidRecord as invalid:
                self._reject(message, topic, _source(message, topic), invalid, outbox, tally)
        newest_ms = max((message.timestamp for message in messages), default=0)
        for outcome in Outcome:
            if count := outcomes.count(outcome):
                tally.count(topic, outcome, newest_ms, count)

    def take_forwarded(self, messages: Sequence[Message], outbox: Outbox, tally: Tally) -> None:
        """Take messages that foreign partitions forwarded here; their headers say where they came from."""
        for message in messages:
            source = dict(message.headers)
            topic = source["source_topic"].decode()
            try:
                deliveries = read(topic, message.key, message.value, message.timestamp)
                outcome = self._apply_all(deliveries, message.value, outbox, tally)
            except InvalidRecord as invalid:
                self._reject(message, topic, source, invalid, outbox, tally)
            else:
                tally.count(topic, outcome, message.timestamp)

    def take_changed(self) -> Iterable[tuple[str, bytes]]:
        """Keys and rows changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed.items()

    def _apply_all(self, deliveries: list[Delivery], value: bytes | None, outbox: Outbox, tally: Tally) -> Outcome:
        if len(deliveries) == 1:
            return self._apply(deliveries[0], value, outbox, tally)
        return _best([self._apply(delivery, value, outbox, tally) for delivery in deliveries])

    def _apply(self, delivery: Delivery, value: bytes | None, outbox: Outbox, tally: Tally) -> Outcome:
        record = delivery.record
        facts: list[Facts] = [] if record is None else facts_of(record, self._desk.organisation)
        key = f"{delivery.type}:{delivery.id}"
        row = self.rows.get(key)
        check_not_ahead(delivery, facts, self._now_us, self._today)
        if row is None and self._forgets:
            self._check_not_too_old(delivery, facts)
        is_reference = delivery.type in _REFERENCE_TYPES
        content = _digest(record) if is_reference else b""
        new = Entry(delivery.updated_at, delivery.version, facts, content)
        if row is not None:
            held = decode_entry(row)
            outcome = settle(held, new)
            if outcome is not Outcome.APPLIED:
                return outcome
            self.facts.add(held.facts, -1)
        self.rows[key] = self._changed[key] = encode_entry(new)
        self.facts.add(facts)
        if facts:
            if tally.newest_day < facts[-1][1] <= self._today:
                tally.newest_day = facts[-1][1]
            if delivery.type == "deal" and _is_closed_before_opened(record):
                tally.oddities[_CLOSED_BEFORE_OPENED] += 1
        elif is_reference:
            self._publish_reference(delivery, key, value, outbox)
        return Outcome.APPLIED

    def _check_not_too_old(self, delivery: Delivery, facts: list[Facts]) -> None:
        days = self._desk.settings.retention_days
        if is_too_old(delivery, facts, self._today - days):
            detail = f"every business date is more than {days} days before as_of and no version is held"
            raise InvalidRecord("too_old", detail)

    def _publish_reference(self, delivery: Delivery, key: str, value: bytes | None, outbox: Outbox) -> None:
        """Tell every worker the newest version of a reference record."""
        headers = [("updated_at", str(delivery.updated_at).encode()), ("version", str(delivery.version).encode())]
        newest = None if delivery.record is None else value
        outbox.put(self._desk.names.reference, 0, Outgoing(key.encode(), newest, headers=headers))

    def _reject(
        self,
        message: Message,
        topic: str,
        source: dict[str, bytes],
        invalid: InvalidRecord,
        outbox: Outbox,
        tally: Tally,
    ) -> None:
        headers = [*source.items(), ("reason", invalid.reason.encode()), ("detail", invalid.detail.encode())]
        # The time of the rejection, not of the record: retention would delete the letters of a backfill at once.
        letter = Outgoing(message.key, message.value, headers=headers)
        outbox.put(self._desk.names.dead_letters, self._partition, letter)
        tally.dead_letters[invalid.reason] += 1
        tally.count(topic, _INVALID, message.timestamp)


def _is_closed_before_opened(deal: Any) -> bool:
    return deal.closed_at is not None and bool(deal.closed_at < deal.opened_at)


def _digest(record: Any) -> bytes:
    """What tells one reference record from another of the same version."""
    if record is None:
        return b""
    return blake2b(repr(replace(record, event_id=None)).encode(), digest_size=16).digest()


def _source(message: Message, topic: str) -> dict[str, bytes]:
    return {
        "source_topic": topic.encode(),
        "source_partition": str(message.partition).encode(),
        "source_offset": str(message.offset).encode(),
    }


def _best(outcomes: list[Outcome]) -> Outcome:
    """What a tombstone for several types did: applied if it was anywhere, stale if it was everywhere."""
    for outcome in (Outcome.APPLIED, Outcome.UNCHANGED):
        if outcome in outcomes:
            return outcome
    return Outcome.STALE
