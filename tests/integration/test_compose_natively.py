"""docker-compose.yml cannot be started without an engine; its commands, variables and health checks can, and are."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose_file import services
from tests.installation import wait_until
from tests.integration.compose_natively import LOOPBACK, Programs


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """The Kafka and the Redis of the file, their health checks passed."""
    made = Programs(tmp_path_factory.mktemp("compose"))
    with made.kafka(), made.redis():
        yield made


@pytest.fixture(scope="module")
def topics(programs: Programs) -> str:
    """What the one-shot creator of topics said."""
    done = programs.run(programs.command("topics"), programs.variables("topics"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_creator_of_topics_creates_them_all_and_they_are_as_declared(programs: Programs, topics: str) -> None:
    assert "created sales.events.v1\n" in topics
    assert "created upscore-state\n" in topics
    assert programs.health("topics") == 0
    again = programs.run(programs.command("topics"), programs.variables("topics"))
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.usefixtures("topics")
def test_a_worker_takes_in_the_simulated_crm_is_healthy_and_stops_in_time(programs: Programs, tmp_path: Path) -> None:
    crm = programs.run(programs.command("crm"), programs.variables("crm"))
    assert crm.returncode == 0, crm.stderr
    variables = programs.variables("worker", UPSCORE_HTTP_HOST=LOOPBACK, UPSCORE_HTTP_PORT=str(programs.ports[6066]))
    asked = {"UPSCORE_HTTP_PORT": variables["UPSCORE_HTTP_PORT"]}
    assert programs.health("worker", **asked) != 0
    with (tmp_path / "log").open("wb") as out:
        worker = subprocess.Popen(programs.command("worker"), env=variables, cwd=tmp_path, stdout=out, stderr=out)
    try:
        wait_until(lambda: programs.health("worker", **asked) == 0, 60, "the worker's health check to pass")
        wait_until(lambda: in_redis(programs, "upscore:score:company:company"), 120, "the company's score in Redis")
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0, (tmp_path / "log").read_text()[-4000:]
        assert time.monotonic() - began < int(services()["worker"]["stop_grace_period"].removesuffix("s"))
        assert programs.health("worker", **asked) != 0
    finally:
        worker.kill()
        worker.wait()


def in_redis(programs: Programs, key: str) -> bool:
    """Whether the Redis of the file has a key."""
    return programs.run(["valkey-cli", "EXISTS", key], programs.variables("worker")).stdout == "1\n"


def test_redis_is_bounded_and_keeps_nothing_on_disk(programs: Programs) -> None:
    def configured(name: str) -> list[str]:
        return programs.run(["valkey-cli", "CONFIG", "GET", name], programs.variables("redis")).stdout.split()

    assert configured("maxmemory") == ["maxmemory", str(384 * 1024**2)]
    assert configured("maxmemory-policy") == ["maxmemory-policy", "noeviction"]
    assert (configured("save"), configured("appendonly")) == (["save"], ["appendonly", "no"])
