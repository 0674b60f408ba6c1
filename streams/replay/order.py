"""Order: what somebody wants of a replay, and how it is fulfilled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, Literal

from schemas.topics import SCORES, TOPICS
from scoring.facts import listed
from scoring.line import Line
from scoring.organisation import microseconds
from scoring.scorecard import Scorecard
from streams.codec import to_json
from streams.errors import SettingsError, UpscoreError
from streams.history import usual_day
from streams.replay.as_was import AsWas
from streams.replay.asked import Partition
from streams.replay.difference import Run, Scores, difference
from streams.replay.figures import Table
from streams.replay.history import Replayed, Stages, replayed
from streams.replay.judging import Judging
from streams.replay.openmetrics import exposition
from streams.replay.outputs import brief_objects, csv_lines, heading, rows, score_objects
from streams.replay.parquet import check_parquet, write_parquet
from streams.replay.published import Place, Stated, changed, published
from streams.replay.side_by_side import Advance, calm_collector
from streams.replay.tabling import subjects_of, table_of
from streams.replay.told_before import Told, told_before
from streams.replay.work_folder import work_folder
from streams.replay.writing import Pieces, destination, write_days
from streams.scorecard_file import load_scorecard
from streams.scorecard_log import InForce, read_log
from streams.settings import Settings
from streams.topic_names import topic_name

Out = Literal["json", "csv", "parquet", "openmetrics", "diff"]
Said = Mapping[Place, Stated]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """As the command has it; see its help."""

    settings: Settings
    out: Out
    first: date | datetime | None = None
    last: date | datetime | None = None
    known_at: datetime | None = None
    until_offsets: Path | None = None
    write_offsets: Path | None = None
    subject: str | None = None
    subject_id: str | None = None
    to: Path | None = None
    brief: bool = False
    step_seconds: int = 300
    against: Path | None = None
    against_published: bool = False
    against_scorecard: str | None = None
    against_known_at: datetime | None = None
    work: Path | None = None
    processes: int = 1
    scorecard_as_was: bool = False


def fulfil(order: Order, stages: Stages) -> None:
    """Read, score and write.

    Raises:
        UpscoreError: a topic or file is missing or of no use, or the days are in the wrong order.
        KafkaError: the broker went away.
    """
    if order.out == "parquet":
        check_parquet()
    scorecard = load_scorecard(order.settings.scorecard)
    other = load_scorecard(order.against_scorecard) if order.against_scorecard else scorecard
    before = None if order.against is None else told_before(order.against)
    said = None
    if order.against_published:
        said = asyncio.run(
            published(order.settings, lambda total: stages.stage("reading what was published", "scores", total))
        )
        order = _of_days(order, {day for _, day in said})
    entries = asyncio.run(read_log(order.settings)) if order.scorecard_as_was else None
    cuts = [order.known_at] + ([order.against_known_at] if order.against_known_at is not None else [])
    with calm_collector(), work_folder(order.work) as folder:
        found = replayed(
            order.settings,
            [None if cut is None else microseconds(cut) // 1000 for cut in cuts],
            folder,
            stages,
            processes=order.processes,
            until_offsets=offsets_in(order.until_offsets),
        )
        if order.write_offsets is not None:
            order.write_offsets.write_bytes(offsets_told(found.asked.ends))
        with destination(order.to) as to:
            _Fulfilment(order, found, folder, stages, to, entries).write(scorecard, other, before, said)


def _of_days(order: Order, days: Collection[int]) -> Order:
    """The order, from the first to the last of some days where it names none."""
    first, last = order.first or date.fromordinal(min(days)), order.last or date.fromordinal(max(days))
    return replace(order, first=first, last=last)


class _Fulfilment:
    """The scoring and writing of one order."""

    def __init__(
        self,
        order: Order,
        found: Replayed,
        folder: Path,
        stages: Stages,
        to: BinaryIO,
        entries: Sequence[InForce] | None,
    ) -> None:
        self._entries = entries
        self._order, self._found, self._folder, self._stages, self._to = order, found, folder, stages, to
        self._first, self._last = self._days(found.lines[0])
        self._subjects = [each for line in found.lines for each in self._wanted(line)]
        if len(found.lines) > 1:
            self._subjects = listed(set(self._subjects))

    def write(self, scorecard: Scorecard, other: Scorecard, before: Told | None, said: Said | None) -> None:
        """Write what was ordered."""
        out, known = self._order.out, self._found.known_at(0)
        judging = self._judging(scorecard)
        if out == "json" and not self._order.brief:
            total = len(self._subjects) * len(self._range)
            advance = self._stages.stage("scoring", "scores", total)
            self._write_json(lambda days, told: score_objects(judging, self._subjects, days, known, told), advance)
            return
        table = self._table(judging, "scores")
        if out == "json":
            self._write_json(lambda days, _: brief_objects(table, judging, days, known), lambda _: None)
        elif out == "csv":
            self._to.write(heading())
            self._write_days(lambda days, _: csv_lines(table, judging, days), b"", lambda _: None)
        elif out == "parquet":
            path = self._folder / "output.parquet"
            write_parquet(path, (rows(table, judging, day) for day in self._range))
            with path.open("rb") as file:
                copyfileobj(file, self._to, 1 << 20)
            path.unlink()
        elif out == "openmetrics":
            for piece in exposition(table, judging, self._found.asked.organisation.zone, self._order.step_seconds):
                self._to.write(piece)
        else:
            told = (
                self._difference(judging, table, other, before)
                if said is None
                else self._difference_of_published(judging, table, said)
            )
            self._to.write(to_json(told) + b"\n")

    def _judging(self, scorecard: Scorecard) -> Judging:
        line, entries = self._found.lines[0], self._entries
        if entries is None:
            return Judging(line, scorecard)
        return AsWas(line, entries, self._found.asked.organisation.zone, self._range)

    @property
    def _range(self) -> range:
        return range(self._first, self._last + 1)

    def _difference(self, judging: Judging, table: Table, other: Scorecard, before: Told | None) -> dict[str, object]:
        """From the run that it is against to the one that was asked for."""
        after = Run(
            {"scorecard": judging.scorecard.label, "known_at": self._found.known_at(0)}, _scores(table), judging
        )
        if before is not None:
            label = {"file": None if self._order.against is None else self._order.against.name}
            wanted = {(subject, day) for subject in self._subjects for day in self._range}
            both = before.keys() & wanted
            if not both:
                raise UpscoreError(
                    f"{str(self._order.against)!r} has no score of the subjects and days asked for; expected the same days"
                )
            shown = _scores(table)
            earlier = Run(label, lambda s, d: before[s, d] if (s, d) in both else shown(s, d), None)
        else:
            line = len(self._found.lines) - 1
            against = Judging(self._found.lines[line], other)
            name = {"scorecard": other.label, "known_at": self._found.known_at(line)}
            earlier = Run(name, _scores(self._table(against, "scores it is against")), against)
        return difference(earlier, after, self._subjects, self._first, self._last)

    def _difference_of_published(self, judging: Judging, table: Table, said: Said) -> dict[str, object]:
        """From what was published, where anything was, to the run that was asked for."""
        gone = listed({subject for subject, _ in said if self._is_wanted(subject)} - set(self._subjects))
        there = [*self._subjects, *gone]
        wanted = ((subject, day) for day in self._range for subject in there)
        shown = _scores(table, frozenset(gone))
        after = Run({"scorecard": judging.scorecard.label, "known_at": self._found.known_at(0)}, shown, judging)
        topic = topic_name(self._order.settings, TOPICS[SCORES])
        earlier = Run({"topic": topic}, lambda s, d: said[s, d].figures[0] if (s, d) in said else shown(s, d), None)
        return difference(earlier, after, there, self._first, self._last) | changed(said, table, judging, wanted)

    def _table(self, judging: Judging, name: str) -> Table:
        path = self._folder / f"{name.replace(' ', '-')}.npy"
        return table_of(judging, self._subjects, self._range, path, self._stages, self._order.processes, name)

    def _write_json(self, pieces: Pieces, advance: Advance) -> None:
        self._to.write(b"[\n" if self._subjects and self._range else b"[")
        self._write_days(pieces, b",\n", advance)
        self._to.write(b"\n]\n" if self._subjects and self._range else b"]\n")

    def _write_days(self, pieces: Pieces, between: bytes, advance: Advance) -> None:
        write_days(self._to, self._range, pieces, between, self._folder, self._order.processes, advance)

    def _wanted(self, line: Line) -> Iterable[str]:
        for subject in subjects_of(line):
            if self._is_wanted(subject):
                yield subject

    def _is_wanted(self, subject: str) -> bool:
        kind, _, subject_id = subject.partition(":")
        return self._order.subject in (None, kind) and self._order.subject_id in (None, subject_id)

    def _days(self, line: Line) -> tuple[int, int]:
        """The first and the last day: as asked for, else from the first of any record to the newest date of the clock.

        Raises:
            SettingsError: the last is before the first.
        """
        last = self._day(self._order.last, usual_day(line, self._order.settings.clock, self._found.asked.today))
        oldest = line.oldest_day()
        first = self._day(self._order.first, last if oldest is None else min(oldest, last))
        if first > last:
            told = " to ".join(date.fromordinal(day).isoformat() for day in (first, last))
            raise SettingsError(f"the days asked for are {told}; expected --from not after --until")
        return first, last

    def _day(self, asked: date | datetime | None, usual: int) -> int:
        if asked is None:
            return usual
        return self._found.asked.organisation.day(asked) if isinstance(asked, datetime) else asked.toordinal()


def _scores(table: Table, gone: Collection[str] = ()) -> Scores:
    """The scores of a table; none of those who are `gone`."""
    places = {subject: place for place, subject in enumerate(table.subjects)}
    return lambda subject, day: None if subject in gone else table.of(places[subject], day)[0]


def offsets_in(path: Path | None) -> dict[Partition, int]:
    """The offsets that a file gives, by topic and partition; none without a file.

    Raises:
        SettingsError: it cannot be read, or says something else.
    """
    if path is None:
        return {}
    try:
        told = json.loads(path.read_bytes())
        return {
            (topic, int(number)): int(offset) for topic, numbers in told.items() for number, offset in numbers.items()
        }
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise SettingsError(
            f'--until-offsets {str(path)!r}: {error}; expected JSON like {{"sales.events.v1": {{"0": 1200}}}}'
        ) from error


def offsets_told(ends: Mapping[Partition, int]) -> bytes:
    """Up to which offsets topics were read, as `offsets_in` takes it."""
    by_topic: dict[str, dict[str, int]] = {}
    for (topic, number), offset in sorted(ends.items()):
        by_topic.setdefault(topic, {})[str(number)] = offset
    return to_json(by_topic) + b"\n"
