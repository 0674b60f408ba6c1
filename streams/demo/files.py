"""The records of a folder as a scene: NDJSON files, played by the day on which each version was made."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from schemas.records import TYPES, InvalidRecord
from schemas.topics import REFERENCE
from streams.demo.scene import Day, Outgoing, Scene, history_of
from streams.errors import UpscoreError
from streams.publisher import read_record

__all__ = ["UnplayableFolder", "from_folder"]

SUFFIXES: Final = (".ndjson", ".jsonl")
_BUSINESS_DATES: Final = ("closed_at", "occurred_at", "opened_at", "created_at", "since", "started_at", "date", "start")
_EPOCH: Final = date(1970, 1, 1)


class UnplayableFolder(UpscoreError):
    """A folder holds no records that could be played."""


class _Stated(msgspec.Struct):
    """What of a line matters for its place in the play."""

    type: Any = None
    id: Any = None
    name: Any = None
    updated_at: Any = None
    closed_at: Any = None
    occurred_at: Any = None
    opened_at: Any = None
    created_at: Any = None
    since: Any = None
    started_at: Any = None
    date: Any = None
    start: Any = None


_stated = msgspec.json.Decoder(_Stated).decode


@dataclass(slots=True)
class _Places:
    """Where the lines of each day are: number of the file, number of the line, offset, one after the other."""

    by_day: dict[date, array[int]] = field(default_factory=dict)
    reference_by_day: dict[date, array[int]] = field(default_factory=dict)
    undated: array[int] = field(default_factory=lambda: array("q"))
    names: dict[str, str] = field(default_factory=dict)

    def first_and_last(self) -> tuple[date, date] | None:
        """The days of what has happened; of the reference records where nothing else is there."""
        days = self.by_day or self.reference_by_day
        return (min(days), max(days)) if days else None

    def settle(self, first: date, last: date) -> None:
        """Put every line into a day from the first to the last.

        What is not dated goes first; so do reference records from before, and those made after everything else: an
        export of today says who is who, and the scores of all days need to know.
        """
        start = self.undated
        for day, places in sorted(self.reference_by_day.items()):
            if first <= day <= last and self.by_day:
                self.by_day.setdefault(day, array("q"))[:0] = places
            else:
                start.extend(places)
        self.by_day.setdefault(first, array("q"))[:0] = start


def from_folder(folder: Path, *, days: int | None, history: int | None, today: date) -> Scene:
    """The `.ndjson` and `.jsonl` files of a folder, merged by the day of `updated_at` (without: the business date).

    Args:
        folder: where the files are; folders in it are not looked into.
        days: play only so many days from the first one; None: all.
        history: how many of the days are history; None: a third.
        today: a day later than this is taken for undated.

    Raises:
        UnplayableFolder: there is no such folder, or no record in it.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())
        places = _index(files, today)
    except OSError as error:
        raise UnplayableFolder(f"{error.filename or folder}: cannot be read: {error.strerror}") from error
    span = places.first_and_last()
    if span is None and not places.undated:
        raise UnplayableFolder(
            f"{folder} holds no records: expected files with one JSON object a line, named *{' or *'.join(SUFFIXES)} "
            "(`upscore simulate` and `upscore import` make such files)"
        )
    first, last = span or (today, today)
    places.settle(first, last)
    if days is not None:
        last = min(last, first + timedelta(days=days - 1))
    refused: list[str] = []
    return Scene(
        title=f"{len(files)} file{'' if len(files) == 1 else 's'} of {folder}",
        first=first,
        last=last,
        live_from=first + timedelta(days=history_of((last - first).days + 1, history)),
        days=_days(files, places, first, last, refused),
        names=places.names,
        watched={},
        refused=refused,
    )


def _index(files: Sequence[Path], today: date) -> _Places:
    places = _Places()
    reference = frozenset(TYPES[REFERENCE])
    for number, file in enumerate(files):
        with file.open("rb") as lines:
            offset = 0
            for line_number, line in enumerate(lines, start=1):
                place = (number, line_number, offset)
                offset += len(line)
                if not line.strip():
                    continue
                day, record_type = _read(line, places.names, today)
                if day is None:
                    places.undated.extend(place)
                else:
                    kept = places.reference_by_day if record_type in reference else places.by_day
                    kept.setdefault(day, array("q")).extend(place)
    return places


def _read(line: bytes, names: dict[str, str], today: date) -> tuple[date | None, object]:
    """The day and the type of a line, as far as it states them; notes the name of whoever it is about."""
    try:
        stated = _stated(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None, None
    if stated.type in ("rep", "team") and isinstance(stated.id, str) and isinstance(stated.name, str):
        names[f"{stated.type}:{stated.id}"] = stated.name
    for value in (stated.updated_at, *[getattr(stated, name) for name in _BUSINESS_DATES]):
        day = _day(value)
        if day is not None and _EPOCH <= day <= today:
            return day, stated.type
    return None, stated.type


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _days(files: Sequence[Path], places: _Places, first: date, last: date, refused: list[str]) -> Iterator[Day]:
    with ExitStack() as stack:
        opened = [stack.enter_context(file.open("rb")) for file in files]
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            yield Day(day, [*_records(opened, places.by_day.get(day, array("q")), refused)])


def _records(opened: Sequence[BinaryIO], places: array[int], refused: list[str]) -> Iterator[Outgoing]:
    for number, line_number, offset in zip(places[0::3], places[1::3], places[2::3], strict=True):
        opened[number].seek(offset)
        line = opened[number].readline().removeprefix(b"\xef\xbb\xbf").strip()
        try:
            topic, _, record_id = read_record(line)
        except InvalidRecord as error:
            refused.append(f"{Path(opened[number].name).name}:{line_number}: {error.reason}: {error.detail}")
        else:
            yield Outgoing(topic, record_id, line)
