"""What a first load of a page costs: bytes over the wire, requests, and the time until something can be read."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.whole.board.chromium import visitor

_FIRST_FIGURE = """new MutationObserver((_, watcher) => {
  if (!document.querySelector("[data-figure]")) return;
  watcher.disconnect();
  window.firstFigure = performance.now();
}).observe(document, { childList: true, subtree: true });"""
_READ = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const all = [page, ...performance.getEntriesByType("resource")];
  const sum = (name, chosen) => chosen.reduce((total, each) => total + each[name], 0);
  const files = all.filter((each) => !each.name.includes("/api/"));
  return { transferred: sum("transferSize", all), files: sum("transferSize", files), unpacked: sum("decodedBodySize", all),
    requests: all.length, fileRequests: files.length,
    before: all.filter((each) => each.startTime < window.firstFigure).length,
    loaded: page.domContentLoadedEventEnd, figure: window.firstFigure };
}"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A load of a page. Bytes are those on the wire, headers included; times are milliseconds since it was asked for."""

    transferred: int
    files_transferred: int
    unpacked: int
    requests: int
    files: int
    """Requests that were no questions to the API."""
    before_figure: int
    """Requests that had begun when the first figure stood."""
    dom_ms: float
    first_figure_ms: float

    def __str__(self) -> str:
        """In a line."""
        return (
            f"{self.transferred / 1000:.1f} KB in {self.requests} requests ({self.files_transferred / 1000:.1f} KB of it files, "
            f"{self.unpacked / 1000:.1f} KB unpacked), DOMContentLoaded {self.dom_ms:.0f} ms, "
            f"first figure {self.first_figure_ms:.0f} ms"
        )


def first_load(browser: Browser, address: str, link: str, *, again: bool = False) -> Loaded:
    """Load a page with an empty cache; `again`: once more, with what the browser has kept."""
    with visitor(browser, address) as looking:
        looking.page.add_init_script(_FIRST_FIGURE)
        looking.open(link)
        if again:
            looking.page.reload()
            looking.wait_until_drawn()
        looking.wait_for("window.firstFigure > 0")
        found = looking.page.evaluate(_READ)
    return Loaded(
        transferred=found["transferred"],
        files_transferred=found["files"],
        unpacked=found["unpacked"],
        requests=found["requests"],
        files=found["fileRequests"],
        before_figure=found["before"],
        dom_ms=found["loaded"],
        first_figure_ms=found["figure"],
    )
