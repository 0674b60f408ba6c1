"""Watch: looks after lanes from outside - lost last frames, stalls, lag, topics that were made anew."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streams import topic_admin
from streams.beats import next_beat
from streams.desk import Desk
from streams.errors import StreamStalled, UpscoreError
from streams.frames import FrameConsumer
from streams.kafka_clients import reader
from streams.lane import Lane
from streams.lane_sources import SeekBack
from streams.stalls import LIMIT_SECONDS, Place, StallWatch

log = logging.getLogger(__name__)

WATCH_SECONDS: Final = 2.0
_TOPICS_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 5.0


class Watch:
    """Looks at all lanes every two seconds."""

    def __init__(
        self, desk: Desk, lanes: Mapping[int, Lane], consumer: Callable[[], FrameConsumer], seek_back: SeekBack
    ) -> None:
        """Set up; `run` begins.

        Args:
            desk: what the lanes share.
            lanes: those that this worker owns, by partition; it may change.
            consumer: what fetches for them.
            seek_back: sets a source back to an offset.
        """
        self.stalled: dict[Place, float] = {}
        """Topic and partition of every stall, and its age in seconds."""
        self._desk = desk
        self._lanes = lanes
        self._consumer = consumer
        self._seek_back = seek_back
        self._stalls = StallWatch()
        self._suspects: dict[Place, int] = {}
        self._topics_at = time.monotonic()

    async def run(self) -> None:
        """Look until cancelled; while the broker is away, nothing is judged.

        Raises:
            StreamStalled: a partition stands still for so long that another worker should have it.
        """
        while True:
            try:
                async with reader(self._desk.settings, []) as client:
                    while True:
                        await next_beat(WATCH_SECONDS)
                        await self._read_lost_frames_again()
                        await self._look_for_stalls(client)
                        await self._look_at_topics()
            except (KafkaError, OSError, TimeoutError) as error:
                log.debug("watching: %r; trying again", error)
                await asyncio.sleep(WATCH_SECONDS)

    async def _read_lost_frames_again(self) -> None:
        """Set back a source whose consumer stands beyond an idle lane's position: the last frame was lost on the way."""
        found: dict[Place, int] = {}
        for lane in list(self._lanes.values()):
            if lane.state is not None and lane.is_idle:
                for topic in lane.sources.topics:
                    position = lane.state.positions.get(topic, 0)
                    fetched = self._consumer().fetch_position(TP(topic, lane.partition))
                    if fetched is not None and fetched > position:
                        found[topic, lane.partition] = position
        for place, position in found.items():
            if self._suspects.get(place) == position:
                self._desk.metrics.seek_backs.inc()
                await self._seek_back(*place, position)
        self._suspects = found

    async def _look_for_stalls(self, client: AIOKafkaConsumer) -> None:
        lanes = [lane for lane in self._lanes.values() if lane.state is not None]
        partitions = [TopicPartition(topic, lane.partition) for lane in lanes for topic in lane.sources.topics]
        ends = await asyncio.wait_for(client.end_offsets(partitions), _ANSWER_SECONDS) if partitions else {}
        places: dict[Place, tuple[int, int]] = {}
        for lane in lanes:
            if lane.state is not None:  # it may have begun to recover meanwhile
                for topic in lane.sources.topics:
                    end = ends[TopicPartition(topic, lane.partition)]
                    position = lane.state.positions.get(topic, 0)
                    places[topic, lane.partition] = (position, end)
                    self._desk.metrics.position_lag.labels(topic, lane.partition).set(max(0, end - position))
        stalled = self._stalls.look(places, time.monotonic())
        for place in stalled.keys() - self.stalled.keys():
            log.warning("%s[%d] stands still at %d while the log ends at %d", *place, *places[place])
        for place in stalled:  # a fetch from the position anew may be all that it takes
            await self._seek_back(*place, places[place][0])
        self.stalled = stalled
        self._desk.metrics.stalled.set(len({partition for _, partition in stalled}))
        if stalled and max(stalled.values()) > LIMIT_SECONDS:
            place = max(stalled, key=lambda place: stalled[place])
            position, end = places[place]
            raise StreamStalled(
                f"{place[0]}[{place[1]}] stands still at {position} for {stalled[place]:.0f} s while the log ends at {end}: "
                "the worker ends, nothing is lost; start it again"
            )

    async def _look_at_topics(self) -> None:
        """Let lanes start over that read a topic which was deleted and made anew since."""
        if time.monotonic() - self._topics_at < _TOPICS_SECONDS:
            return
        self._topics_at = time.monotonic()
        try:
            ids = await asyncio.to_thread(topic_admin.topic_ids, self._desk.settings)
        except UpscoreError as error:  # the broker is away, which others say loudly enough
            log.debug("looking at topics: %s", error)
            return
        if any(ids.get(topic, known) != known for topic, known in self._desk.topic_ids.items()):
            log.warning("a topic was deleted and made anew: lanes start over")
            self._desk.topic_ids = ids
            for lane in list(self._lanes.values()):
                lane.start_over()
