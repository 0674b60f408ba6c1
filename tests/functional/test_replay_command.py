"""`upscore replay` on a real Kafka: each day as `scores` and the oracle have it, in every form that it is told in."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.functional.replayed import (
    FIRST,
    LAST,
    MESSAGES,
    START_MS,
    ZONE,
    Replay,
    objects,
    of_oracle,
)

pytestmark = pytest.mark.kafka


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


def test_without_days_it_tells_from_the_first_business_date_to_the_newest(replay: Replay) -> None:
    rows = replay("replay", "--clock", "events", "--out", "csv", "--subject", "company").decode().splitlines()[1:]
    days = [date.fromisoformat(row.split(",")[3]) for row in rows]
    assert days == [days[0] + timedelta(days=more) for more in range(len(days))]
    [now] = objects(
        replay("scores", "--clock", "events", "--known-at", "2199-01-01T00:00:00Z", "--json", "--subject", "company")
    )
    assert days[-1].isoformat() == now["as_of"]
    before = (days[0] - timedelta(days=1)).isoformat()
    [nothing] = objects(replay("scores", "--as-of", before, "--json", "--subject", "company"))
    assert all(nothing["metrics"][name]["windows"]["364d"]["n"] == 0 for name in ("calls", "deals_won", "csat"))


def test_chosen_subjects_alone_are_told(replay: Replay) -> None:
    rows = list(csv.DictReader(replay.days("--out", "csv", "--subject", "team", "--id", "t-1").decode().splitlines()))
    assert [(row["subject"], row["id"]) for row in rows] == [("team", "t-1")] * 5
    assert replay.days("--out", "json", "--id", "nobody") == b"[]\n"


@pytest.mark.parametrize("known", [700, 1_800])
def test_as_known_at_a_time_is_what_the_oracle_counts_of_what_had_arrived(replay: Replay, known: int) -> None:
    moment = datetime.fromtimestamp((START_MS + 1000 * (known - 1)) / 1000, UTC).isoformat()
    said = replay.days("--out", "json", "--known-at", moment)
    last = [score for score in objects(said) if score["as_of"] == LAST.isoformat()]
    assert last == of_oracle(LAST, known)
    assert json.loads(said)[0]["version"]["known_at"] == moment.replace("+00:00", ".000Z")


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
    (tmp_path / "x").write_text("subject,id,as_of,score\nrep,a,2020-01-01,1\n")
    against = ("--from", LAST.isoformat(), "--until", LAST.isoformat(), "--against", str(tmp_path / "x"))
    assert b"has no score of the subjects and days" in replay("replay", "--out", "diff", *against, code=1)
    with pytest.raises(SystemExit):
        replay("replay", "--out", "diff")
    with pytest.raises(SystemExit):
        replay("replay", "--out", "csv", "--against", "x")
