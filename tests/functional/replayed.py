"""An installation of rough records to replay, and what the oracle counts of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from confluent_kafka import Producer

from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring import oracle
from scoring.facts import facts_of
from scoring.organisation import Organisation
from streams import cli, topic_admin
from streams.intake import check_not_ahead, newest_day, read
from streams.scorecard_file import load_scorecard
from streams.settings import Settings
from tests.functional.brokers import fresh_name
from tests.traffic import Sent, rough_messages

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

    def __call__(self, *arguments: str, code: int = 0, after: int = 1) -> bytes:
        """Run one, with the settings after its name of so many words."""
        self._capture.readouterr()
        assert cli.main([*arguments[:after], *self.given, *arguments[after:]]) == code
        said = self._capture.readouterr()
        return said.out if code == 0 else said.err

    def of(self, *arguments: str, code: int = 0) -> bytes:
        """Run an action of a command, with the settings that name the topics alone."""
        settings = self.settings
        given = ["--broker", settings.broker, "--topic-prefix", settings.topic_prefix, "--app", settings.app]
        self._capture.readouterr()
        assert cli.main([*arguments[:2], *given, *arguments[2:]]) == code
        said = self._capture.readouterr()
        return said.out if code == 0 else said.err

    def days(self, *arguments: str, code: int = 0) -> bytes:
        return self("replay", "--from", FIRST.isoformat(), "--until", LAST.isoformat(), *arguments, code=code)


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
