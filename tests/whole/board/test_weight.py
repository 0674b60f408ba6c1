"""How heavy the first page is, and how soon it is there. Figures go to the output; docs/board.md has those of a quiet machine."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.whole.board.stage import Stage
from tests.whole.board.weighing import first_load

MOST_BYTES = 100_000


@pytest.mark.kafka
@pytest.mark.parametrize("page", ["company", "rep"])
def test_the_first_load_is_below_100_kb_data_included(page: str, stage: Stage, browser: Browser) -> None:
    link = "#/company" if page == "company" else f"#/rep/{stage.slides}"
    loaded = first_load(browser, stage.address, link)
    print(f"{page}: {loaded}")  # noqa: T201 - what was measured
    assert loaded.transferred < MOST_BYTES
    assert loaded.first_figure_ms > 0


@pytest.mark.kafka
def test_a_second_visit_brings_no_file_again(stage: Stage, browser: Browser) -> None:
    loaded = first_load(browser, stage.address, "#/company", again=True)
    print(f"company, a second time: {loaded}")  # noqa: T201 - what was measured
    assert loaded.files_transferred < 30_000
