"""Waiting ends with the condition or the deadline."""

from __future__ import annotations

import time

from streams.local.waiting import wait_until


def test_it_returns_as_soon_as_the_condition_holds() -> None:
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), 60)


def test_it_gives_up_at_the_deadline() -> None:
    began = time.monotonic()
    assert not wait_until(lambda: False, 0.05)
    assert 0.05 <= time.monotonic() - began < 5
