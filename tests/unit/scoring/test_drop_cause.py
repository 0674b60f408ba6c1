from __future__ import annotations

from typing import Any

from scoring.drop_cause import cause_key, own_points, worst_records


def metric(name: str, points: float, *records: tuple[str, float]) -> dict[str, Any]:
    told = [{"type": "deal", "id": record, "points": lost} for record, lost in records]
    return {
        "cause": "metric",
        "metric": name,
        "points": points,
        "parts": [{"cause": "records", "points": 0.0, "records": told}],
    }


def pillar(name: str, *metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        "cause": "pillar",
        "pillar": name,
        "points": sum(part["points"] for part in metrics),
        "parts": list(metrics),
    }


def switches(**points: float) -> list[dict[str, Any]]:
    return [
        {"cause": cause, "points": points.get(cause, 0.0)} for cause in ("scorecard", "people", "corrections", "market")
    ]


def test_the_size_of_a_drop_leaves_out_scorecard_people_and_market_but_not_corrections() -> None:
    parts = [*switches(scorecard=-1, people=-2, corrections=-4, market=-8), pillar("results", metric("csat", -16))]

    assert own_points(parts) == -20
    assert own_points([]) == 0


def test_the_cause_is_the_metric_that_lost_most_not_the_pillar_and_not_the_market() -> None:
    parts = [
        *switches(market=-20),
        pillar("results", metric("net_revenue", -3), metric("cohort_win_rate", -4)),
        pillar("customer", metric("csat", -5), metric("nps", 3)),
    ]

    assert cause_key(parts) == "customer/csat"
    assert cause_key([*parts, {"cause": "corrections", "points": -6.0}]) == "corrections"


def test_the_cause_stays_the_same_in_whatever_order_the_parts_come() -> None:
    parts = [pillar("results", metric("net_revenue", -3)), pillar("customer", metric("csat", -3))]

    assert cause_key(parts) == cause_key(parts[::-1]) == "customer/csat"


def test_a_pillar_that_counts_less_is_a_cause_too() -> None:
    assert cause_key([pillar("customer", {"cause": "volume", "points": -2.0})]) == "customer/volume"


def test_where_nothing_lost_there_is_no_cause() -> None:
    assert cause_key([*switches(market=-3), pillar("results", metric("net_revenue", 2.0))]) is None


def test_records_are_added_up_over_metrics_and_those_that_gained_are_left_out() -> None:
    parts = [
        pillar("results", metric("cohort_win_rate", -3, ("d-1", -2.0), ("d-2", 4.0), ("d-3", -1.0))),
        pillar("customer", metric("csat", -3, ("d-2", -1.0), ("d-3", -1.5))),
    ]

    assert worst_records(parts) == [
        {"type": "deal", "id": "d-3", "points": -2.5},
        {"type": "deal", "id": "d-1", "points": -2.0},
    ]
    assert worst_records(parts, limit=1) == [{"type": "deal", "id": "d-3", "points": -2.5}]
