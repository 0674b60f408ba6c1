"""Outputs: what a replay found, as JSON or CSV, day by day and in each day by subject. The same figures are the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

import numpy as np

from scoring.scorecard import PILLARS
from streams.codec import to_json
from streams.replay.csv_text import Heads, line_of, numbers_of
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

_STATUS: Final = {True: "insufficient_evidence", False: "scored"}
"""By whether there is no score."""


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
    heads = Heads(table.subjects, judging.line.reference.roster)
    figures = len(FIGURES)
    for day in days:
        label, card, as_of = _of_day(judging, day)
        middle = line_of((as_of, card, label)) + ","
        values = table.values[:, day - table.first, :].T
        statuses = [_STATUS[nothing] for nothing in np.isnan(values[:, 0]).tolist()]
        texts = zip(
            heads.on(day), numbers_of(values[:, :figures]), statuses, numbers_of(values[:, figures:]), strict=True
        )
        yield "".join([f"{head}{middle}{told},{status},{pillars}\n" for head, told, status, pillars in texts]).encode()


def heading() -> bytes:
    """The CSV's first line."""
    return (",".join(COLUMNS) + "\n").encode()


def rows(table: Table, judging: Judging, day: int) -> Iterator[tuple[Any, ...]]:
    """What there is to tell of each subject on a day, in the order of `COLUMNS`; None for what it does not have."""
    label, card, as_of = _of_day(judging, day)
    roster = judging.line.reference.roster
    found = table.values[:, day - table.first, :].T.tolist()
    for subject, values in zip(table.subjects, found, strict=True):
        kind, _, subject_id = subject.partition(":")
        team = roster.team_on(subject_id, day) if kind == "rep" else None
        told = [None if value != value else value for value in values]  # noqa: PLR0124 - NaN
        status = _STATUS[told[0] is None]
        figures = len(FIGURES)
        yield kind, subject_id, team, as_of, card, label, *told[:figures], status, *told[figures:]


def _of_day(judging: Judging, day: int) -> tuple[str | None, str, str]:
    """The labels of the norms and of the scorecard, and the date."""
    norms = judging.norms(day)
    label = norms.label if norms.first_week else None
    return label, judging.on(day).scorecard.label, date.fromordinal(day).isoformat()
