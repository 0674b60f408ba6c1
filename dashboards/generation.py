"""All boards as files: generated, written, compared with what is committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dashboards.errors import BoardError, MissingExtra

if TYPE_CHECKING:
    from dashboards.house import House

GENERATED: Final = Path(str(files("dashboards"))) / "generated"
"""Where the boards that come with the distribution are, made with the default scorecard."""


def generate(house: House | None = None) -> dict[str, str]:
    """The text of each board by its file name, the same bytes for the same choices.

    Raises:
        MissingExtra: the package that builds boards is not installed.
        ScorecardUnread: the default scorecard cannot be read.
    """
    try:
        from dashboards.boards import alerts, company, rep, replay, stream, team, workers  # noqa: PLC0415 - an extra
        from dashboards.encoding import to_text  # noqa: PLC0415
        from dashboards.house import House  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("grafana_foundation_sdk"):
            raise
        raise MissingExtra(
            "grafana-foundation-sdk is not installed: to generate or check boards, pip install 'upscore[boards]'"
        ) from error
    chosen = house or House()
    boards = [made.board(chosen) for made in (company, team, rep, stream, workers, replay, alerts)]
    return {f"{board.uid}.json": to_text(board.to_json()) for board in boards}


def write(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write them; the files that changed. Boards there that are none of these are taken away."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        changed = [folder / name for name, text in texts.items() if held(folder / name) != text]
        for path in changed:
            path.write_text(texts[path.name], "utf-8")
        for path in folder.glob("upscore-*.json"):
            if path.name not in texts:
                path.unlink()
                changed.append(path)
    except OSError as error:
        raise BoardError(f"{folder}: cannot be written ({error.strerror}): name another folder, --to DIR") from error
    return changed


def stale(texts: Mapping[str, str], folder: Path) -> list[str]:
    """Names of files that are not as generated, or are too many."""
    there = {path.name for path in folder.glob("*.json")}
    return sorted({name for name, text in texts.items() if held(folder / name) != text} | (there - texts.keys()))


def held(path: Path) -> str | None:
    """The text of a file; None where there is none."""
    return path.read_text("utf-8") if path.is_file() else None


def read_boards(folder: Path) -> dict[str, dict[str, Any]]:
    """The boards of a folder, by file name.

    Raises:
        BoardError: there are none, or a file is no board.
    """
    boards: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            board = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise BoardError(f"{path}: no JSON ({error}): generate it anew, upscore dashboards generate") from error
        if (
            not isinstance(board, dict)
            or not isinstance(board.get("uid"), str)
            or not isinstance(board.get("panels"), list)
        ):
            raise BoardError(f"{path}: expected a board, a JSON object with uid and panels")
        boards[path.name] = board
    if not boards:
        raise BoardError(f"{folder}: no boards there: expected *.json, made by upscore dashboards generate --to DIR")
    return boards
