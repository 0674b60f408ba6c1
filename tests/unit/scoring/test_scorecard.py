from __future__ import annotations

import dataclasses
import re
import tomllib
from importlib.resources import files

import pytest

from scoring import scorecard as scorecards
from scoring import windows
from scoring.choices import TABLES, USUAL
from scoring.kpi import BY_NAME
from scoring.scorecard import PILLARS, InvalidScorecard, parse
from scoring.scorecard_review import notes

EXAMPLES = {
    name: files("scoring").joinpath(f"scorecards/{name}.toml").read_text(encoding="utf-8")
    for name in ("default", "inside-sales", "field-sales")
}
DEFAULT = EXAMPLES["default"]
HEAD = """
name = "mine"
version = 3
score_window_days = 28
coverage_gate = 0.5
[pillars]
results = 0.7
customer = 0.1
process = 0.1
improvement = 0.1
"""
METRIC = """
[[metrics]]
metric = "csat"
pillar = "customer"
weight = 1
typical = 0.8
spread = 0.08
smallest_spread = 0.03
"""


def _refusal(text: str, **options: frozenset[str]) -> str:
    with pytest.raises(InvalidScorecard) as refused:
        parse(text, **options)
    return str(refused.value)


def test_the_default_scorecard_scores_known_metrics_with_the_methods_weights() -> None:
    scorecard = parse(DEFAULT, frozenset(BY_NAME))
    assert scorecard.label == "default@1"
    assert scorecard.pillars == {"results": 0.40, "customer": 0.25, "process": 0.20, "improvement": 0.15}
    assert (scorecard.score_window_days, scorecard.coverage_gate) == (91, 0.6)
    assert {scored.pillar for scored in scorecard.metrics} == {"results", "customer", "process"}
    # method.md section 10: activity metrics are capped; lower is better where less is better
    assert {scored.metric for scored in scorecard.metrics if scored.capped} == {"calls", "meetings"}
    lower = {scored.metric for scored in scorecard.metrics if not scored.higher_is_better}
    assert lower == {"return_rate", "cycle_days", "first_response_seconds"}


def test_the_default_scorecard_divides_sums_and_only_sums_by_the_days_present() -> None:
    scorecard = parse(DEFAULT)
    assert {scored.metric for scored in scorecard.metrics if scored.per_day} == {
        scored.metric for scored in scorecard.metrics if BY_NAME[scored.metric].is_sum
    }


def test_the_default_scorecard_reaches_its_gate_with_what_the_contract_names() -> None:
    # won and lost deals that state their cost, calls, e-mails and meetings, csat answers: contract.md section 4
    named = {"net_revenue", "cohort_win_rate", "average_deal_size", "gross_margin_ratio", "cycle_days", "return_rate"}
    named |= {"calls", "meetings", "csat"}
    scorecard = parse(DEFAULT)
    covered = sum(scorecard.pillars[m.pillar] * m.weight for m in scorecard.metrics if m.metric in named)
    # results .40 x 1, customer .25 x .8, process .20 x .8
    assert covered == pytest.approx(0.40 + 0.20 + 0.16)
    assert covered >= scorecard.coverage_gate


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_scorecards_that_come_along_are_valid_and_raise_no_question(name: str) -> None:
    scorecard = parse(EXAMPLES[name], frozenset(BY_NAME))
    assert scorecard.label == f"{name}@1"
    assert notes(scorecard) == ()


def test_the_default_scorecard_leaves_every_choice_as_the_method_has_it() -> None:
    assert parse(DEFAULT).choices == USUAL


def test_the_default_scorecard_shows_every_choice_with_what_it_is_where_left_out() -> None:
    shown = re.sub(r"^# (?=\[\w+\]|\w+ = )", "", DEFAULT, flags=re.MULTILINE)
    tree = tomllib.loads(shown)
    assert parse(shown).choices == USUAL
    for table in TABLES:
        fields = {field.name for field in dataclasses.fields(getattr(USUAL, table))}
        if table == "people":  # holidays are written in three keys
            fields |= {"days_off", "yearly_holidays"}
        assert set(tree[table]) == fields, table


def test_the_two_businesses_choose_differently() -> None:
    inside, field = (parse(EXAMPLES[name]) for name in ("inside-sales", "field-sales"))
    assert {m.metric for m in inside.metrics} != {m.metric for m in field.metrics}
    assert inside.choices != field.choices
    assert (inside.calendar.layout, field.calendar.layout) == ("months", "4-4-5")
    assert inside.people.holidays.weekdays == field.people.holidays.weekdays == {5, 6}


def test_a_scorecard_is_read_as_it_is_written() -> None:
    scorecard = parse(HEAD + METRIC + "capped = true\n")
    (scored,) = scorecard.metrics
    assert scorecard.label == "mine@3"
    assert (scorecard.score_window_days, scorecard.coverage_gate) == (28, 0.5)
    assert (scored.metric, scored.pillar, scored.weight) == ("csat", "customer", 1.0)
    assert isinstance(scored.weight, float)
    assert (scored.per_day, scored.higher_is_better, scored.capped) == (False, True, True)


def test_what_a_metric_does_not_say_is_as_the_method_has_it() -> None:
    (scored,) = parse(HEAD + METRIC).metrics
    assert (scored.min_n, scored.target, scored.cap, scored.block) == (1, None, 1.2, None)


def test_a_metric_may_say_more() -> None:
    (scored,) = parse(HEAD + METRIC + "min_n = 5\ntarget = 0.9\ncapped = true\ncap = 1\nblock = 12\n").metrics
    assert (scored.min_n, scored.target, scored.cap, scored.block) == (5, 0.9, 1.0, 12)
    assert isinstance(scored.cap, float)
    (lower,) = parse(HEAD + METRIC + "target = -3\n").metrics
    assert lower.target == -3.0


def test_a_point_of_a_chart_takes_5_answers_or_8_of_the_rest_or_what_the_file_says() -> None:
    pair = METRIC.replace("weight = 1", "weight = 0.5")
    deals = pair.replace("csat", "cohort_win_rate")
    usual = parse(HEAD + pair + deals)
    assert (usual.block("csat"), usual.block("cohort_win_rate")) == (5, 8)
    own = parse(HEAD + pair + "block = 3\n" + deals + "[drops]\nblock_deals = 20\n")
    assert (own.block("csat"), own.block("cohort_win_rate")) == (3, 20)
    assert parse(HEAD + pair + deals + "[drops]\nblock_answers = 7\n").block("csat") == 7
    with pytest.raises(KeyError):
        usual.block("calls")


def test_every_choice_is_reached_from_the_scorecard() -> None:
    scorecard = parse(HEAD + METRIC + "[drops]\nalarm = 6\n[calendar]\nfirst_month = 4\n[flags]\nlate_days = 3\n")
    choices = scorecard.choices
    assert (scorecard.drops.alarm, scorecard.calendar.first_month, scorecard.flags.late_days) == (6.0, 4, 3)
    assert (scorecard.drops, scorecard.calendar, scorecard.flags) == (choices.drops, choices.calendar, choices.flags)
    assert (scorecard.score_window, scorecard.shrinkage) == (choices.score_window, choices.shrinkage)
    assert (scorecard.improvement, scorecard.people) == (choices.improvement, choices.people)


@pytest.mark.parametrize("written", ["", "format = 1\n", "format = 2\n"])
def test_both_versions_of_the_format_are_read(written: str) -> None:
    assert parse(written + HEAD + METRIC).label == "mine@3"


def test_a_file_from_windows_is_read() -> None:
    assert parse("\ufeff" + (HEAD + METRIC).replace("\n", "\r\n")).label == "mine@3"


def test_what_is_not_toml_is_refused() -> None:
    assert "not TOML" in _refusal("name = ")


@pytest.mark.parametrize("line", HEAD.strip().splitlines())
def test_every_setting_is_required(line: str) -> None:
    name = line.strip("[]").partition(" ")[0]
    assert name in _refusal(HEAD.replace(line, "", 1) + METRIC)


@pytest.mark.parametrize("field", ["metric", "pillar", "weight", "typical", "spread", "smallest_spread"])
def test_every_field_of_a_metric_is_required(field: str) -> None:
    (line,) = [line for line in METRIC.splitlines() if line.startswith(field + " ")]
    assert field in _refusal(HEAD + METRIC.replace(line, ""))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1\n" + HEAD + METRIC, ["colour", "unknown"]),
        (HEAD + "luck = 0.0\n" + METRIC, ["luck", "unknown"]),
        (HEAD + METRIC + "wieght = 1\n", ["wieght", "number 1"]),
        (HEAD + METRIC.replace("weight = 1", 'weight = "1"'), ["number 1 (csat): weight", "'1'", "a number"]),
        (HEAD + METRIC.replace("weight = 1", "weight = true"), ["weight", "True"]),
        (HEAD + METRIC.replace("weight = 1", "weight = nan"), ["weight", "nan"]),
        (HEAD + METRIC.replace("weight = 1", "weight = 0"), ["weight", "more than 0"]),
        (HEAD + METRIC.replace("weight = 1", "weight = -1"), ["weight", "-1"]),
        (HEAD + METRIC.replace("weight = 1", "weight = 0.9"), ["'customer'", "0.9", "expected 1"]),
        (HEAD + METRIC.replace("typical = 0.8", "typical = false"), ["typical", "False"]),
        (HEAD + METRIC.replace("typical = 0.8", "typical = inf"), ["typical", "inf"]),
        (HEAD + METRIC.replace("0.08", "-0.08"), ["spread", "-0.08"]),
        (HEAD + METRIC.replace("0.08", "inf"), ["spread", "inf"]),
        (HEAD + METRIC.replace("0.08", "0").replace("0.03", "0.0"), ["spread", "above 0"]),
        (HEAD + METRIC.replace("0.08", "0.001").replace("0.03", "0").replace("0.8", "1e15"), ["spread", "above 0"]),
        (HEAD + METRIC + "capped = 1\n", ["capped", "1", "true or false"]),
        (HEAD + METRIC + "capped = true\nhigher_is_better = false\n", ["capped", "more is better"]),
        (HEAD + METRIC + "cap = 1.5\n", ["cap", "capped = true"]),
        (HEAD + METRIC + "capped = true\ncap = 0.9\n", ["cap", "0.9", "at least 1"]),
        (HEAD + METRIC + "min_n = 0\n", ["(csat): min_n", "0", "at least 1"]),
        (HEAD + METRIC + "min_n = 2.5\n", ["min_n", "2.5", "whole number"]),
        (HEAD + METRIC + "min_n = true\n", ["min_n", "True", "whole number"]),
        (HEAD + METRIC + "block = 99999\n", ["block", "99999", "at most 10000"]),
        (HEAD + METRIC + "target = nan\n", ["target", "nan"]),
        (HEAD + METRIC + 'target = "0.9"\n', ["target", "'0.9'", "a number"]),
        ("format = 3\n" + HEAD + METRIC, ["format", "3", "[1, 2]"]),
        ("format = true\n" + HEAD + METRIC, ["format", "True"]),
        (HEAD + METRIC.replace('"csat"', "5"), ["metric", "5", "text"]),
        (HEAD + METRIC.replace('"customer"', '"luck"'), ["'luck'", "'process'"]),
        (HEAD + METRIC.replace('"customer"', '"improvement"'), ["'improvement'", "'process'"]),
        (HEAD + METRIC.replace("= 1", "= 0.5") * 2, ["twice", "csat"]),
        (HEAD.replace("0.7", "0.8") + METRIC, ["pillars", "1.1"]),
        (HEAD.replace("0.7", "1.7").replace("customer = 0.1", "customer = -0.9") + METRIC, ["customer", "-0.9"]),
        (HEAD.replace("0.7", "nan") + METRIC, ["results", "nan"]),
        (HEAD.replace("0.7", '"most"') + METRIC, ["results", "'most'"]),
        (HEAD.replace("0.7", "0.8").replace("customer = 0.1", "customer = 0") + METRIC, ["pillar", "above 0"]),
        (HEAD.replace("28", "30") + METRIC, ["score_window_days", "30"]),
        (HEAD.replace("28", "28.0") + METRIC, ["score_window_days", "28.0"]),
        (HEAD.replace("0.5", "1.5") + METRIC, ["coverage_gate", "1.5"]),
        (HEAD.replace("0.5", "-0.1") + METRIC, ["coverage_gate", "-0.1"]),
        (HEAD.replace("0.5", "nan") + METRIC, ["coverage_gate", "nan"]),
        (HEAD.replace("0.5", "true") + METRIC, ["coverage_gate", "True"]),
        (HEAD.replace("0.5", '"all"') + METRIC, ["coverage_gate", "'all'"]),
        (HEAD.replace('"mine"', "5") + METRIC, ["name", "5", "text"]),
        (HEAD.replace("= 3", "= 3.5") + METRIC, ["version", "3.5", "whole number"]),
        ("metrics = []\n" + HEAD, ["no metric"]),
        ("metrics = 5\n" + HEAD, ["metrics", "5", "list"]),
        ("metrics = [5]\n" + HEAD, ["number 1", "5", "table"]),
        ("metrics = {csat = 1}\n" + HEAD, ["metrics", "list"]),
        ("pillars = 5\nmetrics = []\n" + HEAD.partition("[pillars]")[0], ["pillars", "5", "table"]),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_was_expected(text: str, words: list[str]) -> None:
    message = _refusal(text)
    assert [word for word in words if word not in message] == [], message


def test_metrics_unknown_to_the_catalogue_are_refused_where_the_catalogue_is_given() -> None:
    text = HEAD + METRIC.replace("csat", "karma")
    assert parse(text).metrics[0].metric == "karma"
    assert "karma" in _refusal(text, known_metrics=frozenset({"csat"}))


def test_weights_written_as_decimal_fractions_sum_to_one() -> None:
    tenths = [METRIC.replace("csat", f"m{i}").replace("weight = 1", "weight = 0.1") for i in range(10)]
    assert len(parse(HEAD + "".join(tenths)).metrics) == 10  # 0.1 ten times is 0.9999999999999999
    assert set(PILLARS) == {"results", "customer", "process", "improvement"}


@pytest.mark.parametrize("days", windows.WINDOW_DAYS)
def test_a_score_may_be_taken_from_any_window_there_is(days: int) -> None:
    assert parse(HEAD.replace("28", str(days)) + METRIC).score_window_days == days
    assert scorecards.WINDOW_DAYS == windows.WINDOW_DAYS
