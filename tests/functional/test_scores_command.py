"""`upscore scores` on a real Kafka: what workers published, and what it recomputes itself."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import EVENTS, FEEDBACK, REFERENCE, SCORES
from streams import cli, topic_admin
from streams.settings import Settings
from tests.functional.brokers import fresh_name, send
from tests.unit.streams.desks import deal

pytestmark = pytest.mark.kafka


class Command:
    """The command on one installation, in this process."""

    def __init__(self, settings: Settings, capture: pytest.CaptureFixture[bytes]) -> None:
        self.settings = settings
        self._capture = capture

    def __call__(self, *arguments: str) -> bytes:
        given = (
            "--broker",
            self.settings.broker,
            "--topic-prefix",
            self.settings.topic_prefix,
            "--app",
            self.settings.app,
        )
        assert cli.main(["scores", *given, *arguments]) == 0
        return self._capture.readouterr().out

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self(*arguments, "--json"))
        return found

    def names(self, *arguments: str) -> list[str]:
        return [f"{score['subject']}:{score['id']}" for score in self.json(*arguments)]

    def send(self, topic: str, *messages: tuple[bytes, Any], timestamp_ms: int | None = None) -> None:
        values = [
            (key, value if value is None or isinstance(value, bytes) else json.dumps(value).encode())
            for key, value in messages
        ]
        send(self.settings, self.settings.topic_prefix + topic, values, timestamp_ms)


@pytest.fixture
def scores(kafka: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> Command:
    name = fresh_name("scores")
    settings = Settings(**(kafka.model_dump() | {"app": name, "topic_prefix": name + ".", "partitions": 2}))
    topic_admin.ensure(settings)
    capsysbinary.readouterr()
    return Command(settings, capsysbinary)


def published(subject: str, subject_id: str, as_of: str = "2026-01-15") -> dict[str, Any]:
    windows = {"28d": {"value": 1.0, "n": 1}, "91d": {"value": None, "n": 0}}
    return {
        "subject": subject,
        "id": subject_id,
        "team_id": None,
        "as_of": as_of,
        "score": 61.4,
        "level": 60.0,
        "coverage": 0.9,
        "metrics": {name: {"windows": windows} for name in ("net_revenue", "deals_won", "win_rate", "csat")},
    }


def test_without_any_score_it_prints_an_empty_array_or_says_so(scores: Command) -> None:
    assert scores("--json") == b"[]\n"
    assert scores("--json", "--as-of", "2026-01-15") == b"[]\n"
    assert scores("--json", "--known-at", "2026-01-15T00:00:00Z", "--subject", "rep") == b"[]\n"
    assert b"no scores" in scores()


def test_live_scores_are_the_newest_of_each_subject_without_those_withdrawn(scores: Command) -> None:
    scores.send(
        SCORES,
        (b"team:b", published("team", "b")),
        (b"rep:r-2", published("rep", "r-2")),
        (b"rep:r-1", published("rep", "r-1", "2026-01-14")),
        (b"rep:gone", published("rep", "gone")),
        (b"company:company", published("company", "company")),
        (b"territory:north", published("territory", "north")),
        (b"rep:gone", None),
        (b"rep:r-1", published("rep", "r-1")),
        (b"team:a", published("team", "a")),
    )
    found = scores.json()
    assert [f"{score['subject']}:{score['id']}" for score in found] == [
        "rep:r-1",
        "rep:r-2",
        "team:a",
        "team:b",
        "territory:north",
        "company:company",
    ]
    assert found[0] == published("rep", "r-1")
    assert scores.names("--subject", "team") == ["team:a", "team:b"]
    assert scores.names("--subject", "rep", "--id", "r-2") == ["rep:r-2"]
    assert scores.names("--id", "company") == ["company:company"]
    assert scores("--json", "--id", "nobody") == b"[]\n"
    table = scores("--subject", "rep").decode()
    assert "r-1" in table
    assert "team" in table.splitlines()[0]
    assert "north" not in table


DAY_MS = 86_400_000
JANUARY_10 = 1_768_046_400_000  # 2026-01-10T12:00:00Z


def test_recomputed_scores_take_the_records_as_known_now_or_then(scores: Command) -> None:
    scores.send(EVENTS, (b"d-1", deal("d-1", updated_at=None)), timestamp_ms=JANUARY_10)
    scores.send(
        EVENTS, (b"d-1", deal("d-1", amount="300", updated_at=None)), (b"x", b"{"), timestamp_ms=JANUARY_10 + 2 * DAY_MS
    )
    scores.send(
        EVENTS,
        (b"d-2", deal("d-2", rep_id="r-2", closed_at="2026-01-12T12:00:00Z", updated_at=None)),
        timestamp_ms=JANUARY_10 + 3 * DAY_MS,
    )

    def revenue(*arguments: str) -> dict[str, float]:
        return {
            f"{score['subject']}:{score['id']}": score["metrics"]["net_revenue"]["windows"]["28d"]["value"]
            for score in scores.json(*arguments)
        }

    now = revenue("--as-of", "2026-01-15")
    assert now == {"rep:r-1": 300.0, "rep:r-2": 100.0, "team:unassigned": 400.0, "company:company": 400.0}
    assert revenue("--as-of", "2026-01-10")["company:company"] == 300.0
    assert revenue("--as-of", "2026-01-09")["company:company"] == 0.0
    then = revenue("--as-of", "2026-01-15", "--known-at", "2026-01-12T11:59:59Z")
    assert then == {"rep:r-1": 100.0, "team:unassigned": 100.0, "company:company": 100.0}
    assert revenue("--as-of", "2026-01-15", "--known-at", "2026-01-12T12:00:00Z")["company:company"] == 300.0
    assert revenue("--as-of", "2026-01-15", "--known-at", "2026-01-12T14:00:00+02:00")["company:company"] == 300.0
    assert scores.json("--as-of", "2026-01-15", "--known-at", "2026-01-10T11:59:59Z") == []


def test_a_recomputed_score_states_its_date_and_what_was_known(scores: Command) -> None:
    scores.send(EVENTS, (b"d-1", deal()))
    scores.send(FEEDBACK, (b"f", b"null"))
    scores.send(
        REFERENCE, (b"r-1", {"type": "rep", "id": "r-1", "team_id": "t-9", "updated_at": "2026-01-01T00:00:00Z"})
    )
    [score] = scores.json("--as-of", "2026-01-20", "--subject", "rep")
    assert (score["as_of"], score["team_id"]) == ("2026-01-20", "t-9")
    assert score["version"]["known_at"].endswith("Z")
    [by_events] = scores.json("--clock", "events", "--known-at", "2199-01-01T00:00:00Z", "--subject", "company")
    assert by_events["as_of"] == "2026-01-10"


def test_a_scorecard_is_tried_on_the_records_as_of_their_newest_day(
    scores: Command, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(files("scoring").joinpath("scorecards/default.toml").read_text("utf-8"), "utf-8")
    for number in range(9):
        fields = {"rep_id": f"r-{number}", "opened_at": "2025-11-03T12:00:00Z", "closed_at": "2025-11-10T12:00:00Z"}
        scores.send(EVENTS, (b"d", deal(f"d-{number}", **fields)), (b"e", deal(f"e-{number}", **fields)))
    scores.send(EVENTS, (b"x", b"{"), (b"now", deal("now", rep_id="r-1")))
    given = ("--broker", scores.settings.broker, "--topic-prefix", scores.settings.topic_prefix)
    assert cli.main(["scorecard", "check", str(path), "--records", *given]) == 0
    said = capsysbinary.readouterr().out.decode()
    assert "Tried on 20 records as of 2026-01-10, norms 2026Q1@" in said
    rows = {line.split()[0]: line.split()[1:] for line in said.partition("Tried on")[2].splitlines() if line.strip()}
    assert rows["average_deal_size"][:4] == ["0.00", "carries", "no", "signal:"]  # all deals are alike
    assert rows["csat"] == ["-", "no", "records"]
    assert "Ranks are not checked" in said  # nobody has coverage enough


def test_missing_topics_are_one_line(kafka: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ((), ("--as-of", "2026-01-15")):
        assert cli.main(["scores", "--broker", kafka.broker, "--topic-prefix", fresh_name("nowhere"), *arguments]) == 1
        said = capsys.readouterr().err
        assert said.startswith("upscore: topic nowhere-")
        assert "upscore topics create" in said
        assert said.count("\n") == 1
