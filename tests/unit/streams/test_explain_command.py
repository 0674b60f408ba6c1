"""How `upscore explain` is asked, and what it says when it cannot answer. Answers: tests/functional/test_explain_command.py."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from streams import cli


def run(*arguments: str) -> int:
    try:
        return cli.main(["explain", "--broker", "127.0.0.1:1", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("r-1", "r-2"),
        ("r-1", "--as-of", "soon"),
        ("r-1", "--against", "2026-1-1"),
        ("r-1", "--against", "28"),
        ("r-1", "--known-at", "2026-01-31"),
        ("r-1", "--against-known-at", "2026-01-31T09:30:00"),
        ("r-1", "--subject", "nobody"),
        ("r-1", "--id", "r-1"),
        ("r-1", "--sort"),
    ],
)
def test_what_is_asked_wrongly_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: " in said.err


def test_help_says_what_is_taken_where_nothing_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    for told in (
        "default: rep",
        "default: the newest business date",
        "default: 28 days before",
        "default: as known now",
    ):
        assert told in said


def test_a_missing_scorecard_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("r-1", "--scorecard", "nowhere.toml") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("upscore: UPSCORE_SCORECARD is 'nowhere.toml': ")


def test_a_broker_that_does_not_answer_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", "explain", "r-1", "--broker", "127.0.0.1:1", "--json"],
        env={name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("upscore: ")
    assert "127.0.0.1:1" in done.stderr
    assert done.stderr.count("\n") == 1
