"""The stream of records: how far behind it is, how fast it goes, what it refuses."""

from __future__ import annotations

from typing import Final

from dashboards.signal import Query, Signal, signal
from dashboards.units import COUNT, MOMENT, PER_SECOND, RATIO, SECONDS
from schemas import metrics

LAG: Final = f"max by (topic) ({metrics.GROUP_LAG.name})"
"""Every worker tells the lag of the whole group, so that it survives a dead one."""
RATE: Final = f"rate({metrics.RECORDS.name}[$__rate_interval])"


def lag() -> Signal:
    """Records not yet read."""
    return signal(
        "Records behind",
        "Records of all input topics that the group has not committed. Near 0 is good; growing means that "
        "workers are too few or stuck.",
        COUNT,
        f"sum({LAG})",
    )


def time_behind() -> Signal:
    """How old what is applied now is."""
    return signal(
        "Time behind",
        "Age of the newest record when it was committed, by its Kafka timestamp, of the slowest topic. Seconds are good.",
        SECONDS,
        f"max({metrics.RECORD_LAG.name})",
    )


def rate() -> Signal:
    """Records a second."""
    return signal("Records a second", "Records read and committed, of all topics.", PER_SECOND, f"sum({RATE})")


def event_time() -> Signal:
    """The newest business time."""
    return signal(
        "Event time",
        "The newest business time seen in a record. It stands still if a CRM sends nothing.",
        MOMENT,
        f"max({metrics.EVENT_TIME.name}) * 1000",
    )


def event_age() -> Signal:
    """How long ago the newest business time was."""
    return signal(
        "Age of the event time",
        "Now less the newest business time seen in a record. In use, less than a working day; with old records much more.",
        SECONDS,
        f"time() - max({metrics.EVENT_TIME.name})",
    )


def invalid() -> Signal:
    """Part of records that are refused."""
    return signal(
        "Refused",
        "Part of the records of the last minute that were refused, of the worst topic. Over 10 % a source sends "
        "what it should not.",
        RATIO,
        f"max({metrics.INVALID_RATIO.name})",
    )


def stalled() -> Signal:
    """Partitions that stand still."""
    return signal(
        "Stalled partitions",
        "Partitions whose lag grows while their position stands still. 0 is good; otherwise see the runbook, UpscoreStalled.",
        COUNT,
        f"sum({metrics.STALLED_PARTITIONS.name})",
    )


def lag_by_topic() -> Signal:
    """Records not yet read, by topic."""
    return signal(
        "Records behind by topic",
        "Records of a topic that the group has not committed, whether a worker owns the partition or not.",
        COUNT,
        Query(LAG, "{{topic}}"),
    )


def lag_by_partition() -> Signal:
    """Records not yet applied, by partition."""
    return signal(
        "Records behind by partition",
        "All topics of a partition together, as its lane sees it. One far above the others: a key that gets most "
        "records, or a slow worker.",
        COUNT,
        Query(
            f"sum by (partition) (max by (topic, partition) ({metrics.POSITION_LAG.name}))", "partition {{partition}}"
        ),
    )


def time_behind_by_topic() -> Signal:
    """Age of the newest record at its commit, by topic."""
    return signal(
        "Time behind by topic",
        "Age of the newest record when it was committed, by its Kafka timestamp: from the CRM's publishing to the score.",
        SECONDS,
        Query(f"max by (topic) ({metrics.RECORD_LAG.name})", "{{topic}}"),
    )


def lateness() -> Signal:
    """How late records come."""
    return signal(
        "Lateness by topic",
        "How long after they were made the records of the last minute came to Kafka, on average. High: the CRM "
        "sends late, upscore is not behind.",
        SECONDS,
        Query(f"max by (topic) ({metrics.LATENESS.name})", "{{topic}}"),
    )


def rate_by_topic() -> Signal:
    """Records a second, by topic."""
    return signal(
        "Throughput by topic",
        "Records a second, read and committed.",
        PER_SECOND,
        Query(f"sum by (topic) ({RATE})", "{{topic}}"),
    )


def rate_by_outcome() -> Signal:
    """Records a second, by what became of them."""
    return signal(
        "Throughput by outcome",
        "Records a second. Applied: a newest version; unchanged: a version already held; stale: older than the "
        "one held; invalid: refused.",
        PER_SECOND,
        Query(f"sum by (outcome) ({RATE})", "{{outcome}}"),
    )


def dead_letters() -> Signal:
    """Rejected records, by reason."""
    return signal(
        "Dead letters by reason",
        "Records a second that were refused, by reason; they stand in upscore.dead-letters.v1 with what was wrong.",
        PER_SECOND,
        Query(f"sum by (reason) (rate({metrics.DEAD_LETTER_RECORDS.name}[$__rate_interval]))", "{{reason}}"),
    )


def transactions() -> Signal:
    """Transactions a second, by outcome."""
    return signal(
        "Transactions",
        "Transactions a second by outcome. Some aborts at a rebalance are usual; many mean that brokers or "
        "workers are in trouble.",
        PER_SECOND,
        Query(f"sum by (outcome) (rate({metrics.TRANSACTIONS.name}[$__rate_interval]))", "{{outcome}}"),
    )


def transaction_time() -> Signal:
    """How long transactions take."""
    buckets = f"sum by (le) (rate({metrics.TRANSACTION_SECONDS.name}_bucket[$__rate_interval]))"
    return signal(
        "Transaction time",
        "From the begin to the commit of a transaction: half and 99 % of them are faster.",
        SECONDS,
        Query(f"histogram_quantile(0.5, {buckets})", "median"),
        Query(f"histogram_quantile(0.99, {buckets})", "99 %"),
    )


def event_time_course() -> Signal:
    """The newest business time over time."""
    return signal(
        "Event time over time",
        "The newest business time seen. A straight line up in use; steep while history is read.",
        MOMENT,
        Query(f"max({metrics.EVENT_TIME.name}) * 1000", "event time"),
    )


def redelivered() -> Signal:
    """What had to be read again, or is lost."""
    return signal(
        "Read again and lost",
        "Times that a lane had a topic read again, and records that the broker deleted before they were read. "
        "Both are 0 where all is well.",
        COUNT,
        Query(f"sum(increase({metrics.SEEK_BACKS.name}[$__rate_interval])) or vector(0)", "read again"),
        Query(f"sum(increase({metrics.GAP_RECORDS.name}[$__rate_interval])) or vector(0)", "lost before read"),
    )
