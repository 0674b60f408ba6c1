"""Topics on the broker: created as they are declared, and compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import (
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from schemas.topics import DEAD_LETTERS, SCORECARDS, SCORES, TOPICS, TopicSpec
from streams.admin_client import REQUEST_SECONDS, admin_client
from streams.errors import TopicMismatch
from streams.settings import Settings
from streams.topic_names import topic_name

__all__ = ["create", "ensure", "missing", "partitions_of", "topic_name", "verify"]

OWN_MESSAGE_BYTES: Final = 16 * 2**20
"""The largest message on a topic that only we write: changed rows of a lane, or a dead letter and its headers."""
DAY_MS: Final = 86_400_000

# Kafka compacts closed segments only, and a start reads what is not compacted: keep the open one small and short-lived.
_COMPACTED: Final = {
    "segment.bytes": str(64 * 2**20),
    "segment.ms": str(6 * 3_600_000),
    "min.cleanable.dirty.ratio": "0.2",
    # A reader that was away this long still sees that a key is gone.
    "delete.retention.ms": str(7 * DAY_MS),
}
# Trimmed by delete-records, which frees whole segments.
_TRIMMED: Final = {
    "segment.bytes": str(64 * 2**20),
    "message.timestamp.after.max.ms": str(
        2**63 - 1
    ),  # what is forwarded keeps its time, whatever the producer's clock said
}


def partitions_of(settings: Settings, spec: TopicSpec) -> int:
    """How many partitions a topic must have."""
    return 1 if spec.single_partition else settings.partitions


def create(settings: Settings, specs: Sequence[TopicSpec] = tuple(TOPICS.values())) -> list[str]:
    """Create those of the topics that are missing, and wait until all of them can be used.

    Topics that are there stay as they are: see `verify`. Several workers may do this at once.

    Returns:
        Names of the topics that this call created.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicMismatch: Kafka refuses to create a topic as declared.
    """
    wanted = {topic_name(settings, spec): spec for spec in specs}
    created = []
    with admin_client(settings) as client:
        missing = {name: spec for name, spec in wanted.items() if name not in set(client.list_topics())}
        if missing:
            response = client.create_topics(
                {name: _declaration(settings, spec) for name, spec in missing.items()},
                timeout_ms=REQUEST_SECONDS * 1000,
                raise_errors=False,
            )
            for topic in response["topics"]:
                error = for_code(topic["error_code"])
                if error is NoError:
                    created.append(topic["name"])
                elif error is not TopicAlreadyExistsError:  # another worker was faster
                    partitions = partitions_of(settings, wanted[topic["name"]])
                    raise TopicMismatch(
                        f"cannot create topic {topic['name']} with {partitions} partitions and {settings.replication} "
                        f"replicas: {topic['error_message'] or error.__name__}"
                    )
        client.wait_for_topics(list(wanted), timeout_ms=REQUEST_SECONDS * 1000)
    return created


def missing(settings: Settings, specs: Sequence[TopicSpec] = tuple(TOPICS.values())) -> list[str]:
    """Names of those of the topics that are not on the broker.

    Raises:
        BrokerUnreachable: no broker answers.
    """
    with admin_client(settings) as client:
        there = set(client.list_topics())
    return [name for spec in specs if (name := topic_name(settings, spec)) not in there]


def verify(settings: Settings, specs: Sequence[TopicSpec] = tuple(TOPICS.values())) -> list[str]:
    """What about the topics is not as declared, in words, one line each; empty if all is.

    Raises:
        BrokerUnreachable: no broker answers.
    """
    with admin_client(settings) as client:
        return _differences(settings, specs, client)


def ensure(settings: Settings, specs: Sequence[TopicSpec] = tuple(TOPICS.values())) -> list[str]:
    """Create those of the topics that are missing, and refuse to go on with any that nobody can work with.

    A worker calls it before anything subscribes: a consumer of a missing topic gets no partition and no word.

    Returns:
        What else is not as declared, in words: it can be mended while workers run.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicMismatch: a topic has another number of partitions; records would be looked for where they are not.
    """
    with admin_client(settings) as client:
        counts = _partition_counts(client, [topic_name(settings, spec) for spec in specs])
        if wrong := _wrong_counts(settings, specs, counts):
            more = f" (and {len(wrong) - 1} more topics: see `upscore topics verify`)" if len(wrong) > 1 else ""
            raise TopicMismatch(wrong[0] + more)
    create(settings, specs)  # after the check: what is missing must not be made to a number that the others do not have
    return verify(settings, specs)


def topic_ids(settings: Settings) -> dict[str, str]:
    """The broker's id of every topic that a worker reads or writes, by name: another one each time a topic is made.

    Raises:
        BrokerUnreachable: no broker answers.
    """
    with admin_client(settings) as client:
        described = client.describe_topics([topic_name(settings, spec) for spec in TOPICS.values()])
    return {topic["name"]: str(topic["topic_id"]) for topic in described if for_code(topic["error_code"]) is NoError}


def _declaration(settings: Settings, spec: TopicSpec) -> dict[str, Any]:
    return {
        "num_partitions": partitions_of(settings, spec),
        "replication_factor": settings.replication,
        "configs": _must_be(spec) | _from_the_start(settings, spec),
    }


def _must_be(spec: TopicSpec) -> dict[str, str]:
    """Configuration that `verify` insists on: without it, data is lost or refused."""
    configs: dict[str, str] = {"cleanup.policy": spec.cleanup}
    if spec.cleanup == "delete":
        configs["retention.ms"] = "-1" if spec.retention_days is None else str(spec.retention_days * DAY_MS)
        configs["retention.bytes"] = "-1"
    if spec.internal or spec.name in (DEAD_LETTERS, SCORECARDS, SCORES):
        configs["max.message.bytes"] = str(OWN_MESSAGE_BYTES)
    return configs


def _from_the_start(settings: Settings, spec: TopicSpec) -> dict[str, str]:
    """Configuration that new topics get, and that an operator may change."""
    configs = {"message.timestamp.type": "CreateTime"}
    if settings.replication > 2:  # noqa: PLR2004 - with one broker gone, two copies must still be written
        configs["min.insync.replicas"] = "2"
    if spec.cleanup == "compact":
        configs |= _COMPACTED
    elif spec.internal:
        configs |= _TRIMMED
    return configs


def _differences(settings: Settings, specs: Sequence[TopicSpec], client: KafkaAdminClient) -> list[str]:
    names = {topic_name(settings, spec): spec for spec in specs}
    counts = _partition_counts(client, list(names))
    found = [f"topic {name} is missing: run `upscore topics create`" for name in names if name not in counts]
    found += _wrong_counts(settings, specs, counts)
    there = [name for name in names if name in counts]
    configs = _configs(client, there) if there else {}
    for name in there:
        for key, expected in _must_be(names[name]).items():
            actual = configs[name].get(key)
            if key == "max.message.bytes" and actual is not None and int(actual) >= int(expected):
                continue
            if actual != expected:
                found.append(
                    f"topic {name}: {key} is {_spoken(key, actual)}, expected {_spoken(key, expected)}: "
                    f"run `kafka-configs --alter --topic {name} --add-config {key}={expected}`"
                )
    return found


def _wrong_counts(settings: Settings, specs: Sequence[TopicSpec], counts: Mapping[str, int]) -> list[str]:
    found = []
    for spec in specs:
        name, expected = topic_name(settings, spec), partitions_of(settings, spec)
        actual = counts.get(name, expected)
        if actual != expected:
            why = "it is always 1" if spec.single_partition else "UPSCORE_PARTITIONS"
            found.append(
                f"topic {name} has {actual} partitions, expected {expected} ({why}): {_count_remedy(spec, actual)}"
            )
    return found


def _count_remedy(spec: TopicSpec, actual: int) -> str:
    if spec.single_partition:
        return "delete it, it is made anew from the inputs"
    if spec.internal:
        return f"set UPSCORE_PARTITIONS={actual}, or rebuild the state under another UPSCORE_APP"
    return f"set UPSCORE_PARTITIONS={actual}, or copy it to a topic with as many partitions as the others"


def _partition_counts(client: KafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """Partitions by topic; missing topics are left out."""
    counts = {}
    for topic in client.describe_topics(list(names)):
        error = for_code(topic["error_code"])
        if error is NoError:
            counts[topic["name"]] = len(topic["partitions"])
        elif error is not UnknownTopicOrPartitionError:
            raise error(f"describing topic {topic['name']}")
    return counts


def _configs(client: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Configuration by topic, defaults of the broker included."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    described = client.describe_configs(resources, config_filter="all")["topic"]
    return {name: {key: config["value"] for key, config in configs.items()} for name, configs in described.items()}


def _spoken(key: str, value: str | None) -> str:
    """A value of a configuration, for people."""
    if key == "retention.ms" and value is not None:
        return "unlimited" if value == "-1" else f"{int(value) / DAY_MS:g} days"
    return "unlimited" if key == "retention.bytes" and value == "-1" else str(value)
