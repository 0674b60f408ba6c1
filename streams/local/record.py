"""What is known of a service between two starts: its ports, its process and the owner it dies with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from streams.local.process import Process

FILE = "service.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The last start of a service."""

    ports: dict[str, int] = field(default_factory=dict)
    process: Process | None = None
    owner: Process | None = None
    """Whose end is also the service's end; None for a detached one."""

    @classmethod
    def read(cls, folder: Path) -> Record:
        """The record of a service's folder; an empty one where there is none or it cannot be read.

        A torn or foreign file is no reason to refuse a start: at worst other ports are chosen.
        """
        try:
            known = json.loads((folder / FILE).read_bytes())
            ports = {str(name): int(port) for name, port in known["ports"].items()}
            return cls(ports=ports, process=_process(known["process"]), owner=_process(known["owner"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def write(self, folder: Path) -> None:
        """Replaces the record in one step."""
        unready = folder / (FILE + ".new")
        unready.write_text(json.dumps(asdict(self)) + "\n")
        unready.replace(folder / FILE)


def _process(known: dict[str, Any] | None) -> Process | None:
    return None if known is None else Process(pid=int(known["pid"]), born=str(known["born"]), sign=str(known["sign"]))
