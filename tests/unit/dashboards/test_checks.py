"""Each rule of boards, seen to be broken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.checks import breaches, panels_of
from dashboards.generation import GENERATED, read_boards

Board = dict[str, Any]
BOARDS = read_boards(GENERATED)
COMPANY = "upscore-company.json"


def first(board: Board, kind: str = "stat") -> Board:
    found: Board = next(panel for panel in panels_of(board) if panel["type"] == kind)  # type: ignore[assignment]
    return found


def variable(board: Board, name: str) -> Board:
    found: Board = next(each for each in board["templating"]["list"] if each["name"] == name)
    return found


def expr(board: Board, text: str, kind: str = "stat") -> None:
    first(board, kind)["targets"][0]["expr"] = text


def moved(board: Board) -> None:
    first(board)["gridPos"]["x"] += 1


def same_ids(board: Board) -> None:
    board["panels"][1]["id"] = board["panels"][0]["id"]


BROKEN: dict[str, Callable[[Board], object]] = {
    "editable: expected false": lambda board: board.update(editable=True),
    "expected that of the file's name": lambda board: board.update(uid="upscore-other"),
    "title and description: expected both": lambda board: board.update(description=""),
    "tags: expected 'upscore'": lambda board: board.update(tags=[]),
    "id, version: Grafana gives them": lambda board: board.update(version=3),
    "keeps time and variables": lambda board: board["links"][0].update(keepTime=False),
    "id of panels: 1 is there 2 times": same_ids,
    "title of panels: None is there 1 times": lambda board: first(board).pop("title"),
    "panel 'Company score': title and description": lambda board: first(board).update(description=""),
    "panel 'Company score': unit": lambda board: first(board)["fieldConfig"]["defaults"].pop("unit"),
    "panel 'Company score': thresholds": lambda board: first(board)["fieldConfig"]["defaults"].pop("thresholds"),
    "panel 'Company score': data source": lambda board: first(board).update(
        datasource={"type": "prometheus", "uid": "x"}
    ),
    "query A: data source": lambda board: first(board)["targets"][0].pop("datasource"),
    "panel 'Company score': expected a query": lambda board: first(board).update(targets=[]),
    "metric sales_nothing is not declared": lambda board: expr(board, "max(sales_nothing)"),
    "names no metric": lambda board: expr(board, "vector(1)"),
    "[5m]: expected [$__rate_interval]": lambda board: expr(board, "sum(rate(upscore_records_total[5m]))"),
    "topk over time": lambda board: expr(board, "topk(3, sales_rep_score_points)", "timeseries"),
    "legend: expected one": lambda board: first(board, "timeseries")["targets"][0].update(legendFormat=""),
    "variables ['nobody'] are used": lambda board: expr(board, 'max(sales_rep_score_points{rep="$nobody"})'),
    "expected label_values(metric, label)": lambda board: variable(board, "window").update(query="query_result(up)"),
    "variable window: metric sales_x": lambda board: variable(board, "window").update(query="label_values(sales_x, y)"),
    "variable window: data source": lambda board: variable(board, "window").update(datasource=None),
    "variable window: expected a label": lambda board: variable(board, "window").update(description=""),
    "expected variables to stand after": lambda board: variable(board, "window").update(
        query='label_values(sales_rep_info{rep="$upscore_url"}, rep)'
    ),
    "expected datasource as the first": lambda board: board["templating"]["list"].reverse(),
    "annotation 'Drops': metric sales_y": lambda board: board["annotations"]["list"][0].update(expr="max(sales_y)"),
    "annotation 'Drops': data source": lambda board: board["annotations"]["list"][0].update(datasource={}),
    "grid at 'Company score'": moved,
    "link /d/nowhere": lambda board: first(board, "table")["fieldConfig"]["defaults"]["links"][0].update(
        url="/d/nowhere?x"
    ),
    "keep time and data source": lambda board: first(board, "table")["fieldConfig"]["defaults"]["links"][0].update(
        url="/d/upscore-team?var-team=t"
    ),
}


def test_the_committed_boards_break_none() -> None:
    assert breaches(BOARDS) == []


@pytest.mark.parametrize("said", BROKEN)
def test_a_broken_rule_is_named_with_board_and_panel(said: str) -> None:
    boards = copy.deepcopy(BOARDS)
    BROKEN[said](boards[COMPANY])
    found = [breach for breach in breaches(boards) if said in breach]
    assert found
    assert all(breach.startswith(COMPANY) for breach in found)


def test_two_boards_of_one_uid_are_told() -> None:
    assert any("2 boards have it" in breach for breach in breaches({**BOARDS, "other.json": BOARDS[COMPANY]}))


def test_a_board_that_others_rely_on_and_is_missing_is_told() -> None:
    rest = {name: board for name, board in BOARDS.items() if name != "upscore-alerts.json"}
    assert "no board has the uid upscore-alerts, which others rely on" in breaches(rest)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_the_first_row_is_figures_and_they_fit_on_a_screen(board: Board) -> None:
    row = [panel for panel in board["panels"] if panel["gridPos"]["y"] == 0]
    assert {panel["type"] for panel in row} == {"stat"}
    assert len(row) >= 5
