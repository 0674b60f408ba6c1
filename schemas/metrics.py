"""Every Prometheus metric we export: name, kind, unit, labels, help.

The exporter, the boards, the rules and the README read these declarations. `sales_` is what the business reads,
`upscore_` is about the program. Labels hold ids, never names or e-mail addresses. Source: contract.md section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "ALERTS",
    "BUILD_INFO",
    "COMPANY_SCORE",
    "COMPANY_SCORE_HIGH",
    "COMPANY_SCORE_LOW",
    "DEAD_LETTER_RECORDS",
    "EVENT_TIME",
    "GAP_RECORDS",
    "INVALID_RATIO",
    "METRICS",
    "MISPLACED_RECORDS",
    "ODDITIES",
    "OUTCOMES",
    "POSITION_LAG",
    "PUBLISH_SECONDS",
    "READY",
    "RECORDS",
    "RECORD_LAG",
    "RECOVERY_SECONDS",
    "REP_METRIC",
    "REP_PILLAR",
    "REP_SCORE",
    "REP_SCORE_HIGH",
    "REP_SCORE_LOW",
    "SEEK_BACKS",
    "SERIES",
    "STALLED_PARTITIONS",
    "TEAM_SCORE",
    "TEAM_SCORE_HIGH",
    "TEAM_SCORE_LOW",
    "TERRITORY_SCORE",
    "TERRITORY_SCORE_HIGH",
    "TERRITORY_SCORE_LOW",
    "TRANSACTIONS",
    "TRANSACTION_SECONDS",
    "Kind",
    "MetricSpec",
]

Kind = Literal["gauge", "counter", "histogram"]

OUTCOMES: Final = ("applied", "unchanged", "stale", "invalid")
"""What becomes of a record of an input topic; exactly one a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric family.

    Attributes:
        name: As Prometheus sees it; that of a histogram without `_bucket`, `_sum`, `_count`.
        kind: Prometheus type.
        unit: For people and boards: seconds, points, ratio, records ...
        labels: Label names in the order in which they are written.
        help: What it says, in one sentence.
    """

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    help: str


def _gauge(name: str, unit: str, meaning: str, *labels: str) -> MetricSpec:
    return MetricSpec(name=name, kind="gauge", unit=unit, labels=labels, help=meaning)


def _counter(name: str, unit: str, meaning: str, *labels: str) -> MetricSpec:
    return MetricSpec(name=name, kind="counter", unit=unit, labels=labels, help=meaning)


def _histogram(name: str, unit: str, meaning: str, *labels: str) -> MetricSpec:
    return MetricSpec(name=name, kind="histogram", unit=unit, labels=labels, help=meaning)


REP_SCORE: Final = _gauge(
    "sales_rep_score_points",
    "points",
    "Score of a rep, 0..100; absent while the evidence is insufficient.",
    "rep",
    "team",
)
REP_SCORE_LOW: Final = _gauge(
    "sales_rep_score_points_low", "points", "Lower end of the 80 % interval of the score of a rep.", "rep", "team"
)
REP_SCORE_HIGH: Final = _gauge(
    "sales_rep_score_points_high", "points", "Upper end of the 80 % interval of the score of a rep.", "rep", "team"
)
TEAM_SCORE: Final = _gauge(
    "sales_team_score_points", "points", "Score of a team, 0..100; absent while the evidence is insufficient.", "team"
)
TEAM_SCORE_LOW: Final = _gauge(
    "sales_team_score_points_low", "points", "Lower end of the 80 % interval of the score of a team.", "team"
)
TEAM_SCORE_HIGH: Final = _gauge(
    "sales_team_score_points_high", "points", "Upper end of the 80 % interval of the score of a team.", "team"
)
TERRITORY_SCORE: Final = _gauge(
    "sales_territory_score_points",
    "points",
    "Score of a territory, 0..100; absent while the evidence is insufficient.",
    "territory",
)
TERRITORY_SCORE_LOW: Final = _gauge(
    "sales_territory_score_points_low",
    "points",
    "Lower end of the 80 % interval of the score of a territory.",
    "territory",
)
TERRITORY_SCORE_HIGH: Final = _gauge(
    "sales_territory_score_points_high",
    "points",
    "Upper end of the 80 % interval of the score of a territory.",
    "territory",
)
COMPANY_SCORE: Final = _gauge(
    "sales_company_score_points", "points", "Score of the company, 0..100; absent while the evidence is insufficient."
)
COMPANY_SCORE_LOW: Final = _gauge(
    "sales_company_score_points_low", "points", "Lower end of the 80 % interval of the score of the company."
)
COMPANY_SCORE_HIGH: Final = _gauge(
    "sales_company_score_points_high", "points", "Upper end of the 80 % interval of the score of the company."
)
REP_METRIC: Final = _gauge(
    "sales_rep_metric",
    "mixed",
    "Raw value of a metric of a rep over a window, in the metric's own unit.",
    "rep",
    "team",
    "metric",
    "window",
)
REP_PILLAR: Final = _gauge(
    "sales_rep_pillar_ratio", "ratio", "A pillar of a rep's score, 0..1.", "rep", "team", "pillar"
)
RECORDS: Final = _counter(
    "upscore_records_total",
    "records",
    "Records read from input topics, counted once each after the commit, by what became of them.",
    "topic",
    "outcome",
)
DEAD_LETTER_RECORDS: Final = _counter(
    "upscore_dead_letters_total", "records", "Rejected deliveries written to the dead letters.", "reason"
)
INVALID_RATIO: Final = _gauge(
    "upscore_invalid_ratio",
    "ratio",
    "Part of the records of the last minute that were refused, 0..1; over 0.1 for minutes, a source sends what it should not.",
    "topic",
)
MISPLACED_RECORDS: Final = _counter(
    "upscore_misplaced_records_total",
    "records",
    "Records that landed in a foreign partition and were forwarded home.",
    "topic",
)
ODDITIES: Final = _counter(
    "upscore_oddities_total", "records", "Records accepted although something about them is odd.", "kind"
)
GAP_RECORDS: Final = _counter(
    "upscore_gap_records_total", "records", "Records that the broker deleted before they were read.", "topic"
)
SEEK_BACKS: Final = _counter(
    "upscore_seek_backs_total", "events", "Times a lane had a topic read again because frames were lost on the way."
)
TRANSACTIONS: Final = _counter("upscore_transactions_total", "transactions", "Transactions by outcome.", "outcome")
TRANSACTION_SECONDS: Final = _histogram(
    "upscore_transaction_seconds", "seconds", "Time from the begin to the commit of a transaction."
)
RECORD_LAG: Final = _gauge(
    "upscore_record_lag_seconds",
    "seconds",
    "Age of the newest record applied when it was committed, by its Kafka timestamp.",
    "topic",
)
EVENT_TIME: Final = _gauge("upscore_event_time_seconds", "seconds", "Newest business time seen, as unix time.")
POSITION_LAG: Final = _gauge(
    "upscore_partition_position_lag",
    "records",
    "Records of a partition not yet applied by the lane that owns it.",
    "topic",
    "partition",
)
STALLED_PARTITIONS: Final = _gauge(
    "upscore_stalled_partitions", "partitions", "Owned partitions whose lag grows while their position stands still."
)
RECOVERY_SECONDS: Final = _gauge("upscore_recovery_seconds", "seconds", "How long the last recovery of state took.")
READY: Final = _gauge("upscore_ready", "bool", "1 when the state is recovered and the stream moves, else 0.")
SERIES: Final = _gauge(
    "upscore_series", "series", "Series of subjects in the last exposition, which the budget of series limits."
)
PUBLISH_SECONDS: Final = _gauge(
    "upscore_publish_seconds", "seconds", "How long the last publishing of changed scores took."
)
ALERTS: Final = _counter(
    "upscore_alerts_total",
    "alerts",
    "Alerts on drops sent; a recovery has the severity of its drop.",
    "type",
    "severity",
)
BUILD_INFO: Final = _gauge("upscore_build_info", "info", "1, with the version in the labels.", "version", "revision")

METRICS: Final[tuple[MetricSpec, ...]] = (
    REP_SCORE,
    REP_SCORE_LOW,
    REP_SCORE_HIGH,
    TEAM_SCORE,
    TEAM_SCORE_LOW,
    TEAM_SCORE_HIGH,
    TERRITORY_SCORE,
    TERRITORY_SCORE_LOW,
    TERRITORY_SCORE_HIGH,
    COMPANY_SCORE,
    COMPANY_SCORE_LOW,
    COMPANY_SCORE_HIGH,
    REP_METRIC,
    REP_PILLAR,
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
    RECOVERY_SECONDS,
    READY,
    SERIES,
    PUBLISH_SECONDS,
    ALERTS,
    BUILD_INFO,
)
"""Every metric, in the order of the reference table."""
