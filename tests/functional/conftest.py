"""Settings of the shared Kafka."""

from __future__ import annotations

import pytest

from streams.local import Addresses
from streams.settings import Settings
from tests.functional.replayed import Replay, installation


@pytest.fixture(scope="session")
def kafka(stack: Addresses) -> Settings:
    """Settings that name the running broker."""
    return Settings(broker=stack.broker)


@pytest.fixture(scope="session")
def replayed_installation(kafka: Settings) -> Settings:
    """Topics with the records of `tests.functional.replayed`, which nobody adds to."""
    return installation(kafka)


@pytest.fixture
def replay(replayed_installation: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> Replay:
    """The commands on it."""
    return Replay(replayed_installation, capsysbinary)
