"""Names, partitions and configuration of topics, without a broker."""

from __future__ import annotations

import pytest

from schemas.topics import INTERNALS, SCORECARDS, TOPICS
from streams import admin_client, topic_admin
from streams.admin_client import BrokerUnreachable
from streams.settings import Settings
from streams.topic_admin import topic_name

SETTINGS = Settings(app="eu", topic_prefix="test.", partitions=6, replication=3)


def configs(name: str) -> dict[str, str]:
    return topic_admin._declaration(SETTINGS, TOPICS[name])["configs"]


def test_inputs_and_outputs_take_the_prefix_and_internal_topics_the_application():
    names = {topic_name(SETTINGS, spec) for spec in TOPICS.values()}
    assert len(names) == len(TOPICS)
    assert "test.sales.events.v1" in names
    assert {topic_name(SETTINGS, spec) for spec in INTERNALS} == {f"eu-{spec.name}" for spec in INTERNALS}


def test_all_topics_of_the_group_have_as_many_partitions_as_is_set():
    counts = {spec.name: topic_admin.partitions_of(SETTINGS, spec) for spec in TOPICS.values()}
    assert {name for name, count in counts.items() if count == 1} == {
        "reference",
        "clock",
        "norms",
        "generation",
        SCORECARDS,
    }
    assert set(counts.values()) == {1, 6}


def test_unlimited_retention_is_said_to_kafka_and_not_left_to_its_defaults():
    for name in ("sales.reference.v1", "facts", "pane-changes", "forwarded"):
        assert (configs(name)["retention.ms"], configs(name)["retention.bytes"]) == ("-1", "-1")
    assert configs("sales.events.v1")["retention.ms"] == str(3650 * 86_400_000)


def test_compacted_topics_forget_nothing_by_age():
    for name in ("state", "reference", "clock", "upscore.scores.v1"):
        assert configs(name)["cleanup.policy"] == "compact"
        assert "retention.ms" not in configs(name)


def test_what_only_we_write_may_be_large():
    for name in ("facts", "state", "forwarded", "upscore.dead-letters.v1"):
        assert int(configs(name)["max.message.bytes"]) >= 8_000_000


def test_with_three_copies_two_must_be_written():
    assert configs("state")["min.insync.replicas"] == "2"


def test_a_broker_that_is_not_there_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(admin_client, "ANSWER_SECONDS", 0.3)
    with pytest.raises(
        BrokerUnreachable, match=r"no Kafka broker answers at 127.0.0.1:1 .*upscore local start"
    ) as caught:
        topic_admin.create(Settings(broker="127.0.0.1:1"))
    assert "\n" not in str(caught.value)


def test_a_generation_has_topics_of_its_own_but_for_the_one_that_says_which_speaks() -> None:
    specs = [spec for spec in TOPICS.values() if spec.internal]
    one, two = ({topic_admin.topic_name(Settings(generation=number), spec) for spec in specs} for number in (1, 2))
    assert one & two == {"upscore-generation"}
    assert two - one == {f"upscore-g2-{spec.name}" for spec in specs if spec.name != "generation"}
    outside = [spec for spec in TOPICS.values() if not spec.internal]
    assert [topic_admin.topic_name(Settings(generation=2), spec) for spec in outside] == [spec.name for spec in outside]
