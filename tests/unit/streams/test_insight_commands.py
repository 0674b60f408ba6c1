"""How `standing`, `flags` and `robustness` are asked, and what pages say. Answers: tests/functional/test_insight_commands.py."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from rich.console import Console

from scoring.rank_report import rank_report
from scoring.scorecard import Scorecard, parse
from scoring.standing_told import standing_told
from scoring.wording import never_said
from streams import cli
from streams.commands.robustness import print_report
from streams.standing_page import print_standing
from tests.unit.scoring.simulated_company import newest_day, simulated_line

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())


def run(*arguments: str) -> int:
    try:
        return cli.main([*arguments, "--broker", "127.0.0.1:1"])
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("standing",),
        ("standing", "r-1", "r-2"),
        ("standing", "r-1", "--as-of", "soon"),
        ("standing", "r-1", "--subject", "nobody"),
        ("flags", "r-1", "r-2"),
        ("flags", "--subject", "team"),
        ("flags", "--as-of", "2026-1-1"),
        ("robustness", "r-1"),
    ],
)
def test_what_is_asked_wrongly_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: " in said.err


@pytest.mark.parametrize("arguments", [("standing", "r-1"), ("flags",), ("robustness",)], ids=lambda given: given[0])
def test_without_a_broker_or_a_scorecard_it_is_1_and_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 1
    assert run(*arguments, "--scorecard", "nowhere.toml") == 1
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert first.startswith("upscore: cannot read from the broker at 127.0.0.1:1: ")
    assert second.startswith("upscore: UPSCORE_SCORECARD is 'nowhere.toml': ")


def standing(subject: str = "rep:r-1", scorecard: Scorecard = SCORECARD, **given: Any) -> dict[str, Any]:
    line = simulated_line(**given)
    return standing_told(line.scorer(scorecard, newest_day(line)), subject, line.panes(subject), "")


def said(told: dict[str, Any], flags: int | None = None) -> str:
    out = io.StringIO()
    print_standing(Console(file=out, width=200, highlight=False, markup=False), told, flags)
    return out.getvalue()


def test_the_page_shows_every_part_and_judges_nobody() -> None:
    for subject in ("rep:r-1", "team:t-1", "company:company"):
        told = standing(subject)
        page = said(told)
        for pillar in told["pillars"].values():
            for metric, part in pillar["metrics"].items():
                rows = [line.rstrip() for line in page.splitlines() if line.split()[:1] == [metric]]
                [row] = [line for line in rows if line.endswith(f" {part['scored_in']}")]
                assert f"{part['utility']:.3f}" in row
        assert f"{told['score']:.1f} (80 % interval {told['interval']['low']:.1f}" in page
        assert never_said(page) == []


def test_metrics_by_which_nobody_can_be_told_apart_are_named() -> None:
    told = standing()
    every = [pillar["metrics"].items() for pillar in told["pillars"].values()]
    known = {name: part["known"] for of_pillar in every for name, part in of_pillar if part["known"] is not None}
    alike = [name for name, of in known.items() if of["no_measurable_difference"]]
    assert 0 < len(alike) < len(known)
    assert f"No measurable difference between reps by {', '.join(alike)}." in said(told)


def test_weak_spots_are_told_with_what_their_target_would_bring() -> None:
    told = standing()
    page = said(told)
    weak = told["advice"]["weak_spots"]
    assert weak
    for lever in weak:
        assert f"{lever['metric']} {lever['beside_norm']:.1f} points" in page
    best = max(told["advice"]["levers"], key=lambda lever: lever["per_step"])
    assert f"all else as it is: {best['metric']} " in page


def test_with_too_little_evidence_the_page_gives_no_number_for_a_score_and_no_advice() -> None:
    page = said(standing(scorecard=replace(SCORECARD, coverage_gate=0.999)))
    assert "insufficient evidence: records for " in page
    assert "no strengths and weak spots are told" in page
    assert "80 % interval" not in page
    assert never_said(page) == []


def test_flags_are_counted_where_somebody_has_looked() -> None:
    told = standing()
    assert "flag" not in said(told)
    assert "Nothing in the records is flagged" in said(told, 0)
    assert "no part of the score: 1 flag;" in said(told, 1)
    assert "no part of the score: 3 flags;" in said(told, 3)


def test_what_nobody_collects_and_what_is_no_longer_kept_is_said() -> None:
    assert "No records in the company, so their weight is the others': csat, nps." in said(standing(without="feedback"))
    line = simulated_line()
    day = newest_day(line)
    told = standing_told(line.scorer(SCORECARD, day), "rep:r-1", line.panes("rep:r-1"), "", first_day=day - 100)
    assert f"?: {told['periods']['year_to_date']['reason']}." in said(told)


def test_the_report_on_ranks_gives_them_as_intervals() -> None:
    line = simulated_line()
    found = rank_report(SCORECARD, line.standings(line.scorer(SCORECARD, newest_day(line))))
    assert found is not None
    out = io.StringIO()
    print_report(Console(file=out, width=200, highlight=False, markup=False), found)
    for row in found["reps"]:
        [shown] = [text for text in out.getvalue().splitlines() if text.split()[:1] == [row["id"]]]
        assert f"{row['best_by_choice']} to {row['worst_by_choice']}" in shown
        assert row["tier"] in shown
    assert all(change["change"] in out.getvalue() for change in found["changes"])
    assert never_said(out.getvalue()) == []
