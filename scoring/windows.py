"""Windows: the sums of a subject's panes over rolling windows that end with a local date, that date included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from scoring.measures import LIFELONG, MONEY, MONEY_SQUARED, counts_as, parse_key
from scoring.money import Rates

WINDOW_DAYS: Final = (7, 28, 91, 364)
"""Rolling windows; each holds the one before it."""

COHORT_DAYS: Final = 91
"""How far back the deals of a cohort were opened, until norms say better. Source: method.md section 3."""

PIPELINE_DAYS: Final = 182
"""How far back open deals still count as pipeline, until norms say better. Source: method.md section 3."""

MOST_CRITERIA: Final = 500
"""Criteria of evaluations that a score lists at most, beside the usual ones: it has to fit a message."""

_YEAR: Final = WINDOW_DAYS[-1]
LISTED_IF_UNRATED: Final = frozenset({"revenue", "refunded", "costs"})
"""Money that is told apart where it has no rate."""
COUNTED_IF_UNRATED: Final = frozenset({"won", "won_n"})
"""Deals that count, in a sum of their own, where they have no rate."""
STANDING: Final = {
    "pipeline": ("pipeline", 1),
    "pipeline_closed": ("pipeline", -1),
    "pipeline_n": ("pipeline_n", 1),
    "pipeline_closed_n": ("pipeline_n", -1),
}
"""What a deal's opening and closing do to the pipeline."""

OF_COHORT: Final = {"opened": "cohort_opened", "opened_n": "cohort_opened_n", "cohort_won": "cohort_won"}
"""What a cohort is made of, by measure of a pane."""

LOGARITHMS: Final = frozenset({"ln", "ln_squares"})
"""Logarithms of money, which a rate shifts."""

_NO_PANE: Final[Mapping[str, int]] = {}

Panes = Mapping[int, Mapping[str, int]]
Sums = dict[str, int]
"""Measure name -> sum; money in `BASE_SCALE`-ths of the base currency."""


@dataclass(slots=True)
class WindowSums:
    """What a subject's panes sum to at a date.

    `by_days` has the sums of each window, and in each of them what does not depend on the window: `cohort_opened`,
    `cohort_opened_n`, `cohort_won`, `pipeline`, `pipeline_n`, `active` (customers at the window's start), `year_active`,
    `year_margin`, `year_churned`. Deals won without a rate are counted as `won_unrated` and `won_n_unrated`. `unrated` is the
    money left out for want of a rate: currency -> minor units. `criteria` names every criterion that an evaluation of the
    subject ever used; of more than `MOST_CRITERIA` those used most in the last 364 days.
    `unrecorded` counts members without a rep record.
    """

    by_days: dict[int, Sums]
    unrated: dict[str, int]
    criteria: set[str]
    unrecorded: int


class Horizons(NamedTuple):
    """How far back a score looks, in days: its own window, deals opened that make a cohort, open ones that make the pipeline."""

    score: int = 91
    cohort: int = COHORT_DAYS
    pipeline: int = PIPELINE_DAYS


USUAL_HORIZONS: Final = Horizons()


@cache
def _rings(score_days: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The windows in order, that of the score among them, and for each age in days the ring in which it lies."""
    windows = tuple(sorted({*WINDOW_DAYS, score_days}))
    return windows, tuple(next(ring for ring, days in enumerate(windows) if age < days) for age in range(_YEAR))


def window_sums(panes: Panes, as_of: int, rates: Rates, horizons: Horizons = USUAL_HORIZONS) -> WindowSums:
    """The sums of every window of `WINDOW_DAYS` and of the score's; panes after `as_of` do not count yet.

    One pass over the panes: each falls into the ring between two windows, and rings add up to windows.

    >>> from decimal import Decimal
    >>> sums = window_sums({10: {"calls": 1}, 3: {"calls": 2}, 11: {"calls": 9}}, 10, Rates("USD", {"USD": 2}, []))
    >>> sums.by_days[7].get("calls"), sums.by_days[28].get("calls")
    (1, 3)
    """
    unrated: dict[str, int] = {}
    windows, ring_of_age = _rings(horizons.score)
    rings: list[Sums] = [{} for _ in windows]
    older: Sums = {}
    criteria: set[str] = set()
    for day, pane in panes.items():
        age = as_of - day
        if 0 <= age < _YEAR:
            add_pane(rings[ring_of_age[age]], pane, day, rates, unrated)
        else:
            for key, amount in pane.items():
                if key in LIFELONG and age > 0:
                    older[key] = older.get(key, 0) + amount
                elif key.startswith("evaluation_n/"):
                    criteria.add(key.partition("/")[2])
    by_days = _windows(windows, rings)
    criteria = most_used(criteria, by_days[_YEAR])
    fixed = _standing(panes, as_of, rates, unrated, horizons) | _customers(by_days, older)
    for window in by_days.values():
        window.update(fixed)
        count_activities(window)
    left_out = {currency: minor for currency, minor in sorted(unrated.items()) if minor}
    return WindowSums(by_days, left_out, criteria, panes.get(0, {}).get("unrecorded", 0))


def add_pane(ring: Sums, pane: Mapping[str, int], day: int, rates: Rates, unrated: dict[str, int]) -> None:
    """Add what a pane says of its own day; what deals opened then came to is for `_standing`."""
    for key, amount in pane.items():
        if "|" not in key:  # most are plain names
            ring[key] = ring.get(key, 0) + amount
            continue
        name, currency, closing_day = parse_key(key)
        if closing_day is not None or name in STANDING:
            continue
        if currency is not None:
            factor = rates.factor(currency, day)
            if factor is not None:
                amount = in_base(name, amount, factor, pane, currency, rates)  # noqa: PLW2901 - the same, in the base currency
            else:
                if name in LISTED_IF_UNRATED:
                    unrated[currency] = unrated.get(currency, 0) + amount
                if name not in COUNTED_IF_UNRATED:
                    continue
                name += "_unrated"
        ring[name] = ring.get(name, 0) + amount


def in_base(name: str, amount: int, factor: int, pane: Mapping[str, int], currency: str, rates: Rates) -> int:
    """What was counted by currency, read in the base currency; what is no money stays.

    With a rate r, Σ ln(a·r) = Σ ln a + n·ln r and Σ ln²(a·r) = Σ ln² a + 2·ln r·Σ ln a + n·ln² r. Source: method.md section 1.

    >>> from decimal import Decimal
    >>> rates = Rates("USD", {"USD": 2, "EUR": 2}, [("EUR", 100, Decimal("1.25"))])
    >>> factor, pane = rates.factor("EUR", 100), {"ln_won|EUR": 2_000_000, "ln|EUR": 9_210_340}  # two deals of 100 EUR
    >>> in_base("ln", pane["ln|EUR"], factor, pane, "EUR", rates) / 2_000_000  # ln 125
    4.8283135
    >>> in_base("revenue", 20_000, factor, pane, "EUR", rates) == 250 * 10**32, in_base("won_n", 2, factor, pane, "EUR", rates)
    (True, 2)
    """
    if name in MONEY:
        return amount * factor
    if name in MONEY_SQUARED:
        return amount * factor * factor
    if name not in LOGARITHMS:
        return amount
    ln_rate = rates.logarithm(currency, factor)
    n, logs = pane.get(f"ln_won|{currency}", 0), pane.get(f"ln|{currency}", 0)
    return amount + round(n * ln_rate if name == "ln" else 2 * logs * ln_rate + n * ln_rate * ln_rate)


def _windows(windows: tuple[int, ...], rings: list[Sums]) -> dict[int, Sums]:
    """Each window is its ring and the window inside it."""
    by_days: dict[int, Sums] = {}
    within: Sums = {}
    for days, ring in zip(windows, rings, strict=True):
        within = dict(within)
        for name, amount in ring.items():
            within[name] = within.get(name, 0) + amount
        by_days[days] = within
    return by_days


def most_used(others: set[str], year: Sums) -> set[str]:
    """The criteria used in a year and at other times, not more than a score can hold: those used most often in the year.

    >>> sorted(most_used({"before"}, {"evaluation_n/pace": 2, "evaluation_n/tone": 1, "evaluation/pace": 9}))
    ['before', 'pace', 'tone']
    """
    prefix = "evaluation_n/"
    used = {name.removeprefix(prefix): n for name, n in year.items() if name.startswith(prefix)}
    found = others | used.keys()
    if len(found) <= MOST_CRITERIA:
        return found
    return set(sorted(found, key=lambda criterion: (-used.get(criterion, 0), criterion))[:MOST_CRITERIA])


def count_activities(window: Sums) -> None:
    """Add what is counted by kind and outcome to the figures in which it counts."""
    for key in list(window):
        for name in counts_as(key):
            window[name] = window.get(name, 0) + window[key]


def _standing(panes: Panes, as_of: int, rates: Rates, unrated: dict[str, int], horizons: Horizons) -> Sums:
    """How the deals opened lately stand at `as_of`: the cohort and what of it was won, the pipeline."""
    sums = dict.fromkeys((*OF_COHORT.values(), "pipeline", "pipeline_n"), 0)
    for day in range(as_of - max(horizons.cohort, horizons.pipeline) + 1, as_of + 1):
        for key, amount in panes.get(day, _NO_PANE).items():
            if "|" not in key and key not in OF_COHORT:
                continue
            name, currency, closing_day = parse_key(key)
            if closing_day is not None and closing_day > as_of:
                continue
            if name in OF_COHORT:
                if as_of - day < horizons.cohort:
                    sums[OF_COHORT[name]] += amount
            elif name in STANDING and currency is not None and as_of - day < horizons.pipeline:
                measure, sign = STANDING[name]
                factor = rates.factor(currency, day)
                if factor is not None:
                    sums[measure] += sign * amount * (factor if measure == "pipeline" else 1)
                elif measure == "pipeline":
                    unrated[currency] = unrated.get(currency, 0) + sign * amount
    return sums


def _customers(by_days: dict[int, Sums], older: Sums) -> Sums:
    """Customers at the start of each window, put into it; and what the year says of their value, for all windows."""
    year = by_days[_YEAR]
    now_active = _gained(older) + _gained(year)
    for window in by_days.values():
        window["active"] = now_active - _gained(window)
    return {
        "year_active": year["active"],
        "year_margin": year.get("margin_revenue", 0) - year.get("margin_cost", 0),
        "year_churned": year.get("customers_churned", 0),
    }


def _gained(sums: Sums) -> int:
    return sums.get("customers_new", 0) - sums.get("customers_churned", 0)
