"""What an operator does to topics: change, delete, make anew, delete history."""

from __future__ import annotations

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.topics import TOPICS
from streams import topic_admin
from streams.admin_client import admin_client
from streams.settings import Settings
from tests.installation import wait_until


def alter(settings: Settings, topic: str, **configs: str) -> None:
    """Change a topic's configuration, and wait until the broker says so."""
    asked = ConfigResource(ConfigResourceType.TOPIC, topic, configs)
    with admin_client(settings) as client:
        client.alter_configs([asked])

        def is_altered() -> bool:
            there = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
            return configs.items() <= {key: each["value"] for key, each in there["topic"][topic].items()}.items()

        wait_until(is_altered, 20, f"the configuration of {topic}")


def delete_topic(settings: Settings, topic: str) -> None:
    """Delete a topic, and wait until it is gone."""
    with admin_client(settings) as client:
        client.delete_topics([topic])
        wait_until(lambda: topic not in client.list_topics(), 20, f"{topic} to be gone")


def make_anew(settings: Settings, logical_name: str) -> None:
    """Create a deleted topic as it is declared."""
    wait_until(lambda: topic_admin.create(settings, [TOPICS[logical_name]]), 20, f"{logical_name} to be made anew")


def delete_history(settings: Settings, topic: str, offsets: dict[int, int]) -> None:
    """Delete what lies below an offset, by partition, as retention does."""
    with admin_client(settings) as client:
        client.delete_records({TopicPartition(topic, number): offset for number, offset in offsets.items()})
