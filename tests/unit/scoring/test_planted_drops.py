"""A small cut of docs/method/drops.py; the page beside it has the whole."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "docs" / "method"


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("drops")


def test_the_same_seed_gives_the_same_figures_which_are_near_those_of_the_page(planted: ModuleType) -> None:
    company = next(company for company in planted.QUIET if company.title.startswith("satisfaction"))
    once = planted.quiet(company, 3_000, 5)
    assert once == planted.quiet(company, 3_000, 5)
    assert once.points >= 3_000
    assert once.alarms <= 12  # about 3 are due; of 4, the most that would do, 12 or fewer come nearly always


def test_a_fall_of_two_block_sds_is_found_and_told(planted: ModuleType) -> None:
    company, by = next((company, by) for company, by in planted.FALLS if by == 0.34)
    found = planted.falls(company, by, 15, 7)
    assert found.found >= 0.9
    assert found.told >= 0.9
    assert found.median <= 10


def test_the_page_keeps_what_is_asked_of_it() -> None:
    page = (FOLDER / "drops.md").read_text("utf-8")
    asked, _, fell = page.partition("## A win rate falls for good")
    asked = asked.partition("Where a week")[0]
    lengths = [int(row.replace(",", "")) for row in re.findall(r"\| ([\d,]+) \|$", asked, re.MULTILINE)]
    assert len(lengths) >= 15
    assert min(lengths) > 700
    rows = re.findall(r"\| 5 deals a week.* \| (17|34) points \| \d+ \| (\d+)% \| (\S+) \|", fell)
    assert len(rows) == 6
    for size, found, median in rows:
        assert int(found) >= (95 if size == "34" else 50)
        assert size == "17" or float(median) <= 10


def test_the_picture_holds_every_row_of_the_page(planted: ModuleType) -> None:
    picture = (FOLDER / "drops.svg").read_text("utf-8")
    for company in planted.QUIET:
        assert f">{company.title}</text>" in picture
