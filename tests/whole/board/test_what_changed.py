"""Why a score changed between two dates: what `upscore explain` says, bar by bar, down to the records."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.whole.board import company
from tests.whole.board.chromium import Visitor, visitor
from tests.whole.board.stage import Stage

READ_SECONDS = 180
"""How long reading all topics may take on a busy machine."""


def wait_for_the_waterfall(looking: Visitor, first: str, last: str) -> None:
    chart = f'#change[data-state="ready"] [data-chart="waterfall"][data-from="{first}"][data-to="{last}"]'
    looking.page.wait_for_selector(chart, timeout=1000 * READ_SECONDS)


def open_every_bar(looking: Visitor) -> None:
    closed = looking.page.locator('[data-chart="waterfall"] button[aria-expanded="false"]:visible')
    while closed.count():
        closed.first.click()


def drawn(looking: Visitor, kind: str) -> list[tuple[str, float]]:
    """Names and points of parts or records, in the order of the names."""
    return sorted(
        (each.get_attribute(f"data-{kind}") or "", float(each.get_attribute("data-value") or "nan"))
        for each in looking.page.locator(f'[data-chart="waterfall"] [data-{kind}]').all()
    )


def told(parts: list[dict[str, Any]], path: str = "") -> Iterator[tuple[str, str, float]]:
    """Every part and every record of an explanation, as (kind, name, points)."""
    for part in parts:
        if part["cause"] == "records":
            yield from records_of(part)
            continue
        own = (
            part.get("segment")
            or part.get("metric")
            or (part.get("pillar") if part["cause"] == "pillar" else part["cause"])
        )
        yield "part", f"{path}{own}", part["points"]
        yield from told(part.get("parts") or [], f"{path}{own}/")
        yield from records_of(part)


def records_of(part: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    for record in part.get("records") or []:
        yield "record", f"{record['type']}:{record['id']}", record["points"]


@pytest.mark.kafka
def test_the_waterfall_is_what_explain_says_down_to_the_records_and_the_link_carries_the_dates(
    stage: Stage, browser: Browser
) -> None:
    first, last = "2025-08-18", "2025-10-06"
    said = json.loads(stage.line.command("explain", stage.slides, "--as-of", last, "--against", first, "--json").stdout)
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/rep/{stage.slides}?from={first}&to={last}", page="rep")
        wait_for_the_waterfall(looking, first, last)
        open_every_bar(looking)
        figures = {each.name: each.value for each in looking.figures()}
        assert (figures["from.score"], figures["to.score"]) == (said["from"]["score"], said["to"]["score"])
        expected = [*told(said["parts"])]
        for kind in ("part", "record"):
            assert drawn(looking, kind) == sorted((name, points) for which, name, points in expected if which == kind)
        assert len(drawn(looking, "record")) > 5
        top = math.fsum(points for name, points in drawn(looking, "part") if "/" not in name)
        assert top == pytest.approx(said["to"]["score"] - said["from"]["score"], abs=1e-9)


@pytest.mark.kafka
def test_choosing_dates_changes_the_address_and_the_waterfall_and_a_shared_link_shows_the_same(
    stage: Stage, browser: Browser
) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/rep/{stage.improves}", page="rep")
        assert looking.page.locator("#change").get_attribute("data-state") == "idle"
        looking.page.fill('input[name="from"]', "2025-05-05")
        looking.page.fill('input[name="to"]', "2025-09-15")
        looking.page.get_by_role("button", name="Show what changed").click()
        wait_for_the_waterfall(looking, "2025-05-05", "2025-09-15")
        assert re.search(r"from=2025-05-05&to=2025-09-15$", looking.page.url)
        before = drawn(looking, "part")
        looking.page.fill('input[name="from"]', "2025-07-07")
        looking.page.keyboard.press("Enter")
        wait_for_the_waterfall(looking, "2025-07-07", "2025-09-15")
        assert re.search(r"from=2025-07-07&to=2025-09-15$", looking.page.url)
        after = drawn(looking, "part")
        assert after != before
        link = looking.page.url
    with visitor(browser, stage.workers[1].address) as other:
        other.open(link.partition("/#")[2].join(["#", ""]), page="rep")
        wait_for_the_waterfall(other, "2025-07-07", "2025-09-15")
        assert drawn(other, "part") == after


@pytest.mark.kafka
def test_an_open_page_goes_with_the_newest_date_its_usual_dates_and_its_alerts_too(
    stage: Stage, browser: Browser
) -> None:
    rep = stage.slides
    newest = date.fromisoformat(stage.score(f"rep:{rep}")["as_of"])
    days = [(newest - timedelta(days)).isoformat() for days in (0, 9, 28)]

    def as_it_was(route: Route) -> None:
        """The answer of nine days before, when nothing had been told."""
        answer = route.fetch()
        told = answer.json()
        told["standing"]["as_of"], told["alerts"] = days[1], []
        route.fulfill(response=answer, json=told)

    with visitor(browser, stage.address) as looking:
        looking.page.route("**/api/v1/board/rep/**", as_it_was)
        looking.open(f"#/rep/{rep}", page="rep")
        assert looking.page.input_value('input[name="to"]') == days[1]
        assert looking.page.locator("[data-alert]").count() == 0
        looking.page.wait_for_selector('#live[data-live="live"]')
        looking.page.unroute("**/api/v1/board/rep/**")
        stage.publish([company.won_deal("newest", rep, 900.0)])
        looking.wait_for(f"document.getElementById('change-to').value === '{days[0]}'")
        assert looking.page.input_value('input[name="from"]') == days[2]
        looking.page.wait_for_selector(f'[data-alert="rep:{rep}"]')
        looking.page.get_by_role("button", name="4 weeks").click()
        wait_for_the_waterfall(looking, days[2], days[0])


@pytest.mark.kafka
def test_by_keyboard_alone_one_gets_from_the_company_to_the_records_behind_a_rep(
    stage: Stage, browser: Browser
) -> None:
    team = stage.score(f"rep:{stage.slides}")["team_id"]
    with visitor(browser, stage.address) as looking:
        looking.open(page="company")
        press_until(looking, f'a[href="#/team/{team}"]')
        looking.page.keyboard.press("Enter")
        looking.wait_until_drawn("team")
        assert looking.page.evaluate("document.activeElement.id") == "main", "reading goes on where the page begins"
        press_until(looking, f'td a[href="#/rep/{stage.slides}"], th a[href="#/rep/{stage.slides}"]')
        looking.page.keyboard.press("Enter")
        looking.wait_until_drawn("rep")
        press_until(looking, '#change button[type="submit"]')
        looking.page.keyboard.press("Enter")
        looking.page.wait_for_selector(
            '#change[data-state="ready"] [data-chart="waterfall"]', timeout=1000 * READ_SECONDS
        )
        for _ in range(60):
            if looking.page.locator("[data-record]:visible").count():
                return
            press_until(looking, '[data-chart="waterfall"] button[aria-expanded="false"]')
            looking.page.keyboard.press("Enter")
        pytest.fail("no record was reached")


def press_until(looking: Visitor, selector: str, presses: int = 250) -> None:
    """Press Tab until what is looked for has the focus, and can be seen to have it."""
    for _ in range(presses):
        looking.page.keyboard.press("Tab")
        if looking.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            outline = looking.page.evaluate(
                "() => { const style = getComputedStyle(document.activeElement);"
                " return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none'; }"
            )
            assert outline, f"{selector} has the focus, but nobody sees it"
            return
    pytest.fail(f"{selector} is not reached by Tab")
