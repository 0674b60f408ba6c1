"""Golden records: every valid one decodes, every invalid one is refused for its reason. Old files are never edited."""

import json
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import schemas
from schemas.alert import ScoreDropped, ScoreRecovered
from schemas.records import CLASSES, Deletion, InvalidRecord, decode
from schemas.score import ScoreUpdated
from schemas.topics import ALERTS, RECORD_TYPES, SCORES

EXAMPLES = Path(schemas.__file__).parent / "examples"
GOLDEN = sorted(path for topic in RECORD_TYPES for path in (EXAMPLES / topic).glob("*.json"))
EXPECTED = json.loads((EXAMPLES / "invalid" / "expected.json").read_text("utf-8"))
MONEY = {"amount", "cost", "list_price", "share", "rate"}


def name(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", GOLDEN, ids=name)
def test_golden_record_decodes_to_its_class(path):
    value = path.read_bytes()
    fields = json.loads(value)

    record = decode(path.parent.name, value)

    assert type(record) is (Deletion if fields.get("deleted") else CLASSES[fields["type"]])
    assert (record.type, record.id) == (fields["type"], fields["id"])


def meaning(value, field=""):
    """JSON or a record's fields in the same words: null is absent, instants and money by value, dates as text."""
    if isinstance(value, dict):
        return {key: meaning(entry, key) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [meaning(entry, field) for entry in value]
    if isinstance(value, str) and (field.endswith("_at") or field in {"since", "renewals"}):
        return datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return Decimal(value) if isinstance(value, str) and field in MONEY else value


@pytest.mark.parametrize("path", GOLDEN, ids=name)
def test_golden_record_loses_nothing_that_is_declared(path):
    record = decode(path.parent.name, path.read_bytes())
    declared = meaning({field: entry for field, entry in asdict(record).items() if field != "deleted"})

    fields = json.loads(path.read_bytes(), parse_float=Decimal)
    expected = {field: entry for field, entry in fields.items() if hasattr(record, field) and field != "deleted"}
    if isinstance(record, Deletion) and not isinstance(expected.get("event_id"), str):
        expected.pop("event_id", None)

    assert declared == meaning(expected)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_record_type_has_a_golden_record(kind):
    assert kind in {json.loads(path.read_bytes())["type"] for path in GOLDEN}


@pytest.mark.parametrize("case", EXPECTED)
def test_invalid_example_is_refused_with_its_reason_and_field(case):
    path = EXAMPLES / "invalid" / case

    with pytest.raises(InvalidRecord) as refused:
        decode(path.parent.name, path.read_bytes())

    assert refused.value.reason == EXPECTED[case]["reason"]
    assert refused.value.detail.startswith(EXPECTED[case]["field"])


def test_every_invalid_example_says_what_is_expected():
    found = {f"{path.parent.name}/{path.name}" for path in (EXAMPLES / "invalid").glob("*/*.json")}

    assert found == set(EXPECTED)


@pytest.mark.parametrize("path", sorted((EXAMPLES / SCORES).glob("*.json")), ids=name)
def test_golden_score_is_valid_and_comes_out_as_it_went_in(path):
    score = ScoreUpdated.model_validate_json(path.read_bytes())

    assert json.loads(score.model_dump_json(by_alias=True)) == json.loads(path.read_bytes())


@pytest.mark.parametrize("path", sorted((EXAMPLES / ALERTS).glob("*.json")), ids=name)
def test_golden_alert_is_valid(path):
    model = {"ScoreDropped": ScoreDropped, "ScoreRecovered": ScoreRecovered}[json.loads(path.read_bytes())["type"]]

    alert = model.model_validate_json(path.read_bytes())

    assert json.loads(alert.model_dump_json(exclude_none=True)) == json.loads(path.read_bytes())
