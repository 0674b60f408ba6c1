"""`python -m benchmarks.faults`: every peer under every fault. Outcomes: lines of build/peers.jsonl; what is there is kept."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import get_args

from benchmarks.faults.contest import Contest, Fault, Peer
from benchmarks.own_stack import own_stack
from streams.settings import Settings

RESULTS = Path(__file__).parents[2] / "build" / "peers.jsonl"


_SIDE_BY_SIDE = 3
"""Runs at a time: 500 records a second keep no core busy, and most of a run is waiting."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    done = {(line["peer"], line["fault"], line["seed"]) for line in _lines(options.results)}
    options.results.parent.mkdir(parents=True, exist_ok=True)
    with own_stack() as (folder, addresses):
        settings = Settings.from_env({}, broker=addresses.broker)
        wanted = [
            Contest(settings, folder / f"{len(done)}-{number}", peer, fault, seed, options.records)
            for number, (seed, peer, fault) in enumerate(
                product(range(1, options.seeds + 1), _peers(options.quix), get_args(Fault))
            )
            if (peer.name, fault, seed) not in done
        ]
        broken = 0
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            for outcome in as_completed([pool.submit(contest.run) for contest in wanted]):
                if outcome.exception() is not None:  # the others go on; what is missing is run next time
                    broken += 1
                    traceback.print_exception(outcome.exception())
                    continue
                line = json.dumps(asdict(outcome.result())) + "\n"
                sys.stdout.write(line)
                sys.stdout.flush()
                with options.results.open("a") as results:
                    results.write(line)
    return int(broken > 0)


def _peers(quix: str | None) -> list[Peer]:
    peers = [
        Peer("stock Faust, at_least_once", "faust_counts", sys.executable, "at_least_once"),
        Peer("stock Faust, exactly_once", "faust_counts", sys.executable, "exactly_once"),
    ]
    if quix is not None:
        python = str(Path(quix).absolute())  # its workers run in folders of their own; no resolve(): it is a link
        peers.append(Peer("Quix Streams, exactly once", "quix_counts", python, "exactly_once"))
    return peers


def _lines(results: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="runs of each peer and fault (default 5)")
    parser.add_argument("--records", type=int, default=10_000, metavar="N", help="records a run (default 10,000)")
    parser.add_argument("--quix", metavar="PYTHON", help="an interpreter that has quixstreams; without it: Faust alone")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where the outcomes go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
