"""Changes: what is told on a channel of Redis when scores are written there, for programs that would rather listen than ask.

One message a batch, an array of small objects, and no promise: whoever does not listen misses it, and a batch that is written
again is told again. The keys hold the truth; a listener reads them when it begins, and after every break.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from streams.codec import to_json

__all__ = ["changes_message", "changes_of", "channel_of"]

_TOLD: Final = ("subject", "id", "score", "low", "high", "as_of")


def channel_of(app: str) -> str:
    """The channel of an installation.

    >>> channel_of("upscore")
    'upscore:changes'
    """
    return f"{app}:changes"


def changes_of(scores: Sequence[Mapping[str, Any]], removed: Sequence[str]) -> list[dict[str, Any]]:
    """An object for each subject that was written or removed; `score`, `low`, `high` are None without enough evidence.

    >>> changes_of([{"subject": "rep", "id": "r-17", "score": 61.4, "low": 55.0, "high": 67.1, "as_of": "2026-03-31"}], [])
    [{'subject': 'rep', 'id': 'r-17', 'score': 61.4, 'low': 55.0, 'high': 67.1, 'as_of': '2026-03-31'}]
    >>> changes_of([], ["team:t:3"])
    [{'subject': 'team', 'id': 't:3', 'removed': True}]
    """
    written = [{name: score.get(name) for name in _TOLD} for score in scores]
    parts = (key.partition(":") for key in removed)
    return written + [{"subject": kind, "id": subject_id, "removed": True} for kind, _, subject_id in parts]


def changes_message(scores: Sequence[Mapping[str, Any]], removed: Sequence[str]) -> bytes:
    """The message of a batch: the array of `changes_of`, as JSON."""
    return to_json(changes_of(scores, removed))
