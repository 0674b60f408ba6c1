"""What holds for every metric of the catalogue: a new one is tested by existing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import (
    Activity,
    Cost,
    Customer,
    Deal,
    Evaluation,
    Feedback,
    Lead,
    Record,
    Refund,
    Rep,
    Split,
    Target,
)
from scoring.facts import facts_of
from scoring.kpi import BY_NAME, CATALOGUE, MONEY_UNIT, Kpi, evaluation_kpi
from scoring.line import Line
from scoring.measures import MEASURES
from scoring.organisation import Organisation
from scoring.panes import PaneBook
from scoring.scorecard import Scorecard, ScoredMetric
from scoring.windows import WINDOW_DAYS, window_sums

T = date(2026, 3, 31)
DAY = T.toordinal()
ORGANISATION = Organisation(UTC, "USD", EXPONENTS)
SCORECARD = Scorecard(
    "mine",
    1,
    28,
    0.6,
    {"results": 0.4, "customer": 0.25, "process": 0.2, "improvement": 0.15},
    (ScoredMetric("csat", "customer", 1.0, 0.5, 0.1, 0.03, False, True, False),),
)
AGES = (0, 3, 6, 7, 27, 28, 90, 91, 363, 364, 500)
"""Days before the date: on both sides of the border of every window."""

KPIS = [*CATALOGUE, *(BY_NAME[name] for name in BY_NAME if name.startswith("evaluation_")), evaluation_kpi("x|y/z")]
UNITS = {MONEY_UNIT, "count", "ratio", "days", "seconds", "points"}

SAME_IN_ALL_WINDOWS = {"cohort_win_rate", "lifetime_value", "pipeline_value"}
"""Metrics with a period of their own."""

OF_THE_WINDOWS_START = {"churn_rate"}
"""Metrics whose records are counted at the window's start: a longer window may have fewer."""

each_kpi = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)


def _records(rep_id: str = "a", tag: str = "") -> Iterator[Record]:
    """Records that give every metric something in every window, on and around the borders of all of them."""
    for age in AGES:
        at, before = (datetime(2026, 3, 31, 12, tzinfo=UTC) - timedelta(days=days) for days in (age, age + 20))
        usd = {"amount": Decimal(100 + age), "currency": "USD"}
        whose = {"id": f"{rep_id}{tag}{age}", "rep_id": rep_id}
        more = {"id": f"{rep_id}{tag}{age}-2", "rep_id": rep_id}
        won = {"status": "won", "opened_at": before, "closed_at": at, "cost": Decimal(50), "list_price": Decimal(900)}
        yield Deal(type="deal", **whose, **won, **usd)
        yield Deal(type="deal", **more, status="lost", opened_at=before, closed_at=at)
        yield Deal(type="deal", id=f"{rep_id}{tag}{age}-3", rep_id=rep_id, status="open", opened_at=at, **usd)
        yield Refund(type="refund", **whose, occurred_at=at, **{**usd, "amount": Decimal("7.5")})
        yield Cost(type="cost", **whose, occurred_at=at, category="sales", **usd)
        yield Lead(type="lead", **whose, created_at=at, converted_at=at)
        yield Lead(type="lead", **more, created_at=at)
        yield Customer(type="customer", **whose, since=at - timedelta(days=700), churned_at=at, renewals=[at])
        yield Customer(type="customer", **more, since=at)
        response = {"first_response_seconds": Decimal(60 + age), "outcome": "connected"}
        for kind in ("call", "email", "meeting"):
            yield Activity(
                type="activity", id=f"{rep_id}{tag}{age}{kind}", rep_id=rep_id, kind=kind, occurred_at=at, **response
            )
        criteria = {name: Decimal(age) / 10 for name in ("communication", "active_listening", "x|y/z")}
        yield Evaluation(type="evaluation", **whose, occurred_at=at, criteria=criteria)
        for scale, value in (("csat_5", 5), ("thumbs", 0), ("nps_11", 9), ("ces_7", 3)):
            yield Feedback(
                type="feedback",
                id=f"{rep_id}{tag}{age}{scale}",
                rep_id=rep_id,
                occurred_at=at,
                scale=scale,
                value=value,
            )


def _book(*records: Record, sign: int = 1, book: PaneBook | None = None) -> PaneBook:
    book = book or PaneBook()
    for record in records:
        for _, day, amounts in facts_of(record, ORGANISATION):
            book.add("rep:a", day, amounts, sign)
    return book


def _figures(kpi: Kpi, book: PaneBook) -> list[tuple[float | None, int]]:
    """Value and n in each window, the shortest first."""
    line = Line(ORGANISATION)
    sums = window_sums(book.by_subject.get("rep:a", {}), DAY, line.reference.rates)
    return [kpi.value(sums.by_days[days]) for days in WINDOW_DAYS]


def _later(record: Any, by: timedelta) -> Any:
    """The record with all that happened so much later."""
    moved = {}
    for name in record.__dataclass_fields__:
        value = getattr(record, name)
        if isinstance(value, datetime):
            moved[name] = value + by
        elif isinstance(value, list):
            moved[name] = [item + by if isinstance(item, datetime) else item for item in value]
    return replace(record, **moved)


@each_kpi
def test_without_evidence_sums_are_zero_and_everything_else_is_null(kpi: Kpi) -> None:
    nothing = (0.0 if kpi.is_sum else None, 0)
    assert kpi.value({}) == nothing
    assert _figures(kpi, PaneBook()) == [nothing] * 4
    to_come = [_later(record, timedelta(days=3_000)) for record in _records()]
    assert _figures(kpi, _book(*to_come)) == [nothing] * 4


@each_kpi
def test_records_give_every_metric_a_finite_value_in_every_window(kpi: Kpi) -> None:
    for value, n in _figures(kpi, _book(*_records())):
        assert value is not None
        assert math.isfinite(value)
        assert isinstance(value, float)
        assert n > 0


@each_kpi
def test_each_window_has_the_records_of_its_days_and_no_others(kpi: Kpi) -> None:
    figures = _figures(kpi, _book(*_records()))
    if kpi.name in SAME_IN_ALL_WINDOWS:
        assert figures == figures[:1] * 4
    elif kpi.name not in OF_THE_WINDOWS_START:  # each age has as many records as any other
        a_day = figures[0][1] // sum(age < WINDOW_DAYS[0] for age in AGES)
        assert [n for _, n in figures] == [a_day * sum(age < days for age in AGES) for days in WINDOW_DAYS]


@each_kpi
def test_twice_the_records_double_a_sum_and_leave_a_ratio(kpi: Kpi) -> None:
    once, twice = _figures(kpi, _book(*_records())), _figures(kpi, _book(*_records(), *_records(tag="'")))
    for (value, n), (doubled, of) in zip(once, twice, strict=True):
        assert of == 2 * n
        assert doubled == (2 * value if kpi.is_sum else value)


@each_kpi
def test_facts_taken_back_leave_nothing(kpi: Kpi) -> None:
    kept, gone = list(_records())[::2], list(_records())[1::2]
    expected = _figures(kpi, _book(*kept))
    book = _book(*gone, *kept)
    _book(*reversed(gone), sign=-1, book=book)
    assert _figures(kpi, book) == expected
    assert book.by_subject == _book(*kept).by_subject
    assert _book(*kept, sign=-1, book=book).by_subject == {}


@each_kpi
def test_the_order_of_records_does_not_change_a_digit(kpi: Kpi) -> None:
    records = list(_records())
    assert _figures(kpi, _book(*records[::-1])) == _figures(kpi, _book(*records))


@each_kpi
def test_the_unit_is_known_and_the_name_is_documented(kpi: Kpi) -> None:
    assert kpi.unit in UNITS
    documented = (Path(__file__).parents[3] / "docs/method.md").read_text(encoding="utf-8")
    name = "evaluation_" if kpi.name.startswith("evaluation_") else f"`{kpi.name}`"
    assert name in documented


@each_kpi
def test_its_measures_are_declared(kpi: Kpi) -> None:
    derived = {"won_unrated", "won_n_unrated", "cohort_opened", "cohort_opened_n", "active"}
    derived |= {"year_active", "year_margin", "year_churned"}
    derived |= {"calls", "emails", "meetings", "calls_with_outcome", "calls_connected"}
    used = {*kpi.numerator, *kpi.denominator, *kpi.n}
    assert {name.partition("/")[0] for name in used} <= set(MEASURES) | derived
    assert kpi.n, "somebody wants to know how many records are behind it"


def _shown(kpi: Kpi, *records: Any, subject: str = "rep:a") -> dict[str, Any]:
    """The metric as a score shows it."""
    line = Line(ORGANISATION)
    for record in records:
        line.take(record.type, record.id, 1, 0, record)
    scored = {f"{score['subject']}:{score['id']}": score for score in line.scores(SCORECARD, DAY, "x")}
    found: dict[str, Any] = scored[subject]["metrics"][kpi.name]
    return found


@each_kpi
def test_a_score_shows_the_figures_in_the_units_of_the_business(kpi: Kpi) -> None:
    shown = _shown(kpi, *_records())
    figures = [(shown["windows"][f"{days}d"]["value"], shown["windows"][f"{days}d"]["n"]) for days in WINDOW_DAYS]
    assert figures == _figures(kpi, _book(*_records()))
    assert shown["unit"] == ("USD" if kpi.unit == MONEY_UNIT else kpi.unit)
    scored = kpi.name in {metric.metric for metric in SCORECARD.metrics}
    assert [shown[part] is not None for part in ("shrunk", "utility", "pillar")] == [scored] * 3


@each_kpi
def test_its_target_is_shown(kpi: Kpi) -> None:
    period = {"period_start": T - timedelta(days=13), "period_end": T + timedelta(days=6)}
    fields = {"subject": "rep", "subject_id": "a", "metric": kpi.name, "value": Decimal(200), **period}
    shown = _shown(kpi, *_records(), Target(type="target", id="g", **fields))
    # 10 a day, of which 14 days lie in the score window of 28; what does not add up over time has its target whole
    adds_up = kpi.is_sum and kpi.name not in SAME_IN_ALL_WINDOWS
    assert shown["target"] == (140.0 if adds_up else 200.0)


@each_kpi
def test_what_two_members_share_gives_their_team_what_one_would_give_alone(kpi: Kpi) -> None:
    members = [Rep(type="rep", id=rep_id, team_id="t") for rep_id in "ab"]
    thirds = [Split(rep_id="a", share=Decimal("0.3333")), Split(rep_id="b", share=Decimal("0.6667"))]
    shared = [replace(record, splits=thirds) if record.type in {"deal", "refund"} else record for record in _records()]
    together = _shown(kpi, *members, *shared, subject="team:t")
    assert together == _shown(kpi, *members, *_records(), subject="team:t")
    assert together["windows"] == _shown(kpi, *members, *shared, subject="company:company")["windows"]


@each_kpi
def test_two_members_who_share_nothing_add_up(kpi: Kpi) -> None:
    members = [Rep(type="rep", id=rep_id, team_id="t") for rep_id in "ab"]
    alone = _shown(kpi, *members, *_records(), subject="team:t")["windows"]
    both = _shown(kpi, *members, *_records(), *_records("b"), subject="team:t")["windows"]
    for window, figure in alone.items():
        assert both[window] == {"value": (2 if kpi.is_sum else 1) * figure["value"], "n": 2 * figure["n"]}


def test_the_catalogue_names_every_metric_once() -> None:
    names = [kpi.name for kpi in CATALOGUE]
    assert len(names) == len(set(names))
    assert {kpi.name for kpi in CATALOGUE} >= SAME_IN_ALL_WINDOWS | OF_THE_WINDOWS_START
    assert all(BY_NAME[kpi.name] is kpi for kpi in CATALOGUE)
