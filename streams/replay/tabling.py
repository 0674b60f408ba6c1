"""Tabling: the figures of all subjects on all days of a stretch, worked out side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from scoring.line import Line, subjects
from streams.replay.figures import Table, fill
from streams.replay.history import Stages
from streams.replay.judging import Judging
from streams.replay.side_by_side import Advance, run, shares


def subjects_of(line: Line) -> list[str]:
    """Every subject that a line knows, in the order of its scores."""
    line.panes("company:company")  # which settles the panes
    return list(subjects(line.reference, line.reps, line.groups))


def table_of(
    judging: Judging,
    wanted: Sequence[str],
    days: range,
    path: Path,
    stages: Stages,
    processes: int,
    told: str = "scores",
) -> Table:
    """The figures of these subjects on these days, in a file; NaN of subjects that the line does not know.

    Args:
        judging: the line, and what its scores are judged by.
        wanted: subjects, by key.
        days: without a gap, one at least.
        path: the file.
        stages: told how it gets on.
        processes: how many at most.
        told: what to call it there.
    """
    table = Table.create(path, wanted, days[0], days[-1])
    known = [place for place, subject in enumerate(wanted) if judging.line.knows(subject)]
    for place in set(range(len(wanted))) - set(known):
        table.values[:, :, place] = float("nan")
    judging.prepare(days, processes, stages.stage("norms", "days", len(days)))
    parts = [partial(_fill_all, table, judging, some) for some in shares(known, processes)]
    run(parts, stages.stage(f"scoring {told}", "scores", len(known) * len(days)))
    return table


def _fill_all(table: Table, judging: Judging, places: Sequence[int], advance: Advance) -> None:
    """Fill the columns of some subjects, each stretch of days by its scorecard."""
    for days, of_days in judging.stretches(range(table.first, table.last + 1)):
        values = table.values[:, days.start - table.first : days.stop - table.first]
        fill(Table(table.subjects, days[0], days[-1], values), of_days, places, advance)
