"""The waterfall in sentences and as a chart, in terminals of all sizes."""

from __future__ import annotations

import copy
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import schemas
from schemas.score import Explanation
from scoring.waterfall import waterfall
from streams.waterfall_chart import chart
from streams.waterfall_text import paragraphs, show
from streams.waterfall_words import cause_in_words, name_of
from tests.unit.scoring.two_dates import two_dates

EXAMPLES = Path(schemas.__file__).parent / "examples"
SCORE = json.loads((EXAMPLES / "upscore.scores.v1" / "score-scored.json").read_text("utf-8"))
DROP = json.loads((EXAMPLES / "upscore.alerts.v1" / "score-dropped-with-segments.json").read_text("utf-8"))


def scored(score: float | None, as_of: str, **fields: Any) -> dict[str, Any]:
    ends = {"low": None, "high": None} if score is None else {"low": max(5.0, score - 6), "high": min(100.0, score + 6)}
    status = "insufficient_evidence" if score is None else "scored"
    return SCORE | {"id": "r-21", "score": score, "as_of": as_of, "status": status} | ends | fields


def explanation(**fields: Any) -> dict[str, Any]:
    given_ = {"subject": "rep", "id": "r-21", "from": scored(66.0, "2026-03-30"), "to": scored(57.5, "2026-05-11")}
    return given_ | {"parts": copy.deepcopy(DROP["parts"])} | fields


def text(found: dict[str, Any]) -> str:
    return "\n".join(paragraphs(found))


def drawn(found: dict[str, Any], width: int = 80, *, blocks: bool = True) -> list[str]:
    return [line.plain for line in chart(found, width, blocks=blocks)]


def printed(found: dict[str, Any], width: int = 80, *, terminal: bool = False) -> str:
    out = StringIO()
    show(found, Console(file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None))
    return out.getvalue()


def test_the_example_is_an_explanation_by_the_contract() -> None:
    Explanation.model_validate_json(json.dumps(explanation()))


# --- sentences


def test_the_text_says_score_interval_change_circumstances_pillars_and_records() -> None:
    said = paragraphs(explanation())

    assert said[0] == (
        "Rep r-21 scored 57.5 (80 % interval 51.5 to 63.5) on 2026-05-11, 8.5 points lower than 66.0 "
        "(80 % interval 60.0 to 72.0) on 2026-03-30. The two intervals overlap, so some or all of the change may be chance."
    )
    assert said[1] == "Points associated with circumstances: team, absence and ramp-up -0.5, market and season -1.0."
    assert said[2] == (
        "The results pillar is associated with -7.5 points: cohort win rate -8.0 (how it went in Platform -7.5, how much of "
        "it was in Platform -0.8, how much of it was in Add-on -0.5); net revenue +0.5 (how much there was)."
    )
    assert said[3] == "The process pillar is associated with +0.5 points."
    assert (
        said[4] == "Records with the largest part in this: deal d-2201 (-3.0), deal d-2207 (-2.0), deal d-2190 (+0.5)."
    )


def test_intervals_that_lie_apart_are_not_called_chance() -> None:
    assert "chance" not in text(explanation(to=scored(50.0, "2026-05-11")))


def test_too_little_evidence_is_said_plainly_and_nothing_is_explained() -> None:
    now = text(explanation(to=scored(None, "2026-05-11", coverage=0.599), parts=[]))
    then = text(explanation(**{"from": scored(None, "2026-03-30", coverage=0.599), "parts": []}))
    never = text(explanation(**{"from": None, "parts": []}))

    assert "has no score on 2026-05-11: there is too little evidence (records stand behind 59 % of what" in now
    assert "There was too little evidence for a score on 2026-03-30 (records stand behind 59 % of what" in then
    assert "There is no earlier score to compare it with." in never
    for said in (now, then, never):
        assert "points" not in said.replace("Points say", "")


def test_two_scores_of_one_date_are_told_apart_by_what_was_known() -> None:
    known = {"version": {"known_at": "2026-04-02T06:00:00Z"}}
    said = text(explanation(**{"from": scored(66.0, "2026-05-11", **known)}))

    assert "on 2026-05-11 (as known at 2026-04-02T06:00:00Z)" in said
    assert "on 2026-05-11 (as known at 2026-04-01T06:00:00Z)" in said


def test_a_score_that_hardly_changed_is_as_good_as_unchanged() -> None:
    said = text(explanation(to=scored(66.01, "2026-05-11"), parts=[{"cause": "market", "points": 0.01}]))

    assert "as good as unchanged from 66.0" in said
    assert "None of the change is associated with scorecard, people, corrected records or the market." in said


@given(st.integers(0, 10**9), st.integers(1, 200))
def test_the_text_claims_no_cause_and_decides_nothing(seed: int, width: int) -> None:
    case = two_dates(seed)
    parts = waterfall(case.before, case.turned, case.after, case.changes)
    found = explanation(
        **{
            "from": scored(case.before.score, "2026-03-30"),
            "to": scored(case.after.score, "2026-05-11"),
            "parts": parts,
        }
    )

    said = text(found).replace("not what caused it", "")
    assert not re.search(r"\b(because|caused?|due to|fault|blame|drove|led to|made it|decides?)\b", said)
    assert "-0.0" not in said
    lines = drawn(found, width)
    assert all(cell_len(line) <= max(20, width) for line in lines)
    assert len({cell_len(line) for line in lines[1:]}) == 1
    assert re.search(rf"{case.before.score:.1f}$", "\n".join(lines), re.MULTILINE)
    assert lines[-1].endswith(f"{case.after.score:.1f}")


def test_the_cause_of_an_alert_leaves_out_what_is_not_the_subjects_own() -> None:
    assert cause_in_words(DROP["parts"]) == DROP["cause"]
    assert cause_in_words([{"cause": "market", "points": -9.0}]) == "no single part"
    assert cause_in_words([{"cause": "corrections", "points": -9.0}]) == "corrected records"


def test_a_cause_of_a_later_version_is_called_by_its_name() -> None:
    assert name_of({"cause": "customer_mood", "points": 1.0}) == "customer mood"


# --- chart


def test_the_chart_leads_from_the_old_score_to_the_new_one() -> None:
    lines = drawn(explanation(), 60, blocks=False)

    assert re.fullmatch(r" {25}56\.2 +66\.0", lines[0])
    names = [line[:24].rstrip() for line in lines[1:]]
    assert names[:6] == [
        "score 2026-03-30",
        "scorecard, norms and ta~",
        "team, absence and ramp-~",
        "corrected records",
        "market and season",
        "results",
    ]
    assert names[6:9] == ["  cohort win rate", "    rate", "      Platform"]
    assert names[-1] == "score 2026-05-11"
    bars = {name: line[24:] for name, line in zip(names, lines[1:], strict=True)}
    edges = {name: (bar.find("-"), len(bar[:-7].rstrip())) for name, bar in bars.items() if "-" in bar[:-7]}
    assert edges["market and season"][0] == edges["results"][1], "each bar begins where the one before ended"
    assert bars["process"][:-7].strip().strip("+") == ""


def test_gains_and_losses_differ_without_colour() -> None:
    for blocks, gain, loss in ((True, "█", "░"), (False, "+", "-")):
        lines = drawn(explanation(), 80, blocks=blocks)
        gains = next(line for line in lines if line.startswith("process"))
        losses = next(line for line in lines if line.startswith("results"))
        assert gain in gains[30:70]
        assert loss not in gains[30:70]
        assert loss in losses[30:70]
        assert gain not in losses[30:70]
        assert gains.endswith("+0.5")
        assert losses.endswith("-7.5")


def test_most_points_come_first_on_each_level_but_switches_keep_their_order() -> None:
    found = explanation()
    found["parts"][0]["points"], found["parts"][3]["points"] = 0.25, -20.0
    found["parts"].reverse()

    names = [line[:28].strip() for line in drawn(found, 80)[2:-1]]

    order = [
        names.index(name)
        for name in (
            "scorecard, norms and targets",
            "team, absence and ramp-up",
            "corrected records",
            "market and season",
        )
    ]
    assert order == [0, 1, 2, 3]
    assert names.index("results") < names.index("process")
    assert names.index("Platform") < names.index("Add-on")


def test_without_two_scores_there_is_no_chart() -> None:
    assert drawn(explanation(**{"from": None})) == []
    assert drawn(explanation(**{"from": scored(None, "2026-03-30")})) == []
    assert drawn(explanation(to=scored(None, "2026-05-11"))) == []


def test_a_narrow_terminal_gets_names_and_points_without_bars() -> None:
    lines = drawn(explanation(), 24)

    assert not set("".join(lines)) & {"█", "░", "┃"}
    assert lines[0].startswith("score 2026-03-30")
    assert all(re.search(r"\d\.\d$", line) for line in lines)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_all_that_is_printed_fits_the_terminal(width: int) -> None:
    found = explanation(id="東京" * 40)
    found["parts"][4]["parts"][0]["parts"][1]["parts"][0]["segment"] = "機器" * 30

    drawn_ = printed(found, width).splitlines()
    chart_lines = [line for line in drawn_ if re.search(r"\d\.\d$", line)]
    assert all(cell_len(line) <= width for line in chart_lines)


def test_without_a_terminal_it_is_plain_text() -> None:
    assert "\x1b" not in printed(explanation())
    assert "\x1b[" in printed(explanation(), terminal=True)


def test_ids_and_segments_can_neither_write_markup_nor_move_the_cursor() -> None:
    found = explanation(id="[red]r[/red]\x1b[2J")
    records = found["parts"][4]["parts"][0]["parts"][2]["parts"][0]["parts"][0]["records"]
    records[0]["id"] = "d\r\n[bold]1\x1b[2J"

    out = printed(found)

    assert "\x1b" not in out
    assert "[red]r[/red]?[2J" in out
    assert "d??[bold]1?[2J" in out.replace("\n", " ").replace("  ", " ")
