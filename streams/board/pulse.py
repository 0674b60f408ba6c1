"""Pulse: how the stream fares, of this worker and of the others, for a page that asks and for those that look on."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from streams.board.neighbours import Member, Neighbours, OwnerUnreachable
from streams.board.source import BoardSource
from streams.board.stream_figures import all_together, own_figures, stream_event
from streams.board.watchers import Watchers
from streams.codec import from_json
from streams.errors import UpscoreError

__all__ = ["Pulse"]

log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 2.0
_OTHERS_SECONDS: Final = 2.0
_OWN: Final = "/api/v1/board/own/stream"


class Pulse:
    """Called on the web server's loop."""

    def __init__(self, source: BoardSource, neighbours: Neighbours, watchers: Watchers) -> None:
        """Nothing is told before `begin`."""
        self._source = source
        self._neighbours = neighbours
        self._watchers = watchers
        self._task: asyncio.Task[None] | None = None

    async def own(self) -> dict[str, Any]:
        """This worker's figures."""
        loop, source = asyncio.get_running_loop(), self._source
        return await loop.run_in_executor(None, lambda: own_figures(source.desk, source.obstacles()))

    async def told(self, authorization: str | None) -> dict[str, Any]:
        """A `schemas.board_stream.Stream`; what the broker or other workers do not say is among the obstacles."""
        own, own_partitions = await self.own(), self._source.owned()
        try:
            members, trouble = await self._neighbours.members(), None
        except UpscoreError as error:
            members, trouble = [], str(error)
        others = await self._others(members, _OWN, authorization, _OTHERS_SECONDS)
        lines = [self._line(member, own, others) for member in members]
        if not any(line["here"] for line in lines):  # it is not in the group yet, or the broker does not say
            here = Member("(this worker)", self._neighbours.own_address, tuple(sorted(own_partitions)))
            lines.insert(0, self._line(here, own, others))
        together = all_together(own, others, lines)
        if trouble is not None:
            together["obstacles"].append(trouble)
        return together

    def begin(self, authorization: str | None) -> None:
        """Tell those who look on every two seconds, until nobody does."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(authorization))

    async def of_others(self, path: str, authorization: str | None, seconds: float) -> dict[str, Any]:
        """What each other worker answers, by address; a sentence where it does not."""
        try:
            members = await self._neighbours.members()
        except UpscoreError as error:
            return {"": str(error)}
        return await self._others(members, path, authorization, seconds)

    async def stop(self) -> None:
        """Tell nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, authorization: str | None) -> None:
        while len(self._watchers):
            try:
                if len(self._source.owned()) == self._source.desk.settings.partitions:
                    together = all_together(await self.own(), {}, [])
                else:
                    together = await self.told(authorization)
                self._watchers.stream_moved(stream_event(together))
            except Exception:  # the pages go on without these figures
                log.exception("cannot tell how the stream fares")
            await asyncio.sleep(_EVERY_SECONDS)

    async def _others(
        self, members: list[Member], path: str, authorization: str | None, seconds: float
    ) -> dict[str, Any]:
        others = [member for member in members if member.address != self._neighbours.own_address]
        answers = await asyncio.gather(*(self._asked(member, path, authorization, seconds) for member in others))
        return {member.address or member.id: answer for member, answer in zip(others, answers, strict=True)}

    async def _asked(self, member: Member, path: str, authorization: str | None, seconds: float) -> Any:
        try:
            answer = await self._neighbours.ask(member, path, authorization, seconds)
        except OwnerUnreachable as error:
            return str(error)
        told = from_json(answer.body)
        return told.get("error", told)

    def _line(self, member: Member, own: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
        here = member.address is not None and member.address == self._neighbours.own_address
        figures = own if here else others.get(member.address or member.id, "it is not known")
        reached = not isinstance(figures, str)
        return {
            "id": member.id,
            "url": member.address,
            "here": here,
            "partitions": list(member.partitions),
            "ready": figures["ready"] if reached else None,
            "rate": figures["rate"] if reached else None,
            "lag_seconds": figures["lag_seconds"] if reached else None,
            "behind": figures["own_behind"] if reached else None,
            "version": figures["version"] if reached else None,
            "uptime_seconds": figures["uptime_seconds"] if reached else None,
            "error": None if reached else figures,
        }
