"""Lines: the newest reference records and the sums of all others, put together as a `Line`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.line import Line
from scoring.organisation import Organisation
from scoring.pane_table import LaidBook
from scoring.stages import UNRECORDED, UNRECORDED_DAY
from streams.replay.spool import ReferenceRow, reference_rows
from streams.replay.sums import Sums


def lines_of(
    organisation: Organisation,
    folder: Path,
    sources: int,
    buckets: int,
    cuts: Sequence[int | None],
    parts: Sequence[Sequence[Sums]],
) -> list[Line]:
    """For each cut the line of what was known by then.

    Args:
        organisation: time zone and money.
        folder: the spool, for its reference records.
        sources: how many partitions it has.
        buckets: how many buckets.
        cuts: likewise.
        parts: what `fold` gave of each part of the buckets; nothing is left in them.
    """
    rows = list(reference_rows(folder, sources, buckets))
    lines = []
    for place, cut in enumerate(cuts):
        line = Line(organisation)
        newest: dict[str, ReferenceRow] = {}
        for row in rows:
            if cut is None or row.timestamp_ms <= cut:
                held = newest.setdefault(row.key, row)
                if row[1:5] >= held[1:5]:
                    newest[row.key] = row
        for key, row in sorted(newest.items()):
            record: Any = None if row.value is None else decode(REFERENCE, row.value)
            record_type, _, record_id = key.partition(":")
            line.take(record_type, record_id, row.updated_at, row.version, record)
        whole = parts[0][place]
        for part in parts[1:]:
            whole.add_all(part[place])
        _fill(line, whole)
        lines.append(line)
    return lines


def _fill(line: Line, whole: Sums) -> None:
    """Give a line with all reference records the panes that `RepStage` and `GroupStage` would come to, fact by fact."""
    route_of = cache(line.reference.roster.route)
    for subject in whole.subjects():
        line.reps.restore_route(subject, route_of(subject))
        if line.reps.is_unrecorded(subject):
            whole.add([(subject, UNRECORDED_DAY, UNRECORDED)])
    groups = whole.passed_on(route_of)
    for stage, sums in ((line.reps, whole), (line.groups, groups)):
        table = sums.table()
        if table is not None:
            stage.book = LaidBook(table)
            continue
        for fact in sums.take():
            stage.book.restore(*fact)
