"""Idle cost: what a worker takes of a core while records trickle in, at some rates.

`python -m benchmarks.idle_cost` starts a Kafka of its own and a worker, publishes records of a simulated company at each rate
for a while, and prints what the worker took of CPU, all its threads. Exit 1 where it is more than the rate may cost.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Final

from confluent_kafka import Producer

from benchmarks.contestant import running, wait_for
from benchmarks.meter import Meter
from benchmarks.own_stack import own_stack
from benchmarks.upscore_worker import WorkerClient, environment
from benchmarks.workload import REPS, Sent, Workload
from streams.local import ports
from streams.settings import Settings

MOST: Final = {0: 0.03, 20: 0.05, 200: 0.15}
"""What part of a core a worker may take, by records a second."""
_WARM: Final = 3_000
"""Records that lie there before anything is measured: the company, its people, some days. What follows is of past weeks too."""
_SETTLE_SECONDS: Final = 15.0
_TRANSACTIONS: Final = "upscore_transactions_total"
_A_SECOND: Final = 20
"""Times a second that records are handed to the producer."""


def main() -> int:
    """Measure each rate and tell; 0 where none costs too much."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=30.0, help="at each rate")
    asked.add_argument("--rates", type=int, nargs="*", default=list(MOST), help="records a second")
    given = asked.parse_args()
    records = int(sum(given.rates) * (given.seconds + _SETTLE_SECONDS)) + _WARM
    messages = iter(Workload.simulated(max(records, 10_000)))
    too_much = False
    with own_stack() as (folder, addresses):
        settings = Settings.from_env({}, broker=addresses.broker, app="idle", topic_prefix="idle.")
        port = ports.choose(None)
        command = [sys.executable, "-m", "streams", "worker"]
        with (
            running(command, folder, environment(settings, port)) as process,
            closing(WorkerClient(port)) as worker,
        ):
            wait_for(worker.is_ready, "getting ready", process, folder, pause=0.2)
            producer = Producer({"bootstrap.servers": settings.broker, "partitioner": "murmur2", "linger.ms": 5})
            _publish(producer, settings, islice(messages, _WARM))
            wait_for(lambda: worker.records() >= _WARM, "the first records", process, folder, pause=0.5)
            for rate in given.rates:
                _trickle(producer, settings, messages, rate, _SETTLE_SECONDS)
                meter, before = Meter(process.pid), worker.total(_TRANSACTIONS)
                meter.start()
                _trickle(producer, settings, messages, rate, given.seconds)
                reading = meter.stop()
                transactions = (worker.total(_TRANSACTIONS) - before) / reading.seconds
                share = reading.cpu_seconds / reading.seconds
                most = MOST.get(rate, 1.0)
                too_much |= share > most
                told = f"{share:.1%} of a core, at most {most:.0%}; {transactions:.1f} transactions/s"
                print(f"{rate} records/s of {REPS} reps: {told}", flush=True)
            producer.flush()
    return int(too_much)


def _publish(producer: Producer, settings: Settings, messages: Iterator[Sent]) -> None:
    for message in messages:
        producer.produce(settings.topic_prefix + message.topic, message.value, message.key)
        producer.poll(0)
    producer.flush()


def _trickle(producer: Producer, settings: Settings, messages: Iterator[Sent], rate: int, seconds: float) -> None:
    """Publish at a rate, evenly, for so long."""
    begun, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < seconds:
        due = int(passed * rate)
        for message in islice(messages, due - sent):
            producer.produce(settings.topic_prefix + message.topic, message.value, message.key)
        sent = due
        producer.poll(0)
        time.sleep(1 / _A_SECOND)


if __name__ == "__main__":
    sys.exit(main())
