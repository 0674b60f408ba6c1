"""Free ports on loopback, the same ones over restarts where possible."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection

from streams.errors import LocalStackError

LOOPBACK = "127.0.0.1"

RANGE = range(20_000, 32_768)
"""Below what Linux (from 32768) and macOS (from 49152) hand out to outgoing connections. A client that keeps knocking
at a dead port of *that* range can in time be given the very port as its own end, connect to itself, and so keep the
server from coming back."""


def is_free(port: int) -> bool:
    """Whether a server can listen on this port of the loopback address now."""
    with socket.socket() as server:
        # As servers do: connections of the last run that still linger in TIME_WAIT do not count.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((LOOPBACK, port))
            server.listen(1)
        except OSError:
            return False
        return True


def choose(kept: int | None, taken: Collection[int] = ()) -> int:
    """The kept port when it still is free, else another free one that is not among `taken`.

    Raises:
        LocalStackError: not one of 1,000 ports tried was free.
    """
    if kept is not None and kept not in taken and is_free(kept):
        return kept
    for port in random.sample(RANGE, 1_000):
        if port not in taken and is_free(port):
            return port
    raise LocalStackError(f"no free port on {LOOPBACK}: 1,000 between {RANGE[0]} and {RANGE[-1]} were tried")
