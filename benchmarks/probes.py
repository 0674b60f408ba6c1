"""Probes: single records of reps of their own, and when each is seen in the API, on the topic of scores and on /metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import count
from random import Random
from typing import Final, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from benchmarks.paced import Sender
from schemas.topics import SCORES
from streams.codec import from_json
from streams.settings import Settings
from tests.side_thread import side_thread

STATE, TOPIC, METRICS = "state", "topic", "metrics"
REPS: Final = 20
_STATE_POLL_SECONDS: Final = 0.01
_METRICS_POLL_SECONDS: Final = 0.1
_LOST_SECONDS: Final = 60.0


class Seen(NamedTuple):
    """Where a probe was seen, and how many seconds after it was sent."""

    where: str
    seconds: float


class Probes:
    """Sends calls of the reps `p-0` .. `p-19`, one after the other, and watches their counts.

    Args:
        addresses: of the workers that are there, asked anew each time: a rep is answered by whoever owns it.
    """

    def __init__(self, settings: Settings, addresses: Callable[[], list[str]]) -> None:
        """Nothing is sent; what was counted of these reps before is known after the first of each."""
        self._settings = settings
        self._addresses = addresses
        self._sender = Sender(settings)
        self._scores = _at_the_end(settings)
        self._dice = Random(1)
        self._calls = dict.fromkeys((f"p-{number}" for number in range(REPS)), 0)
        self._waiting: dict[str, dict[tuple[str, int], float]] = {STATE: {}, TOPIC: {}, METRICS: {}}
        """When the call that makes so many of a rep was sent, as long as it is not seen."""
        self._lock = threading.Lock()
        self._found: list[Seen] = []

    def warm_up(self) -> None:
        """One call of each rep: all of them are there afterwards."""
        with self._watching():
            for rep in self._calls:
                self._send(rep)
            self._wait_until_seen()

    def measure(self, seconds: float) -> list[Seen]:
        """What is seen of probes that are sent for so long, about four a second, at moments that are not even.

        They are sent whether the ones before are seen or not, so that a bad second has as many as a good one.

        Raises:
            RuntimeError: one of them was not seen within a minute.
        """
        self._found = []
        until = time.perf_counter() + seconds
        with self._watching():
            for number in count():
                if time.perf_counter() > until:
                    break
                self._send(f"p-{number % REPS}")
                time.sleep(0.15 + 0.2 * self._dice.random())
            self._wait_until_seen()
        return self._found

    def _send(self, rep: str) -> None:
        self._calls[rep] += 1
        now = time.perf_counter()
        with self._lock:
            for waiting in self._waiting.values():
                waiting[rep, self._calls[rep]] = now
        self._sender.send(rep)

    def _wait_until_seen(self) -> None:
        self._sender.flush()
        deadline = time.perf_counter() + _LOST_SECONDS
        while any(self._waiting.values()):
            if time.perf_counter() > deadline:
                raise RuntimeError(f"probes that were not seen within {_LOST_SECONDS:.0f} s: {self._waiting}")
            time.sleep(_METRICS_POLL_SECONDS)

    def _counted(self, where: str, rep: str, calls: int) -> None:
        """All probes of a rep up to that number are in."""
        now = time.perf_counter()
        with self._lock:
            waiting = self._waiting[where]
            for key in [key for key in waiting if key[0] == rep and key[1] <= calls]:
                self._found.append(Seen(where, now - waiting.pop(key)))

    def _watch_state(self) -> Generator[None, None, None]:
        while True:
            with self._lock:
                reps = {rep for rep, _ in self._waiting[STATE]}
            for rep in reps:
                self._counted(STATE, rep, self._calls_by_api(rep))
            yield
            time.sleep(_STATE_POLL_SECONDS)

    def _calls_by_api(self, rep: str) -> int:
        for address in self._addresses():
            status, body = _get(address, f"/api/v1/scores/rep/{rep}")
            if status == 200:
                return int(from_json(body)["metrics"]["calls"]["windows"]["7d"]["n"])
        return 0

    def _watch_topic(self) -> Generator[None, None, None]:
        while True:
            message = self._scores.poll(0.05)
            if message is not None and not message.error() and (message.key() or b"").startswith(b"rep:p-"):
                score = from_json(message.value())
                self._counted(TOPIC, score["id"], score["metrics"]["calls"]["windows"]["7d"]["n"])
            yield

    def _watch_metrics(self) -> Generator[None, None, None]:
        while True:
            for address in self._addresses():
                text = _get(address, "/metrics?name[]=sales_rep_metric")[1].decode()
                for line in text.splitlines():
                    if 'rep="p-' in line and 'metric="calls"' in line and 'window="28d"' in line:
                        rep = line.split('rep="')[1].split('"')[0]
                        self._counted(METRICS, rep, round(float(line.rpartition(" ")[2])))
            yield
            time.sleep(_METRICS_POLL_SECONDS)

    @contextmanager
    def _watching(self) -> Iterator[None]:
        with ExitStack() as watchers:
            for watch in (self._watch_state(), self._watch_topic(), self._watch_metrics()):
                stopping = threading.Event()
                watchers.enter_context(side_thread(partial(_go_on, watch, stopping), stopping))
            yield


def _at_the_end(settings: Settings) -> Consumer:
    """A consumer of the topic of scores that has read whatever is there now."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.broker,
            "group.id": "probes",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 10,
        }
    )
    topic = settings.topic_prefix + SCORES
    ends = []
    for number in range(settings.partitions):
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_LOST_SECONDS)
        ends.append(TopicPartition(topic, number, end))
    consumer.assign(ends)
    return consumer


def _go_on(watch: Generator[None, None, None], stopping: threading.Event) -> None:
    for _ in watch:
        if stopping.is_set():
            watch.close()
            return


def _get(address: str, path: str) -> tuple[int, bytes]:
    """What a worker answers; 0 where nobody does."""
    host = address.removeprefix("http://")
    connection = HTTPConnection(host, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()
