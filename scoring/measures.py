"""Measures: the sums that a pane holds, and the keys under which it holds them.

A key is `name`, `name|CUR` (by currency) or `name|CUR|day` / `name||day` (by the day on which the deal closed). Names that
end in `_n` count records: a split deal counts once for each subject it touches.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

MEASURES: Final = {
    "opened": "deals opened, millionths",
    "opened_n": "deals opened, records",
    "cohort_won": "deals won, millionths, on the day they were opened, by closing day",
    "pipeline": "amount of deals opened, minor units",
    "pipeline_n": "deals opened that state an amount, records",
    "pipeline_closed": "amount of deals closed, minor units, on the day they were opened, by closing day",
    "pipeline_closed_n": "deals closed that state an amount, records, likewise",
    "won": "deals won, millionths, by currency",
    "won_n": "deals won, records, by currency",
    "lost": "deals lost, millionths",
    "lost_n": "deals lost, records",
    "revenue": "amount of deals won, minor units",
    "cycle": "time from opening to winning, microseconds",
    "cycle_squares": "its square, millionths of days squared",
    "ln_won": "deals won for an amount above 0, millionths",
    "ln": "natural logarithm of their amount in major units, millionths",
    "ln_squares": "its square, millionths",
    "margin_revenue": "amount of won deals that state their cost, minor units",
    "margin_cost": "cost of these, minor units",
    "margin_n": "number of these, records",
    "margin_squares": "square of amount less cost, minor units squared",
    "margin_cross": "amount less cost, times amount, likewise",
    "margin_base_squares": "square of the amount, likewise",
    "list_revenue": "amount of won deals that state a list price, minor units",
    "list_price": "list price of these, minor units",
    "list_n": "number of these, records",
    "list_squares": "square of list price less amount, minor units squared",
    "list_cross": "list price less amount, times list price, likewise",
    "list_base_squares": "square of the list price, likewise",
    "refunds": "refunds, millionths",
    "refunds_n": "refunds, records, by currency",
    "refunded": "amount refunded, minor units",
    "costs": "costs, minor units",
    "costs_n": "costs, records, by currency",
    "leads": "leads created",
    "leads_qualified": "leads qualified",
    "leads_converted": "leads converted",
    "customers_new": "customers won",
    "customers_churned": "customers lost",
    "renewals": "contracts renewed",
    "activity": "activities; followed by /kind/outcome, without an outcome by /kind/",
    "first_response": "time to the first response, microseconds",
    "first_response_squares": "its square, millionths of seconds squared",
    "first_response_n": "activities that state it",
    "evaluations": "evaluations",
    "evaluation": "sum of an evaluation's criterion, millionths; followed by /criterion",
    "evaluation_squares": "sum of its square, millionths; followed by /criterion",
    "evaluation_n": "number of these; followed by /criterion",
    "feedback": "answers on any scale",
    "csat": "answers on csat_5, stars_5 and thumbs",
    "csat_top": "4 and 5, or thumbs up",
    "nps": "answers on nps_11",
    "nps_promoters": "9 and 10",
    "nps_detractors": "0 to 6",
    "ces": "sum of answers on ces_7",
    "ces_squares": "sum of their squares",
    "ces_n": "number of these",
    "unrecorded": "reps without a rep record that have facts; kept on day 0",
    "past": "what retired panes counted; kept on day 1",
}

MONEY: Final = frozenset(
    {
        "pipeline",
        "pipeline_closed",
        "revenue",
        "margin_revenue",
        "margin_cost",
        "list_revenue",
        "list_price",
        "refunded",
        "costs",
    }
)
"""Measures in minor units of a currency, converted when a score is read."""

MONEY_SQUARED: Final = frozenset(
    {"margin_squares", "margin_cross", "margin_base_squares", "list_squares", "list_cross", "list_base_squares"}
)
"""Measures in minor units squared."""

LIFELONG: Final = frozenset({"customers_new", "customers_churned"})
"""Measures that matter at any age: a customer stays one until it leaves."""


def power_of(measure: str) -> int:
    """Whether a measure is of money (1), of money squared (2), or neither (0).

    >>> power_of("revenue"), power_of("margin_cross"), power_of("won")
    (1, 2, 0)
    """
    return 1 if measure in MONEY else 2 if measure in MONEY_SQUARED else 0


_OF_KIND: Final = {"call": "calls", "email": "emails", "meeting": "meetings"}


def activity_key(kind: str, outcome: str | None) -> str:
    """The key under which an activity is counted: one, where it counts in up to three figures.

    >>> activity_key("call", "connected"), activity_key("email", None)
    ('activity/call/connected', 'activity/email/')
    """
    return f"activity/{kind}/{outcome or ''}"


@cache
def counts_as(key: str) -> tuple[str, ...]:
    """The sums to which the activities of a key add; none for any other key.

    >>> counts_as("activity/call/connected"), counts_as("activity/meeting/"), counts_as("evaluation/pace")
    (('calls', 'calls_with_outcome', 'calls_connected'), ('meetings',), ())
    """
    if not key.startswith("activity/"):
        return ()
    _, kind, outcome = key.split("/")
    counted = [_OF_KIND[kind]] if kind in _OF_KIND else []
    if kind == "call" and outcome:
        counted.append("calls_with_outcome")
        if outcome == "connected":
            counted.append("calls_connected")
    return tuple(counted)


class MeasureKey(NamedTuple):
    """A key taken apart: the name, the currency if any, the closing day if any."""

    name: str
    currency: str | None
    closing_day: int | None


_known: dict[str, MeasureKey] = {}
_MOST_KNOWN: Final = 100_000
"""Keys remembered at most: closing days come without end."""


def parse_key(key: str) -> MeasureKey:
    """The parts of a measure key.

    >>> parse_key("won|EUR"), parse_key("cohort_won||739000")
    (MeasureKey(name='won', currency='EUR', closing_day=None), MeasureKey(name='cohort_won', currency=None, closing_day=739000))
    """
    found = _known.get(key)
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        found = _known[key] = _parse(key)
    return found


def _parse(key: str) -> MeasureKey:
    if "/" in key:  # a criterion's name may hold any character
        return MeasureKey(key, None, None)
    name, _, rest = key.partition("|")
    currency, _, closing_day = rest.partition("|")
    return MeasureKey(name, currency or None, int(closing_day) if closing_day else None)
