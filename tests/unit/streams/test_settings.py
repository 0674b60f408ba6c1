"""Settings from the environment and from flags: what is wrong is named at the start."""

from __future__ import annotations

from traceback import format_exception
from typing import Any

import pytest
from pydantic import SecretStr

from streams.errors import SettingsError
from streams.settings import Settings


def refusal(env: dict[str, str], **flags: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env, **flags)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_empty_environment_gives_the_contracts_defaults() -> None:
    settings = Settings.from_env({"PATH": "/bin", "HOME": "/"})
    assert settings.http_port == 6066
    assert settings.partitions == 8
    assert (settings.time_zone, settings.base_currency, settings.clock) == ("UTC", "USD", "wall")
    assert (settings.retention_days, settings.publish_seconds) == (800, 1.0)
    assert (settings.app, settings.topic_prefix, settings.redis_url, settings.scorecard) == ("upscore", "", None, None)
    assert settings.partitioner == "murmur2"


def test_every_setting_can_be_a_variable() -> None:
    env = {
        "UPSCORE_BROKER": "a:9092,b:9093",
        "UPSCORE_BROKER_SECURITY": "sasl_ssl",
        "UPSCORE_BROKER_CA_FILE": "ca.pem",
        "UPSCORE_BROKER_CERTIFICATE_FILE": "own.crt",
        "UPSCORE_BROKER_KEY_FILE": "own.key",
        "UPSCORE_BROKER_SASL_MECHANISM": "SCRAM-SHA-512",
        "UPSCORE_BROKER_USER": "shop",
        "UPSCORE_BROKER_PASSWORD": "hush",
        "UPSCORE_REDIS_URL": "rediss://cache:6380/0",
        "UPSCORE_REDIS_CA_FILE": "redis.pem",
        "UPSCORE_HTTP_HOST": "0.0.0.0",  # noqa: S104
        "UPSCORE_HTTP_PORT": "0",
        "UPSCORE_HTTP_TOKEN": "0123456789abcdef",
        "UPSCORE_HTTP_URL": "http://worker-1:6066",
        "UPSCORE_ALERTMANAGER_URL": "http://alerts:9093",
        "UPSCORE_GRAFANA_URL": "https://boards.example.com/grafana",
        "UPSCORE_APP": "north",
        "UPSCORE_GENERATION": "2",
        "UPSCORE_TOPIC_PREFIX": "eu.",
        "UPSCORE_PARTITIONS": "4",
        "UPSCORE_REPLICATION": "3",
        "UPSCORE_PARTITIONER": "crc32",
        "UPSCORE_TIME_ZONE": "Europe/Berlin",
        "UPSCORE_BASE_CURRENCY": "EUR",
        "UPSCORE_SCORECARD": "card.toml",
        "UPSCORE_RETENTION_DAYS": "480",
        "UPSCORE_CLOCK": "events",
        "UPSCORE_PUBLISH_SECONDS": "0.25",
        "UPSCORE_SESSION_SECONDS": "30",
        "UPSCORE_TRANSACTION_RECORDS": "500",
        "UPSCORE_MOST_SERIES": "5000",
        "UPSCORE_LOG_LEVEL": "warning",
    }
    settings = Settings.from_env(env)
    taken = {
        "UPSCORE_" + name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings.model_dump().items()
    }
    assert taken == env | {"UPSCORE_SESSION_SECONDS": "30.0"}


def test_a_flag_wins_over_the_environment_and_none_is_no_flag() -> None:
    settings = Settings.from_env({"UPSCORE_APP": "north", "UPSCORE_PARTITIONS": "4"}, app="south", partitions=None)
    assert (settings.app, settings.partitions) == ("south", 4)


def test_a_flag_is_checked_like_a_variable() -> None:
    assert refusal({}, partitions="0").startswith("UPSCORE_PARTITIONS is '0': ")


@pytest.mark.parametrize("value", ["", "x"])
def test_an_unknown_variable_is_an_error_that_names_it_and_the_one_meant(value: str) -> None:
    message = refusal({"UPSCORE_PARTITION": value})
    assert message.startswith("UPSCORE_PARTITION: unknown setting")
    assert "UPSCORE_PARTITIONS" in message


def test_an_unknown_variable_like_none_lists_all_of_them() -> None:
    message = refusal({"UPSCORE_ZZZ": "1"})
    assert all("UPSCORE_" + name.upper() in message for name in Settings.model_fields)


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_env({"UPSCORE_REDIS_URL": "", "UPSCORE_PARTITIONS": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROKER", "localhost"),
        ("BROKER", "localhost:"),
        ("BROKER", "localhost:port"),
        ("BROKER", "a:1,"),
        ("BROKER", "a:1, b:2"),
        ("HTTP_PORT", "65536"),
        ("HTTP_PORT", "-1"),
        ("HTTP_PORT", "http"),
        ("APP", "-x"),
        ("APP", "a b"),
        ("APP", "a" * 101),
        ("TOPIC_PREFIX", "a/b"),
        ("PARTITIONS", "0"),
        ("PARTITIONS", "257"),
        ("PARTITIONS", "4.5"),
        ("REPLICATION", "0"),
        ("PARTITIONER", "random"),
        ("TIME_ZONE", "Berlin"),
        ("TIME_ZONE", "Europe"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("BASE_CURRENCY", "usd"),
        ("BASE_CURRENCY", "XXXX"),
        ("RETENTION_DAYS", "365"),
        ("RETENTION_DAYS", "36501"),
        ("CLOCK", "sun"),
        ("PUBLISH_SECONDS", "0"),
        ("PUBLISH_SECONDS", "nan"),
        ("PUBLISH_SECONDS", "inf"),
        ("SESSION_SECONDS", "5.9"),
        ("SESSION_SECONDS", "301"),
        ("TRANSACTION_RECORDS", "0"),
        ("LOG_LEVEL", "DEBUG"),
    ],
)
def test_an_invalid_value_is_an_error_that_names_the_variable_and_the_value(name: str, value: str) -> None:
    message = refusal({"UPSCORE_" + name: value})
    assert message.startswith(f"UPSCORE_{name} is {value!r}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROKER", "[::1]:9092"),
        ("HTTP_PORT", "65535"),
        ("PARTITIONS", "1"),
        ("PARTITIONS", "256"),
        ("RETENTION_DAYS", "36500"),
        ("SESSION_SECONDS", "6"),
        ("PUBLISH_SECONDS", "3600"),
        ("TRANSACTION_RECORDS", "1000000"),
    ],
)
def test_values_on_their_bounds_are_taken(name: str, value: str) -> None:
    assert str(getattr(Settings.from_env({"UPSCORE_" + name: value}), name.lower())).startswith(value)


def test_settings_never_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().partitions = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"BROKER_PASSWORD": "hush"}, "UPSCORE_BROKER_PASSWORD is set, but is of no use without UPSCORE_BROKER_SECURITY=sasl"),
        ({"BROKER_USER": "shop"}, "UPSCORE_BROKER_USER is set, but is of no use without UPSCORE_BROKER_SECURITY=sasl"),
        ({"BROKER_SASL_MECHANISM": "PLAIN"}, "UPSCORE_BROKER_SASL_MECHANISM is set, but is of no use"),
        ({"BROKER_CA_FILE": "ca.pem"}, "UPSCORE_BROKER_CA_FILE is set, but is of no use without UPSCORE_BROKER_SECURITY=ssl"),
        ({"BROKER_SECURITY": "ssl", "BROKER_KEY_FILE": "k"}, "without UPSCORE_BROKER_CERTIFICATE_FILE"),
        ({"BROKER_SECURITY": "sasl_ssl", "BROKER_PASSWORD": "hush"}, "UPSCORE_BROKER_USER is not set, but"),
        ({"BROKER_SECURITY": "sasl_plaintext", "BROKER_USER": "shop"}, "UPSCORE_BROKER_PASSWORD is not set, but"),
        ({"BROKER_SECURITY": "tls"}, "UPSCORE_BROKER_SECURITY is 'tls': input should be 'plaintext'"),
        ({"REDIS_CA_FILE": "ca.pem", "REDIS_URL": "redis://cache"}, "without UPSCORE_REDIS_URL=rediss://"),
        ({"HTTP_TOKEN": "hush-hush"}, "UPSCORE_HTTP_TOKEN cannot be used: expected at least 16"),
        ({"HTTP_TOKEN": "hush hush hush hush"}, "UPSCORE_HTTP_TOKEN cannot be used: expected at least 16"),
    ],
)  # fmt: skip
def test_what_would_not_be_used_or_is_missing_is_refused_without_a_secret(env: dict[str, str], expected: str) -> None:
    message = refusal({"UPSCORE_" + name: value for name, value in env.items()})
    assert expected in message
    assert "hush" not in message


def test_no_text_of_settings_and_of_what_is_wrong_with_them_holds_a_secret() -> None:
    secrets = {
        "UPSCORE_BROKER_SECURITY": "sasl_plaintext",
        "UPSCORE_BROKER_USER": "shop",
        "UPSCORE_BROKER_PASSWORD": "hush-broker",
        "UPSCORE_REDIS_URL": "redis://shop:hush-redis@cache:6379/0?password=hush-again",
        "UPSCORE_HTTP_TOKEN": "hush-0123456789abcdef",
    }
    settings = Settings.from_env(secrets)
    texts = [repr(settings), str(settings), repr(settings.model_dump(exclude={"redis_url"})), str(settings.stated())]
    assert "redis://***@cache:6379/0" in texts[0]
    for wrong in ({"UPSCORE_PARTITIONS": "0"}, {"UPSCORE_BROKER_SECURITY": "plaintext"}, {"UPSCORE_HTTP_PORT": "x"}):
        with pytest.raises(SettingsError) as caught:
            Settings.from_env(secrets | wrong)
        texts += ["".join(format_exception(caught.value))]
    assert not [text for text in texts if "hush" in text]
