"""Services of docker-compose.yml run as programs of this machine: their commands and variables, other addresses."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.local import jars, java
from streams.local.progress import Silent
from streams.local.redis import find as redis_server
from tests.compose_file import ROOT, environment, services
from tests.installation import wait_until

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


class Programs:
    """A folder on the PATH with the programs that the images have, and what is known of addresses.

    Attributes:
        ports: by port of the compose file, the one used here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip((19092, 9092, 29093, 6379, 6066), free_ports(5), strict=True))
        self._java = [os.fspath(java.find(os.environ)), "-Xmx256m", "-cp", jars.classpath(os.environ, Silent())]
        (folder / "bin").mkdir()
        server = redis_server(os.environ)
        self._script("valkey-server", f'exec "{server}" "$@" --port {self.ports[6379]} --bind {LOOPBACK}')
        self._script("valkey-cli", f'exec "{server.with_name("redis-cli")}" -p {self.ports[6379]} "$@"')
        self._script("upscore", f'exec "{sys.executable}" -m streams "$@"')
        self._script("python", f'exec "{sys.executable}" "$@"')

    def _script(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def here(self, value: str) -> str:
        """A value of the compose file with the addresses of this machine."""
        value = re.sub(r":(\d+)", lambda found: f":{self.ports.get(int(found[1]), found[1])}", value)
        value = re.sub(r"\b(kafka|redis):(?=\d)", f"{LOOPBACK}:", value)
        return value.replace("://:", f"://{LOOPBACK}:")

    def variables(self, service: str, **more: str) -> dict[str, str]:
        """The environment of a service of ours: what compose gives it, and nothing of this process but what runs Python."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        stated = {name: self.here(value) for name, value in environment(service).items()}
        return kept | {"PATH": path, "PYTHONPATH": str(ROOT)} | stated | more

    def command(self, service: str) -> list[str]:
        """What the service runs."""
        stated = services()[service]
        entrypoint = stated.get("entrypoint", ["upscore"] if "build" in stated else [])
        return [*entrypoint, *(each.replace("$$", "$") for each in stated["command"])]

    def run(self, command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=variables, cwd=self.folder, capture_output=True, text=True, check=False, timeout=180
        )

    def health(self, service: str, **more: str) -> int:
        """The exit code of a service's health check."""
        kind, *words = services()[service]["healthcheck"]["test"]
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        return self.run(command, self.variables(service, **more)).returncode

    @contextmanager
    def kafka(self) -> Iterator[None]:
        """A Kafka with the very variables of the service, as its image makes properties of them."""
        folder = self.folder / "kafka"
        folder.mkdir()
        stated = {
            name.removeprefix("KAFKA_").lower().replace("_", "."): self.here(value)
            for name, value in environment("kafka").items()
            if name not in {"KAFKA_HEAP_OPTS", "KAFKA_LOG_DIRS"}
        }
        lines = [f"{name}={value}" for name, value in stated.items()] + ["log.dirs=data"]
        (folder / "server.properties").write_text("\n".join(lines) + "\n")
        format_ = ["kafka.tools.StorageTool", "format", "--cluster-id", "4L6g3nShT-eMCtK--X86sw", "--config"]
        done = subprocess.run(
            [*self._java, *format_, "server.properties"], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with _ended([*self._java, "kafka.Kafka", "server.properties"], folder, {**os.environ}) as process:
            wait_until(lambda: process.poll() is not None or self._kafka_answers(), 60, "Kafka to answer")
            assert process.poll() is None, (folder / "log").read_text()[-4000:]
            yield

    def _kafka_answers(self) -> bool:
        """What the health check asks of the listener that it asks: its script is in none of the jars that we have."""
        (asked,) = (self.here(word) for word in services()["kafka"]["healthcheck"]["test"] if word.startswith("kafka:"))
        try:
            return bool(AdminClient({"bootstrap.servers": asked, "log_level": 0}).list_topics(timeout=5).brokers)
        except KafkaException:
            return False

    @contextmanager
    def redis(self) -> Iterator[None]:
        """A Redis with the service's own command."""
        folder = self.folder / "redis"
        folder.mkdir()
        with _ended(self.command("redis"), folder, self.variables("redis")):
            wait_until(lambda: self.health("redis") == 0, 30, "Redis's health check to pass")
            yield


@contextmanager
def _ended(command: list[str], folder: Path, variables: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block; what it says is in the folder's `log`."""
    with (folder / "log").open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
