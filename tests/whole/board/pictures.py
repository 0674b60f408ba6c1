"""`make pictures`: docs/board/*.png, and the table of docs/board.md that says what a first load costs.

On the demo's company, in the middle of the sliding rep's drop; so pictures differ only where pages do.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

from streams.local import OwnedStack
from tests.installation import wait_until
from tests.whole.board.chromium import PHONE, WIDTH, Visitor, chromium, visitor
from tests.whole.board.palette import reduced
from tests.whole.board.stage import Stage, board_stage
from tests.whole.board.weighing import Loaded, first_load

DOCS = Path(__file__).parents[3] / "docs"
FOLDER = DOCS / "board"
MOST_BYTES = 200_000
LOADS = 7
MOVERS_SECONDS = 120
TABLE = re.compile(r"(<!-- measured: first load -->\n).*?(<!-- end of first load -->)", re.DOTALL)


def main() -> int:
    """Make all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stack").mkdir()
        with (
            OwnedStack(folder / "stack") as stack,
            board_stage(stack.addresses, folder, strangers=False) as stage,
            chromium() as browser,
        ):
            draw(stage, browser)
            weigh(stage, browser)
    return 0


def draw(stage: Stage, browser: Browser) -> None:
    """Write the pictures."""
    rep = f"#/rep/{stage.slides}"
    changed = f"{rep}?from=2025-08-18&to=2025-10-06"
    with chromium_page(browser) as blank:

        def keep(name: str, looking: Visitor, **options: Any) -> None:
            looking.page.wait_for_timeout(600)  # charts grow, marks of changes stay as they are
            path = FOLDER / f"{name}.png"
            path.write_bytes(reduced(looking.page.screenshot(animations="disabled", **options), blank))
            size = path.stat().st_size
            print(f"{path.relative_to(DOCS)}: {size / 1000:.0f} KB")
            assert size < MOST_BYTES, path

        with visitor(browser, stage.address, viewport={"width": WIDTH, "height": 980}) as looking:
            wait_until(lambda: says_all_movers(looking), MOVERS_SECONDS, "all movers to be counted")
            for page, link in (("company", "#/company"), ("team", "#/team/t-1"), ("rep", rep)):
                looking.open(link, page=page)
                keep(page, looking)
            for page in ("alerts", "stream", "scorecard"):
                looking.open(f"#/{page}", page=page)
                keep(page, looking)
            looking.open(changed, page="rep")
            looking.page.wait_for_selector('#change[data-state="ready"]', timeout=180_000)
            for _ in range(3):  # what lost most, and what is in it
                looking.page.locator('[data-chart="waterfall"] button[aria-expanded="false"]:visible').first.click()
            clip = looking.page.locator("#change")
            path = FOLDER / "waterfall.png"
            path.write_bytes(reduced(clip.screenshot(animations="disabled"), blank))
            print(f"{path.relative_to(DOCS)}: {path.stat().st_size / 1000:.0f} KB")
        with visitor(browser, stage.address, viewport={"width": WIDTH, "height": 980}, color_scheme="dark") as looking:
            looking.open(rep, page="rep")
            keep("rep-dark", looking)
        phone = {"viewport": {"width": PHONE, "height": 780}, "device_scale_factor": 2, "is_mobile": True}
        with visitor(browser, stage.address, **phone) as looking:
            looking.open(rep, page="rep")
            keep("rep-phone", looking)


def says_all_movers(looking: Visitor) -> bool:
    """Whether the company's page, opened anew, has compared everybody: they are counted little by little."""
    looking.open("#/company", page="company")
    looking.page.reload()  # the same link again opens nothing anew
    looking.wait_until_drawn("company")
    return looking.page.get_by_text("are counted so far").count() == 0


def weigh(stage: Stage, browser: Browser) -> None:
    """Measure first loads, and write the middle one of each page into the table."""
    rows = ["| page | over the wire | requests | DOMContentLoaded | first figure |", "| --- | --- | --- | --- | --- |"]
    for page, link in (("company", "#/company"), ("team", "#/team/t-1"), ("rep", f"#/rep/{stage.slides}")):
        loads = [first_load(browser, stage.address, link) for _ in range(LOADS)]
        rows.append(row(page, loads))
        print(rows[-1])
    path = DOCS / "board.md"
    text = path.read_text("utf-8")
    found = TABLE.search(text)
    assert found is not None, f"{path} has no table of the first load"
    path.write_text(text[: found.end(1)] + "\n".join(rows) + "\n" + text[found.start(2) :], "utf-8")


def row(page: str, loads: list[Loaded]) -> str:
    """A page in the table."""
    bytes_, requests = max(each.transferred for each in loads), max(each.requests for each in loads)
    dom, figure = median(each.dom_ms for each in loads), median(each.first_figure_ms for each in loads)
    return f"| {page} | {bytes_ / 1000:.0f} KB | {requests} | {dom:.0f} ms | {figure:.0f} ms |"


@contextmanager
def chromium_page(browser: Browser) -> Iterator[Page]:
    """An empty page."""
    context = browser.new_context()
    try:
        yield context.new_page()
    finally:
        context.close()


if __name__ == "__main__":
    sys.exit(main())
