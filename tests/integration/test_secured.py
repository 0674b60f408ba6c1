"""A Kafka that wants TLS, a user and a password, and a Redis that wants a password and TLS: everything works, nothing tells."""

from __future__ import annotations

import asyncio
import gc
import subprocess
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from traceback import format_exception
from urllib.parse import quote

import pytest
import redis

from schemas.topics import RECORD_TYPES
from streams import topic_admin
from streams.errors import UpscoreError
from streams.local import Addresses
from streams.redis_store import create_score_store
from streams.settings import Settings
from streams.simulator import line, records
from tests.installation import Installation, first_difference, installation, wait_until
from tests.secured_kafka import PASSWORD, SCRAM_PASSWORD, SCRAM_USER, USER, SecuredKafka, secured_kafka
from tests.tls_proxy import tls_in_front_of

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
TOKEN = "MARK-http-token-0123456789"  # noqa: S105
REDIS_PASSWORD = "MARK:redis/p@ss"  # noqa: S105
WRONG = "MARK-wrong-password"
RECORDS = 1_000


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with secured_kafka(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture
def secured_redis(stack: Addresses, kafka: SecuredKafka) -> Iterator[str]:
    """The URL of the tests' Redis as a user with a password reaches it, with TLS."""
    port = int(stack.redis_url.split(":")[2].partition("/")[0])
    with redis.Redis.from_url(stack.redis_url) as admin:
        admin.acl_setuser("shop", enabled=True, passwords=[f"+{REDIS_PASSWORD}"], keys=["*"], commands=["+@all"])
        try:
            with tls_in_front_of(port, kafka.certificates.server) as secured:
                yield f"rediss://shop:{quote(REDIS_PASSWORD, safe='')}@127.0.0.1:{secured}/0"
        finally:
            admin.acl_deluser("shop")


def said(line_: Installation, done: subprocess.CompletedProcess[bytes]) -> str:
    """What a command and the workers have said, which must hold no secret."""
    text = (done.stdout + done.stderr).decode() + "".join(worker.log.read_text() for worker in line_.workers)
    for secret in (PASSWORD, SCRAM_PASSWORD, TOKEN, REDIS_PASSWORD, quote(REDIS_PASSWORD, safe=""), "MARK"):
        assert secret not in text
    return text


def publish(line_: Installation) -> subprocess.CompletedProcess[bytes]:
    crm = b"".join(map(line, islice(records(seed=6, days=60, reps=6, start=date(2025, 5, 1)), RECORDS)))
    return line_.command("publish", "-", input=crm)


def test_every_command_works_with_tls_user_and_password_and_shows_no_secret(
    kafka: SecuredKafka, secured_redis: str, tmp_path: Path
) -> None:
    more = {
        "redis_url": secured_redis,
        "redis_ca_file": str(kafka.certificates.authority),
        "http_token": TOKEN,
        "log_level": "debug",
    }
    with installation(kafka.open, tmp_path, "secured", **kafka.settings(**more)) as line_:
        said(line_, line_.command("topics", "verify"))
        said(line_, publish(line_))
        worker = line_.start_worker()
        expected = line_.oracle_scores()
        line_.wait_for_scores(expected, 90)
        assert first_difference(line_.command_scores(), expected) is None
        as_of = next(iter(expected.values()))["as_of"]
        assert first_difference(line_.command_scores("--as-of", as_of), expected) is None
        wait_until(lambda: b'"r-' in worker.get("/api/v1/leaderboard")[1], 30, "a leaderboard in Redis")
        wait_until(lambda: line_.command("doctor", check=False).returncode == 0, 60, "a doctor who is content")
        text = said(line_, line_.command("doctor"))
        assert "UPSCORE_REDIS_URL=rediss://***@127.0.0.1:" in text
        assert "UPSCORE_BROKER_PASSWORD=(hidden)" in text
        worker._token = None
        assert worker.get("/metrics")[0] == 401
        assert worker.get("/readyz")[0] == 200
        assert worker.stop() == 0


def test_workers_prove_themselves_by_scram_or_by_a_certificate(kafka: SecuredKafka, tmp_path: Path) -> None:
    scram = kafka.settings(
        broker_sasl_mechanism="SCRAM-SHA-512", broker_user=SCRAM_USER, broker_password=SCRAM_PASSWORD, partitions=2
    )
    with installation(kafka.open, tmp_path, "scram", **scram) as line_:
        mutual = {
            "UPSCORE_BROKER": kafka.mutual_tls,
            "UPSCORE_BROKER_SECURITY": "ssl",
            "UPSCORE_BROKER_CERTIFICATE_FILE": str(kafka.certificates.client),
            "UPSCORE_BROKER_KEY_FILE": str(kafka.certificates.client_key),
        }
        sasl = {"UPSCORE_BROKER_SASL_MECHANISM": "", "UPSCORE_BROKER_USER": "", "UPSCORE_BROKER_PASSWORD": ""}
        workers = [line_.start_worker(), line_.start_worker(**sasl, **mutual)]
        for worker in workers:
            worker.wait_until_ready()
        publish(line_)
        line_.wait_for_scores(line_.oracle_scores(), 90)
        wait_until(lambda: all(worker.counted() for worker in workers), 30, "each worker's part")
        said(
            line_,
            line_.command(
                "topics", "verify", env=line_.environment | {"UPSCORE_BROKER_SASL_MECHANISM": "SCRAM-SHA-256"}
            ),
        )


@pytest.mark.parametrize(
    ("changed", "expected", "commands"),
    [
        (
            {"UPSCORE_BROKER_PASSWORD": WRONG},
            f"does not let '{USER}' in",
            ["worker", "topics create", "publish -", "scores", "doctor"],
        ),
        ({"UPSCORE_BROKER_CA_FILE": ""}, "certificate verify failed", ["topics create"]),
        ({"UPSCORE_BROKER_CA_FILE": "gone.pem"}, "UPSCORE_BROKER_CA_FILE is 'gone.pem': No such file", ["doctor"]),
        ({"UPSCORE_BROKER_USER": ""}, "UPSCORE_BROKER_USER is not set", ["worker"]),
    ],
)
def test_who_is_not_let_in_is_told_why_in_one_line_without_the_password(
    kafka: SecuredKafka, changed: dict[str, str], expected: str, commands: list[str], tmp_path: Path
) -> None:
    with installation(kafka.open, tmp_path, "refused", **kafka.settings()) as line_:
        for command in commands:
            environment = line_.environment | changed
            done = line_.command(*command.split(), check=False, input=b"", env=environment)
            assert done.returncode == 1, command
            assert expected in said(line_, done)
            assert len(done.stderr.decode().splitlines()) == 1, done.stderr.decode()
            assert "Traceback" not in said(line_, done)


def test_a_wrong_password_of_redis_is_told_without_it_and_stops_nobody(
    stack: Addresses, kafka: SecuredKafka, secured_redis: str, tmp_path: Path
) -> None:
    wrong = secured_redis.replace(quote(REDIS_PASSWORD, safe=""), WRONG)
    settings = {"redis_url": wrong, "redis_ca_file": str(kafka.certificates.authority), "partitions": 1}
    with installation(stack, tmp_path, "unredis", **settings) as line_:
        publish(line_)
        worker = line_.start_worker()
        line_.wait_for_scores(line_.oracle_scores(), 90)
        wait_until(lambda: "invalid username-password pair" in worker.log.read_text(), 30, "word of the wrong password")
        done = line_.command("doctor", check=False)
        assert done.returncode == 1
        assert "invalid username-password pair" in said(line_, done)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # aiokafka leaves a refused connection to the GC
def test_tracebacks_of_refusals_hold_no_secret(kafka: SecuredKafka, secured_redis: str) -> None:
    wrong_redis = secured_redis.replace(quote(REDIS_PASSWORD, safe=""), WRONG)
    ca_file = str(kafka.certificates.authority)
    refused = Settings(
        **kafka.settings(broker_password=WRONG, redis_url=wrong_redis, redis_ca_file=ca_file, http_token=TOKEN)
    )

    def ask_redis() -> None:
        async def ask() -> None:
            store = create_score_store(refused)
            try:
                await store.get("company:company")
            finally:
                await store.close()

        asyncio.run(ask())

    def ask_broker() -> None:
        topic_admin.create(refused)

    def fall_over() -> None:
        raise RuntimeError(f"a bug that shows its settings: {refused!r}, {refused}, {refused.stated()}")

    for fail in (ask_redis, ask_broker, fall_over):
        with pytest.raises((UpscoreError, RuntimeError)) as caught:
            fail()
        assert "MARK" not in "".join(format_exception(caught.value)), fail
    gc.collect()
