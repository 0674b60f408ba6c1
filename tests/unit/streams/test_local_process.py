"""A process is ours only while it is the very one that was started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.local import process
from streams.local.process import Process, birth, command_line

SLEEP = "import time; time.sleep(600)  # a stranger"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as started:
        yield started
        started.kill()


@pytest.fixture(params=["the system's own way", "ps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to ask the system, where it has both."""
    if request.param == "ps":
        monkeypatch.setattr(process, "_BOOT", Path("nowhere"))
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_a_running_process_is_recognised(sleeper: subprocess.Popen[bytes]) -> None:
    seen = Process.seen(sleeper.pid, "a stranger")
    assert seen is not None
    assert seen.alive()
    assert "a stranger" in command_line(sleeper.pid)


@pytest.mark.usefixtures("way")
def test_an_ended_process_is_not_alive_even_before_it_is_reaped(sleeper: subprocess.Popen[bytes]) -> None:
    seen = Process.seen(sleeper.pid)
    assert seen is not None
    assert seen.end(grace_seconds=10)  # nobody has waited for it yet: it is a zombie
    assert birth(sleeper.pid) is None
    assert not seen.alive()
    sleeper.wait()
    assert birth(sleeper.pid) is None
    assert command_line(sleeper.pid) == ""
    assert Process.seen(sleeper.pid) is None


@pytest.mark.usefixtures("way")
def test_a_pid_that_another_process_has_now_is_never_ended(sleeper: subprocess.Popen[bytes]) -> None:
    other_birth = Process(pid=sleeper.pid, born="long ago")
    other_program = Process(pid=sleeper.pid, born=birth(sleeper.pid) or "", sign="kafka.Kafka")
    for stranger in (other_birth, other_program):
        assert not stranger.alive()
        assert stranger.end(grace_seconds=1)
        assert sleeper.poll() is None


def test_the_births_of_two_processes_differ(sleeper: subprocess.Popen[bytes]) -> None:
    assert birth(sleeper.pid) != birth(os.getpid())


def test_a_process_that_will_not_end_politely_is_killed() -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        seen = Process.seen(started.pid)
        assert seen is not None
        assert seen.end(grace_seconds=0.2)
        assert started.wait() == -9
