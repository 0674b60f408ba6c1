"""Lanes: which partitions this worker writes for, their supervision, and how frames reach them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from itertools import count
from typing import Any, cast

import faust
from faust.types import TP

from scoring.facts import COMPANY
from scoring.norms import Norms
from scoring.reference import Effect
from streams.beats import next_beat
from streams.cutting import Frame
from streams.desk import Desk
from streams.frames import FrameConsumer
from streams.generation_reader import GenerationReader
from streams.held_panes import Held, held_panes
from streams.hold_ups import HoldUps
from streams.lane import Lane
from streams.lease import Lease
from streams.log_ends import LogEnds
from streams.norms_keeper import NormsKeeper
from streams.open_drops import OpenDrops
from streams.reference_reader import ReferenceReader
from streams.shared_reader import SharedReader
from streams.trimming import EVERY_SECONDS, Trimmer
from streams.watch import Watch

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_LOOKS_A_WAKE = 4
"""Lanes wake by themselves for all that they know of; the day that turns and the like may come so late."""
_COMMIT_SECONDS = 2.0
_END_SECONDS = 3.0


class Lanes:
    """The lanes of one worker."""

    def __init__(self, app: faust.App, desk: Desk) -> None:
        """Set up; `start` and then every assignment make lanes live."""
        self._app = app
        self._desk = desk
        self._lanes: dict[int, Lane] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._own_tasks: list[asyncio.Task[None]] = []
        self._reader = ReferenceReader(desk, self._reference_changed, self._wake_all)
        self._generations = GenerationReader(desk, self._wake_all)
        self._shared = SharedReader(desk, self._norms_changed, self._wake_all)
        self._ends = LogEnds(desk.settings, self._wake_all)
        self._keeper = NormsKeeper(desk, self._offer_norms, lambda: self._company_lane is not None)
        self._watch = Watch(desk, self._lanes, lambda: self._consumer, self._seek_back)
        self._hold_ups = HoldUps()
        desk.metrics.watch_loop(self._hold_ups.longest)
        desk.turns.called = self._wake
        self.lease = Lease(desk.settings.session_seconds)
        """Renewed with each assignment."""
        self._assigned = False
        self._stopping = False
        self._told_group: dict[TP, int] = {}

    async def start(self) -> None:
        """Begin to follow the reference topics and to watch the lanes."""
        self._hold_ups.watch(asyncio.get_running_loop())
        works = (
            self._generations.run(),
            self._reader.run(),
            self._shared.run(),
            self._ends.run(),
            self._keep_norms(),
            self._watch.run(),
            self._wake_regularly(),
            self._commit_regularly(),
            self._trim_regularly(),
        )
        self._own_tasks += map(self._supervised, works)

    async def stop(self) -> None:
        """End all lanes; what they have not committed has not happened."""
        self._stopping = True
        await self._commit_positions()
        for task in self._own_tasks:
            task.cancel()
        await self._end(list(self._lanes))
        await asyncio.gather(*self._own_tasks, return_exceptions=True)
        self._own_tasks = []

    async def submit(self, frame: Frame) -> None:
        """Hand a frame to the lane of its partition; a frame of a partition that is not assigned is dropped."""
        lane = self._lanes.get(frame.partition)
        if lane is not None:
            await lane.submit(frame)

    async def assigned(self, partitions: set[TP]) -> None:
        """Keep the lanes that stay, end those that are lost, begin those that are new; once stopping, begin none.

        A rebalance that ends while the worker stops would begin lanes that fence out those of the workers that go on.
        """
        numbers = {tp.partition for tp in partitions}
        self._assigned = True
        self._told_group = {}
        self._desk.metrics.rebalances.inc()
        await self._end([number for number in self._lanes if number not in numbers])
        self.lease.renew()
        if self._stopping:
            return
        self._consumer.wait_at_broker(short=True)
        for number in sorted(numbers - self._lanes.keys()):
            lane = self._lanes[number] = Lane(number, self._desk, self._seek_back, self._log_ranges, self._ends.ask)
            self._tasks[number] = self._supervised(self._run(lane))

    async def _end(self, numbers: list[int]) -> None:
        """End lanes, after the transactions in the making if these do not take long."""
        lanes = [self._lanes.pop(number) for number in numbers]
        tasks = [self._tasks.pop(number) for number in numbers]
        for lane, task in zip(lanes, tasks, strict=True):
            lane.end()
            if lane.state is None:  # nothing in the making
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_END_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in lanes:
            self._desk.forget(lane.publications.scores.scores)
            self._desk.turns.leave(lane.partition)
            self._desk.improvement.costs.pop(lane.partition, None)
            self._desk.backlog.forget(lane.partition)
            for topic in lane.sources.topics:
                self._desk.metrics.forget_lag(topic, lane.partition)

    async def _run(self, lane: Lane) -> None:
        await self._generations.caught_up.wait()
        await self._reader.caught_up.wait()
        await self._shared.caught_up.wait()  # before: scores would go out by other norms, and then again
        await lane.run()

    def _supervised(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task whose failure is a bug: it ends the worker, which loses nothing, instead of going on without a part."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._desk.failure = error
            self._app.loop.create_task(self._app.crash(error))

    def published(self, *, spoken: bool = False) -> Mapping[str, dict[str, Any]]:
        """The newest published score of every subject that the worker owns; `spoken`: only of those that it speaks of."""
        merged: dict[str, dict[str, Any]] = {}
        for lane in list(self._lanes.values()):
            if lane.speaks or not spoken:
                merged |= lane.publications.scores.scores
        return merged

    def speak(self) -> bool:
        """Whether any of the lanes speaks."""
        return any(lane.speaks for lane in list(self._lanes.values()))

    def whole(self) -> frozenset[int]:
        """The partitions of which all subjects have been scored since they were recovered."""
        return frozenset(number for number, lane in self._lanes.items() if lane.publications.scores.whole)

    def open_drops(self) -> OpenDrops:
        """The open drops of all subjects that the worker owns and speaks of."""
        merged: dict[str, Mapping[str, float]] = {}
        for lane in list(self._lanes.values()):
            if lane.speaks:
                merged |= lane.publications.open_drops
        return merged

    def score_now(self, subject: str) -> dict[str, Any] | None:
        """A subject's score from the state as it is; None if it does not exist or is not owned by this worker."""
        lane = self._lanes.get(self._desk.homes.of_subject(subject))
        return None if lane is None or lane.state is None else lane.publications.scores.score_now(lane.state, subject)

    def standing_now(self, subject: str) -> dict[str, Any] | None:
        """What that score is made of; None likewise."""
        lane = self._lanes.get(self._desk.homes.of_subject(subject))
        return (
            None if lane is None or lane.state is None else lane.publications.scores.standing_now(lane.state, subject)
        )

    def owned(self) -> frozenset[int]:
        """The partitions whose lanes run here; none while it is not sure that they are still its own. Any thread may ask."""
        return frozenset(list(self._lanes)) if self.lease.holds() else frozenset()

    def held_now(self, subject: str) -> Held | None:
        """A copy of a subject's panes, empty where it has none; None if its lane is not here or recovers."""
        lane = self._lanes.get(self._desk.homes.of_subject(subject))
        return None if lane is None or lane.state is None else held_panes(lane.state, subject)

    def obstacles(self) -> list[str]:
        """Why the worker is not ready; empty when it is."""
        if not self._assigned:
            return ["waiting for partitions to be assigned"]
        if not self._reader.caught_up.is_set():
            return ["reading reference records"]
        if not self._generations.caught_up.is_set():
            return ["reading which generation speaks"]
        if not self._shared.caught_up.is_set():
            return ["reading week rows and norms"]
        lanes = list(self._lanes.values())
        recovering = [str(lane.partition) for lane in lanes if lane.state is None]
        stalled = sorted({partition for _, partition in self._watch.stalled})
        reasons = []
        if recovering:
            reasons.append(f"recovering the state of partitions {', '.join(recovering)}")
        if stalled:
            reasons.append(f"partitions {', '.join(map(str, stalled))} stand still while records wait")
        return reasons

    def _reference_changed(self, record_type: str, record_id: str, effect: Effect) -> None:
        for lane in self._lanes.values():
            lane.reference_changed(record_type, record_id, effect)

    def _norms_changed(self) -> None:
        for lane in self._lanes.values():
            lane.norms_changed()

    @property
    def _company_lane(self) -> Lane | None:
        """The lane that owns the company, where it is here and has recovered."""
        lane = self._lanes.get(self._desk.homes.of_subject(COMPANY))
        return None if lane is None or lane.state is None else lane

    def _offer_norms(self, norms: Norms) -> bool:
        lane = self._company_lane
        return lane is not None and lane.offer_norms(norms)

    async def _keep_norms(self) -> None:
        await self._shared.caught_up.wait()
        await self._reader.caught_up.wait()
        await self._keeper.run()

    def _wake(self, partition: int) -> None:
        if (lane := self._lanes.get(partition)) is not None:
            lane.wake()

    def _wake_all(self) -> None:
        for lane in self._lanes.values():
            lane.wake()

    async def _wake_regularly(self) -> None:
        for look in count(1):
            await next_beat(_LOOK_SECONDS)
            self.lease.tick(rebalancing=self._app.rebalancing)
            if look % _LOOKS_A_WAKE == 0:
                self._wake_all()
            self._desk.metrics.ready.set(0 if self.obstacles() else 1)
            metrics, lanes = self._desk.metrics, list(self._lanes.values())
            if lanes:
                self._consumer.wait_at_broker(short=any(lane.state is None for lane in lanes))
            metrics.owned_partitions.set(sum(lane.state is not None for lane in lanes))
            metrics.speaking_partitions.labels(self._desk.settings.generation).set(sum(lane.speaks for lane in lanes))

    @property
    def _consumer(self) -> FrameConsumer:
        return cast("FrameConsumer", self._app.consumer)

    async def _seek_back(self, topic: str, partition: int, offset: int) -> None:
        tp = TP(topic, partition)
        if tp in self._consumer.assignment():
            await self._consumer.seek(tp, offset)

    async def _log_ranges(self, topics: Iterable[str], partition: int) -> dict[str, tuple[int, int]]:
        tps = [TP(topic, partition) for topic in topics]
        starts, ends = await self._consumer.earliest_offsets(*tps), await self._consumer.highwaters(*tps)
        return {tp.topic: (int(starts[tp]), int(ends[tp])) for tp in tps}

    async def _commit_regularly(self) -> None:
        while True:
            await next_beat(_COMMIT_SECONDS)
            await self._commit_positions()

    async def _trim_regularly(self) -> None:
        trimmer = Trimmer(self._desk.settings)
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await trimmer.trim([lane for lane in self._lanes.values() if lane.state is not None])

    async def _commit_positions(self) -> None:
        """Tell the group how far the lanes have come: for lag monitoring alone, the truth is in the state."""
        offsets = {
            TP(topic, lane.partition): lane.state.positions[topic]
            for lane in self._lanes.values()
            if lane.state is not None
            for topic in lane.sources.topics
            if topic in lane.state.positions
        }
        told = self._told_group  # another one after a rebalance, which may have kept the group from taking them
        news = dict(offsets.items() - told.items())
        if news and not self._app.rebalancing:
            await self._consumer.commit_positions(news)
            told |= news
