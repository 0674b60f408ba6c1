"""`python -m tests.faults`: play the scenarios, write down every run, and make docs/reliability.md of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from streams.local import OwnedStack
from tests.faults import broker, outputs, peers, topics, workers  # noqa: F401 - they declare their scenarios
from tests.faults.page import write_page
from tests.faults.playing import play
from tests.faults.results import append, load
from tests.faults.scenario import SCENARIOS

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "faults.jsonl"
RUNS = ROOT / "build" / "faults"
PEERS = ROOT / "build" / "peers.jsonl"
"""Written by `benchmarks.faults`."""
PAGE = ROOT / "docs" / "reliability.md"


def main() -> int:
    """0 if every run was as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, help="runs of each scenario, in place of its own number")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--only", action="append", choices=list(SCENARIOS), help="this scenario; may be repeated")
    parser.add_argument("--cut", action="store_true", help="one run of each scenario that CI plays")
    parser.add_argument(
        "--resume", action="store_true", help="keep the runs that went well before, and play the others"
    )
    parser.add_argument("--page", action="store_true", help="write the page from the runs there are, and play nothing")
    asked = parser.parse_args()
    if not asked.page:
        if not asked.resume and not asked.only:
            RESULTS.unlink(missing_ok=True)
        _play_all(asked)
    runs = load(RESULTS)
    write_page(PAGE, runs, peers.load(PEERS))
    return int(any(run.failure for run in runs))


def _play_all(asked: argparse.Namespace) -> None:
    done = {(run.scenario, run.seed) for run in load(RESULTS) if not run.failure} if asked.resume else set()
    wanted = [
        (scenario, seed)
        for scenario in SCENARIOS.values()
        if (scenario.in_cut or not asked.cut) and scenario.name in (asked.only or SCENARIOS)
        for seed in range(asked.first, asked.first + (1 if asked.cut else asked.seeds or scenario.runs))
        if (scenario.name, seed) not in done
    ]
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, OwnedStack(Path(folder)) as stack:
        for number, (scenario, seed) in enumerate(wanted, start=1):
            result = play(scenario, seed, stack.addresses, RUNS / f"{scenario.name}-{seed}")
            append(RESULTS, result)
            last_line = result.failure.strip().splitlines()[-1][:300] if result.failure else "exact"
            sys.stdout.write(
                f"{number}/{len(wanted)} {scenario.name} {seed}: {last_line}; {result.faults} faults, "
                f"{result.figures} figures, ready after {result.ready_seconds}, {result.seconds} s\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
