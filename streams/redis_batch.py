"""Redis batch: commands that are run all at once, and those by which subjects come into leaderboards, or leave them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from streams.codec import to_json
from streams.score_store import LEADERBOARD_WINDOW

Rows = dict[str, Mapping[str, float | None]]
"""Leaderboard values by metric, by a subject's id; empty for a removed subject."""

TOP: Final = """
local top = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
if #top == 0 then return {top, {}} end
return {top, redis.call('ZRANGEBYSCORE', KEYS[1], top[#top], top[#top], 'LIMIT', 0, ARGV[1])}
"""
"""The greatest, and the first by id of those that equal the last of them: Redis orders equals the other way round."""


class RedisBatch:
    """Commands in their order, for the script `streams.redis_voice.WRITE`."""

    def __init__(self) -> None:
        """None yet."""
        self.words: list[str | bytes] = []
        """Of each command how many words it has, and these, as the script takes them."""

    def put(self, *command: str | bytes) -> None:
        """Add a command with its arguments."""
        self.words.append(str(len(command)))
        self.words.extend(command)


def rows_by_kind(scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> dict[str, Rows]:
    """The rows of a batch, by kind of subject."""
    kinds: dict[str, Rows] = {}
    for score in scores:
        row = {name: figure["windows"][LEADERBOARD_WINDOW]["value"] for name, figure in score["metrics"].items()}
        kinds.setdefault(score["subject"], {})[score["id"]] = {"score": score["score"], **row}
    for key in removed:
        kind, _, subject_id = key.partition(":")
        kinds.setdefault(kind, {})[subject_id] = {}
    return kinds


def put_intervals(batch: RedisBatch, prefix: str, scores: Sequence[dict[str, Any]], removed: Sequence[str]) -> None:
    """Puts each subject's score with its interval where it has one, and takes it out where not."""
    held: dict[str, list[str | bytes]] = {}
    gone: dict[str, list[str]] = {}
    for score in scores:
        kind, subject_id = score["subject"], score["id"]
        if score["score"] is None:
            gone.setdefault(kind, []).append(subject_id)
        else:
            row = to_json([score["score"], score["low"], score["high"]])
            held.setdefault(kind, []).extend([subject_id, row])
    for key in removed:
        kind, _, subject_id = key.partition(":")
        gone.setdefault(kind, []).append(subject_id)
    for kind, rows in held.items():
        batch.put("HSET", f"{prefix}intervals:{kind}", *rows)
    for kind, ids in gone.items():
        batch.put("HDEL", f"{prefix}intervals:{kind}", *ids)


def rank(batch: RedisBatch, prefix: str, kind: str, boards: Iterable[str], rows: Rows) -> None:
    """Adds each subject to the leaderboards where it has a value, and takes it off the others."""
    names = sorted(boards)
    if any(rows.values()):
        batch.put("SADD", f"{prefix}leaderboards:{kind}", *names)
    for metric in names:
        board = f"{prefix}leaderboard:{kind}:{metric}"
        values = {subject_id: row.get(metric) for subject_id, row in rows.items()}
        ranked = {subject_id: value for subject_id, value in values.items() if value is not None}
        if ranked:
            batch.put(
                "ZADD", board, *[part for subject_id, value in ranked.items() for part in (repr(value), subject_id)]
            )
        if len(ranked) < len(values):
            batch.put("ZREM", board, *(values.keys() - ranked.keys()))
