"""The journal: what a demo says where there is no terminal, one line every few seconds."""

from __future__ import annotations

from typing import TextIO

from streams.demo.table import View

__all__ = ["entry", "write", "write_links"]

MOVERS = 2
"""Reps named in a line at each end."""


def write(view: View, out: TextIO) -> None:
    """Write how things stand."""
    print(entry(view), file=out, flush=True)


def write_links(view: View, out: TextIO) -> None:
    """Write where to see why those to watch have changed, a line each."""
    for key, hint in view.scene.watched.items():
        print(f"why {hint}: open {view.link(key)}", file=out, flush=True)


def entry(view: View) -> str:
    """How things stand, on one line: date, phase, scores, who moved most, records."""
    course, player, snapshot = view.course, view.player, view.course.snapshot
    if snapshot is None:
        return f"{player.phase}: {player.sent} records sent, the worker does not answer yet"
    lag = max(0, player.sent - snapshot.counted)
    parts = [f"{'no scores yet' if course.first_scores_at is None else snapshot.as_of} {player.phase}:"]
    parts += [f"company {_points(row.score)}{_moved(view, row.key)};" for row in course.rows("company")]
    reps = [(change, row) for row in course.rows("rep") if (change := course.change(row.key))]
    reps.sort(key=lambda pair: pair[0])
    named = [*reps[-1 : -1 - MOVERS : -1], *reps[:MOVERS]] if len(reps) > 2 * MOVERS else reps[::-1]
    parts += [f"{row.key.partition(':')[2]} {_points(row.score)} ({change:+.1f})" for change, row in named]
    parts.append(
        f"· {snapshot.counted} records, {course.records_a_second:.0f} a second, lag {lag}, "
        f"dead letters {snapshot.dead_letters}"
    )
    return " ".join(parts)


def _points(score: float | None) -> str:
    return "without a score" if score is None else f"{score:.1f}"


def _moved(view: View, key: str) -> str:
    change = view.course.change(key)
    return "" if change is None else f" ({change:+.1f})"
