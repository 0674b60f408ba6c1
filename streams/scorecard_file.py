"""The scorecard of an installation, from its file: what commands need of a worker that start none."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from scoring.kpi import BY_NAME
from scoring.scorecard import InvalidScorecard, Scorecard, parse
from streams.errors import SettingsError


def load_scorecard(path: str | None) -> Scorecard:
    """The scorecard in a file, or the default one.

    Raises:
        SettingsError: there is no such file, or it is not a scorecard.
    """
    try:
        if path is None:
            text = files("scoring").joinpath("scorecards/default.toml").read_text(encoding="utf-8")
        else:
            text = Path(path).read_text(encoding="utf-8")
        return parse(text, frozenset(BY_NAME))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"UPSCORE_SCORECARD is {path!r}: cannot be read: {error}") from error
    except InvalidScorecard as error:
        raise SettingsError(f"UPSCORE_SCORECARD is {path!r}: {error}") from error
