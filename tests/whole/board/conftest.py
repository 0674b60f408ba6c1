"""One stage and one browser for all tests of the board; they end with the last of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from streams.local import Addresses

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.whole.board.stage import Stage

# Imported where they are needed: this file may be read before the filters of warnings in tests/conftest.py are in force.
# ruff: noqa: PLC0415


@pytest.fixture(scope="package")
def stage(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Two workers that have read everything."""
    from tests.whole.board.stage import board_stage

    with board_stage(stack, tmp_path_factory.mktemp("board")) as running:
        yield running


@pytest.fixture(scope="package")
def empty(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A worker that has read nothing, and asks for a token."""
    from tests.whole.board.stage import empty_stage

    with empty_stage(stack, tmp_path_factory.mktemp("empty")) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    from tests.whole.board.chromium import chromium

    with chromium() as running:
        yield running
