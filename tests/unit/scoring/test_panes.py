from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scoring.panes import PaneBook

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["rep:a", "rep:a:b|c", "team:t"]),
        st.integers(0, 3),
        st.dictionaries(
            st.sampled_from(["calls", "revenue|EUR", "cohort_won||9"]), st.integers(-3, 3) | st.just(10**50)
        ),
        st.sampled_from([1, -1, -2, 3]),
    ),
    max_size=20,
)


def _sums(changes: list) -> dict[str, dict[int, dict[str, int]]]:
    sums: Counter[tuple[str, int, str]] = Counter()
    for subject, day, amounts, sign in changes:
        for measure, amount in amounts.items():
            sums[subject, day, measure] += sign * amount
    found: dict[str, dict[int, dict[str, int]]] = {}
    for (subject, day, measure), amount in sums.items():
        if amount:
            found.setdefault(subject, {}).setdefault(day, {})[measure] = amount
    return found


def test_amounts_of_a_day_add_up() -> None:
    book = PaneBook()
    book.add("rep:a", 5, {"calls": 2, "emails": 1})
    book.add("rep:a", 5, {"calls": 1})
    book.add("rep:a", 6, {"calls": 7})
    book.add("rep:b", 5, {"calls": 1}, sign=3)
    assert book.by_subject == {"rep:a": {5: {"calls": 3, "emails": 1}, 6: {"calls": 7}}, "rep:b": {5: {"calls": 3}}}


def test_a_sum_of_zero_an_empty_pane_and_a_subject_without_panes_are_gone() -> None:
    book = PaneBook()
    book.add("rep:a", 5, {"calls": 2, "emails": 1})
    book.add("rep:a", 5, {"calls": 1}, sign=-2)
    assert book.by_subject == {"rep:a": {5: {"emails": 1}}}
    book.add("rep:a", 5, {"emails": 1}, sign=-1)
    assert book.by_subject == {}
    book.add("rep:a", 5, {"calls": 0})
    book.add("rep:a", 5, {})
    assert book.by_subject == {}


def test_a_pane_may_owe_until_what_it_owes_comes() -> None:
    book = PaneBook()
    book.add("rep:a", 5, {"calls": 1}, sign=-1)
    assert book.by_subject == {"rep:a": {5: {"calls": -1}}}
    book.add("rep:a", 5, {"calls": 1})
    assert book.by_subject == {}


def test_what_is_added_stays_the_callers() -> None:
    book, amounts = PaneBook(), {"calls": 1}
    book.add("rep:a", 5, amounts)
    book.add("rep:b", 5, amounts)
    book.add("rep:a", 5, {"calls": 1})
    assert amounts == {"calls": 1}
    assert book.by_subject["rep:b"] == {5: {"calls": 1}}


def test_each_changed_pane_is_told_once_as_it_is_now() -> None:
    book = PaneBook()
    book.add("rep:a", 5, {"calls": 1})
    book.add("rep:a", 6, {"calls": 1})
    book.add("rep:a", 5, {"calls": 1})
    book.add("rep:a", 6, {"calls": 1}, sign=-1)
    assert book.take_changed() == [("rep:a", 5, {"calls": 2}), ("rep:a", 6, {})]
    assert book.take_changed() == []


def test_a_restored_pane_is_not_a_change() -> None:
    book = PaneBook()
    book.restore("rep:a", 5, {"calls": 1})
    book.restore("rep:a", 6, {"calls": 2})
    book.restore("rep:a", 5, {})
    book.restore("rep:b", 5, {})
    assert book.by_subject == {"rep:a": {6: {"calls": 2}}}
    book.restore("rep:a", 6, {})
    assert book.by_subject == {}
    assert book.take_changed() == []


@given(CHANGES)
def test_panes_are_the_sums_of_all_changes_and_hold_no_zero(changes: list) -> None:
    book = PaneBook()
    for change in changes:
        book.add(*change)
    assert book.by_subject == _sums(changes)


@given(CHANGES, st.integers(0, 20))
def test_rows_written_down_on_the_way_make_the_same_book_again(changes: list, half: int) -> None:
    book, rows = PaneBook(), []
    for number, change in enumerate(changes):
        book.add(*change)
        if number == half:
            rows += [(subject, day, dict(pane)) for subject, day, pane in book.take_changed()]
    rows += book.take_changed()
    copy = PaneBook()
    for subject, day, pane in rows:
        copy.restore(subject, day, dict(pane))
    assert copy.by_subject == book.by_subject


@given(CHANGES, st.permutations(range(20)))
def test_changes_taken_back_in_any_order_leave_nothing(changes: list, order: list[int]) -> None:
    book = PaneBook()
    for change in changes:
        book.add(*change)
    for i in order:
        if i < len(changes):
            subject, day, amounts, sign = changes[i]
            book.add(subject, day, amounts, -sign)
    assert book.by_subject == {}


def test_a_watched_subject_has_its_panes_remembered_as_they_were_and_no_other_has() -> None:
    book = PaneBook()
    book.add("rep:a", 5, {"calls": 2})
    book.watch("rep:a")
    book.add("rep:a", 5, {"calls": 1})
    book.add("rep:a", 5, {"calls": 1})
    book.add("rep:a", 6, {"emails": 1})
    book.add("rep:b", 5, {"calls": 1})
    assert book.take_before("rep:a") == {5: {"calls": 2}, 6: {}}
    assert book.take_before("rep:a") == {}
    assert book.take_before("rep:b") is None


def test_the_watch_outlives_the_panes_and_sees_those_that_are_replaced() -> None:
    book = PaneBook()
    book.add("rep:a", 5, {"calls": 2})
    book.watch("rep:a")
    book.replace("rep:a", 5, {})
    assert book.take_before("rep:a") == {5: {"calls": 2}}
    book.restore("rep:a", 5, {"calls": 7})
    assert book.take_before("rep:a") == {5: {}}
    book.unwatch("rep:a")
    book.add("rep:a", 5, {"calls": 1})
    assert book.take_before("rep:a") is None


def test_a_watch_ends_with_more_changed_days_than_are_worth_remembering() -> None:
    book = PaneBook()
    book.watch("rep:a")
    for day in range(32):
        book.add("rep:a", day, {"calls": 1})
    book.add("rep:a", 0, {"calls": 1})
    assert book.take_before("rep:a") == {day: {} for day in range(32)}
    for day in range(33):
        book.add("rep:a", day, {"calls": 1})
    assert book.take_before("rep:a") is None
