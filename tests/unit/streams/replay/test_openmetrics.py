"""Windows of the exposition hold each sample once, whatever the days of the organisation's time zone."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from schemas.currencies import EXPONENTS
from scoring.line import Line
from scoring.organisation import Organisation
from streams.replay.figures import FIELDS, Table
from streams.replay.judging import Judging
from streams.replay.openmetrics import NAMES, exposition, series_on
from streams.scorecard_file import load_scorecard

ZONE = ZoneInfo("America/New_York")
FIRST = date(2026, 3, 6).toordinal()
"""Days with the change to summer time among them."""
SUBJECTS = ["rep:a", "rep:b", "team:t", "territory:x", "company:company"]
HOUR = 3_600


def table() -> Table:
    values = np.arange(len(FIELDS) * 5 * len(SUBJECTS), dtype=np.float64).reshape(len(FIELDS), 5, len(SUBJECTS)) / 7
    values[:, 2, 1] = np.nan
    return Table(SUBJECTS, FIRST, FIRST + 4, values)


def samples(between: tuple[int, int] | None = None, step: int = 300) -> list[str]:
    judging = Judging(Line(Organisation(ZONE, "USD", EXPONENTS)), load_scorecard(None))
    text = b"".join(exposition(table(), judging, ZONE, step, between)).decode()
    assert text.endswith("# EOF\n")
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_windows_that_follow_on_each_other_hold_every_sample_once() -> None:
    whole = samples()
    times = [int(line.rpartition(" ")[2]) for line in whole]
    start, length = min(times) // (18 * HOUR) * (18 * HOUR), 18 * HOUR
    parts = [samples((at, at + length)) for at in range(start, max(times) + 1, length)]
    assert len(parts) > 5
    assert sorted(line for part in parts for line in part) == sorted(whole)
    assert len(set(whole)) == len(whole)
    for at, part in zip(range(start, max(times) + 1, length), parts, strict=True):
        assert all(at <= int(line.rpartition(" ")[2]) < at + length for line in part)


def test_a_day_has_as_many_series_as_it_has_samples_of_at_a_moment() -> None:
    for day in range(FIRST, FIRST + 5):
        noon = int(np.datetime64(date.fromordinal(day).isoformat() + "T17:00").astype("datetime64[s]").astype(int))
        assert series_on(table(), day) == len(samples((noon, noon + 300)))
    assert series_on(table(), FIRST + 2) < series_on(table(), FIRST)


def test_its_names_are_those_of_its_samples() -> None:
    assert {line.partition("{")[0].partition(" ")[0] for line in samples()} == set(NAMES)
