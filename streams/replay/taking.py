"""Taking: what the records of a frame say, into the spool. The many of the usual form go in columns, the others one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import compress, islice
from operator import attrgetter, not_
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schemas.records import InvalidRecord
from schemas.topics import REFERENCE
from scoring.facts import activity_count, activity_response, facts_of, has_small_response
from streams.cutting import Frame
from streams.fetched_batches import Record
from streams.intake import check_not_ahead, newest_day, read
from streams.moments import NEVER, Integers, LocalDays
from streams.quick_decoding import Quick, QuickDecoder
from streams.replay.asked import Asked, Partition
from streams.replay.columns import Cells, Names, Versions
from streams.replay.spool import Order, SpoolWriter

_AT_ONCE: Final = 1_000
"""Records in memory as objects: few enough to stay in the processor's cache, many enough for columns."""

_OFFSET, _TIMESTAMP, _VALUE = (attrgetter(name) for name in ("offset", "timestamp", "value"))
_ID, _REP_ID, _VERSION = (attrgetter(name) for name in ("id", "rep_id", "version"))
_KIND: Final = attrgetter("kind", "outcome")
_RESPONSE: Final = attrgetter("first_response_seconds")
"""Columns of many objects at once: a comprehension takes half as long again."""


class Taker:
    """Takes the frames of one partition."""

    def __init__(self, asked: Asked, partition: Partition, writer: SpoolWriter) -> None:
        """Put rows by `writer`."""
        self._topic, self._number = asked.logical(partition[0]), partition[1]
        self._end, self._latest_ms = asked.ends[partition], asked.latest_ms
        self._now_us, self._today = asked.now_us, asked.today
        self._now = datetime.fromtimestamp(asked.now_us // 1_000_000, UTC)
        self._organisation = asked.organisation
        self._days = LocalDays(self._organisation.zone)
        self._decoder = QuickDecoder(self._topic)
        self._writer = writer
        self._newest_ms = 0
        self._is_reference = self._topic == REFERENCE
        self._reps, self._kinds = _Reps(writer.subjects), _Kinds(writer.measures)

    def take(self, frame: Frame) -> None:
        """Put what its records say; bad ones are passed over."""
        end, records = self._end, iter(frame.records)
        while messages := list(islice(records, _AT_ONCE)):
            self._take_some(messages)
        self._writer.moved_to(min(frame.end, end), self._newest_ms, last=frame.end >= end)

    def _take_some(self, messages: list[Record]) -> None:
        offsets = np.fromiter(map(_OFFSET, messages), np.int64, len(messages))
        timestamps_ms = np.fromiter(map(_TIMESTAMP, messages), np.int64, len(messages))
        known = offsets < self._end
        if self._latest_ms is not None:
            known &= timestamps_ms <= self._latest_ms
        if not known.all():
            messages = list(compress(messages, known.tolist()))
            offsets, timestamps_ms = offsets[known], timestamps_ms[known]
        self._newest_ms = max(self._newest_ms, int(timestamps_ms.max(initial=0)))
        values = list(map(_VALUE, messages))
        quick, others = self._decoder.decode(values if all(values) else [value or b"" for value in values])
        for group in quick:
            orders = self._orders(group, offsets, timestamps_ms)
            if group.type == "activity":
                others += self._take_activities(group, orders)
            else:
                others += self._take_values(group, orders, values)
        for place in others:
            try:
                self._take_one(messages[place])
            except InvalidRecord:
                continue

    def _orders(self, group: Quick, offsets: Integers, timestamps_ms: Integers) -> Integers:
        """Of each record `updated_at`, version, offset and Kafka timestamp, as four rows."""
        came = timestamps_ms[group.places]
        stated = group.instants["updated_at"]
        versions = list(map(_VERSION, group.records))
        if not all(versions):
            versions = [version or 0 for version in versions] if any(versions) else [0] * len(versions)
        return np.array((np.where(stated == NEVER, came * 1_000, stated), versions, offsets[group.places], came))

    def _take_activities(self, group: Quick, orders: Integers) -> list[int]:
        """Put those that need no second look, in cells; the places of the others."""
        records, responses = group.records, list(map(_RESPONSE, group.records))
        moments, others = group.instants["occurred_at"], list[int]()
        ahead = self._ahead(group, orders)
        if ahead.any() or not all(map(has_small_response, filter(None, responses))):
            fine = [
                not late and has_small_response(seconds)
                for late, seconds in zip(ahead.tolist(), responses, strict=True)
            ]
            others = list(compress(group.places, map(not_, fine)))
            records, responses = list(compress(records, fine)), list(compress(responses, fine))
            orders, moments = orders[:, fine], moments[fine]
        self._writer.put_cells(
            Versions(["activity:" + of for of in map(_ID, records)], *orders),
            self._cells(records, responses, self._days.of(moments)),
        )
        return others

    def _cells(self, records: list[Any], responses: list[int | None], days: Integers) -> Cells:
        """What `scoring.facts` makes of activities: one cell of most, some more of a first response."""
        count = len(records)
        subject = np.fromiter(map(self._reps.__getitem__, map(_REP_ID, records)), np.int64, count)
        measure = np.fromiter(map(self._kinds.__getitem__, map(_KIND, records)), np.int64, count)
        row, amount = np.arange(count), np.ones(count, np.int64)
        added = [(each, activity_response(time)) for each, time in enumerate(responses) if time is not None]
        if added:
            row = np.append(row, [each for each, amounts in added for _ in amounts])
            measure = np.append(measure, [self._writer.measures[key] for _, amounts in added for key in amounts])
            amount = np.append(amount, [value for _, amounts in added for value in amounts.values()])
        return Cells(row, days[row], subject[row], measure, amount)

    def _take_values(self, group: Quick, orders: Integers, values: Sequence[bytes]) -> list[int]:
        """Put those that need no second look as they came; the places of the others."""
        places, keys, others = group.places, [f"{group.type}:{record.id}" for record in group.records], list[int]()
        ahead = self._ahead(group, orders)
        if ahead.any():
            fine = (~ahead).tolist()
            others = list(compress(places, ahead.tolist()))
            places, keys, orders = list(compress(places, fine)), list(compress(keys, fine)), orders[:, ~ahead]
        self._put_values(Versions(keys, *orders), [values[place] for place in places])
        return others

    def _put_values(self, versions: Versions, values: list[bytes]) -> None:
        if not self._is_reference:
            self._writer.put_values(versions, values)
            return
        columns = (column.tolist() for column in versions[1:])
        for key, updated_at, version, offset, timestamp_ms, value in zip(versions.keys, *columns, values, strict=True):
            self._put_reference(key, (updated_at, version, offset, timestamp_ms), value)

    def _put_reference(self, key: str, order: Order, value: bytes | None) -> None:
        *which, timestamp_ms = order
        self._writer.put_reference((key, *which, self._number, timestamp_ms, value))

    def _ahead(self, group: Quick, orders: Integers) -> NDArray[np.bool_]:
        """Of which records any moment lies ahead of the clock, so that facts must say whether too far."""
        newest: Integers = np.maximum.reduce((orders[0], *group.instants.values()))
        return newest > self._now_us

    def _take_one(self, message: Record) -> None:
        """Put what any message says.

        Raises:
            InvalidRecord: it says nothing.
        """
        for delivery in read(self._topic, message.key, message.value, message.timestamp):
            record = delivery.record
            if delivery.updated_at > self._now_us or _newest(record) > self._now:
                facts = [] if record is None else facts_of(record, self._organisation)
                check_not_ahead(delivery, newest_day(facts), self._now_us, self._today)
            order = (delivery.updated_at, delivery.version, message.offset, message.timestamp)
            key = f"{delivery.type}:{delivery.id}"
            if self._is_reference:
                self._put_reference(key, order, None if record is None else message.value)
            elif record is None:
                self._writer.put(key, order, [])
            else:
                self._writer.put_values(Versions([key], *np.array(order).reshape(4, 1)), [message.value or b""])


class _Reps(dict[str, int]):
    """The number of the subject that a rep is."""

    def __init__(self, subjects: Names) -> None:
        super().__init__()
        self._subjects = subjects

    def __missing__(self, rep_id: str) -> int:
        self[rep_id] = number = self._subjects["rep:" + rep_id]
        return number


class _Kinds(dict[tuple[str, str | None], int]):
    """The number of the measure that an activity counts as, by its kind and outcome."""

    def __init__(self, measures: Names) -> None:
        super().__init__()
        self._measures = measures

    def __missing__(self, kind: tuple[str, str | None]) -> int:
        [measure] = activity_count(*kind)
        self[kind] = number = self._measures[measure]
        return number


def _newest(record: Any | None) -> datetime:
    """The newest moment that a record names; the beginning of time where it names none."""
    named = () if record is None else (getattr(record, field.name) for field in fields(record))
    moments = [moment for value in named for moment in (value if isinstance(value, list) else (value,))]
    return max((moment for moment in moments if isinstance(moment, datetime)), default=datetime.min.replace(tzinfo=UTC))
