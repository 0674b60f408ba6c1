"""The norms as they are told: complete, valid, and about nobody in particular."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from schemas.norms import Norms as Answer
from scoring.norms_told import norms_told
from scoring.quarter import quarter_norms
from scoring.scorecard import parse
from streams.codec import to_json
from tests.unit.scoring.simulated_company import newest_day, simulated_line

DEFAULT = files("scoring").joinpath("scorecards/default.toml").read_text()
SCORECARD = parse(DEFAULT)
AIMED = parse(
    DEFAULT.replace('metric = "csat"', 'metric = "csat"\ntarget = 0.9').replace(
        'metric = "average_deal_size"', 'metric = "average_deal_size"\ntarget = 5000.0'
    )
)


def told(scorecard: Any = SCORECARD, **line: Any) -> dict[str, Any]:
    made = simulated_line(**line)
    day = newest_day(made)
    answer = to_json(norms_told(made.norms(scorecard, day), scorecard, day, "USD"))
    Answer.model_validate_json(answer)
    found: dict[str, Any] = json.loads(answer)
    return found


def test_it_says_every_number_of_the_norms() -> None:
    line = simulated_line()
    day = newest_day(line)
    norms, found = line.norms(SCORECARD, day), told()
    assert found["label"] == norms.label
    assert (found["quarter"], found["provisional"]) == (norms.quarter, norms.provisional)
    assert found["score_window_days"] == line.scorer(SCORECARD, day).horizons.score
    assert found["won_by_age"] == list(norms.ripening.won_by_age)
    assert list(found["metrics"]) == [scored.metric for scored in SCORECARD.metrics]
    for name, metric in found["metrics"].items():
        norm = norms.metrics[name]
        assert (metric["level"], metric["spread"], metric["prior"], metric["peers"], metric["signal"]) == (
            *(norm.norm.level, norm.norm.spread, norm.norm.weight, norm.norm.peers),
            norm.signal,
        )
        posts = norm.goalposts()
        assert metric["goalposts"] == {
            "worst": posts.worst,
            "target": posts.target,
            "best": posts.best,
            "cap": posts.cap,
        }
        assert (metric["phi"] is None) == (metric["kind"] != "sum")
    for name, others in found["correlations"].items():
        assert all(norms.correlation(name, other) == r != 0 for other, r in others.items())
    told_pairs = sum(map(len, found["correlations"].values()))
    assert told_pairs == sum(map(bool, (r for i, row in enumerate(norms.rho) for r in row[:i]))) > 10


def test_it_names_no_rep() -> None:
    line = simulated_line()
    said = json.dumps(told())
    assert not [rep for rep in line.reference.roster.reps if f'"{rep}"' in said]


def test_goalposts_are_those_of_the_scorecards_target_in_the_unit_that_is_scored() -> None:
    found = told(AIMED)["metrics"]
    assert found["csat"]["goalposts"]["target"] == 0.9
    assert found["average_deal_size"]["goalposts"]["target"] == pytest.approx(8.517193191416238)
    assert found["average_deal_size"]["scored_in"] == "ln USD"
    assert found["calls"]["scored_in"] == "count a day present"


def test_what_nobody_collects_is_said() -> None:
    found = told(without="feedback")["metrics"]
    assert {name for name, metric in found.items() if not metric["collected"]} == {"csat", "nps"}


def test_before_there_are_any_weeks_the_scorecards_own_are_told_without_a_label() -> None:
    day = newest_day(simulated_line())
    norms = quarter_norms(day, SCORECARD, {}, {}, SCORECARD.calendar)
    found = norms_told(norms, SCORECARD, day, "USD")
    Answer.model_validate_json(to_json(found))
    assert (found["label"], found["first_week"], found["score_window_days"]) == (None, None, 91)
    assert found["metrics"]["csat"] | {"goalposts": None} == found["metrics"]["csat"] | {
        "level": 0.8,
        "peers": 0,
        "signal": None,
        "no_measurable_difference": False,
        "goalposts": None,
    }
