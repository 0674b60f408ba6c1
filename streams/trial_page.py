"""Trial page: what a changed scorecard would have done, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from scoring.scorecard import Scorecard
from scoring.scorecard_review import RankStability, notes
from streams.scorecard_page import print_evidence

_MOST: Final = 20
"""Lines of each list; `--json` has all."""


def print_trial(
    console: Console, report: Mapping[str, Any], scorecard: Scorecard, stability: RankStability | None
) -> None:
    """Print a report of `streams.replay.trial`; `stability` is that of the scorecard that was tried, on the last day."""
    before, after = report["before"]["scorecard"], report["after"]["scorecard"]
    console.print(
        f"What {after} would have done from {report['from']} to {report['until']}, beside {before}, from the records as known "
        f"at {report['known_at']}. Nothing was published.",
        soft_wrap=True,
    )
    _heading(console, f"Ranks of reps on {report['ranks']['as_of']}")
    _print_ranks(console, report, before, after)
    _heading(console, "Scores")
    _print_moved(console, report["difference"])
    _heading(console, "Alerts on drops")
    _print_alerts(console, report["alerts"], before, after)
    _heading(console, f"How firm ranks by {after} are")
    firm = report["robustness"]
    for name, side in ((before, "before"), (after, "after")):
        if firm[side] is not None:
            told = firm[side]
            console.print(
                f"  {name}: {100 * told['told_apart']:.0f} % of the pairs of reps are told apart; over {len(told['variants'])} "
                f"other choices ranks agree with Kendall's tau {told['kendall']:.2f}.",
                soft_wrap=True,
            )
    print_evidence(console, scorecard, report["signal"]["after"], stability)
    if found := notes(scorecard):
        _heading(console, "Is this what you mean?")
        for note in found:
            console.print(f"  - {note}", soft_wrap=True)


def _print_ranks(console: Console, report: Mapping[str, Any], before: str, after: str) -> None:
    found = report["ranks"]
    agreed, over = found["agreement"], found["over_days"]
    if agreed is None:
        console.print("  Ranks are not compared: that takes two reps with a score by both.")
        return
    console.print(
        f"  {agreed['subjects']} reps have a score by both. Their ranks agree with Kendall's tau {agreed['kendall']:.2f} (1: all "
        f"the same); half move by at most {agreed['median_ranks']:g}, nobody by more than {agreed['most_ranks']}. Over all days: "
        f"{over['median']:.2f} in the middle, {over['lowest']:.2f} at the lowest, on {over['lowest_on']}.",
        soft_wrap=True,
    )
    moves = report["week_to_week"]
    if moves["before"] is not None and moves["after"] is not None:
        console.print(
            f"  From one week to the next half of the reps move by at most {moves['before']:g} ranks by {before}, "
            f"{moves['after']:g} by {after}.",
            soft_wrap=True,
        )
    table = _table(("rep", "score", "would be", "rank", "would be"), right={"score", "would be", "rank"})
    moved = sorted(found["reps"], key=_move)
    for row in moved[:_MOST]:
        table.add_row(
            row["id"], _number(row["from"]), _number(row["to"]), _rank(row["rank_from"]), _rank(row["rank_to"])
        )
    console.print(table)
    _more(console, len(moved))


def _move(row: Mapping[str, Any]) -> tuple[float, int, str]:
    """Who appears or vanishes first, then who moves furthest."""
    one, two = row["rank_from"], row["rank_to"]
    return (-float("inf") if one is None or two is None else -abs(two - one), two or one or 0, row["id"])


def _print_moved(console: Console, difference: Mapping[str, Any]) -> None:
    moved = difference["moved"]
    console.print(
        f"  {len(moved)} of {difference['compared']} subjects have another score on any of the days. Most moves:"
    )
    table = _table(("subject", "id", "days", "on", "score", "would be", "mostly"), right={"days", "score", "would be"})
    for one in moved[:_MOST]:
        table.add_row(
            one["subject"],
            one["id"],
            f"{one['days']}",
            one["as_of"],
            _number(one["from"]),
            _number(one["to"]),
            _mostly(one),
        )
    console.print(table)
    _more(console, len(moved))


def _mostly(one: Mapping[str, Any]) -> str:
    """The part with the most points, and its largest metric."""
    if not one["parts"]:
        return ""
    part = max(one["parts"], key=lambda each: abs(each["points"]))
    metric = max(part.get("parts") or [{}], key=lambda each: abs(each.get("points", 0.0))).get("metric")
    name = part.get("pillar") or part["cause"]
    return f"{name}/{metric} {part['points']:+.1f}" if metric else f"{name} {part['points']:+.1f}"


def _print_alerts(console: Console, alerts: Mapping[str, Any], before: str, after: str) -> None:
    only_before, only_after = alerts["only_before"], alerts["only_after"]
    console.print(
        f"  {len(alerts['both'])} come by both; {len(only_before)} would not have come by {after}; {len(only_after)} would have "
        f"come by {after} alone.",
        soft_wrap=True,
    )
    rows = [("not", each) for each in only_before] + [("new", each) for each in only_after]
    rows += [("both", pair["after"]) for pair in alerts["both"]]
    if not rows:
        return
    table = _table(("", "day", "subject", "id", "metric", "points", "cause"), right={"points"})
    for what, drop in rows[:_MOST]:
        points = f"{drop['points']:+.1f}"
        table.add_row(what, drop["day"], drop["subject"], drop["id"], drop["metric"], points, drop["cause"])
    console.print(table)
    _more(console, len(rows))
    console.print(f"  not: by {before} alone; new: by {after} alone", soft_wrap=True)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(text)


def _table(columns: Sequence[str], right: set[str]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 1))
    for column in columns:
        table.add_column(column, no_wrap=True, justify="right" if column in right else "left")
    return table


def _more(console: Console, count: int) -> None:
    if count > _MOST:
        console.print(f"  and {count - _MOST} more: --json has them all")


def _number(score: float | None) -> str:
    return "-" if score is None else f"{score:.1f}"


def _rank(rank: int | None) -> str:
    return "-" if rank is None else f"{rank}"
