"""Movers: what the scores of this worker's reps were four weeks ago, worked out little by little while somebody looks.

A rep's earlier score changes only where a late record corrects it: it is worked out once a day, and again after ten minutes.
"""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import Any, Final, NamedTuple

from streams.board.moments import Moments, line_of
from streams.board.source import BoardSource
from streams.board.threads import Threads
from streams.held_panes import Held

__all__ = ["MOST", "MOVERS_DAYS", "OwnMovers"]

MOVERS_DAYS: Final = 28
MOST: Final = 5
_AGAIN_SECONDS: Final = 600.0
_SHARE: Final = 0.2
"""Part of a core that it may take; a tenth of that while records wait."""
_WHILE_BEHIND: Final = 0.1
_REST_SECONDS: Final = 2.0
_IDLE_SECONDS: Final = 60.0
_TOGETHER: Final = 8


class _Before(NamedTuple):
    as_of: int
    score: float | None
    at: float


class OwnMovers:
    """Called on the web server's loop; scores are worked out in the thread of `Moments`."""

    def __init__(self, source: BoardSource, moments: Moments, threads: Threads) -> None:
        """Nothing is worked out before somebody asks."""
        self._source = source
        self._threads = threads
        self._moments = moments
        self._before: dict[str, _Before] = {}
        self._task: asyncio.Task[None] | None = None
        self._asked_at = float("-inf")

    def told(self) -> dict[str, Any]:
        """Of the owned reps with a score the greatest changes: `before` by id, how many are `counted`, and `of` how many."""
        self._asked_at = time.monotonic()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        scores = self._scores()
        moved: list[tuple[float, str, float]] = []
        counted = 0
        for rep_id, (as_of, score) in scores.items():
            before = self._before.get(rep_id)
            if before is not None and before.as_of == as_of:
                counted += 1
                if before.score is not None:
                    moved.append((score - before.score, rep_id, before.score))
        moved.sort()
        kept = moved if len(moved) <= 2 * MOST else [*moved[:MOST], *moved[-MOST:]]
        return {"before": {rep_id: before for _, rep_id, before in kept}, "counted": counted, "of": len(scores)}

    async def stop(self) -> None:
        """Work nothing out any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _scores(self) -> dict[str, tuple[int, float]]:
        """By id of each owned rep with a score, its date and score."""
        return {
            score["id"]: (date.fromisoformat(score["as_of"]).toordinal(), score["score"])
            for score in self._source.published().values()
            if score["subject"] == "rep" and score["score"] is not None
        }

    async def _run(self) -> None:
        """Until nobody has asked for a minute."""
        while time.monotonic() - self._asked_at < _IDLE_SECONDS:
            scores = self._scores()
            for gone in self._before.keys() - scores.keys():
                del self._before[gone]
            due = [(rep_id, as_of) for rep_id, (as_of, _) in scores.items() if self._is_due(rep_id, as_of)]
            for start in range(0, len(due), _TOGETHER):
                await self._work_out(due[start : start + _TOGETHER])
            await asyncio.sleep(_REST_SECONDS)

    def _is_due(self, rep_id: str, as_of: int) -> bool:
        before = self._before.get(rep_id)
        return before is None or before.as_of != as_of or time.monotonic() - before.at > _AGAIN_SECONDS

    async def _work_out(self, some: list[tuple[str, int]]) -> None:
        began = time.perf_counter()
        held = {rep_id: await self._threads.ask(self._source.held, "rep", rep_id) for rep_id, _ in some}
        found = await self._threads.think(lambda: self._earlier(some, held))
        for (rep_id, as_of), score in zip(some, found, strict=True):
            self._before[rep_id] = _Before(as_of, score, time.monotonic())
        share = _SHARE * (_WHILE_BEHIND if self._source.desk.is_behind else 1.0)
        await asyncio.sleep((time.perf_counter() - began) * (1 / share - 1))

    def _earlier(self, some: list[tuple[str, int]], held: dict[str, Held | None]) -> list[float | None]:
        scores = []
        for rep_id, as_of in some:
            scorer, of = self._moments.scorer(as_of - MOVERS_DAYS), held[rep_id]
            reaches = of is not None and (not of.first_day or scorer.as_of - max(scorer.horizons) >= of.first_day)
            score = line_of(scorer, "rep:" + rep_id, of.panes)["score"] if of is not None and reaches else None
            scores.append(score)
        return scores
