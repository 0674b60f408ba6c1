"""The board for everybody: by screen reader, in light and dark, on a phone, on paper, and for who holds the token."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.whole.board import company
from tests.whole.board.chromium import HEIGHT, PHONE, Visitor, visitor
from tests.whole.board.stage import TOKEN, Stage

AXE = Axe()


def links(stage: Stage) -> dict[str, str]:
    """One link to each page."""
    return {
        "company": "#/company",
        "team": "#/team/t-1",
        "territory": "#/territory/emea",
        "rep": f"#/rep/{stage.slides}",
        "alerts": "#/alerts",
        "stream": "#/stream",
        "scorecard": "#/scorecard",
    }


def grave(page: Page) -> list[tuple[str, str, list[Any]]]:
    """What axe-core finds serious or worse: rule, what it says, where."""
    found = AXE.run(page).response["violations"]
    return [
        (each["id"], each["help"], [(node["target"], node["html"][:200]) for node in each["nodes"][:5]])
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.mark.kafka
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(scheme: Any, stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address, color_scheme=scheme) as looking:
        for page, link in links(stage).items():
            looking.open(link, page=page)
            if page == "alerts":
                looking.page.locator("details summary").first.click()
            assert grave(looking.page) == [], (page, scheme)


@pytest.mark.kafka
def test_every_page_has_a_title_a_first_heading_and_marks_where_one_is(stage: Stage, browser: Browser) -> None:
    titles = set()
    with visitor(browser, stage.address) as looking:
        for page, link in links(stage).items():
            looking.open(link, page=page)
            assert looking.page.locator("h1").count() == 1, page
            titles.add(looking.page.title())
            if looking.page.locator(f'header nav a[href="#/{page}"]').count():
                assert looking.page.locator("header nav a[aria-current=page]").get_attribute("href") == f"#/{page}"
    assert len(titles) == len(links(stage))


@pytest.mark.kafka
def test_on_a_phone_nothing_is_wider_than_the_screen(stage: Stage, browser: Browser) -> None:
    with visitor(
        browser, stage.address, viewport={"width": PHONE, "height": 740}, is_mobile=True, has_touch=True
    ) as looking:
        for page, link in links(stage).items():
            looking.open(link, page=page)
            assert looking.overflow() <= 0, (page, wider(looking))


def wider(looking: Visitor) -> Any:
    """What reaches beyond the right edge."""
    return looking.page.evaluate(
        "() => [...document.querySelectorAll('main *')]"
        ".filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".slice(0, 8).map((each) => each.outerHTML.slice(0, 120))"
    )


@pytest.mark.kafka
def test_dark_is_dark_and_the_readers_choice_outlasts_a_reload(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address, color_scheme="light") as looking:
        looking.open(page="company")
        bright = brightness(looking)
        looking.page.click('[data-action="theme"]')
        assert looking.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert brightness(looking) < 80
        assert bright > 170
        looking.page.reload()
        looking.wait_until_drawn("company")
        assert brightness(looking) < 80
    with visitor(browser, stage.address, color_scheme="dark") as looking:
        looking.open(page="company")
        assert brightness(looking) < 80


def brightness(looking: Visitor) -> float:
    """Of the page's background, 0..255."""
    colour = str(looking.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].replace(",", " ").split()[:3]]
    return sum(parts) / 3


@pytest.mark.kafka
def test_on_paper_stands_what_was_on_the_screen_without_what_can_only_be_clicked(
    stage: Stage, browser: Browser
) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open(links(stage)["rep"], page="rep")
        looking.page.emulate_media(media="print")
        assert not looking.page.locator("header nav").is_visible()
        assert not looking.page.locator('[data-action="theme"]').is_visible()
        assert looking.page.locator('[data-figure="score"]').first.is_visible()
        assert looking.overflow() <= 0


@pytest.mark.kafka
def test_numbers_and_dates_are_written_as_the_reader_writes_them(stage: Stage, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": HEIGHT}, locale="de-DE", timezone_id="UTC")
    try:
        looking = Visitor(context.new_page(), stage.address)
        looking.open("#/company", page="company")
        figure = next(each for each in looking.figures() if each.name == "score" and each.value is not None)
        assert figure.text == f"{figure.value:.1f}".replace(".", ",")
    finally:
        context.close()


@pytest.mark.kafka
def test_an_empty_system_asks_for_its_token_once_and_says_kindly_that_there_is_nothing_yet(
    empty: Stage, browser: Browser
) -> None:
    with visitor(browser, empty.address, expected=["401 (Unauthorized)"]) as looking:
        looking.page.goto(f"{empty.address}/")
        looking.page.fill('input[name="token"]', "not it")
        assert grave(looking.page) == []
        looking.page.keyboard.press("Enter")
        looking.page.get_by_text("not accepted").wait_for()
        looking.page.fill('input[name="token"]', TOKEN)
        looking.page.keyboard.press("Enter")
        looking.wait_until_drawn("company")
        assert "No records yet" in looking.text()
        assert TOKEN not in looking.page.url
        for page in ("alerts", "stream", "scorecard"):
            looking.open(f"#/{page}", page=page)
            assert grave(looking.page) == [], page
        assert looking.page.locator('input[name="token"]').count() == 0, "asked for once"


@pytest.mark.kafka
def test_an_empty_system_comes_to_life_by_itself(empty: Stage, browser: Browser) -> None:
    with visitor(browser, empty.address, expected=["401 (Unauthorized)"]) as looking:
        looking.page.goto(f"{empty.address}/")
        looking.page.fill('input[name="token"]', TOKEN)
        looking.page.keyboard.press("Enter")
        looking.wait_until_drawn("company")
        empty.publish(company.strangers())
        looking.page.wait_for_selector('[data-subject="company:company"] [data-figure="coverage"]')
