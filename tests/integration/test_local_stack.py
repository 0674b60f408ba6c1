"""The local Kafka and Redis as they live and die: real programs, real kills."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from redis import Redis

from streams.errors import LocalStackError, StartFailed
from streams.local import Addresses, OwnedStack, start, status, stop
from streams.local.process import Process, birth
from streams.local.record import Record
from streams.local.waiting import wait_until

SECONDS = 30.0
ELSEWHERE = "127.0.0.1:9"
"""Given as the address of a Kafka that is there already, so that only Redis (0.1 s) is started."""

COMMAND = """
import argparse, sys
from streams.local.commands import register
parser = argparse.ArgumentParser("upscore")
register(parser.add_subparsers(required=True))
arguments = parser.parse_args()
sys.exit(arguments.func(arguments))
"""

OWNER = """
import os, pathlib, signal, sys
from streams.local import OwnedStack
with OwnedStack(pathlib.Path(sys.argv[1])) as stack:
    forked = os.fork()  # it inherits the owner's end of the pipe, and lives on
    if forked:
        print(stack.kafka.running().pid, stack.redis.running().pid, forked, flush=True)
    signal.pause()
"""


def _upscore(*words: str, inherited: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COMMAND, "local", *words]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=[] if inherited is None else [inherited],
    )


@pytest.fixture
def detached(tmp_path: Path) -> Iterator[Path]:
    """A directory whose detached services are stopped whatever the test does."""
    directory = tmp_path / "detached"
    yield directory
    stop(directory)


def _write(addresses: Addresses, topic: str, value: bytes) -> None:
    producer = Producer(
        {"bootstrap.servers": addresses.broker, "transactional.id": topic, "transaction.timeout.ms": 15_000}
    )
    producer.init_transactions(SECONDS)
    producer.begin_transaction()
    producer.produce(topic, value, key=b"1")
    producer.commit_transaction(SECONDS)
    with Redis.from_url(addresses.redis_url) as redis:
        redis.set(topic, value)


def _read(addresses: Addresses, topic: str) -> tuple[bytes | None, object]:
    """The first committed value of the topic, by a group; and what Redis holds."""
    consumer = Consumer({"bootstrap.servers": addresses.broker, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    message = consumer.poll(SECONDS)
    consumer.close()
    with Redis.from_url(addresses.redis_url) as redis:
        return None if message is None else message.value(), redis.get(topic)


def _create(addresses: Addresses, topic: str, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": addresses.broker})
    for done in admin.create_topics([NewTopic(topic, 1, 1, config=config)]).values():
        done.result(SECONDS)


def test_the_stack_of_the_run_takes_topics_transactions_and_keys(stack: Addresses) -> None:
    _create(stack, "local-stack", **{"cleanup.policy": "compact"})
    _write(stack, "local-stack", b"17")
    assert _read(stack, "local-stack") == (b"17", b"17")


def test_topics_data_and_ports_survive_a_restart_and_a_kill_and_nothing_runs_after_it(tmp_path: Path) -> None:
    with OwnedStack(tmp_path) as first:
        addresses = first.addresses
        processes = [first.kafka.running(), first.redis.running()]
        _create(addresses, "kept")
        _write(addresses, "kept", b"kept")
    for process in processes:
        assert process is not None
        assert not process.alive()
    with OwnedStack(tmp_path) as second:
        assert second.addresses == addresses
        assert _read(addresses, "kept") == (b"kept", b"kept")
        second.kafka.kill()
        assert not second.kafka.answers()
        second.kafka.start(for_life=True)
        second.kafka.wait_until_it_answers()
        assert second.addresses == addresses
        assert _read(addresses, "kept") == (b"kept", b"kept")


def test_an_owner_that_is_killed_leaves_nothing_even_if_a_child_of_it_lives_on(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        kafka, redis, forked = map(int, owner.stdout.readline().split())
        assert birth(kafka) is not None
        owner.kill()
        owner.wait()
        try:
            assert wait_until(lambda: birth(kafka) is None and birth(redis) is None, SECONDS)
            assert birth(forked) is not None
        finally:
            os.kill(forked, signal.SIGKILL)
    assert [service.pid for service in status(tmp_path)] == [None, None]


def test_two_detached_starts_at_once_give_one_stack_that_outlives_both_and_ends_when_told(detached: Path) -> None:
    reader, writer = os.pipe()
    starters = [_upscore("start", "--dir", os.fspath(detached), inherited=writer) for _ in range(2)]
    os.close(writer)
    # Pipes end only when nobody holds their other end any more: the services do not.
    outputs = [starter.communicate(timeout=SECONDS) for starter in starters]
    assert select.select([reader], [], [], SECONDS)[0]
    os.close(reader)
    assert [starter.returncode for starter in starters] == [0, 0], outputs
    kafka, redis = status(detached)
    for out, err in outputs:
        assert out == f"UPSCORE_BROKER={kafka.address}\nUPSCORE_REDIS_URL={redis.address}\n"
        assert "waiting for another upscore" in err or "starting kafka" in err
    assert kafka.answers
    assert redis.answers
    assert kafka.pid is not None
    assert redis.pid is not None
    assert kafka.owner is None
    assert os.getsid(kafka.pid) == kafka.pid  # no terminal's close reaches it

    with OwnedStack(detached) as guest:  # uses what runs, and leaves it running
        assert guest.addresses == Addresses(broker=kafka.address or "", redis_url=redis.address or "")
    assert start(detached) == guest.addresses
    assert [service.pid for service in status(detached)] == [kafka.pid, redis.pid]

    told, _ = _upscore("status", "--dir", os.fspath(detached)).communicate(timeout=SECONDS)
    assert f"kafka  running  {kafka.address}  pid {kafka.pid}" in told
    stopping = _upscore("stop", "--dir", os.fspath(detached))
    assert stopping.communicate(timeout=SECONDS) == ("", "stopped: kafka, redis\n")
    assert birth(kafka.pid) is None
    assert birth(redis.pid) is None
    assert stop(detached) == []


def test_a_stranger_that_has_the_pid_by_now_is_not_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as stranger:
        born = birth(stranger.pid)
        assert born is not None
        for name, sign in (("kafka", "kafka.Kafka"), ("redis", "redis-server")):
            (tmp_path / name).mkdir()
            for recorded in (born, "an earlier boot"):
                process = Process(pid=stranger.pid, born=recorded, sign=sign)
                Record(ports={"redis": 20_001}, process=process).write(tmp_path / name)
                assert stop(tmp_path) == []
        with OwnedStack(tmp_path, broker=ELSEWHERE) as started:
            assert started.addresses.broker == ELSEWHERE
            assert started.redis.answers()
        assert stranger.poll() is None
        stranger.kill()


def test_a_killed_keeper_leaves_nothing(tmp_path: Path) -> None:
    with OwnedStack(tmp_path, broker=ELSEWHERE) as stack:
        program, keeper = stack.redis.running(), stack.redis._keeper
        assert program is not None
        assert keeper is not None
        keeper.kill()
        # Linux ends the program by itself; elsewhere the owner's close does, or the next start.
        assert sys.platform != "linux" or wait_until(lambda: not program.alive(), SECONDS)
    assert not program.alive()


def test_what_a_dead_owner_left_behind_is_ended_by_the_next_start(tmp_path: Path) -> None:
    dead = OwnedStack(tmp_path, broker=ELSEWHERE)
    dead.redis.folder.parent.mkdir(exist_ok=True)
    dead.redis.start(for_life=False)
    dead.redis.wait_until_it_answers()
    left, known = dead.redis.running(), Record.read(dead.redis.folder)
    dead.redis.release()  # nobody keeps it any more, and its owner is no more:
    Record(ports=known.ports, process=left, owner=Process(pid=1, born="an earlier boot")).write(dead.redis.folder)
    assert left is not None
    try:
        assert left.alive()
        with OwnedStack(tmp_path, broker=ELSEWHERE) as stack:
            assert not left.alive()
            assert stack.redis.answers()
    finally:
        left.end(grace_seconds=5)


def test_a_directory_in_use_by_another_owner_is_refused(tmp_path: Path) -> None:
    with OwnedStack(tmp_path, broker=ELSEWHERE) as first:
        for refused in (OwnedStack(tmp_path, broker=ELSEWHERE).start, lambda: start(tmp_path), lambda: stop(tmp_path)):
            with pytest.raises(LocalStackError, match=f"belongs to process {os.getpid()}"):
                refused()
        assert first.redis.answers()


def test_a_kafka_that_ends_as_it_starts_is_told_with_its_reason_and_takes_redis_along(tmp_path: Path) -> None:
    stack = OwnedStack(tmp_path, kafka_settings={"num.io.threads": "none"})
    with pytest.raises(StartFailed, match=r"(?s)kafka.*num\.io\.threads") as refused:
        stack.start()
    assert "\n" in str(refused.value)
    assert [service.pid for service in status(tmp_path)] == [None, None]


def test_what_is_there_already_is_not_started(tmp_path: Path) -> None:
    with OwnedStack(tmp_path / "new", broker=ELSEWHERE, redis_url="redis://127.0.0.1:9/0") as given:
        assert given.addresses == Addresses(broker=ELSEWHERE, redis_url="redis://127.0.0.1:9/0")
        assert not (tmp_path / "new").exists()
