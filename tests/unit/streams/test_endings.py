"""How a program that started a stack is told to end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streams.local.endings import ending_on_signals


@contextmanager
def disposition(number: signal.Signals, handler: signal.Handlers) -> Iterator[None]:
    """What a signal does at first, whatever these tests were started under: nohup ignores SIGHUP."""
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_once_and_what_follows_is_left_in_peace(number: signal.Signals) -> None:
    with disposition(number, signal.SIG_DFL):
        with ending_on_signals() as ending:
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            assert ending.told
        assert signal.getsignal(number) == signal.SIG_DFL


def test_a_closed_terminal_ends_nothing_under_nohup() -> None:
    with disposition(signal.SIGHUP, signal.SIG_IGN), ending_on_signals() as ending:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not ending.told


def test_who_asks_to_be_told_is_told_once_instead_and_afterwards_nobody() -> None:
    told: list[str] = []
    with ending_on_signals() as ending:
        with ending.telling(lambda: told.append("now")):
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert told == ["now"]
