"""Norms keeper: works out the norms of the quarter wherever the company's lane is, and hands them to it for publication."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from scoring.improvement import norms_on
from scoring.norms import Norms
from streams.desk import Desk, NormsMade

_LOOK_SECONDS = 0.1
_BEHIND_SECONDS = 30.0
"""While records wait, norms are worked out this rarely: they would change with every step of the backlog."""
_SHARE_OF_TIME = 0.25
"""Part of a core that norms may take: records come first."""
_MOST_SECONDS = 5.0
"""The longest that new norms wait for rows to stop changing, or after the last ones, where there is no backlog."""

Offer = Callable[[Norms], bool]
"""Takes norms to be published; whether there is a lane of the company's here that does."""


class NormsKeeper:
    """Looks whether what norms are made of has changed, and works them out anew, in a thread of its own."""

    def __init__(self, desk: Desk, offer: Offer, owns_company: Callable[[], bool]) -> None:
        """Set up; `run` makes it live.

        Args:
            desk: what the lanes share.
            offer: where the norms go.
            owns_company: whether this worker owns the company's lane and has recovered it.
        """
        self._desk = desk
        self._offer = offer
        self._owns_company = owns_company
        self._made_of: tuple[object, int] | None = None
        self._seen: tuple[object, int] | None = None
        self._done_at = time.monotonic()

    async def run(self) -> None:
        """Work until cancelled. Call it once the week rows have been read."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self._owns_company():
                self._made_of = None
                continue
            if self._desk.is_behind and time.monotonic() - self._done_at < _BEHIND_SECONDS:
                continue
            as_of = self._desk.as_of.day()
            made_of = (self._desk.ground.made_of(as_of), as_of)
            if made_of not in (self._made_of, self._seen) and time.monotonic() - self._done_at < _MOST_SECONDS:
                self._seen = made_of  # rows are coming in: work with all of them
            elif made_of != self._made_of:
                started = time.monotonic()
                norms = await self._norms(as_of)
                if norms.label == self._desk.norms.in_force(as_of).label or self._offer(norms):
                    self._made_of = made_of
                    (_, weeks, people), _ = made_of
                    self._desk.norms_made = NormsMade(weeks, people, as_of, norms.label)
                self._done_at = time.monotonic()
                await asyncio.sleep(min(_MOST_SECONDS, (time.monotonic() - started) / _SHARE_OF_TIME))

    async def _norms(self, as_of: int) -> Norms:
        ground = self._desk.ground.anew(as_of)
        return await asyncio.to_thread(norms_on, as_of, self._desk.scorecard, ground)
