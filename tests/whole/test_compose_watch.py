"""Prometheus and Alertmanager as docker-compose.yml runs them: its flags, the mounted files, its health checks, natively."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.compose_file import ROOT, services
from tests.installation import wait_until
from tests.integration.compose_natively import LOOPBACK, free_ports

PROGRAMS = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}
PORTS = {"prometheus": 9090, "alertmanager": 9093}


class Watch:
    """One of the two, with another port and its data in a folder."""

    def __init__(self, service: str, data: Path, port: int) -> None:
        self._service = services()[service]
        self._places = {
            target.removesuffix(":ro"): str(ROOT / source) if source.startswith(".") else str(data)
            for source, _, target in (volume.partition(":") for volume in self._service["volumes"])
        }
        self._port = str(PORTS[service]), str(port)
        listen = f"--web.listen-address={LOOPBACK}:{port}"
        self.command = [PROGRAMS[service], *map(self._here, self._service["command"]), listen]

    def _here(self, flag: str) -> str:
        for there, here in self._places.items():
            flag = flag.replace(f"={there}/", f"={here}/")
            flag = f"{flag.partition('=')[0]}={here}" if flag.endswith(f"={there}") else flag
        return flag

    def is_healthy(self) -> bool:
        """By the very check of the service."""
        _, *words = self._service["healthcheck"]["test"]
        command = [word.replace(*self._port) for word in words]
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


@contextmanager
def running(watch: Watch, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with ExitStack() as stack:
        out = stack.enter_context(log.open("wb"))
        process = subprocess.Popen(watch.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ})
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.mark.parametrize("service", list(PROGRAMS))
def test_it_starts_with_the_mounted_files_and_its_health_check_tells(service: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    watch, log = Watch(service, tmp_path / "data", port), tmp_path / "log"
    assert not watch.is_healthy()
    with running(watch, log) as process:
        wait_until(lambda: process.poll() is not None or watch.is_healthy(), 60, f"{service} to be healthy")
        assert process.poll() is None, log.read_text()[-4000:]
    assert not watch.is_healthy()
