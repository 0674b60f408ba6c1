from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import (
    Absence,
    Activity,
    Cost,
    Customer,
    Deal,
    Deletion,
    Evaluation,
    Feedback,
    FxRate,
    Lead,
    Refund,
    Rep,
    Split,
    Team,
    decode,
)
from scoring.facts import COMPANY, facts_of, split_members, split_subject
from scoring.measures import MEASURES, MONEY, MONEY_SQUARED, counts_as, parse_key
from scoring.money import WHOLE
from scoring.organisation import Organisation
from tests.unit.scoring.crm_records import messages

UTC_MONEY = Organisation(UTC, "USD", EXPONENTS)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TENTH = date(2026, 3, 10).toordinal()


def _deal(**fields: Any) -> Deal:
    return Deal(**{"type": "deal", "id": "d", "rep_id": "a", "status": "open", "opened_at": NOON, **fields})


def _won(**fields: Any) -> Deal:
    closed_at = NOON + timedelta(days=2, seconds=1)
    return _deal(**{"status": "won", "closed_at": closed_at, "amount": Decimal(100), "currency": "USD", **fields})


def _shared(**shares: str) -> list[Split]:
    return [Split(rep_id=rep_id, share=Decimal(share)) for rep_id, share in shares.items()]


def _facts(record: Any, organisation: Organisation = UTC_MONEY) -> dict[tuple[str, int], dict[str, int]]:
    """Facts by subject and day; amounts of 0 say nothing."""
    found: dict[tuple[str, int], Counter[str]] = {}
    for subject, day, amounts in facts_of(record, organisation):
        found.setdefault((subject, day), Counter()).update(amounts)
    return {place: {key: amount for key, amount in sums.items() if amount} for place, sums in found.items()}


def test_an_open_deal_is_opened_and_stands_in_the_pipeline() -> None:
    assert _facts(_deal()) == {("rep:a", TENTH): {"opened": WHOLE, "opened_n": 1}}
    expected = {"opened": WHOLE, "opened_n": 1, "pipeline|EUR": 1_050, "pipeline_n|EUR": 1}
    assert _facts(_deal(amount=Decimal("10.50"), currency="EUR")) == {("rep:a", TENTH): expected}


def test_an_open_deal_that_states_a_closing_time_is_open_all_the_same() -> None:
    money = {"amount": Decimal(5), "currency": "USD"}
    assert _facts(_deal(closed_at=NOON)) == _facts(_deal())
    assert _facts(_deal(closed_at=NOON, **money)) == _facts(_deal(**money))


@pytest.mark.parametrize("half", [{"amount": Decimal(5)}, {"currency": "USD"}])
def test_an_amount_without_currency_is_no_money(half: dict[str, Any]) -> None:
    assert _facts(_deal(**half)) == _facts(_deal())
    lost = _facts(_deal(status="lost", closed_at=NOON, **half))
    assert lost == {("rep:a", TENTH): {"opened": WHOLE, "opened_n": 1, "lost": WHOLE, "lost_n": 1}}


def test_a_won_deal_closes_its_pipeline_and_counts_on_its_closing_day() -> None:
    twelfth = TENTH + 2
    assert _facts(_won(cost=Decimal(60), list_price=Decimal(125))) == {
        ("rep:a", TENTH): {
            "opened": WHOLE,
            "opened_n": 1,
            f"cohort_won||{twelfth}": WHOLE,
            "pipeline|USD": 10_000,
            "pipeline_n|USD": 1,
            f"pipeline_closed|USD|{twelfth}": 10_000,
            f"pipeline_closed_n|USD|{twelfth}": 1,
        },
        ("rep:a", twelfth): {
            "won|USD": WHOLE,
            "won_n|USD": 1,
            "revenue|USD": 10_000,
            "cycle": (2 * 86_400 + 1) * 1_000_000,
            "cycle_squares": 4_000_046,  # 2.0000116 days
            "ln_won|USD": WHOLE,
            "ln|USD": 4_605_170,  # ln 100
            "ln_squares|USD": 21_207_592,
            "margin_revenue|USD": 10_000,
            "margin_cost|USD": 6_000,
            "margin_n|USD": 1,
            "margin_squares|USD": 4_000**2,
            "margin_cross|USD": 4_000 * 10_000,
            "margin_base_squares|USD": 10_000**2,
            "list_revenue|USD": 10_000,
            "list_price|USD": 12_500,
            "list_n|USD": 1,
            "list_squares|USD": 2_500**2,
            "list_cross|USD": 2_500 * 12_500,
            "list_base_squares|USD": 12_500**2,
        },
    }


def test_a_cost_of_nothing_is_a_stated_cost() -> None:
    closing = _facts(_won(cost=Decimal(0)))["rep:a", TENTH + 2]
    assert closing["margin_n|USD"] == 1
    assert "margin_n|USD" not in _facts(_won())["rep:a", TENTH + 2]


def test_a_lost_deal_leaves_the_pipeline_and_earns_nothing() -> None:
    fields = {"cost": Decimal(1), "list_price": Decimal(2), "amount": Decimal(3), "currency": "JPY"}
    found = _facts(_deal(status="lost", closed_at=NOON + timedelta(days=1), **fields))
    assert found["rep:a", TENTH + 1] == {"lost": WHOLE, "lost_n": 1}
    closed = TENTH + 1
    assert found["rep:a", TENTH] == {
        "opened": WHOLE,
        "opened_n": 1,
        "pipeline|JPY": 3,
        "pipeline_n|JPY": 1,
        f"pipeline_closed|JPY|{closed}": 3,
        f"pipeline_closed_n|JPY|{closed}": 1,
    }


def test_a_deal_closed_before_it_was_opened_has_no_cycle() -> None:
    found = _facts(_won(closed_at=NOON - timedelta(days=3)))
    closing = found["rep:a", TENTH - 3]
    assert (closing["won|USD"], closing["won_n|USD"], closing["revenue|USD"]) == (WHOLE, 1, 10_000)
    assert not {"cycle", "cycle_squares"} & closing.keys()
    assert found["rep:a", TENTH][f"cohort_won||{TENTH - 3}"] == WHOLE


def test_cycles_are_true_time_whatever_the_offsets_are() -> None:
    # 01:00 at +02:00 is 23:00 UTC, 23:30 at -01:00 is 00:30 UTC: an hour and a half
    opened = datetime(2026, 3, 10, 1, tzinfo=timezone(timedelta(hours=2)))
    closed = datetime(2026, 3, 9, 23, 30, tzinfo=timezone(timedelta(hours=-1)))
    found = _facts(_won(opened_at=opened, closed_at=closed))
    assert found["rep:a", TENTH]["cycle"] == 5_400_000_000


def test_cycles_are_true_time_where_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    opened = datetime(2026, 3, 28, 12, tzinfo=berlin)
    found = _facts(_won(opened_at=opened, closed_at=datetime(2026, 3, 30, 12, tzinfo=berlin)))
    assert found["rep:a", date(2026, 3, 30).toordinal()]["cycle"] == 47 * 3_600 * 1_000_000  # an hour was left out


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("UTC", "2026-03-10T00:00:00Z", date(2026, 3, 10)),
        ("UTC", "2026-03-09T23:59:59.999999Z", date(2026, 3, 9)),
        ("Pacific/Kiritimati", "2026-03-09T10:00:00Z", date(2026, 3, 10)),  # +14
        ("Pacific/Kiritimati", "2026-03-09T09:59:59Z", date(2026, 3, 9)),
        ("Etc/GMT+12", "2026-03-10T11:59:59Z", date(2026, 3, 9)),  # -12
        ("Etc/GMT+12", "2026-03-10T12:00:00Z", date(2026, 3, 10)),
        ("America/New_York", "2026-03-08T04:59:59Z", date(2026, 3, 7)),  # -5 before the clocks change that night
        ("America/New_York", "2026-03-09T04:00:00Z", date(2026, 3, 9)),  # -4 afterwards
        ("Asia/Kathmandu", "2024-02-28T18:15:00Z", date(2024, 2, 29)),  # +5:45, into a leap day
        ("UTC", "1970-01-01T00:00:00Z", date(1970, 1, 1)),
        ("Etc/GMT+12", "1970-01-01T00:00:00Z", date(1969, 12, 31)),
        ("Pacific/Kiritimati", "2199-12-31T23:59:59Z", date(2200, 1, 1)),
    ],
)
def test_a_fact_lies_on_the_local_date_of_its_moment(zone: str, moment: str, expected: date) -> None:
    organisation = Organisation(ZoneInfo(zone), "USD", EXPONENTS)
    record = Activity(type="activity", id="1", rep_id="a", kind="other", occurred_at=datetime.fromisoformat(moment))
    assert _facts(record, organisation) == {("rep:a", expected.toordinal()): {"activity/other/": 1}}


def test_a_split_deal_shares_counts_in_millionths_and_money_by_largest_remainder() -> None:
    # 100.00 over 333,334 + 333,333 + 333,333: 33.33 each, the cent that is left goes to the largest remainder, a
    splits = _shared(a="0.3333", b="0.3333", c="0.3333")
    found = _facts(_deal(status="won", closed_at=NOON, amount=Decimal(100), currency="USD", splits=splits))
    assert {subject for subject, _ in found} == {"rep:a", "rep:b", "rep:c", 'split:["a","b","c"]'}
    assert [found[f"rep:{rep}", TENTH]["revenue|USD"] for rep in "abc"] == [3_334, 3_333, 3_333]
    assert [found[f"rep:{rep}", TENTH]["won|USD"] for rep in "abc"] == [333_334, 333_333, 333_333]
    assert [found[f"rep:{rep}", TENTH]["opened_n"] for rep in "abc"] == [1, 1, 1]


def test_counts_of_records_that_reps_share_stand_under_the_set_of_reps() -> None:
    found = _facts(_won(cost=Decimal(1), splits=_shared(b="0.5", a="0.5")))
    assert found['split:["a","b"]', TENTH] == {
        "opened_n": 1,
        "pipeline_n|USD": 1,
        f"pipeline_closed_n|USD|{TENTH + 2}": 1,
    }
    assert found['split:["a","b"]', TENTH + 2] == {"won_n|USD": 1, "margin_n|USD": 1}


def test_who_gets_nothing_of_a_deal_is_not_touched_by_it() -> None:
    assert _facts(_won(rep_id="x", splits=_shared(a="0", b="1"))) == _facts(_won(rep_id="b"))
    twice = [Split(rep_id="b", share=Decimal("0.5")), Split(rep_id="b", share=Decimal("0.5"))]
    assert _facts(_won(rep_id="a", splits=twice)) == _facts(_won(rep_id="b"))


def test_a_share_too_small_for_a_cent_still_counts_as_a_record() -> None:
    found = _facts(_won(amount=Decimal("0.01"), splits=_shared(a="0.9", b="0.1")))["rep:b", TENTH + 2]
    # the cycle of 172,801 s is shared as well
    assert (found["won|USD"], found["won_n|USD"], found["cycle"]) == (100_000, 1, 17_280_100_000)
    assert "revenue|USD" not in found


@settings(max_examples=60)
@given(
    st.decimals(0, 10**12, places=12),
    st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 9)), min_size=1, max_size=6),
    st.sampled_from(["USD", "JPY", "KWD", "CLF"]),
    st.sampled_from(["won", "lost"]),
)
def test_shares_of_a_deal_add_up_to_the_deal(
    amount: Decimal, weights: list[tuple[str, int]], currency: str, status: str
) -> None:
    total = sum(weight for _, weight in weights)
    splits = [Split(rep_id=rep, share=Decimal(weight) / total) for rep, weight in weights]
    fields = {"status": status, "amount": amount, "currency": currency, "cost": amount / 3, "list_price": amount}
    split, whole = _facts(_won(splits=splits, **fields)), _facts(_won(**fields))
    for day in (TENTH, TENTH + 2):
        sums: Counter[str] = Counter()
        for (subject, on), amounts in split.items():
            if on == day and subject.startswith("rep:"):
                sums.update({k: v for k, v in amounts.items() if not k.partition("|")[0].endswith("_n")})
        records = {k: v for k, v in whole["rep:a", day].items() if k.partition("|")[0].endswith("_n")}
        assert {**sums, **records} == whole["rep:a", day]
        reps = {subject for subject, on in split if on == day and subject.startswith("rep:")}
        assert all(split[rep, day][key] == 1 for rep in reps for key in records)
        shared = [amounts for (subject, on), amounts in split.items() if on == day and subject.startswith("split:")]
        assert shared == ([records] if len(reps) > 1 else [])


def test_a_refund_counts_on_its_own_date_and_splits_like_a_deal() -> None:
    refund = Refund(
        type="refund",
        id="f",
        rep_id="x",
        occurred_at=NOON,
        amount=Decimal("10.01"),
        currency="USD",
        splits=_shared(a="0.5", b="0.5"),
    )
    assert _facts(refund) == {
        ("rep:a", TENTH): {"refunds": 500_000, "refunds_n|USD": 1, "refunded|USD": 501},
        ("rep:b", TENTH): {"refunds": 500_000, "refunds_n|USD": 1, "refunded|USD": 500},
        ('split:["a","b"]', TENTH): {"refunds_n|USD": 1},
    }


@pytest.mark.parametrize(
    ("owner", "subject"),
    [
        ({"rep_id": "a"}, "rep:a"),
        ({"team_id": "t"}, "team:t"),
        ({"rep_id": "a", "team_id": "t"}, "rep:a"),
        ({}, COMPANY),
    ],
)
def test_a_cost_belongs_to_its_rep_else_its_team_else_the_company(owner: dict[str, str], subject: str) -> None:
    amount = {"amount": Decimal("7.005"), "currency": "EUR"}  # half a cent goes to the even one
    cost = Cost(type="cost", id="c", occurred_at=NOON, category="other", **amount, **owner)
    assert _facts(cost) == {(subject, TENTH): {"costs|EUR": 700, "costs_n|EUR": 1}}


def test_leads_and_customers_say_something_on_each_of_their_dates() -> None:
    later = {"qualified_at": NOON + timedelta(days=1), "converted_at": NOON + timedelta(days=1)}
    lead = Lead(type="lead", id="l", rep_id="a", created_at=NOON, **later)
    assert _facts(lead) == {
        ("rep:a", TENTH): {"leads": 1},
        ("rep:a", TENTH + 1): {"leads_qualified": 1, "leads_converted": 1},
    }
    renewals = [NOON, NOON + timedelta(hours=1), NOON + timedelta(days=1)]
    churned = NOON + timedelta(days=400)
    customer = Customer(type="customer", id="k", rep_id="a", since=NOON, churned_at=churned, renewals=renewals)
    assert _facts(customer) == {
        ("rep:a", TENTH): {"customers_new": 1, "renewals": 2},
        ("rep:a", TENTH + 1): {"renewals": 1},
        ("rep:a", TENTH + 400): {"customers_churned": 1},
    }


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        ("call", None, ("calls",)),
        ("call", "connected", ("calls", "calls_with_outcome", "calls_connected")),
        ("call", "no_answer", ("calls", "calls_with_outcome")),
        ("email", "connected", ("emails",)),
        ("meeting", "no_show", ("meetings",)),
        ("demo", "held", ()),
        ("proposal", None, ()),
        ("other", None, ()),
    ],
)
def test_an_activity_counts_by_exactly_its_kind(kind: Any, outcome: Any, expected: tuple[str, ...]) -> None:
    activity = Activity(type="activity", id="1", rep_id="a", kind=kind, outcome=outcome, occurred_at=NOON)
    [(key, amount)] = _facts(activity)["rep:a", TENTH].items()
    assert (counts_as(key), amount) == (expected, 1)


@pytest.mark.parametrize(
    ("seconds", "micro"), [("0", 0), ("1.5", 1_500_000), ("0.0000005", 0), ("0.0000015", 2), ("1E+9", 10**15)]
)
def test_a_first_response_is_kept_to_the_microsecond(seconds: str, micro: int) -> None:
    activity = Activity(
        type="activity", id="1", rep_id="a", kind="demo", occurred_at=NOON, first_response_seconds=Decimal(seconds)
    )
    found = _facts(activity)["rep:a", TENTH]
    assert (found["first_response_n"], found.get("first_response", 0)) == (1, micro)


def test_an_evaluation_counts_each_criterion_by_its_name_as_it_is() -> None:
    criteria = {"communication": Decimal("80.5"), "a|b/c": Decimal(0), "": Decimal("33.3333333")}
    evaluation = Evaluation(type="evaluation", id="e", rep_id="a", occurred_at=NOON, criteria=criteria)
    assert _facts(evaluation) == {
        ("rep:a", TENTH): {
            "evaluations": 1,
            "evaluation_n/communication": 1,
            "evaluation/communication": 80_500_000,
            "evaluation_squares/communication": 6_480_250_000,
            "evaluation_n/a|b/c": 1,
            "evaluation_n/": 1,
            "evaluation/": 33_333_333,
            "evaluation_squares/": 1_111_111_088,
        }
    }


@pytest.mark.parametrize(
    ("scale", "value", "expected"),
    [
        ("csat_5", 5, {"csat": 1, "csat_top": 1}),
        ("csat_5", 4, {"csat": 1, "csat_top": 1}),
        ("csat_5", 3, {"csat": 1}),
        ("stars_5", 4, {"csat": 1, "csat_top": 1}),
        ("stars_5", 1, {"csat": 1}),
        ("thumbs", 1, {"csat": 1, "csat_top": 1}),
        ("thumbs", 0, {"csat": 1}),
        ("nps_11", 9, {"nps": 1, "nps_promoters": 1}),
        ("nps_11", 8, {"nps": 1}),
        ("nps_11", 7, {"nps": 1}),
        ("nps_11", 6, {"nps": 1, "nps_detractors": 1}),
        ("nps_11", 0, {"nps": 1, "nps_detractors": 1}),
        ("ces_7", 1, {"ces": 1, "ces_squares": 1, "ces_n": 1}),
        ("ces_7", 7, {"ces": 7, "ces_squares": 49, "ces_n": 1}),
    ],
)
def test_an_answer_counts_by_its_scale(scale: Any, value: int, expected: dict[str, int]) -> None:
    answer = Feedback(type="feedback", id="f", rep_id="a", occurred_at=NOON, scale=scale, value=value)
    assert _facts(answer) == {("rep:a", TENTH): {"feedback": 1, **expected}}


def test_reference_records_have_no_facts() -> None:
    day = date(2026, 1, 1)
    records = [
        Rep(type="rep", id="a", team_id="t"),
        Team(type="team", id="t"),
        Absence(type="absence", id="x", rep_id="a", start=day, end=day),
        FxRate(type="fx_rate", id="x", currency="EUR", date=day, rate=Decimal(1)),
    ]
    assert [facts_of(record, UTC_MONEY) for record in records] == [[], [], [], []]


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True), st.randoms())
def test_a_set_of_reps_has_one_name_whatever_their_ids_and_order(reps: list[str], random: Any) -> None:
    subject = split_subject(reps)
    assert split_members(subject) == sorted(reps)
    random.shuffle(reps)
    assert split_subject(reps) == subject
    assert json.loads(subject.removeprefix("split:")) == sorted(reps)
    assert split_subject([*reps, "\x00"]) != subject


@settings(max_examples=80)
@given(messages())
def test_every_measure_of_every_record_is_declared_and_only_logarithms_and_products_are_negative(
    message: tuple[str, bytes],
) -> None:
    record = decode(*message)
    if isinstance(record, Deletion):
        return
    for subject, day, amounts in facts_of(record, UTC_MONEY):
        assert subject.partition(":")[0] in {"rep", "team", "company", "split"}
        assert isinstance(day, int)
        for key, amount in amounts.items():
            name, currency, closing_day = parse_key(key)
            assert name.partition("/")[0] in MEASURES
            assert isinstance(amount, int)
            assert amount >= 0 or name in {"ln", "margin_cross", "list_cross"}
            assert (name in MONEY | MONEY_SQUARED) <= (currency is not None)
            assert (closing_day is not None) == name.startswith(("cohort_won", "pipeline_closed"))
