"""The board's API on two workers: whichever is asked answers for everybody, and says what commands recompute."""

from __future__ import annotations

import gzip
import http.client
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel

from schemas import board, board_scorecard, board_stream
from schemas.score import Explanation
from schemas.standing import Standing
from schemas.topics import EVENTS, RECORD_TYPES
from streams.local import Addresses
from streams.partitioner import Homes
from streams.simulator import line, records
from tests.installation import Installation, Scores, WorkerProcess, installation, wait_until

TOKEN = "t0ken-of-16-signs-and-more"  # noqa: S105
TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
ODD_ID = 'r/1 ü"?%2F,:<script>alert(1)</script>'
ODD_NAME = '<img src=x onerror="alert(1)">'
FIGURES = ("score", "low", "high", "level")


@pytest.fixture(scope="module")
def running(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("board")
    with installation(stack, folder, "boardapi", http_token=TOKEN) as made:
        crm = islice(records(seed=5, days=100, reps=8, start=date(2025, 5, 1)), 5_000)
        sent = [(TOPIC_OF[record["type"]], record["id"].encode(), line(record).rstrip()) for record in crm]
        odd = [
            {"type": "lead", "id": "x", "rep_id": ODD_ID, "created_at": "2025-06-01T00:00:00Z"},
            {"type": "rep", "id": ODD_ID, "team_id": "t-1", "name": ODD_NAME},
            {
                "type": "intervention",
                "id": "i-1",
                "subject": "rep",
                "subject_id": ODD_ID,
                "started_at": "2025-06-02T09:00:00Z",
                "kind": "coaching",
                "note": ODD_NAME,
            },
        ]
        sent += [(TOPIC_OF[record["type"]], record["id"].encode(), json.dumps(record).encode()) for record in odd]
        made.produce([*sent, (EVENTS, b"bad", b'{"type": "deal", "id": "what-\xff is this"}')])
        made.start_worker()
        made.start_worker()
        made.wait_for_scores(made.oracle_scores(), 90)
        wait_until(lambda: all(worker.get("/readyz")[0] == 200 for worker in made.workers), 60, "both to be ready")
        wait_until(lambda: sorted(map(len, map(_owned, made.workers))) == [2, 2], 30, "two partitions each")
        yield made


@pytest.fixture(scope="module")
def scores(running: Installation) -> Scores:
    return running.command_scores()


def _owned(worker: WorkerProcess) -> list[int]:
    (here,) = [each for each in told(worker, "stream", board_stream.Stream)["workers"] if each["here"]]
    return list(here["partitions"])


def told(worker: WorkerProcess, path: str, model: type[BaseModel]) -> Any:
    """An answer of the API, which is as its model says."""
    status, body = worker.get(f"/api/v1/board/{path}")
    assert status == 200, body
    model.model_validate_json(body)
    return json.loads(body)


def encoded(subject_id: str) -> str:
    return quote(subject_id, safe="")


def test_both_workers_say_the_same_of_the_company_and_its_movers(running: Installation, scores: Scores) -> None:
    def of_both() -> list[Any]:
        return [told(worker, "company", board.Company) for worker in running.workers]

    wait_until(lambda: all(each["movers"]["counted"] == each["movers"]["of"] for each in of_both()), 30, "movers")
    one, other = of_both()
    assert one == other
    company = scores["company", "company"]
    assert {name: one["company"][name] for name in FIGURES} == {name: company[name] for name in FIGURES}
    assert one["movers"]["of"] == sum(of["score"] is not None for (kind, _), of in scores.items() if kind == "rep")
    assert {team["id"] for team in one["teams"]} == {team for kind, team in scores if kind == "team"}
    before = running.command_scores("--as-of", _earlier(company["as_of"], 28))
    for mover in (*one["movers"]["up"], *one["movers"]["down"]):
        assert mover["before"] == before["rep", mover["id"]]["score"]
        assert mover["change"] == scores["rep", mover["id"]]["score"] - mover["before"]


def _earlier(as_of: str, days: int) -> str:
    return (date.fromisoformat(as_of) - timedelta(days=days)).isoformat()


def test_both_workers_say_the_same_of_every_team_and_territory(running: Installation, scores: Scores) -> None:
    for kind, group in [key for key in scores if key[0] in {"team", "territory"}]:
        one, other = [told(worker, f"{kind}/{encoded(group)}", board.Group) for worker in running.workers]
        assert one == other
        assert one["missing"] is None
        for summary in (one["team"], *one["members"]):
            score = scores[summary["subject"], summary["id"]]
            assert {name: summary[name] for name in FIGURES} == {name: score[name] for name in FIGURES}
        if kind == "territory":
            continue
        assert {member["team_id"] for member in one["members"]} >= {group} or one["teams"]


def test_trends_of_all_come_from_the_owner_and_equal_scores_recomputed_for_their_days(
    running: Installation, scores: Scores
) -> None:
    homes = Homes(running.settings.partitioner, running.settings.partitions)
    asked = [("rep", ODD_ID), *list(scores)[:6], ("company", "company")]
    assert len({homes.of_subject(f"{kind}:{subject_id}") // 2 for kind, subject_id in asked}) == 2
    earlier = _earlier(scores["company", "company"]["as_of"], 9)
    then = running.command_scores("--as-of", earlier)
    for kind, subject_id in asked:
        path = f"trend/{kind}/{encoded(subject_id)}?days=60"
        one, other = [told(worker, path, board.Trend) for worker in running.workers]
        assert one == other
        by_day = {each["as_of"]: each for each in one["days"]}
        for day, of in ((one["days"][-1]["as_of"], scores), (earlier, then)):
            assert by_day[day] == {"as_of": day} | {name: of[kind, subject_id][name] for name in FIGURES}
        assert [mark["note"] for mark in one["interventions"]] == ([ODD_NAME] if subject_id == ODD_ID else [])


def test_standings_and_details_are_the_owners_whoever_is_asked(running: Installation, scores: Scores) -> None:
    for kind, subject_id in [("rep", ODD_ID), *list(scores)[:6]]:
        standings = [worker.get(f"/api/v1/standing/{kind}/{encoded(subject_id)}") for worker in running.workers]
        assert [status for status, _ in standings] == [200, 200]
        one, other = [json.loads(body) | {"version": None} for _, body in standings]
        assert one == other
        Standing.model_validate_json(standings[0][1])
        details = [told(worker, f"detail/{kind}/{encoded(subject_id)}", board.Detail) for worker in running.workers]
        for detail in details:
            assert detail["score"] | {"version": None} == scores[kind, subject_id] | {"version": None}
            assert detail["standing"] | {"version": None} == one
    assert {worker.get("/api/v1/standing/rep/nobody")[0] for worker in running.workers} == {404}


def test_a_reps_page_is_one_answer_whoever_is_asked(running: Installation, scores: Scores) -> None:
    for rep in (ODD_ID, *[subject_id for kind, subject_id in scores if kind == "rep"][:4]):
        one, other = [told(worker, f"rep/{encoded(rep)}", board.RepPage) for worker in running.workers]
        for each in (one, other):
            del each["standing"]["version"], each["score"]["version"]
        assert one == other
        assert one["score"] == {name: value for name, value in scores["rep", rep].items() if name != "version"}
        assert one["name"] == (ODD_NAME if rep == ODD_ID else one["name"])
        assert one["team"]["id"] == one["score"]["team_id"]
        about = told(running.workers[0], f"search?q={encoded(rep)}", board.Found)["found"]
        assert one["name"] == next(each["name"] for each in about if (each["subject"], each["id"]) == ("rep", rep))
    for worker in running.workers:
        assert worker.get("/api/v1/board/rep/nobody") == (404, b'{"error":"rep \'nobody\' is unknown"}')


def test_what_is_forwarded_is_compressed_too(running: Installation) -> None:
    for worker in running.workers:
        request = urllib.request.Request(worker.address + f"/api/v1/standing/rep/{encoded(ODD_ID)}")  # noqa: S310 - our own worker
        request.headers |= {"Accept-Encoding": "gzip", "Authorization": f"Bearer {TOKEN}"}
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            assert answer.headers["Content-Encoding"] == "gzip"
            assert json.loads(gzip.decompress(answer.read()))["id"] == ODD_ID


def test_an_explanation_is_the_commands_and_is_polled_for(running: Installation, scores: Scores) -> None:
    rep = next(key[1] for key, score in scores.items() if key[0] == "rep" and score["score"] is not None)
    as_of, against = scores["company", "company"]["as_of"], _earlier(scores["company", "company"]["as_of"], 20)
    path = f"/api/v1/board/explain/rep/{encoded(rep)}?as_of={as_of}&against={against}"
    seen = []

    def answered() -> bool:
        status, body = running.workers[1].get(path)
        seen.append((status, json.loads(body)))
        return status != 202

    wait_until(answered, 240, "the explanation")  # nice: it waits for everybody else
    assert seen[0][0] == 202
    board.Reading.model_validate(seen[0][1])
    assert seen[-1][0] == 200
    Explanation.model_validate(seen[-1][1])
    command = running.command("explain", rep, "--json", "--as-of", as_of, "--against", against)
    expected = json.loads(command.stdout)
    for side in ("from", "to"):
        expected[side]["version"] = seen[-1][1][side]["version"] = None
    assert seen[-1][1] == expected

    def unknown() -> bool:
        return running.workers[0].get("/api/v1/board/explain/rep/nobody")[0] == 404

    wait_until(unknown, 240, "word that there is no such rep")


def test_hostile_ids_and_names_come_as_they_are_and_are_found(running: Installation) -> None:
    for worker in running.workers:
        found = told(worker, f"search?q={quote('ONERROR')}", board.Found)["found"]
        assert [(each["id"], each["name"]) for each in found] == [(ODD_ID, ODD_NAME)]
        members = told(worker, "team/t-1", board.Group)["members"]
        assert ODD_ID in {member["id"] for member in members}


def test_dead_letters_are_searched_and_counted(running: Installation) -> None:
    for worker in running.workers:
        letters = told(worker, "dead-letters", board_stream.DeadLetters)
        (letter,) = letters["letters"]
        assert (letters["searched"], letters["all"]) == (1, True)
        assert letter["text"] == '{"type": "deal", "id": "what-� is this"}'
        assert (letter["reason"], letter["source_topic"], letter["key"]) == ("not_json", EVENTS, "bad")
        assert told(worker, "dead-letters?q=nothing-of-the-kind", board_stream.DeadLetters)["letters"] == []
        assert told(worker, "dead-letters?q=WHAT-&reason=not_json", board_stream.DeadLetters)["letters"] == [letter]
        assert told(worker, "dead-letters?reason=too_old", board_stream.DeadLetters)["letters"] == []


def test_the_stream_is_that_of_all_workers(running: Installation) -> None:
    for worker in running.workers:
        stream = told(worker, "stream", board_stream.Stream)
        assert sorted(n for each in stream["workers"] for n in each["partitions"]) == [0, 1, 2, 3]
        assert [each["here"] for each in stream["workers"]].count(True) == 1
        assert {each["url"] for each in stream["workers"]} == {each.address for each in running.workers}
        assert (stream["ready"], stream["dead_letters"]) == (True, {"not_json": 1})
        assert sum(n for outcomes in stream["records"].values() for n in outcomes.values()) == 5_004


def test_the_doctor_says_whether_workers_reach_each_other(running: Installation) -> None:
    said = running.command("doctor", check=False).stdout.decode()
    assert all(worker.address in said for worker in running.workers)


def test_what_counts_is_told_with_when_it_came_into_force(running: Installation) -> None:
    words = told(running.workers[0], "scorecard", board_scorecard.ScorecardWords)
    assert words["label"] == "default@1"
    assert words["since"] is not None
    assert sum(pillar["weight"] for pillar in words["pillars"]) == pytest.approx(1)


def test_without_the_token_there_are_pages_but_no_data(running: Installation) -> None:
    worker = running.workers[0]
    for path in ("/api/v1/board/company", "/api/v1/board/events", "/api/v1/board/own/stream", "/metrics"):
        with _connection(worker) as connection:
            connection.request("GET", path)
            assert connection.getresponse().status == 401, path
    with _connection(worker) as connection:
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"


@contextmanager
def _connection(worker: WorkerProcess) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(worker.address.removeprefix("http://"), timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def _events(connection: http.client.HTTPConnection, path: str) -> Iterator[tuple[str, Any]]:
    """The events of a stream, as they come."""
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    name = ""
    while text := answer.fp.readline():
        if text.startswith(b"event: "):
            name = text[7:].strip().decode()
        elif text.startswith(b"data: "):
            yield name, json.loads(text[6:])


def test_open_pages_of_both_workers_are_told_a_change_that_is_published(running: Installation) -> None:
    wanted = f"/api/v1/board/events?subjects=rep:{encoded(ODD_ID)}"
    for worker in running.workers:
        with _connection(worker) as connection:
            events = _events(connection, wanted)
            name, stream = next(events)
            assert name == "stream"
            board_stream.StreamEvent.model_validate(stream)
            lead = {"type": "lead", "rep_id": ODD_ID, "created_at": "2025-06-03T00:00:00Z"}
            lead |= {"id": f"new-{running.workers.index(worker)}"}
            running.produce([(EVENTS, lead["id"].encode(), json.dumps(lead).encode())])
            score = next(value for name, value in events if name == "score")
            board.ScoreEvent.model_validate(score)
            assert (score["subject"], score["id"], score["name"]) == ("rep", ODD_ID, ODD_NAME)


def test_a_worker_stops_at_once_although_pages_are_open_and_the_other_answers_for_all(
    running: Installation, scores: Scores
) -> None:
    gone, stays = running.workers
    homes = Homes(running.settings.partitioner, running.settings.partitions)
    of_gone = next(rep for kind, rep in scores if kind == "rep" and homes.of_subject(f"rep:{rep}") in _owned(gone))
    with _connection(gone) as connection:
        next(_events(connection, "/api/v1/board/events"))
        assert gone.stop() == 0
    path = f"/api/v1/board/trend/rep/{encoded(of_gone)}"
    wait_until(lambda: stays.get(path)[0] == 200, 60, "an answer from the worker that stays")
    wait_until(lambda: len(told(stays, "stream", board_stream.Stream)["workers"]) == 1, 30, "one worker to be left")


def test_a_system_without_any_record_has_empty_pages(
    stack: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with installation(stack, tmp_path_factory.mktemp("empty"), "boardempty") as made:
        worker = made.start_worker()
        worker.wait_until_ready()
        company = told(worker, "company", board.Company)
        assert (company["company"], company["teams"], company["alerts"]) == (None, [], [])
        assert company["movers"] == {"days": 28, "up": [], "down": [], "counted": 0, "of": 0}
        assert told(worker, "alerts", board.Alerts)["open"] == []
        assert told(worker, "search?q=r", board.Found) == {"found": []}
        assert told(worker, "dead-letters", board_stream.DeadLetters)["letters"] == []
        stream = told(worker, "stream", board_stream.Stream)
        assert (stream["rate"], stream["event_time"], stream["lag_seconds"]) == (0, None, None)
        assert told(worker, "scorecard", board_scorecard.ScorecardWords)["pillars"]
        for path in ("team/t-1", "trend/rep/r-1", "detail/company/company"):
            assert worker.get(f"/api/v1/board/{path}")[0] == 404
        _search_many_letters(made, worker)


def _search_many_letters(made: Installation, worker: WorkerProcess) -> None:
    """The newest come first, an old one is found among hundreds, and what was looked through is said."""
    made.produce((EVENTS, b"%d" % n, b"refused %d." % n) for n in range(900))
    wait_until(lambda: sum(worker.metric("upscore_dead_letters_total").values()) == 900, 60, "all to be refused")
    newest = told(worker, "dead-letters?limit=3", board_stream.DeadLetters)
    times = [letter["time"] for letter in newest["letters"]]
    assert (len(times), times) == (3, sorted(times, reverse=True))
    assert newest["searched"] < 900
    assert not newest["all"]
    found = told(worker, "dead-letters?q=REFUSED%205.", board_stream.DeadLetters)
    assert [letter["text"] for letter in found["letters"]] == ["refused 5."]
    assert (found["searched"], found["all"]) == (900, True)
