from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring import oracle
from scoring.kpi import BY_NAME
from scoring.line import Line
from scoring.organisation import Organisation, microseconds
from scoring.quarter import kind_of
from scoring.scorecard import Scorecard, ScoredMetric, parse
from tests.unit.scoring.crm_records import AS_OF, messages
from tests.unit.scoring.simulated_company import simulated_line, simulated_records

_DEFAULT = files("scoring").joinpath("scorecards/default.toml").read_text()
SCORECARD = parse(_DEFAULT)

CHOSEN = parse(
    _DEFAULT.replace('pillar = "results"', 'pillar = "results"\ntarget = 0.4')
    .replace("\ncapped = true", "\ncapped = true\ncap = 1.05\ntarget = 2.0\nmin_n = 2")
    .replace('metric = "csat"', 'metric = "csat"\nmin_n = 3\ntarget = 0.9')
    + """
[score_window]
shortest_days = 10
longest_days = 50
cycles = 0.7

[shrinkage]
least = 3.0
most = 30.0
without_peers = 20.0
fewest_peers = 4

[calendar]
first_month = 2
layout = "4-4-5"

[people]
ramp = [0.5, 1.0]
peer_share = 0.2
days_off = ["saturday", "sunday"]
yearly_holidays = ["12-25", "01-01"]
holidays = [2025-11-27]
"""
)
"""Everything chosen otherwise that a score knows of."""
ZONE = ZoneInfo("America/New_York")
KNOWN_AT = "2026-01-15T12:00:00Z"


def _deliveries(sent: list[tuple[str, bytes]]) -> list[oracle.Delivery]:
    deliveries = []
    for offset, (topic, value) in enumerate(sent):
        record = decode(topic, value)
        held = None if isinstance(record, Deletion) else record
        deliveries.append(
            oracle.Delivery(record.type, record.id, microseconds(record.updated_at), record.version, offset, held)
        )
    return deliveries


def _line_scores(deliveries: list[oracle.Delivery], as_of: date, scorecard: Scorecard = SCORECARD) -> dict:
    line = Line(Organisation(ZONE, "USD", EXPONENTS))
    for delivery in deliveries:
        line.take(delivery.type, delivery.id, delivery.updated_at_us, delivery.version, delivery.record)
    return {(score["subject"], score["id"]): score for score in line.scores(scorecard, as_of.toordinal(), KNOWN_AT)}


def _oracle_scores(deliveries: list[oracle.Delivery], as_of: date, scorecard: Scorecard = SCORECARD) -> dict:
    return oracle.scores(
        oracle.newest(deliveries),
        as_of=as_of,
        zone=ZONE,
        base_currency="USD",
        exponents=EXPONENTS,
        scorecard=scorecard,
        known_at=KNOWN_AT,
    )


def _assert_same(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for key, score in expected.items():
        for name, metric in score["metrics"].items():
            assert found[key]["metrics"][name] == metric, (key, name)
        assert found[key] == score


@settings(max_examples=150, deadline=None)
@given(st.lists(messages(), max_size=40), st.integers(0, 400))
def test_the_line_gives_the_oracles_scores_to_the_last_digit(sent: list, days_back: int) -> None:
    deliveries = _deliveries(sent)
    as_of = AS_OF - timedelta(days=days_back)
    _assert_same(_line_scores(deliveries, as_of), _oracle_scores(deliveries, as_of))


NAMES = sorted(BY_NAME)
EVERYTHING = Scorecard(
    "everything",
    1,
    28,
    0.2,
    SCORECARD.pillars,
    tuple(
        ScoredMetric(
            name, "results", 1 / len(NAMES), 0.3 if kind_of(name) == "rate" else 50.0, 0.1, 0.1, False, True, False
        )
        for name in NAMES
    ),
)
"""Every metric that can be scored, sums as the scorecard states them for the window."""


@settings(max_examples=50, deadline=None)
@given(st.lists(messages(), max_size=30), st.integers(0, 400))
def test_so_it_does_by_a_scorecard_of_every_metric(sent: list, days_back: int) -> None:
    deliveries = _deliveries(sent)
    as_of = AS_OF - timedelta(days=days_back)
    _assert_same(_line_scores(deliveries, as_of, EVERYTHING), _oracle_scores(deliveries, as_of, EVERYTHING))


@settings(max_examples=100, deadline=None)
@given(st.lists(messages(), max_size=40), st.integers(0, 400))
def test_it_does_whatever_else_a_scorecard_chooses(sent: list, days_back: int) -> None:
    deliveries = _deliveries(sent)
    as_of = AS_OF - timedelta(days=days_back)
    _assert_same(_line_scores(deliveries, as_of, CHOSEN), _oracle_scores(deliveries, as_of, CHOSEN))


@pytest.mark.parametrize("scorecard", [SCORECARD, CHOSEN], ids=["default", "chosen"])
def test_it_does_with_norms_of_peers(scorecard: Scorecard) -> None:
    deliveries = []
    for offset, record in enumerate(simulated_records(reps=9, days=80)):
        updated_at = microseconds(record.updated_at)
        held = None if isinstance(record, Deletion) else record
        deliveries.append(oracle.Delivery(record.type, record.id, updated_at, record.version or 0, offset, held))
    as_of = date(2025, 11, 19)
    found = _line_scores(deliveries, as_of, scorecard)
    _assert_same(found, _oracle_scores(deliveries, as_of, scorecard))
    norms = simulated_line(reps=9, days=80).norms(scorecard, as_of.toordinal())
    assert found["company", "company"]["norms"] == norms.label
    assert sum(norm.norm.peers > 0 for norm in norms.metrics.values()) > 5
    assert norms.ripening.window_days is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(messages(), max_size=25, unique_by=lambda message: message[1]), st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_change_a_digit(sent: list, random: Random) -> None:
    deliveries = list({(d.type, d.id, d.version): d for d in _deliveries(sent)}.values())
    shuffled = [*deliveries, *random.choices(deliveries, k=10)] if deliveries else []
    random.shuffle(shuffled)
    _assert_same(_line_scores(shuffled, AS_OF), _line_scores(deliveries, AS_OF))


@settings(max_examples=50, deadline=None)
@given(st.lists(messages(), max_size=25))
def test_deleting_everything_leaves_nothing_behind(sent: list) -> None:
    line = Line(Organisation(ZONE, "USD", EXPONENTS))
    deliveries = _deliveries(sent)
    for delivery in deliveries:
        line.take(delivery.type, delivery.id, delivery.updated_at_us, delivery.version, delivery.record)
    for delivery in deliveries:
        line.take(delivery.type, delivery.id, delivery.updated_at_us + 1, 0, None)
    assert list(line.scores(SCORECARD, AS_OF.toordinal(), KNOWN_AT)) == []
    assert line.reps.book.by_subject == {}
    assert line.reps.routes == {}
    assert line.groups.book.by_subject == {}
