"""Stage: what a demo runs on - a folder, Kafka, Redis and a worker, all of which end with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from streams.demo.folder import demo_folder
from streams.demo.worker_program import FOREIGN, WorkerProgram
from streams.errors import StartFailed
from streams.local import Addresses, OwnedStack
from streams.local.logs import last_lines
from streams.local.progress import Reporter
from streams.local.record import Record
from streams.local.service import LOG, Service
from streams.settings import Settings

__all__ = ["Stage", "demo_settings"]

APP: Final = "demo"
PARTITIONS: Final = 4
PUBLISH_SECONDS: Final = 0.5
USUAL_PORT: Final = 6066
"""Tried first for HTTP, for it is the one that the documentation names; another free one where it is taken."""


def demo_settings(env: Mapping[str, str], addresses: Addresses | None = None) -> Settings:
    """What the demo's programs run with: the environment's settings, but for where they are and what they are called.

    A broker or a Redis of the environment is never used: a demo must not write into an installation that is in use.

    Raises:
        SettingsError: a setting of the environment is unknown or invalid.
    """
    env = {name: value for name, value in env.items() if name not in FOREIGN}
    flags: dict[str, object] = {"publish_seconds": PUBLISH_SECONDS} if "UPSCORE_PUBLISH_SECONDS" not in env else {}
    if addresses is not None:
        flags |= {"broker": addresses.broker, "redis_url": addresses.redis_url}
    return Settings.from_env(
        env, app=APP, partitions=PARTITIONS, replication=1, clock="events", topic_prefix="", **flags
    )


class Stage:
    """Kafka, Redis and a worker in a folder, from the beginning of the block to its end.

    What is started ends with this process, however that ends.

    Args:
        directory: an empty or new folder, which is kept; None: a temporary one, which is removed.
        reporter: shows how far the start is.
        environment: settings, and where Java, Redis and the cache are looked for; by default that of this process.

    Attributes:
        settings: what the worker runs with; a publisher needs the same.
    """

    settings: Settings

    def __init__(
        self, directory: Path | None, reporter: Reporter, environment: Mapping[str, str] | None = None
    ) -> None:
        self._wished = directory
        self._reporter = reporter
        self._environment = os.environ if environment is None else environment
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        demo_settings(self._environment)  # before anything is started
        with ExitStack() as opened:
            folder = opened.enter_context(demo_folder(self._wished))
            stack = OwnedStack(folder, self._reporter, environment=self._environment)
            opened.callback(stack.close)
            stack.start()
            self.addresses = stack.addresses
            self.settings = demo_settings(self._environment, self.addresses)
            self._kafka, self._worker = stack.kafka, Service(WorkerProgram(self.settings), folder)
            opened.callback(self._end_worker)
            self._worker.folder.mkdir()
            Record(ports={"http": USUAL_PORT}).write(self._worker.folder)
            self._reporter.say("starting a worker")
            self._worker.start(for_life=True)
            self.folder = folder
            self._services = (stack.kafka, stack.redis, self._worker)
            self._exit = opened.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._exit.close()

    def _end_worker(self) -> None:
        if self._kafka.running() is None:
            self._worker.kill()  # it would wait for its Kafka
        else:
            self._worker.stop()

    @property
    def url(self) -> str:
        """The worker's address, such as `http://127.0.0.1:6066`; it may not answer yet."""
        return self._worker.address

    def check(self) -> None:
        """Return if everything that was started still runs.

        Raises:
            StartFailed: something has ended; with its last log lines.
        """
        for service in self._services:
            if service.running() is None:
                log = service.folder / LOG
                told = last_lines(log.read_text(errors="replace"))
                raise StartFailed(f"the demo's {service.program.name} has ended; its last lines:\n{told}")
