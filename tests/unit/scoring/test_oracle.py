"""Which deliveries are in force, the `events` clock, and that no order of arrival changes a score."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.oracle import Delivery, newest, newest_business_date, scores
from scoring.scorecard import Scorecard, ScoredMetric

UTC_ZONE = ZoneInfo("UTC")
T = date(2026, 3, 31)
PILLARS = {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15}
CSAT = ScoredMetric("csat", "customer", 1.0, 0.8, 0.08, 0.03, False, True, False)
CARD = Scorecard("test", 1, 91, 0.6, PILLARS, (CSAT,))


def at(day, month=3, hour=12):
    return datetime(2026, month, day, hour, tzinfo=UTC)


def deal(id_="d-1", *, status="won", amount="100", rep_id="r-1", opened_at=None, closed_at=None):
    return SimpleNamespace(
        type="deal",
        id=id_,
        rep_id=rep_id,
        status=status,
        opened_at=opened_at or at(20),
        closed_at=closed_at or (None if status == "open" else at(30)),
        amount=Decimal(amount),
        currency="USD",
        cost=None,
        list_price=None,
        splits=None,
    )


def delivery(record, updated_at_us=1, version=0, offset=0):
    return Delivery(record.type, record.id, updated_at_us, version, offset, record)


def tombstone(type_, id_, updated_at_us, offset=0):
    return Delivery(type_, id_, updated_at_us, 0, offset, None)


def amounts(deliveries):
    return [held.record.amount for held in newest(deliveries)]


def test_the_newest_update_is_in_force_whatever_arrives_last():
    assert amounts([delivery(deal(amount="2"), 20, offset=1), delivery(deal(amount="1"), 10, offset=2)]) == [2]


def test_the_version_decides_between_equal_updates():
    old, new = delivery(deal(amount="1"), 10, version=1, offset=9), delivery(deal(amount="2"), 10, version=2, offset=3)
    assert amounts([new, old]) == amounts([old, new]) == [2]


def test_the_later_offset_decides_between_equal_versions():
    early, late = delivery(deal(amount="1"), 10, 1, offset=3), delivery(deal(amount="2"), 10, 1, offset=4)
    assert amounts([late, early]) == amounts([early, late]) == [2]


def test_the_update_outranks_the_version():
    assert amounts([delivery(deal(amount="1"), 10, version=99), delivery(deal(amount="2"), 11, version=0)]) == [2]


def test_a_tombstone_hides_what_is_older_even_when_it_comes_first():
    assert newest([tombstone("deal", "d-1", 15), delivery(deal(), 10, offset=1)]) == []


def test_a_newer_version_restores_what_a_tombstone_deleted():
    assert amounts(
        [delivery(deal(amount="1"), 10), tombstone("deal", "d-1", 15, 1), delivery(deal(amount="3"), 20)]
    ) == [3]


def test_a_tombstone_at_the_same_instant_loses_to_a_numbered_version():
    assert amounts([delivery(deal(amount="1"), 10, version=1), tombstone("deal", "d-1", 10, offset=5)]) == [1]


def test_equal_ids_of_different_types_are_different_records():
    lead = SimpleNamespace(type="lead", id="d-1")
    held = newest([delivery(deal()), delivery(lead), tombstone("lead", "d-1", 5)])
    assert [item.record.type for item in held] == ["deal"]


def test_a_record_in_force_keeps_its_version():
    (held,) = newest([delivery(deal(), 10, version=4)])
    assert (held.updated_at_us, held.version) == (10, 4)


def clock(*records, today=T, zone=UTC_ZONE):
    return newest_business_date(newest([delivery(record) for record in records]), zone, today)


def occurred(type_, instant):
    return SimpleNamespace(type=type_, id=f"{type_}-1", rep_id="r-1", occurred_at=instant)


def test_the_clock_is_the_newest_date_of_what_happened():
    assert clock(deal(closed_at=at(28)), occurred("refund", at(29)), occurred("feedback", at(27))) == date(2026, 3, 29)
    for type_ in ("refund", "cost", "activity", "evaluation", "feedback"):
        assert clock(occurred(type_, at(12))) == date(2026, 3, 12)


def test_the_clock_leaves_out_what_lies_ahead_of_today():
    assert clock(deal(opened_at=at(3), closed_at=at(2, month=4))) == date(2026, 3, 3)


def test_an_open_deal_sets_the_clock_by_its_opening_alone():
    assert clock(deal(status="open", opened_at=at(3), closed_at=at(9))) == date(2026, 3, 3)


def test_the_clock_is_unset_without_happenings():
    lead = SimpleNamespace(type="lead", id="l-1", rep_id="r-1", created_at=at(5))
    assert clock(lead) is None


def test_the_clock_counts_local_dates():
    late_evening = deal(opened_at=at(1), closed_at=datetime(2026, 3, 30, 23, tzinfo=UTC))
    assert clock(late_evening, zone=ZoneInfo("Europe/Berlin")) == date(2026, 3, 31)


def scored(deliveries):
    return scores(
        newest(deliveries),
        as_of=T,
        zone=UTC_ZONE,
        base_currency="USD",
        exponents={"USD": 2},
        scorecard=CARD,
        known_at="2026-04-01T00:00:00Z",
    )


versions = st.builds(
    lambda number, status, amount, rep, updated, version, gone: (
        f"d-{number}",
        updated,
        version,
        None if gone else deal(f"d-{number}", status=status, amount=str(amount), rep_id=f"r-{rep}"),
    ),
    st.integers(0, 3),
    st.sampled_from(["open", "won", "lost"]),
    st.integers(0, 999),
    st.integers(0, 2),
    st.integers(0, 5),
    st.integers(0, 2),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(versions, max_size=12), st.data())
def test_neither_order_nor_repeats_of_deliveries_change_a_score(made, data):
    deliveries = [Delivery("deal", id_, us, n, offset, record) for offset, (id_, us, n, record) in enumerate(made)]
    repeats = data.draw(st.lists(st.sampled_from(deliveries), max_size=6)) if deliveries else []
    shuffled = data.draw(st.permutations(deliveries + repeats))
    assert scored(shuffled) == scored(deliveries)


@settings(max_examples=30, deadline=None)
@given(st.lists(versions, max_size=8), st.data())
def test_the_order_of_the_records_in_force_does_not_change_a_score(made, data):
    held = newest([Delivery("deal", id_, us, n, offset, record) for offset, (id_, us, n, record) in enumerate(made)])
    given_in = {
        "as_of": T,
        "zone": UTC_ZONE,
        "base_currency": "USD",
        "exponents": {},
        "scorecard": CARD,
        "known_at": "",
    }
    assert scores(data.draw(st.permutations(held)), **given_in) == scores(held, **given_in)
