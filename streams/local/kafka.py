"""A Kafka of one node (broker and controller in one, KRaft) on loopback, tuned to start fast and stay small."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from streams.errors import StartFailed
from streams.local import jars, java
from streams.local.logs import last_lines
from streams.local.ports import LOOPBACK
from streams.local.progress import Reporter

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT",
    "inter.broker.listener.name": "BROKER",
    "log.dirs": "data",  # relative, as everything here: no folder's name has to be escaped
    "auto.create.topics.enable": "false",
    # One replica everywhere.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Fewer logs to make and to load than the 50 each of a cluster.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    # What a person or a test would otherwise wait for.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    # Topics say themselves what they forget; what does not say so keeps all, however old its timestamps.
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    "log.message.timestamp.type": "CreateTime",
    # Memory: the cleaner alone would take 128 MB.
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
}
"""The lines of server.properties but the ports; a test may override any of them."""

JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)
FORMAT_TIMEOUT_SECONDS = 60
REQUEST_TIMEOUT_MS = 5_000


class Kafka:
    """How the local Kafka is run and asked.

    Args:
        reporter: shows the fetching of its jars.
        settings: lines of server.properties that go before ours.
        environment: where Java and the cache are looked for.
        listeners: more listeners, name to port; `settings` say what they speak.
    """

    name: ClassVar[str] = "kafka"
    sign: ClassVar[str] = "kafka.Kafka"
    port_names: ClassVar[tuple[str, ...]] = ("broker", "controller")
    patience_seconds: ClassVar[float] = 60.0

    def __init__(
        self,
        reporter: Reporter,
        settings: Mapping[str, str],
        environment: Mapping[str, str],
        listeners: Mapping[str, int],
    ) -> None:
        self._reporter = reporter
        self._settings = settings
        self._environment = environment
        self._listeners = listeners

    def address(self, ports: Mapping[str, int]) -> str:
        """`host:port`, as UPSCORE_BROKER takes it."""
        return f"{LOOPBACK}:{ports['broker']}"

    def prepare(self, folder: Path, ports: Mapping[str, int]) -> list[str]:
        """Writes server.properties, formats the data folder if it is new, and returns the command to run there.

        Raises:
            Offline: no Java, or no jars and no way to fetch them.
            StartFailed: the data folder could not be formatted.
        """
        program = os.fspath(java.find(self._environment))
        run = [program, *JVM, "-cp", jars.classpath(self._environment, self._reporter)]
        (folder / "server.properties").write_text(server_properties(ports, self._settings, self._listeners))
        if not (folder / "data" / "meta.properties").exists():  # written last when formatting
            _format(folder, run)
        return [*run, self.sign, "server.properties"]

    def answers(self, ports: Mapping[str, int]) -> bool:
        """Whether a client gets the metadata and could create a topic now. Creates none."""
        try:
            # The port alone first: Kafka's client would log each refusal.
            socket.create_connection((LOOPBACK, ports["broker"]), timeout=1.0).close()
        except OSError:
            return False
        # 0.25 s that only who waits for a Kafka has to spend.
        from kafka.admin import KafkaAdminClient, NewTopic  # noqa: PLC0415
        from kafka.errors import KafkaError  # noqa: PLC0415

        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.address(ports),
                client_id="upscore-local",
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                bootstrap_timeout_ms=REQUEST_TIMEOUT_MS,
            )
            try:
                # Refused while the one broker is still fenced.
                admin.create_topics([NewTopic("upscore-probe", 1, 1)], validate_only=True)
            finally:
                admin.close()
        except KafkaError:
            return False
        return True


def server_properties(
    ports: Mapping[str, int], overrides: Mapping[str, str], listeners: Mapping[str, int] | None = None
) -> str:
    """The text of server.properties for these ports; `overrides` win over everything else, `listeners` come beside ours."""
    broker, controller = f"BROKER://{LOOPBACK}:{ports['broker']}", f"CONTROLLER://{LOOPBACK}:{ports['controller']}"
    more = "".join(f",{name}://{LOOPBACK}:{port}" for name, port in (listeners or {}).items())
    lines = {
        **SETTINGS,
        "listeners": f"{broker},{controller}{more}",
        "advertised.listeners": f"{broker}{more}",
        # A fixed voter, not one stored in the data folder: so the port may change from start to start.
        "controller.quorum.voters": f"1@{LOOPBACK}:{ports['controller']}",
        **overrides,
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _format(folder: Path, run: list[str]) -> None:
    # No leading hyphen: the tool would take it for an option.
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "x")
    command = [*run, "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", "server.properties"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=FORMAT_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        raise StartFailed(f"formatting {folder / 'data'} took more than {FORMAT_TIMEOUT_SECONDS} s") from late
    if done.returncode:
        told = last_lines(done.stdout + done.stderr)
        raise StartFailed(f"Kafka's folder {folder / 'data'} could not be formatted (exit {done.returncode}):\n{told}")
