"""`python -m benchmarks`: every contestant, several times, one after the other; a table and docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import stock_faust
from benchmarks.contestant import Contestant, Failed, Ground, Result
from benchmarks.machine import Machine
from benchmarks.peer import Peer
from benchmarks.report import Entry, page, terminal_table
from benchmarks.truth import Truth
from benchmarks.upscore_worker import UpscoreWorker
from benchmarks.workload import REPS, Workload
from streams.local import OwnedStack
from streams.local.progress import on_stderr
from streams.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"

BARE_LOOP = Peer(
    name="a bare Python loop",
    what=(
        "a confluent-kafka consumer, msgspec decoding the few fields that are needed, dictionaries; no durable state, no "
        "output: the limit of what Python can do"
    ),
    module="benchmarks.bare_loop",
)
STOCK_FAUST = Peer(
    name="stock Faust",
    what=(
        "raw bytes and orjson, a table of newest versions, day panes by rep and by team in memory tables with changelogs, "
        "repartitioned by rep and by team, at least once"
    ),
    module="benchmarks.stock_faust",
    part=0.1,
    own_topics=stock_faust.OWN_TOPICS,
)
CONTESTANTS: tuple[Contestant, ...] = (UpscoreWorker(), BARE_LOOP, STOCK_FAUST)

console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark: 0 when every contestant was right, 1 otherwise."""
    options = _options(arguments)
    machine = Machine.here()
    console.print(f"simulating {options.records:,} records of {REPS} reps")
    workload = Workload.simulated(options.records)
    grounds = {contestant.name: workload.sample(contestant.part) for contestant in CONTESTANTS}
    truths = {}
    for part in grounds.values():
        if len(part) not in truths:
            console.print(f"asking the oracle about {len(part):,} records")
            truths[len(part)] = Truth.of(part)
    results: dict[str, list[Result]] = {contestant.name: [] for contestant in CONTESTANTS}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        OwnedStack(Path(folder) / "stack", on_stderr()) as stack,
    ):
        for repeat in range(options.repeats):
            for number, contestant in enumerate(CONTESTANTS):
                part = grounds[contestant.name]
                run = f"bench-{number}-{repeat}"
                settings = Settings.from_env({}, broker=stack.addresses.broker, app=run, topic_prefix=f"{run}.")
                try:
                    result = _run(contestant, settings, Path(folder) / run, part, truths[len(part)], repeat)
                except Failed as failed:
                    console.print(f"[red]{contestant.name}[/red]: {failed}", highlight=False)
                    return 1
                results[contestant.name].append(result)
    entries = [Entry(contestant, results[contestant.name]) for contestant in CONTESTANTS]
    limit = next(entry for entry in entries if entry.contestant is BARE_LOOP)
    Console().print(terminal_table(entries, limit))
    text = page(entries, limit, machine, workload, datetime.now(UTC).date())
    options.out.write_text(text, encoding="utf-8")
    return 0 if all(entry.is_right for entry in entries) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once, with 50,000 records: for continuous integration")
    parser.add_argument("--records", type=int, metavar="N", help="records of the fast contestants (default 200,000)")
    parser.add_argument("--repeats", type=int, metavar="N", help="runs of each contestant (default 3)")
    parser.add_argument(
        "--out", type=Path, default=PAGE, metavar="FILE", help="where the page goes (default docs/performance.md)"
    )
    options = parser.parse_args(arguments)
    options.records = options.records or (50_000 if options.quick else 200_000)
    options.repeats = options.repeats or (1 if options.quick else 3)
    if options.records < 10_000 or options.repeats < 1:
        parser.error("expected at least 10,000 records and 1 repeat: less measures the start")
    return options


def _run(
    contestant: Contestant, settings: Settings, folder: Path, workload: Workload, truth: Truth, repeat: int
) -> Result:
    folder.mkdir()
    title = f"{contestant.name}, run {repeat + 1}"
    with console.status(f"{title}: getting ready") as status:
        ground = Ground(
            settings,
            folder,
            workload,
            truth,
            lambda count: status.update(f"{title}: {count:,} of {len(workload):,} records"),
        )
        result = contestant.run(ground)
    console.print(
        f"{title}: {result.rate:,.0f} records/s, {result.cpu_us:,.1f} µs of CPU a record, "
        f"{result.reading.peak_bytes / 1e6:,.0f} MB, {len(result.wrong)} of {result.checked} subjects wrong"
        + (f" ({', '.join(result.wrong[:5])}, ...)" if result.wrong else ""),
        highlight=False,
    )
    return result


if __name__ == "__main__":
    sys.exit(main())
