"""One stage and one browser for all tests of the board; they end with the last of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from streams.local import Addresses
from tests.whole.board.chromium import chromium
from tests.whole.board.stage import Stage, board_stage, empty_stage


@pytest.fixture(scope="package")
def stage(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Two workers that have read everything."""
    with board_stage(stack, tmp_path_factory.mktemp("board")) as running:
        yield running


@pytest.fixture(scope="package")
def empty(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A worker that has read nothing, and asks for a token."""
    with empty_stage(stack, tmp_path_factory.mktemp("empty")) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    with chromium() as running:
        yield running
