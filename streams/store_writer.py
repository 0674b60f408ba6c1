"""Store writer: the task that keeps a score store up to date.

The stream never waits for a store: what it publishes is offered here, and the newest of each subject is kept until the store
takes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any

from streams.score_store import BATCH_SUBJECTS, ScoresLost, ScoreStore, StoreUnavailable, subject_key

_log = logging.getLogger(__name__)


class StoreWriter:
    """A task that gives a store the newest scores, in its own time.

    `offer` never waits: scores of one subject replace each other until they are written, so what is held is bounded by
    the number of subjects. While the store fails, writing is tried again with growing pauses; the log says once that it
    failed and once that it works again, and then everything is written anew, for a store that was away may have lost
    its data.

    All methods belong to the event loop that called `start`.

    Attributes:
        errors: failed attempts so far.
        resendings: how often everything had to be written anew so far.

    Args:
        store: where scores go; the caller closes it.
        everything: the newest published scores of all owned subjects, with what was offered so far.
        tell: takes the outcome of each batch: one of `schemas.metrics.STORE_OUTCOMES`.
        took: takes the keys of the subjects of each batch that the store has taken, and kept.
        batch_subjects: subjects written at once. A batch of 100 holds the event loop for about 20 ms.
        timeout_seconds: how long one write may take.
        first_pause_seconds: the pause after a failure; it doubles with each further one,
        longest_pause_seconds: up to this.
        check_seconds: how often an idle writer makes sure that the store still has what was written.
    """

    def __init__(
        self,
        store: ScoreStore,
        everything: Callable[[], Iterable[dict[str, Any]]],
        *,
        tell: Callable[[str], None] = lambda _outcome: None,
        took: Callable[[Collection[str]], None] = lambda _keys: None,
        batch_subjects: int = 100,
        timeout_seconds: float = 5.0,
        first_pause_seconds: float = 0.5,
        longest_pause_seconds: float = 30.0,
        check_seconds: float = 30.0,
    ) -> None:
        """Nothing runs before `start`."""
        self.errors = 0
        self.resendings = 0
        self._store = store
        self._everything = everything
        self._tell = tell
        self._took = took
        self._batch_subjects = min(batch_subjects, BATCH_SUBJECTS)
        self._timeout_seconds = timeout_seconds
        self._first_pause_seconds = first_pause_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._check_seconds = check_seconds
        self._waiting: dict[str, dict[str, Any] | None] = {}
        self._on_the_way: dict[str, dict[str, Any] | None] = {}
        self._failures_in_a_row = 0
        self._asked = False
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def behind(self) -> int:
        """Subjects whose newest score the store has not confirmed."""
        return len(self.unwritten)

    @property
    def unwritten(self) -> set[str]:
        """Their keys."""
        return self._waiting.keys() | self._on_the_way.keys()

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures_in_a_row > 0

    def start(self) -> None:
        """Starts the task on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="score store writer")

    def offer(self, scores: Iterable[dict[str, Any]], removed: Iterable[str] = ()) -> None:
        """Takes scores to be written, and keys of subjects that no longer exist, and returns at once.

        A subject that moved to another worker is not removed: see `forget`.

        Raises:
            Exception: whatever ended the task; a bug, for a failing store does not end it.
        """
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()
        self._waiting.update({subject_key(score): score for score in scores})
        self._waiting.update(dict.fromkeys(removed))
        if self._waiting:
            self._idle.clear()
            self._news.set()

    def forget(self, subject_keys: Iterable[str]) -> None:
        """Drops what waits for these subjects: another worker owns them now, and its scores are newer."""
        for key in subject_keys:
            self._waiting.pop(key, None)
            self._on_the_way.pop(key, None)

    def write_now(self) -> None:
        """Has the store's `put` called soon, even with nothing to write: the store has something of its own."""
        self._asked = True
        self._news.set()

    def write_everything(self) -> None:
        """Has all subjects written again, behind what waits: those who listen for changes hear of each."""
        everything: dict[str, dict[str, Any] | None] = {subject_key(score): score for score in self._everything()}
        self._waiting = everything | self._waiting
        if self._waiting:
            self._idle.clear()
            self._news.set()

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """Ends the task, after what waits was written or `grace_seconds` have passed."""
        if self._task is None:
            return
        if not self.failing:
            # `wait` also returns when the task has died of a bug, which `result` then raises.
            idle = asyncio.ensure_future(self._idle_now())
            await asyncio.wait((idle, self._task), timeout=grace_seconds, return_when=asyncio.FIRST_COMPLETED)
            idle.cancel()
        self._task.cancel()
        await asyncio.wait((self._task,))
        if not self._task.cancelled():
            self._task.result()

    async def _idle_now(self) -> None:
        if self.behind:
            await self._idle.wait()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not self._waiting and not self._asked:
                self._idle.set()
                await self._news_or_check()
            self._asked = False
            began = loop.time()
            await self._write_batch()
            # Rests as long as it wrote: a slow store, or very many scores, never take more than half of the event loop.
            await asyncio.sleep(self._pause() if self.failing else loop.time() - began)

    async def _news_or_check(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(self._check_seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _write_batch(self) -> None:
        keys = [key for key, _ in zip(self._waiting, range(self._batch_subjects), strict=False)]
        self._on_the_way = {key: self._waiting.pop(key) for key in keys}
        scores = [score for score in self._on_the_way.values() if score is not None]
        removed = [key for key, score in self._on_the_way.items() if score is None]
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._store.put(scores, removed)
        except ScoresLost as lost:
            outcome = "lost"
            self._resend_everything(f"{lost}")
        except (StoreUnavailable, TimeoutError) as error:
            outcome = "failed"
            self._failed(error)
        else:
            outcome = "written"
            if self.failing:
                self._resend_everything("it works again")
            self._took(self._on_the_way.keys())
        self._on_the_way = {}
        self._tell(outcome)

    def _failed(self, error: StoreUnavailable | TimeoutError) -> None:
        self.errors += 1
        self._failures_in_a_row += 1
        # What was offered meanwhile is newer.
        self._waiting = self._on_the_way | self._waiting
        if self._failures_in_a_row == 1:
            reason = f"{error}" or f"no answer within {self._timeout_seconds} s"
            _log.warning("score store: %s; the stream goes on, scores are written when it works again", reason)

    def _resend_everything(self, reason: str) -> None:
        self._failures_in_a_row = 0
        self.resendings += 1
        everything: dict[str, dict[str, Any] | None] = {subject_key(score): score for score in self._everything()}
        # What waits is as new or newer, and may be a removal.
        self._waiting = everything | self._waiting
        _log.warning("score store: %s; writing all %d scores anew", reason, len(self._waiting))

    def _pause(self) -> float:
        doubled = self._first_pause_seconds * 2.0 ** min(self._failures_in_a_row - 1, 30)
        return min(doubled, self._longest_pause_seconds)
