from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.explanation import Part
from scoring.aggregate import IMPROVEMENT, Breakdown
from scoring.metric_change import MetricChange, metric_parts
from scoring.oracle.waterfall import Moves, moves, pillar_points
from scoring.scorecard import PILLARS
from scoring.waterfall import SWITCHES, waterfall
from tests.unit.scoring.two_dates import TwoDates, every, gap, only, two_dates, two_dates_under_scorecards

CLOSES = 1e-9
SEEDS = st.integers(0, 10**9)


def told(case: TwoDates) -> list[dict[str, Any]]:
    return waterfall(case.before, case.turned, case.after, case.changes)


# --- every level closes


def test_every_level_closes_for_2_000_pairs_of_dates_and_20_000_random_scorecards() -> None:
    worst = 0.0
    for subject in range(2_000):
        for case in islice(two_dates_under_scorecards(subject), 10):
            worst = max(worst, gap(told(case), case.after.score - case.before.score))
    assert worst < CLOSES


@given(SEEDS)
def test_every_level_closes_and_is_what_the_contract_says(seed: int) -> None:
    case = two_dates(seed)
    parts = told(case)

    assert gap(parts, case.after.score - case.before.score) < CLOSES
    assert [part["cause"] for part in parts[:4]] == list(SWITCHES)
    assert {part["cause"] for part in parts[4:]} == {"pillar"}
    pillars = [part["pillar"] for part in parts[4:]]
    assert pillars == [name for name in PILLARS if name in pillars]
    for part in parts:
        Part.model_validate(part)
        assert json.loads(json.dumps(part)) == part
    assert not any(str(part["points"]) == "-0.0" for part in every(parts))


@given(SEEDS)
def test_below_a_ratio_are_mix_and_rate_and_below_a_sum_is_volume(seed: int) -> None:
    case = two_dates(seed)
    for pillar in told(case)[4:]:
        for metric in pillar["parts"]:
            if metric["cause"] != "metric":
                continue
            causes = {part["cause"] for part in metric["parts"]} - {"weight"}
            is_sum = pillar["pillar"] != IMPROVEMENT and case.changes[metric["metric"]].kind == "sum"
            assert causes == ({"volume"} if is_sum else {"volume", "mix", "rate"})


@given(SEEDS)
def test_three_records_of_a_metric_are_named_at_most_and_the_rest_is_beside_them(seed: int) -> None:
    for pillar in told(two_dates(seed))[4:]:
        for metric in pillar["parts"]:
            with_records = [part for part in every(metric.get("parts", [])) if "records" in part]
            assert sum(len(part["records"]) for part in with_records) <= 3
            for part in every(metric.get("parts", [])):
                causes = [below["cause"] for below in part.get("parts", [])]
                assert "records" not in causes or causes in (["records"], ["records", "rest"])


@given(SEEDS, st.randoms(use_true_random=False))
def test_permuted_input_changes_no_byte(seed: int, rng: random.Random) -> None:
    case = two_dates(seed)

    def mixed(items: Any) -> list[Any]:
        return rng.sample(list(items), len(list(items)))

    def shuffled(breakdown: Breakdown) -> Breakdown:
        pillars = [replace(pillar, metrics=tuple(mixed(pillar.metrics))) for pillar in breakdown.pillars]
        return replace(breakdown, pillars=tuple(mixed(pillars)))

    changes = {
        name: MetricChange(
            change.kind, dict(mixed(change.before.items())), dict(mixed(change.after.items())), mixed(change.records)
        )
        for name, change in mixed(case.changes.items())
    }
    assert case.turned.market is not None
    turned = replace(case.turned, market=shuffled(case.turned.market))

    again = waterfall(shuffled(case.before), turned, shuffled(case.after), changes)

    assert json.dumps(again) == json.dumps(told(case))


# --- against the oracle


def assert_near(found: float, expected: float) -> None:
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(SEEDS)
def test_pillars_and_metrics_are_what_many_small_steps_charge_them(seed: int) -> None:
    case = two_dates(seed)
    assert case.turned.market is not None
    expected = pillar_points(case.turned.market, case.after)

    for pillar in told(case)[4:]:
        name = pillar["pillar"]
        assert_near(pillar["points"], expected[name, "value"] + expected[name, "volume"])
        for part in pillar["parts"]:
            if part["cause"] == "volume":
                assert_near(part["points"], expected[name, "volume"])
                continue
            weight = expected[name, part["metric"], "weight"]
            assert_near(part["points"], expected[name, part["metric"], "value"] + weight)
            assert_near(math.fsum(below["points"] for below in part["parts"] if below["cause"] == "weight"), weight)


def parts_inside(case: TwoDates, name: str) -> tuple[list[dict[str, Any]], Moves, float]:
    """The parts of a metric when its utility rises by 0.5, worth 10 points; the oracle's moves; what a unit of x̃ is worth."""
    assert case.turned.market is not None
    pairs = [
        next(part for pillar in breakdown.pillars for part in pillar.metrics if part.name == name)
        for breakdown in (case.turned.market, case.after)
    ]
    expected = moves(*case.sides[name])
    whole = (
        expected.norm
        + expected.volume
        + sum(expected.mix.values(), Fraction(0))
        + sum(expected.rate.values(), Fraction(0))
    )
    worth = 10 / float(whole) if abs(whole) > 1e-6 else 0.0
    sign: Any = 1 if worth > 0 else -1
    before, after = (replace(part, u=u, sign=sign, du_dx=0.0) for part, u in zip(pairs, (0.25, 0.75), strict=True))
    return metric_parts(before, after, case.changes[name], 20.0), expected, worth


def on_both_dates(case: TwoDates) -> list[str]:
    assert case.turned.market is not None
    there = [
        {part.name for pillar in breakdown.pillars for part in pillar.metrics}
        for breakdown in (case.turned.market, case.after)
    ]
    return sorted(there[0] & there[1] & set(case.sides) - case.shifted)


@given(SEEDS)
def test_inside_a_metric_segments_and_records_are_what_the_oracle_counts_from_single_observations(seed: int) -> None:
    case = two_dates(seed, shifts=False)
    for name in on_both_dates(case):
        parts, expected, worth = parts_inside(case, name)
        if not worth:
            continue
        if case.changes[name].kind == "sum":
            days = [part["points"] for part in every(parts) if part["cause"] == "days"]
            assert_near(math.fsum(days), worth * float(expected.volume))
            leaves = {"volume": expected.rate}
        else:
            assert_near(only(parts, cause="volume")["points"], worth * float(expected.volume))
            assert_near(only(parts, cause="mix")["points"], worth * float(sum(expected.mix.values())))
            assert_near(only(parts, cause="rate")["points"], worth * float(sum(expected.rate.values())))
            leaves = {"mix": expected.mix, "rate": expected.rate}
        for part in every(parts):
            if "segment" in part:
                assert_near(part["points"], worth * float(leaves[part["cause"]][part["segment"]]))
            for below in part.get("parts", []):
                for record in below.get("records", []):
                    assert_near(
                        record["points"],
                        worth * float(expected.records[part.get("segment"), record["type"], record["id"]]),
                    )
