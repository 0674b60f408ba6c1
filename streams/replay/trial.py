"""Trial: a changed scorecard against a stretch of history before it goes live - who moves, who would be told, how firm it is.

Everything is worked out by what scores live: the tables of a replay, `difference`, the drop detector, the report on ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final

from scoring.drop_history import Told, drop_history, pairs
from scoring.drops import Drop
from scoring.line import Line
from scoring.rank_change import RankChange, rank_change, ranks
from scoring.rank_report import rank_report
from scoring.scorecard import Scorecard
from streams.replay.difference import Run, difference
from streams.replay.figures import Table
from streams.replay.history import Stages
from streams.replay.judging import Judging
from streams.replay.side_by_side import Advance, run, shares
from streams.replay.tabling import subjects_of, table_of

_WEEK: Final = 7
_SIDES: Final = ("before", "after")


@dataclass(frozen=True, slots=True)
class Tried:
    """The report as an object of JSON, and the scorer's figures of the scorecard that is tried, for its page."""

    report: dict[str, Any]
    judging: Judging


def tried(
    line: Line,
    known_at: str,
    scorecards: tuple[Scorecard, Scorecard],
    first: int,
    last: int,
    folder: Path,
    stages: Stages,
    processes: int,
) -> Tried:
    """What the second scorecard would have done from `first` to `last`, beside the first; from the records as a line has them.

    Returns:
        `before`, `after`: label of each scorecard and of its norms on the last day. `from`, `until`: the days. `difference`: as
        `upscore replay --out diff` has it. `ranks`: of the reps with a score by both, on the last day (`kendall`, `spearman`,
        `median_ranks`, `most_ranks`, `subjects`; null with fewer than two), of all days (`over_days`: the median and lowest
        Kendall's tau, and when), and rep by rep. `week_to_week`: by how many ranks half of the reps move at most from one week
        to the next, by each. `alerts`: drops told by both, by the one in force alone (`only_before`: they would not have come)
        and by the tried one alone (`only_after`). `robustness`: `upscore robustness` of the last day, by each. `signal`: of each
        metric the share of what reps differ in that is more than chance, by each.
    """
    judgings = [Judging(line, scorecard) for scorecard in scorecards]
    days, subjects = range(first, last + 1), subjects_of(line)
    tables = [
        table_of(judging, subjects, days, folder / f"{side}.npy", stages, processes, told)
        for judging, side, told in zip(judgings, _SIDES, ("scores in force", "scores tried"), strict=True)
    ]
    before, after = (
        Run({"scorecard": judging.scorecard.label, "known_at": known_at}, _scores(table), judging)
        for judging, table in zip(judgings, tables, strict=True)
    )
    histories = [
        drops(judging, subjects, days, stages, processes, told)
        for judging, told in zip(judgings, ("drops in force", "drops tried"), strict=True)
    ]
    reps = [_reps(table) for table in tables]
    report = {
        **{side: _label(judging, last) for side, judging in zip(_SIDES, judgings, strict=True)},
        "from": _iso(first),
        "until": _iso(last),
        "known_at": known_at,
        "difference": difference(before, after, subjects, first, last),
        "ranks": _ranks(reps[0], reps[1], days),
        "week_to_week": {side: _week_to_week(of, days) for side, of in zip(_SIDES, reps, strict=True)},
        "alerts": alerts_told(histories[0], histories[1], first),
        "robustness": {side: _robustness(judging, last) for side, judging in zip(_SIDES, judgings, strict=True)},
        "signal": {side: signal(judging, last) for side, judging in zip(_SIDES, judgings, strict=True)},
    }
    return Tried(report, judgings[1])


def drops(
    judging: Judging, subjects: Sequence[str], days: range, stages: Stages, processes: int, told: str
) -> list[Told]:
    """What would have been told of these subjects on these days; decided from some days before on, as one cause is told once."""
    line, scorecard = judging.line, judging.scorecard
    all_days = range(days.start - scorecard.drops.one_alert_days, days.stop)
    known = [subject for subject in subjects if line.knows(subject)]

    def part(some: list[str], advance: Advance) -> list[Told]:
        return drop_history(
            {subject: line.panes(subject) for subject in some},
            line.reference,
            scorecard,
            judging.norms,
            lambda day: line.ground(scorecard, day),
            all_days,
            advance,
        )

    parts = [lambda advance, some=some: part(some, advance) for some in shares(known, processes)]
    found = run(parts, stages.stage(told, "days", len(parts) * len(all_days)))
    return sorted((each for of_part in found for each in of_part), key=lambda each: (each.alert.day, each.subject))


def signal(judging: Judging, day: int) -> dict[str, float | None]:
    """Signal share of metrics on a day, 0..1; None where peers are too few to say; a metric without records is missing."""
    norms = judging.norms(day)
    return {name: norm.signal for name, norm in norms.metrics.items() if norm.collected and norms.first_week}


def _label(judging: Judging, day: int) -> dict[str, Any]:
    norms = judging.norms(day)
    return {"scorecard": judging.scorecard.label, "norms": norms.label if norms.first_week else None}


def _robustness(judging: Judging, day: int) -> dict[str, Any] | None:
    return rank_report(judging.scorecard, judging.line.standings(judging.scorer(day)))


def _scores(table: Table) -> Any:
    places = {subject: place for place, subject in enumerate(table.subjects)}
    return lambda subject, day: table.of(places[subject], day)[0]


def _reps(table: Table) -> dict[int, dict[str, float]]:
    """The scores of reps by day; those that have none are left out."""
    places = [(place, subject[4:]) for place, subject in enumerate(table.subjects) if subject.startswith("rep:")]
    found = {}
    for nth, row in enumerate(table.values[0].tolist()):
        found[table.first + nth] = {rep: row[place] for place, rep in places if row[place] == row[place]}
    return found


def _ranks(
    before: Mapping[int, Mapping[str, float]], after: Mapping[int, Mapping[str, float]], days: range
) -> dict[str, Any]:
    last = days[-1]
    changes = {day: found for day in days if (found := rank_change(before[day], after[day])) is not None}
    lowest = min(changes, key=lambda day: (changes[day].kendall, day), default=None)
    over_days = None
    if lowest is not None:
        over_days = {
            "median": median(found.kendall for found in changes.values()),
            "lowest": changes[lowest].kendall,
            "lowest_on": _iso(lowest),
        }
    of_last: RankChange | None = changes.get(last)
    places = ranks(before[last]), ranks(after[last])
    rows = [
        {
            "id": rep,
            "from": before[last].get(rep),
            "to": after[last].get(rep),
            "rank_from": places[0].get(rep),
            "rank_to": places[1].get(rep),
        }
        for rep in before[last].keys() | after[last].keys()
    ]
    return {
        "as_of": _iso(last),
        "agreement": None if of_last is None else of_last._asdict(),
        "over_days": over_days,
        "reps": sorted(rows, key=lambda row: (row["rank_to"] is None, row["rank_to"], str(row["id"]))),
    }


def _week_to_week(reps: Mapping[int, Mapping[str, float]], days: range) -> float | None:
    moves = [rank_change(reps[day - _WEEK], reps[day]) for day in days if day - _WEEK in reps and day % _WEEK == 0]
    found = [move.median_ranks for move in moves if move is not None]
    return median(found) if found else None


def alerts_told(before: Sequence[Told], after: Sequence[Told], first: int) -> dict[str, Any]:
    """The drops of two histories from a day on, those that both have beside each other; pairs of which one lies before it too."""
    found = pairs(before, after)
    both = [
        {side: drop_told(each) for side, each in zip(_SIDES, pair, strict=True)}
        for pair in found.both
        if any(each.alert.day >= first for each in pair)
    ]
    return {
        "both": both,
        "only_before": [drop_told(each) for each in found.first if each.alert.day >= first],
        "only_after": [drop_told(each) for each in found.second if each.alert.day >= first],
    }


def drop_told(told: Told) -> dict[str, Any]:
    """A drop as an object of JSON."""
    drop = told.alert
    assert isinstance(drop, Drop)  # noqa: S101 - pairs has no others
    kind, _, subject_id = told.subject.partition(":")
    return {
        "subject": kind,
        "id": subject_id,
        "day": _iso(drop.day),
        "metric": drop.metric,
        "cause": drop.cause,
        "since": _iso(drop.since),
        "from": drop.before,
        "to": drop.after,
        "points": -drop.fall,
    }


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
