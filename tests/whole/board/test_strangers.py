"""Records come from strangers: whatever they write is shown as it is, and nothing of it runs."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.whole.board import company
from tests.whole.board.chromium import PHONE, Visitor, visitor
from tests.whole.board.stage import Stage

FOREIGN = "main script, main iframe, main img, main object, main base, main meta, main link, main b[onmouseover]"


def nothing_ran(looking: Visitor) -> None:
    assert looking.page.evaluate("document.title") != "owned"
    assert (
        looking.page.evaluate(
            "() => [...document.querySelectorAll('*')].flatMap((each) => [...each.attributes])"
            ".filter(({ name }) => name.startsWith('on')).length"
        )
        == 0
    )
    assert looking.page.locator(FOREIGN).count() == 0


def shows_its_score(looking: Visitor, stage: Stage, subject: str) -> None:
    assert looking.shown(subject)["score"] == stage.score(subject)["score"]


@pytest.mark.kafka
@pytest.mark.parametrize("width", [1280, PHONE])
def test_names_and_ids_that_mean_harm_are_shown_letter_by_letter(width: int, stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address, viewport={"width": width, "height": 800}) as looking:
        looking.open("#/company", page="company")
        assert company.HOSTILE_TEAM_NAME in looking.text()
        nothing_ran(looking)
        assert looking.overflow() <= 0
        looking.open(f"#/team/{quote(company.HOSTILE_TEAM, safe='')}", page="team")
        for name in company.HOSTILE_REPS.values():
            assert name in looking.text()
        nothing_ran(looking)
        assert looking.overflow() <= 0
        for rep, name in company.HOSTILE_REPS.items():
            looking.open(f"#/rep/{quote(rep, safe='')}", page="rep")
            assert name in looking.page.locator("h1").inner_text()
            looking.eventually(partial(shows_its_score, looking, stage, f"rep:{rep}"))
            nothing_ran(looking)
            assert looking.overflow() <= 0, rep


@pytest.mark.kafka
def test_a_link_in_the_list_leads_to_the_rep_whatever_the_id(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        for name in company.HOSTILE_REPS.values():
            looking.open(f"#/team/{quote(company.HOSTILE_TEAM, safe='')}", page="team")
            looking.page.locator("main th a").filter(has_text=name).click()
            looking.wait_until_drawn("rep")
            assert name in looking.page.locator("h1").inner_text()


@pytest.mark.kafka
def test_notes_and_dead_letters_are_text(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/rep/{quote(next(iter(company.HOSTILE_REPS)), safe='')}", page="rep")
        assert company.HOSTILE_NOTE in looking.page.text_content("main")
        nothing_ran(looking)
        looking.open("#/stream", page="stream")
        looking.page.locator("[data-letter]").first.wait_for()
        for summary in looking.page.locator("[data-letter] summary").all():
            summary.click()
        for letter in company.HOSTILE_LETTERS:
            text = letter.decode(errors="replace").replace("\0", "")
            assert text.strip() in looking.page.text_content("main").replace("\0", "")
        nothing_ran(looking)


@pytest.mark.kafka
def test_a_team_of_a_thousand_is_light_and_everybody_in_it_is_found(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.address) as looking:
        looking.open(f"#/team/{company.THOUSAND}", page="team")
        assert looking.shown(f"team:{company.THOUSAND}")["n_members"] == len(company.MEMBERS)
        elements = looking.page.evaluate("document.querySelectorAll('*').length")
        looking.page.fill('input[name="filter"]', company.MEMBERS[776])
        looking.wait_for("document.querySelectorAll('tr[data-subject]').length === 1")
        (shown,) = {each.subject for each in looking.figures() if each.subject and each.subject.startswith("rep:")}
        assert shown == f"rep:{company.MEMBERS[776]}"
        looking.page.fill('input[name="filter"]', "")
        looking.wait_for("document.querySelectorAll('tr[data-subject]').length > 20")
        looking.page.wait_for_selector('#live[data-live="live"]')
        looking.page.evaluate(FRAMES)
        stage.publish(
            record
            for number, rep in enumerate(company.MEMBERS[:200])
            for record in [company.won_deal(f"busy-{number}", rep, 5_000.0)]
        )
        looking.page.wait_for_selector("[data-changed]")
        frames = looking.page.evaluate("window.frames_seen")
        print(  # noqa: T201 - what was measured
            f"a team of a thousand: {elements} elements; {len(frames)} frames while 200 scores changed, "
            f"the longest {max(frames):.0f} ms, half of them below {sorted(frames)[len(frames) // 2]:.0f} ms"
        )
        assert elements < 4_000, "rows are drawn as they are wanted"
        assert sorted(frames)[len(frames) // 2] < 100


FRAMES = """() => { window.frames_seen = []; let last = performance.now();
  const next = (now) => { window.frames_seen.push(now - last); last = now; requestAnimationFrame(next); };
  requestAnimationFrame(next); }"""
