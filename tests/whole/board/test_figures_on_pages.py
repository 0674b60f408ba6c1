"""Every figure on a page is the one that the API gives, at full precision."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from schemas.catalogue import figure_named
from streams.scorecard_file import load_scorecard
from tests.installation import wait_until
from tests.whole.board import company
from tests.whole.board.chromium import Visitor, visitor
from tests.whole.board.stage import Stage

SUMMARY = ("score", "low", "high", "level", "improvement", "coverage")


def right(stage: Stage, looking: Visitor) -> None:
    """Fails unless every figure of every subject on the page is that of the API, as soon as the page has heard of it."""
    looking.eventually(lambda: _check(stage, looking))


def newest_alerts(looking: Visitor, alerts: list[dict[str, Any]]) -> None:
    """Fails unless the newest alerts stand on the page, and the way to the others where there are more."""
    shown = [each.get_attribute("data-alert") for each in looking.page.locator("[data-alert]").all()]
    assert shown
    assert shown == [f"{alert['subject']}:{alert['id']}" for alert in alerts[: len(shown)]]
    others = looking.page.get_by_role("link", name=f"All {len(alerts)} open alerts")
    assert others.count() == (1 if len(alerts) > len(shown) else 0)


def _check(stage: Stage, looking: Visitor) -> None:
    assert wrong(stage, looking) == []


def wrong(stage: Stage, looking: Visitor) -> list[tuple[str, str, float | None, Any]]:
    """Figures of subjects that differ from `/api/v1/scores/...`, which is section 4 of the contract."""
    scores: dict[str, Any] = {}
    found = []
    for figure in looking.figures():
        if figure.subject is not None and figure.name in SUMMARY:
            if figure.subject not in scores:
                scores[figure.subject] = stage.score(figure.subject)
            if figure.value != scores[figure.subject][figure.name]:
                found.append((figure.subject, figure.name, figure.value, scores[figure.subject][figure.name]))
    assert scores, looking.text()
    return found


@pytest.mark.kafka
def test_the_company_page_shows_its_score_teams_territories_movers_and_open_alerts(
    stage: Stage, browser: Browser
) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open(page="company")
        right(stage, looking)
        subjects = {figure.subject for figure in looking.figures() if figure.name == "score"}
        groups = {f"{row['subject']}:{row['id']}" for row in stage.published() if row["subject"] != "rep"}
        assert groups <= subjects
        newest_alerts(looking, stage.answer("/api/v1/board/company")["alerts"])
        assert looking.page.locator('[data-chart="trend"]').count() >= 1
        wait_until(lambda: movers_shown(stage, looking), 60, "the page shows who moved, as the API says")


def movers_shown(stage: Stage, looking: Visitor) -> bool:
    """Whether the page, opened anew, shows all movers: they are counted little by little, and scores may still move."""
    looking.page.reload()
    looking.wait_until_drawn("company")
    movers = stage.answer("/api/v1/board/company")["movers"]
    moved = [*movers["up"], *movers["down"]]
    return len(moved) > 1 and all(looking.shown(f"rep:{rep['id']}").get("change") == rep["change"] for rep in moved)


@pytest.mark.kafka
def test_a_team_page_shows_every_member_with_interval_and_tier_and_what_is_weak(stage: Stage, browser: Browser) -> None:
    team = stage.score(f"rep:{stage.slides}")["team_id"]
    answer = stage.answer(f"/api/v1/board/team/{team}")
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/team/{team}", page="team")
        right(stage, looking)
        assert {f"rep:{member['id']}" for member in answer["members"]} <= {each.subject for each in looking.figures()}
        newest_alerts(looking, answer["alerts"])
        shown = {each.name: each.value for each in looking.figures()}
        for name, value in answer["spread"].items():
            assert shown[f"spread.{name}"] == value
        for spot in answer["weak_spots"]:
            assert shown[f"weak.{spot['metric']}.beside_norm"] == spot["beside_norm"]
        for target in answer["targets"]:
            assert shown[f"metric.{target['metric']}.target"] == target["target"]
            assert shown[f"attainment.{target['metric']}"] == target["attainment"]
        assert {member["tier"] for member in answer["members"]} - {None}


@pytest.mark.kafka
def test_a_territory_has_a_page_like_a_team(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open("#/territory/emea", page="territory")
        right(stage, looking)
        assert f"rep:{stage.slides}" in {each.subject for each in looking.figures()}


@pytest.mark.kafka
def test_a_rep_page_shows_every_metric_of_every_window_pillars_and_what_would_raise_the_score(
    stage: Stage, browser: Browser
) -> None:
    rep = stage.slides
    score = stage.score(f"rep:{rep}")
    standing = stage.answer_of_owner(f"/api/v1/standing/rep/{rep}")
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/rep/{rep}", page="rep")
        right(stage, looking)
        for window in ("7d", "28d", "91d", "364d"):
            looking.page.get_by_role("button", name=f"{window.removesuffix('d')} days", exact=True).click()
            values = {each.name: each.value for each in looking.figures() if each.window == window}
            for name, metric in score["metrics"].items():
                if f"metric.{name}.value" in values:
                    figure = metric["windows"][window]
                    assert values[f"metric.{name}.value"] == figure["value"], (name, window)
                    assert values[f"metric.{name}.n"] == figure["n"], (name, window)
            missing = {name for name in score["metrics"] if f"metric.{name}.value" not in values}
            assert not missing, "every metric is shown, scored or not"
        shown = {each.name: each.value for each in looking.figures()}
        for name, pillar in score["pillars"].items():
            assert shown[f"pillar.{name}.value"] == pillar["value"]
        levers = {each["metric"]: each["per_step"] for each in standing["advice"]["levers"]}
        advised = {name: value for name, value in shown.items() if name.startswith("advice.")}
        assert advised
        assert advised == {f"advice.{metric}.points": levers[metric] for metric in (n.split(".")[1] for n in advised)}
        raises = [value for value in advised.values() if value is not None]
        assert raises == sorted(raises, reverse=True)
        assert max(raises) == max(levers.values()), "what would raise it most comes first"
        assert looking.page.locator(f'[data-alert="rep:{rep}"]').count() == 1


@pytest.mark.kafka
def test_an_open_alert_is_shown_as_it_was_sent_and_leads_to_its_explanation(stage: Stage, browser: Browser) -> None:
    sent = next(
        alert
        for alert in stage.alerts()
        if (alert["subject"], alert["id"], alert["type"]) == ("rep", stage.slides, "ScoreDropped")
    )
    with visitor(browser, stage.address) as looking:
        looking.open("#/alerts", page="alerts")
        shown = looking.page.locator(f'[data-alert="rep:{stage.slides}"]').first
        figures = {
            each.get_attribute("data-figure"): each.get_attribute("data-value")
            for each in shown.locator("[data-figure]").all()
        }
        for name in ("score_before", "score_after"):
            assert float(figures[name] or "nan") == sent[name]
        _, _, how = sent["cause"].rstrip(".").partition(": ")
        metric = figure_named(sent["cause_key"].split("/")[1])
        said = how.replace("how it went", ", which went worse") if how.startswith("how it went") else f": {how}"
        assert f"Associated most with {metric.title}{said}." in shown.inner_text()
        shown.get_by_role("link", name="What changed").click()
        looking.wait_until_drawn("rep")
        assert looking.page.input_value('input[name="from"]') == sent["since"]
        assert looking.page.input_value('input[name="to"]') == sent["as_of"]


@pytest.mark.kafka
def test_the_stream_page_counts_what_the_workers_count_and_names_both(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open("#/stream", page="stream")
        shown = {each.name: each.value for each in looking.figures()}
        prefix = stage.line.settings.topic_prefix
        counted: dict[str, float] = {}
        for worker in stage.workers:
            for labels, value in worker.metric("upscore_records_total").items():
                outcome, topic = (part.split('"')[1] for part in labels.strip("{}").split(","))
                counted[f"{topic}.{outcome}"] = counted.get(f"{topic}.{outcome}", 0) + value
        by_name = {
            name.removeprefix("records.").removeprefix(prefix): value
            for name, value in shown.items()
            if name.startswith("records.")
        }
        assert by_name == counted
        assert shown["dead_letters.not_json"] == 2
        assert shown["dead_letters.missing_field"] == 1
        assert shown["behind"] == 0
        for worker in stage.workers:
            assert worker.address.removeprefix("http://") in looking.text()


@pytest.mark.kafka
def test_dead_letters_are_found_by_what_they_hold(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open("#/stream", page="stream")
        letters = looking.page.locator("[data-letter]")
        letters.first.wait_for()
        assert letters.count() == len(company.HOSTILE_LETTERS)
        looking.page.fill('input[name="q"]', "javascript:")
        looking.wait_for("document.querySelectorAll('[data-letter]').length === 1")
        assert "missing field" in letters.first.inner_text()
        assert "q=javascript" in looking.page.url


@pytest.mark.kafka
def test_the_scorecard_page_shows_every_weight(stage: Stage, browser: Browser) -> None:
    scorecard = load_scorecard(None)
    with visitor(browser, stage.address) as looking:
        looking.open("#/scorecard", page="scorecard")
        shown = {each.name: each.value for each in looking.figures()}
        expected = {f"weight.{pillar}": weight for pillar, weight in scorecard.pillars.items()}
        expected |= {f"weight.{metric.metric}": metric.weight for metric in scorecard.metrics}
        assert shown == pytest.approx(expected, abs=1e-12)


@pytest.mark.kafka
@pytest.mark.parametrize("link", ["#/rep/nobody", "#/team/nobody", "#/nowhere", "#/rep/%E0%A4%A"])
def test_a_link_to_nobody_says_so_and_leads_on(link: str, stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address, expected=["404 (Not Found)"]) as looking:
        looking.page.goto(f"{stage.address}/{link}")
        looking.page.wait_for_selector('main[data-state="failed"]')
        assert "Not found" in looking.text()
        looking.page.get_by_role("link", name="To the company").click()
        looking.wait_until_drawn("company")


@pytest.mark.kafka
def test_search_finds_people_by_name_and_id(stage: Stage, browser: Browser) -> None:
    name = stage.answer(f"/api/v1/board/search?q={quote(stage.slides)}")["found"][0]["name"]
    with visitor(browser, stage.address) as looking:
        looking.open(page="company")
        for text in (name.split()[-1].lower(), stage.slides):
            looking.page.fill('input[name="find"]', text)
            looking.page.wait_for_selector("#found a")
            looking.page.keyboard.press("ArrowDown")
            looking.page.keyboard.press("Enter")
            looking.wait_until_drawn("rep")
            assert looking.page.url.endswith(f"#/rep/{stage.slides}")
            looking.open("#/company", page="company")
