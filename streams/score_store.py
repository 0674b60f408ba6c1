"""Score store: latest scores and leaderboards for readers outside the stream; `streams.store_writer` keeps them up to date."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Protocol

from streams.cooldowns import Cooldown
from streams.errors import UpscoreError
from streams.leaderboard import ScoredSubject

LEADERBOARD_WINDOW: Final = "28d"
"""The window whose values leaderboards of metrics show."""

BATCH_SUBJECTS: Final = 500
"""Subjects that one round trip to a store carries at most."""


class StoreUnavailable(UpscoreError):
    """The store did not take or give an answer; its text holds no password."""

    retriable: ClassVar[bool] = True


class ScoresLost(StoreUnavailable):
    """The store works and took this batch, but earlier ones are gone: it must be given everything again."""


class ScoreStore(Protocol):
    """Latest scores by subject key (`rep:r-17`), and leaderboards. Any thread and event loop may use it."""

    spoken_since: int | None
    """By the number of which switch the generation whose scores are put speaks, as far as is known; None: another one does."""

    whole_told: frozenset[int]
    """The partitions of which the store is known to say that all subjects have been put."""

    async def put(self, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> None:
        """Makes these the newest scores, and forgets the subjects whose keys are in `removed`. May be repeated.

        With nothing to write it only checks that what was written before is still there.

        Raises:
            StoreUnavailable: the store cannot be reached or refuses; some of the scores may have been written.
            ScoresLost: these are written, earlier ones are gone.
        """
        ...

    async def get(self, subject_key: str) -> dict[str, Any] | None:
        """The newest score object of a subject; None where none is held.

        Raises:
            StoreUnavailable: the store cannot be reached or refuses.
        """
        ...

    async def leaderboard(self, subject: str, metric: str, limit: int) -> list[tuple[str, float]]:
        """Ids and values, greatest first, ascending ids among equals, at most `limit`; empty where nobody has a value.

        Args:
            subject: `rep`, `team`, `territory` or `company`.
            metric: `score`, or a metric, which is ranked by its 28-day value.
            limit: entries wanted, at least 1.

        Raises:
            StoreUnavailable: the store cannot be reached or refuses.
        """
        ...

    async def scored(self, subject: str) -> list[ScoredSubject]:
        """All subjects of a kind that have a score, with its interval, in no order; raises as `get` does."""
        ...

    async def subjects(self) -> set[str]:
        """The keys of all subjects that are held; raises as `get` does."""
        ...

    def say_whole(self, partitions: Iterable[int]) -> None:
        """Takes the partitions of which all subjects have been put."""
        ...

    async def speak(self, epoch: int, partitions: int, before: int) -> bool:
        """Makes what this generation has put what readers see, all at once; whether that is so now. May be repeated.

        Args:
            epoch: number of the switch; an older one than the last that was made is taken as made.
            partitions: so many must be whole (`say_whole`).
            before: the generation that readers see where the store does not say which.

        Raises:
            StoreUnavailable: the store cannot be reached or refuses.
        """
        ...

    def cool_down(self, cooldowns: Iterable[Cooldown]) -> None:
        """Takes cooldowns to be written with the next `put`, and returns at once. Of equal keys the first one stays."""
        ...

    async def close(self) -> None:
        """Lets go of the connections of the event loop that calls."""
        ...


def subject_key(score: Mapping[str, Any]) -> str:
    """The key of a score object's subject.

    >>> subject_key({"subject": "rep", "id": "r-17"})
    'rep:r-17'
    """
    return f"{score['subject']}:{score['id']}"


def leaderboard_value(score: Mapping[str, Any], metric: str) -> float | None:
    """The figure by which a subject is ranked: its score, or a metric's 28-day value; None keeps it off the board.

    >>> leaderboard_value({"score": 61.4, "metrics": {"calls": {"windows": {"28d": {"value": 9.0, "n": 9}}}}}, "calls")
    9.0
    """
    if metric == "score":
        return score["score"]  # type: ignore[no-any-return]
    figure = score["metrics"].get(metric)
    return figure["windows"][LEADERBOARD_WINDOW]["value"] if figure else None


class MemoryScoreStore:
    """A store inside the worker: it holds the subjects of this worker alone, and ends with it."""

    def __init__(self) -> None:
        """An empty store."""
        self.spoken_since: int | None = 0
        self.whole_told: frozenset[int] = frozenset()
        self._scores: dict[str, dict[str, Any]] = {}

    async def put(self, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> None:
        """Holds the objects themselves, which must not be changed afterwards."""
        self._scores.update({subject_key(score): score for score in scores})
        for key in removed:
            self._scores.pop(key, None)

    async def get(self, subject_key: str) -> dict[str, Any] | None:
        """The object that was put."""
        return self._scores.get(subject_key)

    async def leaderboard(self, subject: str, metric: str, limit: int) -> list[tuple[str, float]]:
        """Ranks all subjects of the kind at each call."""
        ranked = [
            (-value, score["id"])
            for score in list(self._scores.values())  # a copy: another thread may put meanwhile
            if score["subject"] == subject and (value := leaderboard_value(score, metric)) is not None
        ]
        return [(subject_id, -negated) for negated, subject_id in heapq.nsmallest(limit, ranked)]

    async def scored(self, subject: str) -> list[ScoredSubject]:
        """Looks through all subjects at each call."""
        return [
            ScoredSubject(score["id"], score["score"], score["low"], score["high"])
            for score in list(self._scores.values())
            if score["subject"] == subject and score["score"] is not None
        ]

    async def subjects(self) -> set[str]:
        """The keys of what was put."""
        return set(self._scores)

    def say_whole(self, partitions: Iterable[int]) -> None:
        """Nobody else asks: it ends with its worker."""
        self.whole_told = frozenset(partitions)

    async def speak(self, epoch: int, partitions: int, before: int) -> bool:  # noqa: ARG002 - the protocol's
        """Only the worker itself reads it, and answers nobody while it is silent."""
        return True

    def cool_down(self, cooldowns: Iterable[Cooldown]) -> None:
        """Drops them: they are for other programs, which cannot look into this one."""

    async def close(self) -> None:
        """There is nothing to let go of."""
