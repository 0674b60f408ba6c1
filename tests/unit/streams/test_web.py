from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import logging
import math
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client import CollectorRegistry

from scoring.tiers import probability_higher, tiers
from scoring.wording import never_said
from streams.exporter import Exporter
from streams.open_drops import OpenDrops
from streams.redis_store import RedisScoreStore
from streams.score_store import MemoryScoreStore, ScoreStore
from streams.settings import Settings
from streams.web import AddressUnavailable, Routes, WebServer
from tests.no_board import NoBoard

SECONDS = 10.0


class OpenWorker:
    """A worker whose published scores, live scores and obstacles are given from outside."""

    def __init__(self, scores: Sequence[dict[str, Any]] = (), **settings: object) -> None:
        self.settings = Settings.from_env({}, http_port=0, **settings)
        self.registry = CollectorRegistry()
        self.scores: Mapping[str, dict[str, Any]] = {f"{score['subject']}:{score['id']}": score for score in scores}
        self.in_the_way: list[str] = []
        self.signals: dict[str, bool] = {}
        self.live: Callable[[str], dict[str, Any] | None] = self.scores.get
        self.in_force: dict[str, Any] = {}
        self.silent_because: str | None = None

    def published(self) -> Mapping[str, dict[str, Any]]:
        return self.scores

    def drops(self) -> OpenDrops:
        return {}

    def territory(self, _rep_id: str) -> str | None:
        return None

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        return self.live(f"{subject}:{subject_id}")

    def norms(self) -> dict[str, Any]:
        return self.in_force

    def has_signal(self, metric: str) -> bool | None:
        return self.signals.get(metric)

    def silence(self) -> str | None:
        return self.silent_because

    def obstacles(self) -> list[str]:
        return self.in_the_way


def score_of(
    subject_id: str, score: float | None = 50.0, *, subject: str = "rep", **values: float | None
) -> dict[str, Any]:
    """A score object with the given metrics, each with its 28-day value."""
    return {
        "subject": subject,
        "id": subject_id,
        "team_id": "t-1" if subject == "rep" else None,
        "score": score,
        "low": None if score is None else score - 1.0,
        "high": None if score is None else score + 1.0,
        "level": 48.5,
        "coverage": 0.93,
        "status": "scored" if score is not None else "insufficient_evidence",
        "pillars": {"results": {"value": 1 / 3, "weight": 0.4}},
        "metrics": {
            name: {"unit": "count", "windows": {"28d": {"value": value, "n": 1}}, "pillar": None}
            for name, value in values.items()
        },
    }


@contextmanager
def serving(
    view: OpenWorker, store: ScoreStore | None = None, board: Routes | None = None
) -> Iterator[Callable[..., tuple[int, Mapping[str, str], bytes]]]:
    """A running server, as a function that gets a path exactly as written and returns status, headers and body."""
    server = WebServer(view, Exporter(view), store or MemoryScoreStore(), board or NoBoard())
    host, port = server.start()

    def get(path: str, method: str = "GET", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    try:
        yield get
    finally:
        server.stop()


def ranked_store(*scores: dict[str, Any]) -> MemoryScoreStore:
    store = MemoryScoreStore()
    asyncio.run(store.put(scores, []))
    return store


def test_it_listens_on_a_free_port_of_loopback_and_is_gone_after_stop():
    view = OpenWorker()
    server = WebServer(view, Exporter(view), MemoryScoreStore(), NoBoard())
    host, port = server.start()
    assert host == "127.0.0.1"
    with socket.create_connection((host, port), timeout=SECONDS):
        pass
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=SECONDS)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("web")]


def test_a_port_in_use_is_refused_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        view = OpenWorker()
        view.settings = Settings(http_port=taken.getsockname()[1])
        server = WebServer(view, Exporter(view), MemoryScoreStore(), NoBoard())
        with pytest.raises(
            AddressUnavailable, match=rf"port {view.settings.http_port} of 127\.0\.0\.1 is in use.*UPSCORE_HTTP_PORT"
        ):
            server.start()
        server.stop()


def test_a_foreign_address_is_refused_with_what_to_do():
    view = OpenWorker(http_host="192.0.2.1")
    server = WebServer(view, Exporter(view), MemoryScoreStore(), NoBoard())
    with pytest.raises(AddressUnavailable, match=r"cannot listen on 192\.0\.2\.1.*UPSCORE_HTTP_HOST"):
        server.start()
    server.stop()


def test_stop_does_not_wait_for_idle_connections():
    view = OpenWorker()
    server = WebServer(view, Exporter(view), MemoryScoreStore(), NoBoard())
    connection = http.client.HTTPConnection(*server.start(), timeout=SECONDS)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read() == b"alive\n"
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    stopping.join(SECONDS)
    assert not stopping.is_alive()
    connection.close()


def test_healthz_is_alive_and_readyz_names_each_obstacle():
    view = OpenWorker()
    with serving(view) as get:
        view.in_the_way = ["partition 3 is recovering", "the stream is stuck"]
        assert get("/healthz")[0] == 200
        status, _, body = get("/readyz")
        assert (status, body.decode().splitlines()) == (503, view.in_the_way)
        view.in_the_way = []
        assert get("/readyz")[0] == 200


def test_a_silent_worker_is_alive_and_answers_nobody_who_asks_for_scores():
    view = OpenWorker([score_of("r-1")])
    with serving(view) as get:
        assert get("/api/v1/scores")[0] == 200
        view.silent_because = "generation 2 is silent"
        for path in ("/api/v1/scores", "/api/v1/scores/rep/r-1", "/api/v1/leaderboard", "/api/v1/norms"):
            status, _, body = get(path)
            assert (status, json.loads(body)) == (503, {"error": "generation 2 is silent"})
        assert [get(path)[0] for path in ("/healthz", "/metrics")] == [200, 200]


def test_metrics_are_prometheus_text_and_can_be_restricted():
    view = OpenWorker([score_of("r-1"), score_of("company", subject="company")])
    with serving(view) as get:
        status, headers, body = get("/metrics")
        assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert b'\nsales_rep_score_points{rep="r-1",team="t-1"} 50.0\n' in body
        restricted = get("/metrics?name[]=sales_company_score_points&name%5B%5D=upscore_series")[2].decode()
        assert {line.split()[0] for line in restricted.splitlines() if not line.startswith("#")} == {
            "sales_company_score_points",
            "upscore_series",
        }


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("GZIP;q=1.0", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_metrics_are_zipped_for_who_accepts_it(accepted: str, zipped: bool):  # noqa: FBT001 - a parameter of the test
    with serving(OpenWorker([score_of("r-1")])) as get:
        _, headers, body = get("/metrics", Accept_Encoding=accepted)
        assert headers.get("Content-Encoding") == ("gzip" if zipped else None)
        assert b"sales_rep_score_points" in (gzip.decompress(body) if zipped else body)


def test_a_score_is_the_workers_object_with_every_digit():
    view = OpenWorker([{**score_of("r-1"), "score": 0.1 + 0.2, "level": 1e-9, "coverage": 1e22}])
    with serving(view) as get:
        status, headers, body = get("/api/v1/scores/rep/r-1")
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert json.loads(body) == view.scores["rep:r-1"]
        assert list(json.loads(body)) == list(view.scores["rep:r-1"])


def test_a_score_comes_from_the_state_as_it_is_now_not_from_what_was_published():
    view = OpenWorker([score_of("r-1", 10.0)])
    view.live = lambda _: score_of("r-1", 20.0)
    with serving(view) as get:
        assert json.loads(get("/api/v1/scores/rep/r-1")[2])["score"] == 20.0


@pytest.mark.parametrize(
    "subject_id",
    [
        "a/b",
        "/",
        "//a//",
        "a%2Fb",
        "100%",
        "%",
        "a b",
        "a+b",
        "a?b#c",
        "Jürgen",
        "東京🙂",
        "line\nend",
        "\x00",
        "a:b",
        "..",
        "../x",
        ".",
        "x" * 200,
        "{id}",
        '"',
        "\\",
        "é",
        "a;b",
        "a&b=c",
    ],
)
def test_any_id_is_found(subject_id: str):
    with serving(OpenWorker([score_of(subject_id)])) as get:
        status, _, body = get("/api/v1/scores/rep/" + quote(subject_id, safe=""))
        assert (status, json.loads(body).get("id")) == (200, subject_id)
        status, _, body = get("/api/v1/scores/rep/" + quote(subject_id, safe="/:@!$&'()*+,;="))
        assert (status, json.loads(body).get("id")) == (200, subject_id)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/v1/scores/rep/r-2", 404, "rep 'r-2' is unknown, or another worker owns it"),
        (
            "/api/v1/scores/manager/r-1",
            404,
            "there is no subject 'manager': expected one of rep, team, territory, company",
        ),
        ("/api/v1/scores/rep/%FF", 400, "the path is not percent-encoded UTF-8"),
        ("/api/v1/scores/rep/", 404, "Not Found"),
        ("/api/v1/scores?subject=manager", 400, "subject is 'manager': expected one of rep, team, territory, company"),
        ("/api/v1/leaderboard?subject=manager", 400, "subject is 'manager': expected one of"),
        (
            "/api/v1/leaderboard?metric=charm",
            400,
            "metric is 'charm': expected evaluation_<criterion> or one of score, net_revenue",
        ),
        ("/api/v1/leaderboard?limit=0", 400, "limit is '0': expected a whole number from 1 to 10000"),
        ("/api/v1/leaderboard?limit=ten", 400, "limit is 'ten'"),
        ("/api/v1/leaderboard?limit=" + "9" * 5000, 400, "limit is '9999"),
        ("/api/v2", 404, "Not Found"),
    ],
)
def test_what_cannot_be_answered_is_told_as_json(path: str, status: int, message: str):
    with serving(OpenWorker([score_of("r-1")])) as get:
        answered, headers, body = get(path)
        assert (answered, headers["Content-Type"]) == (status, "application/json")
        assert message in json.loads(body)["error"]


def test_other_methods_are_refused():
    with serving(OpenWorker()) as get:
        status, headers, body = get("/api/v1/scores", method="POST")
        assert (status, headers["Allow"]) == (405, "GET,HEAD")
        assert json.loads(body) == {"error": "405: Method Not Allowed"}
        assert get("/healthz", method="HEAD")[0] == 200


def test_everything_else_answers_while_scores_wait_for_a_busy_worker():
    view = OpenWorker([score_of("r-1")])
    asked, free = threading.Semaphore(0), threading.Event()

    def wait_for_the_worker(key: str) -> dict[str, Any] | None:
        asked.release()
        free.wait(SECONDS)
        return view.scores[key]

    view.live = wait_for_the_worker
    answers: list[int] = []
    with serving(view, ranked_store(score_of("r-1"))) as get:
        waiting = [threading.Thread(target=lambda: answers.append(get("/api/v1/scores/rep/r-1")[0])) for _ in range(12)]
        for thread in waiting:
            thread.start()
        for _ in range(8):
            assert asked.acquire(timeout=SECONDS)
        for path in ("/healthz", "/readyz", "/metrics", "/api/v1/scores", "/api/v1/leaderboard", "/"):
            assert get(path)[0] == 200
        assert not answers
        free.set()
        for thread in waiting:
            thread.join(SECONDS)
        assert answers == [200] * 12


def test_it_answers_while_the_event_loop_that_started_it_computes():
    async def worker() -> int:
        with serving(OpenWorker()) as get:
            return get("/healthz")[0]  # blocks this loop until the answer is there

    assert asyncio.run(worker()) == 200


def test_a_worker_that_does_not_answer_in_time_is_a_503():
    view = OpenWorker()

    def too_late(_: str) -> dict[str, Any] | None:
        raise TimeoutError

    view.live = too_late
    with serving(view) as get:
        status, _, body = get("/api/v1/scores/rep/r-1")
        assert (status, json.loads(body)) == (503, {"error": "the worker is too busy to answer now: try again"})


def test_a_bug_is_a_logged_500_without_its_details_and_the_server_goes_on(caplog: pytest.LogCaptureFixture):
    view = OpenWorker()

    def broken(_: str) -> dict[str, Any] | None:
        raise RuntimeError("secret detail")

    view.live = broken
    with serving(view) as get, caplog.at_level(logging.ERROR):
        status, _, body = get("/api/v1/scores/rep/r-1")
        assert (status, b"secret" in body) == (500, False)
        assert "secret detail" in caplog.text
        assert get("/healthz")[0] == 200


def test_the_leaderboard_is_descending_with_ascending_ids_and_shared_ranks_among_equals():
    store = ranked_store(
        score_of("r-b", 70.0),
        score_of("r-c", 90.5),
        score_of("r-a", 70.0),
        score_of("r-d", None),
        score_of("r-e", 6.0),
        score_of("t-1", 99.0, subject="team"),
    )
    with serving(OpenWorker(), store) as get:
        expected = [
            {"id": "r-c", "value": 90.5, "rank": 1, "low": 89.5, "high": 91.5, "best_rank": 1, "worst_rank": 1},
            {"id": "r-a", "value": 70.0, "rank": 2, "low": 69.0, "high": 71.0, "best_rank": 2, "worst_rank": 3},
            {"id": "r-b", "value": 70.0, "rank": 2, "low": 69.0, "high": 71.0, "best_rank": 2, "worst_rank": 3},
            {"id": "r-e", "value": 6.0, "rank": 4, "low": 5.0, "high": 7.0, "best_rank": 4, "worst_rank": 4},
        ]
        for row, tier in zip(expected, ("above", "typical", "typical", "below"), strict=True):
            row["tier"] = tier
        assert json.loads(get("/api/v1/leaderboard")[2]) == expected
        assert json.loads(get("/api/v1/leaderboard?subject=rep&metric=score&limit=2")[2]) == expected[:2]
        (team,) = json.loads(get("/api/v1/leaderboard?subject=team")[2])
        assert (team["id"], team["value"], team["rank"], team["tier"]) == ("t-1", 99.0, 1, "typical")
        assert json.loads(get("/api/v1/leaderboard?subject=territory")[2]) == []


@pytest.mark.parametrize("seed", range(5))
def test_ranks_and_tiers_of_a_row_are_those_among_all_not_among_the_rows_shown(seed: int):
    random = Random(seed)
    scores = []
    for number in range(25):
        score, wide = random.uniform(20, 80), random.uniform(1.02, 1.3)
        scores.append(score_of(f"r-{number}", score) | {"low": score / wide, "high": score * wide})
    scores.sort(key=lambda each: -each["score"])
    variances = [((math.log(each["high"]) - math.log(each["low"])) / 2 / 1.2816) ** 2 for each in scores]

    def higher(one: int, other: int) -> float:
        return probability_higher(scores[one]["score"], variances[one], scores[other]["score"], variances[other])

    with serving(OpenWorker(), ranked_store(*scores)) as get:
        rows = json.loads(get("/api/v1/leaderboard?limit=7")[2])
    assert [row["id"] for row in rows] == [each["id"] for each in scores[:7]]
    for place, row in enumerate(rows):
        assert row["best_rank"] == 1 + sum(higher(other, place) > 0.9 for other in range(25))
        assert row["worst_rank"] == 25 - sum(higher(place, other) > 0.9 for other in range(25))
    assert [row["tier"] for row in rows] == tiers([each["score"] for each in scores], variances)[:7]


def test_a_metric_that_does_not_tell_reps_apart_is_listed_by_id_without_ranks():
    store = ranked_store(score_of("r-2", calls=9.0), score_of("r-3", calls=7.0), score_of("r-1", calls=5.0))
    view = OpenWorker()
    view.signals = {"calls": False, "meetings": True}
    with serving(view, store) as get:
        rows = json.loads(get("/api/v1/leaderboard?metric=calls")[2])
        assert [(row["id"], row["value"], row["rank"], row["signal"]) for row in rows] == [
            ("r-1", 5.0, None, False),
            ("r-2", 9.0, None, False),
            ("r-3", 7.0, None, False),
        ]
        assert "no measurable difference between reps" in rows[0]["note"]
        assert never_said(rows[0]["note"]) == []
        # not the greatest, of which one could read who is first
        assert [row["id"] for row in json.loads(get("/api/v1/leaderboard?metric=calls&limit=1")[2])] == ["r-1"]
        view.signals["calls"] = True
        assert [row["id"] for row in json.loads(get("/api/v1/leaderboard?metric=calls&limit=1")[2])] == ["r-2"]
        del view.signals["calls"]
        assert json.loads(get("/api/v1/leaderboard?metric=calls")[2])[0] == {"id": "r-2", "value": 9.0, "rank": 1}


def test_the_leaderboard_of_a_metric_ranks_its_28_day_value_without_those_who_have_none():
    store = ranked_store(
        score_of("r-1", win_rate=0.25),
        score_of("r-2", None, win_rate=1 / 3),
        score_of("r-3", win_rate=None),
        score_of("r-4"),
    )
    with serving(OpenWorker(), store) as get:
        entries = json.loads(get("/api/v1/leaderboard?metric=win_rate")[2])
        assert [(entry["id"], entry["value"]) for entry in entries] == [("r-2", 1 / 3), ("r-1", 0.25)]
        assert json.loads(get("/api/v1/leaderboard?metric=evaluation_warmth")[2]) == []


def test_an_unreachable_redis_is_a_503_that_keeps_the_password_secret():
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    with serving(OpenWorker(), RedisScoreStore(f"redis://:hunter2@127.0.0.1:{port}/0", "upscore")) as get:
        status, _, body = get("/api/v1/leaderboard")
        assert status == 503
        assert f"Redis at 127.0.0.1:{port}" in json.loads(body)["error"]
        assert b"hunter2" not in body
        assert get("/metrics")[0] == 200


def test_the_list_of_scores_shows_each_subject_in_brief_by_kind_and_id():
    view = OpenWorker([score_of("r-2"), score_of("t-1", subject="team"), score_of("r-1", None)])
    with serving(view) as get:
        listed = json.loads(get("/api/v1/scores")[2])
        assert [(score["subject"], score["id"]) for score in listed] == [
            ("rep", "r-1"),
            ("rep", "r-2"),
            ("team", "t-1"),
        ]
        assert listed[0] == {
            "subject": "rep",
            "id": "r-1",
            "team_id": "t-1",
            "score": None,
            "level": 48.5,
            "coverage": 0.93,
            "status": "insufficient_evidence",
        }
        assert [score["id"] for score in json.loads(get("/api/v1/scores?subject=team")[2])] == ["t-1"]


def test_every_answer_has_security_headers():
    with serving(OpenWorker()) as get:
        for path in (
            "/",
            "/metrics",
            "/readyz",
            "/api/v1/scores",
            "/api/v1/scores/rep/x",
            "/nowhere",
            "/board/main.js",
        ):
            headers = get(path)[1]
            assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Server"] == "upscore"


def test_the_board_needs_nothing_but_this_server_and_keeps_its_own_policy():
    with serving(OpenWorker()) as get:
        status, headers, body = get("/")
        page = body.decode()
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assets = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert assets
        for asset in assets:
            assert asset.startswith("data:") or get("/" + asset)[0] == 200
        assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]*\bsrc=)", page)
        assert get("/board/../settings.py")[0] == 404
        assert get("/board/__init__.py")[0] == 404


def test_the_norms_are_answered_as_the_worker_has_them():
    view = OpenWorker()
    view.in_force = {"label": "2026Q1@0"}
    with serving(view) as get:
        status, headers, body = get("/api/v1/norms")
        assert (status, json.loads(body)) == (200, {"label": "2026Q1@0"})
        assert headers["Content-Type"].startswith("application/json")
