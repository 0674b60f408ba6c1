"""Topics, publishing, importing and the doctor, on a real Kafka and Redis."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from schemas.topics import INPUTS, TOPICS
from streams import admin_client, cli, topic_admin
from streams.errors import TopicMismatch
from streams.local import Addresses
from streams.partitioner import Homes
from streams.publisher import publisher, read_record
from streams.settings import Settings
from streams.topic_admin import topic_name

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(stack: Addresses) -> Settings:
    name = uuid4().hex[:8]
    return Settings(broker=stack.broker, redis_url=stack.redis_url, app=name, topic_prefix=f"{name}.", partitions=4)


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in ("broker", "redis_url", "app", "topic_prefix", "partitions"):
        monkeypatch.setenv(f"UPSCORE_{field.upper()}", str(getattr(settings, field)))


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        yield client
    finally:
        client.close()


def alter(settings: Settings, topic: str, **configs: str) -> None:
    with admin(settings) as client:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {k.replace("_", "."): v for k, v in configs.items()})
        client.alter_configs([resource])
        deadline = time.monotonic() + 20
        expected = resource.configs
        while True:  # the broker takes over what the controller has accepted a moment later
            described = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
            if expected.items() <= {key: each["value"] for key, each in described["topic"][topic].items()}.items():
                return
            assert time.monotonic() < deadline


def messages(settings: Settings, count: int, *, specs=INPUTS) -> list:
    """So many messages of the topics; more or fewer would be an error."""
    names = [topic_name(settings, spec) for spec in specs]
    consumer = KafkaConsumer(
        *names, bootstrap_servers=settings.broker, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    try:
        found = [next(consumer) for _ in range(count)]
        ends = consumer.end_offsets(list(consumer.assignment()))
        assert sum(ends.values()) == count
        return found
    finally:
        consumer.close()


def line(number: int) -> bytes:
    deal = {"type": "deal", "id": f"d-{number}", "rep_id": "r", "status": "open", "opened_at": "2026-01-05T00:00:00Z"}
    return json.dumps(deal).encode()


def test_topics_are_created_as_declared_and_once(settings):
    created = topic_admin.create(settings)
    assert sorted(created) == sorted(topic_name(settings, spec) for spec in TOPICS.values())
    assert topic_admin.verify(settings) == []
    assert topic_admin.create(settings) == []


def test_workers_that_create_at_the_same_time_create_each_topic_once(settings):
    with ThreadPoolExecutor(4) as pool:
        created = [name for names in pool.map(lambda _: topic_admin.create(settings), range(4)) for name in names]
    assert sorted(created) == sorted({topic_name(settings, spec) for spec in TOPICS.values()})
    assert topic_admin.verify(settings) == []


def test_differences_are_said_in_words_with_what_to_do(settings):
    topic_admin.create(settings)
    events, state = f"{settings.topic_prefix}sales.events.v1", f"{settings.app}-state"
    alter(settings, events, retention_ms=str(7 * 86_400_000))
    alter(settings, state, cleanup_policy="delete")
    alter(settings, f"{settings.app}-facts", max_message_bytes="20000000")  # larger is as good
    assert topic_admin.verify(settings) == [
        (
            f"topic {events}: retention.ms is 7 days, expected 3650 days: "
            f"run `kafka-configs --alter --topic {events} --add-config retention.ms=315360000000`"
        ),
        (
            f"topic {state}: cleanup.policy is delete, expected compact: "
            f"run `kafka-configs --alter --topic {state} --add-config cleanup.policy=compact`"
        ),
    ]
    assert topic_admin.ensure(settings) == topic_admin.verify(settings)


def test_another_number_of_partitions_is_refused_and_nothing_is_made_to_it(settings):
    topic_admin.create(settings, INPUTS)
    other = settings.model_copy(update={"partitions": 6})
    with pytest.raises(
        TopicMismatch, match=r"sales.events.v1 has 4 partitions, expected 6 .*set UPSCORE_PARTITIONS=4.* 3 more"
    ):
        topic_admin.ensure(other)
    assert len(topic_admin.missing(settings)) == len(TOPICS) - len(INPUTS)


def test_more_copies_than_brokers_are_refused_in_kafkas_words(settings):
    with pytest.raises(TopicMismatch, match=r"with 4 partitions and 3 replicas: .*only 1 broker"):
        topic_admin.create(settings.model_copy(update={"replication": 3}))


def test_a_dead_letter_or_a_row_may_be_larger_than_a_record(settings):
    topic_admin.create(settings)
    producer = KafkaProducer(bootstrap_servers=settings.broker, max_request_size=10_000_000)
    try:
        for name in (f"{settings.app}-state", f"{settings.topic_prefix}upscore.dead-letters.v1"):
            assert producer.send(name, key=b"k", value=b"x" * 8_000_000).get(timeout=30).offset == 0
    finally:
        producer.close()


@pytest.mark.parametrize("partitioner", ["murmur2", "crc32"])
def test_records_go_home_keyed_by_their_id(settings, partitioner):
    settings = settings.model_copy(update={"partitioner": partitioner})
    count = 1_200  # more than are placed at once

    async def publish() -> None:
        async with publisher(settings) as sender:
            for number in range(count):
                topic, _, record_id = read_record(line(number))
                await sender.send(topic, record_id, line(number))

    asyncio.run(publish())
    found = messages(settings, count)
    homes = Homes(partitioner, settings.partitions)
    assert {message.value for message in found} == {line(number) for number in range(count)}
    assert [message.partition for message in found] == homes.of_ids([message.key.decode() for message in found])
    if partitioner == "crc32":
        assert all(message.partition == zlib.crc32(message.key) % 4 for message in found)
    else:
        # What kafka-python, which places as Java does, would have chosen itself.
        producer = KafkaProducer(bootstrap_servers=settings.broker)
        try:
            own = producer.send(found[0].topic, key=found[0].key, value=b"{}").get(timeout=30)
            assert own.partition == found[0].partition
        finally:
            producer.close()


def test_publish_sends_what_is_valid_and_lists_the_rest(settings, tmp_path, capsys):
    file = tmp_path / "records.ndjson"
    file.write_bytes(line(1) + b'\n{"type":"deal"}\n' + b'{"type":"rep","id":"r","team_id":"t"}\n')
    assert cli.main(["publish", str(file)]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{file}:2: missing_field: deal.id is missing; deal.rep_id is missing; deal.status is missing; and 1 more",
        "published 2 records (1 deal, 1 rep), 1 rejected",
    ]
    found = messages(settings, 2)
    assert sorted((message.topic.removeprefix(settings.topic_prefix), message.key) for message in found) == [
        ("sales.events.v1", b"d-1"),
        ("sales.reference.v1", b"r"),
    ]


def test_publish_refuses_topics_with_another_number_of_partitions(settings, tmp_path, capsys):
    topic_admin.create(settings)
    (tmp_path / "r.ndjson").write_bytes(line(1))
    assert cli.main(["publish", str(tmp_path / "r.ndjson"), "--partitions", "3"]) == 1
    assert "has 4 partitions, expected 3" in capsys.readouterr().err


def test_import_publishes_what_it_would_print(settings, tmp_path, capfdbinary):
    (tmp_path / "deals.csv").write_text("id,owner,opened\n1,r,2026-01-05\n2,r,\n3,r,2026-01-06\n", encoding="utf-8")
    (tmp_path / "m.toml").write_text(
        '[[records]]\ntype = "deal"\n[records.fields]\nid = "{id}"\nrep_id = "{owner}"\n'
        'status = "open"\nopened_at = "{opened}"\n',
        encoding="utf-8",
    )
    arguments = ["import", str(tmp_path / "deals.csv"), "--mapping", str(tmp_path / "m.toml")]
    assert cli.main(arguments) == 0
    printed = capfdbinary.readouterr()
    assert printed.err.decode().splitlines() == [
        f"{tmp_path / 'deals.csv'}:3: opened is empty, and opened_at is required",
        "imported 2 of 3 rows, 1 rejected",
        "  1 times: opened is empty, and opened_at is required",
    ]
    assert cli.main([*arguments, "--publish", "--strict"]) == 1
    assert capfdbinary.readouterr().err.decode().splitlines()[-1] == "published 2 records (2 deal), 1 rejected"
    assert sorted(message.value for message in messages(settings, 2)) == sorted(printed.out.splitlines())


def test_the_topics_command_creates_and_verifies(settings, capsys):
    assert cli.main(["topics", "verify"]) == 1
    captured = capsys.readouterr()
    assert f"topic {settings.app}-state is missing: run `upscore topics create`" in captured.out
    assert captured.err.count("\n") == 1
    assert cli.main(["topics", "create"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"created {settings.topic_prefix}sales.events.v1"
    assert cli.main(["topics", "verify"]) == 0
    assert capsys.readouterr().out == "all topics are as declared\n"


def findings(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, str]]:
    """The doctor's exit code, and what it says of each subject."""
    code = cli.main(["doctor", *flags])
    lines = [text for text in capsys.readouterr().out.splitlines() if not text.startswith(" ")]
    return code, {text.split()[1]: text for text in lines}


def test_the_doctor_finds_nothing_wrong_with_a_new_installation(settings, capsys):
    topic_admin.create(settings)
    code, found = findings(capsys)
    assert code == 0
    assert {subject: text.split()[0] for subject, text in found.items()} == {
        "settings": "ok",
        "redis": "ok",
        "broker": "ok",
        "topics": "ok",
        "lag": "note",
    }


def test_the_doctor_says_what_to_do_and_never_a_secret(settings, tmp_path, capsys):
    (tmp_path / "r.ndjson").write_bytes(line(1) + b"\n" + line(2))
    cli.main(["publish", str(tmp_path / "r.ndjson")])
    capsys.readouterr()
    (tmp_path / "card.toml").write_text("nonsense", encoding="utf-8")
    code = cli.main(
        [
            "doctor",
            "--redis-url",
            "redis://:s3cret@127.0.0.1:1/0",
            "--replication",
            "3",
            "--scorecard",
            str(tmp_path / "card.toml"),
        ]
    )
    output = capsys.readouterr()
    assert code == 1
    assert "s3cret" not in output.out + output.err
    for text in (
        "wrong settings  UPSCORE_SCORECARD",
        "wrong redis     Redis at 127.0.0.1:1",
        "1 broker, but UPSCORE_REPLICATION is 3",
        f"wrong topics    topic {settings.app}-state is missing\n      -> run `upscore topics create`",
        f"wrong lag       group '{settings.app}': 0 members, 2 records behind; no worker is running\n",
        "      -> start `upscore worker`\n",
    ):
        assert text in output.out
    assert output.err.count("\n") == 1


def test_the_doctor_sees_a_group_that_stands_still(settings, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("streams.doctor.PATIENCE_SECONDS", 1.5)
    topic_admin.create(settings)
    (tmp_path / "r.ndjson").write_bytes(b"\n".join(line(number) for number in range(40)))
    cli.main(["publish", str(tmp_path / "r.ndjson")])
    capsys.readouterr()
    # A member that takes part but does not move.
    consumer = KafkaConsumer(
        f"{settings.topic_prefix}sales.events.v1",
        bootstrap_servers=settings.broker,
        group_id=settings.app,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    try:
        next(consumer)
        code, found = findings(capsys)
        assert code == 1
        assert "1 member, 40 records behind; positions stand still: " in found["lag"]
        for _ in range(39):
            next(consumer)
        consumer.commit()
        code, found = findings(capsys)
        assert (code, found["lag"].split()[0]) == (0, "ok")
    finally:
        consumer.close(autocommit=False)


def test_a_broker_that_is_away_leaves_the_rest_examined(capsys, monkeypatch):
    monkeypatch.setattr(admin_client, "ANSWER_SECONDS", 0.3)
    code, found = findings(capsys, "--broker", "127.0.0.1:1")
    assert code == 1
    assert found["broker"].startswith("wrong broker    no Kafka broker answers at 127.0.0.1:1")
    assert found["redis"].startswith("ok")


def test_publish_without_a_broker_ends_with_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(admin_client, "ANSWER_SECONDS", 0.3)
    (tmp_path / "r.ndjson").write_bytes(line(1))
    assert cli.main(["publish", str(tmp_path / "r.ndjson"), "--broker", "127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.startswith("upscore: no Kafka broker answers at 127.0.0.1:1")
