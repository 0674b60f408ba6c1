"""CSV text: the lines of a replay's table, subject by subject, without a call for each number."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.roster import FOREVER, Membership, Roster
from streams.codec import to_json

Array = NDArray[np.float64]

_PLAIN: Final = (1e-4, 1e16)
"""Between them JSON writes the digits of a number as Python does; beyond, one may have an exponent where the other has none."""


class Heads:
    """What a subject's lines begin with: its kind, id and team, which changes on few days."""

    def __init__(self, subjects: Sequence[str], roster: Roster) -> None:
        """Look at nobody's memberships before they are asked for."""
        self._subjects, self._roster = subjects, roster
        self._memberships: dict[int, list[Membership]] = {}
        self._texts: list[str] = []
        self._since = self._until = 0

    def on(self, day: int) -> Sequence[str]:
        """The beginnings of a day's lines, by subject, each with the comma behind."""
        if not self._since <= day < self._until:
            found = [self._of(place, day) for place in range(len(self._subjects))]
            self._texts = [line_of(head) + "," for *head, _ in found]
            self._since, self._until = day, min((until for *_, until in found), default=FOREVER)
        return self._texts

    def _of(self, place: int, day: int) -> tuple[str, str, str | None, int]:
        """Kind, id, team, and the day until which that is so."""
        kind, _, subject_id = self._subjects[place].partition(":")
        if kind != "rep":
            return kind, subject_id, None, FOREVER
        if place not in self._memberships:
            self._memberships[place] = self._roster.memberships(subject_id)
        past = next(past for past in self._memberships[place] if day < past.until)
        return kind, subject_id, past.team, past.until


def line_of(row: Sequence[Any]) -> str:
    """One line of CSV without its end; nothing for None."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


def numbers_of(values: Array) -> list[str]:
    """Each row's numbers with commas between them, as `repr` writes them; nothing for NaN.

    >>> numbers_of(np.array([[61.4, np.nan], [1e-05, -0.0]]))
    ['61.4,', '1e-05,-0.0']
    """
    if not values.size:
        return [""] * len(values)
    rows = values.tolist()
    texts = to_json(rows)[2:-2].replace(b"null", b"").decode().split("],[")
    sizes = np.abs(values)
    with np.errstate(invalid="ignore"):
        unlike = ((sizes < _PLAIN[0]) & (sizes != 0)) | (sizes >= _PLAIN[1])
    for place in np.flatnonzero(unlike.any(axis=1)).tolist():
        texts[place] = ",".join("" if value != value else repr(value) for value in rows[place])  # noqa: PLR0124 - NaN
    return texts
