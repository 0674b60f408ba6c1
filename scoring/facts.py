"""Facts: what the newest version of a record adds to whom, on which local date.

A fact is additive and signed: a newer version of the record takes the old facts out, exactly, and puts its own in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, Protocol

from scoring.measures import activity_key
from scoring.money import WHOLE, allot, credit, decimal, to_minor

Amounts = dict[str, int]
"""Measure key -> signed whole number."""

Facts = tuple[str, int, Amounts]
"""All facts of one subject and day: subject key, day, amounts."""

COMPANY = "company:company"

Kind = Literal["rep", "team", "territory", "company"]
KINDS: Final[tuple[Kind, ...]] = ("rep", "team", "territory", "company")
"""Kinds of subjects, in the order in which scores are listed."""

_SATISFIED_FROM = 4
_PROMOTER_FROM = 9
_DETRACTOR_TO = 6
_DAY_US = 86_400 * 1_000_000
_LONGEST_RESPONSE = 2_000_000
_as_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def listed(subjects: Iterable[str]) -> list[str]:
    """Subject keys in the order in which scores are listed: by kind, then by id.

    >>> listed(["company:company", "team:a", "rep:b", "rep:a"])
    ['rep:a', 'rep:b', 'team:a', 'company:company']
    """
    return sorted(subjects, key=lambda subject: (KINDS.index(subject.partition(":")[0]), subject))


class Setting(Protocol):
    """What facts ask of an organisation. Moments are datetimes to `Organisation`; another may count microseconds."""

    @property
    def exponents(self) -> Mapping[str, int]:
        """The decimals of each currency's minor unit."""

    def day(self, moment: Any) -> int:
        """See `Organisation.day`."""

    def between(self, start: Any, end: Any) -> int:
        """See `Organisation.between`."""


def facts_of(record: Any, organisation: Setting) -> list[Facts]:
    """The facts of a record of `contract.md` section 1; reference records have none.

    Numbers of the record are decimals or whole; a float stands for the shortest decimal that is read as it.

    Subjects are `rep:<id>`, `team:<id>` (costs of a team), `company:company` (costs of nobody else) and, for a split record,
    `split:<reps>`: it carries the record counts that a group with several of these reps must not count twice.
    """
    maker = _MAKERS.get(record.type)
    return maker(record, organisation) if maker else []


def times(factor: int, amounts: Mapping[str, int]) -> Amounts:
    """Amounts so many times over; -1 takes them back.

    >>> times(-2, {"calls": 3})
    {'calls': -6}
    """
    return {measure: factor * amount for measure, amount in amounts.items()}


def split_subject(reps: Sequence[str]) -> str:
    """The subject that stands for a set of reps who share records.

    >>> split_subject(["b", "a"])
    'split:["a","b"]'
    """
    return "split:" + _as_json(sorted(reps))


def split_members(subject: str) -> list[str]:
    """The reps of a split subject, sorted."""
    members: list[str] = json.loads(subject.removeprefix("split:"))
    return members


def _deal(deal: Any, organisation: Setting) -> list[Facts]:
    opened = organisation.day(deal.opened_at)
    closed = organisation.day(deal.closed_at) if deal.status != "open" else None
    won = deal.status == "won"
    money = f"|{deal.currency}"
    opening: Amounts = {"opened": WHOLE, "opened_n": 1}
    closing: Amounts = {}
    if won:
        opening[f"cohort_won||{closed}"] = WHOLE
    if deal.amount is not None and deal.currency is not None:
        exponent = organisation.exponents[deal.currency]
        amount = to_minor(deal.amount, exponent)
        opening |= {"pipeline" + money: amount, "pipeline_n" + money: 1}
        if closed is not None:
            opening |= {f"pipeline_closed{money}|{closed}": amount, f"pipeline_closed_n{money}|{closed}": 1}
        if won:
            closing = _winning(deal, organisation, amount, exponent, money)
    if deal.status == "lost":
        closing = {"lost": WHOLE, "lost_n": 1}
    if closed is None:
        return _credited(deal, (opened, opening))
    return _credited(deal, (opened, opening), (closed, closing))


def _winning(deal: Any, organisation: Setting, amount: int, exponent: int, money: str) -> Amounts:
    """What a won deal adds on the day it closed; squares are for the noise of means and ratios."""
    cycle = max(0, organisation.between(deal.opened_at, deal.closed_at))
    closing = {
        "won" + money: WHOLE,
        "won_n" + money: 1,
        "revenue" + money: amount,
        "cycle": cycle,
        "cycle_squares": cycle * cycle * WHOLE // (_DAY_US * _DAY_US),
    }
    if amount > 0:
        ln = math.log(amount / 10**exponent)
        closing |= {"ln_won" + money: WHOLE, "ln" + money: _millionths(ln), "ln_squares" + money: _millionths(ln * ln)}
    if deal.cost is not None:
        cost = to_minor(deal.cost, exponent)
        closing |= {"margin_revenue" + money: amount, "margin_cost" + money: cost, "margin_n" + money: 1}
        closing |= _squared("margin", amount - cost, amount, money)
    if deal.list_price is not None:
        price = to_minor(deal.list_price, exponent)
        closing |= {"list_revenue" + money: amount, "list_price" + money: price, "list_n" + money: 1}
        closing |= _squared("list", price - amount, price, money)
    return closing


def _squared(of: str, y: int, d: int, money: str) -> Amounts:
    """What a ratio y / d of money needs to tell its noise."""
    return {f"{of}_squares{money}": y * y, f"{of}_cross{money}": y * d, f"{of}_base_squares{money}": d * d}


def _refund(refund: Any, organisation: Setting) -> list[Facts]:
    amount = to_minor(refund.amount, organisation.exponents[refund.currency])
    money = f"|{refund.currency}"
    amounts = {"refunds": WHOLE, "refunds_n" + money: 1, "refunded" + money: amount}
    return _credited(refund, (organisation.day(refund.occurred_at), amounts))


def _credited(record: Any, *by_day: tuple[int, Amounts]) -> list[Facts]:
    """Amounts shared out by the record's splits; counts of records go whole to each rep it touches."""
    if not record.splits:
        subject = "rep:" + record.rep_id
        return [(subject, day, amounts) for day, amounts in by_day]
    shares = credit((split.rep_id, split.share) for split in record.splits)
    if len(shares) == 1:
        subject = "rep:" + next(iter(shares))
        return [(subject, day, amounts) for day, amounts in by_day]
    parts, shared = list(shares.values()), split_subject(list(shares))
    facts: list[Facts] = []
    for day, amounts in by_day:
        allotted = {amount: allot(amount, parts) for amount in set(amounts.values())}
        counts = {key: 1 for key in amounts if _counts_records(key)}
        for i, rep in enumerate(shares):
            of_rep = {key: counts.get(key) or allotted[amount][i] for key, amount in amounts.items()}
            facts.append(("rep:" + rep, day, {key: amount for key, amount in of_rep.items() if amount}))
        facts.append((shared, day, counts))
    return facts


def _counts_records(key: str) -> bool:
    return key.partition("|")[0].endswith("_n")


def _cost(cost: Any, organisation: Setting) -> list[Facts]:
    subject = COMPANY
    if cost.rep_id is not None:
        subject = "rep:" + cost.rep_id
    elif cost.team_id is not None:
        subject = "team:" + cost.team_id
    amount = to_minor(cost.amount, organisation.exponents[cost.currency])
    money = f"|{cost.currency}"
    return [(subject, organisation.day(cost.occurred_at), {"costs_n" + money: 1, "costs" + money: amount})]


def _lead(lead: Any, organisation: Setting) -> list[Facts]:
    moments = (
        ("leads", lead.created_at),
        ("leads_qualified", lead.qualified_at),
        ("leads_converted", lead.converted_at),
    )
    return [
        ("rep:" + lead.rep_id, organisation.day(moment), {measure: 1})
        for measure, moment in moments
        if moment is not None
    ]


def _customer(customer: Any, organisation: Setting) -> list[Facts]:
    subject = "rep:" + customer.rep_id
    facts: list[Facts] = [(subject, organisation.day(customer.since), {"customers_new": 1})]
    if customer.churned_at is not None:
        facts.append((subject, organisation.day(customer.churned_at), {"customers_churned": 1}))
    facts += [(subject, organisation.day(moment), {"renewals": 1}) for moment in customer.renewals or ()]
    return facts


@cache
def activity_count(kind: str, outcome: str | None) -> Amounts:
    """What an activity of a kind and outcome counts as; nine records in ten are one of these few, so they share it.

    >>> activity_count("call", "connected")
    {'activity/call/connected': 1}
    """
    return {activity_key(kind, outcome): 1}


def has_small_response(seconds: float | None) -> bool:
    """Whether the time of a first response, if there is one, lost no digit, and its square in millionths fits 64 bits.

    >>> has_small_response(None), has_small_response(90), has_small_response(0.5), has_small_response(3_000_000)
    (True, True, False, False)
    """
    return seconds is None or (type(seconds) is int and seconds <= _LONGEST_RESPONSE)


def activity_response(seconds: float | Decimal) -> Amounts:
    """What the time of a first response adds to what an activity counts as."""
    waited = _millionths(decimal(seconds))
    return {
        "first_response_n": 1,
        "first_response": waited,
        "first_response_squares": waited * waited // 1_000_000,
    }


def activity_amounts(activity: Any) -> Amounts:
    """What an activity adds to its rep's day; not to be changed."""
    amounts = activity_count(activity.kind, activity.outcome)
    if activity.first_response_seconds is not None:
        amounts = amounts | activity_response(activity.first_response_seconds)
    return amounts


def _activity(activity: Any, organisation: Setting) -> list[Facts]:
    return [("rep:" + activity.rep_id, organisation.day(activity.occurred_at), activity_amounts(activity))]


def _evaluation(evaluation: Any, organisation: Setting) -> list[Facts]:
    amounts: Amounts = {"evaluations": 1}
    for criterion, value in evaluation.criteria.items():
        amounts["evaluation_n/" + criterion] = 1
        points = amounts["evaluation/" + criterion] = _millionths(decimal(value))
        amounts["evaluation_squares/" + criterion] = points * points // 1_000_000
    return [("rep:" + evaluation.rep_id, organisation.day(evaluation.occurred_at), amounts)]


def _feedback(feedback: Any, organisation: Setting) -> list[Facts]:
    amounts: Amounts = {"feedback": 1}
    value = feedback.value
    if feedback.scale == "nps_11":
        amounts["nps"] = 1
        if value >= _PROMOTER_FROM:
            amounts["nps_promoters"] = 1
        elif value <= _DETRACTOR_TO:
            amounts["nps_detractors"] = 1
    elif feedback.scale == "ces_7":
        amounts |= {"ces": value, "ces_squares": value * value, "ces_n": 1}
    else:
        amounts["csat"] = 1
        if value == 1 if feedback.scale == "thumbs" else value >= _SATISFIED_FROM:
            amounts["csat_top"] = 1
    return [("rep:" + feedback.rep_id, organisation.day(feedback.occurred_at), amounts)]


def _millionths(value: float | Decimal) -> int:
    return round(value * 1_000_000)


_MAKERS: dict[str, Callable[[Any, Setting], list[Facts]]] = {
    "deal": _deal,
    "refund": _refund,
    "cost": _cost,
    "lead": _lead,
    "customer": _customer,
    "activity": _activity,
    "evaluation": _evaluation,
    "feedback": _feedback,
}
