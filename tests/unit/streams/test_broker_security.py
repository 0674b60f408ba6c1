"""Settings of TLS and SASL as the clients take them, and files that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from faust import SASLCredentials, SSLCredentials

from streams.broker_security import client_arguments, faust_credentials
from streams.errors import SettingsError
from streams.redis_store import create_score_store
from streams.settings import Settings
from tests.secured_kafka import make_certificates


def test_without_tls_and_sasl_clients_are_told_nothing() -> None:
    assert client_arguments(Settings()) == {}
    assert faust_credentials(Settings()) is None


def test_user_and_password_are_proved_by_plain_unless_told_otherwise() -> None:
    given = {"broker_security": "sasl_plaintext", "broker_user": "shop", "broker_password": "hush"}
    settings = Settings.model_validate(given)
    assert client_arguments(settings) == {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "shop",
        "sasl_plain_password": "hush",
    }
    credentials = faust_credentials(settings)
    assert isinstance(credentials, SASLCredentials)
    assert "hush" not in repr(credentials)


def test_certificates_and_names_of_hosts_are_checked(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    settings = Settings(
        broker_security="ssl",
        broker_ca_file=str(made.authority),
        broker_certificate_file=str(made.client),
        broker_key_file=str(made.client_key),
    )
    context = client_arguments(settings)["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert isinstance(faust_credentials(settings), SSLCredentials)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"broker_ca_file": "gone.pem"}, "UPSCORE_BROKER_CA_FILE is 'gone.pem': No such file or directory"),
        ({"broker_ca_file": "empty.pem"}, "UPSCORE_BROKER_CA_FILE is 'empty.pem': it holds no certificate"),
        ({"broker_certificate_file": "gone.pem"}, "UPSCORE_BROKER_CERTIFICATE_FILE is 'gone.pem': No such file"),
        (
            {"broker_certificate_file": "client.crt", "broker_key_file": "gone.key"},
            "UPSCORE_BROKER_KEY_FILE is 'gone.key': No such file",
        ),
        (
            {"broker_certificate_file": "client.crt", "broker_key_file": "server.key"},
            "UPSCORE_BROKER_KEY_FILE is 'server.key': it holds no certificate or key",
        ),
        ({"broker_certificate_file": "client.crt"}, "UPSCORE_BROKER_CERTIFICATE_FILE is 'client.crt': it holds no"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    wrong: dict[str, Any], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificates(tmp_path)
    (tmp_path / "empty.pem").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        client_arguments(Settings(broker_security="ssl", **wrong))
    assert expected in str(caught.value)


def test_certificates_for_redis_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.pem")
    with pytest.raises(SettingsError, match=r"UPSCORE_REDIS_CA_FILE is .*gone\.pem': No such file"):
        create_score_store(Settings(redis_url="rediss://cache", redis_ca_file=gone))
