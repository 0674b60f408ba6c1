"""Table: the metrics of contract.md section 4 in their order, with their units."""

from __future__ import annotations

MONEY = "money"
"""Stands for the base currency."""

UNITS = {
    "net_revenue": MONEY,
    "deals_won": "count",
    "deals_lost": "count",
    "leads_created": "count",
    "calls": "count",
    "meetings": "count",
    "emails": "count",
    "feedback_count": "count",
    "average_deal_size": MONEY,
    "win_rate": "ratio",
    "cohort_win_rate": "ratio",
    "cycle_days": "days",
    "gross_margin_ratio": "ratio",
    "discount_ratio": "ratio",
    "refund_ratio": "ratio",
    "return_rate": "ratio",
    "lead_conversion_ratio": "ratio",
    "connect_ratio": "ratio",
    "first_response_seconds": "seconds",
    "csat": "ratio",
    "nps": "points",
    "ces": "points",
    "churn_rate": "ratio",
    "retention_rate": "ratio",
    "acquisition_cost": MONEY,
    "lifetime_value": MONEY,
    "roi": "ratio",
    "pipeline_value": MONEY,
    "target_attainment": "ratio",
}
"""Unit by metric; the evaluations, in points, stand before the last."""

SUMS = ("net_revenue", *(metric for metric, unit in UNITS.items() if unit == "count"))
"""Metrics that grow with the days of the window: their targets are prorated."""


def unit(metric: str, base_currency: str) -> str:
    """The unit of a metric as scores name it.

    >>> unit("net_revenue", "EUR"), unit("win_rate", "EUR"), unit("evaluation_communication", "EUR")
    ('EUR', 'ratio', 'points')
    """
    named = UNITS.get(metric, "points")
    return base_currency if named == MONEY else named
