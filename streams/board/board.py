"""Board: the routes of the board's API and of its files, and what is behind them. Source: `schemas.board`, issue 9."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from typing import Any, Final

from aiohttp import web

from streams.board.alertmanager import Acknowledgements
from streams.board.explaining import Asked, Explainer
from streams.board.letters import Wanted, search_letters
from streams.board.moments import Moments, days_of_trend
from streams.board.movers import MOST, MOVERS_DAYS, OwnMovers
from streams.board.neighbours import ASKED_BY_NEIGHBOUR, Neighbours, OwnerUnreachable, address_of
from streams.board.pages import Pages, placed, spread_of
from streams.board.people import People
from streams.board.published import Published
from streams.board.pulse import Pulse
from streams.board.questions import (
    dates_asked,
    days_asked,
    letters_asked,
    subjects_watched,
    text_asked,
)
from streams.board.scorecard_words import scorecard_words
from streams.board.source import BoardSource
from streams.board.targets import target_lines
from streams.board.watchers import Watchers, wanted
from streams.codec import from_json, to_json
from streams.errors import UpscoreError
from streams.scorecard_file import scorecard_text
from streams.scorecard_log import digest_of, read_log
from streams.web_query import subject_of_path

__all__ = ["Board"]

ROOT: Final = "/api/v1/board/"
_SUBJECT: Final = r"{subject}/{id:[\s\S]+}"
_MOVERS_SECONDS: Final = 3.0
_LOG_SECONDS: Final = 60.0

Here = Callable[[str, str], Awaitable[Any]]
"""Answers for an owned subject; None where it is unknown."""


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
        self._askers = ThreadPoolExecutor(4, "web-board-ask")
        self._thinking = ThreadPoolExecutor(1, "web-board-think")
        self._ranking = ThreadPoolExecutor(1, "web-board-rank")
        self._movers = OwnMovers(source, self._moments, self._think, self._ask)
        self._log: tuple[float, dict[str, Any]] | None = None
        self._stopping = asyncio.Event()

    def reached_at(self, port: int) -> str:
        """Where other workers reach this one, whose web server listens on `port`; to be told to the group."""
        self._neighbours.own_address = address_of(self._settings, port)
        return self._neighbours.own_address

    def attach(self, application: web.Application) -> None:
        """Add the routes, and end everything with the application."""
        add = application.router.add_get
        add("/api/v1/standing/" + _SUBJECT, self._standing)
        add(ROOT + "company", self._company)
        add(ROOT + r"{kind:team|territory}/{id:[\s\S]+}", self._group)
        add(ROOT + "detail/" + _SUBJECT, self._detail)
        add(ROOT + "trend/" + _SUBJECT, self._trend)
        add(ROOT + "explain/" + _SUBJECT, self._explain)
        add(ROOT + "alerts", self._alerts)
        add(ROOT + "stream", self._stream)
        add(ROOT + "dead-letters", self._dead_letters)
        add(ROOT + "scorecard", self._scorecard)
        add(ROOT + "search", self._search)
        add(ROOT + "events", self._events)
        add(ROOT + "own/movers", self._own_movers)
        add(ROOT + "own/stream", self._own_stream)
        application.on_shutdown.append(self._stop_watching)
        application.on_cleanup.append(self._stop)

    async def _stop_watching(self, _: web.Application) -> None:
        """Before connections are closed: open pages end by themselves."""
        self._stopping.set()

    async def _stop(self, _: web.Application) -> None:
        await self._explainer.stop()
        await self._movers.stop()
        await self._pulse.stop()
        await self._published.stop()
        await self._acknowledged.close()
        await self._neighbours.close()
        for executor in (self._askers, self._thinking, self._ranking):
            executor.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, question: Callable[..., Any], *what: Any) -> Any:
        """Ask the worker something that it may take its time for."""
        return await asyncio.get_running_loop().run_in_executor(self._askers, question, *what)

    async def _think(self, work: Callable[[], Any]) -> Any:
        """Run something in the thread of `Moments`."""
        return await asyncio.get_running_loop().run_in_executor(self._thinking, work)

    async def _of_owner(self, request: web.Request, subject: str, subject_id: str, here: Here) -> web.Response:
        """What the worker says that owns a subject, this one or another.

        Raises:
            HTTPNotFound: nobody knows the subject.
            OwnerUnreachable: its owner cannot be asked.
        """
        partition = self._desk.homes.of_subject(f"{subject}:{subject_id}")
        if partition in self._source.owned():
            found = await here(subject, subject_id)
            if found is None:
                obstacles = await self._ask(self._source.obstacles)
                if obstacles:
                    raise OwnerUnreachable(f"{subject} {subject_id!r} cannot be told now: {'; '.join(obstacles)}")
                raise web.HTTPNotFound(text=f"{subject} {subject_id!r} is unknown")
            return _json(found)
        if ASKED_BY_NEIGHBOUR in request.headers:
            raise OwnerUnreachable(f"partition {partition} is not this worker's: it has just changed hands, try again")
        member = await self._neighbours.owner(partition)
        answer = await self._neighbours.ask(member, request.raw_path, request.headers.get("Authorization"))
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    async def _standing(self, request: web.Request) -> web.Response:
        """The answer of `schemas.standing`, from whoever owns the subject."""
        subject, subject_id = subject_of_path(request.rel_url.raw_path, "/api/v1/standing/")
        return await self._of_owner(request, subject, subject_id, partial(self._ask, self._source.standing))

    async def _company(self, request: web.Request) -> web.Response:
        await self._published.ready()
        await self._acknowledged.refresh()
        others = await self._all_others(request, ROOT + "own/movers")
        found = [self._movers.told(), *(answer for answer in others if not isinstance(answer, str))]
        movers = self._pages.movers(found, MOVERS_DAYS, MOST)
        told = self._pages.company(self._settings.base_currency, self._settings.grafana_url, movers)
        told["scorecard"] = told["scorecard"] or self._desk.scorecard.label
        return _json(told)

    async def _all_others(self, request: web.Request, path: str) -> list[Any]:
        """What the other workers answer; a sentence for each that does not. Nobody is asked while all is owned here."""
        if len(self._source.owned()) == self._settings.partitions:
            return []
        found = await self._pulse.of_others(path, request.headers.get("Authorization"), _MOVERS_SECONDS)
        return list(found.values())

    async def _own_movers(self, _: web.Request) -> web.Response:
        return _json(self._movers.told())

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
        rank = partial(placed, members, lines)
        ranked = asyncio.get_running_loop().run_in_executor(self._ranking, rank)
        detail, missing = await self._detail_of(request, key)
        is_team = kind == "team"
        return _json(
            {
                "as_of": date.fromordinal(pages.as_of).isoformat(),
                "currency": self._settings.base_currency,
                "team": line,
                "manager": self._people.manager(group_id) if is_team else None,
                "parent": pages.above(group_id) if is_team else None,
                "teams": pages.teams_below(group_id) if is_team else [],
                "members": await ranked,
                "spread": spread_of(members),
                "targets": detail["targets"],
                "weak_spots": detail["weak_spots"],
                "missing": missing,
                "alerts": pages.open_alerts([key, *(f"rep:{told.id}" for told in members)]),
            }
        )

    async def _detail_of(self, request: web.Request, key: str) -> tuple[Mapping[str, Any], str | None]:
        """What the owner of a subject adds to it; why it is missing, where it is."""
        subject, _, subject_id = key.partition(":")
        try:
            if self._desk.homes.of_subject(key) in self._source.owned():
                return await self._own_detail(subject, subject_id) or _NO_DETAIL, None
            member = await self._neighbours.owner(self._desk.homes.of_subject(key))
            path = request.raw_path.partition("?")[0].replace(ROOT, ROOT + "detail/", 1)
            answer = await self._neighbours.ask(member, path, request.headers.get("Authorization"))
        except (UpscoreError, TimeoutError) as error:
            return _NO_DETAIL, str(error) or "the worker is too busy to answer now: try again"
        told = from_json(answer.body)
        return (_NO_DETAIL, told["error"]) if "error" in told else (told, None)

    async def _detail(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, ROOT + "detail/")
        return await self._of_owner(request, subject, subject_id, self._own_detail)

    async def _own_detail(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        score = await self._ask(self._source.score, subject, subject_id)
        standing = await self._ask(self._source.standing, subject, subject_id)
        held = await self._ask(self._source.held, subject, subject_id)
        if score is None or standing is None or held is None:
            return None
        as_of = date.fromisoformat(score["as_of"]).toordinal()
        targets = await self._think(lambda: target_lines(score, self._moments.judge(as_of), held.panes))
        advice, shown = standing["advice"], ("metric", "beside_norm", "certain", "target_points")
        weak = None if advice is None else [{name: spot[name] for name in shown} for spot in advice["weak_spots"]]
        return {"score": score, "targets": targets, "weak_spots": weak}

    async def _trend(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, ROOT + "trend/")
        days = days_asked(request.query.get("days", "91"))
        return await self._of_owner(request, subject, subject_id, partial(self._own_trend, days))

    async def _own_trend(self, days: int, subject: str, subject_id: str) -> dict[str, Any] | None:
        score = await self._ask(self._source.score, subject, subject_id)
        held = await self._ask(self._source.held, subject, subject_id)
        if score is None or held is None:
            return None
        key, as_of = f"{subject}:{subject_id}", date.fromisoformat(score["as_of"]).toordinal()

        def work() -> tuple[list[dict[str, Any]], list[Any]]:
            earlier = [*self._moments.lines(key, held, days_of_trend(as_of, days))]
            return earlier, self._moments.reference.interventions_of(key)

        earlier, interventions = await self._think(work)
        newest = {name: score[name] for name in ("as_of", "score", "low", "high", "level")}
        first = date.fromordinal(as_of - days + 1)
        zone = self._desk.organisation.zone
        marks = [mark for mark in interventions if mark.started_at.astimezone(zone).date() >= first]
        told = [
            {"started_at": mark.started_at.isoformat(), "kind": mark.kind, "metric": mark.metric, "note": mark.note}
            for mark in marks
        ]
        return {"days": [*earlier, newest], "interventions": told}

    async def _explain(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, ROOT + "explain/")
        dates = dates_asked(request.query, self._desk.as_of.day())
        asked = Asked(subject, subject_id, request.query.get("as_of"), request.query.get("against"))
        outcome = self._explainer.ask(asked, dates)
        return _json_bytes(outcome.body, outcome.status)

    async def _alerts(self, _: web.Request) -> web.Response:
        await self._published.ready()
        await self._acknowledged.refresh()
        return _json(self._pages.alerts())

    async def _stream(self, request: web.Request) -> web.Response:
        return _json(await self._pulse.told(request.headers.get("Authorization")))

    async def _own_stream(self, _: web.Request) -> web.Response:
        return _json(await self._pulse.own())

    async def _dead_letters(self, request: web.Request) -> web.Response:
        wanted_letters: Wanted = letters_asked(request.query)
        return _json(await search_letters(self._settings, self._desk.names.dead_letters, wanted_letters))

    async def _scorecard(self, _: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        if self._log is None or loop.time() - self._log[0] > _LOG_SECONDS:
            self._log = loop.time(), await self._scorecard_told()
        return _json(self._log[1])

    async def _scorecard_told(self) -> dict[str, Any]:
        desk = self._desk
        try:
            text = await self._ask(scorecard_text, self._settings.scorecard)
        except UpscoreError:  # the file is gone; the worker goes on with what it read
            text = ""
        entries = await read_log(self._settings)
        digest = digest_of(text)
        in_force = next((entry for entry in reversed(entries) if entry.digest == digest), None)
        norms = desk.norms.in_force(desk.as_of.day())
        return scorecard_words(desk.scorecard, norms, self._settings.base_currency, text, in_force)

    async def _search(self, request: web.Request) -> web.Response:
        text = text_asked(request.query.get("q", ""))
        await self._published.ready()
        return _json({"found": self._pages.search(text)})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        subjects, members_of = subjects_watched(request.rel_url.raw_query_string)
        await self._published.ready()
        watcher = self._watchers.add(wanted(subjects, members_of, self._belongs))
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

    def _belongs(self, rep_id: str, group: str) -> bool:
        return group in self._people.groups_of(rep_id, self._pages.as_of)

    def _score_event(self, subject: str) -> dict[str, Any] | None:
        told = self._published.scores.get(subject)
        return None if told is None else self._pages.line(told) | {"as_of": told.as_of}


_NO_DETAIL: Final[Mapping[str, Any]] = {"targets": [], "weak_spots": None}


def _json(value: Any) -> web.Response:
    return _json_bytes(to_json(value))


def _json_bytes(body: bytes, status: int = 200) -> web.Response:
    response = web.Response(status=status, body=body, content_type="application/json")
    response.enable_compression()
    return response
