"""Scorecard note: a worker writes down the scorecard in force once it speaks - a silent generation's is not in force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from streams.beats import next_beat
from streams.desk import Desk
from streams.errors import UpscoreError
from streams.scorecard_log import note_in_force

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_WAIT_AFTER_ERROR_SECONDS = 30.0


class ScorecardNote:
    """A task of a worker."""

    def __init__(self, desk: Desk, speaks: Callable[[], bool]) -> None:
        """Nothing runs before `run`; `speaks` says whether any lane of the worker speaks."""
        self._desk = desk
        self._speaks = speaks

    async def run(self) -> None:
        """Write it down whenever the worker begins to speak, until cancelled. Scores do not wait for it."""
        spoke = False
        while True:
            speaks = self._speaks()
            if speaks and not spoke:
                try:
                    await asyncio.to_thread(note_in_force, self._desk.settings, self._desk.scorecard)
                except UpscoreError as error:
                    log.warning("%s; trying again in %g s", error, _WAIT_AFTER_ERROR_SECONDS)
                    await asyncio.sleep(_WAIT_AFTER_ERROR_SECONDS)
                    continue
            spoke = speaks
            await next_beat(_LOOK_SECONDS)
