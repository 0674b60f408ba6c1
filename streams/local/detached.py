"""A stack that lives until it is stopped: what `upscore local` is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.local.addresses import Addresses
from streams.local.lock import alone
from streams.local.progress import Reporter, Silent
from streams.local.service import Service
from streams.local.services import LOCK, bring_up, services_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """One service, as it is now."""

    name: str
    pid: int | None
    """None: it does not run."""

    address: str | None
    """None: it does not run."""

    answers: bool
    """Whether a client is served now."""

    owner: int | None
    """The process that it ends with; None when it runs detached or not at all."""


def default_directory(environment: Mapping[str, str]) -> Path:
    """Where a stack lives unless told otherwise: `upscore/local` in XDG_DATA_HOME, by default in `~/.local/share`."""
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share", "upscore", "local")


def start(
    directory: Path,
    reporter: Reporter | None = None,
    *,
    kafka_settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Addresses:
    """Starts a Kafka and a Redis and returns once both answer; they live until `stop`, and hold nothing of ours.

    Where they run already, their addresses are returned and nothing is changed. If the call fails, or this process dies
    before it returns, what it started is ended.

    Raises:
        LocalStackError: one could not be started, or belongs to a demo or a test that runs.
    """
    directory, reporter = directory.absolute(), reporter or Silent()
    kafka, redis = services_of(directory, reporter, kafka_settings=kafka_settings, environment=environment)
    bring_up([redis, kafka], directory, reporter, for_life=False)
    return Addresses(broker=kafka.address, redis_url=redis.address)


def stop(directory: Path, reporter: Reporter | None = None) -> list[str]:
    """Ends what runs in the directory, Kafka first, and returns the names of what has ended; empty if nothing ran.

    Raises:
        LocalStackError: one belongs to a demo or a test that runs, or would not end.
    """
    directory, reporter = directory.absolute(), reporter or Silent()
    if not directory.exists():
        return []
    with alone(directory / LOCK, reporter):
        running = [service for service in services_of(directory, reporter) if service.settle()]
        return [service.program.name for service in running if service.stop()]


def status(directory: Path) -> list[ServiceStatus]:
    """How Kafka and Redis of the directory are now, in this order."""
    return [_status_of(service) for service in services_of(directory.absolute(), Silent())]


def _status_of(service: Service) -> ServiceStatus:
    process, owner = service.running(), service.owner()
    return ServiceStatus(
        name=service.program.name,
        pid=None if process is None else process.pid,
        address=None if process is None else service.address,
        answers=service.answers(),
        owner=None if owner is None else owner.pid,
    )
