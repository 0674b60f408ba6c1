"""How `upscore scores` is asked, and what it says when it cannot answer. Its answers: tests/functional/test_scores_command.py."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from streams import cli


def run(*arguments: str) -> int:
    try:
        return cli.main(["scores", "--broker", "127.0.0.1:1", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--as-of", "soon"),
        ("--as-of", ""),
        ("--as-of", "2026-02-30"),
        ("--as-of", "2026-1-1"),
        ("--as-of", "20260131"),
        ("--as-of", "2026-W05-6"),
        ("--as-of", "2026-01-31T00:00:00Z"),
        ("--known-at", "2026-01-31"),
        ("--known-at", "2026-01-31T09:30:00"),
        ("--known-at", "1769851800"),
        ("--known-at", "20260131T093000Z"),
        ("--known-at", "2026-01-31 09:30:00Z"),
        ("--known-at", "2026-13-01T00:00:00Z"),
        ("--subject", "nobody"),
        ("--subject",),
        ("--sort",),
        ("r-1",),
    ],
)
def test_what_is_asked_wrongly_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: " in said.err


@pytest.mark.parametrize(("option", "value"), [("--as-of", "2026-02-30"), ("--known-at", "yesterday")])
def test_a_refused_date_is_named_with_what_was_expected(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(option, value)
    said = capsys.readouterr().err
    assert option in said
    assert repr(value) in said
    assert "expected" in said


def test_a_missing_scorecard_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--as-of", "2026-01-31", "--scorecard", "nowhere.toml") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("upscore: UPSCORE_SCORECARD is 'nowhere.toml': ")


@pytest.mark.parametrize("arguments", [(), ("--as-of", "2026-01-31", "--json")])
def test_a_broker_that_does_not_answer_is_one_line(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", "scores", "--broker", "127.0.0.1:1", *arguments],
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
