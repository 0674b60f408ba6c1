"""Store voice: lets a store show this worker's generation once it speaks, and tells it which partitions are wholly there.

Scores, alerts and decisions never wait for it: a store that is away at a switch shows the generation before, whole, until
it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from streams.beats import next_beat
from streams.desk import Desk
from streams.lanes import Lanes
from streams.score_store import ScoreStore, StoreUnavailable
from streams.store_writer import StoreWriter

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_WAIT_AFTER_ERROR_SECONDS = 2.0


class StoreVoice:
    """A task of a worker."""

    def __init__(self, store: ScoreStore, writer: StoreWriter, desk: Desk, lanes: Lanes) -> None:
        """Nothing runs before `run`."""
        self._store = store
        self._writer = writer
        self._desk = desk
        self._lanes = lanes
        self._shown_since = 0
        self._resendings = 0
        self._left: dict[int, set[str]] = {}
        """By partition all of whose subjects have been scored, those that the store has not had since."""

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await next_beat(_LOOK_SECONDS)
            try:
                await self.look()
            except StoreUnavailable as error:  # if it is away, its writer has said so already
                log.debug("score store: %s", error)
                await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)

    def took(self, subjects: Collection[str]) -> None:
        """The store has had these."""
        for left in self._left.values():
            left.difference_update(subjects)

    def _look_at_whole(self) -> None:
        if (
            self._writer.resendings != self._resendings
        ):  # the store may have lost what it had: everything is on its way again
            self._resendings, self._left = self._writer.resendings, {}
        whole = self._lanes.whole()
        fresh = {number: set(self._writer.unwritten) for number in whole - self._left.keys()}
        self._left = {number: left for number, left in self._left.items() if number in whole} | fresh
        written = frozenset(number for number, left in self._left.items() if not left)
        if written - self._store.whole_told:
            self._store.say_whole(written)
            self._writer.write_now()

    async def look(self) -> None:
        """Say what is whole, and speak if it is time.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        speaker, settings = self._desk.generations.speaker, self._desk.settings
        self._store.spoken_since = speaker.epoch if self._desk.speaks else None
        self._look_at_whole()
        if not self._desk.speaks or self._shown_since >= speaker.epoch:
            return
        if len(self._desk.generations.taken_by(speaker.epoch)) < settings.partitions:
            return
        if await self._store.speak(speaker.epoch, settings.partitions, speaker.before):
            self._shown_since = speaker.epoch
            self._writer.write_everything()
            log.info("score store: readers see generation %d", settings.generation)
