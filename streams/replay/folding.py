"""Folding: of each record its newest version, and of these the facts, summed up by subject and day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from scoring.facts import Facts
from streams.moments import Integers
from streams.replay.spool import Block, blocks_of, facts_in
from streams.replay.sums import Sums

FactsIn = Callable[[Sequence[str], Sequence[bytes]], list[Facts]]
"""The facts of records of one topic, by their keys and values."""


def fold(
    folder: Path,
    sources: int,
    buckets: Iterable[int],
    cuts: Sequence[int | None],
    advance: Callable[[int], None],
    facts_of_values: FactsIn | None = None,
) -> list[Sums]:
    """For each cut the facts of the newest versions in some buckets: of what was known by then.

    `facts_of_values` makes those of records that are in the spool as they came; None where there are no such.
    """
    sums = [Sums() for _ in cuts]
    for bucket in buckets:
        blocks = list(blocks_of(folder, sources, bucket))
        for cut, into in zip(cuts, sums, strict=True):
            for block, places in zip(blocks, _newest(blocks, cut), strict=True):
                _sum_up(block, places, into, facts_of_values)
        advance(sum(len(block.versions.keys) for block in blocks))
    for into in sums:
        into.settle()  # what goes through a pipe is small then
    return sums


def _sum_up(block: Block, places: Integers, into: Sums, facts_of_values: FactsIn | None) -> None:
    """Add what the versions at some places of a block stand for."""
    cells, values = block.cells, block.in_cells + len(block.facts)
    is_newest = np.zeros(len(block.versions.keys), np.bool_)
    is_newest[places] = True
    counted = is_newest[cells.row]
    subjects, measures = into.subjects_of(block.subjects), into.measures_of(block.measures)
    subject, measure = subjects[cells.subject[counted]], measures[cells.measure[counted]]
    into.put(subject, cells.day[counted], measure, cells.amount[counted])
    for place in places[(places >= block.in_cells) & (places < values)].tolist():
        into.add(facts_in(block.facts[place - block.in_cells]))
    if facts_of_values is not None:
        of_values = places[places >= values].tolist()
        keys = [block.versions.keys[place] for place in of_values]
        into.add(facts_of_values(keys, [block.values[place - values] for place in of_values]))


def _newest(blocks: Sequence[Block], cut: int | None) -> list[Integers]:
    """By block the places of the versions that are the newest of their record known by `cut`, in order.

    The partition decides last, where one id was sent to several: whatever came first.
    """
    if not blocks:
        return []
    sizes = [len(block.versions.keys) for block in blocks]
    starts = np.cumsum([0, *sizes])
    keys = [key for block in blocks for key in block.versions.keys]
    columns = [np.concatenate(column) for column in zip(*(block.versions[1:] for block in blocks), strict=True)]
    updated_at, version, offset, timestamp_ms = columns
    partition = np.repeat([block.partition for block in blocks], sizes)
    known = np.arange(len(keys)) if cut is None else np.flatnonzero(timestamp_ms <= cut)
    if cut is not None:
        keys = [keys[place] for place in known.tolist()]
    last = dict(zip(keys, range(len(keys)), strict=True))
    if len(last) < len(keys):
        record = np.fromiter(map(last.__getitem__, keys), np.int64, len(keys))
        by = (column[known] for column in (partition, offset, version, updated_at))
        ranked = np.lexsort((*by, record))
        known = np.sort(known[ranked[np.append(np.diff(record[ranked]) != 0, True)]])
    edges = np.searchsorted(known, starts)
    return [known[edges[at] : edges[at + 1]] - starts[at] for at in range(len(blocks))]
