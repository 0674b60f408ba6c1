"""A waterfall in sentences: what a manager and a rep read of `upscore explain`, and of an alert."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console

from streams.waterfall_chart import chart
from streams.waterfall_words import (
    SHOWN_FROM,
    SWITCHES,
    Part,
    is_sum,
    leaf_in_words,
    leaves,
    name_of,
    plain,
    points_in_words,
    records_named,
    told_in_order,
)

__all__ = ["paragraphs", "show"]

_LEAVES_TOLD: Final = 3
_RECORDS_TOLD: Final = 3
_CLOSING: Final = (
    "Points say what changed together with the score, not what caused it. Every record behind them can be seen, and a score "
    "is one measure among others: it supports a conversation and settles none."
)


def paragraphs(explanation: dict[str, Any]) -> list[str]:
    """The explanation in short paragraphs, in this order: score, circumstances, pillars, records, how to read it.

    Scores are shown with their interval; too little evidence is said to be that, and no change is then explained. Nothing is
    said to cause anything, parts are "associated with" points. What is below 0.05 points is left out.

    Args:
        explanation: as `upscore explain --json` prints it (contract.md section 4).
    """
    before, after, parts = explanation["from"], explanation["to"], explanation["parts"]
    told = [_head(explanation, before, after)]
    if before is not None and before["score"] is not None and after["score"] is not None:
        told += [_circumstances(parts), *_pillars(parts)]
        if records := records_named(parts, _RECORDS_TOLD):
            listed = ", ".join(
                f"{record['type']} {plain(record['id'])} ({points_in_words(record['points'])})" for record in records
            )
            told.append(f"Records with the largest part in this: {listed}.")
    told.append(_CLOSING)
    return told


def show(explanation: dict[str, Any], console: Console) -> None:
    """Print the explanation: its paragraphs, and where two scores are compared the chart, as wide as the console.

    Colours are the console's choice; where its encoding has no block characters, the chart is drawn with ASCII.
    """
    for paragraph in paragraphs(explanation):
        for line in textwrap.wrap(paragraph, max(20, min(console.width, 100)), break_on_hyphens=False):
            console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
        console.print()
    for drawn in chart(explanation, console.width, blocks=console.encoding.lower().startswith("utf")):
        console.print(drawn, soft_wrap=True)


def _head(explanation: dict[str, Any], before: Part | None, after: Part) -> str:
    subject = explanation["subject"]
    who = "The company" if subject == "company" else f"{subject.capitalize()} {plain(explanation['id'])}"
    now, then = _date(after, before), _date(before, after) if before is not None else ""
    if after["score"] is None:
        return (
            f"{who} has no score {now}: there is too little evidence ({_coverage(after)}). That says nothing about how "
            "well the selling went, and no change is explained."
        )
    head = f"{who} scored {_scored(after)} {now}"
    if before is None:
        return f"{head}. There is no earlier score to compare it with."
    if before["score"] is None:
        return f"{head}. There was too little evidence for a score {then} ({_coverage(before)}), so no change is explained."
    change = after["score"] - before["score"]
    if abs(change) < SHOWN_FROM:
        return f"{head}, as good as unchanged from {_scored(before)} {then}."
    way = "higher" if change > 0 else "lower"
    head = f"{head}, {abs(change):.1f} points {way} than {_scored(before)} {then}."
    ends = (before["low"], before["high"], after["low"], after["high"])
    if None not in ends and before["low"] <= after["high"] and after["low"] <= before["high"]:
        head += " The two intervals overlap, so some or all of the change may be chance."
    return head


def _date(score: Part, other: Part | None) -> str:
    """The score's date; of two scores of the same date what tells them apart: what was known."""
    if other is not None and other["as_of"] == score["as_of"]:
        return f"on {score['as_of']} (as known at {score['version']['known_at']})"
    return f"on {score['as_of']}"


def _scored(score: Part) -> str:
    if score["low"] is None or score["high"] is None:
        return f"{score['score']:.1f}"
    return f"{score['score']:.1f} (80 % interval {score['low']:.1f} to {score['high']:.1f})"


def _coverage(score: Part) -> str:
    whole = math.floor(100 * score["coverage"])  # down: 60 % would look like enough
    return f"records stand behind {whole} % of what the scorecard weighs"


def _circumstances(parts: Sequence[Part]) -> str:
    told = [
        f"{SWITCHES[part['cause']]} {points_in_words(part['points'])}"
        for part in told_in_order(parts)
        if part["cause"] in SWITCHES and abs(part["points"]) >= SHOWN_FROM
    ]
    if not told:
        return "None of the change is associated with scorecard, people, corrected records or the market."
    return f"Points associated with circumstances: {', '.join(told)}."


def _pillars(parts: Sequence[Part]) -> list[str]:
    told = []
    for pillar in told_in_order([part for part in parts if part["cause"] == "pillar"]):
        if abs(pillar["points"]) < SHOWN_FROM:
            continue
        inside = [below for below in told_in_order(pillar.get("parts") or ()) if abs(below["points"]) >= SHOWN_FROM]
        text = f"The {name_of(pillar)} pillar is associated with {points_in_words(pillar['points'])} points"
        told.append(f"{text}: {'; '.join(map(_metric, inside))}." if inside else f"{text}.")
    return told


def _metric(part: Part) -> str:
    points = points_in_words(part["points"])
    if part["cause"] != "metric":
        return f"{points} with how much the pillar counts"
    found = leaves(part)[:_LEAVES_TOLD]
    about = [leaf_in_words(leaf, is_sum=is_sum(part)) for leaf in found]
    if len(found) > 1:
        about = [f"{words} {points_in_words(leaf['points'])}" for words, leaf in zip(about, found, strict=True)]
    return f"{name_of(part)} {points}" + (f" ({', '.join(about)})" if about else "")
