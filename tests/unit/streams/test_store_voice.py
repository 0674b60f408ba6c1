"""A partition is said to be wholly in a store once all its subjects were written, however many new scores come meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import cast

from streams.generations import SPEAKER, Speaker, taken_key
from streams.lanes import Lanes
from streams.score_store import MemoryScoreStore
from streams.store_voice import StoreVoice
from streams.store_writer import StoreWriter
from tests.unit.streams.desks import desk_at


class Store(MemoryScoreStore):
    def __init__(self) -> None:
        super().__init__()
        self.spoke: list[int] = []
        self.lets_speak = True

    async def speak(self, epoch: int, partitions: int, before: int) -> bool:  # noqa: ARG002 - the protocol's
        self.spoke.append(epoch)
        return self.lets_speak


class Writer:
    def __init__(self) -> None:
        self.unwritten: set[str] = set()
        self.everything = 0
        self.resendings = 0

    def write_now(self) -> None: ...

    def write_everything(self) -> None:
        self.everything += 1


class Scored:
    def __init__(self, *partitions: int) -> None:
        self.partitions = frozenset(partitions)

    def whole(self) -> frozenset[int]:
        return self.partitions


class Stage:
    """The task with a store, a writer and lanes that are moved by hand."""

    def __init__(self, generation: int = 2) -> None:
        self.desk = desk_at(generation=generation)
        self.store, self.writer, self.lanes = Store(), Writer(), Scored()
        self.voice = StoreVoice(self.store, cast("StoreWriter", self.writer), self.desk, cast("Lanes", self.lanes))

    def look(self, *partitions: int, unwritten: Collection[str] = ()) -> frozenset[int]:
        self.lanes.partitions, self.writer.unwritten = frozenset(partitions), set(unwritten)
        asyncio.run(self.voice.look())
        return self.store.whole_told


def test_a_partition_is_whole_once_what_waited_when_it_was_scored_is_written() -> None:
    stage = Stage()
    assert stage.look(0, unwritten=["rep:a", "rep:b"]) == set()
    stage.voice.took(["rep:a"])
    assert stage.look(0, unwritten=["rep:a", "rep:b"]) == set(), "rep:a is newer, rep:b was never written"
    stage.voice.took(["rep:b"])
    assert stage.look(0, 1, unwritten=["rep:a", "rep:b"]) == {0}


def test_what_a_store_has_lost_is_not_whole_until_it_is_written_again() -> None:
    stage = Stage()
    assert stage.look(0) == {0}
    stage.store.whole_told = frozenset()
    stage.writer.resendings += 1
    assert stage.look(0, unwritten=["rep:a"]) == set()
    stage.voice.took(["rep:a"])
    assert stage.look(0) == {0}


def test_the_store_is_asked_once_all_lanes_have_taken_over_until_it_shows_them() -> None:
    stage = Stage()
    stage.look(0, 1)
    assert stage.store.spoken_since is None
    stage.desk.generations.put(SPEAKER, Speaker(4, 2, 1).value())
    stage.desk.generations.put(taken_key(0), b"4")
    stage.look(0, 1)
    assert stage.store.spoke == []
    stage.desk.generations.put(taken_key(1), b"4")
    stage.store.lets_speak = False
    stage.look(0, 1)
    stage.look(0, 1)
    assert (stage.store.spoke, stage.writer.everything, stage.store.spoken_since) == ([4, 4], 0, 4)
    stage.store.lets_speak = True
    stage.look(0, 1)
    stage.look(0, 1)
    assert (stage.store.spoke, stage.writer.everything) == ([4, 4, 4], 1)


def test_a_generation_that_is_silent_never_asks() -> None:
    stage = Stage(generation=1)
    stage.desk.generations.put(SPEAKER, Speaker(4, 2, 1).value())
    for partition in (0, 1):
        stage.desk.generations.put(taken_key(partition), b"4")
    stage.look(0, 1)
    assert stage.store.spoke == []
