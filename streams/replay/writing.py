"""Writing: to a file that is there whole or not at all, or to stdout; parts of it may be made side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from streams.errors import UpscoreError
from streams.replay.side_by_side import Advance, Part, run

Pieces = Callable[[Sequence[int], Advance], Iterable[bytes]]
"""The output of some days, piece by piece."""


@contextmanager
def destination(path: Path | None) -> Iterator[BinaryIO]:
    """Where the output goes; None is stdout.

    Raises:
        UpscoreError: the file cannot be written.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise UpscoreError(f"cannot write {str(path)!r}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def write_days(
    to: BinaryIO, days: range, pieces: Pieces, between: bytes, folder: Path, processes: int, advance: Advance
) -> None:
    """Write the pieces of all days, in order, with `between` between any two; several processes take stretches of days."""
    count = max(1, min(processes, len(days)))
    stretches = [days[len(days) * place // count : len(days) * (place + 1) // count] for place in range(count)]
    if count == 1:
        _write(to, pieces(days, advance), between)
        return
    first, *later = stretches
    paths = [folder / f"output-{place}" for place in range(len(later))]

    def part(path: Path, stretch: range, told: Advance) -> None:
        with path.open("wb") as file:
            _write(file, pieces(stretch, told), between)

    parts: list[Part] = [partial(part, path, stretch) for path, stretch in zip(paths, later, strict=True)]
    *_, begun = run([*parts, lambda told: _write(to, pieces(first, told), between)], advance)
    for path in paths:
        with path.open("rb") as file:
            if path.stat().st_size:
                to.write(between if begun else b"")
                copyfileobj(file, to, 1 << 20)
                begun = True
        path.unlink()


def _write(to: BinaryIO, pieces: Iterable[bytes], between: bytes) -> bool:
    """Whether there was any piece."""
    begun = False
    for piece in pieces:
        to.write(between + piece if begun else piece)
        begun = True
    return begun
