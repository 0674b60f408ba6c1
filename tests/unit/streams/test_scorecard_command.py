"""`upscore scorecard`: a valid file is 0 and said what it scores, an unusable one is 1 and one line, wrong use is 2."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, date
from importlib.resources import files
from pathlib import Path

import pytest
from rich.console import Console

from schemas.currencies import EXPONENTS
from scoring.kpi import BY_NAME
from scoring.line import Line
from scoring.organisation import Organisation
from scoring.rank_stability import rank_stability
from scoring.scorecard import Scorecard, parse
from scoring.scorecard_review import RankShift, RankStability
from scoring.wording import never_said
from streams import cli
from streams.commands.scorecard import EXAMPLES, print_tried
from streams.history import History
from streams.scorecard_page import print_evidence, print_scorecard
from tests.unit.scoring.simulated_company import newest_day, simulated_line

FOLDER = files("scoring").joinpath("scorecards")


def text_of(name: str) -> str:
    return FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def run(*arguments: str) -> int:
    try:
        return cli.main(["scorecard", *arguments])
    except SystemExit as end:
        return int(end.code or 0)


def shown(show, *arguments, terminal: bool = False) -> str:
    """What a console shows; a terminal is wider than anything and has no colours here."""
    file = io.StringIO()
    console = Console(file=file, width=200, force_terminal=terminal, highlight=False, markup=False, no_color=True)
    show(console, *arguments)
    return file.getvalue()


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text_of("inside-sales"), "utf-8")
    return path


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_printed_to_the_letter_and_valid(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("example", name) == 0
    printed = capsys.readouterr().out
    assert printed == text_of(name)
    (tmp_path / "copy.toml").write_text(printed, "utf-8")
    assert run("check", str(tmp_path / "copy.toml")) == 0
    assert f"{name}@1" in capsys.readouterr().out


def test_every_scorecard_that_comes_along_is_an_example() -> None:
    assert {item.name.removesuffix(".toml") for item in FOLDER.iterdir() if item.name.endswith(".toml")} == set(
        EXAMPLES
    )


def test_a_valid_file_is_said_what_it_scores_and_what_it_leaves_out(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", str(mine)) == 0
    said = capsys.readouterr()
    assert said.err == ""
    scorecard = parse(text_of("inside-sales"))
    rows = [line for line in said.out.splitlines() if line.split()[:1] in (["results"], ["customer"], ["process"])]
    assert [line.split()[1] for line in rows] == [metric.metric for metric in scorecard.metrics]
    (calls,) = [line for line in rows if " calls " in line]
    assert calls.split()[2:7] == ["5", "%", "32", "9", "40"]
    assert "capped at 1.2 x target" in calls
    (left_out,) = [line for line in said.out.splitlines() if line.startswith("  - deals_won, ")]
    assert set(left_out.removeprefix("  - ").split(", ")) == set(BY_NAME) - {m.metric for m in scorecard.metrics}
    assert "drops.false_alerts = 2 (usual: 1)" in said.out
    assert "Is this what you mean?" not in said.out


def test_what_may_not_be_meant_is_asked_and_still_valid(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine.write_text(text_of("inside-sales").replace("coverage_gate = 0.6", "coverage_gate = 0.9"), "utf-8")
    assert run("check", str(mine)) == 0
    said = capsys.readouterr().out
    assert "Is this what you mean?" in said
    assert "nobody can have a score" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("weight = 0.40", "weight = 0.50", ["'results'", "sum to 1.1", "expected 1"]),
        ('metric = "calls"', 'metric = "karma"', ["(karma)", "unknown metric"]),
        ("false_alerts = 2.0", 'false_alerts = "few"', ["[drops] false_alerts", "'few'"]),
        ("[drops]", "[drop]", ["unknown ['drop']"]),
        ("version = 1", "version =", ["not TOML"]),
    ],
)
def test_a_mistake_is_1_and_one_line_that_names_the_file_and_the_place(
    mine: Path, old: str, new: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = text_of("inside-sales")
    assert old in text
    mine.write_text(text.replace(old, new, 1), "utf-8")
    assert run("check", str(mine)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"upscore: {mine}: ")
    assert said.err.count("\n") == 1
    assert [word for word in words if word not in said.err] == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_1_and_one_line(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    assert run("check", str(path)) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"upscore: {path}: cannot be read: ")


@pytest.mark.parametrize(
    "arguments", [(), ("check",), ("example",), ("example", "nonsense"), ("check", "a", "b"), ("nonsense",)]
)
def test_wrong_use_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "error: " in said.err


def test_it_needs_no_settings_and_a_pipe_gets_plain_columns(mine: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", "scorecard", "check", str(mine)],
        env={**os.environ, "UPSCORE_PARTITIONS": "many"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 400


def test_a_terminal_gets_the_same_words_in_bold() -> None:
    scorecard = parse(text_of("field-sales"))
    plain, bold = (shown(print_scorecard, scorecard, terminal=terminal) for terminal in (False, True))
    assert "\x1b[1m" in bold
    assert "field-sales@1" in plain


def test_a_name_is_shown_as_it_is_written() -> None:
    odd = parse(text_of("default").replace('name = "default"', 'name = "[red]mine"'))
    assert "[red]mine@1" in shown(print_scorecard, odd)


def _rows(text: str) -> dict[str, str]:
    return {line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines() if line.strip()}


@pytest.fixture
def scorecard() -> Scorecard:
    return parse(text_of("inside-sales"))


def test_metrics_without_signal_are_named_with_what_that_means(scorecard: Scorecard) -> None:
    signal = {"net_revenue": 0.71, "csat": 0.2, "cohort_win_rate": 0.0, "average_deal_size": 0.1999}
    said = shown(print_evidence, scorecard, signal, None)
    rows = _rows(said)
    assert rows["net_revenue"] == "0.71"
    assert rows["csat"] == "0.20"
    assert rows["cohort_win_rate"].startswith("0.00 carries no signal: no measurable difference between reps")
    assert rows["average_deal_size"].startswith("0.20 below 0.2: no leaderboard by it; it stays in the score, shrunk")
    assert rows["calls"] == "- no records"
    assert never_said(said) == []


def test_the_scorecard_says_how_little_signal_is_too_little(scorecard: Scorecard) -> None:
    strict = parse(text_of("inside-sales") + "[shrinkage]\nleast_signal = 0.8\n")
    assert "below 0.8" in shown(print_evidence, strict, {"net_revenue": 0.71}, None)
    assert "below" not in shown(print_evidence, scorecard, {"net_revenue": 0.71}, None)


def test_how_stable_ranks_are_is_shown_change_by_change(scorecard: Scorecard) -> None:
    stability = RankStability(
        30, 0.12, [RankShift("weights by a quarter", 1, 4, 1.0), RankShift("without csat", 2.5, 11, 0.9)]
    )
    said = shown(print_evidence, scorecard, None, stability)
    assert "Ranks of 30 reps: 12 % of their pairs are told apart." in said
    (weights,) = [line for line in said.splitlines() if "weights by a quarter" in line]
    assert weights.split()[-6:] == ["1", "4", "100", "%", "of", "reps"]
    (without,) = [line for line in said.splitlines() if "without csat" in line]
    assert without.split()[-6:] == ["2.5", "11", "90", "%", "of", "reps"]
    assert "people decide" in said
    assert never_said(said) == []


def test_a_metric_with_too_few_peers_is_said_to_be_unknown_not_without_signal(scorecard: Scorecard) -> None:
    rows = _rows(shown(print_evidence, scorecard, {"net_revenue": None}, None))
    assert rows["net_revenue"] == "- not known: fewer than 8 peers with records of it in complete weeks"
    assert rows["csat"] == "- no records"


def test_records_say_which_metrics_carry_signal_and_how_stable_ranks_are() -> None:
    default = parse(text_of("default"))
    line = simulated_line()
    as_of = newest_day(line)
    said = shown(print_tried, default, History(line, as_of + 400, 14_118))
    norms = line.norms(default, as_of)
    head = f"Tried on 14,118 records as of {date.fromordinal(as_of).isoformat()}, norms {norms.label} (provisional"
    assert any(said_line.startswith(head) for said_line in said.splitlines())
    rows = _rows(said)
    shares = {name: norm.signal for name, norm in norms.metrics.items()}
    for name, share in shares.items():
        assert rows[name].split()[0] == ("-" if share is None else f"{share:.2f}")
        assert ("no leaderboard" in rows[name] or "carries no signal" in rows[name]) == (
            share is not None and share < default.shrinkage.least_signal
        )
    stability = rank_stability(default, line.standings(line.scorer(default, as_of)))
    assert stability is not None
    assert f"Ranks of {stability.reps} reps" in said
    assert all(shift.change in said for shift in stability.shifts)
    assert never_said(said) == []


def test_a_metric_that_nobody_has_records_of_is_said_so() -> None:
    line = simulated_line(without="feedback")
    rows = _rows(shown(print_tried, parse(text_of("default")), History(line, newest_day(line), 0)))
    assert rows["csat"] == rows["nps"] == "- no records"
    assert rows["calls"][0] != "-"


def test_no_records_at_all_say_nothing_of_any_metric() -> None:
    line = Line(Organisation(UTC, "USD", EXPONENTS))
    said = shown(print_tried, parse(text_of("default")), History(line, date(2026, 3, 31).toordinal(), 0))
    assert "Tried on 0 records as of 2026-03-31" in said
    assert _rows(said)["csat"] == "- no records"
    assert "Ranks are not checked" in said


def test_without_a_broker_it_is_1_and_one_line(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", str(mine), "--records", "--broker", "127.0.0.1:1") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("upscore: cannot read from the broker at 127.0.0.1:1: ")
    assert said.err.count("\n") == 1


def test_a_mistake_in_the_file_is_said_before_the_broker_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", str(tmp_path / "none.toml"), "--records", "--broker", "127.0.0.1:1") == 1
    assert "cannot be read" in capsys.readouterr().err


def test_without_records_it_says_what_was_not_checked(scorecard: Scorecard) -> None:
    assert "Not checked" in shown(print_evidence, scorecard, None, None)
    assert "Not checked" not in shown(print_evidence, scorecard, {}, None)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_text_says_that_the_score_decides(name: str) -> None:
    assert never_said(shown(print_scorecard, parse(text_of(name)))) == []
    assert never_said(text_of(name)) == []
