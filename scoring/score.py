"""Score: the object that upscore publishes of a subject, from its window sums, the reference records and a scorecard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from scoring.kpi import BY_NAME, CATALOGUE, MONEY_UNIT, TARGET_ATTAINMENT, USUAL_CRITERIA, Kpi, evaluation_kpi
from scoring.money import BASE_SCALE
from scoring.reference import Reference
from scoring.scorecard import PILLARS, Scorecard, ScoredMetric
from scoring.utility import utility
from scoring.windows import WINDOW_DAYS, WindowSums, window_sums

_FLOOR = 0.05
"""What a pillar at 0 still counts: so one failed pillar weighs heavily but does not erase the score."""

_NO_PANES: dict[int, dict[str, int]] = {}


@dataclass(frozen=True, slots=True)
class Scorer:
    """What a score is read against: reference records, a scorecard and the date at which windows end."""

    reference: Reference
    scorecard: Scorecard
    as_of: int

    def score(self, subject: str, panes: Mapping[int, Mapping[str, int]] | None, known_at: str) -> dict[str, Any]:
        """The score object of contract.md section 4.

        Args:
            subject: `rep:<id>`, `team:<id>`, `territory:<id>` or `company:company`.
            panes: the subject's panes; None or empty where it has no facts.
            known_at: RFC 3339 time up to which records were taken in.
        """
        kind, _, subject_id = subject.partition(":")
        sums = window_sums(panes or _NO_PANES, self.as_of, self.reference.rates)
        metrics = dict(self._figures(subject, sums))
        evidence = {scored.metric: self._evidence(subject, scored, metrics, sums) for scored in self.scorecard.metrics}
        for scored in self.scorecard.metrics:
            metrics[scored.metric] |= {"utility": evidence[scored.metric][0], "pillar": scored.pillar}
        pillars = {pillar: self._pillar(pillar, evidence) for pillar in PILLARS}
        level = _geometric(
            {name: (self.scorecard.pillars[name], value) for name, value in pillars.items() if value is not None}
        )
        coverage = math.fsum(
            self.scorecard.pillars[scored.pillar] * scored.weight
            for scored in self.scorecard.metrics
            if evidence[scored.metric][1]
        )
        enough = coverage >= self.scorecard.coverage_gate
        return {
            "subject": kind,
            "id": subject_id,
            "team_id": self.reference.roster.team_on(subject_id, self.as_of) if kind == "rep" else None,
            "as_of": date.fromordinal(self.as_of).isoformat(),
            "scorecard": self.scorecard.label,
            "norms": None,
            "score": level if enough else None,
            "low": None,
            "high": None,
            "level": level,
            "improvement": None,
            "coverage": coverage,
            "status": "scored" if enough else "insufficient_evidence",
            "pillars": {
                name: {"value": value, "weight": self.scorecard.pillars[name]} for name, value in pillars.items()
            },
            "metrics": metrics,
            "unrated": {
                currency: minor / 10 ** self.reference.organisation.exponents[currency]
                for currency, minor in sums.unrated.items()
            },
            "version": {"known_at": known_at},
        }

    def _figures(self, subject: str, sums: WindowSums) -> Iterator[tuple[str, dict[str, Any]]]:
        criteria = sorted(USUAL_CRITERIA | sums.criteria)
        for kpi in (*CATALOGUE, *map(evaluation_kpi, criteria)):
            windows = {f"{days}d": _value_and_n(*kpi.value(sums.by_days[days])) for days in WINDOW_DAYS}
            unit = self.reference.organisation.base_currency if kpi.unit == MONEY_UNIT else kpi.unit
            yield kpi.name, _figure(unit, windows, self._target_shown(subject, kpi))
        windows = {f"{days}d": self._attainment(subject, days, sums) for days in WINDOW_DAYS}
        yield TARGET_ATTAINMENT, _figure("ratio", windows, self._target_in_force(subject, TARGET_ATTAINMENT))

    def _attainment(self, subject: str, days: int, sums: WindowSums) -> dict[str, Any]:
        due = self.reference.prorated_target(subject, "net_revenue", self.as_of - days + 1, self.as_of)
        window = sums.by_days[days]
        n = BY_NAME["net_revenue"].value(window)[1]
        if due is None or due <= 0 or n <= 0:
            return _value_and_n(None, 0)
        attained = Fraction(window.get("revenue", 0) - window.get("refunded", 0), BASE_SCALE) / due
        try:
            return _value_and_n(_rounded(attained), n)
        except OverflowError:  # the target is so small that the quotient is no number to show
            return _value_and_n(None, 0)

    def _target_shown(self, subject: str, kpi: Kpi) -> float | None:
        if kpi.is_sum and kpi.name != "pipeline_value":
            first = self.as_of - self.scorecard.score_window_days + 1
            due = self.reference.prorated_target(subject, kpi.name, first, self.as_of)
            return None if due is None else _rounded(due)
        return self._target_in_force(subject, kpi.name)

    def _target_in_force(self, subject: str, metric: str) -> float | None:
        target = self.reference.target_on(subject, metric, self.as_of)
        return None if target is None else float(target.value)

    def _evidence(
        self, subject: str, scored: ScoredMetric, metrics: Mapping[str, Any], sums: WindowSums
    ) -> tuple[float, bool]:
        """A scored metric's utility, and whether records stand behind it; without any it is typical."""
        figure = metrics[scored.metric]["windows"][f"{self.scorecard.score_window_days}d"]
        target = self.reference.target_on(subject, scored.metric, self.as_of)
        goal = None if target is None else float(target.value)
        value, seen = figure["value"], figure["n"] > 0
        if scored.per_day:
            first = self.as_of - self.scorecard.score_window_days + 1
            unrecorded = 0 if subject.startswith("rep:") else sums.unrecorded  # a rep's own pane says it is one itself
            present = self.reference.days_present(subject, first, self.as_of, unrecorded)
            goal = None if target is None else _rounded(Fraction(target.value) / target.days)
            seen = seen and present > 0
            value = value / present if seen else None
        return utility(scored, value if seen else scored.typical, goal), seen

    def _pillar(self, pillar: str, evidence: Mapping[str, tuple[float, bool]]) -> float | None:
        """The weighted mean of the utilities in a pillar; None for a pillar without metrics."""
        inside = [
            (scored.weight, evidence[scored.metric][0]) for scored in self.scorecard.metrics if scored.pillar == pillar
        ]
        if not inside:
            return None
        return math.fsum(weight * u for weight, u in inside) / math.fsum(weight for weight, _ in inside)


def _geometric(pillars: Mapping[str, tuple[float, float]]) -> float:
    """Weighted geometric mean of pillars, 5..100; a strong pillar cannot buy off a failed one. Source: method.md section 7.

    >>> round(_geometric({"results": (0.5, 1.0), "customer": (0.5, 0.0)}), 2)
    22.36
    """
    logs = math.fsum(weight * math.log(_FLOOR + (1 - _FLOOR) * u) for weight, u in pillars.values())
    return 100 * math.exp(logs / math.fsum(weight for weight, _ in pillars.values()))


def _figure(unit: str, windows: dict[str, Any], target: float | None) -> dict[str, Any]:
    return {"unit": unit, "windows": windows, "target": target, "shrunk": None, "utility": None, "pillar": None}


def _value_and_n(value: float | None, n: int) -> dict[str, Any]:
    return {"value": value, "n": n}


def _rounded(exact: Fraction) -> float:
    return exact.numerator / exact.denominator
