"""Norms: what a quarter is judged against, frozen, named and published. Source: method.md section 6."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Final

from scoring.evidence import Evidence
from scoring.goalposts import CAP, LEAST_PART, Goalposts, goalposts
from scoring.maturation import Maturation
from scoring.shrinkage import Norm, Shrunk, shrink

_NO_EVIDENCE: Final = Evidence()
_LABEL_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class MetricNorm:
    """One metric's norms: the peers' `norm`, what goalposts are made of, and what a chart and a slope need.

    Of a `capped` metric what goes beyond `cap` times the target earns nothing. `collected` is False for a metric that the company
    had no evidence of. `lag` is the residuals' lag-1 correlation, -1..1; `phases` the index by phase of the quarter, empty where
    there is none. `own` is each peer's frozen part of the norm's sums (n, total, base), left out of the level that this rep is
    judged against. `change` is the variance of true slopes between peers (units a week, squared); None as long as there are too
    few weeks for a slope, or where no week tells of the metric.
    """

    norm: Norm
    smallest_spread: float
    higher_is_better: bool
    capped: bool
    collected: bool
    lag: float
    phases: tuple[float, ...]
    own: Mapping[str, tuple[float, float, float]]
    cap: float = CAP
    change: float | None = None

    @property
    def tau_star(self) -> float:
        """The spread that goalposts and improvement are measured by: that between peers, at least the smallest that matters."""
        return max(self.norm.spread, self.smallest_spread, LEAST_PART * abs(self.norm.level))

    @property
    def signal(self) -> float | None:
        """Signal share R as measured between peers, 0..1; None where there were too few of them to measure it."""
        return self.norm.signal if self.norm.peers else None

    def own_of(self, rep: str) -> Evidence:
        """What of the norm's sums is this rep's own; nothing for one who was no peer."""
        return Evidence(*self.own[rep]) if rep in self.own else _NO_EVIDENCE

    def shrunk(self, rep: str, seen: Evidence) -> Shrunk:
        """The rep's metric over the score window, shrunk to the level of the others. Source: method.md section 4."""
        return shrink(self.norm, seen, self.own_of(rep))

    def goalposts(self, target: float | None = None) -> Goalposts:
        """Goalposts about the level of all peers, the same for every rep with this target.

        Where no target is given, that of a rate is none that nobody can reach: within 0..1. Source: method.md section 6.
        """
        if target is None and self.norm.kind == "rate":
            target = self._usual_rate()
        return goalposts(
            self.norm.level,
            self.norm.spread,
            self.smallest_spread,
            target,
            higher_is_better=self.higher_is_better,
            capped=self.capped,
            cap=self.cap,
        )

    def _usual_rate(self) -> float | None:
        """0 or 1 where the usual target would lie beyond."""
        usual = goalposts(
            self.norm.level, self.norm.spread, self.smallest_spread, higher_is_better=self.higher_is_better
        ).target
        return None if 0 <= usual <= 1 else min(1.0, max(0.0, usual))

    def phase(self, third: int) -> float | None:
        """The index of a third of the quarter, counted from 0, as `scoring.expectation.baseline` takes it; None without one."""
        return self.phases[third] if third < len(self.phases) else None


@dataclass(frozen=True, slots=True)
class Norms:
    """Everything that scores of one quarter are judged against.

    `metrics` are in the order of their names, as are rows and columns of `rho`, the correlation of weekly residuals. `ripening`
    is how cohorts mature; `first_week` and `before` bound the weeks that they were made of, `first_week` 0 without any. `label`
    is `<quarter>@<digest>`, the digest that of all the rest: equal content has an equal name, live or replayed.
    """

    quarter: str
    before: int
    first_week: int
    provisional: bool
    ripening: Maturation
    metrics: Mapping[str, MetricNorm]
    rho: tuple[tuple[float, ...], ...]

    _label: str = field(init=False, compare=False, repr=False, default="")

    @property
    def label(self) -> str:
        """The name, made when it is first asked for."""
        if not self._label:
            digest = hashlib.sha256(repr(to_plain(self)).encode()).hexdigest()
            object.__setattr__(self, "_label", f"{self.quarter}@{digest[:_LABEL_DIGITS]}")
        return self._label

    def correlation(self, one: str, other: str) -> float:
        """The entry of `rho` of two metrics.

        Raises:
            ValueError: a metric that these norms do not have.
        """
        names = sorted(self.metrics)
        return self.rho[names.index(one)][names.index(other)]


def to_plain(found: Norms) -> list[Any]:
    """The norms as nested lists of texts, numbers and booleans, exact: for msgpack, and for the label."""
    ripening, metrics = found.ripening, found.metrics
    return [
        found.quarter,
        found.before,
        found.first_week,
        found.provisional,
        [list(ripening.won_by_age), ripening.median_days, ripening.pipeline_days, ripening.window_days],
        [
            [
                name,
                list(astuple(each.norm)),
                each.smallest_spread,
                each.higher_is_better,
                each.capped,
                each.collected,
                each.lag,
                list(each.phases),
                [[rep, *each.own[rep]] for rep in sorted(each.own)],
                each.cap,
                each.change,
            ]
            for name, each in sorted(metrics.items())
        ],
        [list(row) for row in found.rho],
    ]


def from_plain(plain: Sequence[Any]) -> Norms:
    """The norms of `to_plain`, equal to the last digit and in their label.

    Raises:
        ValueError: it is no such list.
    """
    try:
        quarter, before, first_week, provisional, ripens, metrics, rho = plain
        shares, median_days, pipeline_days, window_days = ripens
        return Norms(
            quarter=quarter,
            before=before,
            first_week=first_week,
            provisional=provisional,
            ripening=Maturation(tuple(shares), median_days, pipeline_days, window_days),
            metrics={
                name: MetricNorm(
                    Norm(*norm),
                    smallest_spread,
                    higher_is_better,
                    capped,
                    collected,
                    lag,
                    tuple(index),
                    {rep: (n, total, base) for rep, n, total, base in own},
                    cap,
                    change,
                )
                for name, norm, smallest_spread, higher_is_better, capped, collected, lag, index, own, cap, change in metrics
            },
            rho=tuple(tuple(row) for row in rho),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"these are no norms: {error}; expected what to_plain gives") from error
