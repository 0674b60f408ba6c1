"""A record that arrives a month late: a replay shows exactly which of the published scores it changed. Real Kafka, a worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.currencies import EXPONENTS
from schemas.topics import SCORES
from scoring import oracle
from streams.local import Addresses
from streams.scorecard_file import load_scorecard
from streams.simulator import line as line_of
from streams.simulator import records
from tests.installation import Installation, Scores, installation
from tests.traffic import TOPIC_OF, Sent

pytestmark = pytest.mark.kafka

_START = date(2025, 3, 3)
_HISTORY_DAYS = 75
_FIRST = _START + timedelta(days=_HISTORY_DAYS)
_DAYS = [_FIRST + timedelta(days=day) for day in range(4)]
_MONTH = timedelta(days=33)
_FIGURES = ("score", "low", "high", "level", "improvement", "coverage", "norms", "scorecard")
_BRIEF = "r-brief"


def _sent(record: dict[str, Any]) -> Sent:
    return TOPIC_OF[record["type"]], record["id"].encode(), json.dumps(record).encode()


def _call(key: str, rep: str, day: date, **more: Any) -> Sent:
    at = f"{day}T12:00:00Z"
    return _sent(
        {"type": "activity", "id": key, "updated_at": at, "rep_id": rep, "kind": "call", "occurred_at": at} | more
    )


def _history() -> Iterator[Sent]:
    """What is there before the first day, whole weeks of five reps; a sixth is known by a single call."""
    for record in records(seed=8, days=_HISTORY_DAYS, reps=5, start=_START):
        yield TOPIC_OF[record["type"]], record["id"].encode(), line_of(record).rstrip()
    yield _call("c-brief", _BRIEF, _START + timedelta(days=50))


def _late() -> Iterator[Sent]:
    """Arrives after the last day: a deal of a month ago; and that call was none."""
    won = f"{_DAYS[-1] - _MONTH}T09:00:00Z"
    deal = {"type": "deal", "id": "d-late", "updated_at": won, "rep_id": "r-2", "status": "won"}
    yield _sent(deal | {"opened_at": won, "closed_at": won, "amount": "40000", "cost": "100", "currency": "USD"})
    yield _call("c-brief", _BRIEF, _START + timedelta(days=50), version=1, deleted=True)


def _of_oracle(line: Installation) -> dict[date, Scores]:
    laid = oracle.Laid.out(
        oracle.newest(line.deliveries()),
        zone=ZoneInfo("UTC"),
        base_currency="USD",
        exponents=EXPONENTS,
        scorecard=load_scorecard(None),
    )
    return {day: oracle.scores_on(laid, day, "") for day in _DAYS}


def _diff(line: Installation, *arguments: str, until: date = _DAYS[-1]) -> dict[str, Any]:
    days = ("--from", _FIRST.isoformat(), "--until", until.isoformat())
    return json.loads(line.command("replay", "--out", "diff", "--against-published", *days, *arguments).stdout)


def _days_published(line: Installation) -> set[str]:
    """Those that stand on the topic; while it took in the history, the worker told of earlier ones."""
    messages = line.read_all([line.settings.topic_prefix + SCORES])
    return {json.loads(message.value())["as_of"] for message in messages if message.value() is not None}


@pytest.fixture
def line(stack: Addresses, tmp_path: Path) -> Iterator[Installation]:
    with installation(stack, tmp_path, "late-truth") as running:
        yield running


def test_a_month_late_record_changes_exactly_these_published_scores(line: Installation) -> None:
    said = line.command("replay", "--out", "diff", "--against-published", check=False)
    assert said.returncode == 1
    assert b"holds no score" in said.stderr
    line.produce(_history())
    line.start_worker().wait_until_ready()
    published: dict[date, Scores] = {}
    for number, day in enumerate(_DAYS):
        line.produce([_call(f"tick-{day}", f"r-{1 + number % 5}", day)])
        published[day] = line.oracle_scores()
        line.wait_for_scores(published[day], 60)
    before = _diff(line)
    assert before["published"] == sum(map(len, published.values()))
    assert (before["changed"], before["moved"]) == ([], [])
    line.produce(_late())
    published[_DAYS[-1]] |= line.oracle_scores()  # of those still there, the day that is not over is published anew
    line.wait_for_scores(line.oracle_scores(), 60)

    after, now = _diff(line), _of_oracle(line)
    expected = {
        (*subject, day.isoformat()): (_figures(score), _figures(now[day].get(subject)))
        for day, scores in published.items()
        for subject, score in scores.items()
        if subject not in now[day] or any(score[name] != now[day][subject][name] for name in _FIGURES[:6])
    }
    assert {_place(one): (one["published"], one["now"]) for one in after["changed"]} == expected
    assert len(after["changed"]) == len(expected)
    assert after["published"] == before["published"]
    assert {subject for _, subject, day in expected if day == _DAYS[-1].isoformat()} == {_BRIEF, "unassigned"}
    assert {(kind, key) for kind, key, _ in expected} >= {("rep", "r-2"), ("rep", _BRIEF), ("company", "company")}
    scores_changed = {
        place[:2] for place, (was, is_) in expected.items() if is_ is None or was["score"] != is_["score"]
    }
    nulls = {place[:2] for place, (was, is_) in expected.items() if is_ is None and was["score"] is None}
    assert {(one["subject"], one["id"]) for one in after["moved"]} == scores_changed - nulls

    of_rep = _diff(line, "--subject", "rep", "--id", "r-2", until=_DAYS[1])
    assert [_place(one) for one in of_rep["changed"]] == [("rep", "r-2", day.isoformat()) for day in _DAYS[:2]]
    assert of_rep["published"] == 2
    of_all_days = json.loads(line.command("replay", "--out", "diff", "--against-published", "--id", "r-2").stdout)
    days = _days_published(line)
    assert (of_all_days["from"], of_all_days["until"]) == (min(days), max(days))


def _place(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["subject"], one["id"], one["as_of"]


def _figures(score: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if score is None else {name: score[name] for name in _FIGURES}
