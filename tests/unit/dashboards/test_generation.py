"""Boards as generated: the same bytes, as committed, of the scorecard that is given."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.__main__ import main
from dashboards.checks import panels_of
from dashboards.errors import ScorecardUnread
from dashboards.generation import GENERATED, generate, stale, write
from dashboards.house import House
from dashboards.names import BOARDS
from dashboards.scorecard import AT_GOAL, AT_TYPICAL, read_scorecard
from scoring.goalposts import goalposts

ROOT = Path(__file__).parents[3]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["upscore", *arguments])
    return main()


def test_the_committed_boards_are_as_generated() -> None:
    assert stale(generate(), GENERATED) == []


def test_there_is_a_file_for_each_board_and_nothing_else() -> None:
    assert {path.name for path in GENERATED.iterdir()} == {f"{uid}.json" for uid in BOARDS}


def test_another_process_with_another_hash_seed_makes_the_same_bytes() -> None:
    code = "from dashboards.generation import generate; import sys; sys.stdout.write(''.join(generate().values()))"
    env = {"PYTHONHASHSEED": "17", "PYTHONPATH": str(ROOT)}
    made = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert made.stdout.decode() == "".join(generate().values())


def test_writing_again_changes_nothing_and_takes_away_what_is_no_board_now(tmp_path: Path) -> None:
    texts = generate()
    (tmp_path / "upscore-old.json").write_text("{}")
    assert len(write(texts, tmp_path)) == len(BOARDS) + 1
    assert write(texts, tmp_path) == []
    assert stale(texts, tmp_path) == []
    (tmp_path / "upscore-rep.json").write_text("{}")
    (tmp_path / "more.json").write_text("{}")
    assert stale(texts, tmp_path) == ["more.json", "upscore-rep.json"]


def test_metrics_and_thresholds_are_those_of_the_scorecard(tmp_path: Path) -> None:
    card = tmp_path / "card.toml"
    card.write_text(
        'name = "mine"\nversion = 3\n[drops]\nsize_gate_points = 8\n[[metrics]]\nmetric = "churn_rate"\npillar = "customer"\n'
        "typical = 0.1\nspread = 0.02\nhigher_is_better = false\n"
    )
    board = json.loads(generate(House(read_scorecard(card)))["upscore-rep.json"])
    panels = {panel["title"]: panel["fieldConfig"]["defaults"] for panel in panels_of(board)}
    steps = panels["Churn rate"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "green"), (0.1, "orange"), (0.12, "red")]
    assert [step["value"] for step in panels["Change"]["thresholds"]["steps"]] == [None, -8, 8]
    assert "Calls a day" not in panels


def test_money_is_in_the_base_currency_and_links_lead_to_the_address_given() -> None:
    made = generate(House(currency="EUR", url="https://upscore.example"))
    board = json.loads(made["upscore-company.json"])
    units = {panel["title"]: panel["fieldConfig"]["defaults"]["unit"] for panel in panels_of(board)}
    assert units["Average deal size"] == "currency:EUR "
    values = {variable["name"]: variable["query"] for variable in board["templating"]["list"]}
    assert values["upscore_url"] == "https://upscore.example"


def test_points_at_the_peers_level_and_at_the_goal_are_those_of_the_method() -> None:
    posts = goalposts(0.5, 0.1, 0.03)
    assert round(100 * posts.utility(0.5), 1) == AT_TYPICAL
    assert 100 * posts.utility(posts.target) == AT_GOAL


@pytest.mark.parametrize(
    "text", ["", "name = 1", 'name = "x"\nversion = 1\nmetrics = [{metric = "nothing"}]', "[", "\0"]
)
def test_a_scorecard_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text)
    with pytest.raises(ScorecardUnread, match="upscore scorecard check"):
        read_scorecard(path)


def test_a_scorecard_that_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "generate", "--scorecard", "/nowhere/card.toml", "--to", "/nowhere") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("upscore: scorecard /nowhere/card.toml: cannot be read")


def test_generate_writes_where_it_is_told_to_and_check_holds_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "generate", "--to", str(tmp_path / "boards"), "--currency", "EUR") == 0
    assert "7 files changed" in capsys.readouterr().out
    assert run(monkeypatch, "generate", "--to", str(tmp_path / "boards"), "--currency", "EUR") == 0
    assert "all boards are as generated" in capsys.readouterr().out
    assert run(monkeypatch, "check", "--from", str(tmp_path / "boards")) == 0
    assert run(monkeypatch, "check") == 0


def test_an_unknown_currency_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "generate", "--currency", "Euro") == 1
    assert "--currency Euro: expected a code of ISO 4217" in capsys.readouterr().err


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    code = """
import sys
class None_:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("grafana_foundation_sdk"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, None_())
sys.argv = ["upscore", *sys.argv[1:]]
from dashboards.__main__ import main
sys.exit(main())
"""
    for action in (["generate", "--to", str(tmp_path)], ["check"]):
        command = [sys.executable, "-c", code, *action]
        ended = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        assert ended.stderr.splitlines() == [
            "upscore: grafana-foundation-sdk is not installed: to generate or check boards, pip install 'upscore[boards]'"
        ]
