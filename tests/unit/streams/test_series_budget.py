"""What is left out while a worker has more series than it may export."""

from __future__ import annotations

import logging

import pytest

from streams.exporter import Exporter
from streams.settings import Settings
from tests.unit.streams.test_exporter import PublishedWorker, names, samples, score_of

REPS = 300
REP, TEAM, COMPANY = (
    score_of("rep", "r-0", team_id="t-1", low=60.0, high=62.0),
    score_of("team", "t-1"),
    score_of("company", "company"),
)


def crowd(most_series: int) -> PublishedWorker:
    """Reps with 6 metric series, pillars and a score with its interval, a team and the company."""
    reps = [{**REP, "id": f"r-{number}"} for number in range(REPS)]
    view = PublishedWorker(*reps, TEAM, COMPANY)
    view.settings = Settings(most_series=most_series)
    view.open = {"rep:r-1": {"customer/csat": 9.5}}
    return view


def series_by_part(body: bytes) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, labels in samples(body):
        window = dict(labels).get("window")
        found[name if window is None else f"{name} {window}"] = (
            found.get(name if window is None else f"{name} {window}", 0) + 1
        )
    return {name: count for name, count in found.items() if name.startswith("sales_")}


ALL = series_by_part(Exporter(crowd(400_000)).render())
PARTS_OF_REPS = ["sales_rep_metric 28d", "sales_rep_metric 91d", "sales_rep_pillar_ratio"]


def test_nothing_is_left_out_where_everything_just_fits(caplog: pytest.LogCaptureFixture):
    total = sum(ALL.values()) - 1  # a drop is never left out, and counts in the figure alone
    body = Exporter(crowd(total)).render()
    assert series_by_part(body) == ALL
    assert not caplog.records


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_the_least_important_of_reps_goes_first_and_only_as_much_as_must(gone: int):
    kept = {name: count for name, count in ALL.items() if name not in PARTS_OF_REPS[:gone]}
    most = max(1_000, sum(kept.values()) - 1)
    if gone < 3:
        assert most == sum(kept.values()) - 1
    found = samples(Exporter(crowd(most)).render())
    assert series_by_part(Exporter(crowd(most)).render()) == kept
    assert found["upscore_series", ()] == sum(ALL.values())
    assert found["upscore_series_limit", ()] == most


def test_scores_drops_and_who_is_who_are_exported_whatever_the_budget_says():
    view = crowd(1_000)
    view.settings = view.settings.model_copy(update={"most_series": 1})
    assert {name for name in names(Exporter(view).render()) if name.startswith("sales_")} == {
        "sales_rep_score_points",
        "sales_rep_score_points_low",
        "sales_rep_score_points_high",
        "sales_rep_info",
        "sales_rep_dropped_points",
        "sales_team_score_points",
        "sales_company_score_points",
        "sales_company_metric",
        "sales_company_pillar_ratio",
    }


def test_what_is_left_out_is_left_out_where_it_is_asked_for_by_name_too():
    assert samples(Exporter(crowd(1_000)).render(["sales_rep_pillar_ratio"])) == {}


def test_the_log_says_once_that_series_are_left_out_and_once_that_they_are_back(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    view = crowd(2_000)
    exporter = Exporter(view)
    for _ in range(3):
        exporter.render()
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert "UPSCORE_MOST_SERIES=2000" in warning.message
    assert "sales_rep_metric of 28d" in warning.message
    view.publish(score_of("rep", "r-1"))
    exporter.render()
    exporter.render()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
