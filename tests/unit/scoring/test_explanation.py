"""Explanations close at every level, and lead from one of the line's own scores to another."""

from __future__ import annotations

import json
import math
import random
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.counting import Counting
from scoring.evidence import Evidence, pooled
from scoring.explanation import Asked, explanation
from scoring.line import Line
from scoring.metric_records import Side, metric_changes
from scoring.score import Scorer
from streams.simulator import records
from tests.unit.scoring.crm_records import AS_OF, messages
from tests.unit.scoring.explained import CARD, NOW, THEN, assert_closes, levels, line_of, message, score, subjects, told


@settings(max_examples=120, deadline=None)
@given(
    st.lists(messages(), max_size=40),
    st.integers(0, 40),
    st.integers(0, 380),
    st.integers(-60, 200),
    st.sampled_from(["told apart", "told among the metrics"]),
    st.data(),
)
def test_an_explanation_of_any_world_closes_between_the_lines_own_scores(
    sent: list[tuple[str, bytes]], known: int, back: int, apart: int, corrections: str, data: st.DataObject
) -> None:
    now, then = line_of(sent), line_of(sent[:known])
    as_of, against = AS_OF - timedelta(days=back), AS_OF - timedelta(days=back + apart)
    if not subjects(now):
        return
    subject, separate = data.draw(st.sampled_from(subjects(now))), corrections == "told apart"
    made = told((then, against), (now, as_of), subject, corrections=separate)
    assert made["to"] == score(now, subject, as_of, NOW)
    assert made["from"] == score(then, subject, against, THEN)
    assert_closes(made)
    same = told((now, against), (now, as_of), subject)
    assert same["from"] == score(now, subject, against, NOW)
    assert_closes(same)
    for parts in (same["parts"], [] if separate else made["parts"]):
        assert [part["points"] for part in parts if part["cause"] == "corrections"] in ([], [0.0])


@settings(max_examples=40, deadline=None)
@given(st.lists(messages(), max_size=30), st.data())
def test_a_date_against_itself_has_nothing_to_tell(sent: list[tuple[str, bytes]], data: st.DataObject) -> None:
    line, again = line_of(sent), line_of(sent)
    if not subjects(line):
        return
    subject = data.draw(st.sampled_from(subjects(line)))
    for other in (line, again):
        made = told((other, AS_OF), (line, AS_OF), subject)
        assert {part["points"] for part in levels(made["parts"])} <= {0.0}


def in_segments(sent: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The same records, most of them with a product or a source, or with a deal that may have one."""
    made = []
    for topic, value in sent:
        content = json.loads(value)
        for field in {"deal": ("product", "source"), "lead": ("source",), "customer": ("source",)}.get(
            content["type"], ()
        ):
            content[field] = (None, "a", "b")[content["version"] // len(field) % 3]
        if content["type"] in ("refund", "feedback"):
            content["deal_id"] = (None, "x-1", "x-2")[content["version"] % 3]
        made.append((topic, json.dumps(content).encode()))
    return made


@settings(max_examples=120, deadline=None)
@given(st.lists(messages(), max_size=40), st.integers(0, 40), st.integers(0, 300), st.integers(-40, 120), st.data())
def test_segments_make_the_metric_and_records_the_change_of_their_segment(
    sent: list[tuple[str, bytes]], known: int, back: int, apart: int, data: st.DataObject
) -> None:
    sent = in_segments(sent)
    now = line_of(sent)
    line = data.draw(st.sampled_from([line_of(sent[:known]), now]))
    if not subjects(now):
        return
    subject = data.draw(st.sampled_from(subjects(now)))
    assert_segments_and_records_add_up(line, now, subject, AS_OF.toordinal() - back, apart)


def test_segments_and_records_of_a_company_add_up() -> None:
    sent = [message(record) for record in company_of_two() if record["type"] != "fx_rate"]
    now, then = (
        line_of(sent),
        line_of(sent[: len(sent) * 2 // 3] + in_segments(sent[len(sent) // 2 : len(sent) * 3 // 4])),
    )
    for subject in subjects(now):
        for line, days, apart in ((now, 100, 28), (then, 80, 0), (then, 105, 10), (now, 70, -20)):
            assert_segments_and_records_add_up(line, now, subject, (FIRST + timedelta(days=days)).toordinal(), apart)


def assert_segments_and_records_add_up(line: Line, now: Line, subject: str, as_of: int, apart: int) -> None:
    factor = 0.75
    scorer, roster = now.scorer(CARD, as_of), now.reference.roster
    earlier = Scorer(line.reference, CARD, as_of - apart, scorer.norms)
    sides = Side(line, Counting(subject, roster, apart), earlier, factor), Side(now, Counting(subject, roster), scorer)
    made = metric_changes(*sides)
    for side, segments in zip(sides, ("before", "after"), strict=True):
        panes = side.counting.panes(side.line.panes_of_members)
        for metric, seen in side.scorer.seen(subject, panes, 28).items():
            found = pooled(getattr(made[metric], segments).values())
            if made[metric].kind == "sum":
                expected = seen.evidence.total * side.factor
                assert math.isclose(found.total, expected, rel_tol=1e-9, abs_tol=1e-9) or not seen.evidence.n
            elif seen.evidence.value is not None and (made[metric].kind != "rate" or 0 < seen.evidence.value < 1):
                assert math.isclose(found.total / found.base, seen.evidence.value, rel_tol=1e-5, abs_tol=1e-9), metric
    for metric, change in made.items():
        for segment in {*change.before, *change.after}:
            ends = change.before.get(segment, Evidence()), change.after.get(segment, Evidence())
            records_ = [record for record in change.records if record.segment == segment]
            base = math.fsum(record.base for record in records_)
            assert math.isclose(base, ends[1].base - ends[0].base, abs_tol=1e-6) or change.kind == "sum", (
                metric,
                segment,
            )
            if change.kind == "sum":  # who stays in the window has not changed, though days present weigh otherwise
                continue
            total = math.fsum(record.total for record in records_)
            assert math.isclose(total, ends[1].total - ends[0].total, rel_tol=1e-6, abs_tol=1e-4), (metric, segment)


FIRST = date(2025, 2, 1)


def company_of_two() -> list[dict[str, Any]]:
    """A simulated company, its activities thinned out."""
    return [
        record
        for place, record in enumerate(records(seed=5, days=115, reps=2, start=FIRST))
        if record["type"] != "activity" or place % 80 == 0
    ]


def test_two_thousand_pairs_of_dates_of_a_company_close() -> None:
    rng = random.Random(11)
    made = company_of_two()
    line, then = line_of(map(message, made)), line_of(map(message, made[: len(made) * 9 // 10]))
    days = sorted(rng.sample(range(45, 115), 20))
    dates = [(FIRST + timedelta(days=day)).toordinal() for day in days]
    lines = {id(of): {day: Asked(of, of.scorer(CARD, day), NOW) for day in dates} for of in (line, then)}
    known, moved, market, segments = subjects(line), 0, 0, set()
    for _ in range(2000):
        subject = rng.choice(known)
        before, after = lines[id(rng.choice([line, line, then]))][rng.choice(dates)], lines[id(line)][rng.choice(dates)]
        found = explanation(before, after, subject)
        assert_closes(found, deeply=False)
        moved += any(abs(part["points"]) > 1 for part in found["parts"])
        market += any(part["cause"] == "market" and abs(part["points"]) > 0.1 for part in found["parts"])
        segments |= {part["segment"] for part in levels(found["parts"]) if "segment" in part}
    assert moved > 1000
    assert market > 500
    assert len(segments) > 3
