"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST_PAUSE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 0.1


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition came true within so many seconds; asked at least once.

    It is asked again after 5 ms, then after pauses that double up to 100 ms: what is quick is noticed at once, what is
    slow costs little.

    >>> wait_until(lambda: True, 0)
    True
    >>> wait_until(lambda: False, 0)
    False
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    while not condition():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    return True
