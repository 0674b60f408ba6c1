"""Figures move without a reload, whichever worker shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Route

from tests.installation import wait_until
from tests.whole.board import company
from tests.whole.board.chromium import Visitor, visitor
from tests.whole.board.stage import Stage

NEVER_RELOADED = "window.neverReloaded === true"
BUSY = '{"error": "the worker is too busy to answer now: try again"}'
LOOKS_BY_NEWS = 2
"""One by the first of some news, and one by those that came meanwhile."""


def settled_score(stage: Stage, looking: Visitor, subject: str) -> bool:
    """Whether the page shows the score that the API gives; the browser's events are let through while it is asked."""
    looking.page.wait_for_timeout(50)
    shown = looking.shown(subject).get("score")
    return shown is not None and shown == stage.score(subject)["score"]


@pytest.mark.kafka
def test_a_published_record_moves_the_figures_of_both_workers_pages_without_a_reload(
    stage: Stage, browser: Browser
) -> None:
    rep = stage.improves
    with (
        visitor(browser, stage.workers[0].address) as one,
        visitor(browser, stage.workers[1].address) as other,
        visitor(browser, stage.workers[1].address) as third,
    ):
        one.open(f"#/rep/{rep}", page="rep")
        other.open(f"#/rep/{rep}", page="rep")
        third.open("#/company", page="company")
        before = one.shown(f"rep:{rep}")["score"]
        assert other.shown(f"rep:{rep}")["score"] == before
        whole = third.shown("company:company")["score"]
        for looking in (one, other, third):
            looking.page.wait_for_selector('#live[data-live="live"]')
            looking.page.evaluate("window.neverReloaded = true")
        stage.publish([company.won_deal(f"live-{number}", rep, 9_000.0) for number in range(6)])
        for looking in (one, other):
            looking.page.wait_for_selector(f'[data-subject="rep:{rep}"] [data-figure="score"][data-changed]')
        for looking, subject in ((one, f"rep:{rep}"), (other, f"rep:{rep}"), (third, "company:company")):
            wait_until(
                lambda looking=looking, subject=subject: settled_score(stage, looking, subject),
                60,
                f"news of {subject}",
            )
            assert looking.page.evaluate(NEVER_RELOADED)
        assert one.shown(f"rep:{rep}")["score"] != before
        assert third.shown("company:company")["score"] != whole
        revenue = stage.score(f"rep:{rep}")["metrics"]["net_revenue"]["windows"]["91d"]["value"]
        wait_until(lambda: shown_revenue(one) == revenue, 30, "its revenue")


def shown_revenue(looking: Visitor) -> float | None:
    looking.page.wait_for_timeout(50)
    return next(each.value for each in looking.figures() if each.name == "metric.net_revenue.value")


@pytest.mark.kafka
def test_the_mark_of_a_change_goes_away_by_itself(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/rep/{stage.slides}", page="rep")
        looking.page.wait_for_selector('#live[data-live="live"]')
        stage.publish([company.won_deal("mark", stage.slides, 25_000.0)])
        looking.page.wait_for_selector("[data-changed]")
        looking.wait_for("!document.querySelector('[data-changed]')")


def asked_by_itself(seen: list[str]) -> None:
    assert len(seen) > LOOKS_BY_NEWS, seen


@contextmanager
def refused(looking: Visitor, path: str) -> Iterator[list[str]]:
    """In the block, questions below a path of the board's API are refused, as by a busy worker; gives their addresses."""
    seen: list[str] = []
    asked = re.compile(re.escape(f"{looking.address}/api/v1/board/{path}"))

    def refuse(route: Route) -> None:
        seen.append(route.request.url)
        route.fulfill(status=503, content_type="application/json", body=BUSY)

    looking.page.route(asked, refuse)
    try:
        yield seen
    finally:
        looking.page.unroute(asked, refuse)


@pytest.mark.kafka
def test_a_page_that_was_refused_is_asked_for_again_by_itself(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        with refused(looking, "rep/"):
            looking.page.goto(f"{looking.address}/#/rep/{stage.improves}")
            looking.page.get_by_text("The worker is too busy to answer now: try again. The page asks again").wait_for()
        looking.wait_until_drawn("rep")
        assert looking.shown(f"rep:{stage.improves}")["score"] is not None


@pytest.mark.kafka
def test_a_trend_that_was_refused_is_drawn_once_it_can_be_had(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        with refused(looking, "trend/rep/"):
            looking.open(f"#/rep/{stage.improves}", page="rep")
            looking.page.get_by_text("The trend cannot be had just now").wait_for()
        looking.page.wait_for_selector('[data-chart="trend"]')


@pytest.mark.kafka
def test_figures_that_were_refused_after_the_last_news_come_all_the_same(stage: Stage, browser: Browser) -> None:
    rep = stage.improves
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/rep/{rep}", page="rep")
        looking.page.wait_for_selector('#live[data-live="live"]')
        before = shown_revenue(looking)
        with refused(looking, "rep/") as seen:
            stage.publish([company.won_deal("refused", rep, 7_000.0)])
            stage.wait_until_settled()
            looking.eventually(lambda: asked_by_itself(seen))
        assert shown_revenue(looking) == before
        revenue = stage.score(f"rep:{rep}")["metrics"]["net_revenue"]["windows"]["91d"]["value"]
        assert revenue != before
        wait_until(lambda: shown_revenue(looking) == revenue, 30, "its revenue")
