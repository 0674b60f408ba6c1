"""Names of metrics follow Prometheus' rules, as `promtool check metrics` has them."""

import re

import pytest

from schemas import metrics
from schemas.metrics import METRICS, MetricSpec

RESERVED = re.compile(r"_(total|sum|count|bucket)$")
NOT_BASE = re.compile(
    r"_(milliseconds?|microseconds?|nanoseconds?|ms|us|ns|minutes?|hours?|days?|weeks?"
    r"|kilobytes?|megabytes?|kb|mb|percent|percentage|gauge|counter|histogram|summary)(_|$)"
)


@pytest.mark.parametrize("spec", METRICS, ids=lambda spec: spec.name)
def test_name_follows_the_rules(spec):
    assert re.fullmatch(r"(sales|upscore)(_[a-z]+)+", spec.name)
    assert not NOT_BASE.search(spec.name)
    if spec.kind == "counter":
        assert spec.name.endswith("_total")
    else:
        assert not RESERVED.search(spec.name)


@pytest.mark.parametrize("spec", METRICS, ids=lambda spec: spec.name)
def test_seconds_and_ratios_say_so(spec):
    for unit in ("seconds", "ratio"):
        assert (spec.unit == unit) == spec.name.removesuffix("_total").endswith(f"_{unit}")
    assert spec.help.endswith(".")


@pytest.mark.parametrize("spec", METRICS, ids=lambda spec: spec.name)
def test_labels_are_bounded_and_not_reserved(spec):
    assert len(set(spec.labels)) == len(spec.labels)
    for label in spec.labels:
        assert re.fullmatch(r"[a-z]+", label)
        assert label not in {"le", "quantile", "job", "instance", "name", "email", "deal", "id"}


def test_every_constant_is_listed_once():
    declared = [value for value in vars(metrics).values() if isinstance(value, MetricSpec)]

    assert sorted(spec.name for spec in METRICS) == sorted(spec.name for spec in declared)
    assert len({spec.name for spec in METRICS}) == len(METRICS)


@pytest.mark.parametrize("subject", ["rep", "team", "territory", "company"])
def test_every_subject_has_a_score_with_its_interval(subject):
    by_name = {spec.name: spec for spec in METRICS}
    score = by_name[f"sales_{subject}_score_points"]

    assert by_name[f"{score.name}_low"].labels == by_name[f"{score.name}_high"].labels == score.labels


def test_metrics_of_the_contract_are_declared_with_its_labels():
    by_name = {spec.name: spec.labels for spec in METRICS}

    assert by_name["sales_rep_score_points"] == ("rep", "team")
    assert by_name["sales_rep_metric"] == ("rep", "team", "metric", "window")
    assert by_name["upscore_records_total"] == ("topic", "outcome")
    assert by_name["upscore_dead_letters_total"] == ("reason",)
    assert by_name["upscore_oddities_total"] == ("kind",)
    assert by_name["upscore_partition_position_lag"] == ("topic", "partition")
    assert {"upscore_record_lag_seconds", "upscore_event_time_seconds", "upscore_build_info"} <= set(by_name)
