from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_mean, of_rate, of_sum, pooled
from scoring.maturation import Deal, cohort, maturation
from scoring.norming import COHORT, Gates, Rule, norms
from scoring.norms import Norms, from_plain, to_plain
from scoring.oracle import shrinkage as oracle
from scoring.residuals import dispersion, residuals
from scoring.shrinkage import estimate

MONDAY = 738_157 - (738_157 - 1) % 7
BEFORE = MONDAY + 26 * 7
RULES = {
    "csat": Rule("rate", 0.8, 0.08, 0.03),
    "cycle_days": Rule("mean", 45.0, 12.0, 4.5, higher_is_better=False),
    "calls": Rule("sum", 4.0, 1.5, 0.4, capped=True),
    COHORT: Rule("rate", 0.3, 0.08, 0.03),
}

Weekly = dict[str, dict[int, dict[str, Evidence]]]
Deals = dict[str, list[Deal]]


def company(reps: int, seed: int = 1, weeks: int = 26) -> tuple[Weekly, Deals]:
    """Weeks and deals of so many reps, who differ."""
    draw = np.random.default_rng(seed)
    weekly: Weekly = {}
    deals: Deals = {}
    for number in range(reps):
        rep = f"r-{number:02}"
        skill = float(draw.normal())
        for week in range(weeks):
            answers, top = 4, int(draw.binomial(4, min(0.95, max(0.05, 0.7 + 0.1 * skill))))
            days = [float(day) for day in draw.poisson(30, 3)]
            weekly.setdefault(rep, {})[MONDAY + 7 * week] = {
                "csat": of_rate(answers, top),
                "cycle_days": of_mean(3, sum(days), sum(day * day for day in days)),
                "calls": of_sum(5, float(draw.poisson(20 + 4 * max(-3.0, skill)))),
            }
        for opened in range(MONDAY, MONDAY + 7 * weeks, 2):
            won = draw.random() < 0.4
            deals.setdefault(rep, []).append(Deal(opened, opened + int(draw.integers(0, 50)) if won else None))
    return weekly, deals


WEEKLY, DEALS = company(12)
NORMS = norms("2026Q1", BEFORE, RULES, WEEKLY, DEALS)


def test_each_metric_has_the_norm_of_its_peers_over_all_their_weeks() -> None:
    for metric in ("csat", "cycle_days", "calls"):
        weeks = {rep: {week: seen[metric] for week, seen in each.items()} for rep, each in WEEKLY.items()}
        phi = dispersion(residuals(weeks)) if metric == "calls" else None
        period = {rep: pooled(each.values()) for rep, each in weeks.items()}
        assert NORMS.metrics[metric].norm == estimate(RULES[metric].kind, period, phi)
    ripening = maturation([deal for each in DEALS.values() for deal in each], BEFORE - 1)
    assert ripening is not None
    assert NORMS.ripening == replace(ripening, window_days=ripening.score_window_days)
    period = {rep: cohort(each, BEFORE - 1, ripening, 26 * 7) for rep, each in DEALS.items()}
    assert NORMS.metrics[COHORT].norm == estimate("rate", period)


def test_a_norm_equals_that_of_single_answers_by_brute_force() -> None:
    answers = {}
    for rep, weeks in WEEKLY.items():
        seen = pooled(each["csat"] for each in weeks.values())
        ones, all_of_them = int(seen.total), int(seen.n)
        answers[rep] = [(Fraction(int(number < ones)), Fraction(1)) for number in range(all_of_them)]
    expected, norm = oracle.found("rate", answers), NORMS.metrics["csat"].norm
    assert norm.level == pytest.approx(float(expected.level), rel=1e-9)
    assert norm.spread**2 == pytest.approx(expected.between, rel=1e-9)
    assert norm.signal == pytest.approx(expected.signal, rel=1e-9)
    others = {rep: each for rep, each in answers.items() if rep != "r-03"}
    drawn = oracle.drawn("rate", others, answers["r-05"][:9], Fraction(norm.weight), Fraction(norm.within))
    ones = float(sum(y for y, _ in answers["r-05"][:9]))
    shrunk = NORMS.metrics["csat"].shrunk("r-03", of_rate(9, ones))
    assert shrunk.value == pytest.approx(float(drawn.value), rel=1e-9)
    assert shrunk.variance == pytest.approx(float(drawn.variance), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_anything_comes_changes_no_digit(shuffler: random.Random) -> None:
    reps = sorted(WEEKLY)
    shuffler.shuffle(reps)
    weekly: Weekly = {}
    deals: Deals = {}
    for rep in reps:
        weeks = list(WEEKLY[rep])
        shuffler.shuffle(weeks)
        weekly[rep] = {week: dict(reversed(WEEKLY[rep][week].items())) for week in weeks}
        deals[rep] = list(DEALS[rep])
        shuffler.shuffle(deals[rep])
    rules = dict(reversed(RULES.items()))
    again = norms("2026Q1", BEFORE, rules, weekly, deals)
    assert to_plain(again) == to_plain(NORMS)
    assert again.label == NORMS.label


def test_norms_survive_a_message_to_the_last_digit() -> None:
    back = from_plain(msgspec.msgpack.decode(msgspec.msgpack.encode(to_plain(NORMS))))
    assert back == NORMS
    assert back.label == NORMS.label
    assert repr(to_plain(back)) == repr(to_plain(NORMS))
    seen = of_rate(9, 4)
    assert back.metrics["csat"].shrunk("r-03", seen) == NORMS.metrics["csat"].shrunk("r-03", seen)


@pytest.mark.parametrize("plain", [[], [1, 2], ["2026Q1", 1, 0, False, [[0.5], 1], [], []], None])
def test_what_is_no_norms_is_refused(plain) -> None:
    with pytest.raises(ValueError, match="these are no norms"):
        from_plain(plain)


def test_other_content_has_another_name() -> None:
    changed = {rep: dict(weeks) for rep, weeks in WEEKLY.items()}
    changed["r-00"][MONDAY] = {**changed["r-00"][MONDAY], "csat": of_rate(5, 5)}
    labels = {
        NORMS.label,
        norms("2026Q1", BEFORE, RULES, changed, DEALS).label,
        norms("2026Q2", BEFORE, RULES, WEEKLY, DEALS).label,
        norms("2026Q1", BEFORE, RULES, WEEKLY, DEALS, provisional=True).label,
        norms("2026Q1", BEFORE, {**RULES, "csat": RULES["csat"]._replace(smallest_spread=0.04)}, WEEKLY, DEALS).label,
    }
    assert len(labels) == 5
    assert NORMS.label.startswith("2026Q1@")
    assert replace(NORMS, quarter="2026Q2").label.startswith("2026Q2@")


def test_equal_norms_have_one_name_however_they_are_put_together() -> None:
    turned = {
        name: replace(each, own=dict(reversed(each.own.items()))) for name, each in reversed(NORMS.metrics.items())
    }
    again = replace(NORMS, metrics=turned)
    assert again == NORMS
    assert again.label == NORMS.label
    assert again.correlation("calls", "csat") == NORMS.correlation("calls", "csat")


def test_whole_numbers_and_the_same_as_decimals_have_one_name() -> None:
    decimals = {
        rep: {
            week: {metric: Evidence(*map(float, seen)) for metric, seen in each.items()} for week, each in weeks.items()
        }
        for rep, weeks in WEEKLY.items()
    }
    rules = {**RULES, "calls": Rule("sum", 4, 1.5, 0.4, capped=True), "meetings": Rule("sum", 1, 1, 1)}
    other = {**rules, "meetings": Rule("sum", 1.0, 1.0, 1.0)}
    assert norms("Q", BEFORE, rules, WEEKLY, DEALS).label == norms("Q", BEFORE, other, decimals, DEALS).label


def test_events_inside_the_quarter_never_move_its_norms() -> None:
    inside = {rep: {**weeks, BEFORE: {"csat": of_rate(50, 0)}} for rep, weeks in WEEKLY.items()}
    wins = {
        rep: [*(deal._replace(won=BEFORE + 3) if deal.won is None else deal for deal in each), Deal(BEFORE, BEFORE)]
        for rep, each in DEALS.items()
    }
    assert norms("2026Q1", BEFORE, RULES, inside, wins).label == NORMS.label


def test_a_week_that_reaches_into_the_quarter_is_none_before_it() -> None:
    cut = norms("2026Q1", BEFORE - 1, RULES, WEEKLY, DEALS)
    without = {rep: {week: seen for week, seen in weeks.items() if week < BEFORE - 7} for rep, weeks in WEEKLY.items()}
    deals = {rep: [deal for deal in each if deal.opened < BEFORE - 7] for rep, each in DEALS.items()}
    again = norms("2026Q1", BEFORE - 1, RULES, without, DEALS)
    assert cut.metrics == again.metrics
    assert cut.metrics["csat"] != NORMS.metrics["csat"]
    judged = [cohort(each, BEFORE - 2, cut.ripening, 26 * 7) for each in deals.values()]
    assert cut.metrics[COHORT].norm.base == pytest.approx(sum(each.n for each in judged), rel=1e-12)


def test_deals_of_before_the_first_week_belong_to_no_norm() -> None:
    early = {rep: [*each, *[Deal(MONDAY - 3, MONDAY)] * 9] for rep, each in DEALS.items()}
    found = norms("2026Q1", BEFORE, RULES, WEEKLY, early)
    judged = [cohort(each, BEFORE - 1, found.ripening, 26 * 7) for each in DEALS.values()]
    assert found.metrics[COHORT].norm.base == pytest.approx(sum(each.n for each in judged), rel=1e-12)


def test_a_late_correction_of_an_earlier_quarter_makes_new_norms() -> None:
    corrected = {**WEEKLY, "r-02": {**WEEKLY["r-02"], MONDAY: {"csat": of_rate(4, 0)}}}
    assert norms("2026Q1", BEFORE, RULES, corrected, DEALS).label != NORMS.label


def test_with_seven_peers_the_scorecards_numbers_stand_in() -> None:
    weekly, deals = company(7)
    few = norms("2026Q1", BEFORE, RULES, weekly, deals)
    for name, rule in RULES.items():
        metric = few.metrics[name]
        assert (metric.norm.level, metric.norm.spread, metric.norm.weight) == (rule.typical, rule.spread, 50)
        assert metric.own == {}
        assert metric.collected
        assert not metric.norm.ranks
    assert few.rho == tuple(tuple(float(row == column) for column in range(4)) for row in range(4))
    assert norms("2026Q1", BEFORE, RULES, weekly, deals, gates=Gates(peers=7)).metrics["csat"].norm.peers == 7


def test_with_seven_peers_the_next_group_up_stands_in() -> None:
    weekly, deals = company(7)
    few = norms("2026Q1", BEFORE, RULES, weekly, deals, above=NORMS)
    for name in RULES:
        assert few.metrics[name].norm == NORMS.metrics[name].norm
        assert few.metrics[name].own == NORMS.metrics[name].own
    assert few.rho == NORMS.rho
    enough = norms("2026Q1", BEFORE, RULES, WEEKLY, DEALS, above=few)
    assert enough.metrics == NORMS.metrics


def test_some_metrics_from_above_leave_no_negative_variance() -> None:
    some = {
        rep: {
            week: {metric: each for metric, each in seen.items() if metric != "csat" or rep < "r-05"}
            for week, seen in weeks.items()
        }
        for rep, weeks in WEEKLY.items()
    }
    mixed = norms("2026Q1", BEFORE, RULES, some, DEALS, above=NORMS)
    assert mixed.metrics["csat"].norm == NORMS.metrics["csat"].norm
    assert mixed.metrics["calls"].norm.peers == 12
    assert mixed.correlation("csat", "calls") == 0
    assert np.linalg.eigvalsh(np.array(mixed.rho)).min() >= -1e-9


def test_a_metric_of_which_nobody_has_anything_is_not_collected() -> None:
    rules = {**RULES, "meetings": Rule("sum", 1.0, 0.4, 0.1), "nps": Rule("mean", 30.0, 15.0, 5.0)}
    weekly = {
        rep: {week: {**seen, "meetings": of_sum(5, 0)} for week, seen in weeks.items()} for rep, weeks in WEEKLY.items()
    }
    found = norms("2026Q1", BEFORE, rules, weekly, DEALS)
    assert {name: each.collected for name, each in found.metrics.items()} == {
        "calls": True,
        COHORT: True,
        "csat": True,
        "cycle_days": True,
        "meetings": False,
        "nps": False,
    }


def test_before_there_is_anything_nothing_is_decided() -> None:
    empty = norms("2026Q1", BEFORE, RULES, {}, provisional=True)
    assert all(each.collected for each in empty.metrics.values())
    assert empty.metrics["csat"].norm.level == 0.8
    assert (empty.ripening.horizon_days, empty.ripening.score_window_days) == (91, 91)
    assert from_plain(to_plain(empty)) == empty


def test_goalposts_are_the_same_for_every_rep_and_need_no_records_of_theirs() -> None:
    calls = NORMS.metrics["calls"]
    posts = calls.goalposts()
    assert posts.target == pytest.approx(calls.norm.level + 0.842 * max(calls.norm.spread, 0.4))
    assert posts.cap == pytest.approx(1.2 * posts.target)
    cycle = NORMS.metrics["cycle_days"].goalposts(20.0)
    assert cycle.worst > cycle.target == 20.0 > cycle.best


def test_a_newcomer_is_judged_against_all_peers() -> None:
    metric = NORMS.metrics["csat"]
    assert metric.shrunk("new", of_rate(9, 4)).level == pytest.approx(metric.norm.level)
    assert metric.shrunk("r-03", of_rate(9, 4)).level != pytest.approx(metric.norm.level, rel=1e-6)


def test_the_calendar_of_past_quarters_is_in_the_norms() -> None:
    quarter = [of_rate(100, 30), of_rate(100, 50), of_rate(100, 70)]
    found = norms("2026Q1", BEFORE, RULES, WEEKLY, DEALS, {"csat": [quarter] * 3}).metrics["csat"]
    first, _, last = (found.phase(third) or 0.0 for third in range(3))
    assert 0 < first < 1 < last
    assert [NORMS.metrics["csat"].phase(third) for third in range(3)] == [None] * 3


def test_peers_alone_make_norms_but_every_deal_says_how_deals_ripen() -> None:
    ramping = {f"x-{number}": [Deal(MONDAY, MONDAY + 3)] * 100 for number in range(5)}
    found = norms("2026Q1", BEFORE, RULES, WEEKLY, {**DEALS, **ramping})
    assert found.metrics[COHORT].norm.peers == 12
    assert found.ripening.median_days < NORMS.ripening.median_days


def test_metrics_without_any_relation_go_together_by_chance_alone() -> None:
    found: Norms = NORMS
    for one in RULES:
        for other in RULES:
            assert found.correlation(one, other) == found.correlation(other, one)
            assert (found.correlation(one, other) == 1) is (one == other)
            assert one == other or abs(found.correlation(one, other)) < 0.25
        assert abs(found.metrics[one].lag) < 0.25
