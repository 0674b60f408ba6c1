"""Told before: the scores of another run, or those that were published, from a file."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from streams.codec import from_json
from streams.errors import UpscoreError

Told = dict[tuple[str, int], float | None]
"""By subject key and day."""


def told_before(path: Path) -> Told:
    """The scores in a file: the CSV or JSON of a replay, or score objects one a line; the last of a subject and day counts.

    Raises:
        UpscoreError: there is no such file, or it holds no scores.
    """
    try:
        content = path.read_bytes()
        if content.startswith(b"subject,"):
            rows: list[dict[str, Any]] = list(csv.DictReader(content.decode().splitlines()))
        elif content.lstrip().startswith(b"["):
            rows = from_json(content)
        else:
            rows = [from_json(line) for line in content.splitlines() if line.strip()]
        return {
            (f"{row['subject']}:{row['id']}", date.fromisoformat(row["as_of"]).toordinal()): _number(row["score"])
            for row in rows
        }
    except OSError as error:
        raise UpscoreError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise UpscoreError(
            f"{str(path)!r} holds no scores ({error!r}); expected the csv or json of a replay, or score objects one a line"
        ) from error


def _number(score: Any) -> float | None:
    return None if score in (None, "") else float(score)
