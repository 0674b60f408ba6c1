"""Norms keeper: works out the norms of the quarter wherever the company's lane is, and hands them to it for publication."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from scoring.improvement import norms_on
from scoring.norms import Norms
from streams.beats import next_beat
from streams.desk import Desk, NormsMade
from streams.rests import Rests

_LOOK_SECONDS = 0.25
_BEHIND_SECONDS = 30.0
"""While records wait, norms are worked out this rarely: they would change with every step of the backlog."""
_SHARE_OF_TIME = 0.005
"""Part of a core that norms may take, and that everybody is scored anew by them: records of past weeks move them all the time,
and by hardly anything."""
_MOST_SECONDS = 5.0
"""The longest that new norms wait for rows to stop changing, where there is no backlog."""

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
        self._changed_at: float | None = None
        self._done_at = time.monotonic()
        self._took = 0.0
        self._norms_rest = Rests(_SHARE_OF_TIME)

    async def run(self) -> None:
        """Work until cancelled. Call it once the week rows have been read."""
        while True:
            await next_beat(_LOOK_SECONDS)
            if not self._owns_company():
                self._made_of = self._changed_at = None
                self._desk.norms_due, self._desk.norms_made = False, None
                continue
            backlog = self._desk.backlog
            if backlog.is_behind:
                self._desk.norms_due = True
                if time.monotonic() - self._done_at < _BEHIND_SECONDS:
                    continue
            elif backlog.seconds_until_settled or (backlog.ended_lately and backlog.weeks_are_coming) or self._rests():
                continue
            await self._look()

    def _rests(self) -> bool:
        """Whether it is too soon after the last norms; whoever waits for some does not wait for that."""
        desk = self._desk
        if desk.norms_due or desk.norms_awaited:
            return False
        return self._norms_rest.seconds_left(self._cost(), at_once=desk.backlog.others_may_follow) > 0

    def _cost(self) -> float:
        """Seconds that norms take, and scores of everybody by them."""
        return self._took + self._desk.improvement.cost

    async def _look(self) -> None:
        """Work norms out anew, if what they are made of has changed, and does so no longer."""
        desk = self._desk
        as_of = desk.as_of.day()
        made_of = (desk.ground.made_of(as_of), as_of)
        if made_of == self._made_of:
            self._changed_at, desk.norms_due = None, desk.is_behind
            return
        now = time.monotonic()
        self._changed_at = self._changed_at or now
        if made_of != self._seen and not desk.norms_due and now - self._changed_at < _MOST_SECONDS:
            self._seen = made_of  # rows are coming in: work with all of them
            return
        norms = await self._norms(as_of)
        if norms.label == desk.norms.in_force(as_of).label or self._offer(norms):
            self._made_of, self._changed_at = made_of, None
            (_, weeks, people), _ = made_of
            desk.norms_made = NormsMade(weeks, people, as_of, norms.label)
            desk.norms_due = desk.is_behind
        self._done_at = time.monotonic()
        self._took = self._done_at - now
        self._norms_rest.done(self._cost())

    async def _norms(self, as_of: int) -> Norms:
        ground = self._desk.ground.anew(as_of)
        return await asyncio.to_thread(norms_on, as_of, self._desk.scorecard, ground)
