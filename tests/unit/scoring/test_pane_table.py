"""A table of panes is a book of panes: of anybody who is asked for, of some, of two tables, and once it changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from scoring.pane_table import LaidBook, PaneTable
from scoring.panes import PaneBook, Panes

REPS: dict[str, Panes] = {
    "cost:a": {3: {"costs|USD": 4}},
    "rep:a": {0: {"unrecorded": 1}, 5: {"calls": 2, "won|USD": -7}},
    "rep:b": {5: {"calls": 1}},
    "split:a": {4: {"calls": 3}, 6: {"opened": 2_000_000, "cohort_won||9": 1_000_000}},
}
GROUPS: dict[str, Panes] = {"team:x": {5: {"mails": 9, "calls": 3}}}


def table_of(book: dict[str, Panes]) -> PaneTable:
    keys = list(dict.fromkeys(key for panes in book.values() for pane in panes.values() for key in pane))
    cells = [
        (place, day, keys.index(key), amount)
        for place, panes in enumerate(book.values())
        for day, pane in panes.items()
        for key, amount in pane.items()
    ]
    return PaneTable(list(book), keys, *np.array(cells, dtype=np.int64).reshape(-1, 4).T)


def test_a_book_is_what_was_laid_in_it() -> None:
    book = LaidBook(table_of(REPS))
    assert list(book.by_subject) == list(REPS)
    assert dict(book.by_subject) == REPS
    assert len(book.by_subject) == len(REPS)
    assert ("rep:b" in book.by_subject, "rep:c" in book.by_subject, book.by_subject.get("rep:c")) == (True, False, None)


def test_some_of_a_table_and_another_behind_it_are_one_table() -> None:
    both = table_of(REPS).only(lambda subject: subject.startswith("rep:")).and_then(table_of(GROUPS))
    reps = {subject: panes for subject, panes in REPS.items() if subject.startswith("rep:")}
    assert dict(LaidBook(both).by_subject) == reps | GROUPS


def test_the_cells_of_a_table_are_those_of_its_panes() -> None:
    laid, read = table_of(REPS).cells(bool), PaneTable.of(REPS.items()).cells(bool)
    assert laid.openings() == read.openings()
    assert any(opened.won_after for of_row in read.openings() for opened in of_row.values())
    assert (laid.row.tolist(), laid.day.tolist(), laid.subjects) == (
        read.row.tolist(),
        read.day.tolist(),
        read.subjects,
    )


def test_an_empty_table_is_an_empty_book() -> None:
    empty = table_of({})
    assert dict(LaidBook(empty.and_then(empty)).by_subject) == {}
    assert empty.cells(lambda _: True).subjects == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book.add("rep:b", 5, {"calls": 1}, -1),
        lambda book: book.add("rep:c", 9, {"calls": 4}),
        lambda book: book.replace("rep:a", 5, {}),
        lambda book: book.restore("rep:a", 7, {"calls": 8}),
    ],
    ids=["taken back", "somebody new", "emptied", "put back"],
)
def test_a_book_that_changes_is_what_any_book_would_be(change: Callable[[PaneBook], None]) -> None:
    laid, plain = LaidBook(table_of(REPS)), PaneBook()
    for subject, panes in REPS.items():
        for day, pane in panes.items():
            plain.restore(subject, day, dict(pane))
    change(laid)
    change(plain)
    assert (dict(laid.by_subject), laid.table) == (dict(plain.by_subject), None)
    assert laid.take_changed() == plain.take_changed()
