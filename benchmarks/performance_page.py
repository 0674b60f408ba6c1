"""The words of docs/performance.md."""

PAGE = """\
# Performance

Written by `python -m benchmarks` (`make bench`); do not edit.

{contests}
CPU is the steadier figure: user and system time of the contestant's process, or of both workers', all threads, without Kafka,
which runs on the same cores. For the engines on the JVM that is also what the JIT compiler and the garbage collector take: it
weighs on the first ten seconds or so, and fades with more records. Where upscore's goes, part by part: [drain](drain.md).
{missing}
## Contestants

{contestants}

The peers do much less with the same records: four counts over 7, 28 and 91 days, by rep and by team, from day panes. They
know each rep's teams beforehand, validate nothing, and know no money, no splits and no scores. All keep the newest version
of each record, so that corrections and deletions come out right. Where an engine has a choice that was measured, the
cheaper right one was taken: [decision 0027](decisions/0027-peers-in-the-benchmark.md).

## Method

The same simulated CRM for all (`streams.simulator`: {reps} reps, {bytes:.0f} bytes a record, {activities:.0%} of them on the
topic of activities), keyed by id, placed by murmur2, 8 partitions a topic, on one local Kafka. More than 200,000 records are
several such companies beside each other. Each run has fresh topics and starts from nothing; repeats are interleaved, one
contestant after the other.

A contestant is started on empty topics. Once it waits for records it is stopped (SIGSTOP), all records are produced, and the
clock starts as it is let go on (SIGCONT): neither its start nor the producing is in the figures. The clock stops

- for upscore, when `/metrics` has counted every record (it counts after the commit) **and** the company's figures from the API,
  the last to know, equal those of the oracle; both are asked every 0.1 s;
- for the peers, when every record is taken and every fact summed by rep and by team. What the last checkpoint, snapshot or
  commit would still take is not waited for, and rolling figures are read after that.

A slow contestant gets a sample of the records (all versions of one id in so many), the same mix; its rate is its own records by
its own time, nothing is extrapolated.
Peak memory is the largest resident size during the run, interpreter or virtual machine and libraries included; JVMs may take a
heap of 2 GB.

Right: after each run every figure is compared with `scoring.oracle`, which computes it from the records alone by brute force:
for upscore whole score objects of every subject (every metric and window, utilities, score), for the peers the counts of every
rep and team. With several companies beside each other upscore too is compared by these counts. Two workers get a minute, after
the clock has stopped by the company's counts, to say the whole truth: none of them knows when the other has told all that norms
and slopes are made of, and they follow. Windows end today, in UTC: a run during which the day turns is not counted, but held
again.

## Machine

{machine.cores} cores of {machine.processor}, {memory:.0f} GB, {machine.system}; {machine.python}; Kafka {machine.kafka} on
the same machine; {libraries}.

Measured on {on}; 1-minute load before the run {machine.load:.1f}{quiet}.
"""

CONTEST = """\
## {records:,} records

{rows}

{runs}{beside}
"""
