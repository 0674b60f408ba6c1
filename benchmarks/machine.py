"""Machine: what the figures were measured on. No names of hosts, people or folders."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from streams.local.jars import KAFKA_VERSION

_LIBRARIES = ("faust-streaming", "aiokafka", "confluent-kafka", "pydantic", "msgspec", "orjson")


@dataclass(frozen=True, slots=True)
class Machine:
    """A description of this machine, as it is before a run."""

    processor: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    kafka: str
    libraries: tuple[str, ...]
    load: float
    """The 1-minute load: processes of others that want a core, on average."""

    @classmethod
    def here(cls) -> Machine:
        """This one, now."""
        return cls(
            processor=_processor(),
            cores=psutil.cpu_count() or 0,
            memory_bytes=psutil.virtual_memory().total,
            system=f"{platform.system()} {platform.machine()}",
            python=f"{platform.python_implementation()} {platform.python_version()} {_build()}",
            kafka=KAFKA_VERSION,
            libraries=tuple(f"{name} {version(name)}" for name in _LIBRARIES),
            load=os.getloadavg()[0],
        )


def _build() -> str:
    """How the interpreter was built, which is worth an eighth of a worker's CPU (docs/decisions/0045)."""
    if sys.base_prefix == "/usr":
        return "as the distribution builds it"
    if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""):
        return "built with optimisations"
    return "built without optimisations"


def _processor() -> str:
    """The processor's model where Linux says it, else what Python knows of it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
