"""NDJSON files to the topics: validated, as fast as Kafka takes the records and as live as a pipe is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, Final, Protocol

from schemas.records import InvalidRecord
from streams.errors import UpscoreError
from streams.publisher import Summary, read_record

__all__ = ["Sender", "UnreadableFile", "publish_file"]

READ_BYTES: Final = 1_000_000
READ_AHEAD: Final = 4
QUIET_SECONDS: Final = 0.2
"""When nothing comes for so long, what has come goes out: the records of a slow pipe are live too."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Sender(Protocol):
    """Takes records; a `Publisher` is one."""

    async def send(self, topic: str, record_id: str, value: bytes) -> None:
        """Take a valid record for the input topic of this logical name."""

    async def flush(self) -> None:
        """Return once everything sent so far is delivered."""


class UnreadableFile(UpscoreError):
    """A file of records cannot be read."""


async def publish_file(
    file: BinaryIO,
    name: str,
    sender: Sender,
    summary: Summary,
    *,
    refused: Callable[[str], None],
    read: Callable[[int], None] = lambda _lines: None,
) -> None:
    """Send the valid records of a file, and count them; blank lines are none.

    Args:
        file: where the lines are, unbuffered if it is a pipe: what is there must not wait for more.
        name: what the remarks call it.
        sender: takes the records; they are delivered when its block ends, or once the file is silent.
        summary: counts what is sent and what is not.
        refused: told of each invalid line, `NAME:LINE: reason: detail`.
        read: told how many more lines were read.

    Raises:
        UnreadableFile: the file broke off.
        PublishFailed: the broker did not take what was sent.
    """
    async for first, lines in _lines(_Chunks(file, name), sender):
        for number, line in enumerate(lines, start=first):
            if not line:
                continue
            try:
                topic, kind, record_id = read_record(line)
            except InvalidRecord as error:
                summary.rejected += 1
                refused(f"{name}:{number}: {error.reason}: {error.detail}")
            else:
                await sender.send(topic, record_id, line)
                summary.published[kind] += 1
        read(len(lines))


async def _lines(chunks: _Chunks, sender: Sender) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Lines as they come, without blanks at their ends, and the number of the first of them."""
    number, rest = 1, b""
    while chunk := await chunks.next(sender):
        *lines, rest = (rest + chunk).split(b"\n")
        if number == 1 and lines:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        yield number, [line.strip() for line in lines]
        number += len(lines)
    yield number, [(rest.removeprefix(_BYTE_ORDER_MARK) if number == 1 else rest).strip()]


class _Chunks:
    """Pieces of a file, read in a thread: a pipe that is silent must not hold up what came before."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._read: asyncio.Queue[bytes | OSError] = asyncio.Queue()
        self._room = threading.Semaphore(READ_AHEAD)
        # A daemon: while it waits for a terminal, it must not hold up the end of the program.
        threading.Thread(target=self._read_all, name=f"read {name}", daemon=True).start()

    async def next(self, sender: Sender) -> bytes:
        """The next piece, empty at the end of the file."""
        while True:
            try:
                chunk = await asyncio.wait_for(self._read.get(), QUIET_SECONDS)
            except TimeoutError:
                await sender.flush()
                continue
            self._room.release()
            if isinstance(chunk, OSError):
                raise UnreadableFile(f"{self._name}: cannot be read: {chunk.strerror}") from chunk
            return chunk

    def _read_all(self) -> None:
        chunk: bytes | OSError = b"-"
        while chunk and not isinstance(chunk, OSError):
            self._room.acquire()
            try:
                chunk = self._file.read(READ_BYTES)
            except OSError as error:
                chunk = error
            try:
                self._loop.call_soon_threadsafe(self._read.put_nowait, chunk)
            except RuntimeError:  # the loop is closed: nobody reads any more
                return
