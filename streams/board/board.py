"""Board: the routes of the board's API and of its files, and what is behind them. Source: `schemas.board`."""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from functools import partial
from typing import Any, Final

from aiohttp import web
from aiokafka.errors import KafkaError

from streams.board.alertmanager import Acknowledgements
from streams.board.event_stream import EventStream
from streams.board.explaining import Asked, Explainer
from streams.board.json_answers import json_answer, json_bytes
from streams.board.letters import search_letters
from streams.board.moments import Moments
from streams.board.movers import MOST, MOVERS_DAYS, OwnMovers
from streams.board.neighbours import Neighbours, address_of
from streams.board.owner_answers import ROOT, SUBJECT, OwnerAnswers
from streams.board.pages import Pages, placed, spread_of
from streams.board.people import People
from streams.board.published import NotRead, Published
from streams.board.pulse import Pulse
from streams.board.questions import dates_asked, letters_asked, text_asked
from streams.board.scorecard_words import scorecard_words
from streams.board.source import BoardSource
from streams.board.threads import Threads
from streams.board.watchers import Watchers
from streams.errors import UpscoreError
from streams.scorecard_file import scorecard_text
from streams.scorecard_log import digest_of, read_log
from streams.web_query import subject_of_path

__all__ = ["Board"]

log = logging.getLogger(__name__)

_MOVERS_SECONDS: Final = 3.0
_LOG_SECONDS: Final = 60.0


class Board:
    """The board of one worker. All but the constructor is called on the web server's loop."""

    def __init__(self, source: BoardSource) -> None:
        """Nothing is begun before somebody asks.

        Args:
            source: the worker.
        """
        desk = source.desk
        self._source, self._desk, self._settings = source, desk, desk.settings
        self._watchers = Watchers()
        self._people = People(lambda: desk.reference.roster)
        self._published = Published(
            desk.settings,
            desk.names.scores,
            desk.names.alerts,
            lambda subject, _: self._watchers.score_changed(subject),
            self._watchers.alert_told,
        )
        self._acknowledged = Acknowledgements(desk.settings.alertmanager_url)
        self._pages = Pages(self._published, self._people, self._acknowledged, desk.as_of.day)
        self._neighbours = Neighbours(desk.settings, next(iter(desk.names.inputs)))
        self._pulse = Pulse(source, self._neighbours, self._watchers)
        self._explainer = Explainer(desk.settings)
        self._moments = Moments(desk)
        self._threads = Threads(self._moments.clear)
        self._movers = OwnMovers(source, self._moments, self._threads)
        self._owners = OwnerAnswers(source, self._neighbours, self._moments, self._threads)
        self._events = EventStream(self._published, self._pages, self._watchers, self._pulse)
        self._log: tuple[float, dict[str, Any]] | None = None

    def reached_at(self, port: int) -> str:
        """Where other workers reach this one, whose web server listens on `port`; to be told to the group."""
        self._neighbours.own_address = address_of(self._settings, port)
        return self._neighbours.own_address

    def attach(self, application: web.Application) -> None:
        """Add the routes, and end everything with the application."""
        self._owners.attach(application)
        self._events.attach(application)
        add = application.router.add_get
        add(ROOT + "company", self._company)
        add(ROOT + r"{kind:team|territory}/{id:[\s\S]+}", self._group)
        add(ROOT + r"rep/{id:[\s\S]+}", self._rep)
        add(ROOT + "explain/" + SUBJECT, self._explain)
        add(ROOT + "alerts", self._alerts)
        add(ROOT + "stream", self._stream)
        add(ROOT + "dead-letters", self._dead_letters)
        add(ROOT + "scorecard", self._scorecard)
        add(ROOT + "search", self._search)
        add(ROOT + "own/movers", self._own_movers)
        add(ROOT + "own/stream", self._own_stream)
        application.on_cleanup.append(self._stop)

    async def _stop(self, _: web.Application) -> None:
        await self._explainer.stop()
        await self._movers.stop()
        await self._pulse.stop()
        await self._published.stop()
        await self._acknowledged.close()
        await self._neighbours.close()
        self._threads.close()

    async def _company(self, request: web.Request) -> web.Response:
        await self._published.ready()
        await self._acknowledged.refresh()
        others = await self._all_others(request, ROOT + "own/movers")
        found = [self._movers.told(), *(answer for answer in others if not isinstance(answer, str))]
        movers = self._pages.movers(found, MOVERS_DAYS, MOST)
        told = self._pages.company(self._settings.base_currency, self._settings.grafana_url, movers)
        told["scorecard"] = told["scorecard"] or self._desk.scorecard.label
        return json_answer(told)

    async def _all_others(self, request: web.Request, path: str) -> list[Any]:
        """What the other workers answer; a sentence for each that does not. Nobody is asked while all is owned here."""
        if len(self._source.owned()) == self._settings.partitions:
            return []
        found = await self._pulse.of_others(path, request.headers.get("Authorization"), _MOVERS_SECONDS)
        return list(found.values())

    async def _own_movers(self, _: web.Request) -> web.Response:
        return json_answer(self._movers.told())

    async def _group(self, request: web.Request) -> web.Response:
        kind, group_id = subject_of_path(request.rel_url.raw_path, ROOT)
        await self._published.ready()
        await self._acknowledged.refresh()
        key, pages = f"{kind}:{group_id}", self._pages
        line = pages.line_of(key)
        if line is None:
            raise web.HTTPNotFound(text=f"{kind} {group_id!r} is unknown")
        members = pages.members(key)
        lines = [pages.line(told) for told in members]
        (detail, missing), ranked = await asyncio.gather(
            self._owners.detail_of(request, key), self._threads.rank(partial(placed, members, lines))
        )
        is_team = kind == "team"
        return json_answer(
            {
                "as_of": date.fromordinal(pages.as_of).isoformat(),
                "currency": self._settings.base_currency,
                "grafana": self._settings.grafana_url,
                "team": line,
                "manager": self._people.manager(group_id) if is_team else None,
                "parent": pages.above(group_id) if is_team else None,
                "teams": pages.teams_below(group_id) if is_team else [],
                "members": ranked,
                "spread": spread_of(members),
                "targets": detail["targets"],
                "weak_spots": detail["weak_spots"],
                "missing": missing,
                "alerts": pages.open_alerts([key, *(f"rep:{told.id}" for told in members)]),
            }
        )

    async def _rep(self, request: web.Request) -> web.Response:
        _, rep_id = subject_of_path(request.rel_url.raw_path, ROOT)
        await self._published.ready()
        await self._acknowledged.refresh()
        detail = await self._owners.whole_detail(request, "rep", rep_id)
        standing, pages = detail["standing"], self._pages
        return json_answer(
            {
                "name": self._people.name("rep", rep_id),
                "team": pages.line_of(f"team:{standing['team_id']}"),
                "standing": standing,
                "score": detail["score"],
                "alerts": pages.open_alerts([f"rep:{rep_id}"]),
                "grafana": self._settings.grafana_url,
            }
        )

    async def _explain(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, ROOT + "explain/")
        dates = dates_asked(request.query, self._desk.as_of.day())
        asked = Asked(subject, subject_id, request.query.get("as_of"), request.query.get("against"))
        outcome = self._explainer.ask(asked, dates)
        return json_bytes(outcome.body, outcome.status)

    async def _alerts(self, _: web.Request) -> web.Response:
        await self._published.ready()
        await self._acknowledged.refresh()
        return json_answer(self._pages.alerts())

    async def _stream(self, request: web.Request) -> web.Response:
        return json_answer(await self._pulse.told(request.headers.get("Authorization")))

    async def _own_stream(self, _: web.Request) -> web.Response:
        return json_answer(await self._pulse.own())

    async def _dead_letters(self, request: web.Request) -> web.Response:
        asked, topic = letters_asked(request.query), self._desk.names.dead_letters
        try:
            return json_answer(await search_letters(self._settings, topic, asked))
        except (KafkaError, OSError) as error:
            raise NotRead(f"{topic} cannot be read from {self._settings.broker} now: {error}") from error

    async def _scorecard(self, _: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        if self._log is None or loop.time() - self._log[0] > _LOG_SECONDS:
            self._log = loop.time(), await self._scorecard_told()
        return json_answer(self._log[1])

    async def _scorecard_told(self) -> dict[str, Any]:
        desk = self._desk
        try:
            text = await self._threads.ask(scorecard_text, self._settings.scorecard)
        except UpscoreError:  # the file is gone; the worker goes on with what it read
            text = ""
        try:
            entries = await read_log(self._settings)
        except (KafkaError, OSError, UpscoreError) as error:  # what counts is known all the same
            log.debug("reading which scorecards were in force: %r", error)
            entries = []
        digest = digest_of(text)
        in_force = next((entry for entry in reversed(entries) if entry.digest == digest), None)
        norms = desk.norms.in_force(desk.as_of.day())
        return scorecard_words(desk.scorecard, norms, self._settings.base_currency, text, in_force)

    async def _search(self, request: web.Request) -> web.Response:
        text = text_asked(request.query.get("q", ""))
        await self._published.ready()
        return json_answer({"found": self._pages.search(text)})
