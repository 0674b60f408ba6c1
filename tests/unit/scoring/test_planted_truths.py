"""The figures of docs/method, from a few companies only: wide enough not to be chance, narrow enough to see a formula break."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[3] / "docs" / "method"
NAMES = ("scenarios", "companies", "standings", "drawn", "improvement", "tiers")
FEW = 12


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield {name: importlib.import_module(name) for name in NAMES}
    for name in NAMES:
        sys.modules.pop(name, None)


def test_the_same_seed_gives_the_same_company_and_scores(scripts: dict[str, ModuleType]) -> None:
    company, base = scripts["companies"].company, scripts["scenarios"].BASE
    standings = scripts["standings"].standings
    one, other = (standings(company(base, 7)) for _ in range(2))
    assert one == other
    assert one != standings(company(base, 8))


def test_intervals_hold_the_planted_truth_about_as_often_as_they_say(scripts: dict[str, ModuleType]) -> None:
    found = scripts["tiers"].shares(scripts["scenarios"].BASE, FEW)
    assert found.reps == 30 * FEW
    assert 0.72 < found.score < 0.88
    assert 0.70 < found.level < 0.88
    assert found.width < 30
    assert found.apart > 0.1
    assert found.wrong < 0.10


def test_twins_are_seldom_told_apart(scripts: dict[str, ModuleType]) -> None:
    with_twins = scripts["tiers"].TWINS
    assert with_twins.twins
    assert scripts["tiers"].twins_not_apart(with_twins, FEW) >= 0.90


def test_who_gains_ten_points_a_quarter_is_told_from_who_is_flat(scripts: dict[str, ModuleType]) -> None:
    found = scripts["improvement"].numbers(scripts["improvement"].STEADY, FEW)
    auc = found.auc()
    assert auc > 0.78
    spread = scripts["improvement"].np.std(found.flat)
    assert 2 < spread < 15


def test_pages_and_pictures_are_drawn(scripts: dict[str, ModuleType]) -> None:
    improvement, drawn = scripts["improvement"], scripts["drawn"]
    found = improvement.Numbers([40.0, 50.0], [60.0, 50.0])
    assert found.auc() == 0.875
    assert "| a case | 0.875 | 45.0 | 5.0 | 55.0 | 5.0 |" in improvement.table({"a case": found})
    assert drawn.histograms("t", {"flat": found.flat, "up": found.gaining}, (0.0, 100.0)).count("<polygon") == 2
    assert drawn.intervals("t", [("a", (0.8, 0.7))], ("x", "y"), (0.75, 0.85), (0.6, 1.0)).count("<circle") == 2
