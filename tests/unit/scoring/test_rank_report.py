"""The report on ranks: each rep's are those of its score, and no fewer than two reps are ranked."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from scoring.rank_report import rank_report
from scoring.rank_stability import columns, rank_stability
from scoring.robustness import robustness
from scoring.scorecard import parse
from tests.unit.scoring.simulated_company import newest_day, simulated_line

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())


def test_a_rep_has_its_rank_and_the_ends_of_what_evidence_and_choices_leave() -> None:
    line = simulated_line()
    standings = line.standings(line.scorer(SCORECARD, newest_day(line)))
    found = rank_report(SCORECARD, standings)
    assert found is not None
    scored = {rep: s for rep, s in standings.items() if s.breakdown.covered(SCORECARD.coverage_gate)}
    assert {row["id"] for row in found["reps"]} == scored.keys()
    for row in found["reps"]:
        better = [s for s in scored.values() if s.breakdown.score > scored[row["id"]].breakdown.score]
        assert row["rank"] == 1 + len(better)
        assert row["best_rank"] <= row["rank"] <= row["worst_rank"]
        assert row["best_by_choice"] <= row["rank"] <= row["worst_by_choice"]
        assert row["tier"] in {"above", "typical", "below"}
    assert [row["rank"] for row in found["reps"]] == sorted(row["rank"] for row in found["reps"])


def test_changes_and_variants_are_those_of_the_scorecards_review() -> None:
    line = simulated_line()
    standings = line.standings(line.scorer(SCORECARD, newest_day(line)))
    found, stability = rank_report(SCORECARD, standings), rank_stability(SCORECARD, standings)
    assert found is not None
    assert stability is not None
    assert [change["change"] for change in found["changes"]] == [shift.change for shift in stability.shifts]
    assert found["told_apart"] == stability.told_apart
    ends = {row["id"]: (row["best_by_choice"], row["worst_by_choice"]) for row in found["reps"]}
    scored = [standings[row["id"]] for row in found["reps"]]
    weights = {pillar.name: pillar.weight for pillar in scored[0].breakdown.pillars}
    variants = robustness(weights, columns(scored)).variants
    for place, row in enumerate(found["reps"]):
        ranks = [row["rank"], *(int(variant.ranks[place]) for variant in variants)]
        assert ends[row["id"]] == (min(ranks), max(ranks))
    expected = {variant.name: variant.largest_move for variant in variants}
    assert {variant["name"]: variant["largest_move"] for variant in found["variants"]} == expected
    assert rank_report(SCORECARD, dict(reversed(standings.items()))) == found


def test_it_takes_two_reps_with_a_score() -> None:
    line = simulated_line()
    standings = line.standings(line.scorer(SCORECARD, newest_day(line)))
    assert rank_report(replace(SCORECARD, coverage_gate=1.1), standings) is None
    assert rank_report(SCORECARD, {}) is None
