"""`--known-at` against an oracle that sees only what had arrived: 100 random pairs of a day and a time, on a real Kafka."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from confluent_kafka import Producer

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring import oracle
from scoring.line import subjects
from streams.intake import read
from streams.local import Addresses
from streams.replay.history import replayed
from streams.replay.judging import Judging
from streams.replay.outputs import score_objects
from streams.replay.progress import Lines
from streams.replay.side_by_side import run, shares
from streams.scorecard_file import load_scorecard
from tests.installation import Installation, installation
from tests.traffic import BAD, Sent, rough_messages

pytestmark = pytest.mark.kafka

_START = date(2025, 3, 1)
_DAYS = 60
_MONTH_MS = 30 * 86_400_000
_FIRST_MS = int(datetime(2025, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)
_PAIRS = 100
_PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message, when it arrived by its Kafka timestamp, and in which partition."""

    sent: Sent
    at_ms: int
    partition: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A day, and the time by which its records had arrived."""

    as_of: date
    known_ms: int

    @property
    def known_at(self) -> str:
        return datetime.fromtimestamp(self.known_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _arrivals() -> list[Arrived]:
    """Rough records, each at about its time or a month late; of some a correction or a deletion later; all of it shuffled."""
    rng = random.Random(12)
    messages = [sent for sent in rough_messages(1_400, seed=12, days=_DAYS, reps=5, start=_START) if sent[2] not in BAD]
    each_ms = _DAYS * 86_400_000 // len(messages)
    arrivals = []
    for place, sent in enumerate(messages):
        at_ms = _FIRST_MS + place * each_ms + rng.randrange(3_600_000) + (_MONTH_MS if rng.random() < 0.1 else 0)
        arrivals.append(Arrived(sent, at_ms, rng.randrange(_PARTITIONS)))
        arrivals += [
            Arrived(more, at_ms + rng.randrange(2 * _MONTH_MS), rng.randrange(_PARTITIONS))
            for more in _later(sent, rng)
        ]
    rng.shuffle(arrivals)
    return arrivals


def _later(sent: Sent, rng: random.Random) -> Iterator[Sent]:
    """The same once more, a newer version with another rep or amount, or the end of it; mostly nothing."""
    topic, key, value = sent
    chance = rng.random()
    if value is None or chance > 0.25:
        return
    record = json.loads(value)
    newer = {"version": record.get("version", 0) + 1 + rng.randrange(3)}
    if chance < 0.08:
        yield sent
    elif chance < 0.12:
        yield topic, key, json.dumps(record | newer | {"deleted": True}).encode()
    elif chance < 0.15 and topic != "sales.reference.v1":
        yield topic, f"{record['type']}:{record['id']}".encode(), None
    elif "amount" in record and record["amount"] is not None:
        yield topic, key, json.dumps(record | newer | {"amount": f"{rng.randrange(100, 90_000)}.00"}).encode()
    elif record["type"] not in ("rep", "team") and "rep_id" in record:
        yield topic, key, json.dumps(record | newer | {"rep_id": f"r-{rng.randrange(1, 6)}"}).encode()


def _pairs(arrivals: Sequence[Arrived]) -> list[Pair]:
    """Days and times, independent of each other; every other time is that of a record, which then counts."""
    rng = random.Random(4)
    last_ms = max(arrived.at_ms for arrived in arrivals)
    return [
        Pair(
            _START + timedelta(days=rng.randrange(_DAYS + 40)),
            rng.choice(arrivals).at_ms if number % 2 else rng.randrange(_FIRST_MS, last_ms),
        )
        for number in range(_PAIRS)
    ]


@pytest.fixture(scope="module")
def arrivals() -> list[Arrived]:
    return _arrivals()


@pytest.fixture(scope="module")
def line(stack: Addresses, arrivals: list[Arrived], tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("known")
    with installation(stack, folder, "known", partitions=_PARTITIONS, time_zone="America/New_York") as running:
        producer = Producer({"bootstrap.servers": running.open_broker, "linger.ms": 20})
        for arrived in arrivals:
            topic, key, value = arrived.sent
            producer.produce(
                running.settings.topic_prefix + topic,
                value,
                key,
                partition=arrived.partition,
                timestamp=arrived.at_ms,
            )
            producer.poll(0)
        assert producer.flush(30) == 0
        yield running


def _of_oracle(arrivals: Sequence[Arrived], pairs: Sequence[Pair], _: object = None) -> list[list[dict[str, Any]]]:
    """Of each pair the score objects, from the messages that had arrived alone."""
    found = []
    for pair in pairs:
        deliveries = []
        for place, arrived in enumerate(arrivals):
            if arrived.at_ms <= pair.known_ms:
                topic, key, value = arrived.sent
                try:
                    sent = read(topic, key, value, arrived.at_ms)
                except InvalidRecord:
                    continue
                deliveries += [oracle.Delivery(d.type, d.id, d.updated_at, d.version, place, d.record) for d in sent]
        scores = oracle.scores(
            oracle.newest(deliveries),
            as_of=pair.as_of,
            zone=ZoneInfo("America/New_York"),
            base_currency="USD",
            exponents=EXPONENTS,
            scorecard=load_scorecard(None),
            known_at="",
        )
        found.append(_in_order(scores.values()))
    return found


def _in_order(scores: Any) -> list[dict[str, Any]]:
    kinds = ("rep", "team", "territory", "company")
    ordered = sorted(scores, key=lambda score: (kinds.index(score["subject"]), score["id"]))
    return [{name: value for name, value in score.items() if name != "version"} for score in ordered]


def test_a_hundred_pairs_of_times_are_what_an_oracle_has_that_sees_only_what_had_arrived(
    line: Installation, arrivals: list[Arrived], tmp_path: Path
) -> None:
    pairs = _pairs(arrivals)
    parts = [partial(_of_oracle, arrivals, some) for some in shares(pairs, 2)]
    expected = run(parts, lambda _: None)
    cuts = [pair.known_ms for pair in pairs]
    found = replayed(line.settings, cuts, tmp_path, Lines(lambda _: None))
    different = set()
    for place, pair in enumerate(pairs):
        judging = Judging(found.lines[place], load_scorecard(None))
        judging.line.panes("company:company")  # which settles the panes
        there = list(subjects(judging.line.reference, judging.line.reps, judging.line.groups))
        objects = list(score_objects(judging, there, [pair.as_of.toordinal()], found.known_at(place), lambda _: None))
        assert _in_order(map(json.loads, objects)) == expected[place % 2][place // 2], pair
        assert all(json.loads(told)["version"]["known_at"] == pair.known_at.replace("+00:00", "Z") for told in objects)
        different.add(tuple(objects))
    assert len(pairs) == _PAIRS
    assert len(different) > 0.9 * _PAIRS


def test_the_command_says_the_same_of_some_of_them(line: Installation, arrivals: list[Arrived]) -> None:
    for pair in _pairs(arrivals)[:3]:
        days = ("--from", pair.as_of.isoformat(), "--until", pair.as_of.isoformat())
        said = line.command("replay", *days, "--known-at", pair.known_at, "--out", "json").stdout
        assert [_in_order(json.loads(said))] == _of_oracle(arrivals, [pair])


def test_what_arrives_a_millisecond_later_is_not_known(line: Installation, arrivals: list[Arrived]) -> None:
    at_ms = sorted(arrived.at_ms for arrived in arrivals)[len(arrivals) // 2]
    for known_ms in (at_ms - 1, at_ms):
        pair = Pair(_START + timedelta(days=_DAYS + 35), known_ms)
        days = ("--from", pair.as_of.isoformat(), "--until", pair.as_of.isoformat())
        said = line.command("replay", *days, "--known-at", pair.known_at, "--out", "json").stdout
        assert [_in_order(json.loads(said))] == _of_oracle(arrivals, [pair])
