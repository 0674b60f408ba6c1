"""Flags by looking at every pair: the twin of what `scoring.flags` finds by walking once through time."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.flags import Edit


def bursts(edits: Sequence[Edit], records: int, minutes: int) -> list[tuple[str, float, frozenset[str]]]:
    """Rep, beginning and records of every burst: begun at the earliest edit, after the burst before, with enough near it."""
    found = []
    for rep_id in sorted({edit.rep_id for edit in edits}):
        after = float("-inf")
        for begun in sorted({edit.at for edit in edits if edit.rep_id == rep_id}):
            near = {e.record_id for e in edits if e.rep_id == rep_id and begun <= e.at <= begun + 60 * minutes}
            if begun > after and len(near) >= records:
                found.append((rep_id, begun, frozenset(near)))
                after = begun + 60 * minutes
    return found
