"""Score objects: every subject's score on a date, as contract.md section 4 writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scoring.oracle.figures import figures, unrated
from scoring.oracle.membership import COMPANY, Memberships, Subject
from scoring.oracle.parts import Parts, parts_by_subject
from scoring.oracle.rates import Rates
from scoring.oracle.table import SUMS, unit
from scoring.oracle.targets import Targets
from scoring.oracle.utility import Standing, standing, utility
from scoring.oracle.versions import InForce
from scoring.oracle.windows import LENGTHS, Figure
from scoring.scorecard import Scorecard, ScoredMetric


def scores(
    records: Iterable[InForce],
    *,
    as_of: date,
    zone: ZoneInfo,
    base_currency: str,
    exponents: Mapping[str, int],
    scorecard: Scorecard,
    known_at: str,
) -> dict[Subject, dict[str, Any]]:
    """The score object of every subject that exists, by subject and id; empty without records.

    Args:
        records: the records in force, in any order, each once.
        as_of: the local date that the windows end with; later facts do not count yet.
        zone: of the organisation; it decides the date of a fact.
        base_currency: ISO 4217; needs no rate.
        exponents: decimals of the minor unit by currency; 2 where not listed.
        scorecard: weights and goalposts.
        known_at: RFC 3339, for the `version` of the objects.
    """
    records = list(records)
    memberships = Memberships(records)
    parts = parts_by_subject(records, memberships, zone, exponents)
    subjects = memberships.named() | set(parts)
    if subjects:
        subjects.add(COMPANY)
    without_record = [key for kind, key in parts if kind == "rep" and key not in memberships.reps]
    window = days_up_to(as_of, scorecard.score_window_days)
    ground = Ground(
        as_of=as_of,
        base_currency=base_currency,
        scorecard=scorecard,
        known_at=known_at,
        memberships=memberships,
        rates=Rates(records, base_currency, exponents),
        targets=Targets(records),
        present=memberships.days_present(window, without_record),
    )
    return {subject: ground.score_object(subject, parts.get(subject, {})) for subject in sorted(subjects)}


def days_up_to(as_of: date, length: int) -> list[date]:
    """So many days, the last of them `as_of`."""
    return [as_of - timedelta(days=back) for back in reversed(range(length))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the scores of all subjects on one date stand on."""

    as_of: date
    base_currency: str
    scorecard: Scorecard
    known_at: str
    memberships: Memberships
    rates: Rates
    targets: Targets
    present: Counter[Subject]

    def score_object(self, subject: Subject, parts: Parts) -> dict[str, Any]:
        """One subject's score object."""
        by_length = {length: self._figures(subject, parts, length) for length in LENGTHS}
        in_score_window = by_length[self.scorecard.score_window_days]
        values = {m.metric: self._value(subject, m, in_score_window) for m in self.scorecard.metrics}
        utilities = {
            m.metric: utility(m, m.typical if (x := values[m.metric]) is None else x, self._goal(subject, m))
            for m in self.scorecard.metrics
        }
        evidenced = frozenset(metric for metric, value in values.items() if value is not None)
        stood = standing(self.scorecard, utilities, evidenced)
        scored = stood.level is not None and stood.coverage >= self.scorecard.coverage_gate
        kind, key = subject
        return {
            "subject": kind,
            "id": key,
            "team_id": self.memberships.team(key, self.as_of) if kind == "rep" else None,
            "as_of": self.as_of.isoformat(),
            "scorecard": f"{self.scorecard.name}@{self.scorecard.version}",
            "norms": None,
            "score": stood.level if scored else None,
            "low": None,
            "high": None,
            "level": stood.level,
            "improvement": None,
            "coverage": stood.coverage,
            "status": "scored" if scored else "insufficient_evidence",
            "pillars": self._pillars(stood),
            "metrics": self._metrics(subject, by_length, utilities),
            "unrated": unrated(parts, self.as_of, self.rates),
            "version": {"known_at": self.known_at},
        }

    def _figures(self, subject: Subject, parts: Parts, length: int) -> dict[str, Figure]:
        prorated = self.targets.prorated(subject, "net_revenue", days_up_to(self.as_of, length))
        return figures(parts, self.as_of, length, self.rates, prorated)

    def _pillars(self, stood: Standing) -> dict[str, Any]:
        weights = self.scorecard.pillars
        return {pillar: {"value": stood.pillars[pillar], "weight": weights[pillar]} for pillar in weights}

    def _metrics(
        self, subject: Subject, by_length: Mapping[int, Mapping[str, Figure]], utilities: Mapping[str, float]
    ) -> dict[str, Any]:
        pillars = {m.metric: m.pillar for m in self.scorecard.metrics}
        return {
            metric: {
                "unit": unit(metric, self.base_currency),
                "windows": {
                    f"{length}d": {"value": by_length[length][metric].number, "n": by_length[length][metric].n}
                    for length in LENGTHS
                },
                "target": self._target(subject, metric),
                "shrunk": None,
                "utility": utilities.get(metric),
                "pillar": pillars.get(metric),
            }
            for metric in by_length[LENGTHS[0]]
        }

    def _target(self, subject: Subject, metric: str) -> float | None:
        """A sum's target over the score window; any other metric's on `as_of`."""
        if metric in SUMS:
            days = days_up_to(self.as_of, self.scorecard.score_window_days)
            prorated = self.targets.prorated(subject, metric, days)
            return None if prorated is None else prorated.numerator / prorated.denominator
        target = self.targets.on(subject, metric, self.as_of)
        return None if target is None else target.value.numerator / target.value.denominator

    def _value(self, subject: Subject, metric: ScoredMetric, found: Mapping[str, Figure]) -> float | None:
        """The value in the unit of the goalposts; None without a record or, `per_day`, without a day present."""
        days = self.present[subject] if metric.per_day else 1
        figure = found.get(metric.metric)
        if figure is None or figure.n == 0 or figure.number is None or days == 0:
            return None
        return figure.number / days

    def _goal(self, subject: Subject, metric: ScoredMetric) -> float | None:
        """The target in the unit of the goalposts: of one day for `per_day` sums."""
        target = self.targets.on(subject, metric.metric, self.as_of)
        if target is None:
            return None
        goal = target.daily if metric.per_day else target.value
        return goal.numerator / goal.denominator
