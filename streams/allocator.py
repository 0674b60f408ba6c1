"""Allocator: what glibc's malloc is told before a program takes and drops buffers of megabytes all day."""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_LARGEST_BUFFER: Final = 32 * 2**20
"""Bytes; more is not allowed."""
_KEPT: Final = 64 * 2**20
"""Bytes that stay at the end of an arena of malloc's; a thread that takes memory has one."""


def keep_freed_memory() -> bool:
    """Let memory that is freed stay for the next buffer, up to 64 MB a thread; whether this system's allocator can be told.

    A fetch and a transaction are buffers of up to some megabytes. By itself malloc takes each from the kernel and gives it back,
    and every page of it is cleared and mapped anew: with many records a twentieth of a worker's CPU.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's alone
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST_BUFFER) and mallopt(_TRIM_THRESHOLD, _KEPT))
