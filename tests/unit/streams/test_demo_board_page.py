"""When the demo opens the board in a browser, and when it leaves that to people."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path

import pytest

from streams.demo.board_page import has_display, open_in_browser


@pytest.mark.parametrize(
    ("environment", "platform", "seen"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ""}, "linux", False),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "linux", False),
        ({"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "darwin", False),
    ],
)
def test_a_display_is_seen_by_who_sits_before_it(environment: dict[str, str], platform: str, *, seen: bool) -> None:
    assert has_display(environment, platform) is seen


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # that is how webbrowser leaves it
@pytest.mark.parametrize(("way", "opens"), [("%s &", True), ("%s", False)])
def test_a_browser_with_a_window_opens_and_one_that_draws_in_the_terminal_does_not(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, opens: bool
) -> None:
    program = tmp_path / "browser"
    program.write_text('#!/bin/sh\necho "$1" >"$0.opened"\n')
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{program} {way}")
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # it remembers the browsers that it found first
    thread = open_in_browser("http://127.0.0.1:1/")
    thread.join()
    deadline, opened = time.monotonic() + 10, Path(f"{program}.opened")
    while opens and not opened.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert opened.exists() is opens
