"""Report: the results as a table on the terminal and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from rich.table import Table

from benchmarks.contestant import Contestant, Result
from benchmarks.machine import Machine

_QUIET_LOAD = 0.7

HEADINGS = ("", "records", "records/s", "CPU µs a record", "peak memory, MB", "CPU, bare loop = 1", "right?")


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
    ('2 (1–3)', '1')
    """
    middle = format(median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}}–{max(values):{form}})"


def terminal_table(entries: Sequence[Entry], limit: Entry) -> Table:
    """The results for people at a terminal."""
    table = Table(title="records/s and CPU: median (least–most)")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number in {0, len(HEADINGS) - 1} else "right")
    for entry in entries:
        table.add_row(*entry.cells(limit.cpu_us))
    return table


def page(entries: Sequence[Entry], limit: Entry, machine: Machine, *, reps: int, bytes_a_record: float, activities: float, on: date) -> str:
    """The page of the documentation, in Markdown."""
    repeats = len(entries[0].results)
    return "\n".join(
        (
            "# Performance",
            "",
            "Written by `python -m benchmarks` (`make bench`); do not edit.",
            "",
            *_rows(entries, limit),
            "",
            f"Median of {repeats} runs (least–most)." if repeats > 1 else "One run each.",
            "CPU is the steadier figure: user and system time of the contestant's process, all threads, Kafka not included.",
            "",
            "## Contestants",
            "",
            *(f"- **{entry.contestant.name}**: {entry.contestant.what}." for entry in entries),
            "",
            "The peers do much less with the same records: four counts over 7, 28 and 91 days, by rep and by team, from day",
            "panes. They know each rep's teams beforehand, validate nothing, know no money, no splits and no scores. Both keep",
            "the newest version of each record, so that corrections and deletions come out right.",
            "",
            "## Method",
            "",
            f"The same simulated CRM for all (`streams.simulator`, {reps} reps, {bytes_a_record:.0f} bytes a record, "
            f"{activities:.0%} of them activities),",
            "keyed by id, placed by murmur2, 8 partitions a topic, on one local Kafka. Each run has fresh topics and starts from",
            "nothing; repeats are interleaved, one contestant after the other.",
            "",
            "A contestant is started on empty topics. Once it waits for records it is stopped (SIGSTOP), all records are",
            "produced, and the clock starts as it is let go on (SIGCONT): neither its start nor the producing is in the figures.",
            "The clock stops",
            "",
            "- for upscore, when `/metrics` has counted every record (asked every 0.1 s; it counts after the commit) **and** the",
            "  company's score from the API, the last to know, equals that of the oracle;",
            "- for the peers, when they say that they are done: every record taken, every fact summed by rep and team. Their",
            "  rolling figures are computed after that.",
            "",
            "A slow contestant gets the first part of the records; its rate is its own records by its own time, nothing is",
            "extrapolated. Peak memory is the largest resident size during the run, interpreter and libraries included.",
            "",
            "Right: after the run, every figure is compared with `scoring.oracle`, which computes it from the records alone by",
            "brute force - for upscore whole score objects (every metric, every window, utilities, score) of every subject, for",
            "the peers their counts of every rep and team.",
            "",
            "## Machine",
            "",
            f"{machine.cores} cores of {machine.processor}, {machine.memory_bytes / 2**30:.0f} GB, {machine.system}; "
            f"{machine.python}; Kafka {machine.kafka} on the same",
            f"machine. Libraries: {', '.join(machine.libraries)}.",
            "",
            f"Measured on {on.isoformat()}; 1-minute load before the run: {machine.load:.1f}"
            + ("." if machine.load < _QUIET_LOAD else ", so others were busy on the machine and rates are pessimistic."),
            "",
        )
    )


def _rows(entries: Sequence[Entry], limit: Entry) -> list[str]:
    lines = [HEADINGS, ("---", *("---:" for _ in HEADINGS[2:]), "---")]
    lines += [entry.cells(limit.cpu_us) for entry in entries]
    return [f"| {' | '.join(line)} |" for line in lines]
