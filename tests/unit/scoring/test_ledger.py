from __future__ import annotations

from collections import Counter
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from scoring.facts import Facts
from scoring.ledger import Entry, FactSums, Outcome, settle

CALL: list[Facts] = [("rep:a", 1, {"calls": 1})]
EMAIL: list[Facts] = [("rep:a", 1, {"emails": 1})]

FACTS = st.lists(
    st.tuples(
        st.sampled_from(["rep:a", 'rep:b:"|', "team:t"]),
        st.integers(1, 3),
        st.dictionaries(st.sampled_from(["calls", "revenue|EUR", "evaluation/x|y"]), st.integers(-(10**40), 10**40)),
    ),
    max_size=6,
)
ENTRIES = st.builds(Entry, st.integers(0, 3), st.integers(-2, 2), FACTS, st.sampled_from([b"", b"1", b"2"]))


def _settled(entries: tuple[Entry, ...]) -> Entry | None:
    held = None
    for entry in entries:
        if settle(held, entry) is Outcome.APPLIED:
            held = entry
    return held


def test_the_first_version_of_a_record_is_applied_even_if_it_is_a_deletion() -> None:
    assert settle(None, Entry(1, 0, CALL)) is Outcome.APPLIED
    assert settle(None, Entry(0, -5, [])) is Outcome.APPLIED


def test_the_newer_time_wins_whatever_the_version_number_says() -> None:
    held = Entry(10, 7, CALL)
    assert settle(held, Entry(11, 0, EMAIL)) is Outcome.APPLIED
    assert settle(held, Entry(9, 8, EMAIL)) is Outcome.STALE
    assert settle(held, Entry(9, 8, CALL)) is Outcome.STALE


def test_at_the_same_time_the_greater_version_wins() -> None:
    held = Entry(10, 0, CALL)
    assert settle(held, Entry(10, 1, CALL)) is Outcome.APPLIED
    assert settle(held, Entry(10, -1, EMAIL)) is Outcome.STALE
    assert settle(Entry(10, 2**62, CALL), Entry(10, 2**62 + 1, CALL)) is Outcome.APPLIED  # floats could not tell


def test_of_equal_versions_the_later_delivery_wins_and_a_repeat_changes_nothing() -> None:
    held = Entry(10, 1, CALL, b"x")
    assert settle(held, Entry(10, 1, [("rep:a", 1, {"calls": 1})], b"x")) is Outcome.UNCHANGED
    assert settle(held, Entry(10, 1, EMAIL, b"x")) is Outcome.APPLIED
    assert settle(held, Entry(10, 1, CALL, b"y")) is Outcome.APPLIED
    assert settle(held, Entry(10, 1, [], b"x")) is Outcome.APPLIED


def test_a_deletion_is_remembered_so_that_older_versions_stay_away() -> None:
    deleted = Entry(10, 0, [])
    assert settle(deleted, Entry(9, 9, CALL)) is Outcome.STALE
    assert settle(deleted, Entry(10, 1, CALL)) is Outcome.APPLIED


@given(st.lists(ENTRIES, min_size=1, max_size=4, unique_by=lambda entry: entry[:2]))
def test_versions_end_in_the_same_entry_in_whatever_order_they_come(entries: list[Entry]) -> None:
    newest = max(entries, key=lambda entry: entry[:2])
    assert all(_settled(order) == newest for order in permutations(entries))


@given(ENTRIES, ENTRIES)
def test_of_two_deliveries_exactly_one_order_can_be_stale(one: Entry, other: Entry) -> None:
    outcomes = {settle(one, other), settle(other, one)}
    if one[:2] != other[:2]:
        assert outcomes == {Outcome.APPLIED, Outcome.STALE}
    else:
        assert outcomes == ({Outcome.UNCHANGED} if one == other else {Outcome.APPLIED})


def test_facts_of_many_records_become_one_message_a_subject_and_day() -> None:
    sums = FactSums()
    sums.add([("rep:b", 2, {"calls": 1}), ("rep:a", 1, {"calls": 1, "emails": 1})])
    sums.add([("rep:b", 2, {"calls": 2, "won|EUR": 5}), ("rep:b", 1, {"calls": 1})])
    sums.add([("rep:a", 1, {"emails": 1})], -1)
    assert sums.take() == [
        ("rep:b", 2, {"calls": 3, "won|EUR": 5}),
        ("rep:a", 1, {"calls": 1}),
        ("rep:b", 1, {"calls": 1}),
    ]
    assert sums.take() == []


def test_what_cancels_out_is_not_passed_on() -> None:
    sums = FactSums()
    sums.add([("rep:a", 1, {"calls": 3}), ("rep:a", 2, {"calls": 1, "emails": 1})])
    sums.add([("rep:a", 1, {"calls": 1})], -3)
    sums.add([("rep:a", 2, {"calls": 1})], -1)
    assert sums.take() == [("rep:a", 2, {"emails": 1})]


@given(st.lists(st.tuples(FACTS, st.sampled_from([1, -1, 2])), max_size=6))
def test_sums_are_those_of_all_facts_to_the_last_unit(batches: list[tuple[list[Facts], int]]) -> None:
    sums, expected = FactSums(), Counter()
    for facts, sign in batches:
        before = repr(facts)
        sums.add(facts, sign)
        assert repr(facts) == before  # the ledger goes on holding them
        for subject, day, amounts in facts:
            for measure, amount in amounts.items():
                expected[subject, day, measure] += sign * amount
    taken = sums.take()
    found = {(subject, day, measure): n for subject, day, amounts in taken for measure, n in amounts.items()}
    assert found == {place: amount for place, amount in expected.items() if amount}
    assert len({fact[:2] for fact in taken}) == len(taken)
    assert all(amounts for _, _, amounts in taken)


@given(FACTS)
def test_taking_back_what_was_added_leaves_nothing(facts: list[Facts]) -> None:
    sums = FactSums()
    sums.add(facts)
    sums.add(facts, -1)
    assert sums.take() == []
