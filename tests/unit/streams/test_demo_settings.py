"""What of the environment a demo takes: never how its Kafka and Redis are reached, and no secret becomes a flag."""

from __future__ import annotations

from pathlib import Path

from streams.demo.stage import demo_settings
from streams.demo.worker_program import WorkerProgram
from streams.local import Addresses

ELSEWHERE = {
    "UPSCORE_BROKER": "kafka.example:9093",
    "UPSCORE_BROKER_SECURITY": "sasl_ssl",
    "UPSCORE_BROKER_CA_FILE": "gone.pem",
    "UPSCORE_BROKER_USER": "shop",
    "UPSCORE_BROKER_PASSWORD": "hush-broker",
    "UPSCORE_REDIS_URL": "rediss://:hush-redis@cache.example",
    "UPSCORE_REDIS_CA_FILE": "gone.pem",
    "UPSCORE_HTTP_TOKEN": "hush-0123456789abcdef",
}


def test_a_demo_uses_its_own_kafka_and_redis_and_the_token_of_the_environment(tmp_path: Path) -> None:
    here = Addresses(broker="127.0.0.1:1", redis_url="redis://127.0.0.1:2/0")
    settings = demo_settings(ELSEWHERE, here)
    assert (settings.broker, settings.redis_url, settings.broker_security) == (here.broker, here.redis_url, "plaintext")
    assert settings.http_token is not None
    command = WorkerProgram(settings).prepare(tmp_path, {"http": 3})
    assert not [argument for argument in command if "hush" in argument or "example" in argument]
    unset = {argument.removeprefix("--unset=") for argument in command if argument.startswith("--unset=")}
    assert unset == ELSEWHERE.keys() - {"UPSCORE_HTTP_TOKEN"} | {
        "UPSCORE_BROKER_CERTIFICATE_FILE",
        "UPSCORE_BROKER_KEY_FILE",
        "UPSCORE_BROKER_SASL_MECHANISM",
    }
