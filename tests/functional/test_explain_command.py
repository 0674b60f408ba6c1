"""`upscore explain` on a real Kafka: it leads from what `scores` prints for one date to what it prints for another."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.score import Explanation
from schemas.topics import RECORD_TYPES
from streams import cli, topic_admin
from streams.settings import Settings
from tests.functional.brokers import fresh_name, send
from tests.unit.scoring.steady_company import company, deal

pytestmark = pytest.mark.kafka

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
AS_OF = date(2025, 11, 14)
"""The newest business date: a Friday, on which there are answers."""

THEN_MS = int(datetime(2025, 11, 17, 9, tzinfo=UTC).timestamp() * 1000)
THEN, LATER = "2025-11-17T09:00:00Z", "2025-11-17T10:00:00Z"
BEFORE = AS_OF - timedelta(days=28)


class Commands:
    """Commands on one installation, in this process."""

    def __init__(self, settings: Settings, capture: pytest.CaptureFixture[bytes]) -> None:
        self.settings = settings
        self._capture = capture

    def __call__(self, *arguments: str, code: int = 0) -> bytes:
        settings = self.settings
        given = ("--broker", settings.broker, "--topic-prefix", settings.topic_prefix, "--app", settings.app)
        assert cli.main([*arguments, *given]) == code
        said = self._capture.readouterr()
        return said.out if code == 0 else said.err

    def explained(self, *arguments: str) -> dict[str, Any]:
        said = self("explain", *arguments, "--json")
        Explanation.model_validate_json(said)
        found: dict[str, Any] = json.loads(said)
        return found

    def score(self, subject: str, subject_id: str, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any]
        [found] = json.loads(self("scores", "--subject", subject, "--id", subject_id, *arguments, "--json"))
        return found

    def send(self, records: list[dict[str, Any]], timestamp_ms: int) -> None:
        for topic in RECORD_TYPES:
            of_topic = [record for record in records if TOPIC_OF[record["type"]] == topic]
            values = [(record["id"].encode(), json.dumps(record).encode()) for record in of_topic]
            send(self.settings, self.settings.topic_prefix + topic, values, timestamp_ms)


@pytest.fixture
def commands(kafka: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> Commands:
    name = fresh_name("explain")
    settings = Settings(**(kafka.model_dump() | {"app": name, "topic_prefix": name + ".", "partitions": 2}))
    topic_admin.ensure(settings)
    capsysbinary.readouterr()
    made = Commands(settings, capsysbinary)
    made.send(company(), THEN_MS)
    made.send([deal("d-late", "r-1", date(2025, 11, 3), amount="5000")], THEN_MS + 3_600_000)
    return made


def timeless(score: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in score.items() if name != "version"}


def cause(found: dict[str, Any], name: str) -> float:
    return sum(part["points"] for part in found["parts"] if part["cause"] == name)


def test_it_leads_from_one_of_the_scores_to_the_other(commands: Commands) -> None:
    for subject, subject_id in (("rep", "r-1"), ("team", "t-a"), ("company", "company")):
        dates = ("--as-of", AS_OF.isoformat(), "--against", BEFORE.isoformat())
        found = commands.explained(subject_id, "--subject", subject, *dates)
        now = commands.score(subject, subject_id, "--as-of", AS_OF.isoformat())
        before = commands.score(subject, subject_id, "--as-of", BEFORE.isoformat())
        assert (timeless(found["from"]), timeless(found["to"])) == (timeless(before), timeless(now))
        assert (found["subject"], found["id"]) == (subject, subject_id)
        assert cause(found, "corrections") == 0.0
        assert any(part["cause"] == "pillar" for part in found["parts"])
        by_default = commands.explained(subject_id, "--subject", subject)
        assert by_default["parts"] == found["parts"]
        assert [by_default[end]["as_of"] for end in ("from", "to")] == [BEFORE.isoformat(), AS_OF.isoformat()]


def test_what_became_known_later_is_a_correction(commands: Commands) -> None:
    dates = ("--as-of", AS_OF.isoformat(), "--against", AS_OF.isoformat())
    found = commands.explained("r-1", *dates, "--known-at", LATER, "--against-known-at", THEN)
    asked = ("--as-of", AS_OF.isoformat(), "--known-at")
    assert json.dumps(found["from"]) == json.dumps(commands.score("rep", "r-1", *asked, THEN))
    assert json.dumps(found["to"]) == json.dumps(commands.score("rep", "r-1", *asked, LATER))
    assert cause(found, "corrections") == pytest.approx(found["to"]["score"] - found["from"]["score"], abs=1e-9)
    assert cause(found, "corrections") != 0
    now = commands.explained("r-1", *dates, "--known-at", THEN)
    assert timeless(now["from"]) == timeless(commands.score("rep", "r-1", "--as-of", AS_OF.isoformat()))
    assert timeless(now["to"]) == timeless(found["from"])
    assert cause(now, "corrections") == 0.0


def test_text_names_scores_parts_and_records(commands: Commands) -> None:
    said = commands("explain", "r-1").decode()
    assert said.startswith("Rep r-1 scored ")
    for told in (AS_OF.isoformat(), BEFORE.isoformat(), "associated with", "deal d-late", "score 2025-10-17"):
        assert told in said
    early = commands("explain", "company", "--subject", "company", "--as-of", "2025-01-05").decode()
    assert "has no score on 2025-01-05" in early


def test_an_unknown_subject_is_one_line(commands: Commands) -> None:
    for arguments in (("nobody",), ("r-1", "--subject", "team"), ("r-1", "--known-at", "2025-11-17T08:00:00Z")):
        said = commands("explain", *arguments, code=1).decode()
        assert said.startswith("upscore: there is no ")
        assert arguments[0] in said
        assert said.count("\n") == 1
    nothing_then = commands.explained("r-1", "--against-known-at", "2025-11-17T08:00:00Z")
    assert (nothing_then["from"], nothing_then["parts"]) == (None, [])
