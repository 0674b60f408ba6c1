"""Broker security: the settings of TLS and SASL as each of our clients takes them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from streams.errors import SettingsError
from streams.settings import PREFIX, Settings

if TYPE_CHECKING:
    from faust import SASLCredentials, SSLCredentials

__all__ = ["client_arguments", "faust_credentials"]


def client_arguments(settings: Settings) -> dict[str, Any]:
    """How aiokafka's and kafka-python's clients are told to speak to the broker; both call it the same.

    Raises:
        SettingsError: a file cannot be read, or is no certificate or key.
    """
    if settings.broker_security == "plaintext":
        return {}
    arguments: dict[str, Any] = {"security_protocol": settings.broker_security.upper()}
    if settings.broker_security.endswith("ssl"):
        arguments["ssl_context"] = _tls(settings)
    if settings.broker_password is not None:
        arguments["sasl_mechanism"] = settings.broker_sasl_mechanism or "PLAIN"
        arguments["sasl_plain_username"] = settings.broker_user
        arguments["sasl_plain_password"] = settings.broker_password.get_secret_value()
    return arguments


def faust_credentials(settings: Settings) -> SASLCredentials | SSLCredentials | None:
    """The same for Faust; None without TLS and SASL.

    Raises:
        SettingsError: as above.
    """
    from faust import SASLCredentials, SSLCredentials  # noqa: PLC0415 - 0.2 s that only a worker has to spend

    arguments = client_arguments(settings)
    context = arguments.get("ssl_context")
    if "sasl_mechanism" not in arguments:
        return None if context is None else SSLCredentials(context)
    return SASLCredentials(
        username=arguments["sasl_plain_username"],
        password=arguments["sasl_plain_password"],
        mechanism=arguments["sasl_mechanism"],
        ssl_context=context,
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    """Certificates are checked, and that the host's name is in them."""
    try:
        context = ssl.create_default_context(cafile=settings.broker_ca_file)
    except OSError as error:
        raise _unusable("broker_ca_file", settings.broker_ca_file, error) from error
    if settings.broker_certificate_file is not None:
        _readable("broker_certificate_file", settings.broker_certificate_file)
        if settings.broker_key_file is not None:
            _readable("broker_key_file", settings.broker_key_file)
        try:
            # An empty passphrase: a key that has one is refused instead of asking the terminal for it.
            context.load_cert_chain(settings.broker_certificate_file, settings.broker_key_file, password="")
        except OSError as error:
            name = "broker_certificate_file" if settings.broker_key_file is None else "broker_key_file"
            raise _unusable(name, getattr(settings, name), error) from error
    return context


def _readable(name: str, path: str) -> None:
    try:
        with open(path, "rb"):  # noqa: PTH123 - as OpenSSL will
            return
    except OSError as error:
        raise _unusable(name, path, error) from error


def _unusable(name: str, path: str | None, error: OSError) -> SettingsError:
    reason = "it holds no certificate or key that can be used" if isinstance(error, ssl.SSLError) else error.strerror
    return SettingsError(f"{PREFIX}{name.upper()} is {path!r}: {reason}; expected a file in PEM format")
