"""Open pages: who is told what, and that nothing grows for a page that does not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from streams.board import watchers as module
from streams.board.alert_book import Entry
from streams.board.watchers import BEGIN, MOST_WATCHERS, Watcher, Watchers, event, wanted

EVERYBODY = ("company:company", "team:t-1", "territory:north", "rep:r-1", "rep:r-2")


def entry(subject: str, metric: str = "csat", as_of: str = "2026-01-01") -> Entry:
    return Entry(subject, metric, as_of, None, 0, b"{}")


def events_of(watcher: Watcher, scores: dict[str, Any]) -> AsyncIterator[bytes]:
    def score(subject: str) -> bytes | None:
        return event("score", scores[subject]) if subject in scores else None

    return watcher.events(score, lambda told: {"of": told.subject, "as_of": told.as_of})


def read(text: bytes) -> list[tuple[str, Any]]:
    parts = [part.split(b"\ndata: ") for part in text.strip().split(b"\n\n")]
    return [(name.removeprefix(b"event: ").decode(), json.loads(data)) for name, data in parts]


def test_a_page_that_does_not_read_is_told_the_newest_of_each_subject_once() -> None:
    async def told() -> bytes:
        watcher, scores = Watcher(lambda _: True), {"rep:r-1": 1, "rep:r-2": 1}
        events = events_of(watcher, scores)
        assert await anext(events) == BEGIN
        for n in range(1_000):
            scores["rep:r-1"] = n
            watcher.score_changed("rep:r-1")
            watcher.score_changed("rep:gone")
            watcher.stream_moved({"rate": n})
            watcher.alert_told(entry("rep:r-1", as_of=f"day {n}"))
        watcher.score_changed("rep:r-2")
        return await anext(events)

    assert read(asyncio.run(told())) == [
        ("score", 999),
        ("score", 1),
        ("alert", {"of": "rep:r-1", "as_of": "day 999"}),
        ("stream", {"rate": 999}),
    ]


def test_a_quiet_stream_has_a_comment_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMMENT_SECONDS", 0.01)

    async def told() -> list[bytes]:
        events = events_of(Watcher(lambda _: True), {})
        return [await anext(events) for _ in range(3)]

    assert asyncio.run(told())[1:] == [b": still here\n\n"] * 2


def test_only_so_many_pages_are_told() -> None:
    async def told() -> None:
        pages = Watchers()
        first = [pages.add(lambda _: True) for _ in range(MOST_WATCHERS)]
        assert None not in first
        assert pages.add(lambda _: True) is None
        assert first[0] is not None
        pages.remove(first[0])
        assert pages.add(lambda _: True) is not None
        assert len(pages) == MOST_WATCHERS

    asyncio.run(told())


@pytest.mark.parametrize(
    ("subjects", "members_of", "expected"),
    [
        ([], [], {"company:company", "team:t-1", "territory:north"}),
        (["rep:r-1"], [], {"rep:r-1"}),
        ([], ["team:t-1"], {"team:t-1", "rep:r-2"}),
        (["rep:r-1", "company:company"], ["team:t-1"], {"rep:r-1", "company:company", "team:t-1", "rep:r-2"}),
    ],
)
def test_a_page_is_told_of_whom_it_names(subjects: list[str], members_of: list[str], expected: set[str]) -> None:
    wants = wanted(subjects, members_of, lambda rep_id, group: (rep_id, group) == ("r-2", "team:t-1"))
    assert {subject for subject in EVERYBODY if wants(subject)} == expected


def test_an_event_is_one_line_whatever_it_says() -> None:
    text = event("score", {"name": "a\n\nevent: alert\r\ndata: {}"})
    assert text.count(b"\n") == 3
    assert b"\r" not in text
