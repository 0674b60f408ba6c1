"""Random changes of panes, under keys of the forms that facts have: see `scoring.measures`."""

from __future__ import annotations

from hypothesis import strategies as st

from scoring.measures import MEASURES, MONEY, MONEY_SQUARED
from scoring.panes import PaneBook

TODAY = 739_631
ON_DAY_ZERO = frozenset({"unrecorded", "past"})
WITH_CLOSING_DAY = frozenset({"pipeline_closed", "pipeline_closed_n"})
BY_CURRENCY = frozenset(
    MONEY | MONEY_SQUARED | {"pipeline_n", "won", "won_n", "ln_won", "ln", "ln_squares", "margin_n", "list_n"}
) | {"refunds_n", "costs_n"}
FOLLOWED = {
    "activity": ("call/connected", "call/", "call/no_answer", "email/", "meeting/held", "note/"),
    "evaluation": ("pace", "communication", "a|b/c"),
    "evaluation_n": ("pace", "communication", "a|b/c"),
    "evaluation_squares": ("pace", "communication", "a|b/c"),
}

Change = tuple[int, dict[str, int], int]
"""Day, amounts and sign of `PaneBook.add`."""


def keys() -> list[str]:
    """One or more keys for each measure, closing days before and after `TODAY` among them."""
    found = []
    for name in MEASURES.keys() - ON_DAY_ZERO:
        closing_days = [TODAY + after for after in (-100, -30, -1, 0, 1)]
        if name in FOLLOWED:
            found += [f"{name}/{rest}" for rest in FOLLOWED[name]]
        elif name == "cohort_won":
            found += [f"{name}||{day}" for day in closing_days]
        elif name in WITH_CLOSING_DAY:
            found += [f"{name}|{currency}|{day}" for currency in ("USD", "EUR") for day in closing_days]
        elif name in BY_CURRENCY:
            found += [f"{name}|{currency}" for currency in ("USD", "EUR", "JPY")]
        else:
            found.append(name)
    return sorted(found)


DAYS = st.sampled_from([TODAY - age for age in (-3, 0, 1, 6, 7, 27, 28, 45, 60, 90, 91, 181, 182, 363, 364, 500)])
AMOUNTS = st.dictionaries(st.sampled_from(keys()), st.integers(-3, 9) | st.just(1_000_000), min_size=1, max_size=8)
CHANGE: st.SearchStrategy[Change] = st.tuples(DAYS, AMOUNTS, st.sampled_from([1, 1, -1]))
CHANGES = st.lists(CHANGE, max_size=6)
UNRECORDED: st.SearchStrategy[Change] = st.tuples(st.just(0), st.just({"unrecorded": 1}), st.sampled_from([1, -1]))


def apply(book: PaneBook, subject: str, changes: list[Change]) -> None:
    """Add them to a subject's panes."""
    for day, amounts, sign in changes:
        book.add(subject, day, amounts, sign)


def take_all_back(book: PaneBook, subject: str) -> None:
    """Leave the subject without panes."""
    for day, pane in list(book.by_subject.get(subject, {}).items()):
        book.add(subject, day, dict(pane), -1)
