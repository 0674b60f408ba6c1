"""Backfill: how long 90 days of 500 reps take until a real Prometheus shows them, step by step, and a correction after it.

`python -m benchmarks.backfill --broker HOST:PORT` fills topics of its own, starts a Prometheus of its own on a free port, and
prints a table; with `--page` it puts the table into docs/backfill.md.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from benchmarks.input_topics import fill
from benchmarks.machine import Machine
from benchmarks.replay import cpu
from benchmarks.workload import TOPIC_OF, Sent, Workload
from streams import topic_admin
from streams.backfill.backfilling import Backfill, Done, fill_back, planned
from streams.local.ports import choose
from streams.settings import Settings
from streams.simulator import line, records

PAGE = Path(__file__).parent.parent / "docs" / "backfill.md"
_BEGIN, _END = "<!-- generated: figures -->", "<!-- end of figures -->"
_HISTORY_DAYS = 60
"""Before the days that are told: a quarter's windows hold something from the first of them on."""


class Silent:
    """Says nothing of how a replay gets on."""

    def stage(self, what: str, unit: str, total: int) -> Callable[[int], None]:
        del what, unit, total
        return lambda _: None


def company(reps: int, days: int, last: date) -> Workload:
    """The records of so many reps over so many days up to `last`."""
    made = records(seed=1, days=days, reps=reps, start=last - timedelta(days=days - 1))
    return Workload(tuple(Sent(TOPIC_OF[each["type"]], each["id"].encode(), line(each).rstrip(b"\n")) for each in made))


@contextmanager
def prometheus_in(folder: Path) -> Iterator[str]:
    """A Prometheus that scrapes itself alone; its address."""
    port = choose(None)
    config = folder / "prometheus.yml"
    config.write_text(f"scrape_configs: [{{job_name: itself, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]")
    flags = ["--storage.tsdb.retention.time=2y", "--web.enable-admin-api", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", *flags],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        deadline = time.monotonic() + 60
        while not _is_ready(f"http://127.0.0.1:{port}"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Prometheus is not ready: {(folder / 'prometheus.log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address + "/-/ready", timeout=5):  # noqa: S310 - our own
            return True
    except OSError:
        return False


def table(runs: list[tuple[str, Done, float]], taken: int, reps: int, days: int) -> str:
    """The figures as the page has them."""
    steps = dict.fromkeys(step for _, done, _ in reversed(runs) for step in done.seconds)
    machine = Machine.here()
    samples = sum(block.samples for block in runs[0][1].blocks)
    size = sum(block.size for block in runs[0][1].blocks)
    count = len(runs[0][1].blocks)
    lines = [
        f"{days} days of {reps} reps: {taken:,} records read, {samples:,} samples in {count} blocks of {size / 2**20:,.0f} MB.",
        "",
        "| seconds | " + " | ".join(name for name, _, _ in runs) + " |",
        "| --- |" + " ---: |" * len(runs),
    ]
    for step in steps:
        told = [f"{done.seconds[step]:.1f}" if step in done.seconds else "" for _, done, _ in runs]
        lines.append(f"| {step} | {' | '.join(told)} |")
    totals = [f"{sum(done.seconds.values()):.1f}" for _, done, _ in runs]
    used = [f"{seconds:.1f}" for _, _, seconds in runs]
    lines += [f"| **all of it** | {' | '.join(totals)} |", f"| CPU of upscore and promtool | {' | '.join(used)} |"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    where = f"{machine.processor}, {machine.cores} cores that others use as well (load {machine.load:.1f}), {machine.python}"
    lines += ["", f"{where}, peak memory of upscore {peak:,.0f} MB. `python -m benchmarks.backfill` measures it again."]
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--broker", required=True)
    asked.add_argument("--reps", type=int, default=500)
    asked.add_argument("--days", type=int, default=90)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--page", action="store_true", help="put the figures into docs/backfill.md")
    given = asked.parse_args()
    prefix = f"bench-{uuid4().hex[:8]}."
    settings = Settings(broker=given.broker, topic_prefix=prefix, app=prefix + "app", partitions=4)
    topic_admin.ensure(settings)
    last = datetime.now(UTC).date() - timedelta(days=2)
    workload = company(given.reps, given.days + _HISTORY_DAYS, last)
    fill(settings, workload)
    runs = []
    with TemporaryDirectory() as name, prometheus_in(Path(name)) as address:
        for run, days in (("the first", given.days), ("the same again", given.days)):
            backfill = Backfill(
                settings=settings,
                prometheus=address,
                first=last - timedelta(days=days - 1),
                last=last,
                processes=given.processes,
            )
            used = cpu()
            begun = time.monotonic()
            plan = planned(backfill)
            looked = time.monotonic() - begun
            done = fill_back(backfill, plan, Silent(), print)
            runs.append((run, Done(plan, done.blocks, {"looking": looked, **done.seconds}), cpu() - used))
    found = table(runs, len(workload), given.reps, given.days)
    print(found)
    if given.page:
        text = PAGE.read_text(encoding="utf-8")
        body = f"{_BEGIN}\n{found}\n{_END}"
        PAGE.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: body, text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
