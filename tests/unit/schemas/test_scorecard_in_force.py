"""The golden message of a scorecard that goes into force is one, and holds together."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import ValidationError

import schemas
from schemas.scorecard_in_force import ScorecardInForce
from scoring.kpi import BY_NAME
from scoring.scorecard import InvalidScorecard, parse

TEXT = (Path(schemas.__file__).parent / "examples/upscore.scorecards.v1/scorecard-in-force.json").read_text("utf-8")


def test_the_example_is_one_and_its_text_is_the_scorecard_that_it_names():
    found = ScorecardInForce.model_validate_json(TEXT)
    scorecard = parse(found.toml, frozenset(BY_NAME))
    assert (scorecard.label, scorecard.author) == (found.scorecard, found.author)
    assert sha256(found.toml.encode()).hexdigest() == found.digest


@pytest.mark.parametrize(
    ("field", "value"), [("place", 0), ("digest", "abc"), ("since", "yesterday"), ("type", "Other")]
)
def test_what_is_none_is_refused(field, value):
    with pytest.raises(ValidationError):
        ScorecardInForce.model_validate_json(json.dumps(json.loads(TEXT) | {field: value}))


def test_an_author_is_text():
    with pytest.raises(InvalidScorecard, match="author"):
        parse("author = 3\n" + json.loads(TEXT)["toml"].partition("\n")[2], frozenset(BY_NAME))
