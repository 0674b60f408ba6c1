"""Daily scores: the CPU time of every rep's score on every day, a record and a rep-day, beside a bare loop over the records.

`python -m benchmarks.daily_scores --records 100000` prints it: panes as arrays and week rows once, norms once a quarter, slopes
once a week, scores of every day. Each pass does all of it anew; the whole is the sum.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from statistics import median
from time import process_time
from typing import Any, Final

import msgspec

from benchmarks.workload import RECORDS_A_DAY, Sent, Workload
from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring.daily import daily_scores
from scoring.improvement import Improvement
from scoring.line import Line
from scoring.norms import Norms
from scoring.organisation import Organisation, microseconds
from scoring.scorecard import parse
from scoring.weeks import DAYS

_PASSES: Final = 5
_START: Final = date(2025, 3, 3)
_LATER: Final = 2**60
_COMPANY: Final = "company:company"
_WHOLE: Final = "the whole of a replay's scoring"
_LOOP: Final = "a bare loop over the records"
_BY_DAY: Final = ("occurred_at", "opened_at", "closed_at")


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--records", type=int, default=100_000)
    messages = Workload.simulated(asked.parse_args().records, _START).messages
    line = _line(messages)
    card = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
    first, last = _START.toordinal(), (_START + timedelta(days=len(messages) // RECORDS_A_DAY)).toordinal()
    renewed = min(line.reference.roster.reps)
    reps = [f"rep:{rep}" for rep in sorted(line.reference.roster.reps)]
    quarters = [card.calendar.quarter(day).first for day in range(first, last + 1)]

    @cache
    def norms_of(day: int) -> Norms:
        return line.norms(card, day)

    def norms_on(day: int) -> Norms:
        """Of each quarter's first day, as they stay in it; the first quarter's by its last day, as provisional ones."""
        return norms_of(max(first, quarters[day - first]) if quarters[day - first] != quarters[0] else last)

    def improvement(day: int) -> Improvement:
        return Improvement(line.ground(card, day), card, norms_on(day), day)

    def score(improvement: Callable[[int], Improvement] | None) -> None:
        panes = line.columns(card)
        for _ in daily_scores(panes, reps, line.reference, card, norms_on, first, last, improvement=improvement):
            pass

    def one_pass(turn: int) -> dict[str, float]:
        """Seconds of each. Nothing is kept from the pass before, and in slopes no column of weeks from the norms."""
        norms_of.cache_clear()
        _renew(line, renewed, 2 * turn)
        line.panes(_COMPANY)
        parts = {
            "panes as arrays": _seconds(lambda: line.columns(card)),
            "week rows": _seconds(lambda: line.ground(card, last)),
            "norms": _seconds(lambda: [norms_on(day) for day in range(first, last + 1)]),
        }
        _renew(line, renewed, 2 * turn + 1)
        line.ground(card, last)
        without_slopes, with_slopes = _seconds(lambda: score(None)), _seconds(lambda: score(improvement))
        parts |= {"daily scores": without_slopes, "slopes": with_slopes - without_slopes}
        return parts | {_WHOLE: sum(parts.values()), _LOOP: _seconds(lambda: _bare(messages))}

    line.ground(card, last)
    gc.collect()
    gc.freeze()  # as a replay does: nobody looks through the records again and again for rubbish
    print(f"{len(messages)} records, {len(reps)} reps, {last - first + 1} days, {(last - first + 1) // DAYS} weeks")
    passes = [one_pass(turn) for turn in range(_PASSES)]
    for what in passes[0]:
        _say(what, [one[what] for one in passes], len(messages), len(reps) * (last - first + 1))
    ratios = sorted(one[_WHOLE] / one[_LOOP] for one in passes)
    print(f"{_WHOLE} / bare loop: {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def _renew(line: Line, rep: str, version: int) -> None:
    """Take a newer version that says the same, so that the line works its weeks out again."""
    line.take("rep", rep, _LATER, version, line.reference.roster.reps[rep])


def _line(messages: tuple[Sent, ...]) -> Line:
    line = Line(Organisation(UTC, "USD", EXPONENTS))
    for message in messages:
        record = decode(message.topic, message.value)
        updated_at = record.updated_at or datetime.combine(_START, datetime.min.time(), UTC)
        held = None if isinstance(record, Deletion) else record
        line.take(record.type, record.id, microseconds(updated_at), record.version or 0, held)
    return line


def _bare(messages: tuple[Sent, ...]) -> dict[tuple[str, str], dict[str, int]]:
    """Decode each record and count it by rep, day and type: no versions, no money, no scores."""
    panes: dict[tuple[str, str], dict[str, int]] = {}
    read: Callable[[bytes], dict[str, Any]] = msgspec.json.decode
    for message in messages:
        record = read(message.value)
        day = next((record[name][:10] for name in _BY_DAY if record.get(name)), "")
        pane = panes.setdefault((record.get("rep_id") or "", day), {})
        pane[record["type"]] = pane.get(record["type"], 0) + 1
    return panes


def _seconds(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def _say(what: str, seconds: list[float], records: int, rep_days: int) -> None:
    by_record, by_day = ([1e6 * of / n for of in seconds] for n in (records, rep_days))
    print(
        f"{what}: {median(by_record):.2f} us of CPU a record ({min(by_record):.2f} to {max(by_record):.2f}),"
        f" {median(by_day):.1f} a rep and day ({min(by_day):.1f} to {max(by_day):.1f})"
    )


if __name__ == "__main__":
    main()
