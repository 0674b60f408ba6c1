"""Score cost: CPU time of scoring a rep with about a year of panes, anew and again after one pane changed.

Run by `python -m benchmarks.score_cost`. Beside each pass a bare loop of known size runs, so that a slow machine is seen as one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from importlib.resources import files
from itertools import count
from statistics import median
from zoneinfo import ZoneInfo

from benchmarks.workload import Workload
from schemas.currencies import EXPONENTS
from schemas.records import InvalidRecord
from scoring.kept_readings import KeptReadings
from scoring.line import Line
from scoring.organisation import Organisation
from scoring.panes import PaneBook
from scoring.score import Scorer
from scoring.scorecard import Scorecard, parse
from streams.intake import read
from tests.traffic import rough_messages

PASSES = 5
SCORES = 200
"""Scores in a pass."""
LOOP = 100_000
"""Additions of the bare loop."""
_REPS = 3
_RECEIVED_MS = 1_767_225_600_000
_DEALS = {"revenue|USD": 12_500, "won|USD": 1_000_000, "won_n|USD": 1}
_CALLS = {"activity/call/connected": 1}

Messages = Iterable[tuple[str, bytes | None, bytes | None]]


def costs(messages: Messages, scorecard: Scorecard) -> dict[str, list[float]]:
    """Microseconds of CPU for each score, a number for each pass, by what was done."""
    line = Line(Organisation(ZoneInfo("UTC"), "USD", EXPONENTS))
    for topic, key, value in messages:
        try:
            deliveries = read(topic, key, value, _RECEIVED_MS)
        except InvalidRecord:
            continue
        for one in deliveries:
            line.take(one.type, one.id, one.updated_at, one.version, one.record)
    as_of = line.newest_day(date.max.toordinal()) or 0
    scorer = Scorer(line.reference, scorecard, as_of, line.norms(scorecard, as_of))
    book, kept, turn = line.reps.book, KeptReadings(), count()
    unwatched, short = PaneBook(), KeptReadings(1)
    unwatched.by_subject = book.by_subject
    reps = sorted((s for s in book.by_subject if s.startswith("rep:")), key=lambda s: -len(book.by_subject[s]))[:_REPS]
    seen = {rep: scorer.seen(rep, book.by_subject[rep]) for rep in reps}

    def again(amounts: dict[str, int]) -> Callable[[str], object]:
        def score(rep: str) -> object:
            book.add(rep, as_of - next(turn) % 28, amounts)
            return kept.score(scorer, rep, book, "now")

        return score

    work: dict[str, Callable[[str], object]] = {
        "anew": lambda rep: scorer.score(rep, book.by_subject[rep], "now"),
        "anew, to be kept": lambda rep: short.score(scorer, rep, unwatched, "now"),
        "again after a deal": again(_DEALS),
        "again after a call": again(_CALLS),
        "of it judged (stand)": lambda rep: scorer.standing(rep, seen[rep]),
    }
    found: dict[str, list[float]] = {name: [] for name in (*work, "bare loop")}
    for _ in range(PASSES):
        for name, score in work.items():
            for rep in reps:
                score(rep)
            found[name].append(_timed(score, [reps[turn % _REPS] for turn in range(SCORES)]))
        found["bare loop"].append(_timed(_loop, [""]))
    return found


def _timed(work: Callable[[str], object], of: list[str]) -> float:
    start = time.process_time()
    for one in of:
        work(one)
    return (time.process_time() - start) / len(of) * 1e6


def _loop(_: str) -> None:
    total = 0
    for number in range(LOOP):
        total += number


def _benchmark_messages() -> Messages:
    workload = Workload.simulated(100_000, date(2025, 1, 1))
    ours = tuple(f'"r-{number}"'.encode() for number in range(1, 1 + _REPS))
    shared = (b'{"type":"team"', b'{"type":"fx_rate"', b'{"type":"target"')
    for message in workload.messages:
        value = message.value
        if value is None or value.startswith(shared) or any(rep in value for rep in ours):
            yield message.topic, message.key, value


def main() -> None:
    """Print a table for each kind of traffic."""
    scorecard = parse(files("scoring").joinpath("scorecards/default.toml").read_text())
    traffic: dict[str, Messages] = {
        "rough traffic": rough_messages(20_000, seed=5, reps=7, days=364),
        "benchmark workload": _benchmark_messages(),
    }
    for name, messages in traffic.items():
        print(f"{name}, us of CPU, median of {PASSES} passes (least to most)")
        for what, passes in costs(messages, scorecard).items():
            print(f"  {what:22} {median(passes):7.0f} ({min(passes):.0f} to {max(passes):.0f})")


if __name__ == "__main__":
    main()
