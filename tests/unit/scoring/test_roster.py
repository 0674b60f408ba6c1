from __future__ import annotations

from collections import Counter
from datetime import date
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Membership as Earlier
from schemas.records import Rep, Team
from scoring.facts import COMPANY, split_subject
from scoring.roster import FOREVER, UNASSIGNED, Membership, Roster, moved, weights_on

REPS, TEAMS = ["a", 'b:"|/', "c"], ["t", "u:x", "v", UNASSIGNED]
MAY = [date(2026, 5, day).toordinal() for day in range(1, 32)]


def _rep(team_id: str, *earlier: tuple[str, int], territory: str | None = None) -> Rep:
    """A rep now in `team_id`; `earlier` names teams and the day of May on which it was first no longer there."""
    history = [Earlier(team_id=team, until=date(2026, 5, day)) for team, day in earlier]
    return Rep(type="rep", id="-", team_id=team_id, territory=territory, history=history or None)


def _roster(reps: dict[str, Rep] | None = None, parents: dict[str, str | None] | None = None) -> Roster:
    roster = Roster()
    for rep_id, rep in (reps or {}).items():
        roster.put("rep", rep_id, rep)
    for team_id, parent in (parents or {}).items():
        roster.put("team", team_id, Team(type="team", id=team_id, parent=parent))
    return roster


def _drawn_rep(team: str, territory: str | None, ends: dict[int, tuple[str, str | None]]) -> Any:
    history = [
        SimpleNamespace(team_id=past, territory=where, until=date(2026, 5, day)) for day, (past, where) in ends.items()
    ]
    return SimpleNamespace(team_id=team, territory=territory, history=history)


PLACES = st.tuples(st.sampled_from(TEAMS), st.none() | st.sampled_from(["n", "company"]))
DRAWN_REPS = st.builds(
    lambda place, ends: _drawn_rep(*place, ends), PLACES, st.dictionaries(st.integers(2, 30), PLACES, max_size=3)
)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    roster = Roster()
    for rep_id, rep in draw(st.dictionaries(st.sampled_from(REPS), DRAWN_REPS)).items():
        roster.put("rep", rep_id, rep)
    for team_id, parent in draw(
        st.dictionaries(st.sampled_from(TEAMS), st.none() | st.sampled_from([*TEAMS, "top"]))
    ).items():
        roster.put("team", team_id, SimpleNamespace(parent=parent))
    return roster


def _groups_by_hand(roster: Roster, rep_id: str, day: int) -> set[str]:
    """The groups of a rep on a day, straight from the records."""
    team, territory = UNASSIGNED, None
    if rep_id in roster.reps:
        rep = roster.reps[rep_id]
        places = [
            (past.until.toordinal(), past.team_id, past.territory)
            for past in rep.history
            if day < past.until.toordinal()
        ]
        _, team, territory = min(places, default=(0, rep.team_id, rep.territory))
    return (
        {"team:" + above for above in _line_by_hand(roster, team)}
        | ({"territory:" + territory} if territory else set())
        | {COMPANY}
    )


def _line_by_hand(roster: Roster, team: str) -> list[str]:
    def parent(of: str) -> str | None:
        return roster.teams[of].parent if of in roster.teams else None

    def on_a_cycle(of: str) -> bool:
        above, steps = parent(of), 0
        while above is not None and above != of and steps < 10:
            above, steps = parent(above), steps + 1
        return above == of

    line = [team]
    while not on_a_cycle(line[-1]) and (above := parent(line[-1])) is not None:
        line.append(above)
    return line


def test_a_rep_without_a_record_is_unassigned_for_ever() -> None:
    roster = _roster()
    assert roster.memberships("a") == [Membership(FOREVER, UNASSIGNED, None)]
    assert roster.team_on("a", 1) == UNASSIGNED
    assert roster.route("rep:a") == ((FOREVER, (("team:unassigned", 1), (COMPANY, 1))),)


def test_until_is_the_first_day_no_longer_there() -> None:
    roster = _roster({"a": _rep("now", ("first", 10), ("second", 20))})
    assert [roster.team_on("a", MAY[day - 1]) for day in (1, 9, 10, 19, 20, 31)] == [
        *["first", "first"],
        *["second", "second"],
        *["now", "now"],
    ]


def test_history_may_come_in_any_order() -> None:
    in_order = _roster({"a": _rep("now", ("first", 10), ("second", 20))})
    reversed_ = _roster({"a": _rep("now", ("second", 20), ("first", 10))})
    assert in_order.memberships("a") == reversed_.memberships("a")


def test_a_territory_is_that_of_the_membership_not_of_today() -> None:
    rep = _rep("now", ("then", 10), territory="north")
    roster = _roster({"a": rep})
    assert weights_on(roster.route("rep:a"), MAY[8]) == (("team:then", 1), (COMPANY, 1))
    assert weights_on(roster.route("rep:a"), MAY[9]) == (("team:now", 1), ("territory:north", 1), (COMPANY, 1))


def test_teams_above_a_team_are_in_line_the_nearest_first() -> None:
    roster = _roster(parents={"t": "u", "u": "v", "v": None})
    assert roster.line_of("t") == ("t", "u", "v")
    assert roster.line_of("v") == ("v",)
    assert _roster(parents={"t": "never seen"}).line_of("t") == ("t", "never seen")


def test_teams_on_a_cycle_have_none_above_but_still_stand_above_others() -> None:
    roster = _roster(parents={"a": "b", "b": "c", "c": "a", "below": "b", "lowest": "below", "alone": "alone"})
    assert [roster.line_of(team) for team in "abc"] == [("a",), ("b",), ("c",)]
    assert roster.line_of("lowest") == ("lowest", "below", "b")
    assert roster.line_of("alone") == ("alone",)


def test_a_new_parent_is_seen_at_once() -> None:
    roster = _roster(parents={"t": "u"})
    assert roster.line_of("t") == ("t", "u")
    before = roster.revision
    roster.put("team", "u", Team(type="team", id="u", parent="v"))
    assert roster.line_of("t") == ("t", "u", "v")
    assert roster.revision != before
    roster.put("team", "t", None)
    assert roster.line_of("t") == ("t",)
    roster.put("team", "t", None)  # deleting what is not there is no error


def test_a_record_says_whether_it_may_move_anybody() -> None:
    roster = _roster()
    until = date(2026, 5, 2)
    earlier = [Earlier(team_id="u", until=until)]
    versions = [
        (_rep("t"), True),
        (_rep("t"), False),
        (Rep(type="rep", id="-", team_id="t", name="Ann", hired_on=until, event_id="e"), False),
        (_rep("t", territory="n"), True),
        (_rep("u", territory="n"), True),
        (Rep(type="rep", id="-", team_id="u", territory="n", history=earlier), True),
        (Rep(type="rep", id="-", team_id="u", territory="n", history=list(earlier)), False),
        (None, True),
        (None, False),
    ]
    assert [roster.put("rep", "a", record) for record, _ in versions] == [moves for _, moves in versions]
    assert roster.put("team", "t", Team(type="team", id="t", parent="u")) is True
    assert roster.put("team", "t", Team(type="team", id="t", parent="u", name="T")) is False
    assert roster.put("team", "t", Team(type="team", id="t")) is True


def test_costs_of_a_team_count_in_the_teams_above_and_the_company() -> None:
    roster = _roster(parents={"t:1": "u"})
    assert roster.route("team:t:1") == ((FOREVER, (("team:t:1", 1), ("team:u", 1), (COMPANY, 1))),)
    assert roster.route(COMPANY) == ((FOREVER, ((COMPANY, 1),)),)


def test_a_record_shared_inside_a_team_counts_once_in_it() -> None:
    reps = {"a": _rep("t"), "b": _rep("t"), "c": _rep("u")}
    roster = _roster(reps, {"t": "top", "u": "top"})
    # three reps touch top and the company, two touch t, one u: with 1 each from the reps, -2, -2 and -1 leave one
    assert roster.route(split_subject(["a", "b", "c"])) == (
        (FOREVER, ((COMPANY, -2), ("team:t", -1), ("team:top", -2))),
    )


def test_what_reps_share_follows_each_of_their_moves() -> None:
    roster = _roster({"a": _rep("t", ("u", 10)), "b": _rep("t", ("t", 20), ("u", 5))})
    route = roster.route(split_subject(["a", "b"]))
    together = [dict(weights_on(route, day)) for day in MAY]
    # a: u until the 10th, then t. b: u until the 5th, then t. So both in u before the 5th, apart until the 10th, then in t
    assert [sums.get("team:u", 0) for sums in together] == [-1] * 4 + [0] * 27
    assert [sums.get("team:t", 0) for sums in together] == [0] * 9 + [-1] * 22
    assert all(sums[COMPANY] == -1 for sums in together)


@settings(max_examples=50)
@given(
    rosters(), st.lists(st.sampled_from([*REPS, "ghost"]), min_size=2, max_size=4, unique=True), st.sampled_from(MAY)
)
def test_a_shared_record_counts_once_in_each_group_that_its_reps_touch(
    roster: Roster, reps: list[str], day: int
) -> None:
    counted: Counter[str] = Counter()
    for subject in [*("rep:" + rep for rep in reps), split_subject(reps)]:
        for group, weight in weights_on(roster.route(subject), day):
            counted[group] += weight
    touched = set().union(*(_groups_by_hand(roster, rep, day) for rep in reps))
    assert counted == dict.fromkeys(touched, 1)


@settings(max_examples=50)
@given(rosters(), st.sampled_from([*REPS, "ghost"]))
def test_a_route_leads_to_the_groups_of_each_day(roster: Roster, rep_id: str) -> None:
    route = roster.route("rep:" + rep_id)
    assert [until for until, _ in route] == sorted({until for until, _ in route})
    assert route[-1][0] == FOREVER
    for day in (0, *MAY, date(2199, 12, 31).toordinal()):
        weights = weights_on(route, day)
        assert dict(weights) == dict.fromkeys(_groups_by_hand(roster, rep_id, day), 1)
        assert len(dict(weights)) == len(weights)
        assert "team:" + roster.team_on(rep_id, day) == weights[0][0]


def test_days_beyond_the_last_stretch_have_no_groups() -> None:
    assert weights_on(((100, (("team:a", 1),)),), 100) == ()
    assert weights_on((), 1) == ()


def test_groups_are_named_by_teams_parents_and_memberships_old_and_new() -> None:
    history = [Earlier(team_id="old", territory="west", until=date(2026, 5, 2))]
    rep = Rep(type="rep", id="a", team_id="now", territory="north", history=history)
    roster = _roster({"a": rep, "b": _rep("now")}, {"t": "above", "lonely": None})
    named = {"team:now", "team:old", "territory:north", "territory:west", "team:t", "team:above", "team:lonely"}
    assert roster.named_groups() == named
    assert _roster().named_groups() == set()


def test_moving_a_team_takes_the_days_of_the_membership_and_no_others() -> None:
    before = _roster({"a": _rep("t")}).route("rep:a")
    after = _roster({"a": _rep("u", ("t", 10))}).route("rep:a")
    panes = {MAY[8]: {"calls": 1}, MAY[9]: {"calls": 2}}
    assert sorted(moved(before, after, panes)) == [
        ("team:t", MAY[9], {"calls": 2}, -1),
        ("team:u", MAY[9], {"calls": 2}, 1),
    ]
    assert list(moved(before, before, panes)) == []


@settings(max_examples=50)
@given(rosters(), rosters(), st.sampled_from([*REPS, "ghost"]), st.lists(st.sampled_from(MAY), unique=True))
def test_moving_leaves_in_each_group_what_the_new_route_would_have_brought(
    old: Roster, new: Roster, rep_id: str, days: list[int]
) -> None:
    for subject in ("rep:" + rep_id, split_subject(["a", rep_id + "'"])):
        before, after = old.route(subject), new.route(subject)
        panes = {day: {"calls": day} for day in days}
        sums: Counter[tuple[str, int]] = Counter()
        for day in days:
            for group, weight in weights_on(before, day):
                sums[group, day] += weight * day
        for group, day, amounts, weight in moved(before, after, panes):
            sums[group, day] += weight * amounts["calls"]
        expected = {(group, day): weight * day for day in days for group, weight in weights_on(after, day)}
        assert {place: total for place, total in sums.items() if total} == expected
        if subject.startswith("rep:"):  # the company has what it had, wherever people move
            assert not any(group == COMPANY for group, *_ in moved(before, after, panes))
