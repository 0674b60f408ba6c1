"""How a program that started a stack is told to end: ctrl-C, `kill`, a closed terminal alike. None cuts tidying short."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Ending", "ending_on_signals"]


class Ending:
    """Knows whether the program was told to end.

    Attributes:
        told: whether it was.
    """

    def __init__(self) -> None:
        self.told = False
        self._tell: Callable[[], object] | None = None

    def signalled(self, _number: int, _frame: FrameType | None) -> None:
        """Take a signal; any but the first changes nothing.

        Raises:
            KeyboardInterrupt: nobody has asked to be told instead.
        """
        if self.told:
            return
        self.told = True
        if self._tell is None:
            raise KeyboardInterrupt
        self._tell()

    @contextmanager
    def telling(self, tell: Callable[[], object]) -> Iterator[None]:
        """Call `tell` in the block, where a signal would otherwise raise; afterwards signals change nothing."""
        self._tell = tell
        try:
            yield
        finally:
            self.told = True


@contextmanager
def ending_on_signals() -> Iterator[Ending]:
    """An ending that SIGINT, SIGTERM and SIGHUP bring about, for the block. Of the main thread alone."""
    ending = Ending()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, ending.signalled) for number in numbers}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
