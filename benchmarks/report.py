"""Report: the results as a table on the terminal and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from rich.table import Table

from benchmarks.contest import Contest
from benchmarks.contestant import Contestant, Result
from benchmarks.contestants import BARE_LOOP, OURS, PEER_ENGINES, UPSCORE
from benchmarks.machine import Machine
from benchmarks.markdown import table
from benchmarks.performance_page import CONTEST, PAGE
from benchmarks.spread import spread
from benchmarks.workload import REPS

_QUIET_LOAD = 0.7

HEADINGS = ("", "records", "records/s", "CPU µs a record", "peak memory, MB", "CPU, bare loop = 1", "right?")
_ALIGNED = "<>>>>><"


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

    @property
    def rate(self) -> float:
        """The median of records a second."""
        return median(result.rate for result in self.results)

    def cells(self, limit_cpu_us: float | None) -> tuple[str, ...]:
        """The row under `HEADINGS`; without a limit nothing is compared with it."""
        return (
            self.contestant.name,
            f"{self.results[0].records:,}",
            spread([result.rate for result in self.results], ",.0f"),
            spread([result.cpu_us for result in self.results], ",.1f"),
            spread([result.reading.peak_bytes / 1e6 for result in self.results], ",.0f"),
            "" if limit_cpu_us is None else f"{self.cpu_us / limit_cpu_us:,.1f}",
            self._verdict(),
        )

    def _verdict(self) -> str:
        checked = self.results[0].checked
        if self.is_right:
            return f"yes, all {checked} subjects"
        return f"no: {max(len(result.wrong) for result in self.results)} of {checked} subjects wrong"


def terminal_table(contest: Contest) -> Table:
    """The results for people at a terminal."""
    found = Table(title=f"{len(contest.workload):,} records; records/s and CPU: median (least to most)")
    for heading, aligned in zip(HEADINGS, _ALIGNED, strict=True):
        found.add_column(heading, justify="left" if aligned == "<" else "right")
    for cells in _cells(contest):
        found.add_row(*cells)
    return found


def page(contests: Sequence[Contest], missing: Mapping[str, str], machine: Machine, on: date) -> str:
    """The page of the documentation, in Markdown; `missing` says by name why a contestant was not run."""
    first = contests[0].workload
    quiet = "" if machine.load < _QUIET_LOAD else ", so others were busy on the machine and the rates are pessimistic"
    ran = [contestant for contestant in contests[0].results if contestant is not UPSCORE]
    return PAGE.format(
        contests="\n".join(_contest(contest) for contest in contests),
        contestants="\n".join(f"- **{each.name}**: {each.what}." for each in [UPSCORE, *ran]),
        missing="".join(f"\n**{name}** was not run: {why}.\n" for name, why in missing.items()),
        reps=REPS,
        bytes=first.mean_bytes,
        activities=first.activity_share,
        machine=machine,
        memory=machine.memory_bytes / 2**30,
        libraries=", ".join(machine.libraries),
        on=on.isoformat(),
        quiet=quiet,
    )


def _contest(contest: Contest) -> str:
    repeats = max((len(results) for results in contest.results.values()), default=0)
    failures = [f"**{each.name}** did not finish: {why}." for each, why in contest.failures.items()]
    return CONTEST.format(
        records=len(contest.workload),
        rows=table(HEADINGS, _cells(contest), _ALIGNED),
        runs=f"Median of {repeats} runs (least to most)." if repeats > 1 else "One run each.",
        beside="".join(f" {sentence}" for sentence in [*_beside(_entries(contest)), *failures]),
    )


def _entries(contest: Contest) -> list[Entry]:
    return [Entry(contestant, results) for contestant, results in contest.results.items()]


def _cells(contest: Contest) -> list[tuple[str, ...]]:
    entries = _entries(contest)
    limit = next((entry.cpu_us for entry in entries if entry.contestant is BARE_LOOP), None)
    return [entry.cells(limit) for entry in entries]


def _beside(entries: Sequence[Entry]) -> list[str]:
    """What the rows say of upscore and the best of the engines, which need not be the same one for both."""
    peers = [entry for entry in entries if entry.contestant in PEER_ENGINES and entry.is_right]
    if not peers:
        return []
    cheapest = min(peers, key=lambda entry: entry.cpu_us)
    fastest = max(peers, key=lambda entry: entry.rate)
    return [
        f"{ours.contestant.name}: {ours.cpu_us / cheapest.cpu_us:.2f} times the CPU a record of the "
        f"cheapest engine that is right ({cheapest.contestant.name}), at {ours.rate / fastest.rate:.2f} times the rate of the "
        f"fastest ({fastest.contestant.name})."
        for ours in entries
        if ours.contestant in OURS
    ]
