from __future__ import annotations

import random
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.facts import Facts
from scoring.ledger import FactSums
from streams.codec import pack
from streams.replay import spool
from streams.replay.columns import Cells, Versions
from streams.replay.folding import fold
from streams.replay.spool import SpoolWriter, buckets_for, facts_in, progress_of, reference_rows

Version = tuple[int, str, tuple[int, int, int, int], list[Facts]]
"""Partition, key, order, facts."""


def versions(count: int, seed: int) -> list[Version]:
    """Versions of a few records in 3 partitions, some equal, some deletions, some beyond 64 bits, each offset once."""
    rng = random.Random(seed)
    found: list[Version] = []
    for offset in range(count):
        facts: list[Facts] = []
        kind = rng.randrange(5)
        if kind < 3:
            facts = [(f"rep:{rng.randrange(4)}", 738_000 + rng.randrange(9), {rng.choice(("calls", "leads")): 1})]
        elif kind == 3:
            amounts = {"revenue|USD": rng.randrange(10**6), "margin_squares|USD": 10**25 + offset, "calls": 1}
            facts = [("rep:1", 738_000 + rng.randrange(9), amounts), ("team:x", 738_004, {"costs|USD": -7})]
        order = (rng.randrange(20), rng.randrange(2), offset, 1_000 * offset)
        found.append((rng.randrange(3), f"deal:{rng.randrange(count // 3)}", order, facts))
    return found


def written(folder: Path, sent: list[Version], buckets: int = 4) -> None:
    writers = [SpoolWriter(folder, source, buckets, 0) for source in range(3)]
    for partition, key, order, facts in sent:
        writers[partition].put(key, order, facts)
        writers[partition].moved_to(order[2] + 1, order[3])
    for writer in writers:
        writer.moved_to(len(sent), 0, last=True)


def expected(sent: list[Version], cut: int | None) -> list[Facts]:
    newest: dict[str, Any] = {}
    for partition, key, order, facts in sent:
        if cut is None or order[3] <= cut:
            rank = (*order[:3], partition)
            if key not in newest or rank >= newest[key][0]:
                newest[key] = rank, facts
    sums = FactSums()
    for _, facts in newest.values():
        sums.add(facts)
    return sorted(sums.take(), key=lambda fact: fact[:2])


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
@pytest.mark.parametrize("cut", [None, 60_000])
def test_what_is_folded_is_the_newest_version_of_each_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, cut: int | None
) -> None:
    monkeypatch.setattr(spool, "_ROWS_AT_ONCE", at_once)
    sent = versions(120, seed=at_once)
    written(tmp_path, sent)
    [whole] = fold(tmp_path, 3, range(4), (cut,), lambda _: None)
    assert whole.take() == expected(sent, cut)


def test_parts_of_the_buckets_add_up_to_the_whole_for_several_cuts_at_once(tmp_path: Path) -> None:
    sent = versions(300, seed=2)
    written(tmp_path, sent)
    cuts = (None, 100_000)
    first, second = fold(tmp_path, 3, [0, 3], cuts, lambda _: None), fold(tmp_path, 3, [1, 2], cuts, lambda _: None)
    for place, cut in enumerate(cuts):
        second[place].add_all(first[place])
        assert second[place].take() == expected(sent, cut)


def test_cells_and_values_are_folded_as_facts_are(tmp_path: Path) -> None:
    sent = [
        (partition, key, order, [fact for fact in facts if fact[2] == {next(iter(fact[2])): 1}][:1])
        for partition, key, order, facts in versions(300, seed=4)
    ]
    writers = [SpoolWriter(tmp_path, source, 4, 0) for source in range(3)]
    for partition, key, order, facts in sent:
        writer = writers[partition]
        if order[2] % 3 == 0:
            writer.put(key, order, facts)
        elif order[2] % 3 == 1 or not facts:
            writer.put_values(Versions([key], *np.array(order, np.int64).reshape(4, 1)), [pack(facts)])
        else:
            [(subject, day, amounts)] = facts
            [(measure, amount)] = amounts.items()
            cell = (0, day, writer.subjects[subject], writer.measures[measure], amount)
            versions_ = Versions([key], *np.array(order, np.int64).reshape(4, 1))
            writer.put_cells(versions_, Cells(*np.array(cell, np.int64).reshape(5, 1)))
        writer.moved_to(order[2] + 1, order[3], last=order[2] % 40 == 0)
    for writer in writers:
        writer.moved_to(len(sent), 0, last=True)
    for cut in (None, 150_000):
        [whole] = fold(
            tmp_path, 3, range(4), (cut,), lambda _: None, lambda _, values: list(chain(*map(facts_in, values)))
        )
        assert whole.take() == expected(sent, cut)


def test_what_was_half_written_is_cut_off_and_written_again(tmp_path: Path) -> None:
    sent = versions(90, seed=3)
    written(tmp_path, sent[:50], 1)
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with (tmp_path / "0-0.rows").open("ab") as file:
        file.write(b"\xff\xff")
    written(tmp_path, [], 1)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.rows")} == {
        name: content for name, content in kept.items() if name.endswith(".rows")
    }
    written(tmp_path, sent[50:], 1)
    [whole] = fold(tmp_path, 3, [0], (None,), lambda _: None)
    assert whole.take() == expected(sent, None)


def test_reference_records_keep_their_bytes(tmp_path: Path) -> None:
    writer = SpoolWriter(tmp_path, 0, 2, 5)
    writer.put_reference(("rep:a", 1, 0, 5, 0, 77, b"{}"))
    writer.put_reference(("rep:a", 2, 0, 6, 0, 78, None))
    assert progress_of(tmp_path, 0) is None
    writer.moved_to(7, 78, last=True)
    assert [row[:] for row in reference_rows(tmp_path, 1, 2)] == [
        ("rep:a", 1, 0, 5, 0, 77, b"{}"),
        ("rep:a", 2, 0, 6, 0, 78, None),
    ]
    told = progress_of(tmp_path, 0)
    assert told is not None
    assert (told.offset, told.newest_ms) == (7, 78)


def test_there_are_buckets_enough_for_any_number_of_records() -> None:
    assert [buckets_for(records) for records in (0, 1, spool.RECORDS_A_BUCKET, spool.RECORDS_A_BUCKET + 1)] == [
        1,
        1,
        1,
        2,
    ]
