"""Lease: whether a worker may still say that its subjects are its own.

A worker that is stopped (SIGSTOP, a suspended machine) for longer than its session has lost its partitions, and answers a scrape
before it learns of it: for a moment every subject would be shown twice. So it shows none until it knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["Lease"]

_SAFE_SHARE: Final = 0.7
"""Part of the session after which a gap may have cost the partitions: the last heartbeat was a fifth of it ago at most."""


class Lease:
    """Renewed by the worker's event loop, asked by the web server's threads.

    Args:
        session_seconds: how long the group keeps a silent worker's partitions.
        clock: seconds; it must go on while the process is stopped.
    """

    def __init__(self, session_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """It holds."""
        self._session_seconds = session_seconds
        self._clock = clock
        self._ticked_at = clock()
        self._doubtful_since: float | None = None

    def tick(self, *, rebalancing: bool) -> None:
        """The loop is alive; to be called at least once a second.

        After a gap that may have cost the session, the lease does not hold until `renew`, or until a whole session has passed
        without a word of the group: then it was none.
        """
        now = self._clock()
        if self._gap(now):
            self._doubtful_since = now
        elif (
            self._doubtful_since is not None and not rebalancing and now - self._doubtful_since > self._session_seconds
        ):
            self._doubtful_since = None
        self._ticked_at = now

    def renew(self) -> None:
        """The group has said what this worker owns."""
        self._ticked_at = self._clock()
        self._doubtful_since = None

    def holds(self) -> bool:
        """Whether what the worker owned a moment ago is still its own.

        >>> moments = iter([0.0, 5.0, 8.0])
        >>> lease = Lease(10.0, lambda: next(moments))
        >>> lease.holds(), lease.holds()
        (True, False)
        """
        return self._doubtful_since is None and not self._gap(self._clock())

    def _gap(self, now: float) -> bool:
        return now - self._ticked_at > _SAFE_SHARE * self._session_seconds
