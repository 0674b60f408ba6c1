from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts import COMPANY, Facts, split_subject
from scoring.roster import FOREVER, UNASSIGNED, Roster
from scoring.stages import UNRECORDED_DAY, GroupStage, RepStage

DAY = date(2026, 5, 1).toordinal()
CALL: list[Facts] = [("rep:a", DAY, {"calls": 1})]


def _rep(team_id: str, territory: str | None = None, **until: int) -> Any:
    """A rep now in `team_id`; `until` gives days of May by earlier team."""
    history = [SimpleNamespace(team_id=team, territory=None, until=date(2026, 5, day)) for team, day in until.items()]
    return SimpleNamespace(team_id=team_id, territory=territory, history=history)


class _Stages:
    """Both stages behind each other, as a lane has them."""

    def __init__(self) -> None:
        self.roster = Roster()
        self.reps = RepStage(self.roster)
        self.groups = GroupStage()

    def apply(self, facts: list[Facts]) -> None:
        self.reps.apply(facts)
        self.pass_on()

    def put(self, record_type: str, record_id: str, record: Any) -> None:
        self.roster.put(record_type, record_id, record)
        self.reps.reroute(self.reps.affected_by(record_type, record_id))
        self.pass_on()

    def pass_on(self) -> None:
        self.groups.apply(self.reps.take_outgoing())

    def of(self, group: str) -> dict[int, dict[str, int]]:
        return self.groups.book.by_subject.get(group, {})


def test_facts_of_a_rep_count_for_the_rep_and_its_groups() -> None:
    stages = _Stages()
    stages.put("team", "t", SimpleNamespace(parent="top"))
    stages.put("rep", "a", _rep("t", "north"))
    stages.apply(CALL)
    stages.apply([("rep:a", DAY, {"calls": 1, "emails": 2})])
    expected = {DAY: {"calls": 2, "emails": 2}}
    assert stages.reps.book.by_subject == {"rep:a": expected}
    groups = ("team:t", "team:top", "territory:north", COMPANY)
    assert stages.groups.book.by_subject == dict.fromkeys(groups, expected)


def test_a_rep_without_a_record_is_counted_as_such_while_it_has_facts() -> None:
    stages = _Stages()
    stages.apply([*CALL, ("rep:b", DAY, {"calls": 1}), ("rep:b", DAY + 1, {"calls": 1})])
    assert stages.of("team:unassigned")[UNRECORDED_DAY] == {"unrecorded": 2}
    assert stages.of(COMPANY)[UNRECORDED_DAY] == {"unrecorded": 2}
    stages.apply([("rep:a", DAY, {"calls": -1})])
    assert stages.of(COMPANY)[UNRECORDED_DAY] == {"unrecorded": 1}
    assert "rep:a" not in stages.reps.book.by_subject
    stages.put("rep", "b", _rep("t"))
    assert UNRECORDED_DAY not in stages.of(COMPANY)
    assert stages.groups.book.by_subject.keys() == {"team:t", COMPANY}
    stages.put("rep", "b", None)
    assert stages.of("team:unassigned") == {
        UNRECORDED_DAY: {"unrecorded": 1},
        DAY: {"calls": 1},
        DAY + 1: {"calls": 1},
    }


def test_a_move_takes_the_days_that_it_is_about() -> None:
    stages = _Stages()
    stages.put("rep", "a", _rep("t"))
    stages.apply([*CALL, ("rep:a", DAY + 9, {"calls": 5})])
    stages.put("rep", "a", _rep("u", t=10))
    assert stages.of("team:t") == {DAY: {"calls": 1}}
    assert stages.of("team:u") == {DAY + 9: {"calls": 5}}
    assert stages.of(COMPANY) == {DAY: {"calls": 1}, DAY + 9: {"calls": 5}}


def test_a_parent_moves_everybody_below_it() -> None:
    stages = _Stages()
    stages.put("rep", "a", _rep("t"))
    stages.apply([*CALL, ("team:t", DAY, {"costs|USD": 7})])
    stages.put("team", "t", SimpleNamespace(parent="top"))
    assert stages.of("team:top") == {DAY: {"calls": 1, "costs|USD": 7}}
    stages.put("team", "top", SimpleNamespace(parent="t"))  # a cycle: both are roots
    assert stages.of("team:top") == {}
    assert stages.of("team:t") == {DAY: {"calls": 1, "costs|USD": 7}}


def test_a_record_shared_inside_a_team_counts_once_in_it_wherever_its_reps_go() -> None:
    shared = split_subject(["a", "b"])
    stages = _Stages()
    for rep in "ab":
        stages.put("rep", rep, _rep("t"))
    stages.apply([("rep:a", DAY, {"lost_n": 1}), ("rep:b", DAY, {"lost_n": 1}), (shared, DAY, {"lost_n": 1})])
    assert (stages.of("team:t"), stages.of(COMPANY)) == ({DAY: {"lost_n": 1}}, {DAY: {"lost_n": 1}})
    stages.put("rep", "b", _rep("u"))
    assert [stages.of(group) for group in ("team:t", "team:u", COMPANY)] == [{DAY: {"lost_n": 1}}] * 3
    stages.put("rep", "a", _rep("u"))
    assert [stages.of(group) for group in ("team:t", "team:u", COMPANY)] == [{}, *[{DAY: {"lost_n": 1}}] * 2]


def test_who_may_move_by_a_record_is_the_rep_and_what_it_shares() -> None:
    stages = _Stages()
    shared = [split_subject(["a", "b"]), split_subject(["a", "c"]), split_subject(["b", "c"])]
    stages.apply([(subject, DAY, {"lost_n": 1}) for subject in [*shared, "rep:a", "team:t"]])
    assert stages.reps.affected_by("rep", "a") == ["rep:a", *shared[:2]]
    assert stages.reps.affected_by("rep", "ghost") == ["rep:ghost"]
    assert set(stages.reps.affected_by("team", "x")) == {*shared, "rep:a", "team:t"}
    stages.apply([(shared[0], DAY, {"lost_n": -1})])
    assert stages.reps.affected_by("rep", "a") == ["rep:a", shared[1]]


def test_a_move_that_changes_nothing_is_not_passed_on() -> None:
    stages = _Stages()
    stages.put("rep", "a", _rep("t"))
    stages.apply(CALL)
    stages.reps.take_changed_routes()
    stages.reps.reroute(["rep:a", "rep:nobody"])
    assert stages.reps.take_outgoing() == []
    assert stages.reps.take_changed_routes() == []


def test_routes_are_told_when_they_change_and_when_they_are_gone() -> None:
    stages = _Stages()
    stages.apply(CALL)
    unassigned = ((FOREVER, (("team:" + UNASSIGNED, 1), (COMPANY, 1))),)
    assert stages.reps.take_changed_routes() == [("rep:a", unassigned)]
    stages.apply(CALL)
    assert stages.reps.take_changed_routes() == []
    stages.apply([("rep:a", DAY, {"calls": -2})])
    assert stages.reps.take_changed_routes() == [("rep:a", None)]
    assert (stages.reps.routes, stages.reps.book.by_subject, stages.groups.book.by_subject) == ({}, {}, {})


def test_facts_stay_those_of_the_ledger() -> None:
    facts: list[Facts] = [("rep:a", DAY, {"calls": 1}), ("rep:a", DAY, {"calls": 1})]
    stages = _Stages()
    stages.apply(facts)
    assert facts == [("rep:a", DAY, {"calls": 1}), ("rep:a", DAY, {"calls": 1})]


TEAMS = st.sampled_from(["t", "u", UNASSIGNED])
DRAWN_REPS = st.builds(
    _rep,
    TEAMS,
    st.none() | st.just("north"),
    t=st.integers(2, 15),
    u=st.integers(16, 30),
)
ROSTER_CHANGES = st.one_of(
    st.tuples(st.just("rep"), st.sampled_from("abc"), st.none() | DRAWN_REPS),
    st.tuples(
        st.just("team"), TEAMS, st.none() | st.builds(SimpleNamespace, parent=st.none() | TEAMS | st.just("top"))
    ),
)


@st.composite
def shared_records(draw: st.DrawFn) -> list[Facts]:
    day = DAY + draw(st.integers(0, 30))
    reps = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True))
    facts: list[Facts] = [("rep:" + rep, day, {"won|USD": 10 + i, "won_n|USD": 1}) for i, rep in enumerate(reps)]
    if len(reps) > 1:
        facts.append((split_subject(reps), day, {"won_n|USD": 1}))
    return facts


RECORDS = st.lists(
    shared_records()
    | st.sampled_from([[("team:t", DAY + 3, {"costs|USD": 5})], [(COMPANY, DAY + 3, {"costs|USD": 7})]]),
    min_size=1,
    max_size=6,
)
STEPS = st.lists(
    st.tuples(st.just("record"), st.integers(0, 5))
    | st.tuples(st.just("roster"), ROSTER_CHANGES)
    | st.sampled_from([("reroute", None), ("pass on", None), ("restart", None)]),
    max_size=25,
)


def _restarted(stages: _Stages) -> _Stages:
    """The same stages from what was written down, with the roster as it is now."""
    copy = _Stages()
    copy.roster = stages.roster
    copy.reps = RepStage(copy.roster)
    for subject, route in stages.reps.routes.items():
        copy.reps.restore_route(subject, route)
    for old, new in ((stages.reps.book, copy.reps.book), (stages.groups.book, copy.groups.book)):
        for subject, panes in old.by_subject.items():
            for day, pane in panes.items():
                new.restore(subject, day, dict(pane))
    return copy


class _Run:
    """Stages to which things happen in any order; moves wait until somebody notices them."""

    def __init__(self, records: list[list[Facts]]) -> None:
        self.stages = _Stages()
        self.in_force: set[int] = set()
        self._records = records
        self._waiting: list[tuple[str, str]] = []

    def step(self, what: str, argument: Any) -> None:
        if what == "record":
            self._put_or_delete(argument % len(self._records))
        elif what == "roster":
            record_type, record_id, record = argument
            if self.stages.roster.put(record_type, record_id, record):
                self._waiting.append((record_type, record_id))
        elif what == "reroute":
            self.notice()
        else:
            self.stages.pass_on()
            if what == "restart":
                self.stages = _restarted(self.stages)

    def notice(self) -> None:
        while self._waiting:
            self.stages.reps.reroute(self.stages.reps.affected_by(*self._waiting.pop()))

    def _put_or_delete(self, i: int) -> None:
        sign = -1 if i in self.in_force else 1
        self.in_force ^= {i}
        facts = [
            (subject, day, {m: sign * n for m, n in amounts.items()}) for subject, day, amounts in self._records[i]
        ]
        self.stages.reps.apply(facts)


@settings(max_examples=150, deadline=None)
@given(RECORDS, STEPS)
def test_any_interleaving_of_facts_and_moves_ends_like_a_fresh_start(records: list[list[Facts]], steps: list) -> None:
    run = _Run(records)
    for step in steps:
        run.step(*step)
    run.notice()
    stages, fresh = run.stages, _Stages()
    stages.pass_on()
    fresh.roster = stages.roster
    fresh.reps = RepStage(fresh.roster)
    for i in run.in_force:
        fresh.apply(records[i])
    assert stages.reps.book.by_subject == fresh.reps.book.by_subject
    assert stages.groups.book.by_subject == fresh.groups.book.by_subject
    assert stages.reps.routes == fresh.reps.routes
    for rep in "abcd":
        assert stages.reps.affected_by("rep", rep) == fresh.reps.affected_by("rep", rep)


@settings(max_examples=60)
@given(RECORDS, st.lists(ROSTER_CHANGES, max_size=6))
def test_the_company_has_every_record_once(records: list[list[Facts]], changes: list) -> None:
    stages = _Stages()
    for facts in records:
        stages.apply(facts)
    for record_type, record_id, record in changes:
        stages.put(record_type, record_id, record)
    sums: dict[str, int] = {}
    for day, pane in stages.of(COMPANY).items():
        for measure, amount in pane.items():
            if day != UNRECORDED_DAY:
                sums[measure] = sums.get(measure, 0) + amount
    deals = [[fact for fact in facts if fact[0].startswith("rep:")] for facts in records]
    assert sums.get("won_n|USD", 0) == sum(1 for reps in deals if reps)
    assert sums.get("won|USD", 0) == sum(10 + i for reps in deals for i in range(len(reps)))


def test_a_subject_whose_facts_were_taken_back_before_its_retired_panes_were_reduced_is_gone() -> None:
    stages = _Stages()
    stages.apply([("rep:a", DAY, {"activity/call/": 1})])
    stages.reps.first_day = stages.groups.first_day = DAY + 1
    stages.apply([("rep:a", DAY, {"activity/call/": -1})])
    assert sum(stages.reps.retire()) == 1
    stages.pass_on()
    assert sum(stages.groups.retire()) > 0
    assert (stages.reps.book.by_subject, stages.reps.routes) == ({}, {})
    assert stages.groups.book.by_subject == {}
