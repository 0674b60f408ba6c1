"""Alerts: what does not agree with itself is no alert; messages without the later fields stay valid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import schemas
from schemas.alert import ScoreDropped, ScoreRecovered
from schemas.explanation import Part

EXAMPLES = Path(schemas.__file__).parent / "examples" / "upscore.alerts.v1"
DROP: dict[str, Any] = json.loads((EXAMPLES / "score-dropped-with-segments.json").read_text("utf-8"))
RECOVERY: dict[str, Any] = json.loads((EXAMPLES / "score-recovered-with-interval.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "change",
    [
        {"low": None},
        {"high": None},
        {"low": 58.0},
        {"high": 57.0},
        {"score_after": None},
        {"since": "2026-05-12"},
        {"threshold": 0.0},
        {"budget": 0.0},
        {"severity": "fatal"},
        {"statistic": float("nan")},
        {"parts": None},
        {"worst_records": DROP["worst_records"][::-1]},
        {"worst_records": [{"type": "deal", "id": "d-1", "points": 0.5}]},
        {"score": 57.5},
    ],
)
def test_drop_that_does_not_agree_with_itself_is_refused(change: dict[str, Any]) -> None:
    ScoreDropped.model_validate_json(json.dumps(DROP))

    with pytest.raises(ValidationError):
        ScoreDropped.model_validate_json(json.dumps(DROP | change))


@pytest.mark.parametrize("later", ["low high", "budget", "cause_key", "worst_records"])
def test_a_message_without_what_was_added_later_is_valid(later: str) -> None:
    message = {name: value for name, value in DROP.items() if name not in later.split()}

    assert ScoreDropped.model_validate_json(json.dumps(message)).score_after == DROP["score_after"]


def test_a_drop_is_no_recovery() -> None:
    ScoreRecovered.model_validate_json(json.dumps(RECOVERY))
    with pytest.raises(ValidationError):
        ScoreRecovered.model_validate_json(json.dumps(DROP))
    with pytest.raises(ValidationError):
        ScoreDropped.model_validate_json(json.dumps(RECOVERY))


def test_parts_of_the_golden_drop_sum_to_its_change() -> None:
    parts = [Part.model_validate(part) for part in DROP["parts"]]

    assert sum(part.points for part in parts) == DROP["score_after"] - DROP["score_before"]
