"""What only the owner of a subject can say, asked of the owner itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from streams.board.moments import Moments
from streams.board.neighbours import Neighbours
from streams.board.owner_answers import OwnerAnswers
from streams.board.threads import Threads
from streams.held_panes import Held
from tests.unit.streams.desks import desk_at
from tests.unit.streams.test_web import OpenWorker, serving

ODD = 'r/1 ü"'


class Owner:
    """A worker that owns everybody, whose standings are given from outside; and its routes."""

    def __init__(self, standings: Callable[[str], dict[str, Any] | None]) -> None:
        self.desk = desk_at()
        self.in_the_way: list[str] = []
        self._standings = standings

    def attach(self, application: web.Application) -> None:
        moments = Moments(self.desk)
        threads, neighbours = Threads(moments.clear), Neighbours(self.desk.settings, "unused")
        OwnerAnswers(self, neighbours, moments, threads).attach(application)

        async def stop(_: web.Application) -> None:
            await neighbours.close()
            threads.close()

        application.on_cleanup.append(stop)

    def owned(self) -> frozenset[int]:
        return frozenset(range(self.desk.settings.partitions))

    def standing(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        return self._standings(f"{subject}:{subject_id}")

    def score(self, _subject: str, _subject_id: str) -> dict[str, Any] | None:
        return None

    def held(self, _subject: str, _subject_id: str) -> Held | None:
        return None

    def published(self) -> Mapping[str, dict[str, Any]]:
        return {}

    def obstacles(self) -> list[str]:
        return self.in_the_way


def test_a_standing_is_answered_as_the_worker_has_it() -> None:
    with serving(OpenWorker(), board=Owner({f"rep:{ODD}": {"score": 1 / 3}}.get)) as get:
        status, headers, body = get("/api/v1/standing/rep/" + quote(ODD, safe=""))
        assert (status, json.loads(body)) == (200, {"score": 1 / 3})
        assert headers["Content-Type"].startswith("application/json")
        status, _, body = get("/api/v1/standing/rep/nobody")
        assert (status, json.loads(body)) == (404, {"error": "rep 'nobody' is unknown"})
        assert get("/api/v1/standing/planet/earth")[0] == 404
        assert get("/api/v1/standing/rep/%FF")[0] == 400


def test_what_an_owner_with_an_obstacle_does_not_know_is_503_and_not_nobody() -> None:
    owner = Owner({}.get)
    owner.in_the_way = ["2 lanes are being restored"]
    with serving(OpenWorker(), board=owner) as get:
        status, _, body = get("/api/v1/standing/rep/r-1")
        assert (status, json.loads(body)["error"]) == (503, "rep 'r-1' cannot be told now: 2 lanes are being restored")


@pytest.mark.parametrize("path", ["standing", "board/detail"])
def test_an_owner_that_does_not_answer_in_time_is_503(path: str) -> None:
    def too_late(_: str) -> dict[str, Any] | None:
        raise TimeoutError

    owner = Owner(too_late)
    with serving(OpenWorker(), board=owner) as get:
        assert get(f"/api/v1/{path}/rep/r-1")[0] == 503
