"""Taking: what the records of a frame say, into the spool. The many of the usual form go in columns, the others one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import compress, islice
from typing import Any, Final

import numpy as np

from schemas.records import InvalidRecord
from schemas.topics import REFERENCE
from scoring.facts import activity_amounts, activity_count, facts_of
from streams.cutting import Frame
from streams.fetched_batches import Record
from streams.intake import check_not_ahead, newest_day, read
from streams.moments import NEVER, Integers, LocalDays
from streams.quick_decoding import Quick, QuickDecoder
from streams.replay.asked import Asked, Partition
from streams.replay.spool import Cells, Names, Order, SpoolWriter, Versions

_AT_ONCE: Final = 1_000
"""Records in memory as objects: few enough to stay in the processor's cache, many enough for columns."""

_LONGEST_RESPONSE: Final = 2_000_000


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
        self._kinds = _Kinds(writer.measures)

    def take(self, frame: Frame) -> None:
        """Put what its records say; bad ones are passed over."""
        end, records = self._end, iter(frame.records)
        while messages := list(islice(records, _AT_ONCE)):
            self._take_some(messages)
        self._writer.moved_to(min(frame.end, end), self._newest_ms, last=frame.end >= end)

    def _take_some(self, messages: list[Record]) -> None:
        offsets = np.array([message.offset for message in messages], np.int64)
        timestamps_ms = np.array([message.timestamp for message in messages], np.int64)
        known = offsets < self._end
        if self._latest_ms is not None:
            known &= timestamps_ms <= self._latest_ms
        if not known.all():
            messages = list(compress(messages, known.tolist()))
            offsets, timestamps_ms = offsets[known], timestamps_ms[known]
        self._newest_ms = max(self._newest_ms, int(timestamps_ms.max(initial=0)))
        quick, others = self._decoder.decode([message.value or b"" for message in messages])
        for group in quick:
            orders = self._orders(group, offsets, timestamps_ms)
            if group.type == "activity":
                others += self._take_activities(group, orders)
            else:
                others += self._take_values(group, orders, messages)
        for place in others:
            try:
                self._take_one(messages[place])
            except InvalidRecord:
                continue

    def _orders(self, group: Quick, offsets: Integers, timestamps_ms: Integers) -> Integers:
        """Of each record `updated_at`, version, offset and Kafka timestamp, as four rows."""
        came = timestamps_ms[group.places]
        stated = group.instants["updated_at"]
        versions = [record.version or 0 for record in group.records]
        return np.array((np.where(stated == NEVER, came * 1_000, stated), versions, offsets[group.places], came))

    def _take_activities(self, group: Quick, orders: Integers) -> list[int]:
        """Put those that need no second look, in cells; the places of the others."""
        ahead, responses = self._ahead(group, orders), [record.first_response_seconds for record in group.records]
        fine = [not late and _fits(seconds) for late, seconds in zip(ahead, responses, strict=True)]
        rows = np.flatnonzero(fine)
        records, responses = list(compress(group.records, fine)), list(compress(responses, fine))
        self._writer.put_cells(
            Versions(["activity:" + record.id for record in records], *orders[:, rows]),
            self._cells(records, responses, self._days.of(group.instants["occurred_at"][rows])),
        )
        return [place for place, is_fine in zip(group.places, fine, strict=True) if not is_fine]

    def _cells(self, records: list[Any], responses: list[int | None], days: Integers) -> Cells:
        """What `scoring.facts` makes of activities: one cell of most, some more of a first response."""
        kinds, measures = self._kinds, self._writer.measures
        row = [each for each, seconds in enumerate(responses) if seconds is None]
        measure = [kinds[records[each].kind, records[each].outcome] for each in row]
        amount = [1] * len(row)
        for each, seconds in enumerate(responses):
            if seconds is not None:
                amounts = activity_amounts(records[each])
                row += [each] * len(amounts)
                measure += [measures[key] for key in amounts]
                amount += amounts.values()
        subjects = self._writer.subjects
        subject = np.array([subjects["rep:" + record.rep_id] for record in records], np.int64)
        rows = np.array(row, np.int64)
        return Cells(rows, days[rows], subject[rows], np.array(measure, np.int64), np.array(amount, np.int64))

    def _take_values(self, group: Quick, orders: Integers, messages: Sequence[Record]) -> list[int]:
        """Put those that need no second look as they came; the places of the others."""
        others = []
        ahead, ordered = self._ahead(group, orders), orders.T.tolist()
        for place, record, order, late in zip(group.places, group.records, ordered, ahead, strict=True):
            if late:
                others.append(place)
            else:
                self._put_value(f"{group.type}:{record.id}", order, messages[place].value)
        return others

    def _put_value(self, key: str, order: Order, value: bytes | None) -> None:
        if self._is_reference:
            *which, timestamp_ms = order
            self._writer.put_reference((key, *which, self._number, timestamp_ms, value))
        elif value is None:
            self._writer.put(key, order, [])
        else:
            self._writer.put_value(key, order, value)

    def _ahead(self, group: Quick, orders: Integers) -> list[bool]:
        """Of which records any moment lies ahead of the clock, so that facts must say whether too far."""
        newest = np.maximum.reduce((orders[0], *group.instants.values()))
        ahead: list[bool] = (newest > self._now_us).tolist()
        return ahead

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
            self._put_value(f"{delivery.type}:{delivery.id}", order, None if record is None else message.value)


class _Kinds(dict[tuple[str, str | None], int]):
    """The number of the measure that an activity counts as, by its kind and outcome."""

    def __init__(self, measures: Names) -> None:
        super().__init__()
        self._measures = measures

    def __missing__(self, kind: tuple[str, str | None]) -> int:
        [measure] = activity_count(*kind)
        self[kind] = number = self._measures[measure]
        return number


def _fits(seconds: float | None) -> bool:
    """Whether the square of a response in millionths goes into a cell, and no digit of it was rounded."""
    return seconds is None or (isinstance(seconds, int) and seconds <= _LONGEST_RESPONSE)


def _newest(record: Any | None) -> datetime:
    """The newest moment that a record names; the beginning of time where it names none."""
    named = () if record is None else (getattr(record, field.name) for field in fields(record))
    moments = [moment for value in named for moment in (value if isinstance(value, list) else (value,))]
    return max((moment for moment in moments if isinstance(moment, datetime)), default=datetime.min.replace(tzinfo=UTC))
