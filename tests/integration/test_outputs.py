"""What comes out of a worker - topic, API, metrics, Redis, commands - says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import islice
from urllib.parse import quote

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from schemas.norms import Norms
from schemas.score import ScoreUpdated
from schemas.standing import Standing
from schemas.topics import EVENTS, RECORD_TYPES, REFERENCE
from streams.local import Addresses
from streams.simulator import line, records
from tests.installation import Installation, Scores, first_difference, installation, wait_until
from tests.unit.scoring.by_hand import assert_adds_up

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
ODD_ID = 'r/1 ü"?%2F:<b>'


@pytest.fixture(scope="module")
def running(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("outputs")
    with installation(stack, folder, "outputs", redis_url=stack.redis_url) as line_:
        crm = islice(records(seed=5, days=100, reps=12, start=date(2025, 5, 1)), 8_000)
        sent = [(TOPIC_OF[record["type"]], record["id"].encode(), line(record).rstrip()) for record in crm]
        odd = {"type": "lead", "id": "x", "rep_id": ODD_ID, "created_at": "2025-06-01T00:00:00Z"}
        line_.produce([*sent, (EVENTS, b"x", json.dumps(odd).encode())])
        line_.start_worker()
        line_.wait_for_scores(line_.oracle_scores(), 90)
        yield line_


@pytest.fixture(scope="module")
def published(running: Installation) -> Scores:
    return running.command_scores()


def test_every_published_score_is_as_the_schema_says(published: Scores) -> None:
    for score in published.values():
        ScoreUpdated.model_validate(score)


def test_the_api_gives_the_published_scores(running: Installation, published: Scores) -> None:
    answers = {}
    for subject, subject_id in published:
        status, body = running.workers[0].get(f"/api/v1/scores/{subject}/{quote(subject_id, safe='')}")
        assert status == 200
        answers[subject, subject_id] = json.loads(body)
    assert ("rep", ODD_ID) in answers
    assert first_difference(answers, published) is None


def test_the_api_does_not_know_who_does_not_exist(running: Installation) -> None:
    assert running.workers[0].get("/api/v1/scores/rep/nobody")[0] == 404
    assert running.workers[0].get("/api/v1/scores/planet/earth")[0] in {400, 404}


def test_every_published_score_can_be_computed_by_hand_from_what_the_api_says_of_it(
    running: Installation, published: Scores
) -> None:
    for (subject, subject_id), score in published.items():
        status, body = running.workers[0].get(f"/api/v1/standing/{subject}/{quote(subject_id, safe='')}")
        assert status == 200
        Standing.model_validate_json(body)
        told = json.loads(body)
        assert_adds_up(told)
        names = ("subject", "id", "team_id", "as_of", "scorecard", "norms", "score", "level", "coverage", "status")
        assert {name: told[name] for name in names} == {name: score[name] for name in names}
    assert running.workers[0].get("/api/v1/standing/rep/nobody")[0] == 404
    assert running.workers[0].get("/api/v1/standing/planet/earth")[0] == 404


def test_the_norms_in_force_are_those_that_scores_name(running: Installation, published: Scores) -> None:
    status, body = running.workers[0].get("/api/v1/norms")
    assert status == 200
    norms = Norms.model_validate_json(body)
    assert {norms.label} == {score["norms"] for score in published.values()}
    assert {str(norms.as_of)} == {score["as_of"] for score in published.values()}
    told = json.loads(running.workers[0].get("/api/v1/standing/company/company")[1])
    for pillar in told["pillars"].values():
        for name, part in pillar["metrics"].items():
            assert part["scored_in"].startswith(norms.metrics[name].scored_in)
            if part["known"] is not None:
                assert part["known"]["peers_level"] == norms.metrics[name].level


def test_the_metrics_show_the_published_scores_and_nothing_of_names(running: Installation, published: Scores) -> None:
    text = running.workers[0].get("/metrics")[1].decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    shown = {sample.labels["rep"]: sample.value for sample in families["sales_rep_score_points"].samples}
    assert shown == {
        key[1]: score["score"] for key, score in published.items() if key[0] == "rep" and score["score"] is not None
    }
    assert families["sales_company_score_points"].samples[0].value == published["company", "company"]["score"]
    assert "@example" not in text
    assert families["upscore_ready"].samples[0].value == 1


def test_redis_holds_the_published_scores_and_leaderboards(running: Installation, published: Scores) -> None:
    client = redis.Redis.from_url(running.settings.redis_url or "")
    wait_until(lambda: client.exists(f"outputs:score:rep:{ODD_ID}"), 20, "the scores in Redis")
    held = {key: json.loads(client.get(f"outputs:score:{key[0]}:{key[1]}") or b"null") for key in published}
    assert first_difference(held, published) is None
    board = dict(client.zrange("outputs:leaderboard:rep:score", 0, -1, withscores=True))
    assert board == {
        key[1].encode(): score["score"]
        for key, score in published.items()
        if key[0] == "rep" and score["score"] is not None
    }
    client.close()


def test_the_leaderboard_ranks_by_any_metric_that_tells_reps_apart(running: Installation, published: Scores) -> None:
    for metric in ("calls", "emails"):  # emails are not scored: nobody has measured whether they tell reps apart
        status, body = running.workers[0].get(f"/api/v1/leaderboard?subject=rep&metric={metric}")
        assert status == 200
        values = {
            key[1]: score["metrics"][metric]["windows"]["28d"]["value"]
            for key, score in published.items()
            if key[0] == "rep"
        }
        rows = json.loads(body)
        assert {row["id"]: row["value"] for row in rows} == values
        if metric == "calls" and rows[0].get("signal") is False:
            assert [row["id"] for row in rows] == sorted(values)
        else:
            assert [row["value"] for row in rows] == sorted(values.values(), reverse=True)


def test_the_leaderboard_by_score_shows_what_ranks_the_evidence_leaves(
    running: Installation, published: Scores
) -> None:
    rows = json.loads(running.workers[0].get("/api/v1/leaderboard?subject=rep")[1])
    scored = {key[1]: score for key, score in published.items() if key[0] == "rep" and score["score"] is not None}
    assert {row["id"]: (row["value"], row["low"], row["high"]) for row in rows} == {
        rep: (score["score"], score["low"], score["high"]) for rep, score in scored.items()
    }
    for row in rows:
        assert 1 <= row["best_rank"] <= row["rank"] <= row["worst_rank"] <= len(rows)
        assert row["tier"] in {"above", "typical", "below"}


def test_health_and_readiness_answer(running: Installation) -> None:
    assert running.workers[0].get("/healthz")[0] == 200
    assert running.workers[0].get("/readyz")[0] == 200


def test_the_doctor_finds_nothing_wrong(running: Installation) -> None:
    running.command("doctor")


def test_a_rep_who_is_gone_is_withdrawn_everywhere(running: Installation) -> None:
    gone = {"type": "rep", "id": "r-gone", "team_id": "t-gone", "updated_at": "2025-06-01T00:00:00Z"}
    running.produce([(REFERENCE, b"r-gone", json.dumps(gone).encode())])
    client = redis.Redis.from_url(running.settings.redis_url or "")
    wait_until(lambda: client.exists("outputs:score:rep:r-gone"), 30, "the new rep")
    assert ("team", "t-gone") in running.command_scores()
    running.produce([(REFERENCE, b"r-gone", None)])
    wait_until(lambda: not client.exists("outputs:score:rep:r-gone"), 30, "the rep to be gone")
    running.wait_for_scores(running.oracle_scores(), 30)
    assert running.workers[0].get("/api/v1/scores/rep/r-gone")[0] == 404
    assert "r-gone" not in running.workers[0].get("/metrics")[1].decode()
    client.close()
