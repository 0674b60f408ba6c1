"""Side thread: what goes on in a thread while a test does something else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def side_thread(work: Callable[[], None], stopping: threading.Event) -> Iterator[None]:
    """`work` goes on, until `stopping` is set at the end; it is waited for."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
