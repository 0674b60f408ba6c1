"""Frame queue: what waits for a lane, bounded by offsets and bytes, so that a fast source waits and memory does not grow."""

from __future__ import annotations

import asyncio
from collections import deque

from streams.cutting import Frame

_MOST_OFFSETS = 50_000
"""Offsets that wait in a queue from which on its sources are held back."""

_MOST_BYTES = 16_000_000
"""Bytes from which on they are, however few records they are."""


class FrameQueue:
    """Frames in the order in which they came. A closed queue drops what it is given: what counts is read again."""

    def __init__(self, filled: asyncio.Event) -> None:
        """Start closed and empty; `filled` is set when a frame came in, whoever takes them clears it."""
        self.filled = filled
        self._frames: deque[Frame] = deque()
        self._offsets = self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self._open = False

    def __bool__(self) -> bool:
        return bool(self._frames)

    @property
    def offsets(self) -> int:
        """How many offsets the waiting frames cover."""
        return self._offsets

    async def put(self, frame: Frame) -> None:
        """Add a frame; waits while there is no room."""
        await self._room.wait()
        if not self._open:
            return
        self._frames.append(frame)
        self._offsets += len(frame)
        self._bytes += frame.size
        if not self._has_room():
            self._room.clear()
        self.filled.set()

    def take(self) -> Frame:
        """The oldest frame.

        Raises:
            IndexError: the queue is empty.
        """
        frame = self._frames.popleft()
        self._offsets -= len(frame)
        self._bytes -= frame.size
        if self._has_room():
            self._room.set()
        return frame

    def open(self) -> None:
        """Take frames from now on."""
        self._open = True

    def close(self) -> None:
        """Drop what waits, let go whoever waits for room, and take nothing more for now."""
        self._open = False
        self._frames.clear()
        self._offsets = self._bytes = 0
        self._room.set()

    def _has_room(self) -> bool:
        return self._offsets < _MOST_OFFSETS and self._bytes < _MOST_BYTES
