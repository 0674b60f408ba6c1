"""Boards against Grafana's schema, and what publishing asks against Grafana's list of operations."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from dashboards.generation import GENERATED, read_boards
from dashboards.names import BOARDS
from tests.fake_grafana import OPERATIONS


def shared(name: str) -> Any:
    """A file about Grafana in the folder beside the project, or beside the data that `UPSCORE_SHARED_DATA` names."""
    named = os.environ.get("UPSCORE_SHARED_DATA")
    folder = Path(named).parent if named else Path(__file__).resolve().parents[2].parent / "shared"
    return json.loads((folder / "grafana" / name).read_text("utf-8"))


@pytest.mark.parametrize("uid", BOARDS)
def test_a_board_is_what_the_schema_of_grafana_describes(uid: str) -> None:
    validator = Draft7Validator(shared("dashboard.schema.json"))
    board = read_boards(GENERATED)[f"{uid}.json"]
    assert [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(board)] == []


def test_the_schema_does_refuse_boards() -> None:
    board = read_boards(GENERATED)["upscore-rep.json"] | {"title": 1}
    assert not Draft7Validator(shared("dashboard.schema.json")).is_valid(board)


def test_the_fake_grafana_answers_only_what_the_real_one_does() -> None:
    real = {(method, path) for method, path in shared("api_operations.json")}
    assert OPERATIONS.keys() <= real
