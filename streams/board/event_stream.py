"""Event stream: the answer that never ends, by which an open page is told what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from streams.board.owner_answers import ROOT
from streams.board.pages import Pages
from streams.board.published import Published
from streams.board.pulse import Pulse
from streams.board.questions import subjects_watched
from streams.board.summaries import Told
from streams.board.watchers import Watchers, event, wanted

__all__ = ["EventStream"]

_MADE: Final = 10_000
"""Events kept at most: a few MB."""


class EventStream:
    """Called on the web server's loop."""

    def __init__(self, published: Published, pages: Pages, watchers: Watchers, pulse: Pulse) -> None:
        """Tell what these say."""
        self._published = published
        self._pages = pages
        self._watchers = watchers
        self._pulse = pulse
        self._stopping = asyncio.Event()
        self._made: dict[str, tuple[Told, bytes]] = {}

    def attach(self, application: web.Application) -> None:
        """Add the route."""
        application.router.add_get(ROOT + "events", self._events)
        application.on_shutdown.append(self._stop)

    async def _stop(self, _: web.Application) -> None:
        """Before connections are closed: open pages end by themselves."""
        self._stopping.set()

    async def _events(self, request: web.Request) -> web.StreamResponse:
        subjects, members_of = subjects_watched(request.rel_url.raw_query_string)
        await self._published.ready()
        watcher = self._watchers.add(wanted(subjects, members_of, self._pages.belongs))
        if watcher is None:
            raise web.HTTPServiceUnavailable(text=f"{len(self._watchers)} pages are open here: try again later")
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
            await response.prepare(request)
            self._pulse.begin(request.headers.get("Authorization"))
            await self._write(response, watcher.events(self._score_event, self._pages.alert))
        except ConnectionResetError:
            pass
        finally:
            self._watchers.remove(watcher)
        return response

    async def _write(self, response: web.StreamResponse, events: AsyncIterator[bytes]) -> None:
        """Write events until the page is closed or the worker stops."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        writing = asyncio.ensure_future(self._write_all(response, events))
        try:
            await asyncio.wait({stopping, writing}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                await writing
        finally:
            for task in (stopping, writing):
                task.cancel()
            await asyncio.gather(stopping, writing, return_exceptions=True)

    async def _write_all(self, response: web.StreamResponse, events: AsyncIterator[bytes]) -> None:
        async for some in events:
            await response.write(some)
            self._published.keep()

    def _score_event(self, subject: str) -> bytes | None:
        """A subject's `event: score`; of a rep it is made once for all pages."""
        told = self._published.scores.get(subject)
        if told is None:
            return None
        made = self._made.get(subject)
        if made is None or made[0] is not told:
            if len(self._made) >= _MADE:
                self._made.clear()
            made = told, event("score", self._pages.line(told) | {"as_of": told.as_of})
            if told.subject == "rep":
                self._made[subject] = made
        return made[1]
