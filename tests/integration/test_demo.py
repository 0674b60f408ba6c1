"""The demo as people run it: a process of its own, ended in every way there is."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from streams.demo.folder import remove_abandoned
from streams.local.process import Process
from streams.local.record import Record
from streams.local.waiting import wait_until
from streams.simulator import line, records

SECONDS = 90.0
SERVICES = ("kafka", "redis", "worker")


@dataclass
class Demo:
    """A demo that runs, and what it has written so far."""

    process: subprocess.Popen[bytes]
    temporary: Path
    out: bytes = b""
    err: bytes = b""

    def said(self, text: str) -> bool:
        return text in (self.out + self.err).decode(errors="replace")

    def wait_until_it_says(self, text: str) -> None:
        assert wait_until(lambda: self.said(text) or self.process.poll() is not None, SECONDS), self
        assert self.said(text), self

    def services(self) -> dict[str, Process]:
        """What it has started; a service that it has not, is missing."""
        folders = [*self.temporary.glob("upscore-demo-*")]
        found = {name: Record.read(folder / name).process for folder in folders for name in SERVICES}
        return {name: process for name, process in found.items() if process is not None}

    def end(self, number: int | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def left_nothing(self, services: dict[str, Process]) -> bool:
        return not any(process.alive() for process in services.values()) and not [*self.temporary.iterdir()]


@contextmanager
def demo(temporary: Path, *arguments: str, terminal: int | None = None, browser: Path | None = None) -> Iterator[Demo]:
    """A demo whose temporary files go into `temporary`; it is killed at the end of the block if it still runs.

    `terminal` is where it writes to, `browser` a program with which pages are opened on a display.
    """
    temporary.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
    display = {} if browser is None else {"DISPLAY": ":0", "BROWSER": f"{browser} %s &"}
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"}
    environment = {name: value for name, value in environment.items() if name not in hidden} | display
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "demo", *arguments],
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=subprocess.PIPE if terminal is None else terminal,
        stderr=subprocess.PIPE,
        env=environment | {"TMPDIR": os.fspath(temporary), "TERM": "xterm-256color"},
        start_new_session=True,
    )
    running = Demo(process, temporary)

    def read(stream: str) -> None:
        pipe = getattr(process, f"std{stream}")
        while chunk := pipe.read1():
            setattr(running, stream, getattr(running, stream) + chunk)

    readers = [threading.Thread(target=read, args=(name,)) for name in ("out", "err")[terminal is not None :]]
    for reader in readers:
        reader.start()
    with process:
        try:
            yield running
        finally:
            process.kill()
            for reader in readers:
                reader.join()


def asked(address: str) -> bytes:
    with urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - of our own worker
        return bytes(answer.read())


def yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


@pytest.mark.kafka
def test_without_a_terminal_scores_are_seen_to_move_and_it_ends_by_itself_with_nothing_left(tmp_path: Path) -> None:
    last = yesterday()
    with demo(tmp_path / "t", "--days", "75", "--reps", "6", "--speed", "10", "--exit-after", "1") as running:
        running.wait_until_it_says("   API http")
        board = re.search(r"board (http://127\.0\.0\.1:\d+/)", running.err.decode())
        assert board is not None, running
        assert b"<title>upscore</title>" in asked(board[1])  # at once: it is not said before the board answers
        running.wait_until_it_says(" live: ")
        services = running.services()
        assert set(services) == set(SERVICES)
        assert running.end() == 0, running
    lines = running.out.decode().splitlines()
    expected = sum(1 for _ in records(seed=3, days=75, reps=6, start=last - timedelta(days=74)))
    assert " over: company " in lines[-1]
    assert f"· {expected} records, " in lines[-1]
    assert lines[-1].endswith("lag 0, dead letters 0")
    dates = [text.split(" ")[0] for text in lines if " live: " in text or " over: " in text]
    assert dates == sorted(dates)
    assert date.fromisoformat(dates[-1]) > last - timedelta(days=3)  # nobody works on Sundays
    assert len(set(re.findall(r"company (\d+\.\d)", running.out.decode()))) > 1
    moved = [float(change) for change in re.findall(r"r-\d+ [\d.]+ \(([-+][\d.]+)\)", lines[-1])]
    assert max(map(abs, moved)) > 1.0
    page = r"r-\d slides from \d{4}-\d\d-\d\d on: open http://127\.0\.0\.1:\d+/#/rep/r-\d"
    assert re.search(rf"^{page}$", running.err.decode(), re.MULTILINE)
    said = re.findall(rf"^why {page}\?from=\d{{4}}-\d\d-\d\d&to=(.*)$", running.out.decode(), re.MULTILINE)
    assert said == [dates[-1]], lines
    assert running.left_nothing(services)


@pytest.mark.kafka
def test_in_a_terminal_a_folder_plays_as_a_table_until_ctrl_c(tmp_path: Path) -> None:
    crm = tmp_path / "crm"
    crm.mkdir()
    start = yesterday() - timedelta(days=400)
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\necho "$1" >"$0.opened"\n')
    browser.chmod(0o700)
    (crm / "crm.ndjson").write_bytes(b"".join(map(line, records(seed=3, days=40, reps=4, start=start))) + b"{}\n")
    ours, theirs = pty.openpty()
    with demo(tmp_path / "t", "--from", os.fspath(crm), "--speed", "20", terminal=theirs, browser=browser) as running:
        os.close(theirs)
        screen = bytearray()

        def read() -> None:
            with contextlib.suppress(OSError):  # how a terminal tells that nobody writes to it any more
                while chunk := os.read(ours, 65_536):
                    screen.extend(chunk)

        reader = threading.Thread(target=read)
        reader.start()
        assert wait_until(lambda: b"all has been played" in screen or running.process.poll() is not None, SECONDS)
        services = running.services()
        address = re.search(r"board (http://127\.0\.0\.1:\d+)/", running.err.decode())
        assert address is not None, running
        opened = Path(f"{browser}.opened")
        assert wait_until(lambda: opened.exists() and opened.read_text() == f"{address[1]}/\n", SECONDS), running
        assert b"<title>upscore</title>" in asked(f"{address[1]}/")
        company_url, score = f"{address[1]}/api/v1/scores/company/company", b""

        def shows_the_last_score() -> bool:
            nonlocal score
            company = json.loads(asked(company_url))
            if company["score"] is None or company["as_of"] <= (start + timedelta(days=36)).isoformat():
                return False  # not all of it has arrived
            score = f"{company['score']:.1f}".encode()
            return score in screen[screen.rindex(b"upscore demo") :]

        assert wait_until(shows_the_last_score, SECONDS), (score, running)
        # The terminal is not the demo's controlling one here, so its ctrl-C is the signal that a terminal sends.
        assert running.end(signal.SIGINT) == 0, running
        reader.join()
        os.close(ours)
    screen_left = bytes(screen[screen.rindex(b"\x1b[?1049l") :])
    assert score in screen_left  # the last table stays when the terminal gets its own screen back
    assert b"r-1 Leilani" in screen_left
    assert re.search(r"crm.ndjson:\d+: missing_field: type is missing\n", running.err.decode())
    assert running.left_nothing(services)


@pytest.mark.kafka
def test_a_worker_that_dies_ends_the_demo_which_says_so_with_its_last_lines(tmp_path: Path) -> None:
    with demo(tmp_path / "t", "--days", "10", "--reps", "2") as running:
        running.wait_until_it_says(" live: ")
        services = running.services()
        os.kill(services["worker"].pid, signal.SIGKILL)
        assert running.end() == 1
    assert "upscore: the demo's worker has ended; its last lines:\n" in running.err.decode()
    assert "lane 0" in running.err.decode().partition("has ended")[2]
    assert running.left_nothing(services)


@pytest.mark.kafka
def test_a_demo_that_is_killed_leaves_no_process_and_a_folder_that_the_next_one_removes(tmp_path: Path) -> None:
    with demo(tmp_path / "t", "--days", "10", "--reps", "2") as running:
        running.wait_until_it_says("does not answer yet")
        services = running.services()
        assert set(services) == set(SERVICES)
        running.end(signal.SIGKILL)
        assert wait_until(lambda: not any(process.alive() for process in services.values()), SECONDS)
    (folder,) = running.temporary.iterdir()
    assert (folder / "worker" / "server.log").exists()
    remove_abandoned(running.temporary)
    assert running.left_nothing(services)


@pytest.mark.kafka
def test_told_to_end_while_it_starts_it_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path / "t", "--days", "10", "--reps", "2") as running:
        running.wait_until_it_says("starting kafka")
        services = running.services()
        assert running.end(signal.SIGTERM) == 130
    assert "Traceback" not in running.err.decode()
    assert running.left_nothing(services)
