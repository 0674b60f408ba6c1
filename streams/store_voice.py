"""Store voice: lets a store show this worker's generation once it speaks, and tells it which partitions are wholly there.

Scores, alerts and decisions never wait for it: a store that is away at a switch shows the generation before, whole, until
it is back.
"""

from __future__ import annotations

import asyncio
import logging

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

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.look()
            except StoreUnavailable:  # its writer has said so already
                await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)

    async def look(self) -> None:
        """Say what is whole, and speak if it is time.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        speaker, settings = self._desk.generations.speaker, self._desk.settings
        self._store.spoken_since = speaker.epoch if self._desk.speaks else None
        whole = self._lanes.whole()
        if not self._writer.behind and whole - self._store.whole_told:
            self._store.say_whole(whole)
            self._writer.write_now()
        if not self._desk.speaks or self._shown_since >= speaker.epoch:
            return
        if len(self._desk.generations.taken_by(speaker.epoch)) < settings.partitions:
            return
        if await self._store.speak(speaker.epoch, settings.partitions, speaker.before):
            self._shown_since = speaker.epoch
            self._writer.write_everything()
            log.info("score store: readers see generation %d", settings.generation)
