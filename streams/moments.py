"""Moments: points in time as records write them, in microseconds and as local dates, many at once.

Texts like 2026-01-31T09:30:00Z are taken apart as one array of digits. Of all others each part - date, time of day, what
follows - is looked up: they come again and again, and what a part is worth, and whether it is any, the validator of records says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from schemas.records.common import Instant
from scoring.organisation import Organisation, microseconds

Integers = NDArray[np.int64]

NEVER: Final = -1
"""In the place of a moment that a record does not have."""

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_MOST_PARTS: Final = 100_000
"""A day has 86,400 seconds; fractions of these may be many more."""
_SECOND_US: Final = 1_000_000
_DAY_US: Final = 86_400 * _SECOND_US
_STRETCH_US: Final = _DAY_US // 4
"""Clocks that show the same offset at both ends of so long a stretch showed it all the time."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_CHANGES: Final = -(2**62)
"""In the place of an offset: it changes within the stretch."""

_FIRST_YEAR, _END_YEAR = 1971, 2199
"""Years that lie within what records may have, whatever the offset."""
_MONTHS: Final = np.arange(f"{_FIRST_YEAR}-01", f"{_END_YEAR + 1}-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
"""The first day of each month since `_FIRST_YEAR`, in days since 1970."""
_LENGTHS: Final = np.diff(_MONTHS)

_FORM: Final = np.frombuffer(b"0000-00-00T00:00:00Z", np.uint8)
_HIGHEST: Final = np.where(ord("0") == _FORM, 9, 0).astype(np.uint8)
"""What a byte may be above the one in `_FORM`."""
_MANY: Final = 4_096
_FORMS, _ALL_HIGHEST = (np.tile(each, _MANY) for each in (_FORM, _HIGHEST))
"""Of so many texts: numpy takes rows of 20 bytes one by one."""
_FIELDS: Final = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
"""Where year, month, day, hour, minute and second stand."""
_WEIGHTS: Final = np.zeros((len(_FIELDS), len(_FORM)), np.float32)
for _field, (_start, _stop) in enumerate(_FIELDS):
    _WEIGHTS[_field, _start:_stop] = 10.0 ** np.arange(_stop - _start - 1, -1, -1)
_LEAST: Final = np.array((_FIRST_YEAR, 1, 1, 0, 0, 0), np.float32).reshape(-1, 1)
_MOST: Final = np.array((_END_YEAR, 12, 31, 23, 59, 59), np.float32).reshape(-1, 1)
"""Of each of the fields; whole numbers so small are exact."""


class Moments:
    """What texts of instants and dates say, as `schemas.records` would have it."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._dates = _Parts("", "T00:00:00Z")
        self._times = _Parts("2000-01-01", "Z")
        self._rests = _Parts("2000-01-01T00:00:00", "")

    def microseconds(self, texts: Sequence[str | None]) -> Integers:
        """Microseconds since 1970 of instants in ASCII, `NEVER` for None.

        Raises:
            ValueError: one of them is no instant, or so near to the end of all time that the validator has to be asked.

        >>> Moments().microseconds(["1971-01-01T00:00:01Z", "2026-01-31T09:30:00.5+01:00", None]).tolist()
        [31536001000000, 1769848200500000, -1]
        """
        there = [text for text in texts if text is not None] if None in texts else cast("Sequence[str]", texts)
        found = _usual(there)
        if found is None:
            dates, times, rests = self._dates, self._times, self._rests
            found = np.array([dates[text[:10]] + times[text[10:19]] + rests[text[19:]] for text in there], np.int64)
        if len(there) == len(texts):
            return found
        whole = np.full(len(texts), NEVER)
        whole[[text is not None for text in texts]] = found
        return whole

    def check_dates(self, texts: Sequence[str | None]) -> None:
        """Nothing, where all texts are dates like 2026-01-31, or None.

        Raises:
            ValueError: one of them is not.
        """
        for text in texts:
            if text is not None:
                self._dates[text]


def _usual(texts: Sequence[str]) -> Integers | None:
    """Microseconds of texts that all have the usual form; None where one has not."""
    if len(texts) > _MANY:
        parts = [_usual(texts[start : start + _MANY]) for start in range(0, len(texts), _MANY)]
        return None if any(part is None for part in parts) else np.concatenate(cast("list[Integers]", parts))
    joined = "".join(texts).encode("ascii")
    if len(joined) != len(_FORM) * len(texts) or not set(map(len, texts)) <= {len(_FORM)}:
        return None
    above = np.frombuffer(joined, np.uint8) - _FORMS[: len(joined)]
    if np.count_nonzero(above > _ALL_HIGHEST[: len(joined)]):  # `any` takes several times as long
        return None
    fields = _WEIGHTS @ above.reshape(-1, len(_FORM)).T.astype(np.float32)
    if np.count_nonzero(fields < _LEAST) or np.count_nonzero(fields > _MOST):
        return None
    year, month, day, hour, minute, second = fields.astype(np.int64)
    months = (year - _FIRST_YEAR) * 12 + month - 1
    if np.count_nonzero(day > _LENGTHS[months]):
        return None
    seconds = (_MONTHS[months] + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return np.asarray(seconds * _SECOND_US, np.int64)


class _Parts(dict[str, int]):
    """Microseconds that a part of a text stands for, between what with it makes an instant; a ValueError where it does not."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__()
        self._before, self._after = before, after
        self._without = microseconds(datetime(2000, 1, 1, tzinfo=UTC)) if before else 0

    def __missing__(self, part: str) -> int:
        moment = _INSTANT.validate_python(self._before + part + self._after)
        if not _FIRST_YEAR <= moment.year <= _END_YEAR - 1 and not self._before:
            raise ValueError(f"{part!r} may lie beyond all dates of records; expected one well within")
        if len(self) >= _MOST_PARTS:
            self.clear()
        found = self[part] = microseconds(moment) - self._without
        return found


class LocalDays:
    """The local dates of moments in one time zone, as `Organisation.day` has them, many at once."""

    def __init__(self, zone: tzinfo) -> None:
        """All that date in one zone remember the same."""
        self._zone = zone

    def of(self, moments_us: Integers) -> Integers:
        """The date of each, as `date.toordinal()` counts, of moments in microseconds since 1970.

        >>> LocalDays(UTC).of(np.array([0, 86_399_999_999, 86_400_000_000])).tolist()
        [719163, 719163, 719164]
        """
        if not len(moments_us):
            return moments_us
        places = moments_us // _STRETCH_US
        first, last = int(places.min()), int(places.max())
        if last - first < len(places):  # moments near each other: to sort them would take longer
            stretches, places = np.arange(first, last + 1), places - first
        else:
            stretches, places = np.unique(places, return_inverse=True)
        zone = self._zone
        offsets = np.array([_offset(zone, stretch) for stretch in stretches.tolist()], np.int64)[places]
        days = (moments_us + offsets) // _DAY_US + _EPOCH_DAY
        for place in np.flatnonzero(offsets == _CHANGES).tolist():
            days[place] = _local(zone, int(moments_us[place])).toordinal()
        return days

    def day(self, moment_us: int) -> int:
        """The date of one moment."""
        offset = _offset(self._zone, moment_us // _STRETCH_US)
        if offset == _CHANGES:
            return _local(self._zone, moment_us).toordinal()
        return (moment_us + offset) // _DAY_US + _EPOCH_DAY


@cache
def _offset(zone: tzinfo, stretch: int) -> int:
    """How far clocks are ahead of UTC all through a stretch since 1970, in microseconds."""
    ends = (_local(zone, each * _STRETCH_US).utcoffset() or timedelta() for each in (stretch, stretch + 1))
    first, behind = ends
    return first // _MICROSECOND if first == behind else _CHANGES


def _local(zone: tzinfo, moment_us: int) -> datetime:
    return (_EPOCH + moment_us * _MICROSECOND).astimezone(zone)


class InMicroseconds:
    """The setting of an organisation for the facts of records that have microseconds since 1970 for moments."""

    def __init__(self, organisation: Organisation) -> None:
        """Date them as the organisation does."""
        self.exponents = organisation.exponents
        self.day = LocalDays(organisation.zone).day

    def between(self, start: int, end: int) -> int:
        """Microseconds from one moment to another."""
        return end - start
