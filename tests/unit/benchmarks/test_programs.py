"""How peers are made ready: in environments of their own, or from Java, or not at all, with a reason."""

from __future__ import annotations

import sys

import pytest

from benchmarks import programs
from benchmarks.programs import Apart, Here, Java, Missing


def test_a_module_of_this_environment_needs_nothing():
    program = Here("benchmarks.bare_loop")
    program.prepare()
    assert program.command() == [sys.executable, "-m", "benchmarks.bare_loop"]


def test_without_a_jdk_a_java_peer_is_missing_and_says_what_it_takes(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="no java on the path: it takes a JDK 17 or newer and Maven"):
        Java("flink", "peers.flink.Main").prepare()


def test_an_environment_is_made_once_and_anew_when_its_pins_change_and_says_what_it_cannot_have(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "FOLDER", tmp_path)
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    pins = tmp_path / "empty.txt"
    pins.write_text("")
    program = Apart("empty", "json.tool")
    program.prepare()
    made = tmp_path / ".venv-empty" / "mark"
    made.touch()
    program.prepare()
    assert made.exists()
    pins.write_text("./there-is-no-such-folder\n")
    with pytest.raises(Missing, match="there-is-no-such-folder"):
        program.prepare()
    assert not made.exists()


@pytest.mark.parametrize("name", ["quix", "bytewax"])
def test_every_package_of_an_environment_apart_is_pinned(name):
    lines = (programs.FOLDER / f"{name}.txt").read_text().splitlines()
    assert lines
    assert all("==" in line for line in lines)
