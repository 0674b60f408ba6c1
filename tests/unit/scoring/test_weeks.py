"""Weeks and evidence: what panes say of each week is what the records say of it, observation by observation."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring import oracle
from scoring.fiscal import monday_of
from scoring.kpi import BY_NAME
from scoring.line import Line
from scoring.money import Rates
from scoring.oracle.evidence import OBSERVATIONS, observed
from scoring.oracle.membership import Memberships
from scoring.oracle.parts import parts_by_subject
from scoring.oracle.rates import Rates as OracleRates
from scoring.organisation import Organisation, microseconds
from scoring.weeks import Opened, complete_weeks, openings, weekly_sums
from scoring.windows import window_sums
from tests.unit.scoring.crm_records import AS_OF, messages

ZONE = ZoneInfo("America/New_York")
NO_RATES = Rates("USD", {"USD": 2}, [])


@settings(max_examples=60, deadline=None)
@given(st.lists(messages(), max_size=30))
def test_the_evidence_of_each_week_is_that_of_its_observations(sent: list[tuple[str, bytes]]) -> None:
    line, deliveries = Line(Organisation(ZONE, "USD", EXPONENTS)), []
    for offset, (topic, value) in enumerate(sent):
        record = decode(topic, value)
        held = None if isinstance(record, Deletion) else record
        updated_at = microseconds(record.updated_at)
        line.take(record.type, record.id, updated_at, record.version, held)
        deliveries.append(oracle.Delivery(record.type, record.id, updated_at, record.version, offset, held))
    in_force = oracle.newest(deliveries)
    parts = parts_by_subject(in_force, Memberships(in_force), ZONE, EXPONENTS)
    rates = OracleRates(in_force, "USD", EXPONENTS)
    weeks = complete_weeks(AS_OF.toordinal(), 60)
    for (kind, key), own in parts.items():
        by_week = weekly_sums(line.panes(f"{kind}:{key}") or {}, weeks, line.reference.rates)
        days = [part.day.toordinal() for of_kind in own.values() for part in of_kind]
        for week in {monday_of(day) for day in days} & set(weeks):
            for metric in OBSERVATIONS:
                kpi = BY_NAME[metric].scored_as or BY_NAME[metric]
                found = kpi.evidence(by_week.get(week, {}), 7)
                expected = observed(metric, own, date.fromordinal(week), date.fromordinal(week + 6), rates)
                if expected.base <= 0:
                    assert found.value is None
                    continue
                is_money = kpi.noise is None or kpi.noise.kind == "ratio"
                cents = 0.011 * found.n if is_money else 1e-4  # of each record, whatever the share: a cent is not split
                if kpi.noise is not None and is_money:
                    found = found._replace(n=expected.n)  # a ratio counts records, whatever the share
                assert tuple(found) == pytest.approx(tuple(expected), rel=1e-6, abs=cents), (metric, kind, key, week)


@given(
    st.dictionaries(
        st.integers(700_000, 700_200), st.dictionaries(st.sampled_from(["calls", "nps", "csat"]), st.integers(1, 9))
    ),
    st.integers(700_100, 700_200),
)
def test_thirteen_weeks_are_the_window_that_ends_with_their_last_sunday(
    panes: dict[int, dict[str, int]], day: int
) -> None:
    weeks = complete_weeks(day, 13)
    sunday = weeks.stop - 1
    assert sunday <= day < sunday + 7
    of_window = window_sums(panes, sunday, NO_RATES).by_days[91]
    by_week = weekly_sums(panes, weeks, NO_RATES)
    for name in ("calls", "nps", "csat"):
        assert sum(week.get(name, 0) for week in by_week.values()) == of_window.get(name, 0)


@given(st.integers(1, 10**6))
def test_a_week_begins_on_monday_and_is_complete_with_its_sunday(day: int) -> None:
    assert date.fromordinal(monday_of(day)).weekday() == 0
    assert 0 <= day - monday_of(day) < 7
    assert list(complete_weeks(day, 1)) == [monday_of(day) - (7 if date.fromordinal(day).weekday() < 6 else 0)]


def test_a_day_in_the_past_never_knows_a_later_win() -> None:
    opened = date(2026, 3, 2).toordinal()
    panes = {
        opened: {"opened": 3_000_000, f"cohort_won||{opened + 5}": 1_000_000, f"cohort_won||{opened + 40}": 500_000}
    }
    assert openings(panes, opened - 10, opened + 4) == {opened: Opened(3.0, {})}
    assert openings(panes, opened - 10, opened + 39) == {opened: Opened(3.0, {5: 1.0})}
    assert openings(panes, opened, opened + 40)[opened].won_by(40) == 1.5
    assert openings(panes, opened + 1, opened + 40) == {}


def test_a_deal_won_before_it_was_opened_was_won_at_once() -> None:
    opened = date(2026, 3, 2).toordinal()
    panes = {opened: {"opened": 1_000_000, f"cohort_won||{opened - 3}": 1_000_000}}
    assert openings(panes, opened, opened + 1)[opened].won_after == {0: 1.0}
