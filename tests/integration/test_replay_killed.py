"""A replay killed with -9 at any moment, and one that goes on from its work folder: the same bytes. On a real Kafka."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from streams import cli
from streams.local import Addresses
from streams.replay import spool as spooling
from streams.replay import work_folder
from streams.replay.side_by_side import run
from tests.installation import Installation, installation, wait_until
from tests.traffic import rough_messages

pytestmark = pytest.mark.kafka

_SIGKILL = -signal.SIGKILL


@pytest.fixture(scope="module")
def line(stack: Addresses, tmp_path_factory: pytest.TempPathFactory):
    with installation(stack, tmp_path_factory.mktemp("killed"), "replay-killed") as running:
        messages = rough_messages(6_000, seed=21, days=70, reps=8)
        for start in range(0, len(messages), 400):  # a batch is the least that a fetch brings
            running.produce(messages[start : start + 400])
        yield running


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is written down often, so that most of a run lies between two marks."""
    monkeypatch.setattr(spooling, "_ROWS_AT_ONCE", 40)
    monkeypatch.setattr(spooling, "RECORDS_A_BUCKET", 1_500)
    monkeypatch.setattr("streams.kafka_clients._FETCH_BYTES", 20_000)


def _arguments(line: Installation, folder: Path, processes: int) -> list[str]:
    settings = line.settings
    given = ["--broker", settings.broker, "--topic-prefix", settings.topic_prefix, "--app", settings.app]
    days = ["--from", "2025-02-20", "--until", "2025-05-20", "--out", "csv", "--to", str(folder / "days.csv")]
    return ["replay", *given, *days, "--work", str(folder / "work"), "--processes", str(processes)]


def _started(line: Installation, folder: Path, processes: int) -> multiprocessing.process.BaseProcess:
    """The command in a process forked from this one."""
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=lambda: os._exit(cli.main(_arguments(line, folder, processes))))
    process.start()
    return process


@pytest.fixture(scope="module")
def undisturbed(line: Installation, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, float]:
    """What one says that nobody kills, and how many seconds it takes, the code that it needs being loaded."""
    folder, seconds = tmp_path_factory.mktemp("undisturbed"), []
    for name in ("first", "second"):
        (folder / name).mkdir()
        began = time.monotonic()
        assert cli.main(_arguments(line, folder / name, 1)) == 0
        seconds.append(time.monotonic() - began)
    return (folder / "second" / "days.csv").read_bytes(), seconds[-1]


@pytest.fixture(scope="module")
def expected(undisturbed: tuple[bytes, float]) -> bytes:
    return undisturbed[0]


def _killed(process: multiprocessing.process.BaseProcess) -> None:
    process.kill()
    process.join()


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    line: Installation, undisturbed: tuple[bytes, float], tmp_path: Path, processes: int
) -> None:
    """Each attempt goes a little further, or is cut off again in the same stage."""
    (expected, seconds), rng, ends = undisturbed, random.Random(processes), []
    for _ in range(6):
        process = _started(line, tmp_path, processes)
        until = time.monotonic() + seconds * rng.uniform(0.02, 0.7)
        while time.monotonic() < until and process.is_alive():
            time.sleep(0.01)
        _killed(process)
        ends.append(process.exitcode)
    assert _SIGKILL in ends
    assert cli.main(_arguments(line, tmp_path, processes)) == 0
    assert (tmp_path / "days.csv").read_bytes() == expected


Point = Callable[[pytest.MonkeyPatch, Callable[[], None]], None]


def _before_a_mark_counts(patch: pytest.MonkeyPatch, passing: Callable[[], None]) -> None:
    """Rows are in their files, and the new mark is half written beside the old one."""
    whole = spooling.write_whole

    def half(path: Path, content: bytes) -> None:
        path.with_suffix(".new").write_bytes(content[: len(content) // 2])
        passing()
        whole(path, content)

    patch.setattr(spooling, "write_whole", half)


def _before_the_manifest_counts(patch: pytest.MonkeyPatch, passing: Callable[[], None]) -> None:
    """Nothing says yet what the folder is for."""

    def none(path: Path, content: bytes) -> None:  # noqa: ARG001
        passing()

    patch.setattr(work_folder, "write_whole", none)


def _among_the_blocks_of_a_mark(patch: pytest.MonkeyPatch, passing: Callable[[], None]) -> None:
    """Some of the files have rows that no mark says, one of them in part."""
    write = spooling.write_whole

    def torn(path: Path, content: bytes) -> None:
        sizes = {file: file.stat().st_size for file in path.parent.glob("*.rows")}
        for file in sizes:
            with file.open("ab") as rows:
                rows.write(b"\x40\x00\x00\x00 half")
        passing()
        for file, size in sizes.items():
            os.truncate(file, size)
        write(path, content)

    patch.setattr(spooling, "write_whole", torn)


def _in_the_output(patch: pytest.MonkeyPatch, passing: Callable[[], None]) -> None:
    """A part of the output is written."""
    from streams.replay import order  # noqa: PLC0415

    lines = order.csv_lines

    def some(*arguments: object) -> Iterator[bytes]:
        for line in lines(*arguments):  # type: ignore[arg-type]
            yield line
            passing()

    patch.setattr(order, "csv_lines", some)


@pytest.mark.parametrize(
    ("point", "after"),
    [
        (_before_the_manifest_counts, 1),
        (_before_a_mark_counts, 1),
        (_before_a_mark_counts, 45),
        (_among_the_blocks_of_a_mark, 30),
        (_in_the_output, 30),
    ],
)
def test_killed_at_the_worst_moment_it_ends_with_the_same_bytes(
    line: Installation, expected: bytes, tmp_path: Path, point: Point, after: int
) -> None:
    left = [after]

    def passing() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        point(patch, passing)
        process = _started(line, tmp_path, 1)
        process.join()
    assert process.exitcode == _SIGKILL
    assert not (tmp_path / "days.csv").exists()
    assert cli.main(_arguments(line, tmp_path, 1)) == 0
    assert (tmp_path / "days.csv").read_bytes() == expected
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".new"] == []


def test_what_a_killed_one_started_ends_with_it(tmp_path: Path) -> None:
    """Else it would go on writing to the spool that the next one goes on from."""

    def at_work(number: int) -> Callable[[object], None]:
        def part(_: object) -> None:
            (tmp_path / str(number)).write_text(str(os.getpid()))
            until = time.monotonic() + 30
            while time.monotonic() < until:
                time.sleep(0.05)

        return part

    fork = multiprocessing.get_context("fork")
    parent = fork.Process(target=lambda: run([at_work(0), at_work(1)], lambda _: None))
    parent.start()
    files = [tmp_path / "0", tmp_path / "1"]
    wait_until(lambda: all(file.exists() and file.read_text() for file in files), 30, "both to be at work")
    _killed(parent)
    for file in files:
        wait_until(partial(_has_ended, int(file.read_text())), 10, "it to end")


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_two_at_once_are_not_let_into_one_folder(
    line: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with work_folder.work_folder(tmp_path / "work"):
        assert cli.main(_arguments(line, tmp_path, 1)) == 1
    assert "another replay is at work in" in capsys.readouterr().err
