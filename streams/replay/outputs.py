"""Outputs: what a replay found, as JSON or CSV, day by day and in each day by subject. The same figures are the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from scoring.scorecard import PILLARS
from streams.codec import to_json
from streams.replay.figures import FIELDS, FIGURES, Table
from streams.replay.judging import Judging

COLUMNS: Final = (
    "subject",
    "id",
    "team_id",
    "as_of",
    "scorecard",
    "norms",
    *FIGURES,
    "status",
    *FIELDS[len(FIGURES) :],
)
"""Of the CSV, by the names of the score object; a pillar's is its value."""


def score_objects(
    judging: Judging, subjects: Sequence[str], days: Iterable[int], known_at: str, advance: Callable[[int], None]
) -> Iterator[bytes]:
    """The objects of contract.md section 4, each as JSON."""
    for day in days:
        scorer = judging.scorer(day)
        for subject in subjects:
            yield to_json(scorer.score(subject, judging.line.panes(subject), known_at))
        advance(len(subjects))


def brief_objects(table: Table, judging: Judging, days: Iterable[int], known_at: str) -> Iterator[bytes]:
    """The same objects without `metrics` and `unrated`, and of pillars the values alone."""
    for day in days:
        for row in rows(table, judging, day):
            figures = dict(zip(COLUMNS, row, strict=True))
            pillars = {name: {"value": figures.pop(f"pillar_{name}")} for name in PILLARS}
            yield to_json(figures | {"pillars": pillars, "version": {"known_at": known_at}})


def csv_lines(table: Table, judging: Judging, days: Iterable[int]) -> Iterator[bytes]:
    """The CSV's lines of each day, without the heading; numbers as in JSON, nothing where a score object has null."""
    for day in days:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows(table, judging, day))
        yield text.getvalue().encode()


def heading() -> bytes:
    """The CSV's first line."""
    return (",".join(COLUMNS) + "\n").encode()


def rows(table: Table, judging: Judging, day: int) -> Iterator[tuple[Any, ...]]:
    """What there is to tell of each subject on a day, in the order of `COLUMNS`; None for what it does not have."""
    norms = judging.norms(day)
    label = norms.label if norms.first_week else None
    roster, card, as_of = (
        judging.line.reference.roster,
        judging.on(day).scorecard.label,
        date.fromordinal(day).isoformat(),
    )
    found = table.values[:, day - table.first, :].T.tolist()
    for subject, values in zip(table.subjects, found, strict=True):
        kind, _, subject_id = subject.partition(":")
        team = roster.team_on(subject_id, day) if kind == "rep" else None
        told = [None if value != value else value for value in values]  # noqa: PLR0124 - NaN
        status = "insufficient_evidence" if told[0] is None else "scored"
        figures = len(FIGURES)
        yield kind, subject_id, team, as_of, card, label, *told[:figures], status, *told[figures:]
