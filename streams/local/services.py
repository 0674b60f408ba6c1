"""The two services of a directory, brought up together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from streams.local.kafka import Kafka
from streams.local.lock import alone
from streams.local.progress import Reporter
from streams.local.redis import Redis
from streams.local.service import Service

LOCK = "lock"


def services_of(
    directory: Path,
    reporter: Reporter,
    *,
    kafka_settings: Mapping[str, str] | None = None,
    kafka_listeners: Mapping[str, int] | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Service, Service]:
    """Kafka and Redis as they are kept in a directory; nothing is started, nor is the directory made.

    Args:
        directory: an absolute path.
        reporter: shows the fetching of Kafka's jars.
        kafka_settings: lines of server.properties that win over ours.
        kafka_listeners: more listeners of Kafka, name to port; `kafka_settings` say what they speak.
        environment: where Java, Redis and the cache are looked for; by default that of this process.
    """
    surroundings = os.environ if environment is None else environment
    kafka = Kafka(reporter, kafka_settings or {}, surroundings, kafka_listeners or {})
    redis = Redis(surroundings)
    return Service(kafka, directory), Service(redis, directory)


def bring_up(services: Sequence[Service], directory: Path, reporter: Reporter, *, for_life: bool) -> None:
    """Starts those that do not run detached already, and returns once all of them answer.

    One bring-up at a time in a directory: a second one waits for the first.

    Args:
        services: what is wanted; nothing is touched when there are none.
        directory: where they are kept.
        reporter: told of each step.
        for_life: what is started stays owned by this process; else it is released in the end.

    Raises:
        LocalStackError: one could not be started, or belongs to another process; then what this call started is ended.
    """
    if not services:
        return
    with alone(directory / LOCK, reporter), ExitStack() as undo:
        for service in services:
            if not service.settle():
                reporter.say(f"starting {service.program.name}")
                undo.callback(service.stop)
                service.start(for_life=for_life)
        for service in services:
            service.wait_until_it_answers()
            reporter.say(f"{service.program.name} answers at {service.address}")
        if not for_life:
            for service in services:
                service.release()
        undo.pop_all()
