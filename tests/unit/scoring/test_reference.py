from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Absence, FxRate, Market, Membership, Rep, Target, Team
from scoring.money import BASE_SCALE
from scoring.organisation import Organisation
from scoring.presence import Holidays
from scoring.reference import Reference, Versioned

FIRST = date(2026, 1, 1)
WINDOW = [FIRST.toordinal() + i for i in range(30)]
_ids = count()


def _day(number: int) -> date:
    """A date by its number, 0 being the first of the window."""
    return FIRST + timedelta(days=number)


def _reference(*records: Any) -> Reference:
    """A reference that took the records, each newer than the one before."""
    reference = Reference(Organisation(UTC, "USD", EXPONENTS))
    for newer, record in enumerate(records):
        reference.put(record.type, record.id, Versioned(newer, 0, record.id, record))
    return reference


def _target(start: int, end: int, value: str, id_: str | None = None, **fields: str) -> Target:
    period = {"period_start": _day(start), "period_end": _day(end), "value": Decimal(value)}
    stated = {"subject": "rep", "subject_id": "a", "metric": "calls", **fields}
    return Target(type="target", id=id_ or f"g-{next(_ids)}", **period, **stated)


def _rep(rep_id: str, team_id: str = "t", **fields: Any) -> Rep:
    return Rep(type="rep", id=rep_id, team_id=team_id, **fields)


def _absence(rep_id: str, start: int, end: int) -> Absence:
    return Absence(type="absence", id=f"x-{next(_ids)}", rep_id=rep_id, start=_day(start), end=_day(end))


def _rate(value: str, id_: str = "x", day: int = 0) -> FxRate:
    return FxRate(type="fx_rate", id=id_, currency="EUR", date=_day(day), rate=Decimal(value))


def _euro(reference: Reference, day: int = 0) -> Fraction | None:
    factor = reference.rates.factor("EUR", WINDOW[0] + day)
    return None if factor is None else Fraction(100 * factor, BASE_SCALE)


def test_a_rate_can_be_corrected_and_taken_back() -> None:
    reference = _reference(_rate("1.5"))
    assert _euro(reference) == Fraction(3, 2)
    reference.put("fx_rate", "x", Versioned(5, 0, "x", _rate("2")))
    assert _euro(reference) == 2
    reference.put("fx_rate", "x", None)
    assert _euro(reference) is None
    reference.put("fx_rate", "x", None)
    assert _euro(reference) is None


def test_a_rate_corrected_to_another_day_leaves_its_old_one() -> None:
    reference = _reference(_rate("1.5", day=0), _rate("1.5", day=9))
    assert (_euro(reference, 0), _euro(reference, 9)) == (None, Fraction(3, 2))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Versioned(1, 9, "z", _rate("1", "z")), Versioned(2, 0, "a", _rate("2", "a"))),  # the later time
        (Versioned(1, 0, "z", _rate("1", "z")), Versioned(1, 1, "a", _rate("2", "a"))),  # then the greater version
        (Versioned(1, 1, "a", _rate("1", "a")), Versioned(1, 1, "b", _rate("2", "b"))),  # then the greater id
        (Versioned(1, 1, "10", _rate("1", "10")), Versioned(1, 1, "9", _rate("2", "9"))),  # as text
    ],
)
def test_of_two_rates_for_a_day_the_newest_then_the_greater_id_counts(first: Versioned, second: Versioned) -> None:
    for order in ((first, second), (second, first)):
        reference = _reference()
        for held in order:
            reference.put("fx_rate", held.record_id, held)
        assert _euro(reference) == 2
        reference.put("fx_rate", second.record_id, None)  # and the other is there again when it is gone
        assert _euro(reference) == 1


def test_every_record_taken_changes_the_revision() -> None:
    reference = _reference()
    market = Market(type="market", id="m", date=FIRST, index=Decimal(100))
    seen = [reference.revision]
    for record in (_rate("1"), _rep("a"), Team(type="team", id="t"), _target(0, 1, "5"), _absence("a", 0, 1), market):
        reference.put(record.type, record.id, Versioned(1, 0, record.id, record))
        seen.append(reference.revision)
    assert len(set(seen)) == len(seen)


def test_a_target_concerns_its_subjects_and_says_nothing_of_everybody() -> None:
    reference = _reference()
    target, of_another = _target(0, 1, "5"), replace(_target(0, 1, "5"), subject_id="another")
    first = f"{target.subject}:{target.subject_id}"
    second = f"{target.subject}:another"
    people = reference.everybody_revision
    assert reference.put("target", "t", Versioned(1, 0, "t", target)).concerned == {first}
    assert reference.put("target", "t", Versioned(2, 0, "t", of_another)).concerned == {first, second}
    assert reference.put("target", "t", None).concerned == {second}
    assert reference.put("target", "t", None).concerned == set()
    assert reference.everybody_revision == people
    for record in (_rep("a"), _absence("a", 0, 1)):
        assert reference.put(record.type, record.id, Versioned(1, 0, record.id, record)).concerned is None
        assert reference.everybody_revision > people
        people = reference.everybody_revision


def test_reps_and_teams_go_into_the_roster() -> None:
    reference = _reference(_rep("a", "t"), Team(type="team", id="t", parent="u"))
    assert reference.roster.team_on("a", 1) == "t"
    assert reference.roster.line_of("t") == ("t", "u")
    reference.put("rep", "a", None)
    assert reference.roster.team_on("a", 1) == "unassigned"


def _value_on(reference: Reference, day: int, metric: str = "calls") -> Decimal | None:
    target = reference.target_on("rep:a", metric, WINDOW[0] + day)
    return None if target is None else target.value


def test_a_target_holds_from_its_first_to_its_last_day() -> None:
    reference = _reference(_target(3, 5, "7"))
    assert [_value_on(reference, day) for day in range(2, 7)] == [None, 7, 7, 7, None]
    assert _value_on(reference, 4, "emails") is None
    assert reference.target_on("rep:b", "calls", WINDOW[4]) is None
    assert reference.target_on("team:a", "calls", WINDOW[4]) is None


def test_the_target_with_the_shortest_period_counts_even_if_an_older_one() -> None:
    reference = _reference(_target(0, 6, "1"), _target(0, 29, "2"), _target(3, 9, "3"))
    # 7 days, 30 days, 7 days: the month fills the rest, of the two weeks the newer counts where they overlap
    assert [_value_on(reference, day) for day in (0, 2, 3, 6, 7, 9, 10, 29)] == [1, 1, 3, 3, 3, 3, 2, 2]


def test_of_two_targets_for_a_period_the_newest_then_the_greater_id_counts() -> None:
    old, new = _target(0, 6, "1", "z"), _target(0, 6, "2", "a")
    assert _value_on(_reference(old, new), 0) == 2
    reference = _reference()
    for target in (new, old):
        reference.put("target", target.id, Versioned(1, 0, target.id, target))
    assert _value_on(reference, 0) == 1  # equal versions: "z" is greater
    reference.put("target", "z", None)
    assert _value_on(reference, 0) == 2


def test_a_prorated_target_is_the_sum_of_the_days_parts() -> None:
    reference = _reference(_target(0, 29, "90"), _target(10, 12, "30"))
    # 3 a day, but 10 a day on three days: of days 8..13 it is 3 + 3 + 10 + 10 + 10 + 3
    assert reference.prorated_target("rep:a", "calls", WINDOW[8], WINDOW[13]) == 39
    assert reference.prorated_target("rep:a", "calls", WINDOW[0], WINDOW[0]) == 3
    # beyond the period nothing is due
    assert reference.prorated_target("rep:a", "calls", WINDOW[28], WINDOW[28] + 100) == 6
    assert reference.prorated_target("rep:a", "calls", WINDOW[29] + 1, WINDOW[29] + 9) is None
    assert reference.prorated_target("rep:b", "calls", WINDOW[0], WINDOW[9]) is None


def test_a_prorated_target_of_nothing_is_not_the_same_as_no_target() -> None:
    assert _reference(_target(0, 9, "0")).prorated_target("rep:a", "calls", WINDOW[0], WINDOW[29]) == 0


def test_a_prorated_target_is_exact() -> None:
    reference = _reference(_target(0, 6, "1"))
    assert reference.prorated_target("rep:a", "calls", WINDOW[0], WINDOW[2]) == Fraction(3, 7)


def test_a_year_with_a_leap_day_has_366_parts() -> None:
    leap = Target(
        type="target",
        id="leap",
        subject="company",
        subject_id="company",
        metric="calls",
        period_start=date(2024, 1, 1),
        period_end=date(2024, 12, 31),
        value=Decimal(366),
    )
    reference = _reference(leap)
    february = (date(2024, 2, 1).toordinal(), date(2024, 2, 29).toordinal())
    assert reference.prorated_target("company:company", "calls", *february) == 29


PERIODS = st.tuples(st.integers(-10, 45), st.integers(-10, 45)).map(sorted)


@settings(max_examples=60)
@given(st.lists(st.tuples(PERIODS, st.integers(-5, 50)), max_size=7), PERIODS)
def test_a_prorated_target_is_what_a_loop_over_the_days_finds(
    stated: list[tuple[list[int], int]], window: list[int]
) -> None:
    targets = [_target(start, end, str(value), f"g-{i}") for i, ((start, end), value) in enumerate(stated)]
    reference = _reference(*targets)
    expected = None
    for day in range(window[0], window[1] + 1):
        covering = [
            (i, target) for i, target in enumerate(targets) if target.period_start <= _day(day) <= target.period_end
        ]
        if covering:
            _, shortest = min(covering, key=lambda held: (held[1].period_end - held[1].period_start, -held[0]))
            days = (shortest.period_end - shortest.period_start).days + 1
            expected = (expected or Fraction(0)) + Fraction(shortest.value) / days
    found = reference.prorated_target("rep:a", "calls", WINDOW[0] + window[0], WINDOW[0] + window[1])
    assert found == expected


def test_a_rep_is_present_from_hiring_to_leaving_but_for_absences() -> None:
    reference = _reference(_rep("a", hired_on=_day(5), left_on=_day(24)), _absence("a", 4, 6), _absence("a", 20, 40))
    # days 5..24, less 5 and 6, less 20..24
    assert reference.days_present("rep:a", WINDOW[0], WINDOW[29]) == 20 - 2 - 5
    assert reference.days_present("rep:a", WINDOW[0], WINDOW[4]) == 0
    assert reference.days_present("rep:a", WINDOW[5], WINDOW[7]) == 1
    assert reference.days_present("rep:a", WINDOW[25], WINDOW[29]) == 0


def test_days_of_two_absences_are_taken_off_once() -> None:
    absences = [_absence("a", 0, 9), _absence("a", 3, 4), _absence("a", 8, 12), _absence("a", 8, 12)]
    assert _reference(_rep("a"), *absences).days_present("rep:a", WINDOW[0], WINDOW[29]) == 30 - 13


def test_who_left_before_being_hired_was_never_there() -> None:
    reference = _reference(_rep("a", hired_on=_day(9), left_on=_day(3)), _absence("a", 0, 29))
    assert reference.days_present("rep:a", WINDOW[0], WINDOW[29]) == 0


def test_a_rep_without_a_record_is_always_there_but_for_its_absences() -> None:
    assert _reference(_absence("a", 1, 3)).days_present("rep:a", WINDOW[0], WINDOW[29]) == 27


def test_a_group_has_the_days_of_its_members_while_they_were_members() -> None:
    earlier = [Membership(team_id="u", until=_day(10))]
    reference = _reference(
        _rep("a", "t", history=earlier, territory="n"),
        _rep("b", "t", hired_on=_day(20)),
        Team(type="team", id="t", parent="top"),
        _absence("a", 9, 11),
    )
    window = WINDOW[0], WINDOW[29]
    assert reference.days_present("team:u", *window) == 9  # days 0..9 less the absence on 9
    assert reference.days_present("team:t", *window) == 18 + 10  # a: 10..29 less 10 and 11; b: 20..29
    assert reference.days_present("team:top", *window) == 28
    assert reference.days_present("territory:n", *window) == 18
    assert reference.days_present("company:company", *window) == 27 + 10
    assert reference.days_present("team:nobody", *window) == 0


def test_reps_without_a_record_are_there_every_day() -> None:
    reference = _reference(_rep("a", "unassigned", left_on=_day(4)))
    assert reference.days_present("team:unassigned", WINDOW[0], WINDOW[9], unrecorded=2) == 5 + 2 * 10
    assert reference.days_present("team:unassigned", WINDOW[0], WINDOW[9]) == 5


def test_presence_follows_every_correction() -> None:
    reference = _reference(_rep("a"))
    window = WINDOW[0], WINDOW[29]
    assert [reference.days_present(s, *window) for s in ("rep:a", "team:t", "team:u")] == [30, 30, 0]
    away = _absence("a", 0, 4)
    reference.put("absence", away.id, Versioned(5, 0, away.id, away))
    assert [reference.days_present(s, *window) for s in ("rep:a", "team:t", "team:u")] == [25, 25, 0]
    reference.put("rep", "a", Versioned(6, 0, "a", _rep("a", "u")))
    assert [reference.days_present(s, *window) for s in ("rep:a", "team:t", "team:u")] == [25, 0, 25]
    reference.put("absence", away.id, None)
    above = Team(type="team", id="u", parent="t")
    reference.put("team", "u", Versioned(7, 0, "u", above))
    assert [reference.days_present(s, *window) for s in ("rep:a", "team:t", "team:u")] == [30, 30, 30]
    reference.put("rep", "a", None)
    assert [reference.days_present(s, *window) for s in ("rep:a", "team:t", "team:u")] == [30, 0, 0]


@st.composite
def staff(draw: st.DrawFn) -> tuple[list[Rep], list[Absence], list[Team]]:
    teams = st.sampled_from(["t", "u"])
    reps = []
    for rep_id in draw(st.lists(st.sampled_from("abc"), unique=True)):
        ends = draw(st.lists(st.integers(-5, 35), max_size=2, unique=True))
        history = [
            Membership(team_id=draw(teams), territory=draw(st.none() | st.just("n")), until=_day(e)) for e in ends
        ]
        hired, left = draw(st.tuples(*[st.none() | st.integers(-5, 35).map(_day)] * 2))
        reps.append(_rep(rep_id, draw(teams), history=history, hired_on=hired, left_on=left))
    absences = [_absence(draw(st.sampled_from("abc")), *draw(PERIODS)) for _ in range(draw(st.integers(0, 4)))]
    parents = draw(st.dictionaries(teams, st.none() | teams | st.just("top")))
    return reps, absences, [Team(type="team", id=team, parent=parent) for team, parent in parents.items()]


HOLIDAYS = st.builds(
    Holidays,
    st.sets(st.integers(0, 6), max_size=3),
    st.just(()) | st.just(((1, 6), (12, 31))),
    st.sets(st.integers(0, 29).map(lambda number: _day(number).toordinal()), max_size=3),
)


@settings(max_examples=60)
@given(staff(), PERIODS, HOLIDAYS)
def test_presence_is_what_a_loop_over_the_days_finds(
    people: tuple[list[Rep], list[Absence], list[Team]], window: list[int], holidays: Holidays
) -> None:
    reps, absences, teams = people
    reference = _reference(*teams, *reps, *absences)
    days: dict[str, set[tuple[str, int]]] = {}
    for rep in reps:
        for number in range(window[0], window[1] + 1):
            day = _day(number)
            if holidays.is_off(day.toordinal()):
                continue
            away = any(absence.rep_id == rep.id and absence.start <= day <= absence.end for absence in absences)
            if (rep.hired_on or day) <= day <= (rep.left_on or day) and not away:
                places = [past for past in sorted(rep.history, key=lambda past: past.until) if day < past.until]
                place = places[0] if places else rep
                groups = {"rep:" + rep.id, "company:company"}
                groups |= {"team:" + team for team in reference.roster.line_of(place.team_id)}
                groups |= {"territory:n"} if place.territory else set()
                for group in groups:
                    days.setdefault(group, set()).add((rep.id, number))
    first, last = WINDOW[0] + window[0], WINDOW[0] + window[1]
    subjects = ["team:t", "team:u", "team:top", "territory:n", "company:company", *("rep:" + rep.id for rep in reps)]
    for subject in subjects:
        expected = len(days.get(subject, ()))
        assert reference.days_present(subject, first, last, holidays=holidays) == expected, subject


def test_reps_without_a_record_have_holidays_too() -> None:
    weekends = Holidays(weekdays=[5, 6])  # the window begins on a Thursday
    reference = _reference(_rep("a", "unassigned"))
    assert reference.days_present("team:unassigned", WINDOW[0], WINDOW[6], 2, holidays=weekends) == 3 * 5
    assert reference.days_present("team:unassigned", WINDOW[0], WINDOW[6], 2) == 3 * 7
