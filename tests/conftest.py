"""What all tests share: one real Kafka and Redis for the run, started on first use and ended with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from streams.local import Addresses, OwnedStack

# How long an example takes says more of the machine, which others share, than of the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

collect_ignore = ["fuzz/atheris_codec.py"]  # a program of its own, with a package that the tests do not need


def pytest_configure(config: pytest.Config) -> None:
    # kafka-python reads its protocol files by functions that Python 3.11 calls deprecated; 3.13 took them back.
    config.addinivalue_line("filterwarnings", r"ignore:(read|open)_text is deprecated:DeprecationWarning")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """The addresses of a Kafka and a Redis that are empty at the start of the run; give each test its own topics."""
    with OwnedStack(tmp_path_factory.mktemp("stack")) as running:
        yield running.addresses
