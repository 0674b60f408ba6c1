"""Subjects that a store holds and nobody publishes are removed, but never one that another worker may have."""

from __future__ import annotations

import asyncio
from typing import Any

from streams.score_store import MemoryScoreStore, StoreUnavailable
from streams.vanished import Vanished


class Store(MemoryScoreStore):
    """A store that may be out of reach, and in which others write while it is looked through."""

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self._scores = {key: {} for key in keys}
        self.cut = False
        self.looks = 0
        self.meanwhile = lambda: None

    async def subjects(self) -> set[str]:
        self.looks += 1
        if self.cut:
            raise StoreUnavailable("the line is cut")
        held = await super().subjects()
        self.meanwhile()
        return held


def home(key: str) -> int:
    """The digit at the end of a key is its partition."""
    return int(key[-1])


class Comparing:
    def __init__(self, store: Store, *published: str) -> None:
        self.published: dict[str, Any] = dict.fromkeys(published)
        self.removed: list[str] = []
        self.vanished = Vanished(store, lambda: self.published, home, self.removed.extend)

    def look(self) -> list[str]:
        self.removed.clear()
        asyncio.run(self.vanished.look())
        return sorted(self.removed)


def test_of_partitions_that_are_ours_what_is_not_published_is_removed() -> None:
    store = Store("rep:a1", "rep:gone1", "team:gone1", "rep:others2")
    worker = Comparing(store, "rep:a1", "rep:new1")
    assert worker.look() == ["rep:gone1", "team:gone1"]


def test_a_partition_is_compared_once_as_long_as_it_stays() -> None:
    store = Store("rep:gone1", "rep:gone2")
    worker = Comparing(store, "rep:a1")
    assert worker.look() == ["rep:gone1"]
    assert worker.look() == []
    assert store.looks == 1
    worker.published["rep:b2"] = None
    assert worker.look() == ["rep:gone2"]
    del worker.published["rep:b2"]
    assert worker.look() == []
    worker.published["rep:b2"] = None
    assert worker.look() == ["rep:gone2"], "it was elsewhere meanwhile"


def test_before_any_partition_is_recovered_nothing_is_removed() -> None:
    store = Store("rep:a1", "rep:b2")
    assert Comparing(store).look() == []
    assert store.looks == 0


def test_what_is_published_or_lost_during_the_look_is_left_alone() -> None:
    store = Store("rep:a1", "rep:late1", "rep:c2", "rep:lost2")
    worker = Comparing(store, "rep:a1", "rep:c2")

    def meanwhile() -> None:
        worker.published = {"rep:a1": None, "rep:late1": None}

    store.meanwhile = meanwhile
    assert worker.look() == []


def test_a_store_out_of_reach_is_asked_again_later() -> None:
    store = Store("rep:gone1")
    store.cut = True
    worker = Comparing(store, "rep:a1")
    assert worker.look() == []
    store.cut = False
    assert worker.look() == ["rep:gone1"]
