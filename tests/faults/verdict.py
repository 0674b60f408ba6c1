"""Verdict: whether published scores and dead letters are what they must be, and what is lost or doubled where not."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.installation import Installation, Scores, first_difference

Letters = Counter[tuple[bytes, bytes]]
_PAUSE_SECONDS = 0.5


@dataclass(slots=True)
class Verdict:
    """`lost` and `doubled` count what records contributed to the reps' figures, and dead letters.

    `replayed` counts the published values that a replay of the topics repeats.
    """

    figures: int
    lost: int = 0
    doubled: int = 0
    replayed: int = 0
    difference: str | None = None


def compared(line: Installation, expected: Scores, bad: Letters, patience_seconds: float) -> Verdict:
    """Wait for these scores and for each of these bad records once among the dead letters."""
    verdict = Verdict(figures=figures(expected) + bad.total())
    try:
        line.wait_for_scores(expected, patience_seconds)
    except AssertionError as error:
        verdict.difference = str(error)
        published = line.published_scores()
        verdict.difference += f" ({_differing(published, expected)})"
        for key, score in expected.items():
            if key[0] == "rep":
                _count(published.get(key), score, verdict)
    letters = _letters(line)
    deadline = time.monotonic() + patience_seconds
    while letters != bad and not letters - bad and time.monotonic() < deadline:  # the last ones may be on their way
        time.sleep(_PAUSE_SECONDS)
        letters = _letters(line)
    verdict.lost += (bad - letters).total()
    verdict.doubled += (letters - bad).total()
    if letters != bad and verdict.difference is None:
        verdict.difference = f"dead letters: missing {bad - letters}, too many {letters - bad}"
    assert verdict.difference is not None or first_difference(line.published_scores(), expected) is None
    return verdict


def _letters(line: Installation) -> Letters:
    return Letters((letter.key(), letter.value()) for letter in line.dead_letters())


def _differing(published: Scores, expected: Scores) -> str:
    """Which values of which subjects differ, in short."""
    found = [
        f"{key[0]} {key[1]} {field}: {published[key].get(field)!r} instead of {value!r}"
        for key, score in expected.items()
        if key in published
        for field, value in sorted(score.items())
        if field not in ("version", "metrics", "pillars") and published[key].get(field) != value
    ]
    return f"{len(found)} differ: {'; '.join(found[:12])}"


def _count(found: dict[str, Any] | None, expected: dict[str, Any], verdict: Verdict) -> None:
    """What is missing and what is too much in how many records each metric of the longest window counts."""
    for name, metric in expected["metrics"].items():
        window = list(metric["windows"])[-1]
        should = int(metric["windows"][window].get("n") or 0)
        held = 0 if found is None else found["metrics"].get(name, {}).get("windows", {}).get(window, {})
        is_ = int(held.get("n") or 0) if isinstance(held, dict) else 0
        verdict.lost += max(0, should - is_)
        verdict.doubled += max(0, is_ - should)


def figures(value: Any) -> int:
    """How many single values there are in it."""
    if isinstance(value, dict):
        return sum(map(figures, value.values()))
    return sum(map(figures, value)) if isinstance(value, list) else 1
