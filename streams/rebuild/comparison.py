"""Comparison: the scores of two generations, subject by subject, to the last digit, and why they differ where they do."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streams.codec import from_json
from streams.desk import TopicNames
from streams.kafka_clients import read_topics
from streams.settings import Settings

__all__ = ["Comparison", "Different", "compare", "reasons"]

_LOOK_AGAIN_SECONDS: Final = 0.5
_NOT_COMPARED: Final = frozenset({"version"})
"""Says when a score was made, which no two are alike in."""

_Scores = dict[str, dict[str, Any]]


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
    same: set[str] = set()
    while True:
        here = await _newest(speaking, TopicNames.of(speaking).scores)
        there = await _newest(silent, TopicNames.of(silent).silent_scores)
        subjects = here.keys() | there.keys()
        same |= {subject for subject in subjects if _compared(here.get(subject)) == _compared(there.get(subject))}
        if subjects <= same or time.monotonic() >= deadline:
            break
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    different = [
        Different(subject, one, other, tuple(reasons(one, other)))
        for subject in sorted(subjects - same)
        for one, other in ((here.get(subject), there.get(subject)),)
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


def _compared(score: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if score is None else {name: value for name, value in score.items() if name not in _NOT_COMPARED}


async def _newest(settings: Settings, topic: str) -> _Scores:
    newest: dict[str, bytes | None] = {}
    async for records in read_topics(settings, [topic]):
        newest.update((record.key.decode(), record.value) for record in records)
    return {key: from_json(value) for key, value in newest.items() if value is not None}
