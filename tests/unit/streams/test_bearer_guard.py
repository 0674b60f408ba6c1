"""The web server where a token is set."""

from __future__ import annotations

import pytest

from tests.unit.streams.test_web import OpenWorker, score_of, serving

TOKEN = "t0ken-of-16-signs-and-more"  # noqa: S105
GUARDED = (
    "/metrics",
    "/api/v1/scores",
    "/api/v1/scores/rep/r-1",
    "/api/v1/leaderboard",
    "/nowhere",
)


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize(
    "shown",
    [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer t\xf6ken"],
)
def test_who_does_not_show_the_token_reads_nothing(path: str, shown: str | None):
    with serving(OpenWorker([score_of("r-1")], http_token=TOKEN)) as get:
        status, headers, body = get(path, **({} if shown is None else {"Authorization": shown}))
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN.encode() not in body
    assert b"r-1" not in body


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_who_shows_the_token_reads_all(path: str, scheme: str):
    view = OpenWorker([score_of("r-1")])
    with serving(view) as get:
        open_answer = get(path)[0]
    with serving(OpenWorker([score_of("r-1")], http_token=TOKEN)) as get:
        assert get(path, Authorization=f"{scheme} {TOKEN}")[0] == open_answer


def test_the_pages_are_open_for_they_hold_no_data_and_ask_for_the_token_themselves():
    with serving(OpenWorker([score_of("r-1")], http_token=TOKEN)) as get:
        for path in ("/", "/board/index.html"):
            status, _, body = get(path)
            assert (status, b"r-1" in body) == (200, False)


def test_whoever_watches_over_the_process_needs_no_token():
    with serving(OpenWorker(http_token=TOKEN)) as get:
        assert [get(path)[0] for path in ("/healthz", "/readyz")] == [200, 200]
        assert get("/healthz/../metrics")[0] == 401
        assert get("/board/../metrics")[0] in {401, 404}
        assert get("//readyz")[0] == 401
