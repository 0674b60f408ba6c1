"""What a person sees of a start."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from streams.local import progress
from streams.local.progress import Lines, Silent, Terminal, on_stderr


def test_lines_tell_begin_progress_and_end_of_a_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 0.0)
    out = io.StringIO()
    with Lines(out).download("fetching", 4_000_000) as advance:
        advance("a.jar", 1_500_000)
    assert out.getvalue().splitlines() == [
        "fetching: about 4 MB, once",
        "fetching: 1.5 of about 4 MB (a.jar)",
        "fetching: done, 1.5 MB",
    ]


def test_lines_do_not_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 3_600.0)
    out = io.StringIO()
    with Lines(out).download("fetching", 4_000_000) as advance:
        for _ in range(1_000):
            advance("a.jar", 8_192)
    assert len(out.getvalue().splitlines()) == 2


def test_a_terminal_gets_a_bar() -> None:
    out = io.StringIO()
    terminal = Terminal(Console(file=out, force_terminal=True, width=100))
    terminal.say("starting [kafka]")
    with terminal.download("fetching", 4_000_000) as advance:
        advance("a.jar", 1_500_000)
    assert "starting [kafka]" in out.getvalue()
    assert "a.jar" in out.getvalue()


def test_a_pipe_gets_lines_on_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(on_stderr(), Lines)
    on_stderr().say("starting")
    with Silent().download("fetching", 1) as advance:
        advance("a.jar", 1)
    assert capsys.readouterr() == ("", "starting\n")
    assert not sys.stderr.isatty()
