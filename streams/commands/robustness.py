"""`upscore robustness`: how far ranks of reps hang on evidence and on choices of the scorecard."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from scoring.rank_report import rank_report
from scoring.wording import PEOPLE_DECIDE, ranked
from streams.commands import settings_of
from streams.commands.recomputing import add_recomputing, answer, history_asked
from streams.scorecard_file import load_scorecard

if TYPE_CHECKING:
    from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Add the command `robustness`."""
    parser = subparsers.add_parser(
        "robustness",
        help="how far ranks of reps hang on evidence and on choices of the scorecard",
        description="Recomputes the standings of all reps from the topics, no worker needed, and ranks them anew with "
        "each weight 25 % less or more, the arithmetic mean of pillars, each metric's goalposts 10 % nearer or further, "
        "and each metric left out.",
    )
    add_recomputing(parser)
    parser.set_defaults(func=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the report; always 0. With fewer than two reps who have a score its `ranks` are null.

    Raises:
        UpscoreError: the broker cannot be reached, or a topic or the scorecard is missing.
    """
    settings = settings_of(arguments)
    scorecard = load_scorecard(settings.scorecard)
    history, day = history_asked(settings, arguments)
    scorer = history.line.scorer(scorecard, day)
    found = rank_report(scorecard, history.line.standings(scorer))
    as_of, label = date.fromordinal(day).isoformat(), scorer.norms.label if scorer.norms.first_week else None

    def show_ranks(console: Console) -> None:
        console.print(
            f"Ranks by {scorecard.label} on {as_of}, norms {label or 'that the scorecard states'}.", soft_wrap=True
        )
        if found is None:
            console.print("Ranks are not checked: that takes two reps with a score.")
        else:
            print_report(console, found)
        console.print(PEOPLE_DECIDE)

    told = {"as_of": as_of, "scorecard": scorecard.label, "norms": label, "ranks": found}
    return answer(arguments, told, show_ranks)


def print_report(console: Console, found: Mapping[str, Any]) -> None:
    """Print what `rank_report` found."""
    k = len(found["reps"])
    console.print(
        f"{k} reps; {100 * found['told_apart']:.0f} % of their pairs are told apart. Over {len(found['variants'])} other choices "
        f"ranks agree with Kendall's tau {found['kendall']:.2f} (1: all the same).",
        soft_wrap=True,
    )
    console.print()
    table = Table(box=None, header_style="bold")
    for column in ("rep", "score", "rank", "by other choices", "tier", "what the evidence leaves"):
        table.add_column(column, no_wrap=True, justify="right" if column in {"score", "rank"} else "left")
    for row in found["reps"]:
        by_choice = f"{row['best_by_choice']} to {row['worst_by_choice']}"
        evidence = ranked(row["best_rank"], row["worst_rank"], k)
        table.add_row(row["id"], f"{row['score']:.1f}", f"{row['rank']}", by_choice, row["tier"], evidence)
    console.print(table)
    console.print()
    changes = Table(box=None, header_style="bold")
    changes.add_column("changed", no_wrap=True)
    for column in ("half move by at most", "nobody by more than", "stay within their rank interval"):
        changes.add_column(column, justify="right")
    for shift in found["changes"]:
        within = f"{100 * shift['within_interval']:.0f} %"
        changes.add_row(shift["change"], f"{shift['median_ranks']:g}", f"{shift['most_ranks']}", within)
    console.print(changes)
