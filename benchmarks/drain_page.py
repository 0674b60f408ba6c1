"""What docs/drain.md says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from benchmarks.contestant import Result
from benchmarks.machine import Machine
from benchmarks.markdown import table
from benchmarks.spread import spread

_PAGE = """\
# What a drain takes, part by part

Written by `python -m benchmarks.drain_parts --out docs/drain.md` (`make bench-parts`); do not edit.

{parts}

{records:,} records of 100 reps, nine tenths activities, on empty topics ([how](performance.md#method)); median of {runs} runs,
the bare loop by turns. *Times* is how often a part was done: frames of records, transactions, publications; norms worked out.

## The floor

The bare loop decodes four fields of a record and counts it in dictionaries. What a worker does beside that, and cannot leave out:

- **a row for each record**, encoded and sent, for a version that comes later has to be compared with it and its facts taken
  back; dated in the company's time zone; placed by the hash of its id;
- **facts that reach up to four other lanes**, summed, as messages of a transaction, and sums of these for groups;
- **validation** of every field of everything that is not a usual activity, and facts of deals with their splits: an eighth of
  the records, a fifth of the work;
- **the end**: all week rows, norms and scores at once, once everything is in. It is one time's work however many records came
  before: with more records it is less of each.

What was tried against it, and what each step gave, is in decisions
[0009](decisions/0009-what-a-record-costs.md), [0022](decisions/0022-records-by-columns.md),
[0026](decisions/0026-the-end-of-a-drain.md), [0032](decisions/0032-the-floor-of-a-drain.md),
[0033](decisions/0033-the-stages-once-more.md) and [0045](decisions/0045-what-malloc-gives-back.md).

## What is left

What has not been built, with what it was reckoned, or measured on copies, to give of a record's CPU:

- **one row of the state for many records**: about half a microsecond, since rows go into batches as they are
  ([0045](decisions/0045-what-malloc-gives-back.md)); 1 to 1.5 before. Rows would no longer be compacted one by one, and a
  recovery would read what is long replaced;
- **keys of panes that are one object wherever they stand**: 0.5 us. Each new key of a pane is looked up once more;
- **facts between lanes as columns**: 0.3 us, for two forms of facts on one topic;
- **Kafka's second way of transactions (KIP-890)**, one question less for each: 0.1 us. aiokafka does not speak it, nor do
  brokers before 4.0;
- **stages that are compiled**: by themselves they are slower (measured). With Faust, aiokafka and the validator on the same side
  of the border: not tried.

All of it together is an eighth of the whole. The bare loop, which keeps nothing durably and sends nothing, takes by itself
more than a third of the cheapest engine's CPU with a million records ([0032](decisions/0032-the-floor-of-a-drain.md)): a quarter
is not to be had in CPython, record by record.

{machine.cores} cores of {machine.processor}, {memory:.0f} GB, {machine.system}; {machine.python}; Kafka {machine.kafka} on the
same machine. Measured on {on}; 1-minute load before the run {machine.load:.1f}.
"""


class Part(NamedTuple):
    """One part of a worker."""

    name: str
    cpu_us: float
    """Microseconds of CPU a record."""
    times: int
    """How often it was done; 0 where nobody counts."""


def page(parts: Sequence[Part], clocked: Sequence[Result], bare: Sequence[Result], machine: Machine, on: date) -> str:
    """The page, in Markdown."""
    rows = [
        *((part.name, f"{part.cpu_us:.2f}", f"{part.times:,}" if part.times else "") for part in parts),
        ("**all**, without clocks' own", f"{sum(part.cpu_us for part in parts):.1f}", ""),
        ("the process, as `make bench` measures it", spread([result.cpu_us for result in clocked], ".1f"), ""),
        ("the bare loop", spread([result.cpu_us for result in bare], ".1f"), ""),
    ]
    return _PAGE.format(
        parts=table(("part", "CPU, us a record", "times"), rows, "<>>"),
        records=clocked[0].records,
        runs=len(clocked),
        machine=machine,
        memory=machine.memory_bytes / 2**30,
        on=on.isoformat(),
    )
