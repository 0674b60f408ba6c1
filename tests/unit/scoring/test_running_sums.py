from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from scoring.lens import Lens
from scoring.maturation import Maturation, cohort, unknown
from scoring.money import WHOLE, Rates
from scoring.panes import PaneBook, Panes
from scoring.quarter import deals_opened
from scoring.running_sums import RunningSums
from scoring.weeks import openings
from scoring.windows import MOST_CRITERIA, Horizons, Sums, window_sums
from tests.unit.scoring.pane_changes import CHANGES, TODAY, UNRECORDED, Change, apply, take_all_back

RIPENING = Maturation(tuple(0.4 * (1 - 0.9**age) for age in range(46)), 20, 200, 40)
STEEPER = Maturation(tuple(0.5 * (1 - 0.8**age) for age in range(46)), 20, 200, 40)
RATES = Rates(
    "USD", EXPONENTS, [("EUR", TODAY - age, Decimal("1.1") + Decimal(age) / 1000) for age in (0, 5, 60, 88, 91)]
)
SIGHTS = [(RATES, RIPENING), (RATES, unknown(0.3)), (Rates("EUR", EXPONENTS, []), RIPENING)]


def _lens(rates: Rates, ripening: Maturation, as_of: int = TODAY) -> Lens:
    days = 91 if ripening.window_days is None else ripening.window_days
    return Lens(as_of, rates, Horizons(days, ripening.cohort_days, ripening.pipeline_days))


def _not_zero(by_days: dict[int, Sums]) -> dict[int, Sums]:
    return {days: {name: amount for name, amount in window.items() if amount} for days, window in by_days.items()}


def _different(one: dict[int, Sums], other: dict[int, Sums]) -> set[str]:
    names = {name for days in one for name in one[days].keys() | other[days].keys()}
    return {name for name in names if any(one[days].get(name) != other[days].get(name) for days in one)}


def _assert_right(running: RunningSums, panes: Panes, lens: Lens, ripening: Maturation) -> None:
    as_of = lens.as_of
    expected = window_sums(panes, as_of, lens.rates, lens.horizons)
    sums = running.sums
    assert _not_zero(sums.by_days) == _not_zero(expected.by_days)
    assert (sums.unrated, sums.criteria) == (expected.unrated, expected.criteria)
    assert sums.unrecorded == expected.unrecorded
    opened = openings(panes, as_of - ripening.cohort_days + 1, as_of)
    assert running.wins == cohort(deals_opened(opened), as_of, ripening)


@settings(max_examples=300, deadline=None)
@given(
    CHANGES,
    st.lists(CHANGES | st.just(None) | st.lists(UNRECORDED, max_size=1), max_size=5),
    st.sampled_from(SIGHTS),
)
def test_after_any_changes_the_sums_are_those_of_all_panes_added_up_anew(
    first: list[Change], then: list[list[Change] | None], sight: tuple[Rates, Maturation]
) -> None:
    rates, ripening = sight
    lens, book = _lens(rates, ripening), PaneBook()
    apply(book, "s", first)
    running = RunningSums(lens, ripening, book.by_subject.get("s", {}))
    _assert_right(running, book.by_subject.get("s", {}), lens, ripening)
    book.watch("s")
    for changes in then:
        if changes is None:
            take_all_back(book, "s")
        else:
            apply(book, "s", changes)
        panes, held = book.by_subject.get("s", {}), _not_zero(running.sums.by_days)
        wins = running.wins
        changed = running.change(book.take_before("s") or {}, panes)
        _assert_right(running, panes, lens, ripening)
        now = _not_zero(running.sums.by_days)
        assert _different(held, now) <= changed
        assert wins == running.wins or "cohort_won" in changed


@settings(max_examples=300, deadline=None)
@given(
    CHANGES,
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([RIPENING, STEEPER]), CHANGES | st.just(None)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([RATES, Rates("EUR", EXPONENTS, [])]),
)
def test_moved_on_from_day_to_day_the_sums_are_those_of_all_panes_added_up_anew(
    first: list[Change], steps: list[tuple[int, Maturation, list[Change] | None]], rates: Rates
) -> None:
    day, lens, book = TODAY, _lens(rates, RIPENING), PaneBook()
    apply(book, "s", first)
    running = RunningSums(lens, RIPENING, book.by_subject.get("s", {}))
    book.watch("s")
    for days, ripening, changes in steps:
        if changes is None:
            take_all_back(book, "s")
        else:
            apply(book, "s", changes)
        panes = book.by_subject.get("s", {})
        running.change(book.take_before("s") or {}, panes)
        held = _not_zero(running.sums.by_days)
        day += days
        lens = lens if not days else _lens(rates, ripening, day)
        changed = running.move(lens, ripening, panes)
        _assert_right(running, panes, lens, ripening)
        assert _different(held, _not_zero(running.sums.by_days)) <= changed


def test_a_changed_pane_is_told_by_the_sums_that_it_changes_and_by_no_others() -> None:
    panes = {TODAY: {"activity/call/": 1, "revenue|USD": 5, "lost": WHOLE}}
    running = RunningSums(_lens(RATES, RIPENING), RIPENING, panes)
    assert running.change({TODAY: {"activity/call/": 3, "revenue|USD": 5, "lost": WHOLE}}, panes) == {
        "activity/call/",
        "calls",
    }


def test_a_criterion_that_is_taken_back_everywhere_is_gone_and_one_that_is_left_somewhere_stays() -> None:
    both = {"evaluation_n/pace": 1, "evaluation_n/tone": 1}
    panes = {TODAY: dict(both), TODAY - 900: {"evaluation_n/pace": 1}}
    running = RunningSums(_lens(RATES, RIPENING), RIPENING, panes)
    assert running.sums.criteria == {"pace", "tone"}
    del panes[TODAY]
    running.change({TODAY: both}, panes)
    assert running.sums.criteria == {"pace"}
    running.change({TODAY - 900: panes.pop(TODAY - 900)}, panes)
    assert running.sums.criteria == set()


def test_of_too_many_criteria_those_used_most_are_kept_while_they_change() -> None:
    lens = _lens(RATES, RIPENING)
    panes = {TODAY: {f"evaluation_n/c{number:03}": 2 for number in range(MOST_CRITERIA + 3)}}
    running = RunningSums(lens, RIPENING, panes)
    _assert_right(running, panes, lens, RIPENING)
    before = {TODAY - 1: {}, TODAY: dict(panes[TODAY])}
    panes[TODAY - 1] = {"evaluation_n/c502": 1, "evaluation_n/new": 3}
    del panes[TODAY]["evaluation_n/c000"]
    running.change(before, panes)
    _assert_right(running, panes, lens, RIPENING)
