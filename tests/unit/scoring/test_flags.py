"""Gaming flags: what is worth a look, what is not, and that no score knows of them."""

from __future__ import annotations

import ast
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.fiscal import FiscalCalendar
from scoring.flags import (
    USUAL_LIMITS,
    Call,
    Edit,
    Entry,
    Flag,
    FlagLimits,
    Win,
    backdating,
    bulk_edits,
    late_wins,
    same_day_wins,
    short_calls,
)
from scoring.oracle import flags as oracle
from scoring.wording import never_said

SCORING = Path(__file__).parents[3] / "scoring"
QUARTER = FiscalCalendar().quarter(date(2026, 2, 1).toordinal())
REPS = st.sampled_from(["r-1", "r-2", "r-10"])
IDS = st.integers(0, 8).map("d-{}".format)
EDITS = st.lists(st.builds(Edit, REPS, IDS, st.integers(0, 40).map(lambda minutes: 30.0 * minutes)), max_size=40)
DAYS = st.integers(QUARTER.first - 10, QUARTER.last + 10)


def _wins(rep_id: str, *closed: int, opened: int = 1) -> list[Win]:
    return [Win(rep_id, f"d-{i}", opened, day) for i, day in enumerate(closed)]


@given(EDITS, st.integers(2, 6), st.integers(1, 5))
def test_bursts_are_those_that_looking_at_every_pair_finds(edits: list[Edit], records: int, minutes: int) -> None:
    crowd = [Edit(f"x-{i}", "d", 0.0) for i in range(9)]  # so that no three reps are more than half of all
    found = bulk_edits(edits + crowd, FlagLimits(bulk_records=records, bulk_minutes=minutes))
    expected = oracle.bursts(edits, records, minutes)
    assert [(flag.rep_id, flag.numbers["begun_at"], frozenset(flag.records)) for flag in found] == expected
    assert all(flag.numbers["records"] == len(flag.records) for flag in found)


@given(EDITS, st.randoms(use_true_random=False))
def test_the_order_of_edits_does_not_matter(edits: list[Edit], dice) -> None:
    limits = FlagLimits(bulk_records=3, bulk_minutes=2)
    shuffled = list(edits)
    dice.shuffle(shuffled)
    assert bulk_edits(shuffled, limits) == bulk_edits(edits, limits)


def test_what_most_reps_do_at_once_is_the_crm_at_work() -> None:
    def import_of(reps: int) -> list[Edit]:
        return [Edit(f"r-{rep}", f"d-{rep}-{i}", float(i)) for rep in range(reps) for i in range(25)]

    assert bulk_edits(import_of(3)) == []
    assert [flag.rep_id for flag in bulk_edits(import_of(2))] == ["r-0", "r-1"]
    others = [Edit(f"q-{rep}", "d", 0.0) for rep in range(3)]
    assert len(bulk_edits([*import_of(3), *others])) == 3  # half of them only


def test_many_edits_of_one_record_are_no_bulk() -> None:
    assert bulk_edits([Edit("r-1", "d-1", float(second)) for second in range(100)]) == []


def test_the_limits_of_the_method_are_the_usual_ones() -> None:
    # method.md section 10
    assert USUAL_LIMITS.backdated_days == 7
    assert USUAL_LIMITS.short_call_seconds == 10
    assert (USUAL_LIMITS.late_days, USUAL_LIMITS.late_share) == (5, 1 / 3)


def test_seven_days_are_not_backdated_and_eight_are() -> None:
    assert backdating([Entry("r-1", "d-1", 100, 107)]) == []
    (flag,) = backdating([Entry("r-1", "d-1", 100, 108), Entry("r-1", "d-2", 100, 90), Entry("r-2", "d-3", 100, 100)])
    assert (flag.kind, flag.rep_id, flag.records) == ("backdating", "r-1", ("d-1",))
    assert flag.numbers == {"records": 1, "of": 2, "latest_days": 8}
    assert backdating([Entry("r-1", "d-1", 100, 108)], FlagLimits(backdated_records=2)) == []


def test_calls_that_nobody_took_or_that_state_no_duration_are_left_out() -> None:
    brief = [Call("r-1", f"c-{i:02d}", 9.9) for i in range(20)]
    (flag,) = short_calls(
        [*brief, *(Call("r-1", f"n-{i}", 1.0, answered=False) for i in range(99)), Call("r-1", "x", None)]
    )
    assert flag.numbers == {"calls": 20, "of": 20}
    assert short_calls([Call("r-1", f"c-{i}", 10.0) for i in range(20)]) == []
    assert short_calls(brief[1:]) == []
    assert short_calls([*brief, *(Call("r-1", f"l-{i}", 60.0) for i in range(61))]) == []  # 20 of 81 is below a quarter
    assert len(short_calls([*brief, *(Call("r-1", f"l-{i}", 60.0) for i in range(60))])) == 1


def test_deals_won_on_the_day_they_were_opened_are_counted_against_all_wins() -> None:
    same = _wins("r-1", 50, 50, 50, opened=50)
    assert len(same_day_wins(same)) == 1
    assert same_day_wins(same[1:]) == []
    assert same_day_wins([*same, *_wins("r-1", *[60] * 10, opened=50)]) == []  # 3 of 13
    assert len(same_day_wins(_wins("r-1", 49, 49, 49, opened=50))) == 1  # closed before it was opened: cycle 0


def test_a_third_of_a_quarters_wins_in_its_last_five_days_is_worth_a_look() -> None:
    early = [QUARTER.first + i for i in range(6)]
    late = [QUARTER.last - 4, QUARTER.last - 1, QUARTER.last]
    (flag,) = late_wins(_wins("r-1", *early, *late), QUARTER)
    assert flag.numbers == {"wins": 3, "of": 9}
    assert "2026Q1" in flag.seen
    assert late_wins(_wins("r-1", *early, QUARTER.last - 5, *late[1:]), QUARTER) == []
    assert late_wins(_wins("r-1", *early[1:], *late), QUARTER) == []  # eight wins are too few to tell
    assert late_wins(_wins("r-1", *early, *late[1:], QUARTER.last + 1), QUARTER) == []


@given(st.lists(st.builds(Win, REPS, IDS, DAYS, DAYS), max_size=60), st.integers(1, 9), st.fractions(0, 1))
def test_late_and_same_day_wins_are_exact_counts(wins: list[Win], fewest: int, share: Fraction) -> None:
    limits = FlagLimits(late_fewest_wins=fewest, late_share=float(share), same_day_deals=fewest, same_day_share=0.0)
    late, same = (
        {flag.rep_id: flag for flag in found}
        for found in (late_wins(wins, QUARTER, limits), same_day_wins(wins, limits))
    )
    for rep_id in ("r-1", "r-2", "r-10"):
        own = [win for win in wins if win.rep_id == rep_id]
        inside = [win for win in own if QUARTER.first <= win.closed <= QUARTER.last]
        last = [win for win in inside if QUARTER.last - win.closed < 5]
        expected = len(inside) >= fewest and bool(last) and Fraction(len(last), len(inside)) >= Fraction(float(share))
        assert (rep_id in late) == expected or len(last) == pytest.approx(float(share) * len(inside))
        at_once = [win for win in own if win.closed <= win.opened]
        assert (rep_id in same) == (len(at_once) >= fewest)


def _one_of_each() -> list[Flag]:
    return [
        *bulk_edits([Edit("r-1", f"d-{i}", float(i)) for i in range(25)]),
        *backdating([Entry("r-1", "d-1", 1, 100)]),
        *short_calls([Call("r-1", f"c-{i}", 1.0) for i in range(20)]),
        *same_day_wins(_wins("r-1", 9, 9, 9, opened=9)),
        *late_wins(_wins("r-1", *[QUARTER.last] * 9), QUARTER),
    ]


def test_every_flag_says_what_was_seen_and_asks_and_judges_nobody() -> None:
    flags = _one_of_each()
    assert {flag.kind for flag in flags} == {"bulk_edits", "backdating", "short_calls", "same_day_wins", "late_wins"}
    for flag in flags:
        assert "r-1" in flag.text
        assert flag.text.startswith("Worth a look: ")
        assert "please ask" in flag.text
        assert str(int(next(iter(flag.numbers.values())))) in flag.seen
        assert flag.records
        assert never_said(flag.text) == []


def test_nothing_that_makes_a_score_knows_of_flags() -> None:
    """Only the scorecard reads their limits, and what finds flags is used by no other part: a flag can lower no score."""
    for path in SCORING.rglob("*.py"):
        if path.name == "flag_records.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "scoring.flags":
                names = {alias.name for alias in node.names}
                allowed = {"Edit"} if path.parent.name == "oracle" else {"FlagLimits", "USUAL_LIMITS"}
                assert names <= allowed, path
            assert not (isinstance(node, ast.ImportFrom) and node.module == "scoring.flag_records"), path


def test_nobody_is_flagged_for_nothing() -> None:
    assert [find([]) for find in (bulk_edits, backdating, short_calls, same_day_wins)] == [[]] * 4  # type: ignore[operator]
    assert late_wins([], QUARTER) == []
    nothing = FlagLimits(
        late_fewest_wins=1, late_share=0.0, same_day_deals=1, same_day_share=0.0, short_calls=1, short_share=0
    )
    assert late_wins(_wins("r-1", QUARTER.first), QUARTER, nothing) == []
    assert same_day_wins(_wins("r-1", 9), nothing) == []
    assert short_calls([Call("r-1", "c", 60.0)], nothing) == []
