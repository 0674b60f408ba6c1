"""Announcement: where the board is and whom to watch, said once that can be opened and not before."""

from __future__ import annotations

from collections.abc import Callable

from streams.demo.board_page import link
from streams.demo.figures import Snapshot
from streams.demo.scene import Scene

__all__ = ["Announcement"]


class Announcement:
    """Says the worker's addresses with its first answer, and the page of each subject to watch once it is known there.

    Args:
        scene: who is watched.
        url: the worker's address, without a slash at the end.
        say: shows one line.
    """

    def __init__(self, scene: Scene, url: str, say: Callable[[str], None]) -> None:
        self._url = url
        self._say = say
        self._waiting = dict(scene.watched)
        self._greeted = False

    def take(self, snapshot: Snapshot) -> None:
        """Take what the worker has answered."""
        if not self._greeted:
            self._greeted = True
            self._say(f"board {self._url}/   metrics {self._url}/metrics   API {self._url}/api/v1/scores")
        for key in [key for key in self._waiting if key in snapshot.rows]:
            self._say(f"{self._waiting.pop(key)}: open {link(self._url, key)}")
