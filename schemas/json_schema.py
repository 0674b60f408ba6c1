"""JSON Schemas of what is read and published, generated from the models: `python -m schemas.json_schema [--check]`.

They are for those who write records, or read scores and the board's answers, in other languages. What JSON Schema cannot say
(shares that sum to 1, periods that end after they start) only `decode` checks.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from schemas import board, board_scorecard, board_stream
from schemas.alert import ScoreDropped, ScoreRecovered
from schemas.norms import Norms
from schemas.records import CLASSES, Deletion
from schemas.records.feedback import RANGES
from schemas.score import Explanation, Published, ScoreUpdated
from schemas.scorecard_in_force import ScorecardInForce
from schemas.standing import Standing

__all__ = ["BOARD", "GENERATED", "main", "schemas_by_file"]

GENERATED: Final = Path(__file__).parent / "generated"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

BOARD: Final[Mapping[str, type[Published]]] = {
    "board-company": board.Company,
    "board-group": board.Group,
    "board-rep": board.RepPage,
    "board-detail": board.Detail,
    "board-trend": board.Trend,
    "board-alerts": board.Alerts,
    "board-explain-reading": board.Reading,
    "board-search": board.Found,
    "board-scorecard": board_scorecard.ScorecardWords,
    "board-stream": board_stream.Stream,
    "board-dead-letters": board_stream.DeadLetters,
    "board-event-score": board.ScoreEvent,
    "board-event-alert": board.BoardAlert,
    "board-event-stream": board_stream.StreamEvent,
}
"""Answers of `/api/v1/board/...`, and its events."""

PUBLISHED: Final[Mapping[str, Any]] = {
    "score": ScoreUpdated,
    "alert": ScoreDropped | ScoreRecovered,
    "explanation": Explanation,
    "standing": Standing,
    "norms": Norms,
    "scorecard-in-force": ScorecardInForce,
    **BOARD,
}


def _where(field: str, value: object, then: Mapping[str, Any]) -> dict[str, Any]:
    return {"if": {"properties": {field: {"const": value}}, "required": [field]}, "then": dict(then)}


def _needs(*fields: str) -> dict[str, Any]:
    return {"required": list(fields), "properties": {field: {"not": {"type": "null"}} for field in fields}}


CONDITIONS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "deal": [
        _where("status", "won", _needs("closed_at", "amount", "currency")),
        _where("status", "lost", _needs("closed_at")),
    ],
    "feedback": [
        _where("scale", scale, {"properties": {"value": {"minimum": low, "maximum": high}}})
        for scale, (low, high) in RANGES.items()
    ],
}


@cache
def schemas_by_file() -> Mapping[str, str]:
    """Text of every generated file by its name, ready to be written."""
    documents = {f"{kind}.json": _record(kind, cls) for kind, cls in CLASSES.items()}
    documents |= {f"{name}.json": _published(model) for name, model in PUBLISHED.items()}
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in documents.items()}


def _record(kind: str, cls: type) -> dict[str, Any]:
    """A deleted record needs its id alone; any other is the whole record."""
    full = TypeAdapter(cls).json_schema()
    definitions = full.pop("$defs", {})
    if kind in CONDITIONS:
        full["allOf"] = CONDITIONS[kind]
    deletion = TypeAdapter(Deletion).json_schema()
    deletion["properties"]["type"] = {"const": kind}
    document = {
        "$schema": DIALECT,
        "title": f"{kind} record",
        **_where("deleted", True, deletion),
        "else": full,
    }
    return document | ({"$defs": definitions} if definitions else {})


def _published(model: Any) -> dict[str, Any]:
    return {"$schema": DIALECT, **TypeAdapter(model).json_schema(by_alias=True, mode="serialization")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` compare them; 0 if all is well, 1 if one is stale, missing or left over."""
    parser = argparse.ArgumentParser(prog="python -m schemas.json_schema", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not as generated")
    check = parser.parse_args(arguments).check
    wanted = schemas_by_file()
    found = {path.name: path.read_text("utf-8") for path in GENERATED.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if check:
        if stale:
            sys.stderr.write(f"stale: {', '.join(stale)}; run python -m schemas.json_schema and commit the result\n")
        return int(bool(stale))
    GENERATED.mkdir(exist_ok=True)
    for name in stale:
        if name in wanted:
            (GENERATED / name).write_text(wanted[name], "utf-8")
        else:
            (GENERATED / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
