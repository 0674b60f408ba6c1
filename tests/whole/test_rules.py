"""The rules, their tests and Prometheus's configuration, by Prometheus's own `promtool`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules"


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)


def outcome(folder: Path, tests: str = "*") -> subprocess.CompletedProcess[str]:
    files = sorted((folder / "tests").glob(f"{tests}_test.yml"))
    assert files
    return promtool("test", "rules", *files)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


def test_rules_are_valid() -> None:
    files = sorted(RULES.glob("*.yml"))
    assert files
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_is_valid() -> None:
    done = promtool("check", "config", ROOT / "deploy/prometheus/prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 rule files found" in done.stdout


def test_every_test_of_the_rules_passes() -> None:
    done = outcome(RULES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "good", "bad", "told"),
    [
        (
            "drops.yml",
            "unless on () company:sales_dropped_points:held_back",
            "unless on () vector(1) == 2",
            "SalesRepScoreDropped",
        ),
        ("drops.yml", "    for: 2m", "    for: 1m", "SalesRepScoreDropped"),
        ("drops.yml", ") >= 3", ") >= 2", "SalesTeamRepsDropped"),
        ("drops.yml", "[15m]", "[1m]", "ALERTS"),
        ("drops.yml", "  and rep:sales_rep_dropped_points:open", "  or vector(0) > 1", "ALERTS"),
        ("drops.yml", "toUpper", "toLower", "any letters"),
        ("stream.yml", "or vector(0)", "or vector(1)", "UpscoreAbsent"),
        (
            "stream.yml",
            "unless upscore_dead_letters_total offset 15m",
            "and upscore_dead_letters_total offset 15m",
            "refused",
        ),
        ("watch.yml", "rule_evaluation_failures", "rule_evaluation_failed", "UpscoreRuleFailures"),
    ],
)
def test_a_broken_rule_fails_a_test(copied: Path, name: str, good: str, bad: str, told: str) -> None:
    text = (copied / name).read_text("utf-8")
    assert good in text
    (copied / name).write_text(text.replace(good, bad), "utf-8")
    done = outcome(copied, name.removesuffix(".yml"))
    assert done.returncode != 0
    assert re.search(told, done.stdout + done.stderr)
