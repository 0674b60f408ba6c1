"""Work folder: where a replay keeps what it has read, so that one that was interrupted goes on where it stopped."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from streams.codec import from_json, to_json
from streams.errors import UpscoreError
from streams.replay.asked import Asked, Partition
from streams.replay.spool import buckets_for, write_whole

_MANIFEST = "replay.json"
_LOCK = "lock"
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


class Spooled(NamedTuple):
    """A spool: its folder, what was asked of it, in how many buckets."""

    folder: Path
    asked: Asked
    buckets: int


@contextmanager
def work_folder(path: Path | None) -> Iterator[Path]:
    """The folder; without a path one of the machine's temporary folders, gone afterwards.

    Raises:
        UpscoreError: another replay is at work in it.
    """
    if path is not None:
        path.mkdir(parents=True, exist_ok=True)
        with (path / _LOCK).open("a") as lock:  # which forked processes hold as well
            if not _held(lock):
                raise UpscoreError(f"another replay is at work in {str(path)!r}: wait for it, or name another --work")
            yield path
        return
    with tempfile.TemporaryDirectory(prefix="upscore-replay-") as made:
        yield Path(made)


def _held(lock: IO[str]) -> bool:
    """Whether the lock is ours; what a killed replay had started needs a moment to end."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
        else:
            return True


def spool_in(folder: Path, asked: Asked) -> Spooled:
    """The spool of a folder: that of an interrupted replay of the same, up to the same offsets; else a new one.

    What is there of another replay is removed.
    """
    home, manifest = folder / "spool", folder / _MANIFEST
    if manifest.exists():
        told = from_json(manifest.read_bytes())
        if told["asked"] == asked.fingerprint:
            before = Asked(
                settings=asked.settings,
                starts=asked.starts,
                ends=_from_lists(told["ends"]),
                cuts=asked.cuts,
                now_us=told["now_us"],
                bounds=asked.bounds,
            )
            return Spooled(home, before, told["buckets"])
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    spooled = Spooled(home, asked, buckets_for(asked.records))
    told = {
        "asked": asked.fingerprint,
        "ends": [[*each, offset] for each, offset in sorted(asked.ends.items())],
        "now_us": asked.now_us,
        "buckets": spooled.buckets,
    }
    write_whole(manifest, to_json(told))
    return spooled


def _from_lists(ends: list[tuple[str, int, int]]) -> Mapping[Partition, int]:
    return {(topic, number): offset for topic, number, offset in ends}
