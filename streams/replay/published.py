"""Published: the scores that stand on the scores topic, and which of them a run now says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from schemas.topics import SCORES, TOPICS
from streams.errors import UpscoreError
from streams.kafka_clients import partitions_of, read_to_end, reader
from streams.replay.figures import FIGURES, Table
from streams.replay.judging import Judging
from streams.replay.side_by_side import Advance
from streams.settings import Settings
from streams.topic_names import topic_name

Place = tuple[str, int]
"""A subject's key and a day."""


class Stated(NamedTuple):
    """What a score says: `figures` by the names of `FIGURES`, None for null, and what they were judged by."""

    figures: tuple[float | None, ...]
    norms: str | None
    scorecard: str

    @property
    def told(self) -> dict[str, Any]:
        """By the names of a score object."""
        return dict(zip(FIGURES, self.figures, strict=True)) | {"norms": self.norms, "scorecard": self.scorecard}


class _Message(msgspec.Struct):
    """What is looked at of a score object."""

    subject: str
    id: str
    as_of: str
    norms: str | None
    scorecard: str
    score: float | None
    low: float | None
    high: float | None
    level: float | None
    improvement: float | None
    coverage: float | None


_decode: Final = msgspec.json.Decoder(_Message).decode


async def published(settings: Settings, stage: Callable[[int], Advance]) -> dict[Place, Stated]:
    """The score that was published last of each subject and day, as far as the topic has not been compacted away.

    A deleted key takes nothing back: what was said of earlier days was said. Bad messages are passed over silently.

    Args:
        settings: broker and prefix.
        stage: told how many messages there are at most; what it returns is told of those read.

    Raises:
        TopicMismatch: the topic is missing.
        UpscoreError: there is no score on it.
        KafkaError: the broker went away.
    """
    topic = topic_name(settings, TOPICS[SCORES])
    found: dict[Place, Stated] = {}
    async with reader(settings, []) as consumer:
        partitions = await partitions_of(consumer, [topic], settings.broker)
        consumer.assign(partitions)
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        advance = stage(sum(ends[each] - starts[each] for each in partitions))
        async for messages in read_to_end(consumer, partitions):
            for message in messages:
                _put(found, message.value)
            advance(len(messages))
    if not found:
        raise UpscoreError(f"topic {topic} holds no score that a replay could differ from; has a worker published any?")
    return found


def _put(found: dict[Place, Stated], value: bytes | None) -> None:
    if value is None:
        return
    try:
        score = _decode(value)
        day = date.fromisoformat(score.as_of).toordinal()
    except ValueError:  # that of msgspec too
        return
    figures = tuple(getattr(score, name) for name in FIGURES)
    found[f"{score.subject}:{score.id}", day] = Stated(figures, score.norms, score.scorecard)


def changed(before: Mapping[Place, Stated], table: Table, judging: Judging, wanted: Iterable[Place]) -> dict[str, Any]:
    """Which of the published scores are others now.

    Args:
        before: what was published.
        table: the figures of the run.
        judging: what it is judged by.
        wanted: the subjects and days asked for, in their order.

    Returns:
        `published`: how many published scores of these there are. `changed`: each of which any of `FIGURES` is another now, with
        what was `published` and what it is `now`; null where the subject is not there any more.
    """
    places = {subject: place for place, subject in enumerate(table.subjects)}
    count, differing = 0, []
    for subject, day in wanted:
        said = before.get((subject, day))
        if said is None:
            continue
        count += 1
        now = _now(table, judging, places.get(subject), day)
        if now is None or now.figures != said.figures:
            kind, _, subject_id = subject.partition(":")
            differing.append(
                {
                    "subject": kind,
                    "id": subject_id,
                    "as_of": date.fromordinal(day).isoformat(),
                    "published": said.told,
                    "now": None if now is None else now.told,
                }
            )
    return {"published": count, "changed": differing}


def _now(table: Table, judging: Judging, place: int | None, day: int) -> Stated | None:
    if place is None:
        return None
    norms = judging.norms(day)
    figures = tuple(table.of(place, day)[: len(FIGURES)])
    return Stated(figures, norms.label if norms.first_week else None, judging.scorecard.label)
