"""Generated files are fresh, and the check notices when they are not."""

import json
import re

import pytest

from schemas import board, board_scorecard, board_stream, json_schema
from schemas.json_schema import BOARD, main, schemas_by_file
from schemas.records import CLASSES


@pytest.fixture
def generated(tmp_path, monkeypatch):
    monkeypatch.setattr(json_schema, "GENERATED", tmp_path / "generated")
    return tmp_path / "generated"


def test_committed_json_schemas_are_fresh():
    assert main(["--check"]) == 0


def test_every_record_type_and_every_message_has_a_schema():
    assert set(schemas_by_file()) == {f"{kind}.json" for kind in CLASSES} | {
        "score.json",
        "alert.json",
        "explanation.json",
        "standing.json",
        "norms.json",
        "scorecard-in-force.json",
        *[f"{name}.json" for name in BOARD],
    }


def test_every_answer_and_every_event_of_the_board_has_a_schema():
    models = {
        model
        for module in (board, board_scorecard, board_stream)
        for model in vars(module).values()
        if isinstance(model, type) and re.search(r"`(?:/api/v1/board/|event: )", model.__doc__ or "")
    }
    assert models == set(BOARD.values())
    assert all(name.startswith("board-") for name in BOARD)


def test_writing_makes_the_check_pass(generated):
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert {path.name for path in generated.iterdir()} == set(schemas_by_file())


@pytest.mark.parametrize("change", ["edited", "missing", "left over"])
def test_check_names_the_stale_file_and_what_to_do(generated, capsys, change):
    main([])
    if change == "edited":
        (generated / "deal.json").write_text("{}")
    elif change == "missing":
        (generated / "deal.json").unlink()
    else:
        (generated / "quote.json").write_text("{}")

    assert main(["--check"]) == 1
    error = capsys.readouterr().err
    assert ("quote.json" if change == "left over" else "deal.json") in error
    assert "python -m schemas.json_schema" in error
    assert main([]) == 0
    assert main(["--check"]) == 0


@pytest.mark.parametrize("kind", CLASSES)
def test_a_record_schema_asks_for_the_type_and_lets_a_deletion_have_the_id_alone(kind):
    document = json.loads(schemas_by_file()[f"{kind}.json"])

    assert document["then"]["required"] == ["type", "id"]
    assert document["then"]["properties"]["type"] == {"const": kind}
    assert document["else"]["properties"]["type"]["const"] == kind
    assert {"type", "id"} <= set(document["else"]["required"])
