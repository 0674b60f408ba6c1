"""A slide in a real stream: it is told once, with what went wrong, and so is its end, whenever the worker is killed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from time import time
from typing import Any

import pytest
from confluent_kafka import Message
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from schemas.alert import ScoreDropped, ScoreRecovered
from schemas.records import Activity, Feedback
from schemas.topics import ACTIVITIES, ALERTS, FEEDBACK, REFERENCE
from streams.codec import unpack
from streams.local import Addresses
from streams.told_drops import TOLD
from streams.topic_names import TopicNames
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.unit.scoring.answering_company import FIRST, told_by

pytestmark = pytest.mark.kafka

WEEKS = 68
LEFT_OUT = {"market", "scorecard", "people"}
"""Parts of a change that a drop does not count."""
SCORECARD = """
name = "answers"
version = 1
score_window_days = 91
coverage_gate = 0.6

[pillars]
results = 0.0
customer = 0.6
process = 0.4
improvement = 0.0

[[metrics]]
metric = "csat"
pillar = "customer"
weight = 1.0
typical = 0.8
spread = 0.08
smallest_spread = 0.03

[[metrics]]
metric = "calls"
pillar = "process"
weight = 1.0
typical = 3.0
spread = 0.6
smallest_spread = 0.3
per_day = true
"""


def slides(name: str, week: int) -> float:
    return 0.25 if name == "r-3" and 40 <= week < 52 else 0.75


def by_week() -> dict[int, list[tuple[str, bytes, bytes]]]:
    """The messages of each week; reps and their team with the first."""
    found: dict[int, list[tuple[str, bytes, bytes]]] = {week: [] for week in range(WEEKS)}
    for team in ("t-a", "t-b"):
        record = {"type": "team", "id": team, "updated_at": "2025-01-01T00:00:00Z", "manager": f"lead of {team}"}
        found[0].append((REFERENCE, team.encode(), json.dumps(record).encode()))
    for made in told_by(1, WEEKS, slides):
        record = {"type": made.type, "id": made.id, "updated_at": "2025-01-01T00:00:00Z"}
        topic, week = REFERENCE, 0
        if isinstance(made, Feedback | Activity):
            week = (made.occurred_at.date() - FIRST).days // 7
            record |= {"rep_id": made.rep_id, "occurred_at": made.occurred_at.isoformat()}
        if isinstance(made, Feedback):
            topic, record = FEEDBACK, record | {"scale": made.scale, "value": int(made.value)}
        elif isinstance(made, Activity):
            topic, record = ACTIVITIES, record | {"kind": made.kind}
        else:
            record |= {"team_id": made.team_id}
        found[week].append((topic, made.id.encode(), json.dumps(record).encode()))
    return found


def alerts(line_: Installation) -> list[Message]:
    return list(line_.read_all([line_.settings.topic_prefix + ALERTS]))


def decided(line_: Installation) -> list[int]:
    """The last day that each lane has decided."""
    newest: dict[int, int] = {}
    for message in line_.read_all([TopicNames.of(line_.settings).state]):
        if message.key() == TOLD.encode():
            newest[message.partition()] = unpack(message.value())
    return sorted(newest.values())


def play(line_: Installation, weeks: dict[int, list[tuple[str, bytes, bytes]]], first: int, last: int) -> Iterator[int]:
    """Publish some weeks at a time; each time, wait until all days but the last are decided."""
    for start in range(first, last, 4):
        line_.produce([message for week in range(start, min(last, start + 4)) for message in weeks[week]])
        friday = FIRST + timedelta(days=7 * (min(last, start + 4) - 1) + 4)
        yield (friday - timedelta(days=1)).toordinal()


def wait_until_decided(line_: Installation, day: int) -> None:
    wait_until(lambda: decided(line_) == [day, day], 60, f"{date.fromordinal(day)} to be decided")


def open_drops(found: list[Message]) -> dict[tuple[str, str, str], float]:
    """By kind of subject, id and cause, the points lost in drops whose end was not told, as far as the alerts say them."""
    still_open: dict[tuple[bytes | None, str], tuple[tuple[str, str, str], float]] = {}
    for message in found:
        made = json.loads(message.value() or b"")
        if made["type"] == "ScoreDropped":
            lost = -math.fsum(part["points"] for part in made["parts"] if part["cause"] not in LEFT_OUT)
            place = (made["subject"], made["id"], made["cause_key"])
            still_open[message.key(), made["metric"]] = place, round(lost, 9)
        else:
            still_open.pop((message.key(), made["metric"]))
    return dict(still_open.values())


def shown_drops(worker: WorkerProcess) -> dict[tuple[str, str, str], float]:
    """The same, as the worker's gauges say."""
    found = {}
    for family in text_string_to_metric_families(worker.get("/metrics")[1].decode()):
        kind, _, rest = family.name.removeprefix("sales_").partition("_")
        if rest == "dropped_points":
            for sample in family.samples:
                found[kind, sample.labels.get(kind, "company"), sample.labels["cause"]] = round(sample.value, 9)
    return found


def wait_until_shown(line_: Installation, worker: WorkerProcess) -> None:
    wait_until(lambda: shown_drops(worker) == open_drops(alerts(line_)), 60, "gauges that say what alerts say")


def assert_alternating(found: list[Message]) -> None:
    """Of each subject and metric a drop, its recovery, a drop and so on, none of them twice; all of them valid."""
    kinds: dict[tuple[bytes | None, str], list[str]] = {}
    for message in found:
        text = message.value() or b""
        made = json.loads(text)
        (ScoreDropped if made["type"] == "ScoreDropped" else ScoreRecovered).model_validate_json(text)
        kinds.setdefault((message.key(), made["metric"]), []).append(made["type"])
    for of in kinds.values():
        assert of == ["ScoreDropped" if nth % 2 == 0 else "ScoreRecovered" for nth in range(len(of))]


def test_a_slide_and_its_end_are_told_once_each_though_workers_are_killed(stack: Addresses, tmp_path: Path) -> None:
    weeks = by_week()
    card = tmp_path / "card.toml"
    card.write_text(SCORECARD)
    settings: dict[str, Any] = {"partitions": 2, "publish_seconds": 0.1, "clock": "events", "scorecard": str(card)}
    settings["redis_url"] = stack.redis_url
    with installation(stack, tmp_path, "slides", **settings) as line_:
        line_.produce([message for week in range(40) for message in weeks[week]])
        worker = line_.start_worker()
        wait_until_decided(line_, (FIRST + timedelta(days=7 * 39 + 3)).toordinal())
        assert alerts(line_) == []
        assert shown_drops(worker) == {}
        seen: set[tuple[str, str, str]] = set()
        survived: set[tuple[str, str, str]] = set()
        for nth, day in enumerate(play(line_, weeks, 40, WEEKS)):
            if nth % 2:  # in the middle of whatever it does
                worker.kill()
                worker = line_.start_worker()
            wait_until_decided(line_, day)
            wait_until_shown(line_, worker)
            seen |= set(shown_drops(worker))
            if alerts(line_) and nth % 2 == 0:
                worker.kill()
                worker = line_.start_worker()
                wait_until_shown(line_, worker)
                survived |= set(shown_drops(worker))
        assert ("rep", "r-3", "customer/csat") in seen & survived
        found = alerts(line_)
        assert_alternating(found)
        found = [message for message in found if (message.key() or b"").startswith(b"rep:")]
        assert [message.key() for message in found] == [b"rep:r-3", b"rep:r-3"]
        drop = ScoreDropped.model_validate_json(found[0].value())
        recovery = ScoreRecovered.model_validate_json(found[1].value())
        assert (drop.metric, drop.cause_key, drop.severity) == ("csat", "customer/csat", "alarm")
        assert (drop.team_id, drop.manager) == ("t-a", "lead of t-a")
        assert drop.score_before is not None
        assert drop.score_after is not None
        change = drop.score_after - drop.score_before
        assert abs(math.fsum(part.points for part in drop.parts) - change) < 1e-9
        assert change < -5
        assert FIRST + timedelta(days=7 * 41) < drop.as_of < FIRST + timedelta(days=7 * 52)
        assert recovery.dropped_as_of == drop.as_of
        assert recovery.as_of > FIRST + timedelta(days=7 * 52)
        assert recovery.restarted is False
        assert_cooldowns_can_be_had_again(stack, line_, drop)


def assert_cooldowns_can_be_had_again(stack: Addresses, line_: Installation, drop: ScoreDropped) -> None:
    """The killed workers may have written them or not; from the alerts they are written in any case."""
    key = f"{line_.settings.app}:cooldown:SalesRepScoreDropped:{drop.id}"
    with closing(Redis.from_url(stack.redis_url)) as redis:
        redis.delete(key)
        line_.command("redis", "rebuild")
        assert json.loads(redis.get(key)) == {
            "as_of": drop.as_of.isoformat(),
            "metric": "csat",
            "cause_key": "customer/csat",
            "severity": "alarm",
        }
        told_ago = time() - drop.version.known_at.timestamp()
        assert abs(14 * 86_400 - told_ago - redis.ttl(key)) < 60
