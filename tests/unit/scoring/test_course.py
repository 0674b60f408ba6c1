from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import decode
from scoring.course import Courses, Ground
from scoring.evidence import Evidence
from scoring.expectation import baseline, expected, rest_of
from scoring.fiscal import monday_of
from scoring.improvement import Improvement, norms_on, slopes_of
from scoring.market import MarketIndex, Reading
from scoring.norms import Norms
from scoring.presence import Attendance
from scoring.quarter import quarter_norms
from scoring.reference import Everybody
from scoring.roster import Roster
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.slope import LEAST_WEEKS, Slope, WeekPoint, fit, fit_all
from scoring.weekly import WeekRow
from tests.unit.scoring.test_line_equals_oracle import SCORECARD

MONDAY = date(2026, 1, 5).toordinal()
WEEKS = range(MONDAY, MONDAY + 7 * 26, 7)
LAST = WEEKS[-1] + 6

CARD = Scorecard(
    "two",
    1,
    91,
    0.1,
    SCORECARD.pillars,
    (
        ScoredMetric("csat", "customer", 1.0, 0.8, 0.1, 0.03, False, True, False),
        ScoredMetric("calls", "process", 1.0, 8.0, 2.0, 0.5, True, True, False),
    ),
)


OBSERVED = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 30)), min_size=26, max_size=26)
"""Each week's answers, those at the top, and calls."""


def answers(n: float, top: float) -> Evidence:
    return Evidence(n, top, n, top, top, n)


def rep(rep_id: str, team: str, **stated: object) -> tuple[str, object]:
    said = "".join(f', "{name}": {value}' for name, value in stated.items())
    text = f'{{"type": "rep", "id": "{rep_id}", "name": "x", "team_id": "{team}"{said}, "updated_at": "2026-01-01T00:00:00Z"}}'
    return rep_id, decode("sales.reference.v1", text.encode())


def ground(rows: dict[str, dict[int, WeekRow]], *reps: tuple[str, object], **people: object) -> Ground:
    roster = Roster()
    for rep_id, record in reps:
        roster.put("rep", rep_id, record)
    attendances = {
        rep_id: Attendance(None if record.hired_on is None else record.hired_on.toordinal()) for rep_id, record in reps
    }
    return Ground.of(rows, Everybody(roster, attendances, people.get("market", MarketIndex({}))), CARD)


def week(n: float = 0, top: float = 0, calls: float = 0) -> WeekRow:
    evidence = {"calls": Evidence(total=calls)} if calls else {}
    return WeekRow(evidence | ({"csat": answers(n, top)} if n else {}), {})


@given(st.tuples(OBSERVED, OBSERVED, OBSERVED))
@settings(max_examples=40, deadline=None)
def test_what_is_expected_is_the_norm_then_the_rest_of_the_company_then_that_of_the_team(
    reps: tuple[list, ...],
) -> None:
    mine, mate, other = ([week(n, min(n, top), calls) for n, top, calls in of] for of in reps)
    by_rep = [dict(zip(WEEKS, of, strict=True)) for of in (mine, mate, other)]

    def both(*rows: WeekRow) -> WeekRow:
        n = sum(row.evidence["csat"].n for row in rows)
        calls = sum(row.evidence.get("calls", Evidence()).total for row in rows)
        return week(n, sum(row.evidence["csat"].total for row in rows), calls)

    rows = dict(zip(("rep:a", "rep:b", "rep:c"), by_rep, strict=True))
    rows["team:t"] = {monday: both(by_rep[0][monday], by_rep[1][monday]) for monday in WEEKS}
    rows["company:company"] = {monday: both(*(of[monday] for of in by_rep)) for monday in WEEKS}
    on = ground(rows, rep("a", "t"), rep("b", "t"), rep("c", "u"))
    norms = norms_on(LAST, CARD, on)
    found = Courses(on, CARD, norms, WEEKS).of(["rep:a", "team:t", "company:company"])
    for place, monday in enumerate(WEEKS):
        own, team, company = (rows[of][monday].evidence["csat"] for of in ("rep:a", "team:t", "company:company"))
        e0 = baseline("rate", norms.metrics["csat"].norm.level)
        assert found.expected[0, 0, place] == expected("rate", e0, rest_of(team, own), rest_of(company, team)).value
        assert found.expected[1, 0, place] == expected("rate", e0, rest_of(company, team)).value
        assert found.expected[2, 0, place] == expected("rate", e0, Evidence()).value
        assert (found.n[0, 0, place], found.total[0, 0, place]) == own[:2]
        made, of_team, of_all = (
            Evidence(7.0 * days, rows[of][monday].evidence.get("calls", Evidence()).total, 7.0 * days)
            for of, days in (("rep:a", 1), ("team:t", 2), ("company:company", 3))
        )
        e0 = norms.metrics["calls"].norm.level
        assert (
            found.expected[0, 1, place] == expected("sum", e0, rest_of(of_team, made), rest_of(of_all, of_team)).value
        )


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-3, 3)), min_size=26, max_size=26), st.floats(1, 50))
def test_many_slopes_at_once_are_those_one_by_one_to_the_last_digit(weeks: list, behind: float) -> None:
    n = np.array([[float(of[0]) for of in weeks]] * 2)
    deviation = np.array([[of[1] for of in weeks], [-of[1] for of in weeks]])
    found = fit_all(n, deviation, np.full(n.shape, behind))
    points = [WeekPoint(monday, float(of[0]), of[1], 0.0, behind) for monday, of in zip(WEEKS, weeks, strict=True)]
    one = fit(points, WEEKS[-1], 2.5, 0.4)
    if one is None:
        assert math.isnan(found.b[0])
        return
    assert found.b.tolist() == [one.b, -one.b]
    assert 2.5 * found.per_s2[0] * ((1 + 0.4) / (1 - 0.4)) == one.se2
    assert found.weeks.tolist() == [one.weeks] * 2


def test_a_rep_who_changed_teams_has_no_team_in_that_week_and_a_newcomer_is_expected_less() -> None:
    moved = f'[{{"team_id": "t", "until": "{date.fromordinal(WEEKS[3] + 2).isoformat()}"}}]'
    hired = f'"{date.fromordinal(WEEKS[20]).isoformat()}"'
    rows = {
        "rep:a": dict.fromkeys(WEEKS, week(5, 5)),
        "rep:new": {monday: week(calls=30) for monday in WEEKS[20:]},
        "team:t": {monday: week(9, 1) for monday in WEEKS[:4]},
        "team:u": {monday: week(9, 9) for monday in WEEKS[3:]},
        "company:company": dict.fromkeys(WEEKS, week(20, 10)),
    }
    on = ground(rows, rep("a", "u", history=moved), rep("new", "v", hired_on=hired))
    norms = norms_on(LAST, CARD, on)
    found = Courses(on, CARD, norms, WEEKS).of(["rep:a", "rep:new"])
    assert [found.rest[0, 0, place] for place in (2, 3, 4)] == [4.0, 0.0, 4.0]
    assert found.expected[0, 0, 2] < found.expected[0, 0, 3] < found.expected[0, 0, 4]
    assert found.n[1, 1, 19] == 0.0
    assert found.n[1, 1, 20] == 7.0
    e = expected("sum", norms.metrics["calls"].norm.level, Evidence(), Evidence(7.0, -30.0, 7.0)).value
    assert found.expected[1, 1, 20] == pytest.approx(0.25 * e, rel=0.5)


def test_a_market_that_falls_lets_expect_less_of_what_customers_buy_and_as_much_of_the_rest() -> None:
    card = Scorecard(
        "market",
        1,
        91,
        0.1,
        SCORECARD.pillars,
        tuple(
            ScoredMetric(name, "results", 0.5, 5.0, 1.0, 0.5, True, True, False) for name in ("net_revenue", "calls")
        ),
    )
    rows = {"company:company": dict.fromkeys(WEEKS, week(calls=10))}
    halved = MarketIndex({None: [Reading(WEEKS[10], (0, 0, "x"), 50.0)]})
    on = ground(rows, rep("a", "t"), market=halved)
    norms = norms_on(LAST, card, on)
    found = Courses(on, card, norms, WEEKS).of(["company:company"]).expected[0]
    assert found[0].tolist() == [5.0] * 10 + [2.5] * 16
    assert found[1].tolist() == [5.0] * 26


def test_who_gets_better_beside_the_others_has_a_slope_above_0_and_nobody_without_weeks_has_one() -> None:
    def rows_of(rising: bool) -> dict[int, WeekRow]:  # noqa: FBT001 - which of two
        return {monday: week(10, 5 + (place // 7 if rising else 0)) for place, monday in enumerate(WEEKS)}

    rows = {f"rep:{name}": rows_of(name == "a") for name in "abcdefghij"}
    rows["rep:late"] = {monday: week(10, 5) for monday in WEEKS[26 - LEAST_WEEKS + 1 :]}
    people = [rep(subject.removeprefix("rep:"), "t") for subject in rows]
    rows["team:t"] = rows["company:company"] = {
        monday: week(110, 55 + place // 7) for place, monday in enumerate(WEEKS)
    }
    on = ground(rows, *people)
    norms = norms_on(LAST, CARD, on)
    better, flat, late, unknown = slopes_of(
        Courses(on, CARD, norms, WEEKS), ["rep:a", "rep:b", "rep:late", "rep:nobody"]
    )
    assert better["csat"].b > 0.01 > abs(flat["csat"].b)
    assert "csat" not in late
    assert "csat" not in unknown
    improvement = Improvement(on, CARD, norms, LAST)
    u = {name: improvement.of("rep:" + name)[0].u for name in ("a", "b", "late")}
    assert u["a"] > u["late"] == 0.5 > u["b"]
    assert improvement.of("rep:late")[0].n == 0
    assert slopes_of(Courses(on, CARD, norms, WEEKS), []) == [], "where nobody is a peer"


@pytest.mark.parametrize("quarter_begins", [date(2026, 1, 1), date(2025, 10, 1), date(2024, 1, 1)])
def test_slopes_of_peers_end_with_the_last_whole_week_before_the_quarter_whichever_day_it_begins_on(
    quarter_begins: date,
) -> None:
    first = quarter_begins.toordinal()
    mondays = range(monday_of(first - 300), first + 7, 7)
    rows = {name: {monday: week(10, 5) for monday in mondays} for name in "abcdef"}
    asked = []

    def slopes(_: Norms, last: int, reps: Sequence[str]) -> dict[str, list[Slope]]:
        asked.append(last)
        return {"csat": [Slope(0.3, 0.01, 26) for _ in reps]}

    quarter_norms(first + 40, CARD, rows, {}, CARD.calendar, slopes)
    assert [(date.fromordinal(last).weekday(), 7 <= first - last < 14) for last in asked] == [(0, True)]
