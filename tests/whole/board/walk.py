"""From the start of the demo to why somebody slides, as a new user goes: `python -m tests.whole.board.walk FOLDER`.

A real demo with its usual company and pace, a real browser, and a picture of each step. Seconds are since the demo was started;
what a person takes to read is not in them.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from tests.installation import wait_until
from tests.whole.board.chromium import Visitor, chromium, visitor

DROP_SECONDS = 170.0
"""How long the drop may take to be seen: two thirds of the days go by before it begins."""
SEEN_DAYS = 28
"""After which somebody who looks at the score sees that it falls, alert or not: a busy machine tells alerts behind the scores."""
READ_SECONDS = 120.0
LEVELS = 4
"""Pillar, metric, how it went, product: what is below these are records."""
_ADDRESS = re.compile(r"board (http://\S+?)/ ")
_WATCHED = re.compile(r"(\S+) slides from (\S+) on: open \S+?(#\S+)")


class Demo:
    """A demo that runs, and what it has printed so far."""

    def __init__(self) -> None:
        """It is started."""
        self.started = time.monotonic()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UPSCORE_")}
        command = [sys.executable, "-m", "streams", "demo", "--no-browser"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.printed = ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.started

    def says(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What it prints, once it does."""
        wait_until(lambda: pattern.search(self.printed) is not None, 120, f"{pattern.pattern} in what the demo prints")
        found = pattern.search(self.printed)
        assert found is not None
        return found

    def stop(self) -> None:
        """End it, and wait until it has tidied up."""
        self.process.terminate()
        self.process.wait(60)


@contextmanager
def running_demo() -> Iterator[Demo]:
    """A demo, for the block."""
    demo = Demo()
    try:
        yield demo
    finally:
        demo.stop()


class Walk:
    """What was done so far, and when."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        """Pictures go into the folder."""
        self._demo = demo
        self._folder = folder
        self.rows: list[str] = []

    def step(self, said: str, looking: Visitor | None = None) -> None:
        """Note a step that is done, with a picture of what is seen."""
        self.rows.append(f"| {len(self.rows) + 1} | {self._demo.seconds:.0f} s | {said} |")
        print(self.rows[-1], flush=True)  # noqa: T201 - it is what the program is for
        if looking is not None:
            looking.page.screenshot(path=self._folder / f"{len(self.rows)}.png", animations="disabled")


def walk(looking: Visitor, demo: Demo, noted: Walk) -> None:
    """From the first page to the records."""
    looking.open(page="company")
    score = '[data-subject="company:company"] [data-figure="score"]:not([data-value=""])'
    looking.page.wait_for_selector(score, timeout=1000 * READ_SECONDS)
    noted.step("the company's page has its score", looking)
    watched = demo.says(_WATCHED)
    rep, turns, link = watched[1], date.fromisoformat(watched[2]), watched[3]
    noted.step(f"the demo prints whom to watch: `{watched[0].split(':')[0]}`")
    looking.open(link, page="rep")
    noted.step(f"the link that was printed leads to {rep}, who does well still", looking)
    alert = looking.page.locator(f'[data-alert="rep:{rep}"]')
    fallen = (turns + timedelta(days=SEEN_DAYS)).isoformat()
    told = f"document.querySelector('[data-alert]') || document.getElementById('change-to').value >= '{fallen}'"
    looking.wait_for(told, DROP_SECONDS)
    if alert.count():
        noted.step(f"the alert appears on the open page: {alert.inner_text().splitlines()[0]}", looking)
        alert.get_by_role("link", name="See what changed").click()
        pressed = "See what changed"
    else:
        score = looking.page.inner_text('.score [data-figure="score"]')
        noted.step(f"the score on the open page has fallen to {score}, its trend bends down", looking)
        preset = looking.page.get_by_role("button", name="13 weeks")
        pressed = preset.inner_text()
        preset.click()
    looking.page.wait_for_selector('#change[data-state="ready"]', timeout=1000 * READ_SECONDS)
    looking.page.locator("#change").scroll_into_view_if_needed()
    noted.step(f"*{pressed}*: {looking.page.locator('#change .result p').first.inner_text()}", looking)
    for _ in range(LEVELS):
        looking.page.locator('[data-chart="waterfall"] button[aria-expanded="false"]:visible').first.click()
    looking.page.locator("#change").scroll_into_view_if_needed()
    noted.step("its widest bar is opened down to the records", looking)
    looking.page.locator(".live-parts section").first.scroll_into_view_if_needed()
    noted.step("below it stands what would raise the score most", looking)


def main() -> int:
    """Walk, and print the steps as a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.whole.board.walk", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where pictures go")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with running_demo() as demo:
        noted = Walk(demo, folder)
        address = demo.says(_ADDRESS)[1]
        noted.step("the demo prints where its board is, which answers")
        with chromium() as browser, visitor(browser, address, expected=("503",)) as looking:
            walk(looking, demo, noted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
