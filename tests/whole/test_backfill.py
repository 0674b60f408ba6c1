"""`upscore backfill` into a real Prometheus that scrapes a real worker: history appears, is corrected, and nothing else moves."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from dashboards.rules import QUICK, rule_files
from schemas.topics import RECORD_TYPES
from streams import cli
from streams.local import Addresses
from streams.simulator import line, records
from tests.installation import Installation, installation, wait_until
from tests.whole.watching_programs import Prometheus

pytestmark = pytest.mark.kafka

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
TODAY = datetime.now(UTC).date()
LAST = TODAY - timedelta(days=2)
"""Over, and out of Prometheus's head, at any hour."""
FIRST = LAST - timedelta(days=89)
CORRECTED = LAST - timedelta(days=44)
"""From here on the second backfill goes."""
FLAGS = ("--storage.tsdb.retention.time=2y",)
ADMIN = "--web.enable-admin-api"
HISTORY = 'sales_rep_score_points{instance=""}'
LIVE = '{__name__=~"sales_.*",instance!=""}'

Samples = dict[tuple[tuple[str, str], ...], dict[float, str]]
"""Of series by their labels: values by time, as written."""


@dataclass
class Scene:
    """A company with a worker that is watched since a while."""

    line: Installation
    prometheus: Prometheus
    folder: Path
    crm: list[dict[str, Any]]

    def backfill(self, *arguments: str, code: int = 0) -> str:
        """Run the command in this process; what it said on stdout, or on stderr where it fails."""
        given = ["--prometheus", self.prometheus.address, *arguments]
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            ended = cli.main(["backfill", *self._topics, *given])
        assert ended == code, (out.getvalue(), err.getvalue())
        return (out if code == 0 else err).getvalue()

    @property
    def _topics(self) -> list[str]:
        settings = self.line.settings
        return ["--broker", settings.broker, "--topic-prefix", settings.topic_prefix, "--app", settings.app]

    def samples(self, selector: str, start: float, end: float) -> Samples:
        """Every single sample that Prometheus holds of a selector from `start` to `end`."""
        found: Samples = {}
        result = self.prometheus.ask("query", query=f"{selector}[{round((end - start) * 1000)}ms]", time=end)["result"]
        for series in result:
            key = tuple(sorted(series["metric"].items()))
            found[key] = {float(at): value for at, value in series["values"]}
        return found

    def history(self) -> Samples:
        return self.samples(HISTORY, midnight(FIRST - timedelta(days=30)), midnight(TODAY))

    def by_replay(self) -> dict[tuple[str, date], float]:
        """The score of each rep and day by a replay of what the topics hold now."""
        days = ("--from", FIRST.isoformat(), "--until", LAST.isoformat())
        path = self.folder / "replayed.csv"
        assert cli.main(["replay", *self._topics, "--out", "csv", "--subject", "rep", *days, "--to", str(path)]) == 0
        rows = csv.DictReader(path.read_text().splitlines())
        return {(row["id"], date.fromisoformat(row["as_of"])): float(row["score"]) for row in rows if row["score"]}

    def shown(self) -> dict[tuple[str, date], set[float]]:
        """Every value that the history shows of each rep and day."""
        found: dict[tuple[str, date], set[float]] = {}
        for labels, values in self.history().items():
            for at, value in values.items():
                key = dict(labels)["rep"], datetime.fromtimestamp(at, UTC).date()
                found.setdefault(key, set()).add(float(value))
        return found


@pytest.fixture(scope="module")
def scene(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("backfill")
    rules = []
    for path, text in rule_files(QUICK).items():
        rules.append(folder / Path(path).name)
        rules[-1].write_text(text)
    with installation(stack, folder, "backfill", clock="wall", publish_seconds=0.2) as line_:
        crm = [dict(record) for record in records(seed=7, days=180, reps=6, start=TODAY - timedelta(days=180))]
        line_.produce([(TOPIC_OF[record["type"]], record["id"].encode(), line(record).rstrip()) for record in crm])
        worker = line_.start_worker()
        worker.wait_until_ready()
        wait_until(lambda: worker.metric("sales_rep_score_points"), 60, "scores")
        prometheus = Prometheus(folder, rules, flags=(*FLAGS, ADMIN))
        scene = Scene(line_, prometheus, folder, crm)
        try:
            prometheus.watch([worker.address])
            wait_until(lambda: prometheus.query("sales_rep_score_points"), 30, "live series")
            yield scene
        finally:
            scene.prometheus.stop()


def test_history_appears_is_corrected_and_live_series_stay_as_they_were(scene: Scene) -> None:
    whole = ("--from", FIRST.isoformat(), "--until", LAST.isoformat())
    said = scene.backfill(*whole, "--dry-run")
    assert "history that is there: none" in said
    assert scene.history() == {}

    _the_first_shows_every_day(scene, whole)
    before_day = midnight(CORRECTED)
    older = {labels: cut(values, 0, before_day) for labels, values in scene.history().items()}
    wrong = scene.shown()
    mark = time.time() - 2
    live = scene.samples(LIVE, mark - 60, mark)
    assert any("sales_rep_score_points" in dict(labels).values() for labels in live)

    _correct_a_record(scene)
    right = scene.by_replay()
    corrected = {key for key, score in right.items() if key[1] >= CORRECTED and wrong.get(key) != {score}}
    assert len(corrected) > 20
    from_then = ("--from", CORRECTED.isoformat(), "--until", LAST.isoformat())
    dry = scene.backfill(*from_then, "--dry-run")
    assert "samples on 45 days; deleted are those of" in dry
    assert scene.shown() == wrong
    said = scene.backfill(*from_then)
    assert "deleted the history that was there" in said
    shown = scene.shown()
    assert {key: values for key, values in shown.items() if key[1] >= CORRECTED} == {
        key: {score} for key, score in right.items() if key[1] >= CORRECTED
    }  # no sample is left of the wrong one
    assert {key: values for key, values in shown.items() if key[1] < CORRECTED} == {
        key: values for key, values in wrong.items() if key[1] < CORRECTED
    }
    assert {labels: cut(values, 0, before_day) for labels, values in scene.history().items()} == older
    assert scene.samples(LIVE, mark - 60, mark) == live
    _nobody_is_told(scene)

    scene.prometheus.stop()
    scene.prometheus = Prometheus(scene.folder, [], flags=FLAGS)
    assert scene.shown() == shown  # a Prometheus that starts drops what it has in memory from before its newest block
    assert scene.samples(LIVE, mark - 60, mark) == live
    refused = scene.backfill(*from_then, code=1)
    assert "runs without its admin API" in refused
    assert ADMIN in refused
    assert scene.shown() == shown


def _the_first_shows_every_day(scene: Scene, whole: tuple[str, ...]) -> None:
    said = scene.backfill(*whole, "--processes", "2")
    assert "so nothing is deleted" in said
    history, scores = scene.history(), scene.by_replay()
    assert scene.shown() == {key: {score} for key, score in scores.items()}
    assert {day for _, day in scores} == {FIRST + timedelta(days=more) for more in range(90)}
    assert sum(map(len, history.values())) == 288 * len(scores)
    others = {
        "sales_team_score_points",
        "sales_company_score_points",
        "sales_rep_score_points_low",
        "sales_rep_pillar_ratio",
    }
    for name in others:
        at = midnight(LAST) + 100
        assert scene.prometheus.ask("query", query=f'{name}{{instance=""}}', time=at)["result"], name


def _correct_a_record(scene: Scene) -> None:
    """Won deals of one rep, long ago, were lost in truth."""
    won = [
        record
        for record in scene.crm
        if record["type"] == "deal" and record.get("status") == "won" and record["rep_id"] == "r-1"
        if FIRST.isoformat() <= record["closed_at"][:10] < (CORRECTED + timedelta(days=20)).isoformat()
    ]
    assert won
    newer = datetime.now(UTC).isoformat()
    lost = [
        {name: value for name, value in deal.items() if name != "amount"} | {"status": "lost", "updated_at": newer}
        for deal in won
    ]
    scene.line.produce([(TOPIC_OF["deal"], deal["id"].encode(), json.dumps(deal).encode()) for deal in lost])


def _nobody_is_told(scene: Scene) -> None:
    """Rules are evaluated at now alone: history made none of them fire, not even for a moment, and recorded nothing."""
    asked = {"start": midnight(FIRST), "end": time.time()}
    told = scene.prometheus.ask("series", **{"match[]": '{__name__=~"ALERTS|.*:open",alertname=~"|Sales.*"}'}, **asked)
    assert told == []
    assert not [alert for alert in scene.prometheus.ask("alerts")["alerts"] if "Sales" in alert["labels"]["alertname"]]


def test_what_workers_still_write_is_refused(scene: Scene) -> None:
    refused = scene.backfill("--from", FIRST.isoformat(), "--until", TODAY.isoformat(), code=1)
    assert "expected --until" in refused
    assert "no day from" in scene.backfill("--from", TODAY.isoformat(), code=1)
    assert "keeps samples for 730 days" in scene.backfill("--from", "2019-01-01", code=1)
    assert "expected --from not after --until" in scene.backfill(
        "--from", LAST.isoformat(), "--until", FIRST.isoformat(), code=1
    )


def test_what_is_missing_is_named(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = ("--from", FIRST.isoformat(), "--until", LAST.isoformat())
    with monkeypatch.context() as nowhere:
        nowhere.setenv("PATH", str(tmp_path))
        assert "apt-get install prometheus" in scene.backfill(*days, code=1)
    assert "is no data folder of Prometheus" in scene.backfill(*days, "--data", str(tmp_path), code=1)
    assert "no Prometheus answers at" in scene.backfill(*days, "--prometheus", "http://127.0.0.1:9", code=1)
    (tmp_path / "wal").mkdir()
    (tmp_path / "01M8EGGNRAG8VJS7JP8G7S5Y6P").mkdir()
    other = scene.backfill(*days, "--data", str(tmp_path), "--wait", "1", code=1)
    assert "expected the folder of this Prometheus" in other


def midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def cut(values: dict[float, str], start: float, end: float) -> dict[float, str]:
    return {at: value for at, value in values.items() if start <= at < end}
