"""Report: the results as a table on the terminal and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from rich.table import Table

from benchmarks.contestant import Contestant, Result
from benchmarks.machine import Machine
from benchmarks.workload import REPS, Workload

_QUIET_LOAD = 0.7

HEADINGS = ("", "records", "records/s", "CPU µs a record", "peak memory, MB", "CPU, bare loop = 1", "right?")


_PAGE = """\
# Performance

Written by `python -m benchmarks` (`make bench`); do not edit.

{rows}

{runs}. CPU is the steadier figure: user and system time of the contestant's process, all its threads, Kafka not included.

## Contestants

{contestants}

The peers do much less with the same records: four counts over 7, 28 and 91 days, by rep and by team, from day panes. They
know each rep's teams beforehand, validate nothing, and know no money, no splits and no scores. Both keep the newest version
of each record, so that corrections and deletions come out right.

## Method

The same simulated CRM for all (`streams.simulator`: {reps} reps, {bytes:.0f} bytes a record, {activities:.0%} of them on the
topic of activities), keyed by id, placed by murmur2, 8 partitions a topic, on one local Kafka. Each run has fresh topics and
starts from nothing; repeats are interleaved, one contestant after the other.

A contestant is started on empty topics. Once it waits for records it is stopped (SIGSTOP), all records are produced, and the
clock starts as it is let go on (SIGCONT): neither its start nor the producing is in the figures. The clock stops

- for upscore, when `/metrics` has counted every record (it counts after the commit) **and** the company's score from the API,
  the last to know, equals that of the oracle; both are asked every 0.1 s;
- for the peers, when every record is taken and every fact summed by rep and by team. Rolling figures are computed after that.

A slow contestant gets a sample of the records (all versions of one id in so many), the same mix; its rate is its own records by
its own time, nothing is extrapolated.
Peak memory is the largest resident size during the run, interpreter and libraries included.

Right: after each run every figure is compared with `scoring.oracle`, which computes it from the records alone by brute force:
for upscore whole score objects of every subject (every metric and window, utilities, score), for the peers the counts of every
rep and team.

## Machine

{machine.cores} cores of {machine.processor}, {memory:.0f} GB, {machine.system}; {machine.python}; Kafka {machine.kafka} on
the same machine; {libraries}.

Measured on {on}; 1-minute load before the run {machine.load:.1f}{quiet}.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant and its runs."""

    contestant: Contestant
    results: Sequence[Result]

    @property
    def is_right(self) -> bool:
        """Whether no run had a wrong figure."""
        return not any(result.wrong for result in self.results)

    @property
    def cpu_us(self) -> float:
        """The median CPU a record."""
        return median(result.cpu_us for result in self.results)

    def cells(self, limit_cpu_us: float) -> tuple[str, ...]:
        """The row under `HEADINGS`."""
        return (
            self.contestant.name,
            f"{self.results[0].records:,}",
            _spread([result.rate for result in self.results], ",.0f"),
            _spread([result.cpu_us for result in self.results], ",.1f"),
            _spread([result.reading.peak_bytes / 1e6 for result in self.results], ",.0f"),
            f"{self.cpu_us / limit_cpu_us:,.1f}",
            self._verdict(),
        )

    def _verdict(self) -> str:
        checked = self.results[0].checked
        if self.is_right:
            return f"yes, all {checked} subjects"
        return f"no: {max(len(result.wrong) for result in self.results)} of {checked} subjects wrong"


def _spread(values: Sequence[float], form: str) -> str:
    """The median, and where the values lie if they are several.

    >>> _spread([3.0, 1.0, 2.0], ",.0f"), _spread([1.0], ",.0f")
    ('2 (1 to 3)', '1')
    """
    middle = format(median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} to {max(values):{form}})"


def terminal_table(entries: Sequence[Entry], limit: Entry) -> Table:
    """The results for people at a terminal."""
    table = Table(title="records/s and CPU: median (least to most)")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number in {0, len(HEADINGS) - 1} else "right")
    for entry in entries:
        table.add_row(*entry.cells(limit.cpu_us))
    return table


def page(entries: Sequence[Entry], limit: Entry, machine: Machine, workload: Workload, on: date) -> str:
    """The page of the documentation, in Markdown."""
    repeats = len(entries[0].results)
    quiet = "" if machine.load < _QUIET_LOAD else ", so others were busy on the machine and the rates are pessimistic"
    return _PAGE.format(
        rows="\n".join(_rows(entries, limit)),
        runs=f"Median of {repeats} runs (least to most)" if repeats > 1 else "One run each",
        contestants="\n".join(f"- **{entry.contestant.name}**: {entry.contestant.what}." for entry in entries),
        reps=REPS,
        bytes=workload.mean_bytes,
        activities=workload.activity_share,
        machine=machine,
        memory=machine.memory_bytes / 2**30,
        libraries=", ".join(machine.libraries),
        on=on.isoformat(),
        quiet=quiet,
    )


def _rows(entries: Sequence[Entry], limit: Entry) -> list[str]:
    lines = [HEADINGS, ("---", *("---:" for _ in HEADINGS[2:]), "---")]
    lines += [entry.cells(limit.cpu_us) for entry in entries]
    return [f"| {' | '.join(line)} |" for line in lines]
