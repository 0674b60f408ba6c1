"""The command line: what succeeds is 0, what fails is one line and 1, what is used wrongly is 2."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys

import pytest

from streams import cli
from streams.commands import COMMANDS, add_settings, settings_of
from streams.errors import SettingsError, TopicMismatch
from streams.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("UPSCORE_"):
            monkeypatch.delenv(name)


def names() -> list[str]:
    subparsers = argparse.ArgumentParser().add_subparsers()
    for register in COMMANDS:
        register(subparsers)
    return list(subparsers.choices)


def run(*arguments: str) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"worker", "topics", "simulate", "publish", "import", "scores", "local", "doctor", "demo"} <= set(names())
    assert run("--help") == 0
    listed = capsys.readouterr().out
    assert all(re.search(rf"^ +{name}(?: |$)", listed, re.MULTILINE) for name in names())


@pytest.mark.parametrize("name", names())
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name, "--help") == 0
    assert f"upscore {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("scores", "--nonsense"), ("--nonsense",)])
def test_wrong_use_is_2_and_says_so_on_stderr(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "upscore" in said.err


def test_a_failure_is_1_and_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("UPSCORE_PARTITIONS", "many")
    assert run("scores", "--json") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("upscore: UPSCORE_PARTITIONS is 'many': ")
    assert said.err.count("\n") == 1


def test_an_unknown_setting_in_the_environment_fails_every_command_that_reads_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UPSCORE_BROKERS", "a:1")
    for command in (("scores",), ("worker",), ("topics", "verify"), ("doctor",)):
        assert run(*command) == 1
        assert "UPSCORE_BROKER" in capsys.readouterr().err


class _Refusing:
    """A command that does nothing but raise."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __call__(self, subparsers: argparse._SubParsersAction) -> None:
        subparsers.add_parser("refuse").set_defaults(func=self._refuse)

    def _refuse(self, _arguments: argparse.Namespace) -> int:
        raise self._error


def test_errors_on_purpose_are_a_line_and_bugs_keep_their_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("streams.commands.COMMANDS", [_Refusing(TopicMismatch("topic x is missing"))])
    assert run("refuse") == 1
    assert capsys.readouterr().err == "upscore: topic x is missing\n"
    monkeypatch.setattr("streams.commands.COMMANDS", [_Refusing(KeyboardInterrupt())])
    assert run("refuse") == 130
    monkeypatch.setattr("streams.commands.COMMANDS", [_Refusing(ZeroDivisionError("a bug"))])
    with pytest.raises(ZeroDivisionError):
        run("refuse")


def test_every_setting_can_be_a_flag_and_the_flag_wins() -> None:
    parser = argparse.ArgumentParser()
    add_settings(parser, *Settings.model_fields)
    arguments = parser.parse_args(["--topic-prefix", "eu.", "--partitions", "3", "--broker", "a:1"])
    settings = settings_of(arguments, {"UPSCORE_PARTITIONS": "5", "UPSCORE_CLOCK": "events"})
    assert settings == Settings(topic_prefix="eu.", partitions=3, broker="a:1", clock="events")
    with pytest.raises(SettingsError, match="UPSCORE_PARTITIONS"):
        settings_of(parser.parse_args(["--partitions", "0"]), {})


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", "scores", "--as-of", "soon"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "expected YYYY-MM-DD" in done.stderr
