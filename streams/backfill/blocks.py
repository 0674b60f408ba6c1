"""Blocks: samples made into blocks of Prometheus's own format, in a folder beside its blocks, and moved in by renaming."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from streams.backfill.stretch import Stretch
from streams.errors import UpscoreError
from streams.replay.figures import Table
from streams.replay.history import Stages
from streams.replay.judging import Judging
from streams.replay.openmetrics import exposition, series_on
from streams.replay.side_by_side import Advance, Part, run, shares

PROMTOOL: Final = "promtool"
_STAGING: Final = "upscore-backfill"
"""In the data folder, so that moving is renaming; Prometheus passes over what is named like no block."""
_ULID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_HOUR: Final = 3_600
_WINDOWS: Final = (162 * _HOUR, 54 * _HOUR, 18 * _HOUR, 6 * _HOUR, 2 * _HOUR)
"""Lengths of blocks that promtool makes, of those that Prometheus's own compaction takes up; the greatest first."""
_SAMPLES_AT_ONCE: Final = 10_000_000
"""In the text and the memory of one promtool: some 900 MB of each, until it is done."""


class Block(NamedTuple):
    """One that was made: its folder's name, samples, series, bytes."""

    name: str
    samples: int
    series: int
    size: int


def check_promtool() -> None:
    """Do nothing where promtool can be started.

    Raises:
        UpscoreError: it is not installed.
    """
    if shutil.which(PROMTOOL) is None:
        raise UpscoreError(
            f"{PROMTOOL} is not on this machine's PATH, and it makes Prometheus's blocks: it comes with Prometheus "
            "(on Debian: apt-get install prometheus)"
        )


def check_folder(folder: Path) -> None:
    """Do nothing where blocks can be moved into a data folder so that its Prometheus may read and delete them.

    Raises:
        UpscoreError: it is none, or belongs to somebody else.
    """
    if not (folder / "wal").is_dir():
        raise UpscoreError(
            f"{str(folder)!r} is no data folder of Prometheus (it has no wal): run this where Prometheus's files are, or name "
            "the folder as it is seen here with --data"
        )
    owner = folder.stat().st_uid
    if os.geteuid() not in (0, owner) or not os.access(folder, os.W_OK):
        raise UpscoreError(
            f"{str(folder)!r} belongs to user {owner} and this is user {os.geteuid()}: Prometheus could not keep house with "
            f"blocks of ours; run this as that user, or as root"
        )


def held_blocks(folder: Path) -> list[str]:
    """The blocks in a data folder."""
    return sorted(path.name for path in folder.iterdir() if _ULID.fullmatch(path.name) and path.is_dir())


def newest_end_ms(folder: Path) -> int:
    """Where the last of the blocks in a data folder ends, in milliseconds since 1970; 0 without any."""
    metas = [folder / name / "meta.json" for name in held_blocks(folder)]
    return max((json.loads(path.read_bytes())["maxTime"] for path in metas if path.exists()), default=0)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A folder for blocks that are being made, in the data folder; empty at first, and gone afterwards.

    Raises:
        UpscoreError: another backfill has it.
    """
    home = folder / _STAGING
    home.mkdir(exist_ok=True)
    with (home / "lock").open("wb") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except OSError as error:
            raise UpscoreError(f"another backfill is at work in {str(home)!r}: let it end first") from error
        shutil.rmtree(home / "made", ignore_errors=True)
        (home / "made").mkdir()
        try:
            yield home / "made"
        finally:
            shutil.rmtree(home)


def make_blocks(
    table: Table,
    judging: Judging,
    zone: tzinfo,
    stretch: Stretch,
    step_seconds: int,
    made: Path,
    work: Path,
    processes: int,
    stages: Stages,
) -> list[Block]:
    """Make the blocks of a stretch, and tell what they hold; some windows side by side.

    Args:
        table: the figures of its days.
        judging: what they were judged by.
        zone: the organisation's time zone.
        stretch: the days.
        step_seconds: between two samples of a series.
        made: where the blocks go.
        work: where texts are kept while promtool reads them.
        processes: how many windows at once.
        stages: told how it gets on.

    Raises:
        UpscoreError: promtool failed, with what it said.
    """
    windows = windows_of(stretch, max(series_on(table, day) for day in stretch.days), step_seconds)

    def part(some: list[tuple[int, int]], told: Advance) -> None:
        for start, end in some:
            path = work / f"{start}.om"
            try:
                with path.open("wb", 1 << 20) as file:
                    file.writelines(exposition(table, judging, zone, step_seconds, (start, end)))
                _promtool(path, made, windows[0][1] - windows[0][0])
            except OSError as error:
                raise UpscoreError(f"cannot write {str(path)!r}: {error.strerror}") from error
            finally:
                path.unlink(missing_ok=True)
            told(1)

    parts: list[Part] = [partial(part, some) for some in shares(windows, processes)]
    run(parts, stages.stage("making blocks", "windows", len(windows)))
    return [_told(made / name) for name in held_blocks(made)]


def windows_of(stretch: Stretch, series: int, step_seconds: int) -> list[tuple[int, int]]:
    """The windows of the blocks that hold a stretch: from and before which second; at multiples of their length.

    The length is the greatest with which a window has 10 million samples at most, or 2 hours.

    >>> hour = 3_600_000
    >>> [len(windows_of(Stretch(1, 27, 0, 27 * 24 * hour), series, 300)) for series in (4_000, 40_000)]
    [4, 36]
    """
    fitting = (each for each in _WINDOWS if series * (each // step_seconds) <= _SAMPLES_AT_ONCE)
    length = next(fitting, _WINDOWS[-1])
    first, end = stretch.start_ms // 1000 // length * length, stretch.end_ms // 1000
    return [(start, start + length) for start in range(first, end, length)]


def move_in(made: Path, folder: Path, blocks: list[Block]) -> None:
    """Put blocks where Prometheus finds them, each at once; they are its own from then on."""
    owner = folder.stat()
    for block in blocks:
        path = made / block.name
        if os.geteuid() == 0:
            for each in (path, *path.rglob("*")):
                os.chown(each, owner.st_uid, owner.st_gid)
        path.rename(folder / block.name)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _promtool(text: Path, made: Path, length: int) -> None:
    command = [PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", str(text), str(made)]
    done = subprocess.run(
        [*command, f"--max-block-duration={length // _HOUR}h"],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
        raise UpscoreError(f"{PROMTOOL} could not make a block of {text.name}, and said: {said[-1]}")


def _told(block: Path) -> Block:
    stats = json.loads((block / "meta.json").read_bytes())["stats"]
    size = sum(path.stat().st_size for path in block.rglob("*") if path.is_file())
    return Block(block.name, stats["numSamples"], stats["numSeries"], size)
