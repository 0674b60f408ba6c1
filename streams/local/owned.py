"""A stack that ends with whoever started it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from streams.local.addresses import Addresses
from streams.local.progress import Reporter, Silent
from streams.local.services import bring_up, services_of


class OwnedStack:
    """A Kafka and a Redis that end with the block, and with this process however that ends.

    A service that runs detached in the directory already is used and left running; one whose address is given is not
    started at all. Topics and data stay in the directory, and a later stack there has them again.

    Args:
        directory: where data, logs and ports are kept; made if need be.
        reporter: shows how far the start is; by default nothing is shown.
        broker: the address of a Kafka that is there already.
        redis_url: the address of a Redis that is there already.
        kafka_settings: lines of server.properties that win over ours, for tests of faults.
        kafka_listeners: more listeners of Kafka, name to port; `kafka_settings` say what they speak.
        environment: where Java, Redis and the cache are looked for; by default that of this process.

    Attributes:
        kafka: the Kafka service (to stop, kill or start again in a test of faults); not started when `broker` is given.
        redis: the Redis service; not started when `redis_url` is given.
    """

    def __init__(
        self,
        directory: Path,
        reporter: Reporter | None = None,
        *,
        broker: str | None = None,
        redis_url: str | None = None,
        kafka_settings: Mapping[str, str] | None = None,
        kafka_listeners: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._reporter = reporter or Silent()
        self._broker = broker
        self._redis_url = redis_url
        self.kafka, self.redis = services_of(
            self._directory,
            self._reporter,
            kafka_settings=kafka_settings,
            kafka_listeners=kafka_listeners,
            environment=environment,
        )

    @property
    def addresses(self) -> Addresses:
        """Where the two are reached, once started."""
        return Addresses(
            broker=self.kafka.address if self._broker is None else self._broker,
            redis_url=self.redis.address if self._redis_url is None else self._redis_url,
        )

    def start(self) -> Addresses:
        """Starts what is missing and returns once it answers.

        Raises:
            LocalStackError: a service could not be started, or belongs to another process; then none is left running
                by this call.
        """
        missing = [(self.redis, self._redis_url), (self.kafka, self._broker)]
        wanted = [service for service, given in missing if given is None]
        bring_up(wanted, self._directory, self._reporter, for_life=True)
        return self.addresses

    def close(self) -> None:
        """Ends what this object started, Kafka first, and returns when it has ended."""
        for service in (self.kafka, self.redis):
            if service.owned:
                service.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
