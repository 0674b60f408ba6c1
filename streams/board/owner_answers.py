"""Owner answers: what only the owner of a subject can say - its standing, its detail, its trend - whichever worker is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

from aiohttp import web

from streams.board.json_answers import json_bytes
from streams.board.moments import Moments, days_of_trend
from streams.board.neighbours import ASKED_BY_NEIGHBOUR, Answer, Neighbours, OwnerUnreachable
from streams.board.questions import days_asked
from streams.board.source import BoardSource
from streams.board.targets import target_lines
from streams.board.threads import Threads
from streams.codec import from_json, to_json
from streams.errors import UpscoreError
from streams.web_query import subject_of_path

__all__ = ["ROOT", "SUBJECT", "OwnerAnswers"]

ROOT: Final = "/api/v1/board/"
SUBJECT: Final = r"{subject}/{id:[\s\S]+}"

_NO_DETAIL: Final[Mapping[str, Any]] = {"targets": [], "weak_spots": None}

Here = Callable[[str, str], Awaitable[Any]]
"""Answers for an owned subject; None where it is unknown."""


class OwnerAnswers:
    """Called on the web server's loop."""

    def __init__(self, source: BoardSource, neighbours: Neighbours, moments: Moments, threads: Threads) -> None:
        """Ask these."""
        self._source, self._desk = source, source.desk
        self._neighbours = neighbours
        self._moments = moments
        self._threads = threads

    def attach(self, application: web.Application) -> None:
        """Add the routes."""
        application.router.add_get("/api/v1/standing/" + SUBJECT, self._standing)
        application.router.add_get(ROOT + "detail/" + SUBJECT, self._detail)
        application.router.add_get(ROOT + "trend/" + SUBJECT, self._trend)

    async def detail_of(self, request: web.Request, key: str) -> tuple[Mapping[str, Any], str | None]:
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

    async def whole_detail(self, request: web.Request, subject: str, subject_id: str) -> dict[str, Any]:
        """The `schemas.board.Detail` of a subject, asked of its owner; for a page that is nothing without it.

        Raises:
            HTTPNotFound: nobody knows the subject.
            OwnerUnreachable: its owner cannot be asked, or is of a version that says less.
        """
        path = request.raw_path.partition("?")[0].replace(ROOT, ROOT + "detail/", 1)
        answer = await self._answer(request, path, subject, subject_id, self._own_detail)
        told: dict[str, Any] = from_json(answer.body)
        if answer.status == web.HTTPNotFound.status_code:
            raise web.HTTPNotFound(text=told["error"])
        if "standing" not in told:
            reason = told.get("error", "it is of an earlier version")
            raise OwnerUnreachable(
                f"the worker that owns {subject} {subject_id!r} does not say how it stands: {reason}"
            )
        return told

    async def _of_owner(self, request: web.Request, subject: str, subject_id: str, here: Here) -> web.Response:
        """What the worker says that owns a subject, for the one who asks."""
        answer = await self._answer(request, request.raw_path, subject, subject_id, here)
        return json_bytes(answer.body, answer.status)

    async def _answer(self, request: web.Request, path: str, subject: str, subject_id: str, here: Here) -> Answer:
        """What the worker says that owns a subject: this one, or another when it is asked for `path`.

        Raises:
            HTTPNotFound: nobody knows the subject.
            OwnerUnreachable: its owner cannot be asked.
        """
        partition = self._desk.homes.of_subject(f"{subject}:{subject_id}")
        if partition in self._source.owned():
            found = await here(subject, subject_id)
            if found is None:
                obstacles = await self._threads.ask(self._source.obstacles)
                if obstacles:
                    raise OwnerUnreachable(f"{subject} {subject_id!r} cannot be told now: {'; '.join(obstacles)}")
                raise web.HTTPNotFound(text=f"{subject} {subject_id!r} is unknown")
            return Answer(200, "application/json", to_json(found))
        if ASKED_BY_NEIGHBOUR in request.headers:
            raise OwnerUnreachable(f"partition {partition} is not this worker's: it has just changed hands, try again")
        member = await self._neighbours.owner(partition)
        return await self._neighbours.ask(member, path, request.headers.get("Authorization"))

    async def _standing(self, request: web.Request) -> web.Response:
        """The answer of `schemas.standing`, from whoever owns the subject."""
        subject, subject_id = subject_of_path(request.rel_url.raw_path, "/api/v1/standing/")
        return await self._of_owner(request, subject, subject_id, partial(self._threads.ask, self._source.standing))

    async def _detail(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, ROOT + "detail/")
        return await self._of_owner(request, subject, subject_id, self._own_detail)

    async def _own_detail(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        score = await self._threads.ask(self._source.score, subject, subject_id)
        standing = await self._threads.ask(self._source.standing, subject, subject_id)
        held = await self._threads.ask(self._source.held, subject, subject_id)
        if score is None or standing is None or held is None:
            return None
        as_of = date.fromisoformat(score["as_of"]).toordinal()
        targets = await self._threads.think(lambda: target_lines(score, self._moments.judge(as_of), held.panes))
        advice, shown = standing["advice"], ("metric", "beside_norm", "certain", "target_points")
        weak = None if advice is None else [{name: spot[name] for name in shown} for spot in advice["weak_spots"]]
        return {"score": score, "standing": standing, "targets": targets, "weak_spots": weak}

    async def _trend(self, request: web.Request) -> web.Response:
        subject, subject_id = subject_of_path(request.rel_url.raw_path, ROOT + "trend/")
        days = days_asked(request.query.get("days", "91"))
        return await self._of_owner(request, subject, subject_id, partial(self._own_trend, days))

    async def _own_trend(self, days: int, subject: str, subject_id: str) -> dict[str, Any] | None:
        score = await self._threads.ask(self._source.score, subject, subject_id)
        held = await self._threads.ask(self._source.held, subject, subject_id)
        if score is None or held is None:
            return None
        key, as_of = f"{subject}:{subject_id}", date.fromisoformat(score["as_of"]).toordinal()

        def work() -> tuple[list[dict[str, Any]], list[Any]]:
            earlier = [*self._moments.lines(key, held, days_of_trend(as_of, days))]
            return earlier, self._moments.reference.interventions_of(key)

        earlier, interventions = await self._threads.think(work)
        newest = {name: score[name] for name in ("as_of", "score", "low", "high", "level")}
        first = date.fromordinal(as_of - days + 1)
        zone = self._desk.organisation.zone
        marks = [mark for mark in interventions if mark.started_at.astimezone(zone).date() >= first]
        told = [
            {"started_at": mark.started_at.isoformat(), "kind": mark.kind, "metric": mark.metric, "note": mark.note}
            for mark in marks
        ]
        return {"days": [*earlier, newest], "interventions": told}
