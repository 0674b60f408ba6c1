"""`upscore replay` on a real Kafka: each day as `scores` and the oracle have it, the same bytes whatever the circumstances."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from confluent_kafka import Producer
from pyarrow import parquet

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring import oracle
from scoring.facts import facts_of
from scoring.organisation import Organisation
from streams import cli, kafka_clients, topic_admin
from streams.intake import check_not_ahead, newest_day, read
from streams.settings import Settings
from streams.worker import load_scorecard
from tests.functional.brokers import fresh_name
from tests.traffic import Sent, rough_messages

pytestmark = pytest.mark.kafka

ZONE = ZoneInfo("America/New_York")
PARTITIONS = 3
START_MS = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp() * 1000)
"""When the first message arrived; the next ones each a second later."""
FIRST, LAST = date(2025, 4, 20), date(2025, 4, 24)
MESSAGES = rough_messages(3_000, seed=5, days=80, reps=10)


class Replay:
    """The commands on one installation, in this process."""

    def __init__(self, settings: Settings, capture: pytest.CaptureFixture[bytes]) -> None:
        self.settings = settings
        self._capture = capture

    @property
    def given(self) -> list[str]:
        settings = self.settings
        return [
            *("--broker", settings.broker, "--topic-prefix", settings.topic_prefix, "--app", settings.app),
            *("--time-zone", settings.time_zone),
        ]

    def __call__(self, *arguments: str, code: int = 0) -> bytes:
        self._capture.readouterr()
        assert cli.main([arguments[0], *self.given, *arguments[1:]]) == code
        said = self._capture.readouterr()
        return said.out if code == 0 else said.err

    def days(self, *arguments: str) -> bytes:
        return self("replay", "--from", FIRST.isoformat(), "--until", LAST.isoformat(), *arguments)


def produce(settings: Settings, messages: Sequence[Sent], order: Sequence[int] | None = None) -> None:
    """Send them, each with its own time whatever the order; a record's versions may lie in any partition."""
    producer = Producer({"bootstrap.servers": settings.broker, "linger.ms": 5})
    for place in range(len(messages)) if order is None else order:
        topic, key, value = messages[place]
        producer.produce(
            settings.topic_prefix + topic, value, key, partition=place % PARTITIONS, timestamp=START_MS + 1000 * place
        )
        producer.poll(0)
    assert producer.flush(20) == 0


def installation(kafka: Settings, order: Sequence[int] | None = None) -> Settings:
    name = fresh_name("replay")
    changed = {"app": name, "topic_prefix": name + ".", "partitions": PARTITIONS, "time_zone": ZONE.key}
    settings = Settings(**(kafka.model_dump() | changed))
    topic_admin.ensure(settings)
    produce(settings, MESSAGES, order)
    return settings


@pytest.fixture(scope="module")
def installed(kafka: Settings) -> Settings:
    return installation(kafka)


@pytest.fixture
def replay(installed: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> Replay:
    return Replay(installed, capsysbinary)


def of_oracle(as_of: date, known: int) -> list[dict[str, Any]]:
    """The score objects of a date from the first `known` messages, without their `version`."""
    organisation, deliveries = Organisation(ZONE, "USD", EXPONENTS), []
    for place, (topic, key, value) in enumerate(MESSAGES[:known]):
        try:
            for each in read(topic, key, value, START_MS + 1000 * place):
                facts = [] if each.record is None else facts_of(each.record, organisation)
                check_not_ahead(
                    each, newest_day(facts), int(datetime.now(UTC).timestamp() * 1e6), datetime.now(ZONE).toordinal()
                )
                deliveries.append(
                    oracle.Delivery(each.type, each.id, each.updated_at, each.version, place, each.record)
                )
        except InvalidRecord:
            continue
    found = oracle.scores(
        oracle.newest(deliveries),
        as_of=as_of,
        zone=ZONE,
        base_currency="USD",
        exponents=EXPONENTS,
        scorecard=load_scorecard(None),
        known_at="",
    )
    order = ("rep", "team", "territory", "company")
    scores = sorted(found.values(), key=lambda score: (order.index(score["subject"]), score["id"]))
    return [plain(score) for score in scores]


def plain(score: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in score.items() if name != "version"}


def objects(said: bytes) -> list[dict[str, Any]]:
    return [plain(score) for score in json.loads(said)]


def test_each_day_is_what_scores_prints_for_it_and_what_the_oracle_counts(replay: Replay) -> None:
    found = objects(replay.days("--out", "json"))
    days = [FIRST + timedelta(days=back) for back in range(5)]
    assert [score["as_of"] for score in found] == [
        day.isoformat() for day in days for _ in range(len(found) // len(days))
    ]
    by_scores = [score for day in days for score in objects(replay("scores", "--as-of", day.isoformat(), "--json"))]
    assert found == by_scores
    last = [score for score in found if score["as_of"] == LAST.isoformat()]
    assert last == of_oracle(LAST, len(MESSAGES))
    assert {score["subject"] for score in last} == {"rep", "team", "territory", "company"}


def test_the_figures_of_csv_and_brief_json_are_those_of_the_objects(replay: Replay) -> None:
    found = objects(replay.days("--out", "json"))
    rows = list(csv.DictReader(replay.days("--out", "csv").decode().splitlines()))
    brief = objects(replay.days("--out", "json", "--brief"))
    assert len(rows) == len(brief) == len(found)
    for score, row, short in zip(found, rows, brief, strict=True):
        values = {name: held["value"] for name, held in score["pillars"].items()}
        for name, told in row.items():
            held = values[name.removeprefix("pillar_")] if name.startswith("pillar_") else score[name]
            assert told == ("" if held is None else str(held)), (name, score["subject"], score["id"])
        kept = {name: held for name, held in score.items() if name not in ("metrics", "unrated", "pillars")}
        assert short == kept | {"pillars": {name: {"value": value} for name, value in values.items()}}


def test_parquet_has_the_rows_of_the_csv(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(csv.DictReader(replay.days("--out", "csv").decode().splitlines()))
    replay.days("--out", "parquet", "--to", str(tmp_path / "days.parquet"))
    found = parquet.read_table(tmp_path / "days.parquet").to_pylist()
    assert [{name: "" if held is None else str(held) for name, held in row.items()} for row in found] == rows
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert b"pip install 'upscore[parquet]'" in replay("replay", "--out", "parquet", code=1)


def test_chosen_subjects_alone_are_told(replay: Replay) -> None:
    rows = list(csv.DictReader(replay.days("--out", "csv", "--subject", "team", "--id", "t-1").decode().splitlines()))
    assert [(row["subject"], row["id"]) for row in rows] == [("team", "t-1")] * 5
    assert replay.days("--out", "json", "--id", "nobody") == b"[]\n"


def test_the_bytes_are_the_same_whatever_the_processes_frames_time_zone_and_arrival(
    kafka: Settings, replay: Replay, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    outs = (("csv",), ("json",), ("openmetrics", "--step", "3600"))

    def digests(of: Replay, *more: str) -> list[str]:
        return [sha256(of.days("--out", *out, *more)).hexdigest() for out in outs]

    expected = digests(replay)
    assert digests(replay, "--processes", "3") == expected
    monkeypatch.setattr(kafka_clients, "_FETCH_BYTES", 2_000)
    monkeypatch.setattr("streams.replay.spool.RECORDS_A_BUCKET", 700)
    assert digests(replay, "--processes", "2") == expected
    order = list(range(len(MESSAGES)))
    random.Random(1).shuffle(order)
    assert digests(Replay(installation(kafka, order), capsysbinary)) == expected
    script = [
        sys.executable,
        "-m",
        "streams",
        "replay",
        *replay.given,
        "--from",
        FIRST.isoformat(),
        "--until",
        LAST.isoformat(),
    ]
    environment = {
        "TZ": "Asia/Tokyo",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONHASHSEED": "7",
    }
    said = subprocess.run([*script, "--out", "csv"], env=environment, check=True, stdout=subprocess.PIPE).stdout
    assert sha256(said).hexdigest() == expected[0]


@pytest.mark.parametrize("known", [700, 1_800])
def test_as_known_at_a_time_is_what_the_oracle_counts_of_what_had_arrived(replay: Replay, known: int) -> None:
    moment = datetime.fromtimestamp((START_MS + 1000 * (known - 1)) / 1000, UTC).isoformat()
    said = replay.days("--out", "json", "--known-at", moment)
    last = [score for score in objects(said) if score["as_of"] == LAST.isoformat()]
    assert last == of_oracle(LAST, known)
    assert json.loads(said)[0]["version"]["known_at"] == moment.replace("+00:00", ".000Z")


def test_offsets_written_by_one_run_bound_the_next(
    kafka: Settings, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    replay = Replay(installation(kafka), capsysbinary)
    before = replay.days("--out", "csv", "--write-offsets", str(tmp_path / "offsets.json"))
    more = rough_messages(800, seed=9, days=80, reps=10)
    produce(replay.settings, more)
    assert replay.days("--out", "csv") != before
    assert replay.days("--out", "csv", "--until-offsets", str(tmp_path / "offsets.json")) == before
    (tmp_path / "offsets.json").write_text(json.dumps({replay.settings.topic_prefix + "sales.events.v1": {"0": 10**9}}))
    said = replay("replay", "--out", "csv", "--until-offsets", str(tmp_path / "offsets.json"), code=1)
    assert b"it cannot be read until 1000000000" in said


def test_an_interrupted_one_goes_on_where_it_stopped(
    replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = replay.days("--out", "csv")
    monkeypatch.setattr(kafka_clients, "_FETCH_BYTES", 2_000)
    monkeypatch.setattr("streams.replay.spool._ROWS_AT_ONCE", 50)
    read_so_far: list[int] = []

    class Interrupted:
        """Ends the replay in the middle of its reading, once."""

        def __init__(self, stop_at: int | None) -> None:
            self._stop_at = stop_at

        def stage(self, what: str, unit: str, total: int) -> Callable[[int], None]:  # noqa: ARG002
            read_so_far.append(0)

            def advance(count: int) -> None:
                read_so_far[-1] += count
                if self._stop_at is not None and read_so_far[-1] > self._stop_at:
                    raise KeyboardInterrupt

            return advance if what == "reading" else lambda _: None

    def stages(stop_at: int | None) -> Callable[[], Any]:
        from contextlib import nullcontext  # noqa: PLC0415

        return lambda: nullcontext(Interrupted(stop_at))

    arguments = (
        "replay",
        "--from",
        FIRST.isoformat(),
        "--until",
        LAST.isoformat(),
        "--out",
        "csv",
        "--work",
        str(tmp_path),
    )
    monkeypatch.setattr("streams.commands.replay.shown_stages", stages(1_000))
    replay(*arguments, code=130)
    junk = next(tmp_path.glob("spool/*.rows"))
    with junk.open("ab") as file:
        file.write(b"half a block")  # what a kill in the middle of writing leaves
    monkeypatch.setattr("streams.commands.replay.shown_stages", stages(None))
    assert replay(*arguments) == expected
    assert replay(*arguments) == expected  # nothing is read any more


def test_openmetrics_is_sorted_and_says_what_the_gauges_would_have_said(replay: Replay) -> None:
    text = replay.days("--out", "openmetrics", "--step", "21600").decode()
    lines = text.splitlines()
    assert lines[-1] == "# EOF"
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    series = [start.rpartition(" ")[0] for start, _, _ in samples]
    assert series == sorted(series, key=lambda name: (name.partition("{")[0], series.index(name)))
    for name in set(series):
        times = [int(stamp) for (start, _, stamp) in samples if start.rpartition(" ")[0] == name]
        assert times == sorted(set(times))
    scores = {
        (score["id"], score["team_id"], score["as_of"]): score["score"]
        for score in objects(replay.days("--out", "json", "--subject", "rep"))
        if score["score"] is not None
    }
    assert scores
    told = {}
    for start, _, stamp in samples:
        name, _, value = start.rpartition(" ")
        if name.startswith("sales_rep_score_points{"):
            rep, team = name.split('"')[1::2]
            day = datetime.fromtimestamp(int(stamp), ZONE).date().isoformat()
            told[rep, team, day] = float(value)
    assert told == scores


def test_a_diff_says_who_moves_and_which_metrics_that_is_associated_with(replay: Replay, tmp_path: Path) -> None:
    known = datetime.fromtimestamp((START_MS + 1000 * 2_400) / 1000, UTC).isoformat()
    found = json.loads(replay.days("--out", "diff", "--against-known-at", known))
    before = {
        (s["subject"], s["id"], s["as_of"]): s["score"]
        for s in objects(replay.days("--out", "json", "--known-at", known))
    }
    after = {(s["subject"], s["id"], s["as_of"]): s["score"] for s in objects(replay.days("--out", "json"))}
    moved = {key[:2] for key in after if before.get(key) != after[key]}
    assert {(one["subject"], one["id"]) for one in found["moved"]} == moved
    assert moved
    with_points = [one for one in found["moved"] if one["points"] is not None]
    assert with_points == sorted(with_points, key=lambda one: -abs(one["points"]))
    for one in with_points:
        key = (one["subject"], one["id"], one["as_of"])
        assert (one["from"], one["to"]) == (before[key], after[key])
        assert abs(sum(part["points"] for part in one["parts"]) - one["points"]) < 1e-9
    path = tmp_path / "then.csv"
    path.write_bytes(replay.days("--out", "csv", "--known-at", known))
    by_file = json.loads(replay.days("--out", "diff", "--against", str(path)))
    same = [(one["subject"], one["id"], one["from"], one["to"]) for one in found["moved"] if one["from"] is not None]
    assert [(o["subject"], o["id"], o["from"], o["to"]) for o in by_file["moved"] if o["from"] is not None] == same
    itself = json.loads(replay.days("--out", "diff", "--against-scorecard", _default_scorecard(tmp_path)))
    assert itself["moved"] == []


def _default_scorecard(folder: Path) -> str:
    from importlib.resources import files  # noqa: PLC0415

    path = folder / "same.toml"
    path.write_text(files("scoring").joinpath("scorecards/default.toml").read_text("utf-8"), "utf-8")
    return str(path)


def test_wrong_use_is_one_line(replay: Replay, tmp_path: Path) -> None:
    assert b"expected --from not after --until" in replay(
        "replay", "--out", "csv", "--from", "2025-04-02", "--until", "2025-04-01", code=1
    )
    (tmp_path / "x").write_text("{")
    assert b"holds no scores" in replay("replay", "--out", "diff", "--against", str(tmp_path / "x"), code=1)
    with pytest.raises(SystemExit):
        replay("replay", "--out", "diff")
    with pytest.raises(SystemExit):
        replay("replay", "--out", "csv", "--against", "x")
