"""`upscore scorecard try` on a real Kafka: each part of its report is what the part's own command says."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.functional.replayed import FIRST, LAST, Replay

pytestmark = pytest.mark.kafka


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """The default scorecard with calls counting for most of the process, less for results, and nearer goalposts."""
    text = files("scoring").joinpath("scorecards/default.toml").read_text("utf-8")
    for old, new in (
        ('name = "default"', 'name = "mine"'),
        ("results = 0.40", "results = 0.15"),
        ("process = 0.20", "process = 0.45"),
        ("coverage_gate = 0.6", "coverage_gate = 0.5"),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return str(path)


def said(replay: Replay, mine: str, *arguments: str) -> bytes:
    days = ("--from", FIRST.isoformat(), "--until", LAST.isoformat())
    return replay("scorecard", "try", mine, *days, *arguments, after=2)


def scores_by(replay: Replay, *scorecard: str) -> dict[tuple[str, str], float]:
    rows = csv.DictReader(replay.days("--out", "csv", "--subject", "rep", *scorecard).decode().splitlines())
    return {(row["as_of"], row["id"]): float(row["score"]) for row in rows if row["score"]}


def places(scores: dict[str, float]) -> dict[str, int]:
    return {rep: 1 + sum(other > score for other in scores.values()) for rep, score in scores.items()}


def test_each_part_of_the_report_is_what_its_own_command_says(replay: Replay, mine: str, tmp_path: Path) -> None:
    found: dict[str, Any] = json.loads(said(replay, mine, "--json"))
    default = str(tmp_path / "default.toml")
    Path(default).write_bytes(files("scoring").joinpath("scorecards/default.toml").read_bytes())
    diff = replay.days("--out", "diff", "--scorecard", mine, "--against-scorecard", default)
    assert found["difference"] == json.loads(diff)
    assert len(found["difference"]["moved"]) > 10
    before, after = scores_by(replay), scores_by(replay, "--scorecard", mine)
    last = LAST.isoformat()
    in_force, tried = (
        {rep: score for (day, rep), score in scores.items() if day == last} for scores in (before, after)
    )
    shared = in_force.keys() & tried.keys()
    assert len(shared) > 3
    rows = {row["id"]: row for row in found["ranks"]["reps"]}
    assert {rep: (row["from"], row["rank_from"]) for rep, row in rows.items() if row["from"] is not None} == {
        rep: (score, places(in_force)[rep]) for rep, score in in_force.items()
    }
    assert {rep: (row["to"], row["rank_to"]) for rep, row in rows.items() if row["to"] is not None} == {
        rep: (score, places(tried)[rep]) for rep, score in tried.items()
    }
    one, two = ({rep: scores[rep] for rep in shared} for scores in (in_force, tried))
    moves = [abs(places(one)[rep] - places(two)[rep]) for rep in shared]
    agreed = found["ranks"]["agreement"]
    assert (agreed["subjects"], agreed["median_ranks"], agreed["most_ranks"]) == (
        len(shared),
        median(moves),
        max(moves),
    )
    assert found["robustness"]["before"] == json.loads(replay("robustness", "--as-of", last, "--json"))["ranks"]
    by_mine = json.loads(replay("robustness", "--as-of", last, "--scorecard", mine, "--json"))
    assert found["robustness"]["after"] == by_mine["ranks"]
    assert found["after"] == {"scorecard": "mine@1", "norms": by_mine["norms"]}


def test_the_same_scorecard_changes_nothing(replay: Replay, tmp_path: Path) -> None:
    same = tmp_path / "same.toml"
    same.write_bytes(files("scoring").joinpath("scorecards/default.toml").read_bytes())
    found = json.loads(said(replay, str(same), "--json", "--processes", "2"))
    assert found["difference"]["moved"] == found["alerts"]["only_before"] == found["alerts"]["only_after"] == []
    assert found["ranks"]["agreement"]["kendall"] == found["ranks"]["over_days"]["lowest"] == 1.0
    assert found["robustness"]["before"] == found["robustness"]["after"]
    assert found["signal"]["before"] == found["signal"]["after"]
    assert found["signal"]["after"]


def test_people_read_who_moves_and_what_carries_no_signal(replay: Replay, mine: str) -> None:
    text = said(replay, mine).decode()
    for told in (
        f"What mine@1 would have done from {FIRST} to {LAST}, beside default@1",
        "Kendall's tau",
        "subjects have another score",
        "would not have come by mine@1",
        "carries no signal",
        "people decide",
    ):
        assert told in text
    assert all(len(line) < 400 for line in text.splitlines())


def test_a_file_that_is_no_scorecard_and_days_in_the_wrong_order_are_one_line(replay: Replay, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("name = 1")
    refused = replay("scorecard", "try", str(tmp_path / "bad.toml"), after=2, code=1)
    assert refused.startswith(b"upscore: FILE is ")
    good = tmp_path / "good.toml"
    good.write_bytes(files("scoring").joinpath("scorecards/default.toml").read_bytes())
    days = ("--from", LAST.isoformat(), "--until", (LAST - timedelta(days=1)).isoformat())
    assert b"expected --from not after --until" in replay("scorecard", "try", str(good), *days, after=2, code=1)
