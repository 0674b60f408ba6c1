"""Truth: what every contestant must say about a workload, by the oracle, from the records alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.rolling import MEASURES, WINDOWS, Counts, Memberships
from benchmarks.workload import Workload, copied
from schemas.currencies import EXPONENTS
from scoring.oracle import Delivery, InForce, newest, scores
from streams.codec import from_json, to_json
from streams.intake import read
from streams.scorecard_file import load_scorecard

_ZONE = ZoneInfo("UTC")
_LAST_DAY = date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Truth:
    """The right answers for one workload."""

    as_of: date
    """Where the windows end: a live worker's today."""
    scores: dict[str, dict[str, Any]]
    """Score objects by subject key, without `version`; empty where counts alone are known."""
    memberships: Memberships
    counts: Counts
    """What the peers must count, by subject key of reps and of teams that have members themselves."""
    company: dict[str, int]
    """The same counts of the whole company."""

    @classmethod
    def of(cls, workload: Workload, as_of: date) -> Truth:
        """Ask the oracle; it goes over all records for every subject and takes about 100 us a record."""
        records = newest(_deliveries(workload))
        found = scores(
            records,
            as_of=as_of,
            zone=_ZONE,
            base_currency="USD",
            exponents=EXPONENTS,
            scorecard=load_scorecard(None),
            known_at="",
        )
        parents = {held.record.parent for held in records if held.record.type == "team"}
        by_key = {f"{kind}:{name}": _as_read(score) for (kind, name), score in found.items()}
        counted = {
            f"{kind}:{name}" for kind, name in found if kind == "rep" or (kind == "team" and name not in parents)
        }
        counts = {subject: counts_of(by_key[subject]) for subject in counted}
        return cls(as_of, by_key, _memberships(records), counts, counts_of(by_key["company:company"]))

    def beside(self, companies: int) -> Truth:
        """What there is to count of so many such companies beside each other, as `workload.copies` makes them.

        Scores are not among it: one company's norms are made of all its reps.
        """
        numbers = range(companies)
        return Truth(
            self.as_of,
            {},
            {
                copied(rep, number): [(until, copied(team, number)) for until, team in teams]
                for number in numbers
                for rep, teams in self.memberships.items()
            },
            {
                f"{kind}:{copied(name, number)}": counts
                for number in numbers
                for kind, _, name, counts in (
                    (*subject.partition(":"), found) for subject, found in self.counts.items()
                )
            },
            {name: companies * count for name, count in self.company.items()},
        )


def _deliveries(workload: Workload) -> list[Delivery]:
    return [
        Delivery(each.type, each.id, each.updated_at, each.version, offset, each.record)
        for offset, sent in enumerate(workload.messages)
        for each in read(sent.topic, sent.key, sent.value, timestamp_ms=0)
    ]


def _as_read(score: dict[str, Any]) -> dict[str, Any]:
    """A score object as a client reads it: through JSON, without what says when it was computed."""
    return {name: value for name, value in from_json(to_json(score)).items() if name != "version"}


def _memberships(records: list[InForce]) -> Memberships:
    """Teams of each rep, each with the first day no longer there."""
    found = {}
    for held in records:
        if held.record.type == "rep":
            earlier = sorted((entry.until.toordinal(), entry.team_id) for entry in held.record.history or ())
            found[held.record.id] = [*earlier, (_LAST_DAY, held.record.team_id)]
    return found


def counts_of(score: dict[str, Any]) -> dict[str, int]:
    """What a score object says of the measures that the peers count."""
    windows = {measure: score["metrics"][measure]["windows"] for measure in MEASURES}
    return {f"{measure} {days}d": windows[measure][f"{days}d"]["n"] for measure in MEASURES for days in WINDOWS}
