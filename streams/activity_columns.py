"""Activities by columns: nine records in ten are activities that come once, and many at once they cost a third each.

What is here says nothing that `streams.intake` and `scoring.facts` would not say of each record by itself; whatever is not
surely the same is left to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

import numpy as np

from schemas.topics import ACTIVITIES
from scoring.facts import Amounts, activity_amounts, activity_count, has_small_response
from scoring.organisation import Organisation
from streams.fetched_batches import Record
from streams.intake import Delivery
from streams.moments import NEVER, LocalDays
from streams.quick_decoding import Quick, QuickDecoder

MANY: Final = 40
"""Messages from which on columns cost less than one record after the other."""
FEW_REPS: Final = 1_000
"""Reps up to which a lane remembers subjects: no cache holds the texts of many more, and one is made sooner than found."""

_DAY_MS: Final = 86_400_000


class Activities(NamedTuple):
    """Valid activities out of many messages: one fact each, on one day."""

    places: list[int]
    """Which of the messages they are."""
    ids: list[str]
    updated_at: list[int]
    """Microseconds since 1970."""
    versions: list[int]
    subjects: list[str]
    days: list[int]
    """The local date of each, as `date.toordinal()` counts."""
    amounts: list[Amounts]
    """What each adds to its subject's day; not to be changed."""
    late_ms: list[int]
    """By how much each came to Kafka after it was made."""

    def delivery(self, number: int) -> Delivery:
        """One of them by itself; with its facts, for its record is not read."""
        facts = [(self.subjects[number], self.days[number], self.amounts[number])]
        return Delivery("activity", self.ids[number], self.updated_at[number], self.versions[number], None, facts)

    def chosen(self, these: Sequence[bool]) -> Activities:
        """Those of them for which `these` says so."""
        columns: list[Any] = [list(compress(column, these)) for column in self]
        return Activities(*columns)


class ActivityColumns:
    """Takes the messages of the topic of activities apart."""

    def __init__(self, organisation: Organisation) -> None:
        """Date them as the organisation does."""
        self._decoder = QuickDecoder(ACTIVITIES)
        self._days = LocalDays(organisation.zone)
        self._subjects = _Subjects()

    def read(self, messages: Sequence[Record], now_us: int, days: range) -> tuple[Activities | None, list[int]]:
        """The activities that are surely valid, and the places of all other messages.

        Args:
            messages: as they came.
            now_us: the time, in microseconds since 1970: none is of a later version.
            days: none is of a day beyond these.
        """
        groups, others = self._decoder.decode([message.value or b"" for message in messages])
        found = None
        for group in groups:
            if group.type == "activity":
                found, left = self._looked_at(group, messages, now_us, days)
                others += left
            else:
                others += group.places
        return found, sorted(others)

    def _looked_at(
        self, group: Quick, messages: Sequence[Record], now_us: int, days: range
    ) -> tuple[Activities | None, list[int]]:
        places, records = group.places, group.records
        timestamps_ms = np.array([messages[place].timestamp for place in places], np.int64)
        updated_at = group.instants["updated_at"]
        updated_at = np.where(updated_at == NEVER, timestamps_ms * 1_000, updated_at)
        dates = self._days.of(group.instants["occurred_at"])
        responses = [record.first_response_seconds for record in records]
        # Of a time far away, which a message may state, no thousandth fits.
        fine = (timestamps_ms >= 0) & (timestamps_ms <= now_us // 1_000 + _DAY_MS) & (updated_at <= now_us)
        fine &= (dates >= days.start) & (dates < days.stop)
        fine &= [seconds is None or has_small_response(seconds) for seconds in responses]
        found = Activities(
            places,
            [record.id for record in records],
            updated_at.tolist(),
            [record.version or 0 for record in records],
            self._subjects.of([record.rep_id for record in records]),
            dates.tolist(),
            [
                activity_count(record.kind, record.outcome) if seconds is None else activity_amounts(record)
                for record, seconds in zip(records, responses, strict=True)
            ],
            (timestamps_ms - updated_at // 1_000).tolist(),
        )
        if fine.all():
            return found, []
        return found.chosen(fine.tolist()), list(compress(places, (~fine).tolist()))


class _Subjects(dict[str, str]):
    """The subject of each rep: of few reps the same text each time, whose hash is known; of many, one made anew."""

    def of(self, rep_ids: Sequence[str]) -> list[str]:
        """The subjects of these reps, one for each."""
        if len(self) > FEW_REPS:
            return ["rep:" + rep_id for rep_id in rep_ids]
        return [self[rep_id] for rep_id in rep_ids]

    def __missing__(self, rep_id: str) -> str:
        subject = self[rep_id] = "rep:" + rep_id
        return subject
