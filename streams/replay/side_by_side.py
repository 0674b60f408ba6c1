"""Side by side: the parts of a stage of a replay in processes of their own, or one after the other in this one."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from struct import Struct
from typing import Any, Final, TypeVar

from streams.errors import UpscoreError

T = TypeVar("T")
Advance = Callable[[int], None]
Part = Callable[[Advance], Any]
"""A part of a stage: told how to report what it has done; what it returns must go through a pipe."""

CAN_FORK: Final = sys.platform == "linux"
"""Elsewhere libraries do not survive a fork, and a fresh process would have to be given the whole state."""

_GC_THRESHOLDS: Final = (100_000, 50, 1_000)
_PR_SET_PDEATHSIG: Final = 1
_NUMBER: Final = Struct("<I")
"""What is read of a pipe at once is read by one process alone; so many as 16,384 wait in it."""
_DONE, _ADVANCED, _FAILED, _BROKEN = "done", "advanced", "failed", "broken"


def run(parts: Sequence[Part], advance: Advance) -> list[Any]:
    """What each of the parts returned, in their order: the last one is done here, each of the others by a process of its own.

    Raises:
        UpscoreError: a part raised one.
        RuntimeError: a part in another process raised anything else, or its process died.
    """
    if len(parts) == 1 or not CAN_FORK:
        return [part(advance) for part in parts]
    *others, own = parts
    with _started(others) as pipes:
        told = _Told(pipes, advance)

        def advance_here(count: int) -> None:
            advance(count)
            told.hear()  # how far the others are, and that one has failed

        done_here = own(advance_here)
        return [*told.results(), done_here]


@contextmanager
def _started(parts: Sequence[Part]) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("fork")
    pipes, processes = [], []
    try:
        for part in parts:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(part, theirs, os.getpid()), daemon=True)
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", DeprecationWarning
                )  # numpy's idle threads: they hold no lock that we need
                process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield pipes
    finally:
        for process in processes:
            if process.is_alive() and sys.exc_info()[0] is not None:
                process.terminate()
            process.join()


class _Told:
    """What the processes of some parts tell by their pipes."""

    def __init__(self, pipes: Sequence[Connection], advance: Advance) -> None:
        self._places = {pipe: place for place, pipe in enumerate(pipes)}
        self._advance = advance
        self._results: dict[int, Any] = {}

    def results(self) -> list[Any]:
        """What the parts returned, once all have."""
        while len(self._results) < len(self._places):
            self.hear(None)
        return [self._results[place] for place in range(len(self._places))]

    def hear(self, seconds: float | None = 0) -> None:
        """Take what was told; wait for that long until anybody tells something, None: as long as it takes."""
        for pipe in wait([pipe for pipe, place in self._places.items() if place not in self._results], seconds):
            assert isinstance(pipe, Connection)  # noqa: S101 - nothing else was given
            try:
                kind, told = pipe.recv()
            except EOFError:
                raise RuntimeError(
                    "a process of the replay ended before its work was done; was memory short?"
                ) from None
            if kind == _ADVANCED:
                self._advance(told)
            elif kind == _FAILED:
                raise told
            elif kind == _BROKEN:
                raise RuntimeError(f"a process of the replay failed:\n{told}")
            else:
                self._results[self._places[pipe]] = told


def _work(part: Part, pipe: Connection, parent: int) -> None:
    _die_with(parent)
    try:
        pipe.send((_DONE, part(lambda count: pipe.send((_ADVANCED, count)))))
    except KeyboardInterrupt:
        pass
    except UpscoreError as error:
        pipe.send((_FAILED, error))
    except BaseException:  # noqa: BLE001 - it is raised in the parent
        pipe.send((_BROKEN, traceback.format_exc()))
    finally:
        pipe.close()


def _die_with(parent: int) -> None:
    """Be killed when the parent is: else what it left behind would go on writing to a spool that the next replay goes on from."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended meanwhile
        os._exit(1)


@contextmanager
def calm_collector() -> Iterator[None]:
    """Inside, the garbage collector looks at what is there rarely: nearly nothing goes in cycles, and there is much of it."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def dealt(things: Sequence[T]) -> Iterator[Iterator[T]]:
    """The things, some thousands at most, each for whichever part asks first: where nobody knows which take long.

    Parts that run one after the other leave nothing for the later ones.
    """
    ours, theirs = os.pipe()
    try:
        with os.fdopen(theirs, "wb") as numbers:
            numbers.write(b"".join(map(_NUMBER.pack, range(len(things)))))
        yield (things[_NUMBER.unpack(number)[0]] for number in iter(lambda: os.read(ours, _NUMBER.size), b""))
    finally:
        os.close(ours)


def shares(things: Sequence[Any], count: int) -> list[list[Any]]:
    """The things dealt out to so many at most, none with nothing.

    >>> shares([1, 2, 3, 4, 5], 2), shares([1], 4)
    ([[1, 3, 5], [2, 4]], [[1]])
    """
    return [list(things[start::count]) for start in range(min(count, len(things)))] or [[]]


def even_shares(things: Iterable[Any], count: int, weight: Callable[[Any], int]) -> list[list[Any]]:
    """The things dealt out likewise, the heaviest first and each to whom has least.

    >>> even_shares("abcd", 2, {"a": 1, "b": 5, "c": 3, "d": 2}.__getitem__)
    [['b', 'a'], ['c', 'd']]
    """
    found: list[list[Any]] = [[] for _ in range(max(1, count))]
    heights = [0] * len(found)
    for thing in sorted(things, key=weight, reverse=True):
        place = heights.index(min(heights))
        found[place].append(thing)
        heights[place] += weight(thing)
    return [share for share in found if share] or [[]]
