"""`upscore standing`, `flags` and `robustness` on a real Kafka: what they say agrees with `scores`, and judges nobody."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.standing import Standing
from scoring.wording import never_said
from streams import topic_admin
from streams.settings import Settings
from tests.functional.brokers import fresh_name
from tests.functional.test_explain_command import Commands
from tests.unit.scoring.by_hand import assert_adds_up
from tests.unit.scoring.steady_company import company, deal

pytestmark = pytest.mark.kafka

AS_OF = date(2025, 11, 14)
SENT_MS = int(datetime(2025, 11, 17, 9, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def commands(kafka: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> Commands:
    name = fresh_name("insight")
    settings = Settings(**(kafka.model_dump() | {"app": name, "topic_prefix": name + ".", "partitions": 2}))
    topic_admin.ensure(settings)
    capsysbinary.readouterr()
    made = Commands(settings, capsysbinary)
    made.send(company(), SENT_MS)
    late = deal("d-late", "r-1", date(2025, 11, 3), updated_at="2025-11-13T09:00:00Z")
    made.send([late], SENT_MS)
    return made


def test_a_standing_is_that_of_the_score_and_adds_up(commands: Commands) -> None:
    for subject, subject_id in (("rep", "r-1"), ("team", "t-a"), ("company", "company")):
        said = commands("standing", subject_id, "--subject", subject, "--json")
        Standing.model_validate_json(said)
        told: dict[str, Any] = json.loads(said)
        assert_adds_up(told)
        score = commands.score(subject, subject_id, "--as-of", AS_OF.isoformat())
        assert (told["score"], told["norms"], told["as_of"]) == (score["score"], score["norms"], AS_OF.isoformat())
        assert told["score"] is not None
    early = json.loads(commands("standing", "r-1", "--as-of", "2025-01-05", "--json"))
    assert (early["status"], early["as_of"]) == ("insufficient_evidence", "2025-01-05")


def test_a_standing_is_told_in_words(commands: Commands) -> None:
    said = commands("standing", "r-1").decode()
    for told in (
        "rep r-1 on 2025-11-14",
        "80 % interval",
        "Weak spots",
        "What would raise the score most",
        "calls",
        "2025Q4",
    ):
        assert told in said
    assert "Worth a look, and no part of the score: 2 flags;" in said
    assert never_said(said) == []
    early = commands("standing", "r-1", "--as-of", "2025-01-05").decode()
    assert "insufficient evidence" in early
    assert never_said(early) == []


def test_flags_ask_name_the_records_and_change_no_score(commands: Commands) -> None:
    before = commands.score("rep", "r-1", "--as-of", AS_OF.isoformat())
    found = json.loads(commands("flags", "r-1", "--json"))
    assert found["as_of"] == AS_OF.isoformat()
    assert [(flag["kind"], flag["rep_id"]) for flag in found["flags"]] == [
        ("backdating", "r-1"),
        ("same_day_wins", "r-1"),  # the steady company sells within the hour
    ]
    assert found["flags"][0]["records"] == ["deal d-late"]
    said = commands("flags").decode()
    assert "please ask" in said
    assert "deal d-late" in said
    assert never_said(said) == []
    assert "Nothing in the records is flagged" in commands("flags", "nobody").decode()
    assert commands.score("rep", "r-1", "--as-of", AS_OF.isoformat()) | {"version": 0} == before | {"version": 0}


def test_robustness_ranks_every_rep_who_has_a_score(commands: Commands) -> None:
    found = json.loads(commands("robustness", "--json"))
    assert found["as_of"] == AS_OF.isoformat()
    reps = found["ranks"]["reps"]
    scores = {f"r-{place}": commands.score("rep", f"r-{place}", "--as-of", AS_OF.isoformat()) for place in range(4)}
    assert {row["id"]: row["score"] for row in reps} == {rep: score["score"] for rep, score in scores.items()}
    assert [row["rank"] for row in reps] == sorted(row["rank"] for row in reps)
    for row in reps:
        assert row["best_by_choice"] <= row["rank"] <= row["worst_by_choice"]
    said = commands("robustness").decode()
    assert all(change["change"] in said for change in found["ranks"]["changes"])
    assert never_said(said) == []
    none = json.loads(commands("robustness", "--as-of", (date(2025, 1, 6) - timedelta(days=1)).isoformat(), "--json"))
    assert none["ranks"] is None


def test_an_unknown_subject_is_one_line(commands: Commands) -> None:
    said = commands("standing", "nobody", code=1).decode()
    assert said.startswith("upscore: there is no rep 'nobody'")
    assert said.count("\n") == 1
