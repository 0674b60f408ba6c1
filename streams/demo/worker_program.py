"""The demo's worker as a program that ends with the demo, as the local Kafka and Redis do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final
from urllib.error import URLError
from urllib.request import urlopen

from streams.local.ports import LOOPBACK
from streams.settings import PREFIX, SECRETS, Settings

__all__ = ["FOREIGN", "WorkerProgram"]

FOREIGN: Final = frozenset(
    f"{PREFIX}{name.upper()}" for name in Settings.model_fields if name.startswith(("broker", "redis"))
)
"""Variables that say how the environment's Kafka and Redis are reached."""


class WorkerProgram:
    """How the worker is run and asked.

    Args:
        settings: what it runs with, but for the port of HTTP.
    """

    name: ClassVar[str] = "worker"
    sign: ClassVar[str] = "streams worker"
    port_names: ClassVar[tuple[str, ...]] = ("http",)
    patience_seconds: ClassVar[float] = 60.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def address(self, ports: Mapping[str, int]) -> str:
        """`http://host:port`, without a slash at the end."""
        return f"http://{LOOPBACK}:{ports['http']}"

    def prepare(self, folder: Path, ports: Mapping[str, int]) -> list[str]:
        """The command to run: this Python's `upscore worker`, every setting a flag.

        Its temporary files go into its folder: so they are removed with that, even if it is killed.
        """
        settings = self._settings.model_copy(update={"http_host": LOOPBACK, "http_port": ports["http"]})
        # The token stays in the environment, where the list of processes does not show it; what belongs to the Kafka of
        # the environment, which is not the demo's, goes.
        flags = settings.model_dump(exclude_none=True, exclude=set(SECRETS)).items()
        unset = [f"--unset={name}" for name in FOREIGN]
        command = [sys.executable, "-m", "streams", "worker"]
        return ["env", *unset, f"TMPDIR={folder}", *command, *[f"--{k.replace('_', '-')}={v}" for k, v in flags]]

    def answers(self, ports: Mapping[str, int]) -> bool:
        """Whether it is ready."""
        try:
            with urlopen(f"{self.address(ports)}/readyz", timeout=2.0) as answer:  # noqa: S310 - our own http address
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
        except (URLError, OSError):
            return False
