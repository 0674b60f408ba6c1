"""The rules: what every one of them has, and that they, their tests and the runbook belong together."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest
import yaml

from dashboards.commands import register
from dashboards.rules import FOLDER, PRODUCTION, QUICK, Alert, Choices, Links, alerts, groups, rule_files
from schemas.metrics import METRICS
from scoring.wording import never_said

ROOT = Path(__file__).parents[3]
ALERTS = alerts()
NAMES = [alert.name for alert in ALERTS]
RECORDED = {
    rule.name: rule.expr
    for several in groups().values()
    for group in several
    for rule in group.rules
    if not isinstance(rule, Alert)
}
BOARDS = {f"upscore-{name}" for name in ("company", "team", "rep", "stream", "workers", "replay", "alerts")}
AGREED = {
    *(f"Sales{subject}ScoreDropped" for subject in ("Rep", "Team", "Territory", "Company")),
    *(f"Upscore{what}" for what in ("Stalled", "Absent", "DataLate", "LagHigh", "LagGrowing", "DeadLetters", "Clock")),
    *("UpscoreDoubleExposure", "UpscoreSeriesBudget", "UpscoreTransactionFailures"),
}
OF_TARGETS = {"job", "instance"}


def texts(alert: Alert) -> str:
    return f"{alert.summary} {alert.description} {alert.board} {alert.explain}"


def result_labels(expr: str) -> set[str]:
    """Labels that the result of an alert's condition can have."""
    if expr in RECORDED:
        return result_labels(RECORDED[expr])
    expr = expr.lstrip("( \n")
    if by := re.match(r"(?:sum|max|count) by \(([^)]*)\)", expr):
        return set(by[1].split(", "))
    if inside := re.match(r"(?:deriv|min_over_time)\(([^[]+)\[", expr):
        return result_labels(inside[1])
    name = re.match(r"[a-z_:]*", expr)[0]
    if name in RECORDED:
        return result_labels(RECORDED[name])
    aggregated = name in {"sum", "max", "count", "absent", "vector"}
    return set() if aggregated else OF_TARGETS.union(*(spec.labels for spec in METRICS if spec.name == name))


def test_what_is_committed_is_what_the_code_says() -> None:
    committed = {f"{FOLDER}/{path.name}": path.read_text("utf-8") for path in (ROOT / FOLDER).glob("*.yml")}
    assert committed == rule_files()


def test_a_file_that_is_stale_missing_or_left_over_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = ("--to", str(tmp_path))
    assert _rules("--check", *to) == 1
    assert _rules(*to) == 0
    assert _rules("--check", *to) == 0
    (tmp_path / "drops.yml").write_text("groups: []\n")
    (tmp_path / "old.yml").write_text("groups: []\n")
    capsys.readouterr()
    assert _rules("--check", *to) == 1
    assert "not as generated: drops.yml, old.yml" in capsys.readouterr().err
    assert _rules(*to) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(groups())


def test_the_alerts_that_were_agreed_are_there_each_once() -> None:
    assert set(NAMES) >= AGREED
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_an_alert_compares_waits_and_says_its_value(alert: Alert) -> None:
    assert re.search(r"[<>=]=? [0-9.]+(?=$|\)| )", alert.expr)
    assert "topk" not in alert.expr
    assert re.fullmatch(r"[1-9][0-9]*[smh]", alert.wait)
    assert alert.severity in {"critical", "warning", "none"}
    assert "$value" in alert.summary + alert.description
    assert alert.summary
    assert len(alert.description) > len("as long as a sentence")


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_labels_of_the_texts_exist_in_the_result(alert: Alert) -> None:
    used = set(re.findall(r"\$labels\.(\w+)", texts(alert)))
    own = (
        {"rule_group", "integration"} if alert.name in {"UpscoreRuleFailures", "UpscoreNotificationFailures"} else set()
    )
    assert used <= result_labels(alert.expr) | own


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_an_alert_links_to_its_heading_of_the_runbook_and_to_a_board(alert: Alert) -> None:
    rules = [
        rule for text in rule_files().values() for group in yaml.safe_load(text)["groups"] for rule in group["rules"]
    ]
    (annotations,) = [rule["annotations"] for rule in rules if rule.get("alert") == alert.name]
    page, _, anchor = annotations["runbook_url"].partition("#")
    headings = re.findall(r"^## (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}
    board = re.match(r"/d/([a-z-]+)", annotations["board"])
    assert board is not None
    assert board[1] in BOARDS


def test_every_heading_of_the_runbook_is_of_an_alert_and_says_what_to_do() -> None:
    sections = re.split(r"^## ", (ROOT / "deploy/runbook.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert sorted(section.partition("\n")[0] for section in sections) == sorted(NAMES)
    for section in sections:
        assert re.findall(r"^\*\*(\w+)\*\*: \S", section, re.MULTILINE) == ["Means", "Look", "Do", "Ignore"], section


def test_rules_ask_for_declared_metrics_alone() -> None:
    declared = {spec.name for spec in METRICS}
    said = list(RECORDED.items()) + [(a.name, f"{a.expr} {a.description}") for a in ALERTS]
    for rule, text in said:
        bare = re.sub(r"[a-z]+:\w+:\w+", lambda found: "" if found[0] in RECORDED else found[0], text)
        found = set(re.findall(r"(?<![\w/.-])(?:sales|upscore)_\w+", bare))
        assert found <= declared, rule


def test_recorded_names_have_level_metric_and_operation() -> None:
    assert all(re.fullmatch(r"(company|territory|team|rep|topic):[a-z_]+:[a-z_]+", name) for name in RECORDED)


def test_nothing_is_said_that_upscore_must_not_say() -> None:
    assert not [(alert.name, found) for alert in ALERTS if (found := never_said(texts(alert)))]


@pytest.mark.parametrize("choices", [PRODUCTION, QUICK], ids=["production", "quick"])
def test_a_team_is_told_before_its_reps(choices: Choices) -> None:
    waits = {alert.name: alert.wait for alert in alerts(choices)}
    assert choices.team_wait.value + choices.evaluation_seconds.value <= choices.rep_wait.value
    assert waits["SalesTeamScoreDropped"] == waits["SalesTeamRepsDropped"] == choices.team_wait.span
    assert waits["SalesRepScoreDropped"] == choices.rep_wait.span


def test_every_choice_has_a_reason_and_is_used() -> None:
    code = "".join(
        path.read_text("utf-8") for path in (ROOT / "dashboards/rules").glob("*.py") if path.name != "choices.py"
    )
    for name, choice in zip(Choices._fields, PRODUCTION, strict=True):
        assert len(choice.reason.split()) > 3, name
        assert f"choices.{name}" in code, name


def test_every_alert_has_a_test_that_fires_and_one_that_must_not() -> None:
    fires, silent = set(), set()
    for path in (ROOT / FOLDER / "tests").glob("*_test.yml"):
        for test in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for each in test.get("alert_rule_test", ()):
                (fires if each["exp_alerts"] else silent).add(each["alertname"])
                assert all("description" in alert["exp_annotations"] for alert in each["exp_alerts"])
    assert fires == silent == set(NAMES)


def test_links_can_lead_to_addresses_of_ones_own() -> None:
    text = "".join(rule_files(links=Links("https://boards.example.com", "https://docs.example.com/runbook")).values())
    assert "board: 'https://boards.example.com/d/upscore-" in text or '"https://boards.example.com/d/upscore-' in text
    assert "https://docs.example.com/runbook#upscoreabsent" in text
    assert "deploy/runbook" not in text


def _rules(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["dashboards", "rules", *arguments])
    return int(parsed.func(parsed))
