"""Settings of the shared Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.local import Addresses
from streams.settings import Settings

if TYPE_CHECKING:
    from tests.functional.replayed import Replay


@pytest.fixture(scope="session")
def kafka(stack: Addresses) -> Settings:
    """Settings that name the running broker."""
    return Settings(broker=stack.broker)


@pytest.fixture(scope="session")
def replayed_installation(kafka: Settings) -> Settings:
    """Topics with the records of `tests.functional.replayed`, which nobody adds to."""
    from tests.functional.replayed import installation  # noqa: PLC0415 - after the filters of warnings are set

    return installation(kafka)


@pytest.fixture
def replay(replayed_installation: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> Replay:
    """The commands on it."""
    from tests.functional.replayed import Replay  # noqa: PLC0415

    return Replay(replayed_installation, capsysbinary)
