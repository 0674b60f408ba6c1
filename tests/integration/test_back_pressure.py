"""Whoever is slow - Redis, a scraper, the worker itself - slows nobody else, and nothing piles up in memory."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlparse

from redis import Redis

from benchmarks.meter import Meter
from schemas.topics import ACTIVITIES
from streams.local import Addresses
from tests.installation import WorkerProcess, installation, wait_until
from tests.integration.slow_redis import SlowRedis
from tests.integration.test_the_line import rough_messages

RECORDS = 10_000
BACKLOG = 150_000
IDS = 10_000
BACKLOG_MEMORY = 200_000_000
"""Above what an idle worker has. The backlog has 330 MB of bytes; it grew by 420 while each fetch waited for the collector."""


def test_a_redis_that_does_not_answer_slows_nothing_and_gets_everything_once_it_does(
    stack: Addresses, tmp_path: Path
) -> None:
    with SlowRedis(stack.redis_url) as slow, installation(stack, tmp_path, "slow-redis", redis_url=slow.url) as line_:
        line_.produce(rough_messages(RECORDS, seed=31))
        expected = line_.oracle_scores()
        worker = line_.start_worker()
        line_.wait_for_scores(expected, 90)
        line_.produce(rough_messages(RECORDS // 10, seed=32))
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 60)
        started = time.monotonic()
        assert worker.get("/readyz")[0] == worker.get("/metrics")[0] == 200
        assert time.monotonic() - started < 5
        assert slow.held_back > 0
        slow.released.set()
        redis = Redis.from_url(stack.redis_url)
        keys = [f"{line_.settings.app}:score:{subject}:{subject_id}" for subject, subject_id in expected]

        def all_there() -> bool:
            found = [json.loads(value) for value in redis.mget(keys) if value is not None]
            return {(one["subject"], one["id"]): one["metrics"] for one in found} == {
                subject: score["metrics"] for subject, score in expected.items()
            }

        wait_until(all_there, 90, "Redis to have every score")
        redis.close()


def sip(worker: WorkerProcess, done: threading.Event) -> socket.socket:
    """A client that asks for /metrics and takes a byte at a time."""
    address = urlparse(worker.address)
    client = socket.create_connection((address.hostname or "", address.port or 0))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: upscore\r\n\r\n")

    def take() -> None:
        while not done.wait(0.05) and client.recv(1):
            pass

    threading.Thread(target=take, daemon=True).start()
    return client


def test_scrapers_that_take_a_byte_at_a_time_slow_neither_the_stream_nor_each_other(
    stack: Addresses, tmp_path: Path
) -> None:
    done = threading.Event()
    with installation(stack, tmp_path, "slow-scrape") as line_:
        worker = line_.start_worker()
        worker.wait_until_ready()
        line_.produce(rough_messages(1_000, seed=33))
        line_.wait_for_scores(line_.oracle_scores(), 60)
        clients = [sip(worker, done) for _ in range(8)]
        try:
            line_.produce(rough_messages(RECORDS, seed=34))
            expected = line_.oracle_scores()
            line_.wait_for_scores(expected, 90)
            started = time.monotonic()
            assert worker.get("/metrics")[0] == 200
            assert time.monotonic() - started < 10
        finally:
            done.set()
            for client in clients:
                client.close()


def calls(count: int) -> list[tuple[str, bytes, bytes]]:
    """Versions of `IDS` calls, so that what is held in the end is little and what waits is much."""
    template = (
        '{"type":"activity","id":"a-%d","updated_at":"2025-06-01T00:00:00Z","version":%d,"rep_id":"r-%d","kind":"call",'
        '"outcome":"connected","occurred_at":"2025-05-%02dT10:00:00Z","duration_seconds":%d,"note":"'
        + "x" * 2_000
        + '"}'
    )
    return [
        (ACTIVITIES, b"a-%d" % (n % IDS), (template % (n % IDS, n, n % 50, 1 + n % 28, n % 900)).encode())
        for n in range(count)
    ]


def test_a_publisher_ten_times_faster_than_the_worker_only_makes_lag(stack: Addresses, tmp_path: Path) -> None:
    with installation(stack, tmp_path, "flood") as line_:
        worker = line_.start_worker()
        worker.wait_until_ready()
        meter = Meter(worker.process.pid)
        idle = meter.memory()
        meter.start()
        line_.produce(calls(BACKLOG))
        wait_until(lambda: worker.counted() == BACKLOG, 120, "every record")
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 60)
        assert meter.stop().peak_bytes - idle < BACKLOG_MEMORY
