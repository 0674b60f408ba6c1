"""Every Kafka topic: name, key, cleanup, retention and what is on it.

The code that creates and verifies topics, the boards and the README read these declarations; nobody writes a topic's
name a second time. Source: contract.md sections 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "ACTIVITIES",
    "ALERTS",
    "DEAD_LETTERS",
    "EVENTS",
    "FEEDBACK",
    "INPUTS",
    "INTERNALS",
    "OUTPUTS",
    "RECORD_TYPES",
    "REFERENCE",
    "SCORECARDS",
    "SCORES",
    "TOPICS",
    "TopicSpec",
    "internal_name",
    "physical_name",
]

EVENTS: Final = "sales.events.v1"
ACTIVITIES: Final = "sales.activities.v1"
FEEDBACK: Final = "sales.feedback.v1"
REFERENCE: Final = "sales.reference.v1"
SCORES: Final = "upscore.scores.v1"
ALERTS: Final = "upscore.alerts.v1"
DEAD_LETTERS: Final = "upscore.dead-letters.v1"
SCORECARDS: Final = "upscore.scorecards.v1"

RECORD_KEY: Final = "the record's id, or <type>:<id>; any other key, or none, is right too but slower"
SUBJECT_KEY: Final = "<subject>:<id>"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """One topic as it must be on the broker.

    Attributes:
        name: Logical name; see `physical_name` and `internal_name` for the one on the broker.
        key: What the message key holds, for people.
        cleanup: Kafka's `cleanup.policy`.
        retention_days: Days a message is kept, or None for ever. A compacted topic keeps the newest of each key.
        types: Record types or message types on it; empty for the encodings of our own stages.
        owner: Who writes it.
        description: What it carries, in one sentence.
        internal: Ours alone: named after the application, may change with any version.
        single_partition: One partition whatever `UPSCORE_PARTITIONS` says, for every worker reads it whole.
        of_all_generations: One for all generations of the state; other internal topics are a generation's own.
    """

    name: str
    key: str
    cleanup: Literal["delete", "compact"]
    retention_days: int | None
    types: tuple[str, ...] = ()
    owner: str
    description: str
    internal: bool = False
    single_partition: bool = False
    of_all_generations: bool = False


INPUTS: Final[tuple[TopicSpec, ...]] = (
    TopicSpec(
        name=EVENTS,
        key=RECORD_KEY,
        cleanup="delete",
        retention_days=3650,
        types=("deal", "lead", "customer", "refund", "cost"),
        owner="the CRM",
        description="Deals, leads, customers, refunds and costs, each as it now stands, whenever it changes.",
    ),
    TopicSpec(
        name=ACTIVITIES,
        key=RECORD_KEY,
        cleanup="delete",
        retention_days=3650,
        types=("activity", "evaluation"),
        owner="the CRM",
        description="Calls, e-mails, meetings and other activities, and evaluations of conversations.",
    ),
    TopicSpec(
        name=FEEDBACK,
        key=RECORD_KEY,
        cleanup="delete",
        retention_days=3650,
        types=("feedback",),
        owner="the survey tool",
        description="Answers of customers on a stated scale.",
    ),
    TopicSpec(
        name=REFERENCE,
        key=RECORD_KEY,
        cleanup="delete",
        retention_days=None,
        types=("rep", "team", "target", "fx_rate", "market", "absence", "intervention"),
        owner="the CRM",
        description="Reps and memberships, teams, targets, exchange rates, market indices, absences, interventions.",
    ),
)

OUTPUTS: Final[tuple[TopicSpec, ...]] = (
    TopicSpec(
        name=SCORES,
        key=SUBJECT_KEY,
        cleanup="compact",
        retention_days=None,
        types=("ScoreUpdated",),
        owner="the worker that owns the subject",
        description="The newest score of every subject.",
    ),
    TopicSpec(
        name=ALERTS,
        key=SUBJECT_KEY,
        cleanup="delete",
        retention_days=400,
        types=("ScoreDropped", "ScoreRecovered"),
        owner="the worker that owns the subject",
        description="Real drops with the waterfall of what went wrong, and their end.",
    ),
    TopicSpec(
        name=DEAD_LETTERS,
        key="the key of the rejected delivery",
        cleanup="delete",
        retention_days=90,
        owner="the worker that read the delivery",
        description="Rejected deliveries byte for byte, with where they came from and why in the headers.",
    ),
    TopicSpec(
        name=SCORECARDS,
        key="<place>:<digest>, so that nothing is compacted away",
        cleanup="compact",
        retention_days=None,
        types=("ScorecardInForce",),
        owner="the worker that starts with another scorecard than the one in force",
        description="Every scorecard that went into force, with its text, author, digest and since when.",
        single_partition=True,
    ),
)

INTERNALS: Final[tuple[TopicSpec, ...]] = (
    TopicSpec(
        name="facts",
        key="none: the partition is chosen by the rep",
        cleanup="delete",
        retention_days=None,
        owner="the ledger",
        description="Partial sums of changes per subject and day, from the ledger to the reps.",
        internal=True,
    ),
    TopicSpec(
        name="pane-changes",
        key="none: the partition is chosen by the group",
        cleanup="delete",
        retention_days=None,
        owner="the reps",
        description="Changes of panes per group and day, from the reps to teams, territories and the company.",
        internal=True,
    ),
    TopicSpec(
        name="forwarded",
        key="none: the partition is the home of the record's id",
        cleanup="delete",
        retention_days=None,
        owner="the ledger",
        description="Records that landed in a foreign partition, on their way home.",
        internal=True,
    ),
    TopicSpec(
        name="reference",
        key="<type>:<id>",
        cleanup="compact",
        retention_days=None,
        types=("rep", "team", "target", "fx_rate", "market", "absence", "intervention"),
        owner="the ledger",
        description="The newest versions of reference records, read whole by every worker.",
        internal=True,
        single_partition=True,
    ),
    TopicSpec(
        name="clock",
        key="the partition that saw the date",
        cleanup="compact",
        retention_days=None,
        owner="the ledger",
        description="The newest business date seen, by partition, shared by all workers.",
        internal=True,
        single_partition=True,
    ),
    TopicSpec(
        name="weeks",
        key="a week's Monday as a day number, a space, <subject>:<id>; or `ready` and the partition",
        cleanup="compact",
        retention_days=None,
        owner="the lane that owns the subject",
        description="What each complete week says of each subject, and how far each lane is; read whole by every worker.",
        internal=True,
    ),
    TopicSpec(
        name="norms",
        key="the label of the norms, <quarter>@<digest>",
        cleanup="compact",
        retention_days=None,
        owner="the lane that owns the company",
        description="Every version of the norms of every quarter; the last one of a quarter holds. Read whole by every worker.",
        internal=True,
        single_partition=True,
    ),
    TopicSpec(
        name="state",
        key="the row's key within its lane",
        cleanup="compact",
        retention_days=None,
        owner="the lane of the same partition",
        description="Rows of every lane: ledger, panes, groups and the positions read so far.",
        internal=True,
    ),
    TopicSpec(
        name="scores",
        key=SUBJECT_KEY,
        cleanup="compact",
        retention_days=None,
        types=("ScoreUpdated",),
        owner="the lane that owns the subject, while its generation is silent",
        description="The newest scores of a generation that does not speak, to be compared.",
        internal=True,
    ),
    TopicSpec(
        name="generation",
        key="`speaker`; `handed`, `taken` and the partition; `about` and the generation",
        cleanup="compact",
        retention_days=None,
        owner="`upscore rebuild`, and lanes that begin or cease to speak",
        description="Which generation of the state speaks, and what each lane of the one before handed over.",
        internal=True,
        single_partition=True,
        of_all_generations=True,
    ),
)

TOPICS: Final[dict[str, TopicSpec]] = {spec.name: spec for spec in (*INPUTS, *OUTPUTS, *INTERNALS)}
"""Every declared topic by its logical name."""

RECORD_TYPES: Final[dict[str, tuple[str, ...]]] = {spec.name: spec.types for spec in INPUTS}
"""Record types of each input topic, by its logical name."""


def physical_name(prefix: str, spec: TopicSpec) -> str:
    """Name of an input or output topic on the broker: the prefix (`UPSCORE_TOPIC_PREFIX`, may be empty) and the name.

    Raises:
        ValueError: The topic is internal; those are named after the application, see `internal_name`.

    >>> physical_name("test.", TOPICS[SCORES])
    'test.upscore.scores.v1'
    """
    if spec.internal:
        raise ValueError(f"topic {spec.name!r} is internal: expected an input or output topic; use internal_name()")
    return prefix + spec.name


def internal_name(app: str, spec: TopicSpec) -> str:
    """Name of an internal topic on the broker: the application (`UPSCORE_APP`), a hyphen and the name.

    Raises:
        ValueError: The topic is an input or output; those take a prefix, see `physical_name`.

    >>> internal_name("upscore", TOPICS["pane-changes"])
    'upscore-pane-changes'
    """
    if not spec.internal:
        raise ValueError(f"topic {spec.name!r} is not internal: expected an internal topic; use physical_name()")
    return f"{app}-{spec.name}"
