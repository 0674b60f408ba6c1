"""Kafka's administration client: opened without waiting for ever, closed for sure, its refusals in one line."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Final

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker_access import check_access
from streams.broker_security import client_arguments
from streams.errors import UpscoreError
from streams.settings import Settings

__all__ = ["REQUEST_SECONDS", "BrokerUnreachable", "admin_client"]

ANSWER_SECONDS: Final = 8
"""How long a broker that is just starting is waited for."""
REQUEST_SECONDS: Final = 30
RETRY_SECONDS: Final = 0.2


class BrokerUnreachable(UpscoreError):
    """No broker answers at the address that the settings state."""

    retriable: ClassVar[bool] = True


@contextmanager
def admin_client(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A client for administration, closed at the end; what Kafka refuses inside becomes an error in one line.

    Raises:
        BrokerUnreachable: no broker answers.
        BrokerRefused: it answers, but does not let us in.
        UpscoreError: Kafka refused a request.
    """
    security = client_arguments(settings)
    try:
        _await_connection(settings.broker.split(","))
        check_access(settings)
        with _quiet():
            client = KafkaAdminClient(
                bootstrap_servers=settings.broker.split(","),
                client_id=f"{settings.app}-admin",
                bootstrap_timeout_ms=ANSWER_SECONDS * 1000,
                request_timeout_ms=REQUEST_SECONDS * 1000,
                **security,
            )
    except (KafkaError, OSError) as error:
        raise BrokerUnreachable(
            f"no Kafka broker answers at {settings.broker} ({error}): start one "
            "(`upscore local start`) or set UPSCORE_BROKER to host:port, "
            "and UPSCORE_BROKER_SECURITY if it asks for TLS or a password"
        ) from error
    try:
        yield client
    except KafkaError as error:
        raise UpscoreError(f"Kafka at {settings.broker} refused: {type(error).__name__}: {error}") from error
    finally:
        client.close()


def _await_connection(addresses: Sequence[str]) -> None:
    """Return once one of the addresses takes a connection; kafka-python leaves a thread behind where none does.

    Raises:
        OSError: none did so in time.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        for address in addresses:
            host, _, port = address.rpartition(":")
            left = max(deadline - time.monotonic(), 0.1)
            try:
                socket.create_connection((host.strip("[]"), int(port)), timeout=left).close()
            except OSError as error:
                refusal = error
            else:
                return
        if time.monotonic() > deadline:
            raise refusal
        time.sleep(RETRY_SECONDS)


@contextmanager
def _quiet() -> Iterator[None]:
    """kafka-python tells of each attempt to connect; the one line of our error says it."""
    logger = logging.getLogger("kafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
