"""`python -m benchmarks`: every contestant, several times, one after the other; a table and docs/performance.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.contest import Contest
from benchmarks.contestants import BY_WORD
from benchmarks.machine import Machine
from benchmarks.own_stack import own_stack
from benchmarks.programs import Missing
from benchmarks.report import page, terminal_table
from benchmarks.workload import REPS, Workload
from streams.local.progress import on_stderr

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_COMPANY_RECORDS = 200_000
"""Of one company; more records are several of it beside each other, for its days must stay within the retention."""

console = Console(stderr=True, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark: 0 when every contestant that could be run was right, 1 otherwise."""
    options = _options(arguments)
    machine = Machine.here()
    chosen, missing = [], {}
    for contestant in (BY_WORD[word] for word in options.only):
        try:
            with console.status(f"{contestant.name}: making what it needs"):
                contestant.prepare()
            chosen.append(contestant)
        except Missing as lack:
            missing[contestant.name] = str(lack)
            console.print(f"[red]{contestant.name}[/red]: not run: {lack}")
    contests = []
    with own_stack(on_stderr()) as (folder, addresses):
        for records in options.records:
            companies = max(1, round(records / _COMPANY_RECORDS))
            console.print(f"simulating {records:,} records of {companies * REPS} reps, and asking the oracle")
            contest = Contest(Workload.simulated(records // companies), companies, console)
            contests.append(contest)
            for repeat in range(options.repeats):
                for contestant in chosen:
                    contest.hold(contestant, repeat, addresses.broker, folder)
            Console().print(terminal_table(contest))
            text = page(contests, missing, machine, datetime.now(UTC).date())
            options.out.write_text(text, encoding="utf-8")
    return 0 if all(contest.is_right for contest in contests) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once, with 50,000 records: to see that all of it works")
    parser.add_argument(
        "--records",
        type=int,
        nargs="+",
        metavar="N",
        help="records of the fast contestants (default 200,000 and 1,000,000)",
    )
    parser.add_argument("--repeats", type=int, metavar="N", help="runs of each contestant and size (default 3)")
    parser.add_argument(
        "--only", nargs="+", choices=BY_WORD, default=list(BY_WORD), help="these contestants (default all)"
    )
    parser.add_argument(
        "--out", type=Path, default=PAGE, metavar="FILE", help="where the page goes (default docs/performance.md)"
    )
    options = parser.parse_args(arguments)
    options.records = options.records or ([50_000] if options.quick else [200_000, 1_000_000])
    options.repeats = options.repeats or (1 if options.quick else 3)
    if min(options.records) < 10_000 or options.repeats < 1:
        parser.error("expected at least 10,000 records and 1 repeat: less measures the start")
    return options


if __name__ == "__main__":
    sys.exit(main())
