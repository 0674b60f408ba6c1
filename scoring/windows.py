"""Windows: the sums of a subject's panes over rolling windows that end with a local date, that date included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scoring.measures import LIFELONG, MONEY, parse_key
from scoring.money import Rates

WINDOW_DAYS: Final = (7, 28, 91, 364)
"""Rolling windows; each holds the one before it."""

COHORT_DAYS: Final = 91
"""How far back the deals of a cohort were opened, until norms say better. Source: method.md section 3."""

PIPELINE_DAYS: Final = 182
"""How far back open deals still count as pipeline, until norms say better. Source: method.md section 3."""

_YEAR: Final = WINDOW_DAYS[-1]

Sums = dict[str, int]
"""Measure name -> sum; money in `BASE_SCALE`-ths of the base currency."""


@dataclass(slots=True)
class WindowSums:
    """What a subject's panes sum to at a date.

    `by_days` has the sums of each window, and in each of them what does not depend on the window: `cohort_opened`, `cohort_opened_n`,
    `cohort_won`, `pipeline`, `pipeline_n`, `active` (customers at the window's start), `year_active`, `year_margin`,
    `year_churned`. `unrated` is the money left out for want of a rate: currency -> minor units. `criteria` names every
    criterion that an evaluation of the subject ever used. `unrecorded` counts members without a rep record.
    """

    by_days: dict[int, Sums]
    unrated: dict[str, int]
    criteria: set[str]
    unrecorded: int


_LISTED_IF_UNRATED = frozenset({"revenue", "refunded", "costs"})
_NOT_SUMMED = frozenset({"pipeline", "pipeline_n", "pipeline_closed", "pipeline_closed_n", "cohort_won"})


def window_sums(panes: Mapping[int, Mapping[str, int]], as_of: int, rates: Rates) -> WindowSums:
    """The sums of every window of `WINDOW_DAYS`; panes after `as_of` do not count yet.

    One pass over the panes: each falls into the ring between two windows, and rings add up to windows.

    >>> from decimal import Decimal
    >>> sums = window_sums({10: {"calls": 1}, 3: {"calls": 2}, 11: {"calls": 9}}, 10, Rates("USD", {"USD": 2}, []))
    >>> sums.by_days[7].get("calls"), sums.by_days[28].get("calls")
    (1, 3)
    """
    rings: list[Sums] = [{} for _ in WINDOW_DAYS]
    older: Sums = {}
    fixed = dict.fromkeys(("cohort_opened", "cohort_opened_n", "cohort_won", "pipeline", "pipeline_n"), 0)
    unrated: dict[str, int] = {}
    criteria: set[str] = set()
    for day, pane in panes.items():
        age = as_of - day
        if age < 0 or age >= _YEAR:
            for key, amount in pane.items():
                if key in LIFELONG:
                    if age > 0:
                        older[key] = older.get(key, 0) + amount
                elif key.startswith("evaluation_n/"):
                    criteria.add(key.partition("/")[2])
            continue
        ring = rings[0 if age < 7 else 1 if age < 28 else 2 if age < 91 else 3]  # noqa: PLR2004 - WINDOW_DAYS, unrolled
        for key, amount in pane.items():
            name, currency, closing_day = parse_key(key)
            if closing_day is not None and closing_day > as_of:
                continue
            if currency is not None:
                factor = rates.factor(currency, day)
                if factor is None:
                    if name in _LISTED_IF_UNRATED or (age < PIPELINE_DAYS and name == "pipeline"):
                        unrated[currency] = unrated.get(currency, 0) + amount
                    elif age < PIPELINE_DAYS and name == "pipeline_closed":
                        unrated[currency] = unrated.get(currency, 0) - amount
                    elif name in ("won", "won_n"):
                        _add(ring, name + "_unrated", amount)
                    elif name == "refunds_n":
                        continue
                    continue
                if name in MONEY:
                    amount *= factor  # noqa: PLW2901 - the same amount, in the base currency
            elif name.startswith("evaluation_n/"):
                criteria.add(name.partition("/")[2])
            if name not in _NOT_SUMMED:
                _add(ring, name, amount)
            if age < COHORT_DAYS:
                if name == "opened":
                    fixed["cohort_opened"] += amount
                elif name == "opened_n":
                    fixed["cohort_opened_n"] += amount
                elif name == "cohort_won":
                    fixed["cohort_won"] += amount
            if age < PIPELINE_DAYS:
                if name in ("pipeline", "pipeline_n"):
                    fixed[name] += amount
                elif name == "pipeline_closed":
                    fixed["pipeline"] -= amount
                elif name == "pipeline_closed_n":
                    fixed["pipeline_n"] -= amount
    by_days = _windows(rings, older, fixed)
    left_out = {currency: minor for currency, minor in sorted(unrated.items()) if minor}
    return WindowSums(by_days, left_out, criteria, panes.get(0, {}).get("unrecorded", 0))


def _windows(rings: list[Sums], older: Sums, fixed: Sums) -> dict[int, Sums]:
    by_days: dict[int, Sums] = {}
    within: Sums = {}
    for days, ring in zip(WINDOW_DAYS, rings, strict=True):
        within = dict(within)
        for name, amount in ring.items():
            _add(within, name, amount)
        by_days[days] = within
    year = by_days[_YEAR]
    now_active = _active(older) + _active(year)
    for window in by_days.values():
        window["active"] = now_active - _active(window)
    yearly = {
        "year_active": year["active"],
        "year_margin": year.get("margin_revenue", 0) - year.get("margin_cost", 0),
        "year_churned": year.get("customers_churned", 0),
    }
    for window in by_days.values():
        window |= fixed
        window |= yearly
    return by_days


def _active(sums: Sums) -> int:
    return sums.get("customers_new", 0) - sums.get("customers_churned", 0)


def _add(sums: Sums, name: str, amount: int) -> None:
    sums[name] = sums.get(name, 0) + amount
