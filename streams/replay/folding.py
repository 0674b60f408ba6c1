"""Folding: of each record its newest version, and of these the facts, summed up by subject and day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.ledger import FactSums
from scoring.line import Line
from scoring.organisation import Organisation
from streams.replay.spool import reference_rows, rows_of

_ORDER = slice(1, 5)
"""`updated_at`, `version`, then the later offset; the partition, where one id was sent to several, whatever came first."""


def fold(
    folder: Path, sources: int, buckets: Iterable[int], cuts: Sequence[int | None], advance: Callable[[int], None]
) -> list[FactSums]:
    """For each cut the facts of the newest versions in some buckets: of what was known by then."""
    sums = [FactSums() for _ in cuts]
    for bucket in buckets:
        newest: list[dict[str, Any]] = [{} for _ in cuts]
        for rows in rows_of(folder, sources, bucket):
            for of_cut, cut in zip(newest, cuts, strict=True):
                _keep_newest(rows if cut is None else [row for row in rows if row[5] <= cut], of_cut)
            advance(len(rows))
        for of_cut, into in zip(newest, sums, strict=True):
            for row in of_cut.values():
                into.add(row[6])
    return sums


def _keep_newest(rows: Iterable[Any], newest: dict[str, Any]) -> None:
    for row in rows:
        held = newest.setdefault(row[0], row)
        if held is not row and row[_ORDER] >= held[_ORDER]:
            newest[row[0]] = row


def lines_of(
    organisation: Organisation,
    folder: Path,
    sources: int,
    buckets: int,
    cuts: Sequence[int | None],
    parts: Sequence[Sequence[FactSums]],
) -> list[Line]:
    """For each cut the line of what was known by then.

    Args:
        organisation: time zone and money.
        folder: the spool, for its reference records.
        sources: how many partitions it has.
        buckets: how many buckets.
        cuts: likewise.
        parts: what `fold` gave of each part of the buckets.
    """
    lines = []
    for place, cut in enumerate(cuts):
        line = Line(organisation)
        newest: dict[str, Any] = {}
        known = (row for row in reference_rows(folder, sources, buckets) if cut is None or row.timestamp_ms <= cut)
        _keep_newest(known, newest)
        for key, row in sorted(newest.items()):
            record = None if row.value is None else decode(REFERENCE, row.value)
            record_type, _, record_id = key.partition(":")
            line.take(record_type, record_id, row.updated_at, row.version, record)
        whole = parts[0][place] if len(parts) == 1 else FactSums()
        for part in parts if len(parts) > 1 else ():
            whole.add(part[place].take())
        line.reps.apply(sorted(whole.take(), key=lambda fact: fact[:2]))
        lines.append(line)
    return lines
