"""Vanished subjects: what a store still holds of subjects that exist no more.

A worker that ends between withdrawing a score and writing that to the store leaves it there, and so does a store that was out
of reach at that moment: after a restart nobody remembers it. So a worker that has taken over partitions compares once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from streams.score_store import ScoreStore, StoreUnavailable

_EVERY_SECONDS = 15.0

_log = logging.getLogger(__name__)


class Vanished:
    """Compares what the store holds of each partition, once it is this worker's, with what is published.

    Args:
        store: where scores are written.
        published: the newest published scores of all owned subjects; a partition has all of its scores or, until it is
            recovered, none.
        home: the partition of a subject.
        remove: takes keys of subjects to be removed from the store.
    """

    def __init__(
        self,
        store: ScoreStore,
        published: Callable[[], Mapping[str, Any]],
        home: Callable[[str], int],
        remove: Callable[[Iterable[str]], None],
    ) -> None:
        """Nothing runs before `run`."""
        self._store = store
        self._published = published
        self._home = home
        self._remove = remove
        self._compared: set[int] = set()

    async def run(self) -> None:
        """Looks every 15 s, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Compares partitions that came to this worker since the last look; while the store fails, the next look does."""
        owned = {self._home(key) for key in self._published()}
        self._compared &= owned
        if owned <= self._compared:
            return
        try:
            held = await self._store.subjects()
        except StoreUnavailable:
            return  # its writer has said so already
        published = self._published()  # again: partitions may have come and gone meanwhile
        owned &= {self._home(key) for key in published}
        gone = [key for key in held if key not in published and self._home(key) in owned - self._compared]
        self._compared |= owned
        if gone:
            _log.info("score store: removing %d subjects that exist no more", len(gone))
            self._remove(gone)
