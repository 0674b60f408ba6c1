"""Replays of whole histories: random days as the oracle has them, and the same bytes whatever the circumstances."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from scoring.line import subjects
from streams import kafka_clients
from streams.local import Addresses
from streams.replay.history import replayed
from streams.replay.judging import Judging
from streams.replay.order import Order, fulfil
from streams.replay.outputs import score_objects
from streams.replay.progress import Lines
from tests.whole.replayed_history import Days, History, crm_history, in_order, simulated_history

pytestmark = pytest.mark.kafka

_SILENT = Lines(lambda _: None)
_FIGURES = ("score", "low", "high", "level", "improvement", "coverage", "norms", "status", "team_id")


@pytest.fixture(scope="module", params=[crm_history, simulated_history], ids=["crm_pipeline", "two_simulated_years"])
def history(request: pytest.FixtureRequest, stack: Addresses, tmp_path_factory: pytest.TempPathFactory):
    with request.param(stack, tmp_path_factory.mktemp("history")) as found:
        yield found


@pytest.fixture(scope="module")
def truth(history: History) -> Days:
    return history.of_oracle(history.random_days)


@pytest.fixture(scope="module")
def every_day(history: History, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CSV of all days, by the command."""
    path = tmp_path_factory.mktemp("every-day") / "days.csv"
    history.installation.command("replay", *_arguments(history, path), "--processes", "2")
    return path


def _arguments(history: History, path: Path) -> list[str]:
    days = history.random_days
    return ["--from", days[0].isoformat(), "--until", days[-1].isoformat(), "--out", "csv", "--to", str(path)]


def test_fifty_random_days_are_the_oracles(history: History, truth: Days, tmp_path: Path) -> None:
    found = replayed(history.installation.settings, [None], tmp_path, _SILENT, processes=2)
    line, judging = found.lines[0], Judging(found.lines[0], history.scorecard)
    line.panes("company:company")  # which settles the panes
    there = list(subjects(line.reference, line.reps, line.groups))
    scored = 0
    for day, expected in truth.items():
        objects = score_objects(judging, there, [day.toordinal()], found.known_at(0), lambda _: None)
        of_day = in_order(json.loads(told) for told in objects)
        assert of_day == expected, day
        scored += sum(score["score"] is not None for score in of_day)
    assert len(truth) == 50
    assert scored > 10 * len(truth)


def test_rows_of_the_command_are_the_oracles_on_those_days(truth: Days, every_day: Path) -> None:
    rows: dict[date, list[dict[str, str]]] = {}
    with every_day.open(newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(date.fromisoformat(row["as_of"]), []).append(row)
    for day, expected in truth.items():
        assert [(row["subject"], row["id"]) for row in rows[day]] == [
            (each["subject"], each["id"]) for each in expected
        ]
        for row, score in zip(rows[day], expected, strict=True):
            figures = {name: score[name] for name in _FIGURES}
            figures |= {f"pillar_{name}": pillar["value"] for name, pillar in score["pillars"].items()}
            told = {name: "" if value is None else str(value) for name, value in figures.items()}
            assert {name: row[name] for name in told} == told, (day, score["subject"], score["id"])


def test_ten_runs_give_the_same_bytes(
    history: History, every_day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other frames, blocks, buckets, processes, time zones of the machine and seeds of hashes."""
    days = history.random_days
    expected = sha256(every_day.read_bytes()).hexdigest()
    assert every_day.stat().st_size > 1_000_000
    frames = [4_000_000, 1_000_000, 200_000, 60_000, 25_000, 2_000_000, 500_000]
    zones = [
        "Asia/Tokyo",
        "America/Los_Angeles",
        "Pacific/Chatham",
        "UTC",
        "Asia/Kolkata",
        "America/St_Johns",
        "Africa/Cairo",
    ]
    digests = []
    for run, (frame, zone) in enumerate(zip(frames, zones, strict=True)):
        monkeypatch.setattr(kafka_clients, "_FETCH_BYTES", frame)
        monkeypatch.setattr("streams.replay.spool._ROWS_AT_ONCE", 8_000 >> run)
        monkeypatch.setattr("streams.replay.spool.RECORDS_A_BUCKET", 100_000 >> 2 * run)
        path = tmp_path / f"{run}.csv"
        with _machine_in(zone, monkeypatch):
            order = Order(
                settings=history.installation.settings,
                out="csv",
                first=days[0],
                last=days[-1],
                to=path,
                processes=1 + run % 3,
            )
            fulfil(order, _SILENT)
        digests.append(sha256(path.read_bytes()).hexdigest())
    for seed, zone in enumerate(["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"], start=1):
        path = tmp_path / f"command-{seed}.csv"
        environment = history.installation.environment | {"TZ": zone, "PYTHONHASHSEED": str(seed)}
        more = ["--processes", str(seed)]
        history.installation.command("replay", *_arguments(history, path), *more, env=environment)
        digests.append(sha256(path.read_bytes()).hexdigest())
    assert digests == [expected] * 10


@contextmanager
def _machine_in(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()
