"""How heavy the first page is, and how soon it is there. Figures go to the output; docs/board.md has those of a quiet machine."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.whole.board.stage import Stage
from tests.whole.board.weighing import first_load

MOST_BYTES = 100_000
MOST_FILES = 5
"""The page, its two scripts, its sheet and its icon."""
MOST_BEFORE_A_FIGURE = 7
"""These, the answer that the page is made of, and the trend, which is asked for beside it."""


@pytest.mark.kafka
@pytest.mark.parametrize("page", ["company", "team", "rep"])
def test_the_first_load_is_below_100_kb_data_included(page: str, stage: Stage, browser: Browser) -> None:
    links = {"company": "#/company", "team": "#/team/t-1", "rep": f"#/rep/{stage.slides}"}
    loaded = first_load(browser, stage.address, links[page])
    print(f"{page}: {loaded}")  # noqa: T201 - what was measured
    assert loaded.transferred < MOST_BYTES
    assert loaded.first_figure_ms > 0
    assert loaded.files <= MOST_FILES
    assert loaded.before_figure <= MOST_BEFORE_A_FIGURE


@pytest.mark.kafka
def test_a_second_visit_brings_no_file_again(stage: Stage, browser: Browser) -> None:
    loaded = first_load(browser, stage.address, "#/company", again=True)
    print(f"company, a second time: {loaded}")  # noqa: T201 - what was measured
    assert loaded.files_transferred < 3_000  # the page is asked for again, everything else is kept
