"""History: what the topics say, read into lines by one process or several, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from scoring.line import Line
from streams.errors import UpscoreError
from streams.replay.asked import Asked, Partition
from streams.replay.facts_of_values import FactsOfValues
from streams.replay.folding import fold
from streams.replay.lines import lines_of
from streams.replay.reading import offsets_of, spool
from streams.replay.side_by_side import Advance, even_shares, run, shares
from streams.replay.spool import progress_of
from streams.replay.sums import Sums
from streams.replay.work_folder import spool_in
from streams.settings import Settings


class Stages(Protocol):
    """Told how a replay gets on."""

    def stage(self, what: str, unit: str, total: int) -> Advance:
        """A stage begins: what it does, what it counts, how many there are; returns what is to be told of each step."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A line for each cut, and up to where the topics were read."""

    lines: Sequence[Line]
    asked: Asked
    newest_ms: int
    """The newest Kafka timestamp among the records read, milliseconds since 1970; 0 without any."""

    def known_at(self, place: int) -> str:
        """What the scores of a line state: the time of the cut, else of the newest record - not the clock, which would differ."""
        cut = self.asked.cuts[place]
        moment = datetime.fromtimestamp((self.newest_ms if cut is None else cut) / 1000, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def replayed(
    settings: Settings,
    cuts: Sequence[int | None],
    folder: Path,
    stages: Stages,
    *,
    processes: int = 1,
    until_offsets: Mapping[Partition, int] | None = None,
) -> Replayed:
    """Read the input topics and make the lines.

    Args:
        settings: broker, topics, time zone.
        cuts: as in `Asked`.
        folder: for what is read; an interrupted replay of the same goes on from it.
        stages: told how it gets on.
        processes: how many at most.
        until_offsets: read up to these; what is not named, to where it ends now.

    Raises:
        TopicMismatch: an input topic is missing.
        UpscoreError: an offset lies beyond the end of its partition.
        KafkaError: the broker went away.
    """
    starts, ends = asyncio.run(offsets_of(settings))
    bounds = until_offsets or {}
    asked = Asked(settings=settings, starts=starts, ends=_bounded(ends, bounds), cuts=tuple(cuts), bounds=bounds)
    spooled = spool_in(folder, asked)
    asked, sources = spooled.asked, len(asked.ends)

    def reads(partitions: list[Partition], advance: Advance) -> None:
        asyncio.run(spool(asked, spooled.folder, spooled.buckets, partitions, advance))

    by_size = even_shares(asked.partitions, processes, lambda each: asked.ends[each] - asked.starts[each])
    run(
        [partial(reads, some) for some in by_size],
        stages.stage("reading", "records", asked.records),
    )
    found = [progress_of(spooled.folder, source) for source in range(sources)]
    newest_ms = max((each.newest_ms for each in found if each is not None), default=0)

    def folds(buckets: list[int], advance: Advance) -> list[Sums]:
        return fold(spooled.folder, sources, buckets, asked.cuts, advance, FactsOfValues(asked.organisation))

    parts = run(
        [partial(folds, some) for some in shares(range(spooled.buckets), processes)],
        stages.stage("adding up", "records", asked.records),
    )
    lines = lines_of(asked.organisation, spooled.folder, sources, spooled.buckets, asked.cuts, parts)
    return Replayed(lines, asked, newest_ms)


def _bounded(ends: Mapping[Partition, int], until: Mapping[Partition, int]) -> dict[Partition, int]:
    for (topic, number), offset in until.items():
        if (topic, number) not in ends:
            raise UpscoreError(
                f"offsets are given of partition {number} of {topic!r}, which is no partition of an input topic"
            )
        if not 0 <= offset <= ends[topic, number]:
            raise UpscoreError(
                f"partition {number} of {topic!r} ends at {ends[topic, number]}: it cannot be read until {offset}"
            )
    return {each: until.get(each, end) for each, end in ends.items()}
