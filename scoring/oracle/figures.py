"""Figures: every metric of one subject over one window, straight from its parts.

Each function returns the figures of a few metrics by name. Source of all: contract.md section 4, method.md section 3.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from scoring.oracle.happenings import DAY_US
from scoring.oracle.parts import Part, Parts
from scoring.oracle.rates import Rates
from scoring.oracle.table import UNITS
from scoring.oracle.windows import NO_EVIDENCE, Figure, Window, count, credit, ratio

LIFETIME_DAYS = 364
MICRO = 1_000_000
SCALES = ("csat_5", "nps_11", "ces_7", "stars_5", "thumbs")
CRITERIA = 500
"""Criteria that a score lists at most, beside the usual two."""
HAPPY, PROMOTER, DETRACTOR = 4, 9, 6
"""The least happy answer of five, the least promoter and the greatest detractor of 0..10."""


@dataclass(frozen=True, slots=True)
class Horizons:
    """How far back a score looks, in days: its own window, deals opened that make a cohort, open ones that make the pipeline."""

    score: int
    cohort: int
    pipeline: int


def revenue(window: Window, rates: Rates, prorated_target: Fraction | None) -> dict[str, Figure]:
    """Money won and refunded, as far as there is a rate for it."""
    won, refunds = rates.rated(window.within("won")), rates.rated(window.within("refund"))
    won_money, refunded_money = rates.base(won, "amount"), rates.base(refunds, "amount")
    net = Figure(won_money - refunded_money, len(won) + len(refunds))
    attained = ratio(won_money - refunded_money, prorated_target or 0, net.n)
    return {
        "net_revenue": net,
        "average_deal_size": ratio(won_money, credit(won), len(won)),
        "refund_ratio": ratio(refunded_money, won_money, len(won)),
        # The contract knows no value without a record behind it but that of a sum.
        "target_attainment": attained if attained.n > 0 else NO_EVIDENCE,
    }


def deals(window: Window) -> dict[str, Figure]:
    """Deals won, lost and refunded, by share; rates of exchange do not matter here."""
    won, lost, refunds = window.within("won"), window.within("lost"), window.within("refund")
    cycle_days = Fraction(sum(part.amounts["cycle"] for part in won), DAY_US)
    return {
        "deals_won": Figure(credit(won), len(won)),
        "deals_lost": Figure(credit(lost), len(lost)),
        "win_rate": ratio(credit(won), credit(won) + credit(lost), len(won) + len(lost)),
        "cycle_days": ratio(cycle_days, credit(won), len(won)),
        "return_rate": ratio(credit(refunds), credit(won), len(won)),
    }


def margins(window: Window, rates: Rates) -> dict[str, Figure]:
    """What won deals left over their cost, and gave away from their list price, where they state it."""
    costed, listed = stating("cost", window, rates), stating("list_price", window, rates)
    amount, cost = rates.base(costed, "amount"), rates.base(costed, "cost")
    sold, list_price = rates.base(listed, "amount"), rates.base(listed, "list_price")
    return {
        "gross_margin_ratio": ratio(amount - cost, amount, len(costed)),
        "discount_ratio": ratio(list_price - sold, list_price, len(listed)),
    }


def costs(window: Window, rates: Rates) -> dict[str, Figure]:
    """What customers cost to gain, and what the costs brought."""
    spent, gained = rates.rated(window.within("cost")), window.within("since")
    spent_money = rates.base(spent, "amount")
    return {
        "acquisition_cost": ratio(spent_money, len(gained), len(gained)),
        "roi": ratio(margin(window, rates) - spent_money, spent_money, len(spent)),
    }


def customers(window: Window) -> dict[str, Figure]:
    """Customers who left, of those at the window's start; renewals, of all who had to decide."""
    churned, renewals, active = window.within("churned"), window.within("renewal"), window.active_customers()
    return {
        "churn_rate": ratio(len(churned), active, active),
        "retention_rate": ratio(len(renewals), len(renewals) + len(churned), len(renewals) + len(churned)),
    }


def activities(window: Window) -> dict[str, Figure]:
    """Leads and activities."""
    created, converted, done = window.within("lead"), window.within("converted"), window.within("activity")
    calls = [part for part in done if part.record.kind == "call"]
    with_outcome = [part for part in calls if part.record.outcome is not None]
    connected = [part for part in calls if part.record.outcome == "connected"]
    stated = [part.record.first_response_seconds for part in done]
    responses = [micro(seconds) for seconds in stated if seconds is not None]
    return {
        "leads_created": count(created),
        "calls": count(calls),
        "meetings": count([part for part in done if part.record.kind == "meeting"]),
        "emails": count([part for part in done if part.record.kind == "email"]),
        "lead_conversion_ratio": ratio(len(converted), len(created), len(created)),
        "connect_ratio": ratio(len(connected), len(with_outcome), len(with_outcome)),
        "first_response_seconds": ratio(Fraction(sum(responses), MICRO), len(responses), len(responses)),
    }


def answers(window: Window) -> dict[str, Figure]:
    """What customers answered, by scale."""
    feedback = window.within("feedback")
    values = {scale: [p.record.value for p in feedback if p.record.scale == scale] for scale in SCALES}
    of_five = values["csat_5"] + values["stars_5"]
    satisfied = [value for value in of_five if value >= HAPPY] + [value for value in values["thumbs"] if value == 1]
    promoters = [value for value in values["nps_11"] if value >= PROMOTER]
    detractors = [value for value in values["nps_11"] if value <= DETRACTOR]
    asked, recommending, easing = len(of_five) + len(values["thumbs"]), len(values["nps_11"]), len(values["ces_7"])
    return {
        "feedback_count": count(feedback),
        "csat": ratio(len(satisfied), asked, asked),
        "nps": ratio(100 * (len(promoters) - len(detractors)), recommending, recommending),
        "ces": ratio(sum(values["ces_7"]), easing, easing),
    }


def evaluations(window: Window) -> dict[str, Figure]:
    """The mean of every criterion ever seen, so that none vanishes with the window; of more than 500 the most used in a year."""
    year = Window.ending(window.last, LIFETIME_DAYS, window.parts)
    used = Counter(criterion for part in year.within("evaluation") for criterion in part.record.criteria)
    for part in window.parts.get("evaluation", ()):
        used.update(dict.fromkeys(part.record.criteria, 0))
    listed = sorted(used, key=lambda criterion: (-used[criterion], criterion))[:CRITERIA]
    found = {}
    for criterion in sorted({*listed, "communication", "active_listening"}):
        stated = [part.record.criteria.get(criterion) for part in window.within("evaluation")]
        points = [micro(value) for value in stated if value is not None]
        found[f"evaluation_{criterion}"] = ratio(Fraction(sum(points), MICRO), len(points), len(points))
    return found


def cohort_win_rate(parts: Parts, as_of: date, horizons: Horizons) -> Figure:
    """Of the deals opened in the last days that make a cohort, by the membership of the opening day; its value see `deals.py`."""
    opened = Window.ending(as_of, horizons.cohort, parts).within("opened")
    return Figure(None, len(opened) if credit(opened) > 0 else 0)


def open_pipeline(parts: Parts, as_of: date, horizons: Horizons) -> list[Part]:
    """Deals with a price, opened not too long ago and not closed by `as_of`, whether there is a rate or not."""
    opened = Window.ending(as_of, horizons.pipeline, parts).within("opened")
    return [p for p in opened if "amount" in p.amounts and (p.closed_on is None or p.closed_on > as_of)]


def pipeline_value(parts: Parts, as_of: date, rates: Rates, horizons: Horizons) -> Figure:
    """The open pipeline in the base currency, at the rates of the opening days."""
    rated = rates.rated(open_pipeline(parts, as_of, horizons))
    return Figure(rates.base(rated, "amount"), len(rated))


def lifetime_value(parts: Parts, as_of: date, rates: Rates) -> Figure:
    """Margin an active customer over the churn rate, both of 364 days, which is margin over customers churned."""
    window = Window.ending(as_of, LIFETIME_DAYS, parts)
    active, churned = window.active_customers(), len(window.within("churned"))
    return ratio(margin(window, rates), churned, active) if active > 0 else NO_EVIDENCE


def stating(measure: str, window: Window, rates: Rates) -> list[Part]:
    """The rated won deals that state a cost or a list price."""
    return [part for part in rates.rated(window.within("won")) if measure in part.amounts]


def margin(window: Window, rates: Rates) -> Fraction:
    """Amount less cost of the won deals that state a cost, in the base currency."""
    costed = stating("cost", window, rates)
    return rates.base(costed, "amount") - rates.base(costed, "cost")


def micro(value: Decimal | float) -> int:
    """A stated number in millionths, rounded half to even.

    >>> micro(Decimal("60.25")), micro(Decimal("0.0000005"))
    (60250000, 0)
    """
    return round(Fraction(value) * MICRO)


def unrated(parts: Parts, as_of: date, rates: Rates, horizons: Horizons) -> dict[str, float]:
    """Major units by currency that have no rate: won, refunded and spent in 364 days, and the open pipeline."""
    window = Window.ending(as_of, LIFETIME_DAYS, parts)
    dated = [*window.within("won"), *window.within("refund"), *window.within("cost")]
    return rates.unrated([*dated, *open_pipeline(parts, as_of, horizons)])


def figures(
    parts: Parts, as_of: date, days: int, rates: Rates, prorated_target: Fraction | None, horizons: Horizons
) -> dict[str, Figure]:
    """Every metric of a subject, in the contract's order, over the window of `days` that ends with `as_of`.

    `prorated_target` is the subject's target of `net_revenue` over the window.
    """
    window = Window.ending(as_of, days, parts)
    found = {
        **revenue(window, rates, prorated_target),
        **deals(window),
        **margins(window, rates),
        **costs(window, rates),
        **customers(window),
        **activities(window),
        **answers(window),
        "cohort_win_rate": cohort_win_rate(parts, as_of, horizons),
        "pipeline_value": pipeline_value(parts, as_of, rates, horizons),
        "lifetime_value": lifetime_value(parts, as_of, rates),
    }
    attainment = found.pop("target_attainment")
    in_order = {metric: found[metric] for metric in UNITS if metric in found}
    return {**in_order, **evaluations(window), "target_attainment": attainment}
