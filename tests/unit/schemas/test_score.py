"""Published objects: what does not agree with itself is no score."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

import schemas
from schemas.alert import ScoreDropped
from schemas.score import Explanation, ScoreUpdated

EXAMPLES = Path(schemas.__file__).parent / "examples"
SCORE = json.loads((EXAMPLES / "upscore.scores.v1" / "score-scored.json").read_text("utf-8"))
DROP = json.loads((EXAMPLES / "upscore.alerts.v1" / "score-dropped.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "change",
    [
        {"score": None},
        {"low": 62.0},
        {"high": 61.0},
        {"score": 101.0, "high": 102.0},
        {"score": float("nan")},
        {"status": "insufficient_evidence"},
        {"status": "unknown"},
        {"subject": "team"},
        {"subject": "company", "team_id": None},
        {"coverage": 1.1},
        {"as_of": "2026-03-31T06:00:00Z"},
        {"pillars": {"results": {"value": 0.5}}},
        {"metrics": {"net_revenue": SCORE["metrics"]["net_revenue"] | {"windows": {"7d": {"value": 1, "n": 1}}}}},
        {"version": {"known_at": "2026-04-01T06:00:00"}},
        {"extra": 1},
    ],
)
def test_score_that_does_not_agree_with_itself_is_refused(change):
    ScoreUpdated.model_validate_json(json.dumps(SCORE))

    with pytest.raises(ValidationError):
        ScoreUpdated.model_validate_json(json.dumps(SCORE | change))


@pytest.mark.parametrize("field", SCORE)
def test_every_field_of_a_score_is_there_even_if_null(field):
    with pytest.raises(ValidationError):
        ScoreUpdated.model_validate({name: value for name, value in SCORE.items() if name != field})


def test_waterfall_must_close_at_every_depth():
    parts = json.loads(json.dumps(DROP["parts"]))
    parts[-1]["parts"][0]["parts"][0]["points"] += 1e-6

    ScoreDropped.model_validate_json(json.dumps(DROP))
    with pytest.raises(ValidationError, match="parts of metric"):
        ScoreDropped.model_validate_json(json.dumps(DROP | {"parts": parts}))


@pytest.mark.parametrize(("points", "closes"), [(-9.0, True), (-9.0 + 1e-6, False)])
def test_explanation_must_sum_to_the_change_of_the_score(points, closes):
    before = SCORE | {"score": 70.4, "high": 75.0}
    document = {"subject": "rep", "id": "r-17", "from": before, "to": SCORE}
    value = json.dumps(document | {"parts": [{"cause": "market", "points": points}]})

    if closes:
        assert Explanation.model_validate_json(value).after.score == SCORE["score"]
    else:
        with pytest.raises(ValidationError, match="expected a sum"):
            Explanation.model_validate_json(value)


def test_explanation_without_an_earlier_score_is_accepted():
    value = json.dumps({"subject": "rep", "id": "r-17", "from": None, "to": SCORE, "parts": []})

    assert Explanation.model_validate_json(value).before is None
