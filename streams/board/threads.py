"""Threads: where the board's longer work is done, so that neither the web server's loop nor the lanes' wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streams.board.published import IDLE_SECONDS

__all__ = ["Threads"]


class Threads:
    """Called on the web server's loop."""

    def __init__(self, forget: Callable[[], None]) -> None:
        """Nothing runs yet; `forget` is called when nobody has had anything thought over for a while."""
        self._forget = forget
        self._forgetting: asyncio.TimerHandle | None = None
        self._askers = ThreadPoolExecutor(4, "web-board-ask")
        self._thinking = ThreadPoolExecutor(1, "web-board-think")
        self._ranking = ThreadPoolExecutor(1, "web-board-rank")

    async def ask(self, question: Callable[..., Any], *what: Any) -> Any:
        """Ask the worker something that it may take its time for."""
        return await asyncio.get_running_loop().run_in_executor(self._askers, question, *what)

    async def think(self, work: Callable[[], Any]) -> Any:
        """Run something in the one thread of `Moments`."""
        loop = asyncio.get_running_loop()
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = loop.call_later(IDLE_SECONDS, self._forget)
        return await loop.run_in_executor(self._thinking, work)

    async def rank(self, work: Callable[[], Any]) -> Any:
        """Run something that compares everybody with everybody."""
        return await asyncio.get_running_loop().run_in_executor(self._ranking, work)

    def close(self) -> None:
        """Begin nothing any more."""
        if self._forgetting is not None:
            self._forgetting.cancel()
        for executor in (self._askers, self._thinking, self._ranking):
            executor.shutdown(wait=False, cancel_futures=True)
