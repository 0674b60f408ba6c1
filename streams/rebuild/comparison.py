"""Comparison: the scores of two generations, subject by subject, to the last digit, and why they differ where they do."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streams.codec import from_json
from streams.kafka_clients import partitions_of, read_on, reader
from streams.settings import Settings
from streams.topic_names import TopicNames

__all__ = ["Comparison", "Different", "compare", "reasons"]

_LOOK_AGAIN_SECONDS: Final = 0.5
_NOT_COMPARED: Final = frozenset({"version"})
"""Says when a score was made, which no two are alike in."""

_Scores = dict[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Different:
    """One subject that differs: the two scores, None where a generation does not have it, and why, shortest first."""

    subject: str
    here: dict[str, Any] | None
    there: dict[str, Any] | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found.

    Attributes:
        same: how many subjects have the same score object in both, `version` apart.
        different: the others, by subject.
    """

    same: int
    different: tuple[Different, ...]

    @property
    def why(self) -> Counter[str]:
        """How many subjects differ for each reason."""
        return Counter([reason for each in self.different for reason in each.why])


async def compare(speaking: Settings, silent: Settings, patience_seconds: float) -> Comparison:
    """Compare the scores that are out with those that a silent generation keeps to itself.

    Records come meanwhile, and one of the two may have read on: a subject that was the same once while we looked is the same.

    Args:
        speaking: settings of the generation that speaks.
        silent: of the other one.
        patience_seconds: how long to look again for what differs.

    Raises:
        TopicMismatch: one of the topics is missing.
        KafkaError: the broker went away.
    """
    deadline = time.monotonic() + patience_seconds
    topics = TopicNames.of(speaking).scores, TopicNames.of(silent).silent_scores
    newest: dict[str, _Scores] = {topic: {} for topic in topics}
    here, there = (newest[topic] for topic in topics)
    same: set[str] = set()
    async with reader(speaking, []) as consumer:
        partitions = await partitions_of(consumer, list(topics), speaking.broker)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while True:
            async for records in read_on(consumer, partitions):
                newest[records[0].topic].update((record.key.decode(), record.value) for record in records)
            subjects = {key for scores in newest.values() for key, value in scores.items() if value is not None}
            same |= {key for key in subjects - same if _compared(here.get(key)) == _compared(there.get(key))}
            if subjects <= same or time.monotonic() >= deadline:
                break
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    different = [
        Different(subject, one, other, tuple(reasons(one, other)))
        for subject in sorted(subjects - same)
        for one, other in ((_decoded(here.get(subject)), _decoded(there.get(subject))),)
    ]
    return Comparison(len(subjects & same), tuple(different))


def reasons(here: Mapping[str, Any] | None, there: Mapping[str, Any] | None) -> Iterator[str]:
    """Why two scores of a subject differ, as far as they say so themselves; the plainest first.

    >>> score = {"as_of": "2026-03-31", "scorecard": "default@1", "norms": "2026Q1@3", "score": 61.4, "metrics": {"calls": 1}}
    >>> list(reasons(score, score | {"scorecard": "default@2", "score": 60.0}))
    ['scorecard default@1 here, default@2 there']
    >>> list(reasons(score, score | {"metrics": {"calls": 2}}))
    ['metrics: calls']
    >>> list(reasons(score, None)), list(reasons(score, score | {"score": 2.0}))
    (['there is none there'], ['score'])
    """
    if here is None or there is None:
        yield "there is none here" if here is None else "there is none there"
        return
    told = False
    for field in ("as_of", "scorecard", "norms"):
        if here.get(field) != there.get(field):
            told = True
            yield f"{field} {here.get(field)} here, {there.get(field)} there"
    evidence = [
        name
        for name in sorted(here["metrics"].keys() | there["metrics"].keys())
        if _evidence(here["metrics"].get(name)) != _evidence(there["metrics"].get(name))
    ]
    if evidence:
        yield f"metrics: {', '.join(evidence[:_MOST_NAMED])}{' and more' if len(evidence) > _MOST_NAMED else ''}"
    elif not told:
        yield ", ".join([name for name in here if name not in _NOT_COMPARED and here[name] != there.get(name)])


_MOST_NAMED: Final = 5


def _evidence(figure: Any) -> Any:
    """What records say of a metric, whatever a scorecard makes of it."""
    return figure["windows"] if isinstance(figure, Mapping) else figure


def _decoded(value: bytes | None) -> dict[str, Any] | None:
    return None if value is None else from_json(value)


def _compared(value: bytes | None) -> dict[str, Any] | None:
    score = _decoded(value)
    return None if score is None else {name: of for name, of in score.items() if name not in _NOT_COMPARED}
