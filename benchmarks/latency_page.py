"""What docs/latency.md says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from benchmarks.machine import Machine
from benchmarks.markdown import table
from benchmarks.probes import METRICS, STATE, TOPIC, Seen
from streams.publication import GRACE
from streams.settings import Settings

HEADINGS = ("load", "records/s sent", "state (probes)", "topic (probes)", "/metrics (probes)", "of a core")

_PERCENTILES = (50, 95, 99)

_PAGE = """\
# Latency

Written by `python -m benchmarks.latency --out docs/latency.md`; do not edit.

Milliseconds from sending a record to where its score can be read: p50 / p95 / p99.

{rows}

- **state**: what `/api/v1/scores/rep/...` answers, asked every 10 ms until the record is in it.
- **topic**: the score that counts it has come from `upscore.scores.v1` to a consumer that reads committed messages.
- **/metrics**: `sales_rep_metric` of the rep counts it, asked every 100 ms, so up to that much is the asking.

Scores are published at most every {publish:g} s, so topic and `/metrics` are late by half of that at the median and all of it at
worst, whatever the load; where few records come, scores that are due wait up to {grace:g} of it for some to go out with.
`UPSCORE_PUBLISH_SECONDS` sets it.

Of a core: CPU of the worker while records flow and nobody asks anything, before the probes of that row.

## How it was measured

One worker with {partitions} partitions, a Kafka on the same machine, clock `wall`, all settings as they are. Records are calls of
reps, each with an id of its own, at an even rate, sent every 5 ms. Beside them up to four probes a second, at moments that are
not even, each a call of one of 20 reps of their own; a probe is in when the count of the rep's calls says so. The clock runs from
before a probe is handed to its producer (`linger.ms` 2), and probes are sent whether those before are seen or not.

The rows with something going on: a second worker joins and takes half of the partitions, and whoever owns a rep is asked;
`upscore replay` goes over four weeks again and again; a worker with many reps is asked for all its metrics, zipped, every 5 s.

{machine.cores} cores of {machine.processor}, {memory:.0f} GB, {machine.system}; {machine.python}; Kafka {machine.kafka}, the
sender and the probes on the same cores.

Measured on {on}; 1-minute load before the run {machine.load:.1f}.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Latencies under one load."""

    name: str
    rate: float
    """Records a second that were really sent, without the probes."""
    core_share: float | None
    """Of a core, 0..1 and more; None where it was not measured."""
    seen: Sequence[Seen]

    def cells(self) -> tuple[str, ...]:
        """The row under `HEADINGS`."""
        share = "" if self.core_share is None else f"{self.core_share:.1%}"
        return self.name, f"{self.rate:,.0f}", self._of(STATE), self._of(TOPIC), self._of(METRICS), share

    def _of(self, where: str) -> str:
        found = sorted(seen.seconds for seen in self.seen if seen.where == where)
        return " / ".join(f"{1000 * percentile(found, share):,.0f}" for share in _PERCENTILES) + f" ({len(found)})"


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of ascending values that `share` per cent of them do not exceed.

    >>> [percentile([1.0, 2.0, 3.0, 4.0], share) for share in (50, 95, 99)]
    [2.0, 4.0, 4.0]
    """
    return ordered[max(0, -int(-len(ordered) * share // 100) - 1)]


def page(found: Sequence[Measured], machine: Machine, on: date) -> str:
    """In Markdown."""
    settings = Settings()
    return _PAGE.format(
        rows=table(HEADINGS, [each.cells() for each in found], "<>>>>>"),
        grace=GRACE,
        publish=settings.publish_seconds,
        partitions=settings.partitions,
        machine=machine,
        memory=machine.memory_bytes / 2**30,
        on=on.isoformat(),
    )
