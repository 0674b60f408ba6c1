from __future__ import annotations

import csv
import io
from datetime import UTC, date
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from scoring.line import Line
from scoring.organisation import Organisation
from streams.replay.csv_text import numbers_of
from streams.replay.figures import Table
from streams.replay.judging import Judging
from streams.replay.outputs import csv_lines, rows
from streams.scorecard_file import load_scorecard
from tests.unit.scoring.people import rep

NUMBERS = st.floats(allow_infinity=False) | st.sampled_from([0.0, -0.0, 1e-4, 9.999e-5, 1e16, 1e-5, 5e-324, 100.0])


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), max_size=5))
def test_numbers_are_written_as_python_writes_them(values: list[list[float]]) -> None:
    expected = [",".join("" if value != value else repr(value) for value in row) for row in values]  # noqa: PLR0124 - NaN
    assert numbers_of(np.array(values).reshape(-1, 3)) == expected


def test_lines_are_those_that_the_csv_module_makes_of_the_rows(tmp_path: Path) -> None:
    moved, line = date(2025, 6, 8), Line(Organisation(UTC, "USD", EXPONENTS))
    line.take("rep", 'o"hara, jr.', 1, 0, rep('o"hara, jr.', "north", history=[("süd", moved)]))
    last = moved.toordinal() + 2
    subjects = ['rep:o"hara, jr.', "rep:nobody", "team:a,b", "territory:x:y", "company:company"]
    table = Table.create(tmp_path / "table.npy", subjects, last - 5, last)
    table.values[:] = np.random.default_rng(4).normal(size=table.values.shape) * 10.0 ** -np.arange(6)[:, None]
    table.values[::2, ::3, 1] = np.nan
    table.values[0, 4] = np.nan
    days, judging = range(last - 5, last + 1), Judging(line, load_scorecard(None))
    for order in (days, days[::-1]):
        for day, told in zip(order, csv_lines(table, judging, order), strict=True):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows(table, judging, day))
            assert told.decode() == text.getvalue()
            assert ("süd" in told.decode()) == (day < last - 2)
