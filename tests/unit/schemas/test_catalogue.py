"""What others may know of the metrics is what `scoring` computes."""

from __future__ import annotations

import pytest

from schemas.catalogue import CATALOGUE, MEANINGS, figure_named
from scoring import kpi


def test_it_names_every_metric_of_a_score_with_its_unit_in_the_same_order() -> None:
    computed = [(each.name, each.unit) for each in kpi.CATALOGUE]
    assert [(figure.name, figure.unit) for figure in CATALOGUE] == [*computed, (kpi.TARGET_ATTAINMENT, "ratio")]


def test_a_value_a_day_can_be_had_of_sums_over_the_window_alone() -> None:
    sums = {each.name for each in kpi.CATALOGUE if each.is_sum}
    assert {figure.name for figure in CATALOGUE if figure.adds_up} == sums - {"pipeline_value"}


def test_each_says_what_it_is() -> None:
    assert {figure.name for figure in CATALOGUE} == MEANINGS.keys() - {"evaluation_<criterion>"}


def test_evaluations_are_in_points() -> None:
    assert figure_named("evaluation_pace").unit == kpi.evaluation_kpi("pace").unit


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        figure_named("revnue")
