"""Clocked worker: a worker that counts what CPU each of its parts takes, and writes it to the file it is given.

It is the worker as it is, with clocks around some of its methods; they cost under a hundredth of what they measure.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

from mode.threads import WorkerThread

from schemas.topics import ACTIVITIES
from scoring.norms import Norms
from streams import cli, norms_keeper
from streams.cutting import Frame
from streams.drop_publication import DropPublication
from streams.lane import Lane
from streams.lanes import Lanes
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publication import Publication
from streams.readiness import Readiness
from streams.tally import Tally
from streams.week_publication import WeekPublication

ACTIVITY, OTHERS, SUMS = "activities", "deals, leads, customers, feedback, reference", "sums of other lanes"
DOWN, SENT, SCORES = "rows and sums written down", "transactions sent", "scores"
WEEKS, NORMS, READY, ASKED = "week rows", "norms (a thread)", "drops and readiness", "scores asked for over HTTP"
LANES, LOOP, FETCHING, THREADS = "lanes, the rest", "event loop, the rest", "fetching (a thread)", "other threads"
PARTS: Final = (
    ACTIVITY,
    OTHERS,
    SUMS,
    DOWN,
    SENT,
    SCORES,
    WEEKS,
    NORMS,
    READY,
    ASKED,
    LANES,
    LOOP,
    FETCHING,
    THREADS,
)
"""All that there is, in the order of the way of a record; together they are the process."""

_TELL_SECONDS: Final = 0.1
_FIRST_RECORDS: Final = 50
"""A frame of an input with more of them is where the clocks start: what comes before is the worker's start."""


class Clocks:
    """Seconds of CPU by part on the thread of the lanes; what a part does within another counts for the inner one."""

    def __init__(self) -> None:
        """Nothing counts before `start`."""
        self.seconds: Counter[str] = Counter()
        self.times: Counter[str] = Counter()
        """How often each part was done."""
        self.is_running = False
        self._inner = [0.0]
        self._before: dict[str, float] = {}

    def start(self) -> None:
        """Count from here on."""
        self.seconds.clear()
        self.times.clear()
        self._before = _by_thread()
        self.is_running = True

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Count for this part what the block takes."""
        before = time.thread_time()
        self._inner.append(0.0)
        try:
            yield
        finally:
            spent = time.thread_time() - before
            self.seconds[part] += spent - self._inner.pop()
            self._inner[-1] += spent

    def told(self) -> dict[str, tuple[float, int]]:
        """Seconds of each part so far, and how often it was done."""
        taken = {name: seconds - self._before[name] for name, seconds in _by_thread().items()}
        seconds = dict(self.seconds)
        norms = seconds.pop(NORMS, 0.0)
        seconds[LOOP] = taken[LOOP] - sum(seconds.values())
        seconds[NORMS], seconds[FETCHING] = norms, taken[FETCHING]
        seconds[THREADS] = taken[THREADS] - taken[LOOP] - taken[FETCHING] - norms
        return {part: (seconds.get(part, 0.0), self.times[part]) for part in PARTS}


def _by_thread() -> dict[str, float]:
    """Seconds of CPU so far: of the main thread, of the one that fetches, of all together."""
    fetching = sum(_taken_by(thread) for thread in threading.enumerate() if isinstance(thread, WorkerThread))
    return {LOOP: _taken_by(threading.main_thread()), FETCHING: fetching, THREADS: time.process_time()}


def _taken_by(thread: threading.Thread) -> float:
    return 0.0 if thread.ident is None else time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


def _whole(clocks: Clocks, of: type, name: str, part: str) -> None:
    """Put a clock around a method."""
    method = getattr(of, name)

    @wraps(method)
    def clocked(*arguments: Any, **named: Any) -> Any:
        clocks.times[part] += 1
        with clocks.within(part):
            return method(*arguments, **named)

    setattr(of, name, clocked)


def _stepwise(clocks: Clocks, of: type, name: str, part: Callable[..., str]) -> None:
    """Put a clock around each step of a method that is a generator: what others do between two steps is theirs."""
    method = getattr(of, name)

    @wraps(method)
    def clocked(*arguments: Any, **named: Any) -> Generator[None]:
        steps, now = method(*arguments, **named), part(*arguments)
        clocks.times[now] += 1
        while True:
            with clocks.within(now):
                try:
                    next(steps)
                except StopIteration:
                    return
            yield

    setattr(of, name, clocked)


class _Awaited:
    """A coroutine with a clock around each of its steps."""

    def __init__(self, clocks: Clocks, coroutine: Any, part: str) -> None:
        self._clocks, self._coroutine, self._part = clocks, coroutine, part

    def __await__(self) -> Generator[Any, Any, Any]:
        resume, given = self._coroutine.send, None
        while True:
            with self._clocks.within(self._part):
                try:
                    waits_for = resume(given)
                except StopIteration as end:
                    return end.value
            try:
                resume, given = self._coroutine.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001 - a cancellation, too, is the coroutine's
                resume, given = self._coroutine.throw, error


def _awaited(clocks: Clocks, of: type, name: str, part: str) -> None:
    """Put a clock around each step of a method that is awaited."""
    method = getattr(of, name)

    @wraps(method)
    async def clocked(*arguments: Any) -> Any:
        clocks.times[part] += 1
        return await _Awaited(clocks, method(*arguments), part)

    setattr(of, name, clocked)


def _part_of(clocks: Clocks, state: PartitionState, frame: Frame, _: Outbox, __: Tally) -> str:
    """Of which part a frame is; the first with many records of an input starts the clocks."""
    topic = state._desk.names.inputs.get(frame.topic)  # noqa: SLF001 - asked from outside, for the measurement alone
    if topic is None:
        return SUMS
    if not clocks.is_running and len(frame) > _FIRST_RECORDS:
        clocks.start()
    return ACTIVITY if topic == ACTIVITIES else OTHERS


def put_around(clocks: Clocks) -> None:
    """Put clocks around the parts of a worker."""
    _stepwise(clocks, PartitionState, "take", lambda *arguments: _part_of(clocks, *arguments))
    _whole(clocks, PartitionState, "apply_facts", SUMS)
    _whole(clocks, PartitionState, "write_down", DOWN)
    _awaited(clocks, Lane, "_commit", SENT)
    for of, part in ((Publication, SCORES), (WeekPublication, WEEKS), (DropPublication, READY), (Readiness, READY)):
        _stepwise(clocks, of, "compute", lambda *_, part=part: part)
    _whole(clocks, Publication, "score_now", ASKED)
    _awaited(clocks, Lanes, "_run", LANES)
    norms_on = norms_keeper.norms_on

    def clocked(*arguments: Any) -> Norms:
        before = time.thread_time()
        try:
            return norms_on(*arguments)
        finally:
            clocks.seconds[NORMS] += time.thread_time() - before
            clocks.times[NORMS] += 1

    norms_keeper.norms_on = clocked


def _tell(clocks: Clocks, path: Path) -> None:
    while True:
        time.sleep(_TELL_SECONDS)
        if clocks.is_running:
            fresh = path.with_suffix(".fresh")
            fresh.write_text(json.dumps(clocks.told()))
            fresh.replace(path)


def main() -> int:
    """Run a worker with clocks."""
    clocks = Clocks()
    put_around(clocks)
    threading.Thread(target=_tell, args=(clocks, Path(sys.argv[1])), daemon=True).start()
    return cli.main(["worker"])


if __name__ == "__main__":
    sys.exit(main())
