"""Explanation by brute force: every step's score from all records anew, every segment and record counted by itself.

Steps and parts are those that method.md section 9 and docs/method.md name. Source: method.md section 9; contract.md section 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from scoring.aggregate import Breakdown, MetricPart
from scoring.evidence import Evidence
from scoring.norms import Norms
from scoring.oracle.counted import Counted, Organisation, is_sum, told_of
from scoring.oracle.deals import last_weeks
from scoring.oracle.explained_metric import Part, Told, is_there, largest_first, metric_parts, part
from scoring.oracle.laid import Laid
from scoring.oracle.membership import COMPANY, Subject
from scoring.oracle.score_objects import Ground, ground
from scoring.oracle.versions import InForce
from scoring.oracle.waterfall import pillar_points
from scoring.quarter import OF_NO_WEEK
from scoring.scorecard import PILLARS, Scorecard
from scoring.standing import Seen

PEOPLE = {"rep", "team", "absence"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One score that is asked for: the records in force, its date and scorecard, and what it says it knows."""

    records: Sequence[InForce]
    as_of: date
    scorecard: Scorecard
    known_at: str


def explanation(
    before: Asked, after: Asked, subject: Subject, organisation: Organisation, *, corrections: bool = True
) -> dict[str, Any]:
    """What `scoring.explanation.explanation` promises."""
    return _Way(before, after, subject, organisation).told(corrections=corrections)


@dataclass(frozen=True, slots=True)
class _Start:
    """The earlier date with the later people."""

    records: Sequence[InForce]
    ground: Ground
    seen: Mapping[str, Seen]
    expected: Mapping[str, tuple[float, float]]
    factor: float


class _Way:
    def __init__(self, before: Asked, after: Asked, subject: Subject, organisation: Organisation) -> None:
        self._before, self._after, self._subject, self._of = before, after, subject, organisation
        self._later = self._ground(after.records, after)
        self._seen = self._later.seen(subject)
        self._expected = self._expectations(self._later)

    def _ground(self, records: Sequence[InForce], asked: Asked, norms: Norms | None = None) -> Ground:
        laid = Laid.out(
            records,
            zone=self._of.zone,
            base_currency=self._of.base_currency,
            exponents=self._of.exponents,
            scorecard=asked.scorecard if norms is None else self._after.scorecard,
        )
        return ground(laid, asked.as_of, asked.known_at, norms)

    def told(self, *, corrections: bool) -> dict[str, Any]:
        kind, key = self._subject
        then = self._ground(self._before.records, self._before)
        earlier = then.score_object(self._subject) if _exists(then, self._subject) else None
        scored = self._later.score_object(self._subject)
        parts: list[Part] = []
        if earlier is not None and earlier["score"] is not None and scored["score"] is not None:
            parts = self._parts(then, corrections=corrections)
        return {"subject": kind, "id": key, "from": earlier, "to": scored, "parts": parts}

    def _parts(self, then: Ground, *, corrections: bool) -> list[Part]:
        judged = self._ground(self._before.records, self._before, self._later.norms)
        start = people = self._with_later_people(self._before.records)
        if corrections:
            start = self._with_later_people(self._after.records)
        more = {
            metric: self._expected[metric][0] - of[0]
            for metric, of in start.expected.items()
            if metric in self._expected
        }
        market = self._breakdown(start.ground, _moved(start.seen, more, self._later.norms))
        scores = [
            self._breakdown(then, then.seen(self._subject)).score,
            self._breakdown(judged, self._aimed(judged.seen(self._subject))).score,
            self._breakdown(people.ground, people.seen).score,
            self._breakdown(start.ground, start.seen).score,
            market.score,
        ]
        made = [
            part(cause, new - old)
            for cause, old, new in zip(
                ("scorecard", "people", "corrections", "market"), scores[:-1], scores[1:], strict=True
            )
        ]
        return [*made, *self._pillars(start, market, self._breakdown(self._later, self._seen))]

    def _breakdown(self, of: Ground, seen: Mapping[str, Seen]) -> Breakdown:
        return of.standing(self._subject, seen).breakdown

    def _aimed(self, seen: Mapping[str, Seen]) -> dict[str, Seen]:
        return {metric: replace(of, target=self._seen[metric].target) for metric, of in seen.items()}

    def _with_later_people(self, records: Sequence[InForce]) -> _Start:
        """The earlier date, everybody being where it is as many days later, as is known of the later date."""
        apart = self._after.as_of - self._before.as_of
        people = [_sooner(held, apart) for held in self._after.records if held.record.type in PEOPLE]
        others = [held for held in records if held.record.type not in PEOPLE]
        moved = self._ground([*people, *others], self._before, self._later.norms)
        seen = self._aimed(moved.seen(self._subject))
        worked, days = moved.present[self._subject], self._later.present[self._subject]
        factor = days / worked if worked > 0 else 1.0
        for metric in seen:
            evidence = seen[metric].evidence
            if is_sum(metric) and evidence.n > 0:
                spread = Evidence(days, evidence.total * factor, days)
                seen[metric] = replace(seen[metric], evidence=spread)
        expected = self._expectations(moved)
        ramp = {
            metric: self._expected[metric][1] - of[1] for metric, of in expected.items() if metric in self._expected
        }
        return _Start(others, moved, _moved(seen, ramp, self._later.norms), expected, factor)

    def _expectations(self, of: Ground) -> dict[str, tuple[float, float]]:
        """By metric the mean over the observations of the window's weeks of what each had to be expected to be.

        First of people who have settled in; then by how much less that is of a group because some have not.
        """
        mondays = last_weeks(of.as_of)[-max(1, of.horizons.score // 7) :]
        found = {}
        for metric in [scored.metric for scored in of.scorecard.metrics if scored.metric not in OF_NO_WEEK]:
            weeks = [of.courses.week(self._subject, metric, monday, mondays[-1], of.norms) for monday in mondays]
            n = sum(own.n for own, _, _ in weeks)
            if n > 0:
                settled = sum(own.n * week.value for own, week, _ in weeks) / n
                reached = sum(own.n * week.value * ramp for own, week, ramp in weeks) / n
                found[metric] = (settled, 0.0 if self._subject[0] == "rep" else reached - settled)
        return found

    def _pillars(self, start: _Start, before: Breakdown, after: Breakdown) -> list[Part]:
        points = pillar_points(before, after)
        told = self._told(start)
        made = []
        for name in [pillar for pillar in PILLARS if (pillar, "value") in points]:
            old, new = _metrics(before, name), _metrics(after, name)
            inside = []
            for metric in {*old, *new}:
                ends = (old.get(metric) or new[metric], new.get(metric) or old[metric])
                value, weight = points[name, metric, "value"], points[name, metric, "weight"]
                dates = (Told(), Told()) if name == "improvement" else told[metric]
                below = metric_parts(ends, dates, value, is_sum=is_sum(metric) and name != "improvement")
                weighed = [part("weight", weight)] if is_there(weight) else []
                inside.append(part("metric", value + weight, [*weighed, *below], metric=metric))
            volume = points[name, "volume"]
            presence = [part("volume", volume)] if is_there(volume) else []
            made.append(
                part("pillar", points[name, "value"] + volume, [*largest_first(inside), *presence], pillar=name)
            )
        return made

    def _told(self, start: _Start) -> dict[str, tuple[Told, Told]]:
        """By metric what each record, and each segment, comes to on both dates."""
        first = Counted(start.ground, start.records, self._subject, self._of, start.factor)
        second = Counted(self._later, self._after.records, self._subject, self._of)
        return {scored.metric: told_of(scored.metric, first, second) for scored in self._after.scorecard.metrics}


def _exists(of: Ground, subject: Subject) -> bool:
    named = of.memberships.named() | set(of.parts)
    return bool(named) if subject == COMPANY else subject in named


def _metrics(breakdown: Breakdown, pillar: str) -> dict[str, MetricPart]:
    return {end.name: end for of in breakdown.pillars if of.name == pillar for end in of.metrics}


def _sooner(held: InForce, by: timedelta) -> InForce:
    """A record of people; of a rep with every move so much sooner."""
    if held.record.type != "rep" or not held.record.history:
        return held
    history = [replace(past, until=past.until - by) for past in held.record.history]
    return replace(held, record=replace(held.record, history=history))


def _moved(seen: Mapping[str, Seen], by: Mapping[str, float], norms: Norms) -> dict[str, Seen]:
    """Each value so much higher, a rate within what a rate can be."""
    found, rates = dict(seen), {metric for metric, of in norms.metrics.items() if of.norm.kind == "rate"}
    for metric, more in by.items():
        n, total, base = found[metric].evidence[:3]
        if base > 0:
            value = total / base + more
            if metric in rates:
                value = sorted((min(0.0, total / base), value, max(1.0, total / base)))[1]
            found[metric] = replace(found[metric], evidence=Evidence(n, value * base, base))
    return found
