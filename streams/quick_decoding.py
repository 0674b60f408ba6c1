"""Quick decoding: records of a usual form several times as fast as `schemas.records.decode` has them, and the same.

Whatever is not surely valid - a text with an escape or beyond ASCII, money as text, a deletion, a field of another type - is
left to `decode`, which alone says what is invalid, and why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, compress, islice
from operator import attrgetter, not_
from typing import Any, Final, NamedTuple, Union

import msgspec
import numpy as np

from schemas.records.decoding import LONG_FRACTION, LONG_NUMBER
from streams.moments import NEVER, Integers, Moments
from streams.quick_types import Shape, quick_types

_MOST_LEVELS: Final = 190
_LONGEST: Final = 4_000
"""Bytes of a value. The validator refuses deeper nesting, and numbers of as many digits, in fields that nobody knows, too."""


class Quick(NamedTuple):
    """Records of one type out of many values."""

    type: str
    places: list[int]
    """Which of the values they are."""
    records: list[Any]
    """With the fields of the type's dataclass: numbers as int or float - as Decimal in splits -, instants and dates as texts."""
    instants: dict[str, Integers]
    """By field the microseconds since 1970 of each record, `NEVER` where it has none; of a list its newest."""


class _Nothing(msgspec.Struct, tag_field="type", tag=""):
    """Beside one type alone, so that it is still asked for a `type`; left to the validator, as deletions are."""

    deleted: bool = True


_NOTHING: Final = _Nothing()


class QuickDecoder:
    """Takes apart the values of one input topic."""

    def __init__(self, topic: str) -> None:
        """For the topic of that logical name."""
        self._shapes = quick_types(topic)
        self._moments = Moments()
        self._decode = msgspec.json.Decoder(Union[(_Nothing, *self._shapes)]).decode

    def decode(self, values: Sequence[bytes]) -> tuple[list[Quick], list[int]]:
        """The records among the values, by type, and the places of the others: these are for `schemas.records.decode`."""
        found = self._taken_apart(values)
        by_type: defaultdict[Any, list[int]] = defaultdict(list)
        for place, struct in enumerate(map(type, found)):
            by_type[struct].append(place)
        quick: list[Quick] = []
        others = by_type.pop(_Nothing, [])
        for struct, of_type in by_type.items():
            places, records = of_type, [found[place] for place in of_type]
            if True in map(_is_deleted, records):
                deleted = list(map(_is_deleted, records))
                others += compress(places, deleted)
                places, records = (list(compress(column, map(not_, deleted))) for column in (places, records))
            group, left = self._looked_at(self._shapes[struct], places, records)
            others += left
            quick += [group] if group.places else []
        return quick, sorted(others)

    def dated(self, group: Quick) -> list[Any]:
        """The records of a group, which have microseconds since 1970 in the place of texts of instants from now on."""
        [shape] = (shape for shape in self._shapes.values() if shape.type == group.type)
        for name in shape.instants:
            for record, moment in zip(group.records, group.instants[name].tolist(), strict=True):
                setattr(record, name, None if moment == NEVER else moment)
        for name in shape.lists:
            stated = [record for record in group.records if getattr(record, name)]
            texts = [text for record in stated for text in getattr(record, name)]
            moments = iter(self._moments.microseconds(texts).tolist())
            for record in stated:
                setattr(record, name, list(islice(moments, len(getattr(record, name)))))
        return group.records

    def _taken_apart(self, values: Sequence[bytes]) -> list[Any]:
        decode, found = self._decode, []
        are_plain = _is_plain(b" ".join(values)) and not _is_any_large(values)
        for value in values:
            if are_plain or (_is_plain(value) and not _is_any_large((value,))):
                try:
                    found.append(decode(value))
                    continue
                except msgspec.DecodeError:
                    pass
            found.append(_NOTHING)
        return found

    def _looked_at(self, shape: Shape, places: list[int], records: list[Any]) -> tuple[Quick, list[int]]:
        """What of these is surely valid, and the places of the rest."""
        try:
            return Quick(shape.type, places, records, self._instants(shape, records)), []
        except ValueError:
            fine = [self._is_fine(shape, record) for record in records]
            left = [place for place, is_fine in zip(places, fine, strict=True) if not is_fine]
            records = [record for record, is_fine in zip(records, fine, strict=True) if is_fine]
            places = [place for place, is_fine in zip(places, fine, strict=True) if is_fine]
            return Quick(shape.type, places, records, self._instants(shape, records)), left

    def _is_fine(self, shape: Shape, record: Any) -> bool:
        try:
            self._instants(shape, (record,))
        except ValueError:
            return False
        return True

    def _instants(self, shape: Shape, records: Sequence[Any]) -> dict[str, Integers]:
        for name in shape.dates:
            self._moments.check_dates(list(map(attrgetter(name), records)))
        texts = list(chain.from_iterable(map(attrgetter(name), records) for name in shape.instants))
        columns = self._moments.microseconds(texts).reshape(len(shape.instants), len(records))
        found = dict(zip(shape.instants, columns, strict=True))
        return found | {name: self._newest(list(map(attrgetter(name), records))) for name in shape.lists}

    def _newest(self, lists: list[list[str] | None]) -> Integers:
        newest = np.full(len(lists), NEVER)
        rows = [row for row, texts in enumerate(lists) for _ in texts or ()]
        np.maximum.at(newest, rows, self._moments.microseconds([text for texts in lists for text in texts or ()]))
        return newest


_is_deleted = attrgetter("deleted")


def _is_plain(text: bytes) -> bool:
    """Whether there is no control character in any text, raw or escaped, and no number of more digits than a double keeps."""
    return (
        text.isascii()
        and b"\\" not in text
        and b"\x7f" not in text
        and not (b"." in text and LONG_FRACTION.search(text) and LONG_NUMBER.search(text))
    )


def _is_any_large(values: Sequence[bytes]) -> bool:
    """Whether a value is too long, or too deep: a level takes two bytes."""
    longest = max(map(len, values), default=0)
    return longest > 2 * _MOST_LEVELS and (
        longest > _LONGEST
        or any(len(each) > 2 * _MOST_LEVELS and each.count(b"[") + each.count(b"{") > _MOST_LEVELS for each in values)
    )
