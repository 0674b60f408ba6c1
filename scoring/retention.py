"""Retention: what of records and panes older than every window is kept, so that no score ever changes when the rest goes.

Windows reach 364 days back, a cohort 91 and the pipeline 182; retention is longer than all of them. What lies before it says
two things more: who is a customer, and that a subject exists. The first stays where it is, day by day, for memberships have
dates; the second becomes one count a subject, on `PAST_DAY`. Both are sums, so corrections of records that are still held
come out exact, whoever of two stages retired a day first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scoring.facts import Amounts
from scoring.ledger import Entry
from scoring.measures import LIFELONG

PAST_DAY: Final = 1
"""The day, before all dates, of the pane that counts what a subject's retired panes held."""

PAST: Final = "past"

RETIRING: Final = frozenset({"deal", "lead", "refund", "cost", "activity", "evaluation", "feedback"})
"""Types of records that are let go: a customer matters at any age, reference records have no business date."""

_COUNTED: Final = frozenset(
    {"opened_n", "won_n", "lost_n", "refunds_n", "costs_n", "leads", "leads_qualified", "leads_converted"}
    | {"evaluations", "feedback"}
)


def is_past(day: int, first_day: int) -> bool:
    """Whether a pane of that day is retired; panes on days before all dates never are."""
    return PAST_DAY < day < first_day


def lifelong(amounts: Mapping[str, int]) -> Amounts:
    """What of a retired day's amounts stays on that day.

    >>> lifelong({"customers_new": 1, "calls": 3})
    {'customers_new': 1}
    """
    return {key: amount for key, amount in amounts.items() if key in LIFELONG}


def things(amounts: Mapping[str, int]) -> int:
    """How many things the amounts count; at least one for every record that is no customer.

    >>> things({"won|USD": 500_000, "won_n|USD": 1, "activity/call/held": 2, "evaluation_n/pace": 1})
    3
    """
    return sum(
        amount for key, amount in amounts.items() if key.partition("|")[0] in _COUNTED or key.startswith("activity/")
    )


def remains(day: int, amounts: Mapping[str, int]) -> Iterator[tuple[int, Amounts]]:
    """What of a fact of a retired day still counts, by day."""
    if kept := lifelong(amounts):
        yield day, kept
    if count := things(amounts):
        yield PAST_DAY, {PAST: count}


def may_go(record_type: str, entry: Entry, first_day: int, first_us: int) -> bool:
    """Whether the ledger need not hold a record any longer.

    Args:
        record_type: as in contract.md section 1.
        entry: the version that is held.
        first_day: the first day of the retention.
        first_us: its beginning in microseconds since 1970. A younger version stays, whatever it says: the older one that it
            took the place of, with younger dates, may come once more.
    """
    if record_type not in RETIRING or entry.updated_at >= first_us:
        return False
    if any(day >= first_day for _, day, _ in entry.facts):
        return False
    return record_type != "deal" or not entry.facts or _is_closed(entry)


def _is_closed(deal: Entry) -> bool:
    return any(key == "lost_n" or key.startswith("won_n|") for _, _, amounts in deal.facts for key in amounts)
