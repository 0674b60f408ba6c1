"""Broker access: whether Kafka lets us in, and why not. Both client libraries keep the reason to themselves."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.broker_security import client_arguments
from streams.errors import UpscoreError
from streams.settings import PREFIX, Settings

__all__ = ["BrokerRefused", "check_access"]

ANSWER_MS: Final = 8_000
GOODBYE_SECONDS: Final = 0.05
"""TLS says goodbye in turns of the loop that nobody can wait for; without them connections are left open."""


class BrokerRefused(UpscoreError):
    """A broker answers, but TLS with it fails, or it does not take the user and password."""


def check_access(settings: Settings) -> None:
    """Return if a broker lets us in; also if none answers at all, for that is for others to say.

    Without TLS and SASL nothing is asked. Must not be called where it holds up an event loop.

    Raises:
        BrokerRefused: with the broker's reason; never with the password.
        SettingsError: a file of the settings cannot be used.
    """
    arguments = client_arguments(settings)
    if arguments:
        with ThreadPoolExecutor(1) as own_loop:  # the caller's thread may have one that runs
            own_loop.submit(asyncio.run, _knock_and_leave(settings, arguments)).result()


async def _knock_and_leave(settings: Settings, arguments: dict[str, Any]) -> None:
    try:
        await _knock(settings, arguments)
    finally:
        await asyncio.sleep(GOODBYE_SECONDS)


async def _knock(settings: Settings, arguments: dict[str, Any]) -> None:
    for address in settings.broker.split(","):
        host, _, port = address.rpartition(":")
        try:
            connection = await create_conn(host.strip("[]"), int(port), request_timeout_ms=ANSWER_MS, **arguments)
        except ssl.SSLError as error:
            raise _tls_refusal(address, error) from error
        except KafkaConnectionError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise _tls_refusal(address, error.__cause__) from error
            if settings.broker_security == "sasl_plaintext":
                continue  # also what a broker does that speaks TLS alone; the caller says that none answers
            raise _tls_refusal(address, error) from error
        except KafkaError as error:
            raise BrokerRefused(
                f"Kafka at {address} does not let {settings.broker_user!r} in: {error}: "
                f"see {PREFIX}BROKER_USER, {PREFIX}BROKER_PASSWORD and {PREFIX}BROKER_SASL_MECHANISM"
            ) from error
        except (OSError, TimeoutError):
            continue
        closed = connection.close()
        if closed is not None:
            await closed
        return


def _tls_refusal(address: str, error: BaseException) -> BrokerRefused:
    return BrokerRefused(
        f"no TLS with Kafka at {address}: {error}: does that port speak what {PREFIX}BROKER_SECURITY says? "
        f"See {PREFIX}BROKER_CA_FILE too, and {PREFIX}BROKER_CERTIFICATE_FILE if it asks for one"
    )
