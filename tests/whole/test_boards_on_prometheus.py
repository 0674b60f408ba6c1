"""Every query of every board on a real Prometheus that scrapes real workers; and a picture of each board.

To look at the pictures: `pytest tests/whole/test_boards_on_prometheus.py --basetemp=pictures`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboards.checks import panels_of
from dashboards.generation import GENERATED, read_boards
from dashboards.names import BOARDS
from dashboards.promql import legend_labels
from streams.local import Addresses
from tests.installation import wait_until
from tests.whole.board_picture import picture
from tests.whole.board_queries import Answer, answer, chosen, mark_answer, marks
from tests.whole.board_stage import Stage, board_stage

SECONDS = 240
WANTED = {"rep": "r-11", "team": "t-2", "window": "91d"}
"""A rep and its team that slide, and are in a drop before the days are over."""
Key = tuple[str, str, str]
"""Of a query: the board, the panel or annotation, and its letter."""


class Shown:
    """What each query of each board has found, the newest that is not empty."""

    def __init__(self, stage: Stage) -> None:
        self.boards = {board["uid"]: board for board in read_boards(GENERATED).values()}
        self.values = {
            uid: wait_until(lambda board=board: self._chosen(stage, board), SECONDS, f"variables of {uid}")
            for uid, board in self.boards.items()
        }
        self.found: dict[Key, Answer] = {key: Answer(expr) for key, expr, _ in self._queries()}
        deadline = time.monotonic() + SECONDS
        self._ask(stage)
        while self.empty() and time.monotonic() < deadline:
            stage.go_on()
            self._ask(stage)
        self._ask(stage, again=True)

    def _chosen(self, stage: Stage, board: Mapping[str, Any]) -> dict[str, str] | None:
        """A value for each variable of a board; None as long as one offers not yet what is wanted."""
        try:
            return chosen(stage.prometheus, board, _of(board, WANTED))
        except AssertionError:
            return None

    def _queries(self) -> Iterator[tuple[Key, str, Mapping[str, Any]]]:
        for uid, board in self.boards.items():
            for panel in panels_of(board):
                for target in panel["targets"]:
                    yield (uid, panel["title"], target["refId"]), target["expr"], target
            for name, expr in marks(board):
                yield (uid, name, "annotation"), expr, {"expr": expr}

    def _ask(self, stage: Stage, *, again: bool = False) -> None:
        for key, expr, target in self._queries():
            if again or not self.found[key].series:
                values = self.values[key[0]]
                asked = mark_answer if key[2] == "annotation" else answer
                now = asked(stage.prometheus, expr if asked is mark_answer else target, values)
                if now.series:
                    self.found[key] = now

    def empty(self) -> list[Key]:
        return [key for key, found in self.found.items() if not found.series]

    def of_panel(self, uid: str, panel: Mapping[str, Any]) -> list[Answer]:
        return [self.found[uid, panel["title"], target["refId"]] for target in panel["targets"]]


def _of(board: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    names = {variable["name"] for variable in board["templating"]["list"]}
    return {name: value for name, value in wanted.items() if name in names}


@pytest.fixture(scope="module")
def shown(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with board_stage(stack, tmp_path_factory.mktemp("boards")) as stage:
        yield Shown(stage)


@pytest.mark.parametrize("uid", BOARDS)
def test_every_query_of_every_panel_and_annotation_finds_something(shown: Shown, uid: str) -> None:
    assert [(key, shown.found[key].expr) for key in shown.empty() if key[0] == uid] == []


@pytest.mark.parametrize("uid", BOARDS)
def test_every_series_has_the_labels_that_its_legend_names(shown: Shown, uid: str) -> None:
    for panel in panels_of(shown.boards[uid]):
        for target, found in zip(panel["targets"], shown.of_panel(uid, panel), strict=True):
            named = legend_labels(target.get("legendFormat") or "")
            for labels, legend, _ in found.series:
                assert named <= labels.keys(), (panel["title"], target["expr"], labels)
                assert panel["type"] == "table" or legend.strip(), (panel["title"], target["expr"])


@pytest.mark.parametrize("uid", BOARDS)
def test_links_find_the_labels_that_they_name(shown: Shown, uid: str) -> None:
    for panel in panels_of(shown.boards[uid]):
        links = json.dumps(panel["fieldConfig"]["defaults"].get("links", []))
        named = set(re.findall(r"__(?:data\.fields|field\.labels)\.(\w+)", links))
        for found in shown.of_panel(uid, panel):
            for labels, _, _ in found.series:
                assert named <= labels.keys(), (panel["title"], labels)


@pytest.mark.parametrize("uid", BOARDS)
def test_series_of_a_panel_are_told_apart(shown: Shown, uid: str) -> None:
    for panel in panels_of(shown.boards[uid]):
        if panel["type"] != "table":
            legends = [legend for found in shown.of_panel(uid, panel) for _, legend, _ in found.series]
            assert len(legends) == len(set(legends)), (panel["title"], legends)


@pytest.mark.parametrize("uid", BOARDS)
def test_nothing_is_cut_when_a_board_is_drawn(shown: Shown, uid: str, tmp_path: Path) -> None:
    board = shown.boards[uid]
    found = {panel["id"]: shown.of_panel(uid, panel) for panel in panels_of(board)}
    png, cut = picture(board, found, tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert cut == []
