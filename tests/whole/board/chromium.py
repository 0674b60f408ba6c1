"""A real browser at the board: what is shown, and everything that it complained about.

It is Debian's Chromium, driven by Playwright, which brings a browser of its own only where it is asked to.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, sync_playwright

WIDTH, HEIGHT = 1280, 900
PHONE = 360
SECONDS = 30.0
"""How long anything on a page may take; machines that run tests are busy."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MAY_BE_BUSY = "/api/v1/board/"
"""What a busy worker may refuse for the moment: the page says so and asks again by itself, and tests wait for what it shows."""
_READY = 'main[data-state="ready"]'
_FIGURES = """() => [...document.querySelectorAll("[data-figure]")].map((each) => ({
  subject: each.closest("[data-subject]")?.dataset.subject ?? null, name: each.dataset.figure,
  value: each.dataset.value, text: each.textContent.trim(), window: each.closest("[data-window]")?.dataset.window ?? null,
}))"""


class Figure(NamedTuple):
    """A figure that a page shows: whose, which, its full precision (None: it says that there is none), and as it is written."""

    subject: str | None
    name: str
    value: float | None
    text: str
    window: str | None


class Visitor:
    """Somebody who looks at the board. `complaints` are what the browser found wrong on the way."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.bytes = 0
        page.set_default_timeout(1000 * SECONDS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address + "/", "data:", "blob:")):
            self.complaints.append(f"asks elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} of {response.url}")

    def open(self, state: str = "", *, page: str | None = None) -> None:
        """Go to a page by its link, such as `#/rep/r-1`, and wait until all of it is drawn; `page`: which one that must be."""
        self.page.goto(f"{self.address}/{state}")
        self.wait_until_drawn(page)

    def wait_until_drawn(self, page: str | None = None) -> None:
        """Wait until the page is drawn with everything of its first load."""
        self.page.wait_for_selector(_READY + (f'[data-page="{page}"]' if page else ""), state="attached")

    def wait_for(self, expression: str, seconds: float = SECONDS) -> None:
        """Wait until an expression of the page is true; Playwright's own way is forbidden by the board's security policy."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"waited {seconds} s for {expression}"
            self.page.wait_for_timeout(50)

    def eventually(self, check: Callable[[], object]) -> None:
        """Have something checked until it holds: figures follow the stream, some seconds behind."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                check()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            else:
                return
            self.page.wait_for_timeout(500)

    def figures(self) -> list[Figure]:
        """Every figure on the page, in the order of the page."""
        return [
            Figure(each["subject"], each["name"], _number(each["value"]), each["text"], each["window"])
            for each in self.page.evaluate(_FIGURES)
        ]

    def shown(self, subject: str) -> dict[str, float | None]:
        """The figures of a subject by name; where one stands twice, it must be the same."""
        found: dict[str, float | None] = {}
        for figure in self.figures():
            if figure.subject == subject and figure.window is None:
                assert found.setdefault(figure.name, figure.value) == figure.value, figure
        return found

    def text(self) -> str:
        """What can be read on the page."""
        return self.page.inner_text("body")

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def _number(text: str | None) -> float | None:
    """A figure's full value; days as they are counted since the year 1."""
    assert text is not None, "a figure without data-value"
    if _DAY.fullmatch(text):
        return float(date.fromisoformat(text).toordinal())
    return float(text) if text else None


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, until the end of the block."""
    program = shutil.which("chromium")
    assert program is not None, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visitor(browser: Browser, address: str, *, expected: Sequence[str] = (), **options: Any) -> Iterator[Visitor]:
    """Somebody with a clean browser at a board; fails at the end if the browser complained of what is not expected.

    Args:
        browser: which.
        address: of the worker.
        expected: parts of complaints that are right, such as a refused token.
        **options: of Playwright's context, such as `color_scheme="dark"`.
    """
    viewport = options.pop("viewport", {"width": WIDTH, "height": HEIGHT})
    context = browser.new_context(viewport=viewport, locale="en-GB", timezone_id="UTC", **options)
    try:
        visiting = Visitor(context.new_page(), address)
        yield visiting
        left = [
            each
            for each in visiting.complaints
            if not any(part in each for part in expected) and not ("503" in each and _MAY_BE_BUSY in each)
        ]
        assert not left, left
    finally:
        context.close()
