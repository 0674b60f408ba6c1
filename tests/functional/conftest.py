"""Settings of the shared Kafka."""

from __future__ import annotations

import pytest

from streams.local import Addresses
from streams.settings import Settings


@pytest.fixture(scope="session")
def kafka(stack: Addresses) -> Settings:
    """Settings that name the running broker."""
    return Settings(broker=stack.broker)
