"""Lens: how panes are read at one date - to which sum each key adds, and in which windows each day lies.

What a key means depends on the date, the horizons and the exchange rates alone, so it is worked out once for all subjects.
`windows.window_sums` is the definition; this says the same in a form that adds up quickly and can be taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from scoring.measures import MONEY, MONEY_SQUARED, parse_key
from scoring.money import Rates
from scoring.windows import (
    COUNTED_IF_UNRATED,
    LISTED_IF_UNRATED,
    LOGARITHMS,
    STANDING,
    WINDOW_DAYS,
    Horizons,
    count_activities,
    in_base,
)

UNRATED: Final = "unrated|"
"""Sums of what has no rate, minor units: `unrated|EUR` of a day's own money, `unrated_pipeline|EUR` of deals opened on it."""
UNRATED_PIPELINE: Final = "unrated_pipeline|"

Raw = defaultdict[str, int]
"""What panes of one stretch of days sum to, money of the base currency still in minor units."""

_MOST_KEYS: Final = 50_000
"""Keys remembered at most; a year of closing days in a few currencies has some thousands."""

_WON, _COUNTED, _MONEY, _LOGARITHM, _PIPELINE = range(5)


class Stretch(NamedTuple):
    """Days that count alike: `window` is the place of the smallest window that holds them, past the last where none does."""

    window: int
    in_cohort: bool
    in_pipeline: bool


LATER: Final = 10**7
"""A day after any date."""


class Won(NamedTuple):
    """Deals opened on `day` and won on `closing_day`, millionths; on day `LATER` where something closed after the date."""

    day: int
    closing_day: int
    amount: int


class Lens:
    """How panes are read at the end of `as_of`, under exchange rates and horizons that stay as they are."""

    def __init__(self, as_of: int, rates: Rates, horizons: Horizons) -> None:
        """Know nothing of keys yet: they are worked out as they come."""
        self.as_of = as_of
        self.rates = rates
        self.horizons = horizons
        self.windows = tuple(sorted({*WINDOW_DAYS, horizons.score}))
        self.edges = edges = sorted({*self.windows, horizons.cohort, horizons.pipeline})
        """The ages at which stretches end, in days."""
        self.stretches = tuple(
            Stretch(sum(days < edge for days in self.windows), edge <= horizons.cohort, edge <= horizons.pipeline)
            for edge in edges
        )
        self.stretch_of_age = tuple(sum(edge <= age for edge in edges) for age in range(edges[-1]))
        """For each age in days the place of its stretch; older days have none."""
        self._plans = _Remembered(self._plan)
        self._factors: dict[str, _Remembered] = {}
        factor, base = rates.base_factor, rates.base_currency
        scales = [(name, name, factor) for name in sorted(MONEY - STANDING.keys())]
        scales += [(name, name, factor * factor) for name in sorted(MONEY_SQUARED)]
        scales += [("pipeline", "pipeline", factor), ("pipeline_closed", "pipeline", -factor)]
        self._scales = tuple((f"{name}|{base}", to, scale) for name, to, scale in scales)

    def read(self, pane: Mapping[str, int], day: int, into: Raw, won: list[Won]) -> None:
        """Add a pane to the sums of its stretch, and the deals opened on its day that were won by now to `won`.

        What closed after the date counts nothing, and is told by one of no amount.

        >>> lens, raw, won = Lens(9, Rates("USD", {"USD": 2}, []), Horizons()), defaultdict(int), []
        >>> lens.read({"calls": 2, "revenue|USD": 5, "cohort_won||8": 1, "cohort_won||10": 1}, 7, raw, won)
        >>> dict(raw), [(deal.closing_day, deal.amount) for deal in won]
        ({'calls': 2, 'revenue|USD': 5, 'cohort_won': 1}, [(8, 1), (10000000, 0)])
        """
        plans = self._plans
        for key, amount in pane.items():
            plan = plans[key]
            if plan.__class__ is str:
                into[plan] += amount
            elif plan is None:
                won.append(Won(day, LATER, 0))
            else:
                kind, name, factors, detail = plan
                if kind == _WON:
                    into[name] += amount
                    won.append(Won(day, detail, amount))
                elif (factor := factors[day]) is None:
                    _add_unrated(kind, name, detail, amount, into)
                elif kind == _COUNTED:
                    into[name] += amount
                elif kind == _MONEY:
                    into[name] += amount * factor
                elif kind == _LOGARITHM:
                    into[name] += in_base(name, amount, factor, pane, detail, self.rates)
                else:
                    measure, sign = STANDING[name]
                    into[measure] += sign * amount * (factor if measure == "pipeline" else 1)

    def settle(self, raw: Raw) -> None:
        """Bring sums into the base currency, and count activities by kind and outcome.

        >>> lens, raw = Lens(9, Rates("USD", {"USD": 2}, []), Horizons()), defaultdict(int, {"revenue|USD": 5})
        >>> lens.settle(raw)
        >>> dict(raw) == {"revenue": 5 * lens.rates.base_factor}
        True
        """
        for key, name, scale in self._scales:
            if key in raw:
                raw[name] += raw.pop(key) * scale
        count_activities(raw)

    def _plan(self, key: str) -> Any:  # noqa: PLR0911 - one for each kind of key
        """The sum to which a key adds as it is; what else to do with it; or None, if it does not count."""
        name, currency, closing_day = parse_key(key)
        if closing_day is not None and (closing_day > self.as_of or name not in (*STANDING, "cohort_won")):
            return None
        if currency is None:
            return name if closing_day is None else (_WON, name, None, closing_day)
        if currency == self.rates.base_currency:
            if name in MONEY or name in MONEY_SQUARED:
                return f"{name}|{currency}"
            return STANDING[name][0] if STANDING.get(name, ("", 0))[1] == 1 else name
        factors = self._factors.get(currency)
        if factors is None:
            factors = self._factors[currency] = _Remembered(lambda day: self.rates.factor(currency, day))
        if name in STANDING:
            return _PIPELINE, name, factors, currency
        if name in MONEY:
            return _MONEY, name, factors, currency
        return (_LOGARITHM if name in MONEY_SQUARED | LOGARITHMS else _COUNTED), name, factors, currency


def _add_unrated(kind: int, name: str, currency: str, amount: int, into: Raw) -> None:
    if kind == _PIPELINE:
        measure, sign = STANDING[name]
        if measure == "pipeline":
            into[UNRATED_PIPELINE + currency] += sign * amount
    elif name in COUNTED_IF_UNRATED:
        into[name + "_unrated"] += amount
    elif name in LISTED_IF_UNRATED:
        into[UNRATED + currency] += amount


class _Remembered(dict[Any, Any]):
    """Answers that were found once."""

    def __init__(self, find: Callable[[Any], Any]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, asked: Any) -> Any:
        if len(self) >= _MOST_KEYS:
            self.clear()
        found = self[asked] = self._find(asked)
        return found
