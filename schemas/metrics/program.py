"""What the program says of itself: records, transactions, lag, recovery, exports and its own cost."""

from __future__ import annotations

from typing import Final

from schemas.metrics.spec import MetricSpec, counter, gauge, histogram

OUTCOMES: Final = ("applied", "unchanged", "stale", "invalid")
"""What becomes of a record of an input topic; exactly one a record."""

ODDITY_KINDS: Final = ("closed_before_opened",)
"""What may be odd about a record that is accepted."""

TRANSACTION_OUTCOMES: Final = ("committed", "fenced", "failed")
"""What becomes of a transaction: `fenced` where another worker writes for the partition, `failed` by an error of the broker."""

STORE_OUTCOMES: Final = ("written", "failed", "lost")
"""What becomes of a batch of scores: `lost` where the store took it, but has lost earlier ones, which are written anew."""

ALERT_LABELS: Final = (("ScoreDropped", "ScoreRecovered"), ("alarm",))
"""Types and severities of the alerts that are sent."""

RECORDS: Final = counter(
    "upscore_records_total",
    "records",
    "Records read from input topics, counted once each after the commit, by what became of them.",
    "topic",
    "outcome",
)
DEAD_LETTER_RECORDS: Final = counter(
    "upscore_dead_letters_total", "records", "Rejected deliveries written to the dead letters.", "reason"
)
INVALID_RATIO: Final = gauge(
    "upscore_invalid_ratio",
    "ratio",
    "Part of the records of the last minute that were refused, 0..1; over 0.1 for minutes, a source sends what it should not.",
    "topic",
)
MISPLACED_RECORDS: Final = counter(
    "upscore_misplaced_records_total",
    "records",
    "Records that landed in a foreign partition and were forwarded home.",
    "topic",
)
ODDITIES: Final = counter(
    "upscore_oddities_total", "records", "Records accepted although something about them is odd.", "kind"
)
GAP_RECORDS: Final = counter(
    "upscore_gap_records_total", "records", "Records that the broker deleted before they were read.", "topic"
)
SEEK_BACKS: Final = counter(
    "upscore_seek_backs_total", "events", "Times a lane had a topic read again because frames were lost on the way."
)
TRANSACTIONS: Final = counter("upscore_transactions_total", "transactions", "Transactions by outcome.", "outcome")
TRANSACTION_SECONDS: Final = histogram(
    "upscore_transaction_seconds", "seconds", "Time from the begin to the commit of a transaction."
)
RECORD_LAG: Final = gauge(
    "upscore_record_lag_seconds",
    "seconds",
    "Age of the newest record applied when it was committed, by its Kafka timestamp.",
    "topic",
)
EVENT_TIME: Final = gauge(
    "upscore_event_time_seconds",
    "seconds",
    "Newest business date seen, as the unix time of its midnight; absent before there is one.",
)
POSITION_LAG: Final = gauge(
    "upscore_partition_position_lag",
    "records",
    "Records of a partition not yet applied by the lane that owns it.",
    "topic",
    "partition",
)
STALLED_PARTITIONS: Final = gauge(
    "upscore_stalled_partitions", "partitions", "Owned partitions whose lag grows while their position stands still."
)
SPEAKING_PARTITIONS: Final = gauge(
    "upscore_speaking_partitions",
    "partitions",
    "Owned partitions of which the worker tells scores and alerts: all of them, but none while its generation is silent.",
    "generation",
)
SILENT_LAG: Final = gauge(
    "upscore_silent_lag_records",
    "records",
    "Records that a silent generation has yet to read, by input topic; absent while it speaks.",
    "topic",
    "generation",
)
RECOVERY_SECONDS: Final = gauge("upscore_recovery_seconds", "seconds", "How long the last recovery of state took.")
READY: Final = gauge("upscore_ready", "bool", "1 when the state is recovered and the stream moves, else 0.")
SERIES: Final = gauge(
    "upscore_series",
    "series",
    "Series of subjects that the worker has; while there are more than upscore_series_limit, the least important are left out.",
)
PUBLISH_SECONDS: Final = gauge(
    "upscore_publish_seconds", "seconds", "How long the last publishing of changed scores took."
)
ALERTS: Final = counter(
    "upscore_alerts_total",
    "alerts",
    "Alerts on drops sent; a recovery has the severity of its drop.",
    "type",
    "severity",
)
GROUP_LAG: Final = gauge(
    "upscore_group_lag_records",
    "records",
    "Records of an input topic beyond what the group has committed, all partitions, whether a worker owns them or not.",
    "topic",
)
LATENESS: Final = gauge(
    "upscore_lateness_seconds",
    "seconds",
    "How long after they were made (updated_at) the records of the last minute came to Kafka, on average; 0 without any.",
    "topic",
)
CLOCK_AHEAD: Final = gauge(
    "upscore_clock_ahead_seconds",
    "seconds",
    "Kafka timestamp of the newest record less the worker's clock when it was read; well above 0, clocks differ.",
)
OWNED_PARTITIONS: Final = gauge("upscore_owned_partitions", "partitions", "Partitions whose lane runs in this worker.")
REBALANCES: Final = counter(
    "upscore_rebalances_total", "events", "Assignments of partitions that the worker was given."
)
LOOP_LAG: Final = gauge(
    "upscore_loop_lag_seconds", "seconds", "Longest time of the last minute that the worker's event loop was held up."
)
SCRAPE_SECONDS: Final = gauge("upscore_scrape_seconds", "seconds", "How long the last exposition took to render.")
SERIES_LIMIT: Final = gauge("upscore_series_limit", "series", "Series of subjects that the worker exports at most.")
STORE_WRITES: Final = counter(
    "upscore_store_writes_total",
    "batches",
    "Batches of scores offered to the score store, by outcome; where nothing waits, an empty one now and then.",
    "outcome",
)
STORE_WAITING: Final = gauge("upscore_store_waiting_scores", "scores", "Scores that the score store has not taken yet.")
CPU_SECONDS: Final = counter("upscore_process_cpu_seconds_total", "seconds", "CPU time of the worker's process.")
MEMORY: Final = gauge("upscore_process_resident_memory_bytes", "bytes", "Memory of the worker's process.")
START_TIME: Final = gauge(
    "upscore_process_start_time_seconds", "seconds", "When the worker's process began, as unix time."
)
BUILD_INFO: Final = gauge("upscore_build_info", "info", "1, with the version in the labels.", "version", "revision")

PROGRAM: Final[tuple[MetricSpec, ...]] = (
    RECORDS,
    DEAD_LETTER_RECORDS,
    INVALID_RATIO,
    MISPLACED_RECORDS,
    ODDITIES,
    GAP_RECORDS,
    SEEK_BACKS,
    TRANSACTIONS,
    TRANSACTION_SECONDS,
    RECORD_LAG,
    EVENT_TIME,
    POSITION_LAG,
    STALLED_PARTITIONS,
    SPEAKING_PARTITIONS,
    SILENT_LAG,
    RECOVERY_SECONDS,
    READY,
    SERIES,
    PUBLISH_SECONDS,
    ALERTS,
    GROUP_LAG,
    LATENESS,
    CLOCK_AHEAD,
    OWNED_PARTITIONS,
    REBALANCES,
    LOOP_LAG,
    SCRAPE_SECONDS,
    SERIES_LIMIT,
    STORE_WRITES,
    STORE_WAITING,
    CPU_SECONDS,
    MEMORY,
    START_TIME,
    BUILD_INFO,
)

OF_SILENT: Final[tuple[MetricSpec, ...]] = (
    SPEAKING_PARTITIONS,
    SILENT_LAG,
    LOOP_LAG,
    CPU_SECONDS,
    MEMORY,
    START_TIME,
    BUILD_INFO,
)
"""All that a worker of a silent generation exports: what it does beside would count records, lags and letters a second time."""
