"""What the simulated CRM publishes is what the contract asks for, in believable proportions."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from statistics import median

import pytest

from schemas.records import TYPES, Deletion, decode
from streams.simulator import line, plan, records, roughen
from streams.simulator.openings import IMPORTED
from streams.simulator.workdays import is_workday, month_in_quarter

START = date(2025, 1, 1)
TOPIC = {name: topic for topic, names in TYPES.items() for name in names}
YEAR = {"seed": 11, "days": 364, "reps": 24, "start": START}


@lru_cache(maxsize=1)
def year():
    return tuple(records(**YEAR))


@lru_cache(maxsize=1)
def in_force():
    newest = {(record["type"], record["id"]): record for record in year()}
    return [record for record in newest.values() if not record.get("deleted")]


def of_type(name):
    return [record for record in in_force() if record["type"] == name]


def moment(text):
    return datetime.fromisoformat(text)


def day(text):
    return moment(text).date()


def test_every_line_is_a_valid_record_of_its_topic():
    for record in year():
        decoded = decode(TOPIC[record["type"]], line(record))
        assert decoded.id == record["id"]
        assert isinstance(decoded, Deletion) == record.get("deleted", False)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 40), (2, 5), (3, 20), (4, 20), (6, 3), (7, 30), (13, 9), (41, 30)], ids=str
)
def test_companies_of_any_size_and_length_are_valid(shape):
    reps, days = shape
    stream = list(records(seed=2, days=days, reps=reps, start=date(2024, 2, 26)))
    assert all(decode(TOPIC[record["type"]], line(record)) for record in roughen(stream, 2))
    assert len({(r["type"], r["id"], r["updated_at"], r.get("version")) for r in stream}) == len(stream)


def test_every_type_of_the_contract_is_there():
    assert {record["type"] for record in year()} == set(TOPIC)


def test_versions_of_a_record_rise():
    last = {}
    for record in year():
        key, version = (record["type"], record["id"]), (record["updated_at"], record.get("version", 0))
        assert key not in last or last[key] < version
        last[key] = version


def test_nine_tenths_are_activities():
    shares = Counter(record["type"] for record in year())
    assert 0.86 < shares["activity"] / len(year()) < 0.92
    assert shares["deal"] > shares["lead"] > shares["feedback"] > shares["refund"] > 0


def test_a_rep_makes_twelve_to_fifteen_records_a_working_day():
    company = plan(**YEAR)
    working = sum(
        rep.employed_on(date.fromordinal(n)) and is_workday(company.territory_of(rep, date.fromordinal(n)), n)
        for rep in company.reps
        for n in range(START.toordinal(), START.toordinal() + YEAR["days"])
    )
    assert 12 < len(year()) / working < 15.5


def test_deleted_records_hold_nothing_else_and_some_are_restored():
    deleted = [record for record in year() if record.get("deleted")]
    assert all(set(record) <= {"type", "id", "updated_at", "version", "deleted"} for record in deleted)
    assert {"activity", "deal", "lead", "feedback", "absence"} <= {record["type"] for record in deleted}
    restored = {(r["type"], r["id"]) for r in deleted} & {(r["type"], r["id"]) for r in in_force()}
    assert restored


def test_activity_happens_within_employment_on_working_days():
    company = plan(**YEAR)
    reps = {rep.id: rep for rep in company.reps}
    for record in of_type("activity"):
        rep, when = reps[record["rep_id"]], day(record["occurred_at"])
        assert rep.employed_on(when)
        assert is_workday(company.territory_of(rep, when), when.toordinal())
        assert record["occurred_at"] <= record["updated_at"]


def test_nobody_is_active_while_absent():
    active = {(record["rep_id"], record["occurred_at"][:10]) for record in of_type("activity")}
    absences = of_type("absence")
    for absence in absences:
        first, last = (date.fromisoformat(absence[name]).toordinal() for name in ("start", "end"))
        assert not active & {(absence["rep_id"], date.fromordinal(n).isoformat()) for n in range(first, last + 1)}
    assert len(absences) > 5 * YEAR["reps"]


def test_deals_close_after_they_were_opened_but_for_the_imported_ones():
    closed = [deal for deal in of_type("deal") if deal["status"] != "open"]
    early = [deal for deal in closed if moment(deal["closed_at"]) <= moment(deal["opened_at"])]
    assert {deal["source"] for deal in early} == {IMPORTED}
    assert 0 < len(early) < 0.02 * len(closed)


def test_won_deals_take_longer_than_lost_ones():
    days = {status: [] for status in ("won", "lost")}
    for deal in of_type("deal"):
        if deal["status"] != "open":
            days[deal["status"]].append((moment(deal["closed_at"]) - moment(deal["opened_at"])).days)
    assert median(days["won"]) > 1.8 * median(days["lost"])
    assert 0.4 < len(days["won"]) / (len(days["won"]) + len(days["lost"])) < 0.6


def test_quarters_end_with_a_rush():
    won, closed = Counter(), Counter()
    for deal in of_type("deal"):
        if deal["status"] != "open":
            month = month_in_quarter(day(deal["closed_at"]))
            won[month] += deal["status"] == "won"
            closed[month] += 1
    rates = [won[month] / closed[month] for month in range(3)]
    assert rates[0] < rates[1] < rates[2]
    assert won[2] > 1.3 * won[0]


def test_amounts_are_skewed_and_in_three_currencies():
    won = [deal for deal in of_type("deal") if deal["status"] == "won"]
    amounts = sorted(deal["amount"] for deal in won)
    assert sum(amounts) / len(amounts) > 1.5 * median(amounts)
    assert {deal["currency"] for deal in won} == {"USD", "EUR", "GBP"}
    assert 0.75 < sum("cost" in deal for deal in won) / len(won) < 0.9
    assert sum(deal["amount"] < deal["list_price"] for deal in won) > 0.9 * len(won)


def test_deals_are_open_at_the_end_and_some_sleep_for_ever():
    opened = [deal for deal in of_type("deal") if deal["status"] == "open"]
    assert len(opened) > 2 * YEAR["reps"]
    assert any(day(deal["opened_at"]) < date(2025, 4, 1) for deal in opened)


def test_splits_add_up_to_one_within_a_team_and_across_teams():
    company = plan(**YEAR)
    team = {rep.id: rep.team for rep in company.reps}
    shared = [record["splits"] for record in in_force() if "splits" in record]
    assert all(round(sum(part["share"] for part in parts), 9) == 1 for parts in shared)
    assert all(len({part["rep_id"] for part in parts}) == len(parts) for parts in shared)
    assert {len({team[part["rep_id"]] for part in parts}) for parts in shared} == {1, 2}
    assert any("splits" in refund for refund in of_type("refund"))


def test_refunds_follow_their_deals_and_never_exceed_them():
    deals = {deal["id"]: deal for deal in of_type("deal")}
    whole = 0
    for refund in of_type("refund"):
        deal = deals[refund["deal_id"]]
        assert refund["occurred_at"] > deal["closed_at"]
        assert float(refund["amount"]) <= deal["amount"]
        whole += float(refund["amount"]) == deal["amount"]
    assert 0 < whole < len(of_type("refund"))


def test_won_deals_are_corrected_reassigned_and_reopened():
    changed, last = Counter(), {}
    for record in year():
        if record["type"] == "deal" and not record.get("deleted"):
            before = last.get(record["id"])
            if before is not None:
                if before["status"] == record["status"] == "won":
                    changed.update(
                        key for key in ("amount", "currency", "rep_id", "splits") if before.get(key) != record.get(key)
                    )
                elif before["status"] == record["status"] == "open":
                    changed["handed over"] += before["rep_id"] != record["rep_id"]
                changed[before["status"], record["status"]] += 1
            last[record["id"]] = record
    assert min(changed[key] for key in ("amount", "currency", "rep_id", "splits", "handed over")) > 0
    assert min(changed[key] for key in (("open", "won"), ("open", "lost"), ("won", "open"), ("lost", "open"))) > 0
    assert changed["won", "lost"] == changed["lost", "won"] == 0


def test_customers_renew_churn_and_stay():
    customers = of_type("customer")
    churned = [customer for customer in customers if "churned_at" in customer]
    assert 0.03 < len(churned) / len(customers) < 0.3
    assert all(customer["churned_at"] > customer["since"] for customer in churned)
    assert sum(len(customer.get("renewals", ())) for customer in customers) > len(churned)
    assert all(customer["since"] < text for customer in customers for text in customer.get("renewals", ()))


def test_feedback_uses_every_scale_and_is_edited_and_withdrawn():
    assert {answer["scale"] for answer in of_type("feedback")} == {"csat_5", "nps_11", "ces_7", "stars_5", "thumbs"}
    versions = [record for record in year() if record["type"] == "feedback" and record["version"] > 1]
    assert {bool(record.get("deleted")) for record in versions} == {True, False}
    won = {deal["id"]: deal for deal in of_type("deal") if deal["status"] == "won"}
    lags = [
        (day(answer["occurred_at"]) - day(won[answer["deal_id"]]["closed_at"])).days
        for answer in of_type("feedback")
        if answer.get("deal_id") in won
    ]
    assert min(lags) >= 7
    assert max(lags) <= 80


def test_reference_data_is_published_before_it_is_needed():
    seen = set()
    for record in year():
        if record["type"] in {"rep", "team", "fx_rate"}:
            seen.add((record["type"], record["id"]))
        if record.get("deleted") or record["type"] in {"rep", "team", "fx_rate", "absence", "target"}:
            continue
        assert "rep_id" not in record or ("rep", record["rep_id"]) in seen
        if record.get("currency") not in {None, "USD"}:
            assert ("fx_rate", f"{record['currency']}:{record['updated_at'][:10]}") in seen


def test_rates_and_the_market_move_slowly():
    for currency in ("EUR", "GBP"):
        rates = [float(rate["rate"]) for rate in of_type("fx_rate") if rate["currency"] == currency]
        assert len(rates) == YEAR["days"] + 7
        assert max(abs(one / other - 1) for one, other in pairwise(rates)) < 0.03
    overall = [record["index"] for record in of_type("market") if "segment" not in record]
    assert max(overall) - min(overall) > 12
    assert max(abs(one - other) for one, other in pairwise(overall)) < 8


def test_teams_roll_up_and_have_managers():
    teams = {team["id"]: team for team in of_type("team")}
    roots = [team for team in teams.values() if "parent" not in team]
    assert [team["id"] for team in roots] == ["t-sales"]
    assert all(team["parent"] in teams for team in teams.values() if "parent" in team)
    assert len({team["manager"] for team in teams.values()}) > 3
    assert all(rep["team_id"] in teams for rep in of_type("rep"))


def test_targets_cover_reps_teams_territories_and_the_company():
    assert {target["subject"] for target in of_type("target")} == {"rep", "team", "territory", "company"}
    versions = Counter(record["id"] for record in year() if record["type"] == "target")
    assert max(versions.values()) == 2


def test_costs_belong_to_reps_teams_and_the_company():
    costs = of_type("cost")
    assert {("rep_id" in cost, "team_id" in cost) for cost in costs} == {(True, False), (False, True), (False, False)}
    assert {cost["category"] for cost in costs} == {"marketing", "sales", "other"}


def test_who_leaves_hands_everything_over():
    company = plan(**YEAR)
    (gone,) = company.leaves
    for name in ("deal", "lead", "customer"):
        held = [record for record in of_type(name) if record["rep_id"] == gone.id]
        live = [
            r for r in held if r.get("status", "open") == "open" and "churned_at" not in r and "converted_at" not in r
        ]
        assert all(r["updated_at"] < gone.left_on.isoformat() for r in live)
        if name == "customer":
            assert not live


def test_the_team_move_is_told_by_its_history():
    company = plan(**YEAR)
    mover = company.moves
    (record,) = [record for record in of_type("rep") if record["id"] == mover.id]
    assert record["team_id"] == company.teams[mover.moves_to].id
    (before,) = record["history"]
    assert before["team_id"] == company.teams[mover.team].id
    assert before["until"] == mover.moves_on.isoformat()
    assert 0.4 < (mover.moves_on - START).days / YEAR["days"] < 0.6
