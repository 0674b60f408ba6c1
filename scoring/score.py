"""Score: the object that upscore publishes of a subject, from its panes, the reference records, a scorecard and norms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from scoring.aggregate import IMPROVEMENT, Breakdown, MetricPart
from scoring.evidence import Evidence
from scoring.kpi import (
    BY_NAME,
    CATALOGUE,
    MONEY_UNIT,
    TARGET_ATTAINMENT,
    USUAL_CRITERIA,
    Kpi,
    kpi_named,
)
from scoring.maturation import cohort
from scoring.money import BASE_SCALE
from scoring.norming import COHORT
from scoring.norms import Norms
from scoring.quarter import STOCK, deals_opened, in_scored_unit, kind_of
from scoring.reading import Reading
from scoring.reference import Reference
from scoring.scorecard import PILLARS, Scorecard, ScoredMetric
from scoring.standing import Placed, Seen, Standing, stand
from scoring.weeks import openings
from scoring.windows import WINDOW_DAYS, Horizons, WindowSums, window_sums

Panes = Mapping[int, Mapping[str, int]]

_NO_PANES: dict[int, dict[str, int]] = {}
_WINDOWS = {days: f"{days}d" for days in WINDOW_DAYS}


def _no_slopes(_: str) -> tuple[MetricPart, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Scorer:
    """What a score is read against: reference records, a scorecard, norms, and the date at which windows end."""

    reference: Reference
    scorecard: Scorecard
    as_of: int
    norms: Norms
    improvement: Callable[[str], Sequence[MetricPart]] = _no_slopes
    """By subject the parts of the pillar `improvement` (`scoring.improvement.Improvement.of`)."""

    horizons: Horizons = field(init=False)
    """How far back the windows go, by the norms; the scorecard's until the company's cycle is known."""

    def __post_init__(self) -> None:
        """Work the horizons out, which are asked for all the time."""
        ripening = self.norms.ripening
        days = self.scorecard.score_window_days if ripening.window_days is None else ripening.window_days
        object.__setattr__(self, "horizons", Horizons(days, ripening.cohort_days, ripening.pipeline_days))

    def score(self, subject: str, panes: Panes | None, known_at: str) -> dict[str, Any]:
        """The score object of contract.md section 4.

        Args:
            subject: `rep:<id>`, `team:<id>`, `territory:<id>` or `company:company`.
            panes: the subject's panes; None or empty where it has no facts.
            known_at: RFC 3339 time up to which records were taken in.
        """
        held = panes or _NO_PANES
        sums = window_sums(held, self.as_of, self.reference.rates, self.horizons)
        return self.score_of(subject, Reading(sums, self._cohort(held)), known_at)

    def score_of(self, subject: str, reading: Reading, known_at: str) -> dict[str, Any]:
        """The same from sums of the subject's panes at this date, at these rates and horizons, and what was read off them before.

        The object and `reading` share what neither may change.
        """
        kind, _, subject_id = subject.partition(":")
        self._read(subject, reading)
        sums, metrics = reading.sums, dict(reading.figures)
        standing = self.standing(subject, reading.seen, reading.placed)
        enough = standing.breakdown.covered(self.scorecard.coverage_gate)
        values = {pillar.name: pillar for pillar in standing.breakdown.pillars}
        for pillar in standing.breakdown.pillars:
            if pillar.name == IMPROVEMENT:  # its parts are slopes of these metrics
                continue
            for part in pillar.metrics:
                shown = part.shrunk if BY_NAME[part.name].scored_as is None else math.exp(part.shrunk)
                scored = {"shrunk": shown, "utility": part.u, "pillar": pillar.name}
                metrics[part.name] = metrics[part.name] | scored
        return {
            "subject": kind,
            "id": subject_id,
            "team_id": self.reference.roster.team_on(subject_id, self.as_of) if kind == "rep" else None,
            "as_of": date.fromordinal(self.as_of).isoformat(),
            "scorecard": self.scorecard.label,
            "norms": self.norms.label if self.norms.first_week else None,
            **_figures_of(standing, enough=enough),
            "pillars": {
                name: {
                    "value": values[name].value if name in values else None,
                    "weight": values[name].weight if name in values else 0.0,
                }
                for name in PILLARS
            },
            "metrics": metrics,
            "unrated": {
                currency: minor / 10 ** self.reference.organisation.exponents[currency]
                for currency, minor in sums.unrated.items()
            },
            "version": {"known_at": known_at},
        }

    def breakdown(self, subject: str, panes: Panes | None) -> Breakdown:
        """What `score` is made of; arguments likewise."""
        return self.standing(subject, self.seen(subject, panes)).breakdown

    def seen(self, subject: str, panes: Panes | None, days_present: int | None = None) -> dict[str, Seen]:
        """What is known of each scored metric of a subject: what `score` judges.

        Args:
            subject: as in `score`.
            panes: as in `score`.
            days_present: by which sums are divided; None for the subject's own in the score window.
        """
        held = panes or _NO_PANES
        sums = window_sums(held, self.as_of, self.reference.rates, self.horizons)
        return self._all_seen(subject, sums, self._cohort(held), days_present)

    def standing(self, subject: str, seen: Mapping[str, Seen], placed: dict[str, Placed] | None = None) -> Standing:
        """What is known of a subject, judged by the scorecard and the norms; its breakdown is that of the score.

        `placed` is what this scorer made of the subject's metrics before (`stand`).
        """
        kind, _, subject_id = subject.partition(":")
        rep = subject_id if kind == "rep" else None
        return stand(self.scorecard, self.norms, seen, rep, self.improvement(subject), placed)

    def days_present(self, subject: str, unrecorded: int = 0) -> int:
        """The working days of the score window on which a subject was there; of a group's members `unrecorded` have no record."""
        first, holidays = self.as_of - self.horizons.score + 1, self.scorecard.people.holidays
        return self.reference.days_present(subject, first, self.as_of, unrecorded, holidays=holidays)

    def _cohort(self, panes: Panes) -> Evidence:
        opened = openings(panes, self.as_of - self.norms.ripening.cohort_days + 1, self.as_of)
        return cohort(deals_opened(opened), self.as_of, self.norms.ripening)

    def _read(self, subject: str, reading: Reading) -> None:
        """Bring the figures and what is seen up to date."""
        sums, present = reading.sums, self._own_days(subject, reading.sums)
        criteria = sorted(USUAL_CRITERIA | sums.criteria)
        stale, everything = reading.take_stale((self.as_of, self.reference.revision, present, criteria))
        if everything:
            self._read_everything(subject, reading, stale, criteria, present)
        else:  # each takes its old place
            for name in stale & reading.figures.keys() - {TARGET_ATTAINMENT}:
                reading.figures[name] = self._figure(kpi_named(name), reading, reading.figures[name]["target"])
        if everything or TARGET_ATTAINMENT in stale:
            windows = {label: self._attainment(subject, days, reading) for days, label in _WINDOWS.items()}
            target = self._target_in_force(subject, TARGET_ATTAINMENT)
            reading.figures[TARGET_ATTAINMENT] = _figure("ratio", windows, target)
        for scored in self.scorecard.metrics:
            if scored.metric in stale or scored.metric not in reading.seen:
                reading.seen[scored.metric] = self._seen(subject, scored, sums, reading.wins, present)

    def _read_everything(
        self, subject: str, reading: Reading, stale: set[str], criteria: Sequence[str], present: int
    ) -> None:
        """Targets anew, and figures where there is none yet or its sums changed."""
        stated = {scored.metric: scored.target for scored in self.scorecard.metrics}
        before, reading.figures, reading.due, reading.seen = reading.figures, {}, {}, {}
        for kpi in [*CATALOGUE, *(kpi_named(f"evaluation_{criterion}") for criterion in criteria)]:
            target, figure = self._target_shown(subject, kpi, stated.get(kpi.name), present), before.get(kpi.name)
            if figure is None or kpi.name in stale:
                figure = self._figure(kpi, reading, target)
            elif target is not None or figure["target"] is not None:
                figure = figure | {"target": target}
            reading.figures[kpi.name] = figure

    def _figure(self, kpi: Kpi, reading: Reading, target: float | None) -> dict[str, Any]:
        windows = {label: _value_and_n(*kpi.value(reading.sums.by_days[days])) for days, label in _WINDOWS.items()}
        if kpi.name == COHORT:
            for window in windows.values():
                window["value"] = reading.wins.value
        unit = self.reference.organisation.base_currency if kpi.unit == MONEY_UNIT else kpi.unit
        return _figure(unit, windows, target)

    def _attainment(self, subject: str, days: int, reading: Reading) -> dict[str, Any]:
        if days not in reading.due:
            first = self.as_of - days + 1
            reading.due[days] = self.reference.prorated_target(subject, "net_revenue", first, self.as_of)
        due, window = reading.due[days], reading.sums.by_days[days]
        n = BY_NAME["net_revenue"].value(window)[1]
        if due is None or due <= 0 or n <= 0:
            return _value_and_n(None, 0)
        net = window.get("revenue", 0) - window.get("refunded", 0)
        try:  # one division of whole numbers, rounded once
            return _value_and_n(net * due.denominator / (BASE_SCALE * due.numerator), n)
        except OverflowError:  # the target is so small that the quotient is no number to show
            return _value_and_n(None, 0)

    def _target_shown(self, subject: str, kpi: Kpi, stated: float | None, present: int) -> float | None:
        if kpi.is_sum and kpi.name != "pipeline_value":
            first = self.as_of - self.horizons.score + 1
            due = self.reference.prorated_target(subject, kpi.name, first, self.as_of)
            shown = None if due is None else _rounded(due)
        else:
            shown = self._target_in_force(subject, kpi.name)
        if shown is not None or stated is None:
            return shown
        return stated * present if kpi.is_sum else stated

    def _target_in_force(self, subject: str, metric: str) -> float | None:
        target = self.reference.target_on(subject, metric, self.as_of)
        return None if target is None else float(target.value)

    def _all_seen(self, subject: str, sums: WindowSums, wins: Evidence, days_present: int | None) -> dict[str, Seen]:
        if days_present is None:
            days_present = self._own_days(subject, sums)
        return {
            scored.metric: self._seen(subject, scored, sums, wins, days_present) for scored in self.scorecard.metrics
        }

    def _seen(self, subject: str, scored: ScoredMetric, sums: WindowSums, wins: Evidence, present: int) -> Seen:
        """A scored metric over the score window; a sum counts the days present, once it is known to be collected."""
        window, kpi = sums.by_days[self.horizons.score], BY_NAME[scored.metric]
        records = kpi.value(window)[1]
        target = self._target_in_force(subject, scored.metric)
        if kind_of(scored.metric) == "sum":
            daily = self._daily_target(subject, scored)
            known = records > 0 or self.norms.first_week > 0
            evidence = kpi.evidence(window, present if known else 0)
            if scored.metric == STOCK and not scored.per_day:  # whole on each day, to a group's member too
                days = present if subject.startswith("rep:") else self.horizons.score
                evidence, daily = evidence._replace(total=evidence.total * days), target
            return Seen(evidence, daily, records if present > 0 else 0)
        evidence = wins if scored.metric == COHORT else (kpi.scored_as or kpi).evidence(window, 0)
        target = scored.target if target is None else target
        goal = None if target is None else in_scored_unit(scored.metric, target)
        return Seen(evidence, goal, records)

    def _daily_target(self, subject: str, scored: ScoredMetric) -> float | None:
        """A sum's target a working day: of the record in force, else the scorecard's."""
        in_force = self.reference.target_on(subject, scored.metric, self.as_of)
        if in_force is None:
            return scored.target
        days = self.scorecard.people.holidays.working_days(in_force.start, in_force.end)
        numerator, denominator = in_force.value.as_integer_ratio()
        return numerator / (denominator * days) if days > 0 else None

    def _own_days(self, subject: str, sums: WindowSums) -> int:
        unrecorded = 0 if subject.startswith("rep:") else sums.unrecorded  # a rep's own pane says it is one itself
        return self.days_present(subject, unrecorded)


def _figures_of(standing: Standing, *, enough: bool) -> dict[str, Any]:
    breakdown, interval = standing.breakdown, standing.interval
    improvement = next((100 * each.value for each in breakdown.pillars if each.name == IMPROVEMENT), None)
    return {
        "score": breakdown.score if enough else None,
        "low": interval.low if enough else None,
        "high": interval.high if enough else None,
        "level": breakdown.level,
        "improvement": improvement,
        "coverage": breakdown.coverage,
        "status": "scored" if enough else "insufficient_evidence",
    }


def _figure(unit: str, windows: dict[str, Any], target: float | None) -> dict[str, Any]:
    return {"unit": unit, "windows": windows, "target": target, "shrunk": None, "utility": None, "pillar": None}


def _value_and_n(value: float | None, n: int) -> dict[str, Any]:
    return {"value": value, "n": n}


def _rounded(exact: Fraction) -> float:
    return exact.numerator / exact.denominator
