"""Ledger stage: records in; facts, reference versions, forwarded records and dead letters out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import compress
from operator import attrgetter
from typing import Any, Final

from schemas.records import TYPES, InvalidRecord
from schemas.topics import ACTIVITIES, REFERENCE
from scoring.facts import facts_of
from scoring.ledger import Entry, FactSums, Outcome, of_all, settle
from scoring.retention import may_go
from streams.activity_columns import MANY, Activities, ActivityColumns
from streams.codec import decode_entry, encode_entries, encode_entry
from streams.desk import Desk
from streams.fetched_batches import Record
from streams.generations import VoiceRow
from streams.intake import Delivery, check_not_ahead, is_too_old, newest_day, read
from streams.ledger_keys import ledger_key, type_in
from streams.outbox import Outbox, Outgoing
from streams.quick_reading import QuickReader
from streams.tally import Tally

_UNTOLD: Final = "untold"
"""Header of a forwarded record: the lane where it landed was silent, so another generation tells what becomes of it."""
_INVALID: Final = "invalid"
_APPLIED: Final = Outcome.APPLIED
_CLOSED_BEFORE_OPENED: Final = "closed_before_opened"
_TIMESTAMP: Final = attrgetter("timestamp")
_REFERENCE_TYPES: Final = frozenset(TYPES[REFERENCE])


class LedgerStage:
    """The newest version of each record whose home is this partition.

    Rows are held as bytes: most records come once, and bytes are what a row costs least as.
    """

    def __init__(self, partition: int, desk: Desk) -> None:
        """Start empty."""
        self.rows: dict[bytes, bytes] = {}
        """By `ledger_key`."""
        self.facts = FactSums()
        self.voice = VoiceRow(0, speaks=True)
        """Whether refusals are this lane's to tell."""
        self._partition = partition
        self._desk = desk
        self._columns = ActivityColumns(desk.organisation)
        self._quick = QuickReader(desk.organisation)
        self._changed: dict[bytes, bytes | None] = {}
        self._now_us = 0
        self._today = 0
        self._first_day = 0

    def look_at_the_clock(self, now_us: int) -> None:
        """Take the time, in microseconds since 1970, and today's date: once for many records."""
        self._now_us = now_us
        self._today = self._desk.as_of.today()
        settings = self._desk.settings
        self._first_day = self._today - settings.retention_days if settings.clock == "wall" else 0

    def take(self, messages: Sequence[Record], topic: str, outbox: Outbox, tally: Tally) -> None:
        """Take messages of an input topic; whatever is in them, each is counted, and nothing is raised.

        Args:
            messages: as they came, in the order of their offsets.
            topic: the logical name of their topic.
            outbox: takes what goes out.
            tally: counts what became of them.
        """
        newest_ms = max(map(_TIMESTAMP, messages), default=0)
        found, others = self._by_columns(messages, topic)
        understood = list(self._understood(others, topic, outbox, tally))
        if found is not None:
            understood += self._take_fresh(found, understood, messages, newest_ms, tally)
            understood.sort(key=lambda each: each[0].offset)
        outcomes: list[Outcome] = []
        late_ms = 0
        here, apply = self._partition, self._apply
        homes = self._desk.homes.of_ids([deliveries[0].id for _, deliveries in understood])
        for (message, deliveries), home in zip(understood, homes, strict=True):
            if home != here:
                self._forward(message, topic, home, outbox, tally)
                continue
            try:
                if len(deliveries) == 1:
                    outcome = apply(deliveries[0], message.value, outbox, tally)
                else:
                    outcome = self._apply_all(deliveries, message.value, outbox, tally)
            except InvalidRecord as invalid:
                self._reject(message, topic, self._source(message, topic), invalid, outbox, tally)
                continue
            outcomes.append(outcome)
            if outcome is _APPLIED:
                late_ms += message.timestamp - deliveries[0].updated_at // 1000
        tally.late_ms[topic] += late_ms
        if messages:
            tally.compare_clocks(newest_ms, self._now_us // 1000)
        for outcome in Outcome:
            if count := outcomes.count(outcome):
                tally.count(topic, outcome, newest_ms, count)

    def _by_columns(self, messages: Sequence[Record], topic: str) -> tuple[Activities | None, Sequence[Record]]:
        """The activities among many messages, and all other messages."""
        if topic != ACTIVITIES or len(messages) < MANY:
            return None, messages
        found, others = self._columns.read(messages, self._now_us, range(self._first_day, self._today + 1))
        return found, [messages[place] for place in others]

    def _take_fresh(
        self,
        found: Activities,
        understood: Iterable[tuple[Record, list[Delivery]]],
        messages: Sequence[Record],
        newest_ms: int,
        tally: Tally,
    ) -> list[tuple[Record, list[Delivery]]]:
        """Take those activities that are here for the first time, whatever their order; the others, as they came.

        Args:
            found: activities out of the messages.
            understood: what the other messages deliver: an id that is named there is left, too.
            messages: as they came.
            newest_ms: the newest timestamp of all of them.
            tally: counts.
        """
        prefix = ledger_key("activity", "")
        keys = [prefix + record_id.encode() for record_id in found.ids]
        seen = set(keys)
        known = {ledger_key(delivery.type, delivery.id) for _, deliveries in understood for delivery in deliveries}
        known |= self.rows.keys() & seen
        if len(seen) < len(keys):
            known |= {key for key, count in Counter(keys).items() if count > 1}
        here, homes = self._partition, self._desk.homes.of_ids(found.ids)
        fresh = [key not in known and home == here for key, home in zip(keys, homes, strict=True)]
        left: list[tuple[Record, list[Delivery]]] = []
        if not all(fresh):
            again = [number for number, is_fresh in enumerate(fresh) if not is_fresh]
            left = [(messages[found.places[number]], [found.delivery(number)]) for number in again]
            found, keys = found.chosen(fresh), list(compress(keys, fresh))
        facts = list(zip(found.subjects, found.days, found.amounts, strict=True))
        changed = dict(zip(keys, encode_entries(found.updated_at, found.versions, facts), strict=True))
        self.rows |= changed
        self._changed |= changed
        self.facts.add(facts)
        tally.count(ACTIVITIES, _APPLIED, newest_ms, len(keys))
        tally.late_ms[ACTIVITIES] += sum(found.late_ms)
        tally.newest_day = max(tally.newest_day, *found.days, 0)
        return left

    def _understood(
        self, messages: Sequence[Record], topic: str, outbox: Outbox, tally: Tally
    ) -> Iterator[tuple[Record, list[Delivery]]]:
        """The messages that are records, with what they deliver; the others are rejected."""
        quick: list[Delivery | None] = [None] * len(messages)
        if topic != REFERENCE and len(messages) >= MANY:
            quick = self._quick.read(topic, messages)
        for message, delivery in zip(messages, quick, strict=True):
            if delivery is not None:
                yield message, [delivery]
                continue
            try:
                yield message, read(topic, message.key, message.value, message.timestamp)
            except InvalidRecord as invalid:
                self._reject(message, topic, self._source(message, topic), invalid, outbox, tally)

    def take_forwarded(self, messages: Sequence[Record], outbox: Outbox, tally: Tally) -> None:
        """Take messages that foreign partitions forwarded here; their headers say where they came from."""
        for message in messages:
            source = dict(message.headers)
            told = source.pop(_UNTOLD, None) is None
            topic = source["source_topic"].decode()
            try:
                deliveries = read(topic, message.key, message.value, message.timestamp)
                outcome = self._apply_all(deliveries, message.value, outbox, tally)
            except InvalidRecord as invalid:
                self._reject(message, topic, source, invalid, outbox, tally, told=told)
            else:
                tally.count(topic, outcome, message.timestamp)
                if outcome is _APPLIED:
                    tally.late_ms[topic] += message.timestamp - deliveries[0].updated_at // 1000

    def retire(self, first_day: int, first_us: int) -> Iterator[int]:
        """Let go the rows of records that are out of retention, one by one; yields 1 for each that goes, else 0.

        Their facts are not taken back: panes let go the same days by themselves. Arguments: `scoring.retention.may_go`.
        """
        for key in list(self.rows):
            row = self.rows.get(key)
            goes = row is not None and may_go(type_in(key), decode_entry(row), first_day, first_us)
            if goes:
                del self.rows[key]
                self._changed[key] = None
            yield goes

    def take_changed(self) -> Iterable[tuple[bytes, bytes | None]]:
        """Keys and rows changed since the last call; None for a row that is gone."""
        changed, self._changed = self._changed, {}
        return changed.items()

    def _forward(self, message: Record, topic: str, home: int, outbox: Outbox, tally: Tally) -> None:
        """Send a message that landed here by chance to the home of its id."""
        headers = list(self._source(message, topic).items())
        if not self.voice.tells_of(topic, message.offset):
            headers.append((_UNTOLD, b"1"))
        outbox.put(self._desk.names.forwarded, home, Outgoing(message.key, message.value, message.timestamp, headers))
        tally.misplaced[topic] += 1

    def _apply_all(self, deliveries: list[Delivery], value: bytes | None, outbox: Outbox, tally: Tally) -> Outcome:
        return of_all([self._apply(delivery, value, outbox, tally) for delivery in deliveries])

    def _apply(self, delivery: Delivery, value: bytes | None, outbox: Outbox, tally: Tally) -> Outcome:
        record = delivery.record
        facts = delivery.facts
        if facts is None:
            facts = [] if record is None else facts_of(record, self._desk.organisation)
        newest = newest_day(facts)
        if delivery.updated_at > self._now_us or newest > self._today:
            check_not_ahead(delivery, newest, self._now_us, self._today)
        key = ledger_key(delivery.type, delivery.id)
        row = self.rows.get(key)
        if row is None and newest < self._first_day and is_too_old(delivery, newest, self._first_day):
            days = self._desk.settings.retention_days
            detail = f"every business date is more than {days} days before as_of and no version is held"
            raise InvalidRecord("too_old", detail)
        is_reference = delivery.type in _REFERENCE_TYPES
        content = _digest(record) if is_reference else b""
        if row is not None:
            held = decode_entry(row)
            outcome = settle(held, Entry(delivery.updated_at, delivery.version, facts, content))
            if outcome is not Outcome.APPLIED:
                return outcome
            self.facts.add(held.facts, -1)
        self.rows[key] = self._changed[key] = encode_entry(delivery.updated_at, delivery.version, facts, content)
        self.facts.add(facts)
        if is_reference:
            self._publish_reference(delivery, value, outbox)
        elif tally.newest_day < newest <= self._today:
            tally.newest_day = newest
        if delivery.type == "deal" and _is_closed_before_opened(record):
            tally.oddities[_CLOSED_BEFORE_OPENED] += 1
        return Outcome.APPLIED

    def _publish_reference(self, delivery: Delivery, value: bytes | None, outbox: Outbox) -> None:
        """Tell every worker the newest version of a reference record."""
        headers = [("updated_at", str(delivery.updated_at).encode()), ("version", str(delivery.version).encode())]
        newest = None if delivery.record is None else value
        outbox.put(
            self._desk.names.reference, 0, Outgoing(f"{delivery.type}:{delivery.id}".encode(), newest, headers=headers)
        )

    def _source(self, message: Record, topic: str) -> dict[str, bytes]:
        """Where a message of this partition came from, as headers."""
        return {
            "source_topic": topic.encode(),
            "source_partition": str(self._partition).encode(),
            "source_offset": str(message.offset).encode(),
        }

    def _reject(
        self,
        message: Record,
        topic: str,
        source: dict[str, bytes],
        invalid: InvalidRecord,
        outbox: Outbox,
        tally: Tally,
        *,
        told: bool | None = None,
    ) -> None:
        """Refuse a message; whether that is told decides who reads it first, for a forwarded one the lane where it landed."""
        tally.count(topic, _INVALID, message.timestamp)
        if not (self.voice.tells_of(topic, message.offset) if told is None else told):
            return
        headers = [*source.items(), ("reason", invalid.reason.encode()), ("detail", invalid.detail.encode())]
        # The time of the rejection, not of the record: retention would delete the letters of a backfill at once.
        letter = Outgoing(message.key, message.value, headers=headers)
        outbox.put(self._desk.names.dead_letters, self._partition, letter)
        tally.dead_letters[invalid.reason] += 1


def _is_closed_before_opened(deal: Any) -> bool:
    return deal is not None and deal.closed_at is not None and bool(deal.closed_at < deal.opened_at)


def _digest(record: Any) -> bytes:
    """What tells one reference record from another of the same version."""
    if record is None:
        return b""
    return blake2b(repr(replace(record, event_id=None)).encode(), digest_size=16).digest()
