"""The folder of a demo: a temporary one that goes with it, or one that the user named and keeps."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.errors import UpscoreError

__all__ = ["UnusableFolder", "demo_folder"]

PREFIX: Final = "upscore-demo-"
_MARK: Final = "in-use"
"""A file that a living demo holds a lock on; the system lets go of it however the demo ends."""


class UnusableFolder(UpscoreError):
    """A demo cannot keep its data in the folder."""


@contextmanager
def demo_folder(wished: Path | None) -> Iterator[Path]:
    """A folder for the block; a temporary one is removed at the end, and so are those of demos that were killed.

    Raises:
        UnusableFolder: the wished one holds something already, or cannot be made.
    """
    if wished is None:
        remove_abandoned(Path(tempfile.gettempdir()))
        with _temporary() as folder:
            yield folder
        return
    try:
        wished.mkdir(parents=True, exist_ok=True)
        taken = any(wished.iterdir())
    except OSError as error:
        raise UnusableFolder(f"{wished} cannot hold the demo's data: {error.strerror}") from error
    if taken:
        raise UnusableFolder(f"{wished} is not empty: a demo begins from nothing, name a new folder")
    yield wished.absolute()


@contextmanager
def _temporary() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / _MARK).open("w") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder)


def remove_abandoned(parent: Path) -> None:
    """Remove the temporary folders of demos that no longer live."""
    for folder in parent.glob(PREFIX + "*"):
        try:
            with (folder / _MARK).open("r+") as mark:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # in use, just being made, or another user's
            continue
        shutil.rmtree(folder, ignore_errors=True)
