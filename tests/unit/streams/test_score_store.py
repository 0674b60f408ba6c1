from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from streams.errors import SettingsError
from streams.redis_store import RedisScoreStore, create_score_store
from streams.score_store import MemoryScoreStore, ScoresLost, StoreUnavailable
from streams.settings import Settings
from streams.store_writer import StoreWriter

SECONDS = 10.0


class DistantStore(MemoryScoreStore):
    """A memory store behind a line that can be cut or be slow, and that may lose what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.cut = False
        self.emptied = False
        self.line = asyncio.Event()
        self.line.set()
        self.batches: list[tuple[list[str], list[str]]] = []
        self.tries = 0

    async def put(self, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> None:
        self.tries += 1
        await self.line.wait()
        if self.cut:
            raise StoreUnavailable("the line is cut")
        self.batches.append(([score["id"] for score in scores], list(removed)))
        await super().put(scores, removed)
        if self.emptied:
            self.emptied = False
            raise ScoresLost("it was emptied")

    def lose_everything(self) -> None:
        self._scores.clear()
        self.emptied = True

    async def shows(self, **figures: float | None) -> bool:
        held = {name: await self.get(f"rep:{name}") for name in figures}
        return {name: score and score["score"] for name, score in held.items()} == figures


def score_of(subject_id: str, score: float) -> dict[str, Any]:
    return {"subject": "rep", "id": subject_id, "score": score, "metrics": {}}


async def until(condition: Callable[[], bool]) -> None:
    """Gives the event loop its turns until the condition holds."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds
            await asyncio.sleep(0.001)


async def until_shown(store: DistantStore, **figures: float | None) -> None:
    async with asyncio.timeout(SECONDS):
        while not await store.shows(**figures):  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.001)


def writing(
    store: DistantStore, everything: Callable[[], list[dict[str, Any]]] = list, **options: Any
) -> AbstractAsyncContextManager[StoreWriter]:
    @asynccontextmanager
    async def running() -> Any:
        quick: dict[str, Any] = {"first_pause_seconds": 0.001, "longest_pause_seconds": 0.01}
        writer = StoreWriter(store, everything, **(quick | options))
        writer.start()
        try:
            yield writer
        finally:
            store.line.set()
            await writer.stop()

    return running()


def run(scenario: Callable[[DistantStore], Coroutine[Any, Any, None]]) -> None:
    async def with_store() -> None:
        await scenario(DistantStore())

    asyncio.run(with_store())


def test_offered_scores_and_removals_reach_the_store():
    async def scenario(store: DistantStore) -> None:
        async with writing(store) as writer:
            writer.offer([score_of("a", 1.0), score_of("b", 2.0)])
            await until_shown(store, a=1.0, b=2.0)
            writer.offer([score_of("a", 3.0)], removed=["rep:b"])
            await until_shown(store, a=3.0, b=None)
            await until(lambda: writer.behind == 0)

    run(scenario)


def test_of_many_offers_while_the_store_is_busy_only_the_newest_is_written():
    async def scenario(store: DistantStore) -> None:
        store.line.clear()
        async with writing(store) as writer:
            writer.offer([score_of("a", 0.0)])
            await until(lambda: store.tries == 1)
            for value in range(1, 1000):
                writer.offer([score_of("a", float(value)), score_of("b", float(value))])
                assert writer.behind == 2
            store.line.set()
            await until_shown(store, a=999.0, b=999.0)
            assert store.batches == [(["a"], []), (["a", "b"], [])]

    run(scenario)


def test_a_batch_is_limited_and_all_batches_are_written():
    async def scenario(store: DistantStore) -> None:
        async with writing(store, batch_subjects=100) as writer:
            writer.offer([score_of(f"{number}", 1.0) for number in range(250)])
            await until(lambda: writer.behind == 0)
            assert [len(written) for written, _ in store.batches] == [100, 100, 50]

    run(scenario)


def test_during_an_outage_the_newest_are_kept_and_the_log_says_it_once(caplog: pytest.LogCaptureFixture):
    async def scenario(store: DistantStore) -> None:
        store.cut = True
        async with writing(store, tell=told.append) as writer:
            writer.offer([score_of("a", 1.0), score_of("b", 1.0), score_of("c", 1.0)])
            await until(lambda: writer.errors >= 3)
            writer.offer([score_of("a", 2.0)], removed=["rep:b"])
            failures = writer.errors
            await until(lambda: writer.errors >= failures + 3)
            assert (writer.behind, writer.failing) == (3, True)
            store.cut = False
            await until_shown(store, a=2.0, b=None, c=1.0)
            await until(lambda: not writer.failing)

    told: list[str] = []
    with caplog.at_level(logging.WARNING):
        run(scenario)
    assert set(told[:6]) == {"failed"}
    assert told[-1] == "written"
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "score store: the line is cut",
        "score store: it works again",
    ]


def test_what_is_offered_during_a_write_that_fails_is_not_undone_by_its_repetition():
    async def scenario(store: DistantStore) -> None:
        store.cut = True
        store.line.clear()
        async with writing(store) as writer:
            writer.offer([score_of("a", 1.0), score_of("b", 1.0), score_of("c", 1.0)])
            await until(lambda: store.tries == 1)
            writer.offer([score_of("a", 2.0)], removed=["rep:b"])
            store.line.set()
            await until(lambda: writer.errors == 1)
            store.cut = False
            await until(lambda: writer.behind == 0)
            assert await store.shows(a=2.0, b=None, c=1.0)

    run(scenario)


def test_pauses_grow_up_to_the_longest():
    async def scenario(store: DistantStore) -> None:
        store.cut = True
        async with writing(store, first_pause_seconds=0.02, longest_pause_seconds=0.08) as writer:
            writer.offer([score_of("a", 1.0)])
            began = asyncio.get_running_loop().time()
            await until(lambda: writer.errors == 5)
            taken = asyncio.get_running_loop().time() - began
            assert taken >= 0.02 + 0.04 + 0.08 + 0.08

    run(scenario)


def test_after_an_outage_everything_is_written_anew_with_what_changed_meanwhile():
    published = {name: score_of(name, 1.0) for name in ("a", "b", "gone", "idle")}

    async def scenario(store: DistantStore) -> None:
        async with writing(store, everything=lambda: list(published.values())) as writer:
            writer.offer(published.values())
            await until(lambda: writer.behind == 0)
            store.cut = True
            published["a"] = score_of("a", 2.0)
            writer.offer([published["a"]])
            await until(lambda: writer.failing)
            store.lose_everything()
            store.emptied = False  # this store does not notice: the outage alone must be enough
            del published["gone"]
            writer.offer([], removed=["rep:gone"])
            store.cut = False
            await until_shown(store, a=2.0, b=1.0, gone=None, idle=1.0)

    run(scenario)


def test_writing_everything_anew_never_undoes_what_waits():
    behind_the_times = [score_of("a", 1.0), score_of("gone", 1.0)]

    async def scenario(store: DistantStore) -> None:
        async with writing(store, everything=lambda: behind_the_times) as writer:
            store.line.clear()
            store.emptied = True
            writer.offer([score_of("x", 1.0)])
            await until(lambda: store.tries == 1)
            writer.offer([score_of("a", 2.0)], removed=["rep:gone"])
            store.line.set()
            await until(lambda: writer.behind == 0)
            assert await store.shows(x=1.0, a=2.0, gone=None)

    run(scenario)


def test_a_store_that_lost_its_data_without_an_outage_is_filled_again(caplog: pytest.LogCaptureFixture):
    published = [score_of("a", 1.0), score_of("b", 2.0)]

    async def scenario(store: DistantStore) -> None:
        told: list[str] = []
        async with writing(store, lambda: published, check_seconds=0.01, tell=told.append) as writer:
            writer.offer(published)
            await until_shown(store, a=1.0, b=2.0)
            store.lose_everything()
            await until_shown(store, a=1.0, b=2.0)  # though nothing was offered
            assert writer.errors == 0
        assert set(told) == {"written", "lost"}
        assert told.count("lost") == 1

    with caplog.at_level(logging.WARNING):
        run(scenario)
    assert [record.getMessage() for record in caplog.records] == [
        "score store: it was emptied; writing all 2 scores anew"
    ]


def test_a_store_that_never_answers_is_given_up_and_tried_again(caplog: pytest.LogCaptureFixture):
    async def scenario(store: DistantStore) -> None:
        store.line.clear()
        async with writing(store, timeout_seconds=0.01) as writer:
            writer.offer([score_of("a", 1.0)])
            await until(lambda: writer.errors >= 2)
            assert writer.behind == 1
            store.line.set()
            await until_shown(store, a=1.0)

    with caplog.at_level(logging.WARNING):
        run(scenario)
    assert "no answer within 0.01 s" in caplog.records[0].getMessage()


def test_forgotten_subjects_are_not_written_even_after_a_failure():
    async def scenario(store: DistantStore) -> None:
        store.cut = True
        store.line.clear()
        async with writing(store) as writer:
            writer.offer([score_of("kept", 1.0), score_of("lost", 1.0)])
            await until(lambda: store.tries == 1)
            writer.offer([score_of("also-lost", 1.0)])
            writer.forget(["rep:lost", "rep:also-lost", "rep:never-seen"])
            store.line.set()
            await until(lambda: writer.errors >= 2)
            store.cut = False
            await until_shown(store, kept=1.0)
            await until(lambda: writer.behind == 0)
            assert await store.get("rep:lost") is None
            assert await store.get("rep:also-lost") is None

    run(scenario)


def test_stop_writes_what_waits():
    async def scenario(store: DistantStore) -> None:
        writer = StoreWriter(store, list)
        writer.start()
        writer.offer([score_of("a", 1.0)])
        await writer.stop()
        assert await store.shows(a=1.0)
        writer.offer([score_of("a", 2.0)])  # nothing happens any more, and nothing breaks

    run(scenario)


@pytest.mark.parametrize("cut", [True, False])
def test_stop_does_not_wait_for_a_store_that_does_not_take_it(cut: bool):  # noqa: FBT001 - a parameter of the test
    async def scenario(store: DistantStore) -> None:
        writer = StoreWriter(store, list, first_pause_seconds=3600)
        store.cut = cut
        if not cut:
            store.line.clear()
        writer.start()
        writer.offer([score_of("a", 1.0)])
        await until(lambda: writer.failing if cut else store.tries == 1)
        async with asyncio.timeout(SECONDS):
            await writer.stop(grace_seconds=0.01)

    run(scenario)


def test_a_bug_in_the_writer_comes_out_at_the_next_offer():
    async def scenario(store: DistantStore) -> None:
        def broken() -> list[dict[str, Any]]:
            raise RuntimeError("a bug")

        writer = StoreWriter(store, broken, check_seconds=0.001)
        store.emptied = True
        writer.start()

        def bug_shows() -> bool:
            try:
                writer.offer([])
            except RuntimeError:
                return True
            return False

        await until(bug_shows)
        with pytest.raises(RuntimeError, match="a bug"):
            await writer.stop()

    run(scenario)


def test_the_settings_choose_the_store():
    assert isinstance(create_score_store(Settings()), MemoryScoreStore)
    assert isinstance(create_score_store(Settings(redis_url="rediss://cache:6380/1")), RedisScoreStore)


@pytest.mark.parametrize(
    "url",
    [
        "http://:hunter2@cache:6379",
        "redis://:hunter2#x@cache:6379",
        "redis://:hunter2@cache:port",
        "redis://cache:6379/0?hunter2=1",
        "redis://cache:6379/0?socket_timeout=hunter2",
        "hunter2",
    ],
)
def test_a_wrong_redis_url_is_refused_without_showing_it(url: str):
    with pytest.raises(SettingsError, match="UPSCORE_REDIS_URL is not the URL of a Redis") as refused:
        create_score_store(Settings(redis_url=url))
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__
