"""The board's pages of a demo: their addresses, and opening the first one where somebody can see it."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping
from datetime import date, timedelta
from threading import Thread
from urllib.parse import quote

__all__ = ["has_display", "link", "open_in_browser"]


def link(url: str, key: str, turned_on: date | None = None, as_of: date | None = None) -> str:
    """The address of a subject's page; once its figures have turned, with the change since the day before.

    Args:
        url: the worker's address, without a slash at the end.
        key: the subject, such as `rep:r-17`.
        turned_on: when its figures turn; None: they do not.
        as_of: the date of the scores; None before there are any.

    >>> link("http://127.0.0.1:6066", "rep:r-4", date(2026, 7, 30), date(2026, 10, 5))
    'http://127.0.0.1:6066/#/rep/r-4?from=2026-07-29&to=2026-10-05'
    >>> link("http://127.0.0.1:6066", "rep:a/b", date(2026, 7, 30), date(2026, 7, 30))
    'http://127.0.0.1:6066/#/rep/a%2Fb'
    """
    subject, _, subject_id = key.partition(":")
    page = f"{url}/#/{subject}/{quote(subject_id, safe='')}"
    if turned_on is None or as_of is None or as_of <= turned_on:
        return page
    return f"{page}?from={turned_on - timedelta(days=1)}&to={as_of}"


def has_display(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a browser that is opened would be seen by who has started the demo: not over ssh, not on a bare console."""
    if "SSH_CONNECTION" in environment:
        return False
    return platform in {"darwin", "win32"} or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_in_browser(url: str) -> Thread:
    """Open a page in the user's browser, by a thread that is returned; where there is none with a window, nothing happens."""

    def opened() -> None:
        try:
            browser = webbrowser.get()
        except webbrowser.Error:
            return
        # One that runs in the terminal would draw over the table.
        in_the_terminal = isinstance(browser, webbrowser.GenericBrowser) and not isinstance(
            browser, webbrowser.BackgroundBrowser
        )
        if not in_the_terminal:
            browser.open(url)

    opening = Thread(target=opened, name="open the board", daemon=True)
    opening.start()
    return opening
