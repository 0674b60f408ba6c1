"""Trimming: what every reader of our own topics is done with is cut off their logs, so that they do not grow for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from kafka.structs import TopicPartition

from streams.admin_client import admin_client
from streams.errors import UpscoreError
from streams.lane import Lane
from streams.settings import Settings

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
ENOUGH_OFFSETS = 10_000
"""Offsets from which on a cut is worth a request."""
_REQUEST_MS = 20_000


class Trimmer:
    """Cuts facts, pane changes and forwarded records below the committed positions of their only readers, the lanes.

    A position that is committed is never gone back behind, not even by the worker that takes a lane over: it begins there. A lane
    that was overtaken and does not know yet only cuts less than its successor might.
    """

    def __init__(self, settings: Settings) -> None:
        """Nothing has been cut yet, as far as this worker knows."""
        self._settings = settings
        self._cut: dict[TopicPartition, int] = {}

    async def trim(self, lanes: Iterable[Lane], enough: int = ENOUGH_OFFSETS) -> dict[TopicPartition, int]:
        """Cut what `lanes` are done with, where it is `enough` offsets; up to where, by topic and partition.

        The broker is asked on a thread of its own. Whatever it refuses is logged, does no harm and is tried again later.
        """
        due: dict[TopicPartition, int] = {}
        for lane in lanes:
            for topic in lane.sources.own_topics:
                place, position = TopicPartition(topic, lane.partition), lane.committed.get(topic, 0)
                if position - self._cut.get(place, 0) >= enough:
                    due[place] = position
        if not due:
            return {}
        try:
            await asyncio.to_thread(self._delete_records, due)
        except (UpscoreError, OSError) as error:
            log.warning("topics of our own could not be trimmed: %s; trying again later", error)
            return {}
        self._cut |= due
        return due

    def _delete_records(self, due: dict[TopicPartition, int]) -> None:
        with admin_client(self._settings) as client:
            client.delete_records(dict(due), timeout_ms=_REQUEST_MS)
