"""KPI catalogue: every metric of the contract, declared once: what is divided by what, in which unit, from what records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scoring.evidence import Evidence, Kind, of_mean, of_rate, of_sum
from scoring.money import BASE_SCALE, WHOLE
from scoring.windows import Sums

_DAY = 86_400 * 1_000_000
MONEY_UNIT: Final = "money"
"""Unit of what is shown in the base currency: its code takes this word's place."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What a metric's `Evidence` is made of beside its numerator and denominator.

    `one` is what a single observation counts in the denominator. `squares` are sums of Σy², `cross` of Σyd and `base_squares` of
    Σd², all in `scale`-ths; the last two are needed by a `ratio` alone.
    """

    kind: Kind
    one: int = 1
    squares: Mapping[str, int] = field(default_factory=dict)
    cross: Mapping[str, int] = field(default_factory=dict)
    base_squares: Mapping[str, int] = field(default_factory=dict)
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Kpi:
    """One metric: `numerator / denominator`, each a sum of measures times whole numbers.

    A sum has no denominator but a constant `scale`, and is 0.0 without evidence. Anything else is None with n = 0 where the
    denominator or `n` is not above 0. `n` names the measures that count the records behind the value.
    """

    name: str
    unit: str
    numerator: Mapping[str, int]
    n: tuple[str, ...]
    denominator: Mapping[str, int] = field(default_factory=dict)
    scale: int = 1
    noise: Noise | None = None
    """How its observations scatter; None where that is not known."""
    scored_as: Kpi | None = None
    """What the score reads in its place, in a unit of its own; None: the metric itself."""

    @property
    def is_sum(self) -> bool:
        """Whether the metric adds up over time (so its targets are prorated)."""
        return not self.denominator

    @property
    def measures(self) -> frozenset[str]:
        """Every measure that the value, n and evidence are read from, those of `scored_as` too."""
        own = {*self.numerator, *self.n, *self.denominator}
        if self.noise is not None:
            own.update(self.noise.squares, self.noise.cross, self.noise.base_squares)
        return frozenset(own) if self.scored_as is None else frozenset(own) | self.scored_as.measures

    def value(self, sums: Sums) -> tuple[float | None, int]:
        """The value over a window's sums, correctly rounded from exact whole numbers, and n.

        >>> WIN_RATE.value({"won": 3_000_000, "lost": 1_000_000, "won_n": 3, "lost_n": 1}), WIN_RATE.value({})
        ((0.75, 4), (None, 0))
        """
        n = numerator = denominator = 0
        get = sums.get  # plain loops: this runs for each metric and window of every score
        for measure in self.n:
            n += get(measure, 0)
        if self.denominator:
            if n <= 0:
                return None, 0
            for measure, factor in self.denominator.items():
                denominator += factor * get(measure, 0)
            if denominator <= 0:
                return None, 0
        for measure, factor in self.numerator.items():
            numerator += factor * get(measure, 0)
        return numerator / (self.scale * denominator if self.denominator else self.scale), n

    def evidence(self, sums: Sums, days_present: int) -> Evidence:
        """What the sums of some days say of the metric, for a subject present on so many of them.

        A rate has no more successes than observations. A metric without `noise` has its `n` and value alone.

        >>> BY_NAME["nps"].evidence({"nps": 4, "nps_promoters": 3, "nps_detractors": 1}, 7)
        Evidence(n=4.0, total=200.0, base=4.0, squares=40000.0, cross=200.0, base_squares=4.0)
        >>> BY_NAME["calls"].evidence({"calls": 40}, 5).value, BY_NAME["calls"].evidence({}, 0) == Evidence()
        (8.0, True)
        """
        if not self.denominator:
            return of_sum(days_present, _weighted(sums, self.numerator) / self.scale) if days_present > 0 else _NONE
        noise = self.noise or UNKNOWN_NOISE
        n = _weighted(sums, self.denominator) / noise.one
        if n <= 0:  # before anything else is summed: most metrics of a week have nothing
            return _NONE
        total_in_units = _weighted(sums, self.numerator) / (self.scale * noise.one)
        if noise.kind == "rate":
            return of_rate(n, min(max(total_in_units, 0.0), n))
        squares = _weighted(sums, noise.squares) / noise.scale
        if noise.kind == "mean":
            return of_mean(n, total_in_units, squares)
        records = float(sum(sums.get(measure, 0) for measure in self.n))
        cross, base_squares = (_weighted(sums, of) / noise.scale for of in (noise.cross, noise.base_squares))
        return Evidence(records, total_in_units, n, squares, cross, base_squares)

    def total_and_base(self, sums: Sums) -> tuple[float, float]:
        """Numerator and denominator in the units of `evidence`, which add up over records and segments; a sum's base is 0.

        >>> BY_NAME["cycle_days"].total_and_base({"cycle": 86_400_000_000, "won": 1_000_000})
        (1.0, 1.0)
        """
        total = _weighted(sums, self.numerator)
        if self.is_sum:
            return total / self.scale, 0.0
        one = (self.noise or UNKNOWN_NOISE).one
        return total / (self.scale * one), _weighted(sums, self.denominator) / one


def _weighted(sums: Sums, factors: Mapping[str, int]) -> int:
    total = 0
    get = sums.get  # a plain loop: it runs for each metric of every week
    for measure, factor in factors.items():
        amount = get(measure)
        if amount is not None:
            total += factor * amount
    return total


_NONE: Final = Evidence()
UNKNOWN_NOISE: Final = Noise("ratio")
"""Of a metric without `noise`: its n and value alone."""
_RATE: Final = Noise("rate")
_RATE_OF_DEALS: Final = Noise("rate", one=WHOLE)


def _of_money(of: str) -> Noise:
    return Noise(
        "ratio",
        one=BASE_SCALE,
        squares={f"{of}_squares": 1},
        cross={f"{of}_cross": 1},
        base_squares={f"{of}_base_squares": 1},
        scale=BASE_SCALE**2,
    )


DEAL_VALUE: Final = Kpi(
    "deal_value",
    "ln",
    {"ln": 1},
    ("won_n",),
    {"ln_won": 1},
    noise=Noise("mean", one=WHOLE, squares={"ln_squares": 1}, scale=1_000_000),
)
"""Mean natural logarithm of the amounts of won deals: a single large deal does not decide it. Source: method.md section 3."""

WIN_RATE = Kpi(
    "win_rate",
    "ratio",
    {"won": 1, "won_unrated": 1},
    ("won_n", "won_n_unrated", "lost_n"),
    {"won": 1, "won_unrated": 1, "lost": 1},
    noise=_RATE_OF_DEALS,
)

_ALL_WON = {"won": 1, "won_unrated": 1}
_ALL_WON_N = ("won_n", "won_n_unrated")


def _count(name: str, measure: str) -> Kpi:
    return Kpi(name, "count", {measure: 1}, (measure,))


CATALOGUE: Final = (
    Kpi("net_revenue", MONEY_UNIT, {"revenue": 1, "refunded": -1}, ("won_n", "refunds_n"), scale=BASE_SCALE),
    Kpi("deals_won", "count", _ALL_WON, _ALL_WON_N, scale=WHOLE),
    Kpi("deals_lost", "count", {"lost": 1}, ("lost_n",), scale=WHOLE),
    _count("leads_created", "leads"),
    _count("calls", "calls"),
    _count("meetings", "meetings"),
    _count("emails", "emails"),
    _count("feedback_count", "feedback"),
    Kpi(
        "average_deal_size",
        MONEY_UNIT,
        {"revenue": WHOLE},
        ("won_n",),
        {"won": 1},
        BASE_SCALE,
        scored_as=DEAL_VALUE,
    ),
    WIN_RATE,
    Kpi(
        "cohort_win_rate", "ratio", {"cohort_won": 1}, ("cohort_opened_n",), {"cohort_opened": 1}, noise=_RATE_OF_DEALS
    ),
    Kpi(
        "cycle_days",
        "days",
        {"cycle": WHOLE},
        _ALL_WON_N,
        _ALL_WON,
        _DAY,
        Noise("mean", one=WHOLE, squares={"cycle_squares": 1}, scale=1_000_000),
    ),
    Kpi(
        "gross_margin_ratio",
        "ratio",
        {"margin_revenue": 1, "margin_cost": -1},
        ("margin_n",),
        {"margin_revenue": 1},
        noise=_of_money("margin"),
    ),
    Kpi(
        "discount_ratio",
        "ratio",
        {"list_price": 1, "list_revenue": -1},
        ("list_n",),
        {"list_price": 1},
        noise=_of_money("list"),
    ),
    Kpi("refund_ratio", "ratio", {"refunded": 1}, ("won_n",), {"revenue": 1}),
    Kpi("return_rate", "ratio", {"refunds": 1}, _ALL_WON_N, _ALL_WON, noise=_RATE_OF_DEALS),
    Kpi("lead_conversion_ratio", "ratio", {"leads_converted": 1}, ("leads",), {"leads": 1}, noise=_RATE),
    Kpi(
        "connect_ratio",
        "ratio",
        {"calls_connected": 1},
        ("calls_with_outcome",),
        {"calls_with_outcome": 1},
        noise=_RATE,
    ),
    Kpi(
        "first_response_seconds",
        "seconds",
        {"first_response": 1},
        ("first_response_n",),
        {"first_response_n": 1},
        1_000_000,
        Noise("mean", squares={"first_response_squares": 1}, scale=1_000_000),
    ),
    Kpi("csat", "ratio", {"csat_top": 1}, ("csat",), {"csat": 1}, noise=_RATE),
    Kpi(
        "nps",
        "points",
        {"nps_promoters": 100, "nps_detractors": -100},
        ("nps",),
        {"nps": 1},
        noise=Noise("mean", squares={"nps_promoters": 10_000, "nps_detractors": 10_000}),
    ),
    Kpi("ces", "points", {"ces": 1}, ("ces_n",), {"ces_n": 1}, noise=Noise("mean", squares={"ces_squares": 1})),
    Kpi("churn_rate", "ratio", {"customers_churned": 1}, ("active",), {"active": 1}, noise=_RATE),
    Kpi(
        "retention_rate",
        "ratio",
        {"renewals": 1},
        ("renewals", "customers_churned"),
        {"renewals": 1, "customers_churned": 1},
        noise=_RATE,
    ),
    Kpi("acquisition_cost", MONEY_UNIT, {"costs": 1}, ("customers_new",), {"customers_new": 1}, BASE_SCALE),
    Kpi("lifetime_value", MONEY_UNIT, {"year_margin": 1}, ("year_active",), {"year_churned": 1}, BASE_SCALE),
    Kpi("roi", "ratio", {"margin_revenue": 1, "margin_cost": -1, "costs": -1}, ("costs_n",), {"costs": 1}),
    Kpi("pipeline_value", MONEY_UNIT, {"pipeline": 1}, ("pipeline_n",), scale=BASE_SCALE),
)
"""Every metric but `evaluation_<criterion>` (`evaluation_kpi`) and `target_attainment`, in the order of a score."""

USUAL_CRITERIA: Final = frozenset({"communication", "active_listening"})
"""Criteria of evaluations that every score shows."""

TARGET_ATTAINMENT: Final = "target_attainment"


def evaluation_kpi(criterion: str) -> Kpi:
    """The metric `evaluation_<criterion>`: the mean of what evaluators gave, 0..100."""
    n = f"evaluation_n/{criterion}"
    noise = Noise("mean", squares={f"evaluation_squares/{criterion}": 1}, scale=1_000_000)
    return Kpi(f"evaluation_{criterion}", "points", {f"evaluation/{criterion}": 1}, (n,), {n: 1}, 1_000_000, noise)


BY_NAME: Final = {kpi.name: kpi for kpi in (*CATALOGUE, *map(evaluation_kpi, sorted(USUAL_CRITERIA)))}
"""The metrics that a scorecard may score or a target name."""


def kpi_named(name: str) -> Kpi:
    """The metric of a name: of the catalogue, or `evaluation_<criterion>`.

    >>> kpi_named("calls") is BY_NAME["calls"], kpi_named("evaluation_pace") == evaluation_kpi("pace")
    (True, True)
    """
    known = BY_NAME.get(name)
    return evaluation_kpi(name.removeprefix("evaluation_")) if known is None else known
