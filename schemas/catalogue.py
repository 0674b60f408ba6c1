"""Sales metrics by name: title, unit and what each is. `scoring` computes them; this is what others may know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["CATALOGUE", "MEANINGS", "Figure", "FigureUnit", "figure_named"]

FigureUnit = Literal["money", "count", "ratio", "days", "seconds", "points"]
"""Of a value as published: money in major units of the base currency, ratios on 0..1."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One sales metric, as `sales_rep_metric{metric=...}` and score objects name it.

    Attributes:
        name: as everywhere.
        title: for people, a few words.
        unit: of its value.
        adds_up: a sum over the window, so that a value a day can be had from it; else a mean, a ratio, or what stands at its end.
    """

    name: str
    title: str
    unit: FigureUnit
    adds_up: bool = False


def _sum(name: str, title: str, unit: FigureUnit = "count") -> Figure:
    return Figure(name, title, unit, adds_up=True)


CATALOGUE: Final[tuple[Figure, ...]] = (
    _sum("net_revenue", "Net revenue", "money"),
    _sum("deals_won", "Deals won"),
    _sum("deals_lost", "Deals lost"),
    _sum("leads_created", "Leads created"),
    _sum("calls", "Calls"),
    _sum("meetings", "Meetings"),
    _sum("emails", "Emails"),
    _sum("feedback_count", "Answers of customers"),
    Figure("average_deal_size", "Average deal size", "money"),
    Figure("win_rate", "Win rate", "ratio"),
    Figure("cohort_win_rate", "Cohort win rate", "ratio"),
    Figure("cycle_days", "Sales cycle", "days"),
    Figure("gross_margin_ratio", "Gross margin", "ratio"),
    Figure("discount_ratio", "Discount", "ratio"),
    Figure("refund_ratio", "Refunded revenue", "ratio"),
    Figure("return_rate", "Return rate", "ratio"),
    Figure("lead_conversion_ratio", "Lead conversion", "ratio"),
    Figure("connect_ratio", "Connected calls", "ratio"),
    Figure("first_response_seconds", "First response", "seconds"),
    Figure("csat", "Customer satisfaction", "ratio"),
    Figure("nps", "Net promoter score", "points"),
    Figure("ces", "Customer effort score", "points"),
    Figure("churn_rate", "Churn rate", "ratio"),
    Figure("retention_rate", "Retention rate", "ratio"),
    Figure("acquisition_cost", "Acquisition cost", "money"),
    Figure("lifetime_value", "Lifetime value", "money"),
    Figure("roi", "Return on investment", "ratio"),
    Figure("pipeline_value", "Pipeline value", "money"),
    Figure("target_attainment", "Target attainment", "ratio"),
)
"""Every metric of a score but `evaluation_<criterion>`, in the order of a score."""

MEANINGS: Final[Mapping[str, str]] = {
    "net_revenue": "amounts won, less refunds",
    "deals_won": "deals won",
    "deals_lost": "deals lost",
    "leads_created": "leads created",
    "calls": "activities of kind `call`",
    "meetings": "activities of kind `meeting`",
    "emails": "activities of kind `email`",
    "feedback_count": "answers on any scale",
    "average_deal_size": "amount won per deal won",
    "win_rate": "won of all closed, by closing date",
    "cohort_win_rate": "won by now of the deals opened in the last 91 days",
    "cycle_days": "mean days from opening to winning",
    "gross_margin_ratio": "1 - cost / amount, over won deals that state their cost",
    "discount_ratio": "1 - amount / list price, over won deals that state it",
    "refund_ratio": "amount refunded of the amount won",
    "return_rate": "refunds per deal won",
    "lead_conversion_ratio": "leads converted per lead created",
    "connect_ratio": "connected calls of those with an outcome",
    "first_response_seconds": "mean time to the first response, where stated",
    "csat": "4 and 5 (`csat_5`, `stars_5`) and thumbs up, of all such answers",
    "nps": "100 · (9 and 10, less 0 to 6) of all answers on `nps_11`",
    "ces": "mean answer on `ces_7`",
    "churn_rate": "customers lost in the window, of those active at its start",
    "retention_rate": "renewals, of renewals and customers lost",
    "acquisition_cost": "costs per customer won",
    "lifetime_value": "(yearly margin / active customers) / yearly churn rate, in which the active customers cancel out",
    "roi": "(margin - costs) / costs",
    "pipeline_value": "amounts of deals opened in the last 182 days and not closed",
    "evaluation_<criterion>": "mean of what evaluators gave for the criterion",
    "target_attainment": "net revenue / the target prorated to the window",
}
"""What each metric is, in words; Markdown."""

_BY_NAME: Final = {figure.name: figure for figure in CATALOGUE}


def figure_named(name: str) -> Figure:
    """The metric of a name: of the catalogue, or `evaluation_<criterion>` in points, 0..100.

    >>> figure_named("csat").title, figure_named("evaluation_active_listening").title
    ('Customer satisfaction', 'Evaluation: active listening')

    Raises:
        KeyError: there is none of this name.
    """
    if name.startswith("evaluation_"):
        return Figure(name, f"Evaluation: {name.removeprefix('evaluation_').replace('_', ' ')}", "points")
    return _BY_NAME[name]
