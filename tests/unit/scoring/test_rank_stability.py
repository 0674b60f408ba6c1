from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from statistics import median

import pytest

from scoring.aggregate import aggregate, geometric
from scoring.improvement import improvement_part
from scoring.rank_stability import columns, rank_stability
from scoring.robustness import robustness
from scoring.scorecard import Scorecard, parse
from scoring.scorecard_review import RankStability
from scoring.slope import Slope
from scoring.standing import Standing
from scoring.tiers import probability_higher
from tests.unit.scoring.simulated_company import newest_day, simulated_line

SCORECARD = parse(files("scoring").joinpath("scorecards/default.toml").read_text())


@pytest.fixture(scope="module")
def standings() -> dict[str, Standing]:
    line = simulated_line()
    return line.standings(line.scorer(SCORECARD, newest_day(line)))


def _stable(scorecard: Scorecard, standings: dict[str, Standing]) -> RankStability:
    found = rank_stability(scorecard, standings)
    assert found is not None
    return found


def _rank(score: float, scores: list[float]) -> int:
    return 1 + sum(other > score for other in scores)


def test_standings_are_those_of_the_scores_of_all_reps(standings: dict[str, Standing]) -> None:
    line = simulated_line()
    scores = {s["id"]: s for s in line.scores(SCORECARD, newest_day(line), "") if s["subject"] == "rep"}
    assert standings.keys() == scores.keys()
    for rep, standing in standings.items():
        level, coverage = scores[rep]["level"], scores[rep]["coverage"]
        assert (standing.breakdown.level, standing.breakdown.coverage) == (level, coverage)
        if scores[rep]["score"] is not None:
            assert (standing.interval.low, standing.interval.high) == (scores[rep]["low"], scores[rep]["high"])


def test_columns_give_the_ranks_of_the_scores(standings: dict[str, Standing]) -> None:
    stand = list(standings.values())
    weights = {pillar.name: pillar.weight for pillar in stand[0].breakdown.pillars}
    scores = [standing.breakdown.score for standing in stand]
    assert robustness(weights, columns(stand)).ranks.tolist() == [_rank(score, scores) for score in scores]


def test_slopes_are_columns_of_their_own_utilities(standings: dict[str, Standing]) -> None:
    """With an improvement pillar put in: some slopes inside of their line, some beyond its ends, less is better in one."""
    stand = []
    for place, standing in enumerate(standings.values()):
        slopes = [
            improvement_part("csat", 0.6, Slope(0.004 * (place - 5), 1e-6, 26), 1e-3, 0.1),
            improvement_part("cycle_days", 0.4, Slope(0.3 * (place - 4), 1e-3, 26), 1.0, 5.0, -1),
        ]
        parts = {pillar.name: pillar.metrics for pillar in standing.breakdown.pillars} | {"improvement": slopes}
        stand.append(replace(standing, breakdown=aggregate(SCORECARD.pillars, parts)))
    of_slopes = [column for column in columns(stand) if column.pillar == "improvement"]
    assert [column.metric for column in of_slopes] == ["csat", "cycle_days"]
    for nth, column in enumerate(of_slopes):
        expected = [each.breakdown.pillars[-1].metrics[nth].u for each in stand]
        assert column.utilities() == pytest.approx(expected, abs=1e-12)
        assert {0.0, 1.0} & set(expected) < set(expected)
    weights = {pillar.name: pillar.weight for pillar in stand[0].breakdown.pillars}
    scores = [each.breakdown.score for each in stand]
    assert robustness(weights, columns(stand)).ranks.tolist() == [_rank(score, scores) for score in scores]


def test_pairs_told_apart_are_those_of_which_one_is_higher_with_nine_in_ten(standings: dict[str, Standing]) -> None:
    scored = [each for each in standings.values() if each.breakdown.covered(SCORECARD.coverage_gate)]
    pairs = list(combinations([(each.breakdown.score, each.interval.variance) for each in scored], 2))
    apart = [max(probability_higher(*one, *other), probability_higher(*other, *one)) > 0.9 for one, other in pairs]
    found = _stable(SCORECARD, standings)
    assert (found.reps, found.told_apart) == (len(scored), sum(apart) / len(pairs))
    assert len(pairs) > sum(apart)


@pytest.mark.parametrize("certainty", [1, 300])
def test_leaving_a_metric_out_moves_ranks_as_scores_without_it_do(
    standings: dict[str, Standing], certainty: int
) -> None:
    """Another way: the score itself without the metric, by the formula, and rank intervals pair by pair."""
    standings = {
        rep: replace(each, interval=each.interval._replace(variance=each.interval.variance / certainty))
        for rep, each in standings.items()
    }
    scored = [each for each in standings.values() if each.breakdown.covered(SCORECARD.coverage_gate)]
    before = [each.breakdown.score for each in scored]
    after = []
    for each in scored:
        pillars = []
        for pillar in each.breakdown.pillars:
            parts = [part for part in pillar.metrics if part.name != "net_revenue"]
            whole = sum(part.weight for part in parts)
            value = sum(part.weight / whole * part.u for part in parts)
            pillars.append((pillar.weight, 0.05 + 0.95 * value))
        after.append(geometric(pillars))
    moves, within = [], 0
    for i, each in enumerate(scored):
        rank, variance = _rank(after[i], after), each.interval.variance
        moves.append(abs(rank - _rank(before[i], before)))
        ahead = [probability_higher(before[i], variance, o.breakdown.score, o.interval.variance) for o in scored]
        within += 1 + sum(p < 0.1 for p in ahead) <= rank <= len(scored) - sum(p > 0.9 for p in ahead)
    (shift,) = [shift for shift in _stable(SCORECARD, standings).shifts if shift.change == "without net_revenue"]
    assert (shift.median_ranks, shift.most_ranks) == (median(moves), max(moves))
    assert shift.within_interval == within / len(scored)
    assert shift.most_ranks > 0
    assert (shift.within_interval < 1) is (certainty > 1)


def test_changes_alike_are_one_line_with_the_furthest_move_of_each(standings: dict[str, Standing]) -> None:
    found = _stable(SCORECARD, standings)
    names = [shift.change for shift in found.shifts]
    assert len(names) == len(set(names))
    assert names[:3] == [
        "any one weight 25 % less or more",
        "arithmetic mean of pillars",
        "goalposts of any one metric 10 % nearer or further",
    ]
    collected = {part.name for pillar in next(iter(standings.values())).breakdown.pillars for part in pillar.metrics}
    assert set(names[3:]) == {f"without {metric}" for metric in collected}


def test_only_reps_with_a_score_are_ranked_and_it_takes_two(standings: dict[str, Standing]) -> None:
    assert rank_stability(replace(SCORECARD, coverage_gate=1.1), standings) is None
    assert rank_stability(SCORECARD, {}) is None
    rep = next(iter(standings))
    assert rank_stability(SCORECARD, {rep: standings[rep]}) is None
    poor = replace(standings[rep], breakdown=replace(standings[rep].breakdown, coverage=0.1))
    assert _stable(SCORECARD, {**standings, "poor": poor}) == _stable(SCORECARD, standings)


def test_the_order_of_reps_makes_no_difference(standings: dict[str, Standing]) -> None:
    assert _stable(SCORECARD, dict(reversed(standings.items()))) == _stable(SCORECARD, standings)
