"""Own stack: a Kafka, a Redis and a folder that a benchmark has to itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.local import Addresses, OwnedStack
from streams.local.endings import ending_on_signals
from streams.local.progress import Reporter


@contextmanager
def own_stack(reporter: Reporter | None = None) -> Iterator[tuple[Path, Addresses]]:
    """The folder, and where Kafka and Redis are; all gone after the block, which a signal to end interrupts as ctrl-C does."""
    with (
        ending_on_signals(),
        tempfile.TemporaryDirectory(prefix="upscore-bench-") as name,
        OwnedStack(Path(name) / "stack", reporter) as stack,
    ):
        yield Path(name), stack.addresses
