"""Scorecard file: the scorecard that a setting or an argument names, or the default one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from scoring.kpi import BY_NAME
from scoring.scorecard import InvalidScorecard, Scorecard, parse
from streams.errors import SettingsError


def load_scorecard(path: str | None, said_by: str = "UPSCORE_SCORECARD") -> Scorecard:
    """The scorecard in a file, or the default one; `said_by` is what names the file, for the error.

    Raises:
        SettingsError: there is no such file, or it is not a scorecard.
    """
    try:
        return parse(scorecard_text(path, said_by), frozenset(BY_NAME))
    except InvalidScorecard as error:
        raise SettingsError(f"{said_by} is {path!r}: {error}") from error


def scorecard_text(path: str | None, said_by: str = "UPSCORE_SCORECARD") -> str:
    """The text of that file.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        if path is None:
            return files("scoring").joinpath("scorecards/default.toml").read_text(encoding="utf-8")
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{said_by} is {path!r}: cannot be read: {error}") from error
