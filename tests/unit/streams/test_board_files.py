"""The board's files, what is asked of its API, and what Alertmanager says."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from datetime import date

import pytest
from aiohttp import web

from streams.board import alertmanager as module
from streams.board.alertmanager import Acknowledgements
from streams.board.questions import dates_asked, days_asked, letters_asked, subjects_watched, text_asked
from streams.board.static_files import TYPES, VERSION, load_static
from tests.unit.streams.test_web import OpenWorker, serving

TODAY = date(2024, 4, 24).toordinal()


def test_every_file_is_served_with_its_type_and_not_sent_twice() -> None:
    with serving(OpenWorker()) as get:
        for name, file in load_static().items():
            status, headers, body = get(f"/board/{name}")
            assert (status, body, headers["Cache-Control"]) == (200, file.body, "no-cache")
            assert headers["Content-Type"].partition(";")[0] == file.content_type
            assert headers["X-Content-Type-Options"] == "nosniff"
            again = get(f"/board/{name}", If_None_Match=headers["ETag"])
            assert (again[0], again[2]) == (304, b"")
            assert get(f"/board/{name}", If_None_Match='"another"')[0] == 200


def test_a_file_asked_for_by_its_digest_is_kept_for_good_and_by_another_never() -> None:
    with serving(OpenWorker()) as get:
        for name, file in load_static().items():
            kept = get(f"/board/{name}?{VERSION}={file.etag}")[1]["Cache-Control"]
            assert kept == "public, max-age=31536000, immutable"
            assert get(f"/board/{name}?{VERSION}={file.etag}0")[1]["Cache-Control"] == "no-cache"
        assert get("/")[1]["Cache-Control"] == "no-cache"


def test_files_are_compressed_for_who_takes_it() -> None:
    with serving(OpenWorker()) as get:
        _, headers, body = get("/", Accept_Encoding="gzip")
        plain = get("/", Accept_Encoding="gzip;q=0")[2]
        assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(body) == plain
        assert len(body) < len(plain)


@pytest.mark.parametrize(
    "path", ["/board/", "/board/board.py", "/board/..%2fboard.py", "/board/static/index.html", "/board/index.html/"]
)
def test_nothing_else_is_served(path: str) -> None:
    with serving(OpenWorker()) as get:
        assert get(path)[0] == 404


def test_only_kinds_of_files_that_are_known_are_there() -> None:
    assert load_static()
    assert {name.rpartition(".")[2] for name in load_static()} <= {suffix[1:] for suffix in TYPES}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ("2024-04-24", "2024-03-27")),
        ({"as_of": "2024-01-31"}, ("2024-01-31", "2024-01-03")),
        ({"as_of": "2024-01-31", "against": "2024-02-01"}, ("2024-01-31", "2024-02-01")),
        ({"as_of": "0001-01-05"}, ("0001-01-05", "0001-01-01")),
    ],
)
def test_dates_that_are_not_named_are_the_usual_ones(query: Mapping[str, str], expected: tuple[str, str]) -> None:
    assert dates_asked(query, TODAY) == expected


def test_what_cannot_be_asked_is_refused_with_what_was_expected() -> None:
    for ask, word in (
        (lambda: dates_asked({"as_of": "20240131"}, TODAY), "as_of is '20240131'"),
        (lambda: dates_asked({"against": "2024-02-30"}, TODAY), "against is '2024-02-30'"),
        (lambda: days_asked("401"), "from 7 to 400"),
        (lambda: days_asked("9" * 5000), "from 7 to 400"),
        (lambda: days_asked("-7"), "days is '-7'"),
        (lambda: text_asked("x" * 201), "200 at most"),
        (lambda: letters_asked({"reason": "bad"}), "reason is 'bad': expected one of not_json"),
        (lambda: letters_asked({"limit": "0"}), "limit is '0'"),
        (lambda: subjects_watched("subjects=manager:m"), "'manager:m' is no subject"),
        (lambda: subjects_watched("subjects=rep:"), "'rep:' is no subject"),
        (lambda: subjects_watched("members=%FF"), "UTF-8"),
        (lambda: subjects_watched("subjects=" + ",".join(["rep:r"] * 201)), "members=team:t-1"),
    ):
        with pytest.raises(web.HTTPBadRequest) as refused:
            ask()
        assert word in (refused.value.text or "")


def acknowledged(answer: web.Response | None) -> tuple[bool | None, str | None, str | None]:
    """What is known of a drop when Alertmanager answers like that; None: nobody listens."""

    async def run() -> tuple[bool | None, str | None, str | None]:
        application = web.Application()
        port = 9
        runner = web.AppRunner(application)
        if answer is not None:

            async def handler(_: web.Request) -> web.Response:
                return answer

            application.router.add_get("/am/api/v2/alerts", handler)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            port = runner.addresses[0][1]
        asked = Acknowledgements(f"http://127.0.0.1:{port}/am/")
        await asked.refresh()
        await asked.close()
        await runner.cleanup()
        return asked.of("rep:r-1", "customer/csat"), asked.by, asked.error

    return asyncio.run(run())


ALERT = {
    "labels": {"alertname": "SalesRepScoreDropped", "rep": "r-1", "cause": "customer/csat"},
    "status": {"state": "suppressed", "silencedBy": ["s-1"]},
}


def test_what_alertmanager_has_silenced_is_acknowledged() -> None:
    assert acknowledged(web.json_response([ALERT])) == (True, "alertmanager", None)
    assert acknowledged(web.json_response([])) == (False, "alertmanager", None)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "gives no answer"),
        (web.Response(status=401), "answers 401"),
        (web.Response(text="<html>"), "gives no answer that is understood"),
        (web.json_response({"alerts": 1}), "gives no answer that is understood"),
    ],
)
def test_an_alertmanager_that_does_not_say_is_said_and_nothing_is_claimed(
    answer: web.Response | None, word: str
) -> None:
    of, by, error = acknowledged(answer)
    assert (of, by) == (None, None)
    assert word in (error or "")


def test_without_an_alertmanager_nobody_is_asked() -> None:
    asked = Acknowledgements(None)
    asyncio.run(asked.refresh())
    assert (asked.of("rep:r-1", None), asked.by, asked.error) == (None, None, None)
    assert module.silenced([]) == {}
