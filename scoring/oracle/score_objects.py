"""Score objects: every subject's score on a date, as contract.md section 4 writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from typing import Any
from zoneinfo import ZoneInfo

from scoring.aggregate import MetricPart
from scoring.evidence import Evidence
from scoring.improvement import improvement_parts
from scoring.maturation import cohort
from scoring.norming import COHORT
from scoring.norms import Norms
from scoring.oracle.courses import Courses
from scoring.oracle.deals import deals_of, last_weeks, opened_by_day
from scoring.oracle.figures import Horizons, figures, unrated
from scoring.oracle.laid import Laid
from scoring.oracle.membership import COMPANY, Memberships, Subject
from scoring.oracle.parts import Parts
from scoring.oracle.presence import working
from scoring.oracle.rates import Rates
from scoring.oracle.summed import summed
from scoring.oracle.table import SUMS, unit
from scoring.oracle.targets import Target, Targets
from scoring.oracle.versions import InForce
from scoring.oracle.windows import LENGTHS, Figure, Window
from scoring.presence import Holidays
from scoring.quarter import quarter_norms
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.standing import Seen, Standing, stand


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
    laid = Laid.out(records, zone=zone, base_currency=base_currency, exponents=exponents, scorecard=scorecard)
    return scores_on(laid, as_of, known_at)


def scores_on(laid: Laid, as_of: date, known_at: str) -> dict[Subject, dict[str, Any]]:
    """As `scores`, of records that are laid out already: several dates of the same ones need that once."""
    found = ground(laid, as_of, known_at)
    subjects = laid.memberships.named() | set(laid.parts)
    if subjects:
        subjects.add(COMPANY)
    return {subject: found.score_object(subject) for subject in sorted(subjects)}


def ground(laid: Laid, as_of: date, known_at: str, norms: Norms | None = None) -> Ground:
    """What the scores of a date stand on; `norms`: other ones than its own."""
    scorecard, memberships = laid.scorecard, laid.memberships
    without_record = [key for kind, key in laid.parts if kind == "rep" and key not in memberships.reps]
    weeks = {monday.toordinal() for monday in last_weeks(as_of)}
    rows = {
        subject: {week: row for week, row in of_subject.items() if week in weeks}
        for subject, of_subject in laid.rows.items()
    }
    courses = Courses(laid.records, memberships, rows, scorecard)
    if norms is None:
        norms = quarter_norms(
            as_of.toordinal(),
            scorecard,
            {key: of_rep for (kind, key), of_rep in rows.items() if kind == "rep"},
            memberships.attendances(),
            scorecard.calendar,
            courses.peers_slopes,
        )
    horizons = _horizons(scorecard, norms)
    at_work = [day for day in days_up_to(as_of, horizons.score) if _at_work(day, scorecard.people.holidays)]
    return Ground(
        as_of=as_of,
        base_currency=laid.base_currency,
        scorecard=scorecard,
        known_at=known_at,
        memberships=memberships,
        parts=laid.parts,
        rates=laid.rates,
        norms=norms,
        horizons=horizons,
        targets=laid.targets,
        present=memberships.days_present(at_work, without_record),
        courses=courses,
    )


def _horizons(scorecard: Scorecard, norms: Norms) -> Horizons:
    """By the norms' cycle; the score window is the scorecard's until that is known."""
    ripening = norms.ripening
    window = ripening.window_days or scorecard.score_window_days
    return Horizons(window, ripening.cohort_days, ripening.pipeline_days)


def _at_work(day: date, holidays: Holidays) -> bool:
    return working(day.toordinal(), holidays.weekdays, holidays.yearly, holidays.dates)


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
    parts: Mapping[Subject, Parts]
    rates: Rates
    norms: Norms
    horizons: Horizons
    targets: Targets
    present: Counter[Subject]
    courses: Courses

    def seen(self, subject: Subject) -> dict[str, Seen]:
        """What is known of each scored metric."""
        parts = self.parts.get(subject, {})
        in_score_window, wins = self._figures(subject, parts, self.horizons.score), self._wins(parts)
        return {
            m.metric: self._seen(subject, m, parts, in_score_window[m.metric], wins) for m in self.scorecard.metrics
        }

    def standing(self, subject: Subject, seen: Mapping[str, Seen]) -> Standing:
        """What is known, judged."""
        kind, key = subject
        return stand(self.scorecard, self.norms, seen, key if kind == "rep" else None, self._changes(subject))

    def score_object(self, subject: Subject) -> dict[str, Any]:
        """One subject's score object."""
        parts = self.parts.get(subject, {})
        by_length = {length: self._figures(subject, parts, length) for length in LENGTHS}
        wins, stood = self._wins(parts), self.standing(subject, self.seen(subject))
        kind, key = subject
        improvement = [pillar.value for pillar in stood.breakdown.pillars if pillar.name == "improvement"]
        scored = stood.breakdown.coverage >= self.scorecard.coverage_gate - 1e-12
        return {
            "subject": kind,
            "id": key,
            "team_id": self.memberships.team(key, self.as_of) if kind == "rep" else None,
            "as_of": self.as_of.isoformat(),
            "scorecard": f"{self.scorecard.name}@{self.scorecard.version}",
            "norms": self.norms.label if self.norms.first_week else None,
            "score": stood.breakdown.score if scored else None,
            "low": stood.interval.low if scored else None,
            "high": stood.interval.high if scored else None,
            "level": stood.breakdown.level,
            "improvement": 100 * improvement[0] if improvement else None,
            "coverage": stood.breakdown.coverage,
            "status": "scored" if scored else "insufficient_evidence",
            "pillars": self._pillars(stood),
            "metrics": self._metrics(subject, by_length, stood, wins),
            "unrated": unrated(parts, self.as_of, self.rates, self.horizons),
            "version": {"known_at": self.known_at},
        }

    def _changes(self, subject: Subject) -> tuple[MetricPart, ...]:
        """The parts of improvement; none while the norms know of no slopes, or the scorecard gives them no weight."""
        known = any(norm.change is not None for norm in self.norms.metrics.values())
        if self.scorecard.pillars["improvement"] <= 0 or not known:
            return ()
        slopes = self.courses.slopes(subject, self.norms, last_weeks(self.as_of)[-1])
        return improvement_parts(self.scorecard, self.norms, slopes)

    def _wins(self, parts: Parts) -> Evidence:
        """What the deals opened lately say of the win rate."""
        opened = Window.ending(self.as_of, self.horizons.cohort, parts).within("opened")
        return cohort(deals_of(opened_by_day(opened, self.as_of)), self.as_of.toordinal(), self.norms.ripening)

    def _seen(self, subject: Subject, metric: ScoredMetric, parts: Parts, figure: Figure, wins: Evidence) -> Seen:
        target = self.targets.on(subject, metric.metric, self.as_of)
        if metric.metric in SUMS or metric.metric == "pipeline_value":
            days = self.present[subject]
            goal = metric.target if target is None else self._daily(target)
            known = figure.n > 0 or self.norms.first_week > 0
            total = 0.0 if figure.number is None else figure.number
            if (
                metric.metric == "pipeline_value" and not metric.per_day
            ):  # a stock: there on every day, not made in all of them
                total *= days if subject[0] == "rep" else self.horizons.score
                goal = None if target is None else target.value.numerator / target.value.denominator
            evidence = Evidence(days, total, days) if known and days > 0 else Evidence()
            return Seen(evidence, goal, figure.n if days > 0 else 0)
        goal = metric.target if target is None else target.value.numerator / target.value.denominator
        if metric.metric == "average_deal_size" and goal is not None:
            goal = log(goal) if goal > 0 else None
        if metric.metric == COHORT:
            return Seen(wins, goal, figure.n)
        first = self.as_of - timedelta(days=self.horizons.score - 1)
        return Seen(summed(metric.metric, parts, first, self.as_of, self.rates, 0), goal, figure.n)

    def _figures(self, subject: Subject, parts: Parts, length: int) -> dict[str, Figure]:
        prorated = self.targets.prorated(subject, "net_revenue", days_up_to(self.as_of, length))
        return figures(parts, self.as_of, length, self.rates, prorated, self.horizons)

    def _pillars(self, stood: Standing) -> dict[str, Any]:
        found = {pillar.name: {"value": pillar.value, "weight": pillar.weight} for pillar in stood.breakdown.pillars}
        return {pillar: found.get(pillar, {"value": None, "weight": 0.0}) for pillar in self.scorecard.pillars}

    def _metrics(
        self, subject: Subject, by_length: Mapping[int, Mapping[str, Figure]], stood: Standing, wins: Evidence
    ) -> dict[str, Any]:
        placed = {
            part.name: (pillar.name, part)
            for pillar in stood.breakdown.pillars
            for part in pillar.metrics
            if pillar.name != "improvement"
        }
        found = {}
        for metric in by_length[LENGTHS[0]]:
            pillar, part = placed.get(metric, (None, None))
            found[metric] = {
                "unit": unit(metric, self.base_currency),
                "windows": {
                    f"{length}d": {
                        "value": wins.value if metric == COHORT else by_length[length][metric].number,
                        "n": by_length[length][metric].n,
                    }
                    for length in LENGTHS
                },
                "target": self._target(subject, metric),
                "shrunk": None if part is None else exp(part.shrunk) if metric == "average_deal_size" else part.shrunk,
                "utility": None if part is None else part.u,
                "pillar": pillar,
            }
        return found

    def _target(self, subject: Subject, metric: str) -> float | None:
        """A sum's target over the score window; any other metric's on `as_of`."""
        if metric in SUMS:
            days = days_up_to(self.as_of, self.horizons.score)
            prorated = self.targets.prorated(subject, metric, days)
            return self._stated(subject, metric) if prorated is None else prorated.numerator / prorated.denominator
        target = self.targets.on(subject, metric, self.as_of)
        return self._stated(subject, metric) if target is None else target.value.numerator / target.value.denominator

    def _stated(self, subject: Subject, metric: str) -> float | None:
        """What the scorecard says where nobody set a target: of what adds up, times the days present."""
        for scored in self.scorecard.metrics:
            if scored.metric == metric and scored.target is not None:
                adds_up = metric in SUMS or metric == "pipeline_value"
                return scored.target * self.present[subject] if adds_up else scored.target
        return None

    def _daily(self, target: Target) -> float | None:
        """A target's part of one working day; None where its period has none."""
        period = [target.start + timedelta(days=day) for day in range(target.days)]
        days = sum(_at_work(day, self.scorecard.people.holidays) for day in period)
        return (target.value / days).numerator / (target.value / days).denominator if days else None
