"""`upscore alertmanager generate` from the reference topic of a real Kafka: the newest version of each team, wherever it lies."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
import yaml

from schemas.topics import REFERENCE
from streams import cli, topic_admin
from streams.kafka_clients import transactional_producer
from streams.local import Addresses
from streams.outbox import Outbox, Outgoing
from streams.settings import Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(stack: Addresses, monkeypatch: pytest.MonkeyPatch) -> Settings:
    name = uuid4().hex[:8]
    settings = Settings(broker=stack.broker, app=name, topic_prefix=f"{name}.", partitions=2)
    for field in ("broker", "app", "topic_prefix", "partitions"):
        monkeypatch.setenv(f"UPSCORE_{field.upper()}", str(getattr(settings, field)))
    return settings


def team(name: str, updated_at: str, **fields: object) -> bytes:
    return json.dumps({"type": "team", "id": name, "updated_at": updated_at, **fields}).encode()


async def send(settings: Settings, messages: list[tuple[int, bytes | None, bytes | None]]) -> None:
    producer = transactional_producer(settings, 0)
    await producer.start()
    try:
        outbox = Outbox()
        for partition, key, value in messages:
            outbox.put(settings.topic_prefix + REFERENCE, partition, Outgoing(key, value))
        await producer.begin_transaction()
        await outbox.send(producer)
        await producer.commit_transaction()
    finally:
        await producer.stop()


def test_the_newest_records_of_teams_decide_and_bad_ones_are_passed_over(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    topic_admin.ensure(settings)
    messages: list[tuple[int, bytes | None, bytes | None]] = [
        (0, None, team("t-1", "2026-02-01T00:00:00Z", manager="new@example.com")),
        (1, None, team("t-1", "2026-01-01T00:00:00Z", manager="old@example.com")),
        (0, None, team("t-2", "2026-01-01T00:00:00Z", manager="gone@example.com")),
        (1, b"team:t-2", None),
        (0, None, team("t-3", "2026-01-01T00:00:00Z")),
        (0, None, team("t-4", "2190-01-01T00:00:00Z", manager="ahead@example.com")),
        (1, None, b"no record"),
        (1, None, json.dumps({"type": "rep", "id": "r-1", "team_id": "t-1"}).encode()),
    ]
    asyncio.run(send(settings, messages))
    assert cli.main(["alertmanager", "generate"]) == 0
    said = capsys.readouterr()
    written = yaml.safe_load(said.out)
    assert [each["name"] for each in written["receivers"]] == ["unrouted", "ops", "leaders", "team t-1"]
    assert written["receivers"][-1]["email_configs"][0]["to"] == "new@example.com"
    assert "2 teams, 1 with a manager who can be reached" in said.err
    assert "note: team t-3: " in said.err


def test_without_a_topic_or_a_broker_it_is_one_line_and_1(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["alertmanager", "generate"]) == 1
    assert f"topic {settings.topic_prefix}{REFERENCE} is missing" in capsys.readouterr().err
    assert cli.main(["alertmanager", "generate", "--broker", "127.0.0.1:1"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
