"""Watchers: open pages that are told what changes, as server-sent events. Source: HTML standard, section 9.2.

A page that reads slowly is told the newest state when it reads again, and never a queue that grows: of each subject and each drop
only the last is kept for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any, Final

from streams.board.alert_book import Entry
from streams.codec import to_json

__all__ = ["BEGIN", "MOST_WATCHERS", "Watcher", "Watchers", "event", "wanted"]

MOST_WATCHERS: Final = 100
BEGIN: Final = b"retry: 2000\n: upscore\n\n"
"""What a stream of events begins with: after how many milliseconds a browser asks again."""
_COMMENT: Final = b": still here\n\n"
_COMMENT_SECONDS: Final = 15.0

Wants = Callable[[str], bool]
"""Whether a page wants to know of a subject, by its key."""


def event(name: str, value: Any) -> bytes:
    r"""One event. JSON has no line ends, so its data is one line.

    >>> event("score", {"id": "a\nb"})
    b'event: score\ndata: {"id":"a\\nb"}\n\n'
    """
    return b"event: " + name.encode() + b"\ndata: " + to_json(value) + b"\n\n"


class Watcher:
    """One open page."""

    def __init__(self, wants: Wants) -> None:
        """Nothing has changed yet."""
        self.wants = wants
        self._scores: dict[str, None] = {}
        self._alerts: dict[tuple[str, str], Entry] = {}
        self._stream: dict[str, Any] | None = None
        self._news = asyncio.Event()

    def score_changed(self, subject: str) -> None:
        """Note a subject whose score is another one."""
        self._scores[subject] = None
        self._news.set()

    def alert_told(self, entry: Entry) -> None:
        """Note an alert, in the place of an earlier one of the same drop."""
        self._alerts[entry.subject, entry.metric] = entry
        self._news.set()

    def stream_moved(self, figures: dict[str, Any]) -> None:
        """Note how the stream fares now."""
        self._stream = figures
        self._news.set()

    async def events(
        self, score: Callable[[str], bytes | None], alert: Callable[[Entry], dict[str, Any]]
    ) -> AsyncIterator[bytes]:
        """What is to be written, for ever: all that has changed since the last was taken, or a comment after 15 s without.

        Args:
            score: the event of a subject as it is now; None where it is gone.
            alert: what the event of an alert says.
        """
        yield BEGIN
        while True:
            try:
                await asyncio.wait_for(self._news.wait(), _COMMENT_SECONDS)
            except TimeoutError:
                yield _COMMENT
                continue
            self._news.clear()
            scores, self._scores = self._scores, {}
            alerts, self._alerts = self._alerts, {}
            stream, self._stream = self._stream, None
            told = [found for subject in scores if (found := score(subject)) is not None]
            told += [event("alert", alert(entry)) for entry in alerts.values()]
            if stream is not None:
                told.append(event("stream", stream))
            if told:
                yield b"".join(told)


class Watchers:
    """All open pages of a worker. Called on one event loop."""

    def __init__(self) -> None:
        """Nobody looks on."""
        self._all: set[Watcher] = set()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def add(self, wants: Wants) -> Watcher | None:
        """One more; None where there are as many as may be."""
        if len(self._all) >= MOST_WATCHERS:
            return None
        watcher = Watcher(wants)
        self._all.add(watcher)
        return watcher

    def remove(self, watcher: Watcher) -> None:
        """It looks on no more."""
        self._all.discard(watcher)

    def score_changed(self, subject: str) -> None:
        """Tell those who want to know of a subject."""
        for watcher in self._all:
            if watcher.wants(subject):
                watcher.score_changed(subject)

    def alert_told(self, entry: Entry) -> None:
        """Tell everybody: an open alert is shown on every page."""
        for watcher in self._all:
            watcher.alert_told(entry)

    def stream_moved(self, figures: dict[str, Any]) -> None:
        """Tell everybody."""
        for watcher in self._all:
            watcher.stream_moved(figures)


def wanted(subjects: Collection[str], members_of: Collection[str], belongs: Callable[[str, str], bool]) -> Wants:
    """What a page wants that names subjects and groups: these, and the members of the groups; of none named, every group.

    Args:
        subjects: keys.
        members_of: keys of groups.
        belongs: whether a rep (its id) belongs to a group (its key) now.
    """
    if not subjects and not members_of:
        return lambda subject: not subject.startswith("rep:")
    named = frozenset((*subjects, *members_of))

    def wants(subject: str) -> bool:
        if subject in named:
            return True
        rep_id = subject.removeprefix("rep:")
        return rep_id is not subject and any(belongs(rep_id, group) for group in members_of)

    return wants
