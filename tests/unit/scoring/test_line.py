from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import (
    Activity,
    Cost,
    Customer,
    Deal,
    Deletion,
    FxRate,
    Market,
    Membership,
    Rep,
    Split,
    Target,
    Team,
    decode,
)
from scoring import oracle
from scoring.ledger import Outcome
from scoring.line import Line
from scoring.organisation import Organisation, microseconds
from scoring.scorecard import Scorecard, ScoredMetric
from tests.unit.scoring.crm_records import AS_OF, messages

T = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
CALLS = ScoredMetric("calls", "process", 1.0, 4.0, 1.5, 0.4, True, True, False)
CARD = Scorecard("mine", 1, 91, 0.2, {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}, (CALLS,))


def _line(*records: Any, zone: tzinfo = UTC) -> Line:
    line = Line(Organisation(zone, "USD", EXPONENTS))
    for record in records:
        _take(line, record)
    return line


def _take(line: Line, record: Any, updated_at: int = 1, version: int = 0) -> Outcome:
    return line.take(record.type, record.id, updated_at, version, record)


def _scores(line: Line, as_of: date = T) -> dict[str, dict[str, Any]]:
    return {f"{s['subject']}:{s['id']}": s for s in line.scores(CARD, as_of.toordinal(), "2026-04-01T06:00:00Z")}


def _figures(line: Line, metric: str, window: str = "91d", as_of: date = T) -> dict[str, tuple[float | None, int]]:
    """Value and n by subject."""
    found = {subject: score["metrics"][metric]["windows"][window] for subject, score in _scores(line, as_of).items()}
    return {subject: (figure["value"], figure["n"]) for subject, figure in found.items()}


def _call(id_: str = "c", rep_id: str = "a", ago: int = 0) -> Activity:
    return Activity(type="activity", id=id_, rep_id=rep_id, kind="call", occurred_at=NOON - timedelta(days=ago))


def _deal(**fields: Any) -> Deal:
    stated = {"type": "deal", "id": "d", "rep_id": "a", "status": "won", "opened_at": NOON, "closed_at": NOON}
    return Deal(**{**stated, "amount": Decimal(100), "currency": "USD", **fields})


def _rep(id_: str, team_id: str, **fields: Any) -> Rep:
    return Rep(type="rep", id=id_, team_id=team_id, **fields)


def _split(*reps: str) -> list[Split]:
    return [Split(rep_id=rep, share=Decimal(1) / len(reps)) for rep in reps]


def test_each_delivery_is_applied_or_known_or_too_old() -> None:
    line = _line()
    assert _take(line, _call(), 5) is Outcome.APPLIED
    assert _take(line, _call(), 5) is Outcome.UNCHANGED
    assert _take(line, _call(ago=3), 4) is Outcome.STALE
    assert _take(line, _call(ago=3), 5, 1) is Outcome.APPLIED
    assert line.take("activity", "c", 4, 9, None) is Outcome.STALE
    assert line.take("activity", "c", 6, 0, None) is Outcome.APPLIED
    assert line.take("activity", "c", 6, 0, None) is Outcome.UNCHANGED
    assert _take(line, _call(), 5, 9) is Outcome.STALE
    assert _scores(line) == {}
    assert _take(line, _call(), 7) is Outcome.APPLIED
    assert _figures(line, "calls")["rep:a"] == (1.0, 1)


def test_reference_records_have_versions_too() -> None:
    line = _line()
    assert _take(line, _rep("a", "t"), 5) is Outcome.APPLIED
    assert _take(line, _rep("a", "t"), 5) is Outcome.UNCHANGED
    assert _take(line, _rep("a", "u"), 4) is Outcome.STALE
    assert _scores(line)["rep:a"]["team_id"] == "t"
    assert _take(line, _rep("a", "u"), 5, 1) is Outcome.APPLIED
    assert _scores(line).keys() == {"rep:a", "team:u", "company:company"}
    assert line.take("rep", "a", 6, 0, None) is Outcome.APPLIED
    assert _scores(line) == {}
    assert _take(line, _rep("a", "t"), 5, 7) is Outcome.STALE


def test_a_deletion_that_comes_first_is_remembered() -> None:
    for record in (_call(), _rep("a", "t"), _deal()):
        line = _line()
        assert line.take(record.type, record.id, 5, 0, None) is Outcome.APPLIED
        assert _take(line, record, 4) is Outcome.STALE
        assert _scores(line) == {}


def test_ids_of_different_types_may_be_equal() -> None:
    line = _line(_call("x"), _deal(id="x"), _rep("x", "x"), Team(type="team", id="x"))
    line.take("activity", "x", 9, 0, None)
    assert _figures(line, "deals_won") == {
        "rep:a": (1.0, 1),
        "rep:x": (0.0, 0),
        "team:unassigned": (1.0, 1),
        "team:x": (0.0, 0),
        "company:company": (1.0, 1),
    }


def test_a_record_given_to_another_rep_leaves_the_first_with_nothing() -> None:
    line = _line(_deal())
    _take(line, _deal(rep_id="b"), 2)
    assert _figures(line, "net_revenue") == {
        "rep:b": (100.0, 1),
        "team:unassigned": (100.0, 1),
        "company:company": (100.0, 1),
    }


def test_a_deal_shared_inside_a_team_counts_whole_and_once_in_it() -> None:
    line = _line(_rep("a", "t"), _rep("b", "t"), _rep("c", "u"), Team(type="team", id="u", parent="t"))
    _take(line, _deal(splits=_split("a", "b", "c", "d"), amount=Decimal("0.10")))
    # a quarter each: 10 cents are 3 + 3 + 2 + 2
    assert _figures(line, "deals_won") == {
        **{f"rep:{rep}": (0.25, 1) for rep in "abcd"},
        "team:t": (0.75, 1),
        "team:u": (0.25, 1),
        "team:unassigned": (0.25, 1),
        "company:company": (1.0, 1),
    }
    revenue = {subject: value for subject, (value, _) in _figures(line, "net_revenue").items()}
    assert [revenue[f"rep:{rep}"] for rep in "abcd"] == [0.03, 0.03, 0.02, 0.02]
    assert [revenue[group] for group in ("team:t", "team:u", "company:company")] == [0.08, 0.02, 0.1]


def test_facts_stay_with_the_team_of_their_day() -> None:
    moved = _rep("a", "new", history=[Membership(team_id="old", until=T - timedelta(days=2))])
    line = _line(_call("1"), _call("2", ago=2), _call("3", ago=3), moved)
    assert _figures(line, "calls") == {
        "rep:a": (3.0, 3),
        "team:new": (2.0, 2),
        "team:old": (1.0, 1),
        "company:company": (3.0, 3),
    }


def test_a_rep_may_change_its_territory_alone() -> None:
    line = _line(_rep("a", "t", territory="north"), _call())
    assert _figures(line, "calls")["territory:north"] == (1.0, 1)
    _take(line, _rep("a", "t", territory="south"), 2)
    assert _figures(line, "calls") == dict.fromkeys(["rep:a", "team:t", "territory:south", "company:company"], (1.0, 1))


def test_a_win_counts_in_the_cohort_by_the_team_of_the_opening_day() -> None:
    moved = _rep("a", "new", history=[Membership(team_id="old", until=T)])
    line = _line(moved, _deal(opened_at=NOON - timedelta(days=1)))
    assert _figures(line, "cohort_win_rate")["team:old"] == (1.0, 1)
    assert _figures(line, "cohort_win_rate")["team:new"] == (None, 0)
    assert _figures(line, "win_rate")["team:old"] == (None, 0)
    assert _figures(line, "win_rate")["team:new"] == (1.0, 1)


def test_costs_of_a_team_and_of_nobody_are_no_reps() -> None:
    fields = {"type": "cost", "occurred_at": NOON, "category": "other", "amount": Decimal(3), "currency": "USD"}
    line = _line(
        Customer(type="customer", id="k", rep_id="a", since=NOON),
        Cost(id="1", rep_id="a", **fields),
        Cost(id="2", team_id="t", **fields),
        Cost(id="3", **fields),
        Team(type="team", id="t", parent="top"),
    )
    assert _figures(line, "acquisition_cost") == {
        "rep:a": (3.0, 1),
        "team:unassigned": (3.0, 1),
        "team:t": (None, 0),
        "team:top": (None, 0),
        "company:company": (9.0, 1),
    }
    assert _figures(line, "roi")["team:top"] == (-1.0, 1)
    assert _figures(line, "roi")["company:company"] == (-1.0, 3)


def test_subjects_come_in_order_and_exist_by_facts_or_by_name() -> None:
    history = [Membership(team_id="then", territory="west", until=date(1990, 1, 1))]
    line = _line(
        _rep("b", "now", territory="north", history=history),
        Team(type="team", id="empty", parent="above"),
        _call(rep_id="a", ago=-20),  # in three weeks
    )
    assert list(_scores(line)) == [
        *("rep:a", "rep:b"),
        *("team:above", "team:empty", "team:now", "team:then", "team:unassigned"),
        *("territory:north", "territory:west"),
        "company:company",
    ]


def test_targets_rates_markets_and_absences_alone_are_no_subjects() -> None:
    period = {"period_start": T, "period_end": T, "value": Decimal(1), "metric": "calls"}
    line = _line(
        Target(type="target", id="1", subject="rep", subject_id="a", **period),
        FxRate(type="fx_rate", id="1", currency="EUR", date=T, rate=Decimal(1)),
        Market(type="market", id="1", date=T, index=Decimal(1)),
    )
    assert _scores(line) == {}
    assert line.panes("company:company") is None


def test_scores_of_a_past_date_do_not_know_what_came_after_it() -> None:
    line = _line(_deal(opened_at=NOON - timedelta(days=10)), _call())
    assert _figures(line, "pipeline_value", as_of=T - timedelta(days=1))["rep:a"] == (100.0, 1)
    assert _figures(line, "cohort_win_rate", as_of=T - timedelta(days=1))["rep:a"] == (0.0, 1)
    assert _figures(line, "calls", as_of=T - timedelta(days=1))["rep:a"] == (0.0, 0)
    assert _figures(line, "pipeline_value")["rep:a"] == (0.0, 0)
    assert _figures(line, "cohort_win_rate")["rep:a"] == (1.0, 1)
    assert _figures(line, "pipeline_value", as_of=T - timedelta(days=11))["rep:a"] == (0.0, 0)


def test_a_late_rate_corrects_the_past() -> None:
    line = _line(_deal(currency="EUR"))
    assert _scores(line)["rep:a"]["unrated"] == {"EUR": 100.0}
    _take(line, FxRate(type="fx_rate", id="x", currency="EUR", date=T - timedelta(days=7), rate=Decimal("1.1")))
    assert _figures(line, "net_revenue")["company:company"] == (110.0, 1)
    assert _scores(line)["rep:a"]["unrated"] == {}


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Kiritimati", 1), ("UTC", 0), ("Etc/GMT+12", 0)])
def test_a_record_counts_on_its_local_date(zone: str, day: int) -> None:
    line = _line(_call(), zone=ZoneInfo(zone))  # noon UTC is 02:00 of the next day at +14, midnight at -12
    newest = line.newest_day(T.toordinal() + 5)
    assert newest == T.toordinal() + day
    assert _figures(line, "calls", "7d", T + timedelta(days=day - 1))["rep:a"] == (0.0, 0)
    assert _figures(line, "calls", "7d", T + timedelta(days=day))["rep:a"] == (1.0, 1)


def test_the_newest_day_is_that_of_deals_and_of_what_occurred() -> None:
    ago = [NOON - timedelta(days=days) for days in range(9)]
    line = _line(Customer(type="customer", id="k", rep_id="a", since=ago[0], churned_at=ago[0], renewals=[ago[0]]))
    assert line.newest_day(T.toordinal()) is None
    assert _line().newest_day(T.toordinal()) is None
    _take(line, _deal(opened_at=ago[8], closed_at=ago[7], status="lost", amount=None, currency=None))
    assert line.newest_day(T.toordinal()) == T.toordinal() - 7
    assert line.newest_day(T.toordinal() - 8) == T.toordinal() - 8
    _take(line, _call(ago=3))
    assert line.newest_day(T.toordinal()) == T.toordinal() - 3
    line.take("activity", "c", 9, 0, None)
    assert line.newest_day(T.toordinal()) == T.toordinal() - 7
    assert line.newest_day(T.toordinal() - 9) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(messages(), max_size=25), st.integers(0, 420))
def test_the_newest_day_is_the_one_that_the_oracle_finds(sent: list[tuple[str, bytes]], back: int) -> None:
    zone = ZoneInfo("Pacific/Kiritimati")
    line, deliveries = _line(zone=zone), []
    for offset, message in enumerate(sent):
        record = decode(*message)
        held = None if isinstance(record, Deletion) else record
        updated_at = microseconds(record.updated_at)
        line.take(record.type, record.id, updated_at, record.version, held)
        deliveries.append(oracle.Delivery(record.type, record.id, updated_at, record.version, offset, held))
    today = AS_OF - timedelta(days=back)
    expected = oracle.newest_business_date(oracle.newest(deliveries), zone, today)
    assert line.newest_day(today.toordinal()) == (None if expected is None else expected.toordinal())


@settings(max_examples=40, deadline=None)
@given(st.lists(messages(), max_size=15), st.lists(messages(), max_size=10))
def test_asking_for_scores_on_the_way_changes_nothing(first: list, second: list) -> None:
    asked, unasked = _line(), _line()
    for message in [*first, *second]:
        record = decode(*message)
        held = None if isinstance(record, Deletion) else record
        for line in (asked, unasked):
            line.take(record.type, record.id, 0, record.version, held)
        list(asked.scores(CARD, AS_OF.toordinal(), "x"))
    assert _scores(asked, AS_OF) == _scores(unasked, AS_OF)
