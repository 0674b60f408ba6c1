"""Waterfalls worked by hand, and what happens at the edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scoring.aggregate import IMPROVEMENT, Breakdown, MetricPart, aggregate
from scoring.evidence import Evidence, of_rate
from scoring.metric_change import MetricChange, RecordChange, metric_parts
from scoring.waterfall import SWITCHES, Turned, waterfall
from tests.unit.scoring.two_dates import every, gap, only


def metric(name: str = "win_rate", u: float = 0.5, **changes: Any) -> MetricPart:
    usual = MetricPart(name, 1.0, u, 0.5, 0.5, 20, 20, 0.5, 1, 0.0)
    return replace(usual, **changes)


def score(**pillars: list[MetricPart]) -> Breakdown:
    return aggregate({name: 1 / len(pillars) for name in pillars}, pillars)


def test_one_metric_by_hand() -> None:
    # u = 5(x - 0.4); x 0.55: 12 of 20 won, half way to 0.5; then 0.46: 8 of 20, of which 0.4 is believed
    before = score(results=[metric(u=0.75, shrunk=0.55, value=0.6, n=20, prior=20)])
    after = score(results=[metric(u=0.30, shrunk=0.46, value=0.4, n=20, prior=30)])
    segments = MetricChange(
        "rate",
        before={"Platform": of_rate(10, 4), "Add-on": of_rate(10, 8)},
        after={"Platform": of_rate(15, 5), "Add-on": of_rate(5, 3)},
        records=[RecordChange("deal", "d-7", "Add-on", -1.0, -1.0)],
    )

    pillar = only(waterfall(before, Turned(), after, {"win_rate": segments}), cause="pillar")
    found = only(pillar["parts"], metric="win_rate")

    # one pillar, one metric: V 0.7625 and 0.335, S = 100 V: a unit of u is 95 points, 95 x -0.45 = -42.75, a unit of x 475
    assert pillar["points"] == pytest.approx(after.score - before.score) == pytest.approx(-42.75)
    # B 0.5 and 0.4; the values' mean is 0.5 = m: no volume. mean B 0.45 x 475 = 213.75 a unit of the win rate
    assert only(found["parts"], cause="volume")["points"] == pytest.approx(0.0)
    # shares 0.5 -> 0.75 Platform, mean rates 0.3667 and 0.7 beside 0.5
    mix = only(found["parts"], cause="mix")
    assert only(mix["parts"], segment="Platform")["points"] == pytest.approx(213.75 * 0.25 * (11 / 30 - 0.5))
    assert only(mix["parts"], segment="Add-on")["points"] == pytest.approx(213.75 * -0.25 * (0.7 - 0.5))
    rate = only(found["parts"], cause="rate")
    add_on = only(rate["parts"], segment="Add-on")
    assert add_on["points"] == pytest.approx(213.75 * 0.375 * (0.6 - 0.8))
    # a won deal that left: 0.3 better than the mean rate of 0.7, of a mean of 7.5 deals
    assert add_on["parts"][0]["records"] == [
        {"type": "deal", "id": "d-7", "points": pytest.approx(213.75 * 0.375 * (-1 + 0.7) / 7.5)}
    ]
    assert add_on["parts"][1]["cause"] == "rest"


def test_without_a_score_to_show_on_both_dates_nothing_is_explained() -> None:
    some = score(results=[metric()])

    assert waterfall(None, Turned(), some) == []
    assert waterfall(some, Turned(), None) == []


def test_of_two_equal_scores_every_part_is_0_and_switches_that_were_not_turned_are_there() -> None:
    same = score(results=[metric()], customer=[metric("csat", 0.0)])

    parts = waterfall(same, Turned(), same)

    assert [part["cause"] for part in parts[:4]] == list(SWITCHES)
    assert {part["points"] for part in every(parts)} == {0.0}


def test_switches_are_told_one_after_the_other_and_what_was_turned_stays_turned() -> None:
    before, after = score(results=[metric(u=0.5)]), score(results=[metric(u=0.7)])
    market = score(results=[metric(u=0.6)])

    parts = waterfall(before, Turned(scorecard=50.0, corrections=45.0, market=market), after)

    assert [part["points"] for part in parts] == pytest.approx(
        [50 - before.score, 0.0, -5.0, market.score - 45.0, after.score - market.score]
    )


def test_a_last_step_that_is_a_number_cannot_be_explained_further() -> None:
    some = score(results=[metric()])

    with pytest.raises(ValueError, match="expected a Breakdown"):
        waterfall(some, Turned(people=40.0), some)


def test_a_pillar_that_is_there_on_one_date_only_is_volume_alone() -> None:
    before, after = score(results=[metric(u=0.5)]), score(results=[metric(u=0.5)], customer=[metric("csat", 0.9)])

    parts = waterfall(before, Turned(), after)

    customer, results = only(parts, pillar="customer"), only(parts, pillar="results")
    assert {part["cause"]: part["points"] for part in customer["parts"]} == {
        "metric": 0.0,
        "volume": customer["points"],
    }
    assert customer["points"] > 0
    assert only(results["parts"], cause="volume")["points"] > 0  # what did worse than the whole counts less
    assert gap(parts, after.score - before.score) < 1e-9


def test_a_metric_that_is_collected_on_one_date_only_is_weight_alone() -> None:
    before = score(results=[metric("win_rate", 0.5)])
    after = score(results=[metric("win_rate", 0.5), metric("net_revenue", 0.9)])

    results = only(waterfall(before, Turned(), after), pillar="results")

    for part in results["parts"]:
        assert {below["cause"] for below in part["parts"] if below["points"]} == {"weight"}
    assert only(results["parts"], metric="net_revenue")["points"] > 0


def test_a_metric_clamped_on_both_dates_changes_nothing_however_far_it_moves() -> None:
    before = score(results=[metric(u=1.0, shrunk=0.8, value=1.1)])
    after = score(results=[metric(u=1.0, shrunk=0.9, value=1.3)])

    assert {part["points"] for part in every(waterfall(before, Turned(), after))} == {0.0}


def test_a_utility_that_moved_though_the_metric_did_not_had_its_target_moved() -> None:
    parts = waterfall(score(results=[metric(u=0.5)]), Turned(), score(results=[metric(u=0.4)]))

    inside = only(only(parts, cause="pillar")["parts"], metric="win_rate")
    assert only(inside["parts"], cause="target")["points"] == inside["points"] < 0
    assert only(inside["parts"], cause="rate")["points"] == 0


def test_mix_and_rate_that_cancel_out_are_not_multiplied_by_what_rounding_left_of_the_change() -> None:
    sides = {
        "before": {"Platform": of_rate(10, 1), "Add-on": of_rate(20, 8)},
        "after": {"Platform": of_rate(3, 1), "Add-on": of_rate(27, 8)},
    }
    before = metric(u=0.2, value=0.3, shrunk=0.4)
    after = metric(u=0.2 + 2e-16, value=0.1 + 0.2, shrunk=0.4 + 5e-17)

    parts = metric_parts(before, after, MetricChange("rate", **sides), 1_000.0)

    assert max(abs(part["points"]) for part in every(parts)) < 1e-12


def test_no_evidence_on_one_date_stands_at_the_norm() -> None:
    before = metric(u=0.5, value=None, n=0, shrunk=0.5)
    after = metric(u=0.8, value=0.8, n=20, prior=20, shrunk=0.65)

    parts = metric_parts(before, after, MetricChange("rate", {}, {"Platform": of_rate(20, 16)}), 20.0)

    # B 0 -> 0.5: volume 0.5 x 0.15, rate 0.25 x 0.3
    assert [(part["cause"], part["points"]) for part in parts] == [
        ("volume", pytest.approx(3.0)),
        ("mix", 0.0),
        ("rate", pytest.approx(3.0)),
    ]


def test_a_sum_tells_days_segments_and_the_rest() -> None:
    before = metric("net_revenue", u=0.5, value=20.0, norm=10.0, n=60, prior=20, shrunk=17.5)
    after = metric("net_revenue", u=0.7, value=30.0, norm=10.0, n=20, prior=20, shrunk=20.0)
    change = MetricChange(
        "sum",
        before={"Platform": Evidence(total=600.0), "Add-on": Evidence(total=600.0)},
        after={"Platform": Evidence(total=600.0)},
        records=[
            RecordChange("deal", "d-1", "Add-on", -600.0, 0.0),
            RecordChange("deal", "d-2", "Platform", 300.0, 0.0),
            RecordChange("refund", "f-1", "Platform", -300.0, 0.0),
            RecordChange("deal", "d-0", "Platform", 1.0, 0.0),
        ],
    )

    (volume,) = metric_parts(before, after, change, 50.0)

    # x 17.5 -> 20: 4 points a unit. B 0.75 -> 0.5: days -0.25 x 15; mean B 0.625: Platform +20 a day, Add-on -10
    assert volume["points"] == pytest.approx(10.0)
    assert [(part["cause"], part.get("segment"), round(part["points"], 9)) for part in volume["parts"]] == [
        ("days", None, -15.0),
        ("volume", "Platform", 50.0),
        ("volume", "Add-on", -25.0),
    ]
    named = [record["id"] for part in every([volume]) for record in part.get("records", [])]
    assert named == ["d-2", "f-1", "d-1"]


def test_a_record_that_moved_to_another_segment_is_told_in_both() -> None:
    before = {"Platform": of_rate(10, 5), "Add-on": of_rate(10, 5)}
    after = {"Platform": of_rate(9, 4), "Add-on": of_rate(11, 6)}
    records = [RecordChange("deal", "d-1", "Platform", -1.0, -1.0), RecordChange("deal", "d-1", "Add-on", 1.0, 1.0)]
    parts = metric_parts(
        metric(u=0.5), metric(u=0.6, value=0.52, shrunk=0.51), MetricChange("rate", before, after, records), 20.0
    )

    told = [record for part in every(parts) for record in part.get("records", [])]
    assert sorted(record["points"] > 0 for record in told) == [False, True]


def test_slopes_have_no_segments_even_if_their_metric_has() -> None:
    slope = metric("win_rate", 0.5, norm=0.0, value=0.01, shrunk=0.005)
    before = score(results=[metric()], improvement=[slope])
    after = score(results=[metric()], improvement=[replace(slope, u=0.6, value=0.02, shrunk=0.01)])
    change = MetricChange("sum", {"Platform": of_rate(10, 5)}, {"Platform": of_rate(10, 6)})

    improvement = only(waterfall(before, Turned(), after, {"win_rate": change}), pillar=IMPROVEMENT)

    causes = [part["cause"] for part in improvement["parts"][0]["parts"]]
    assert causes == ["volume", "mix", "rate"]
    assert not any("segment" in part for part in every([improvement]))


def test_norms_that_differ_have_a_part_of_their_own() -> None:
    before = metric(u=0.5, n=60)
    after = metric(u=0.7, n=60, norm=0.6, value=0.6, shrunk=0.6)

    parts = metric_parts(before, after, MetricChange(), 20.0)

    # B 0.75: of 0.1 the norm's own move is a quarter
    assert only(parts, cause="norm")["points"] == pytest.approx(1.0)
    assert only(parts, cause="rate")["points"] == pytest.approx(3.0)


def test_of_records_with_equal_points_those_first_by_type_and_id_are_named() -> None:
    records = [RecordChange(kind, f"d-{n}", "Platform", 0.0, 1.0) for n in range(9) for kind in ("refund", "deal")]
    change = MetricChange("rate", {"Platform": of_rate(20, 10)}, {"Platform": of_rate(38, 10)}, records[::-1])

    parts = metric_parts(metric(), metric(u=0.4, value=10 / 38, n=38, shrunk=20 / 58), change, 90.0)

    told = [(record["type"], record["id"]) for part in every(parts) for record in part.get("records", [])]
    assert told == [("deal", "d-0"), ("deal", "d-1"), ("deal", "d-2")]


def test_metrics_and_segments_come_most_points_first_whichever_way() -> None:
    moved = [metric(name, u, value=0.5 + u, shrunk=0.5 + u / 2) for name, u in (("a", 0.1), ("b", -0.4), ("c", 0.2))]
    before = score(results=[metric(part.name, 0.5) for part in moved])
    after = score(results=[replace(part, u=0.5 + part.u) for part in moved])
    segments = MetricChange(
        "rate",
        {"Add-on": of_rate(10, 5), "Platform": of_rate(10, 5)},
        {"Add-on": of_rate(10, 5), "Platform": of_rate(10, -3)},
    )

    results = only(waterfall(before, Turned(), after, {"b": segments}), pillar="results")

    assert [part["metric"] for part in results["parts"]] == ["b", "c", "a"]
    rate = only(results["parts"][0]["parts"], cause="rate")
    assert [part["segment"] for part in rate["parts"]] == ["Platform", "Add-on"]


@pytest.mark.parametrize(("u", "slope"), [(0.4, 2.0), (0.5, 2.0), (0.501, 2.0), (0.9, 2.0), (0.4, 0.0)])
def test_a_target_that_moved_with_the_metric_is_told_from_it(u: float, slope: float) -> None:
    # x rises by 0.05, worth 0.1 of u at a slope of 2: what u did beyond that is the target's
    before, after = metric(u=0.5, du_dx=slope), metric(u=u, value=0.6, shrunk=0.55, du_dx=slope)

    parts = metric_parts(before, after, MetricChange("rate"), 100.0)

    assert only(parts, cause="rate")["points"] == pytest.approx(100 * slope * 0.05)
    assert only(parts, cause="target")["points"] == pytest.approx(100 * (u - 0.5 - slope * 0.05))


@pytest.mark.parametrize("u", [0.55, 0.575, 0.6])
def test_a_utility_that_moved_between_its_two_slopes_had_no_target_moved(u: float) -> None:
    before, after = metric(u=0.5, du_dx=2.0), metric(u=u, value=0.6, shrunk=0.55, du_dx=1.0)

    assert [part["cause"] for part in metric_parts(before, after, MetricChange("rate"), 100.0)] == [
        "volume",
        "mix",
        "rate",
    ]
